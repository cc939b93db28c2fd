//! Recordings: all pieces first, then everybody at once. What is kept of five seconds is a few KB, however long the
//! recording is.

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::certainty;
use crate::cluster::{self, Item, weight};
use crate::embedding::Middle;
use crate::gate::Gate;
use crate::models::{Models, VoiceError};
use crate::timeline::{self, Diarization, Labelled, Voice};
use crate::window::{Analyser, FRAMES, Piece, STEP, Sound, WINDOW, sample_of};

/// Frames from one window to the next: half a window, of which the middle half is taken, where it is surest.
const HOP: usize = 296;
const MARGIN: usize = (FRAMES - HOP) / 2;
/// Mean cosine from which two groups are one voice; see README for how it was chosen.
const ALIKE: f32 = 0.45;
/// Pieces that groups are made of are clear and this long.
const SURE_SECONDS: f32 = 0.8;
/// A voice that is heard for less in all is somebody else's.
const LEAST_SECONDS: f32 = 2.0;

/// Takes a recording in piece by piece.
pub struct Diarizer {
    models: Arc<Models>,
    gate: Gate,
    analyser: Analyser,
    /// Kept samples from the start of the next window on.
    ahead: Vec<f32>,
    windows: usize,
    pieces: Vec<Placed>,
}

/// A piece, and where the window that it was heard in begins, in kept samples.
struct Placed {
    origin: usize,
    piece: Piece,
}

/// Who speaks when in `samples`.
pub fn diarize(models: &Arc<Models>, samples: &[f32]) -> Result<Diarization, VoiceError> {
    let mut diarizer = Diarizer::new(Arc::clone(models));
    diarizer.push(samples)?;
    diarizer.finish()
}

impl Diarizer {
    /// An empty recording.
    pub fn new(models: Arc<Models>) -> Self {
        let (gate, analyser) = (Gate::default(), Analyser::default());
        Self { models, gate, analyser, ahead: Vec::new(), windows: 0, pieces: Vec::new() }
    }

    /// Takes samples. Every five seconds of speech this takes about a fifth of a second.
    pub fn push(&mut self, samples: &[f32]) -> Result<(), VoiceError> {
        // In parts, so that a recording given at once is not kept at once.
        for part in samples.chunks(WINDOW) {
            self.gate.push(part, &mut self.ahead);
            while self.ahead.len() >= WINDOW {
                self.window(WINDOW, MARGIN + HOP)?;
                self.ahead.drain(..HOP * STEP);
            }
        }
        Ok(())
    }

    /// Hears a window of so many samples, from where the one before ended to frame `to`.
    fn window(&mut self, samples: usize, to: usize) -> Result<(), VoiceError> {
        let window = self.ahead.get(..samples).unwrap_or(&self.ahead);
        let from = if self.windows == 0 { 0 } else { MARGIN };
        let heard = self.analyser.hear(&self.models, window, from..to)?;
        let origin = self.windows * HOP * STEP;
        self.pieces.extend(heard.pieces.into_iter().map(|piece| Placed { origin, piece }));
        self.windows += 1;
        Ok(())
    }

    /// Ends the recording and tells who spoke.
    pub fn finish(mut self) -> Result<Diarization, VoiceError> {
        self.gate.finish(&mut self.ahead);
        while self.ahead.len() > WINDOW {
            self.window(WINDOW, MARGIN + HOP)?;
            self.ahead.drain(..HOP * STEP);
        }
        self.window(WINDOW, FRAMES)?;
        let Self { gate, pieces, .. } = self;
        let voices = Voices::of(&pieces);
        let labelled: Vec<Labelled> =
            pieces.iter().enumerate().filter_map(|(n, placed)| voices.label(n, placed)).collect();
        Ok(voices.in_order(timeline::spans(&labelled, gate.stretches())))
    }
}

/// The voices that were found, and which piece has which.
struct Voices {
    of: Vec<Option<usize>>,
    middles: Vec<Middle>,
}

impl Voices {
    fn of(pieces: &[Placed]) -> Self {
        let sounds = || pieces.iter().filter_map(|placed| placed.piece.sound.as_ref());
        let mut sure: Vec<&Sound> = sounds().filter(|sound| is_sure(sound)).collect();
        if sure.is_empty() {
            sure = sounds().collect();
        }
        let item = |sound: &&Sound| Item { embedding: sound.embedding, seconds: sound.seconds };
        let items: Vec<Item> = sure.iter().map(item).collect();
        let middles = middles(&items, &cluster::group(&items, ALIKE));
        let mut voices = Self { of: Vec::new(), middles };
        // Also those that were grouped: once all is heard, the middles know better.
        voices.of = pieces.iter().map(|placed| voices.nearest(placed.piece.sound.as_ref()?)).collect();
        voices.lend(pieces);
        voices
    }

