//! Live streams: each stretch of speech is given to the voices heard so far as soon as it ends. Labels never change.
//!
//! What is remembered of a stream is its last few seconds of speech and a vector for each voice.

use std::sync::Arc;

use crate::certainty;
use crate::cluster::weight;
use crate::embedding::Middle;
use crate::models::{Models, VoiceError};
use crate::timeline::{Span, ms, tidy};
use crate::window::{Analyser, FRAMES, Heard, Piece, WINDOW, frame_at, sample_of};

/// Voices of a stream; later ones are given to whom they are most like.
const MAX_VOICES: usize = 32;
/// New speech that is looked at together; what was said before fills the window up.
const MAX_NEW: usize = 128_000;
/// What is looked at in all, unless more is new: longer costs as much as it gains.
const CONTEXT: usize = 56_000;
/// Samples that are known to be of the same voices.
const BLOCK: usize = 160;
/// Mean cosine to what a voice said from which somebody is that voice. Not the cosine to its middle, which grows with
/// how much was heard, for strangers too.
const ALIKE: f32 = 0.4;
/// A new voice is one that is heard alone for this long.
const NEW_SECONDS: f32 = 1.0;

/// The voices of a stream.
pub struct Tracker {
    models: Arc<Models>,
    analyser: Analyser,
    /// The last speech, and which voices spoke in each [`BLOCK`] of it, as bits.
    before: Vec<f32>,
    spoke: Vec<u32>,
    voices: Vec<Middle>,
}

impl Tracker {
    /// A stream in which nobody has spoken.
    pub fn new(models: Arc<Models>) -> Self {
        let analyser = Analyser::default();
        Self { models, analyser, before: Vec::new(), spoke: Vec::new(), voices: Vec::new() }
    }

    /// Who speaks in the next stretch of speech; times are from its start. Takes about a tenth of a second for up to eight
    /// seconds.
    pub fn hear(&mut self, samples: &[f32]) -> Result<Vec<Span>, VoiceError> {
        let parts = samples.len().div_ceil(MAX_NEW).max(1);
        let length = samples.len().div_ceil(parts).next_multiple_of(BLOCK).max(BLOCK);
        let mut spans = Vec::new();
        for (number, part) in samples.chunks(length).enumerate() {
            self.part(part, number * length, &mut spans)?;
        }
        Ok(tidy(spans))
    }

    /// The middle of all that a voice said so far.
    pub fn voice(&self, number: usize) -> Option<crate::Embedding> {
        self.voices.get(number).and_then(Middle::direction)
    }

    /// Voices heard so far.
    pub fn voices(&self) -> usize {
        self.voices.len()
    }

    fn part(&mut self, part: &[f32], offset: usize, spans: &mut Vec<Span>) -> Result<(), VoiceError> {
        let spare = (self.before.len() + part.len()).saturating_sub(CONTEXT.max(part.len())).next_multiple_of(BLOCK);
        self.before.drain(..spare.min(self.before.len()));
        self.spoke.drain(..(spare / BLOCK).min(self.spoke.len()));
        let old = self.before.len();
        self.before.extend_from_slice(part);
        // The last block of a stretch is filled up, so that blocks stay whole.
        self.before.resize(self.before.len().next_multiple_of(BLOCK), 0.0);
        self.spoke.resize(self.before.len() / BLOCK, 0);
        let window = self.before.get(..WINDOW).unwrap_or(&self.before);
        let first = if old == 0 { 0 } else { frame_at(old) };
        let Heard { active, mut pieces } = self.analyser.hear(&self.models, window, first..FRAMES)?;
        // The clearest choose first: who is new is then known to the others.
        pieces.sort_by(|a, b| seconds(b).total_cmp(&seconds(a)));
        for piece in pieces {
            let Some((voice, confidence)) = self.voice_of(&piece, &active) else { continue };
            let (from, to) =
                (sample_of(piece.frames.start).max(old), sample_of(piece.frames.end).min(old + part.len()));
            if from < to {
                let (start_ms, end_ms) = (ms(offset + from - old), ms(offset + to - old));
                spans.push(Span { start_ms, end_ms, voice, confidence });
                for spoke in self.spoke.iter_mut().take(to.div_ceil(BLOCK)).skip(from / BLOCK) {
                    *spoke |= 1 << voice;
                }
            }
        }
        Ok(())
    }

    /// The voice of a piece, and how sure that is.
    fn voice_of(&mut self, piece: &Piece, active: &[u8]) -> Option<(usize, f32)> {
        let Some(sound) = &piece.sound else {
            // Too short to tell: whoever that local speaker was before.
            let before = (0..self.voices.len()).map(|voice| (voice, self.continued(piece, active, voice)));
            return before
                .max_by(|(_, a), (_, b)| a.total_cmp(b))
                .filter(|(_, part)| *part > 0.0)
                .map(|(v, _)| (v, 0.5));
        };
        let own = Middle::of(&sound.embedding, weight(sound.seconds));
        let likeness = |(voice, middle): (usize, &Middle)| (voice, middle.mean_cosine(&own));
        let mut ranked: Vec<(usize, f32)> = self.voices.iter().enumerate().map(likeness).collect();
        ranked.sort_by(|(_, a), (_, b)| b.total_cmp(a));
        let next = ranked.get(1).map(|(_, likeness)| *likeness);
        let sure = sound.clear && sound.seconds >= NEW_SECONDS;
        match ranked.first().copied() {
            Some((voice, alike)) if alike >= ALIKE => {
                if let Some(middle) = self.voices.get_mut(voice).filter(|_| sound.clear) {
                    middle.merge(&own);
                }
                Some((voice, certainty(alike, next)))
            }
            best if (sure || self.voices.is_empty()) && self.voices.len() < MAX_VOICES => {
                self.voices.push(own);
                Some((self.voices.len() - 1, certainty(2.0 * ALIKE, best.map(|(_, alike)| alike))))
            }
            Some((voice, alike)) => Some((voice, certainty(alike, next))),
            None => None,
        }
    }

    /// In how much of what the local speaker of a piece said before it was this voice that spoke.
    fn continued(&self, piece: &Piece, active: &[u8], voice: usize) -> f32 {
        let (mut said, mut same) = (0, 0);
        for (block, spoke) in self.spoke.iter().enumerate().take(sample_of(piece.frames.start) / BLOCK) {
            let set = active.get(frame_at(block * BLOCK + BLOCK / 2)).copied().unwrap_or(0);
            if set & 1 << piece.local != 0 && *spoke != 0 {
                said += 1;
                same += u32::from(spoke & 1 << voice != 0);
            }
        }
        if said == 0 { 0.0 } else { same as f32 / said as f32 }
    }
}

fn seconds(piece: &Piece) -> f32 {
    piece.sound.as_ref().filter(|sound| sound.clear).map_or(0.0, |sound| sound.seconds)
}
