//! Live streams: each stretch of speech is given to the voices heard so far as soon as it ends. Labels never change.
//!
//! What is remembered of a stream is the last ten seconds of speech and a vector for each voice.

use std::sync::Arc;

use crate::certainty;
use crate::cluster::weight;
use crate::embedding::Middle;
use crate::models::{Models, VoiceError};
use crate::timeline::{Span, ms, tidy};
use crate::window::{Analyser, LOCALS, Local, Speaker, WINDOW, frame_at};

/// Voices of a stream; later ones are given to whom they are most like.
const MAX_VOICES: usize = 32;
/// New speech that is looked at together; what was said before fills the window up.
const MAX_NEW: usize = 128_000;
/// Samples that are known to be of the same voices.
const BLOCK: usize = 160;
/// Cosine to the middle of a voice from which somebody is that voice.
const ALIKE: f32 = 0.4;
/// How much it counts that the same local speaker was that voice just before.
const CONTINUED: f32 = 0.2;
/// A new voice is one that is heard alone for this long.
const NEW_SECONDS: f32 = 1.2;

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
        Self { models, analyser: Analyser::default(), before: Vec::new(), spoke: Vec::new(), voices: Vec::new() }
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

    /// How alike the voice with this number and an embedding are.
    pub fn voice(&self, number: usize) -> Option<crate::Embedding> {
        self.voices.get(number).and_then(Middle::direction)
    }

    /// Voices heard so far.
    pub fn voices(&self) -> usize {
        self.voices.len()
    }

    fn part(&mut self, part: &[f32], offset: usize, spans: &mut Vec<Span>) -> Result<(), VoiceError> {
        let spare = (self.before.len() + part.len()).saturating_sub(WINDOW).next_multiple_of(BLOCK);
        self.before.drain(..spare.min(self.before.len()));
        self.spoke.drain(..(spare / BLOCK).min(self.spoke.len()));
        let old = self.before.len();
        self.before.extend_from_slice(part);
        // The last block of a stretch is filled up, so that blocks stay whole.
        self.before.resize(self.before.len().next_multiple_of(BLOCK), 0.0);
        let heard = self.before.get(..WINDOW).unwrap_or(&self.before);
        let local = self.analyser.analyse(&self.models, heard)?;
        let voices = self.assign(&local, old);
        for block in old / BLOCK..self.before.len() / BLOCK {
            let set = local.active.get(frame_at(block * BLOCK + BLOCK / 2)).copied().unwrap_or(0);
            let mut spoke = 0;
            for (index, voice) in voices.iter().enumerate() {
                let Some((voice, confidence)) = voice.filter(|_| set & 1 << index != 0) else { continue };
                spoke |= 1 << voice;
                let start = offset + block * BLOCK - old;
                let (start_ms, end_ms) = (ms(start), ms(start + BLOCK));
                spans.push(Span { start_ms, end_ms, voice, confidence });
            }
            self.spoke.push(spoke);
        }
        Ok(())
    }

    /// The voice of each local speaker, and how sure that is. The longest choose first.
    fn assign(&mut self, local: &Local, old: usize) -> [Option<(usize, f32)>; LOCALS] {
        let mut order: Vec<(usize, &Speaker)> =
            local.speakers.iter().enumerate().filter_map(|(index, speaker)| Some((index, speaker.as_ref()?))).collect();
        order.sort_by(|(_, a), (_, b)| b.seconds.total_cmp(&a.seconds));
        let mut assigned = [None; LOCALS];
        let mut taken = Vec::new();
        for (index, speaker) in order {
            let likeness: Vec<f32> = self
                .voices
                .iter()
                .enumerate()
                .map(|(voice, middle)| {
                    middle.cosine(&speaker.embedding) + CONTINUED * self.continued(local, index, voice, old)
                })
                .collect();
            let Some((voice, confidence)) = self.choose(speaker, &likeness, &taken) else { continue };
            taken.push(voice);
            if let Some(place) = assigned.get_mut(index) {
                *place = Some((voice, confidence));
            }
        }
        assigned
    }

    fn choose(&mut self, speaker: &Speaker, likeness: &[f32], taken: &[usize]) -> Option<(usize, f32)> {
        let mut free: Vec<(usize, f32)> =
            likeness.iter().copied().enumerate().filter(|(voice, _)| !taken.contains(voice)).collect();
        free.sort_by(|(_, a), (_, b)| b.total_cmp(a));
        let next = free.get(1).map(|(_, likeness)| *likeness);
        let best = free.first().copied();
        let sure = speaker.alone && speaker.seconds >= NEW_SECONDS;
        match best {
            Some((voice, alike)) if alike >= ALIKE => {
                if speaker.alone
                    && let Some(middle) = self.voices.get_mut(voice)
                {
                    middle.add(&speaker.embedding, weight(speaker.seconds) / 2.0);
                }
                Some((voice, certainty(alike, next)))
            }
            _ if (sure || self.voices.is_empty()) && self.voices.len() < MAX_VOICES => {
                self.voices.push(Middle::of(&speaker.embedding, weight(speaker.seconds)));
                let nearest = best.map(|(_, alike)| alike);
                Some((self.voices.len() - 1, certainty(2.0 * ALIKE, nearest)))
            }
            Some((voice, alike)) => Some((voice, certainty(alike, next))),
            None => None,
        }
    }

    /// In how much of what a local speaker said before this stretch it was this voice that spoke.
    fn continued(&self, local: &Local, index: usize, voice: usize, old: usize) -> f32 {
        let (mut said, mut same) = (0, 0);
        for (block, spoke) in self.spoke.iter().enumerate().take(old / BLOCK) {
            let set = local.active.get(frame_at(block * BLOCK + BLOCK / 2)).copied().unwrap_or(0);
            if set & 1 << index != 0 {
                said += 1;
                same += u32::from(spoke & 1 << voice != 0);
            }
        }
        if said == 0 { 0.0 } else { same as f32 / said as f32 }
    }
}