    /// The voice most like a sound.
    fn nearest(&self, sound: &Sound) -> Option<usize> {
        let likeness = self.middles.iter().map(|middle| middle.cosine(&sound.embedding)).enumerate();
        likeness.max_by(|(_, a), (_, b)| a.total_cmp(b)).map(|(voice, _)| voice)
    }

    /// What is too short to tell is said by whoever the same local speaker is closest by.
    fn lend(&mut self, pieces: &[Placed]) {
        let mut rest = self.of.as_mut_slice();
        // Pieces of one window stand together.
        for window in pieces.chunk_by(|a, b| a.origin == b.origin) {
            let (of, after) = rest.split_at_mut(window.len().min(rest.len()));
            rest = after;
            let known = of.to_vec();
            for (piece, place) in window.iter().map(|placed| &placed.piece).zip(of) {
                if piece.sound.is_none() {
                    let near = window.iter().zip(&known).filter(|(other, _)| other.piece.local == piece.local);
                    let voices = near.filter_map(|(other, voice)| Some((other, (*voice)?)));
                    let away = |other: &Placed| other.piece.frames.start.abs_diff(piece.frames.start);
                    *place = voices.min_by_key(|(other, _)| away(other)).map(|(_, voice)| voice);
                }
            }
        }
    }

    fn label(&self, number: usize, placed: &Placed) -> Option<Labelled> {
        let voice = self.of.get(number).copied().flatten()?;
        let Placed { origin, piece } = placed;
        let confidence = piece.sound.as_ref().map_or(0.5, |sound| self.certainty(voice, sound));
        let (from, to) = (origin + sample_of(piece.frames.start), origin + sample_of(piece.frames.end));
        Some(Labelled { from, to, voice, confidence })
    }

    fn certainty(&self, voice: usize, sound: &Sound) -> f32 {
        let likeness = |middle: &Middle| middle.cosine(&sound.embedding);
        let own = self.middles.get(voice).map_or(0.0, likeness);
        let others = self.middles.iter().enumerate().filter(|(other, _)| *other != voice);
        certainty(own, others.map(|(_, middle)| likeness(middle)).max_by(f32::total_cmp))
    }

    /// Numbers voices by when they are first heard; those that are never heard are none.
    fn in_order(&self, mut spans: Vec<timeline::Span>) -> Diarization {
        let mut numbers: BTreeMap<usize, usize> = BTreeMap::new();
        let mut voices: Vec<Voice> = Vec::new();
        for span in &mut spans {
            let next = numbers.len();
            let number = *numbers.entry(span.voice).or_insert(next);
            if number == voices.len() {
                let embedding = self.middles.get(span.voice).and_then(Middle::direction);
                let Some(embedding) = embedding else { continue };
                voices.push(Voice { embedding, speech_ms: 0 });
            }
            span.voice = number;
            if let Some(voice) = voices.get_mut(number) {
                voice.speech_ms += span.end_ms - span.start_ms;
            }
        }
        Diarization { spans, voices }
    }
}

fn is_sure(sound: &Sound) -> bool {
    sound.clear && sound.seconds >= SURE_SECONDS
}

/// The middles of the groups that are heard for long enough (of the longest, if none is).
fn middles(items: &[Item], labels: &[usize]) -> Vec<Middle> {
    let mut groups: BTreeMap<usize, (Middle, f32)> = BTreeMap::new();
    for (item, label) in items.iter().zip(labels) {
        let weight = weight(item.seconds);
        match groups.get_mut(label) {
            Some((middle, seconds)) => {
                middle.add(&item.embedding, weight);
                *seconds += item.seconds;
            }
            None => _ = groups.insert(*label, (Middle::of(&item.embedding, weight), item.seconds)),
        }
    }
    let longest = groups.values().map(|(_, seconds)| *seconds).fold(0.0, f32::max);
    let heard = groups.into_values().filter(|(_, seconds)| *seconds >= LEAST_SECONDS.min(longest));
    heard.map(|(middle, _)| middle).collect()
}
