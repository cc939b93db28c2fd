//! Recordings: all windows first, then everybody at once. What is kept of ten seconds is less than 4 KB, however long
//! the recording is.

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::certainty;
use crate::cluster::{self, Item, weight};
use crate::embedding::Middle;
use crate::gate::Gate;
use crate::models::{Models, VoiceError};
use crate::timeline::{self, Diarization, Labelled, Voice};
use crate::window::{Analyser, LOCALS, Local, STEP, Speaker, WINDOW};

/// Frames from one window to the next: half a window, so that every frame is well inside of one.
const HOP: usize = 296;
/// Mean cosine from which two groups are one voice.
const ALIKE: f32 = 0.36;
/// What a group is begun with: this long, and nobody else in it.
const SURE_SECONDS: f32 = 1.0;
/// A voice that is heard for less in all is somebody else's.
const LEAST_SECONDS: f32 = 1.5;

/// Takes a recording in piece by piece.
pub struct Diarizer {
    models: Arc<Models>,
    gate: Gate,
    analyser: Analyser,
    /// Kept samples from the start of the next window on.
    ahead: Vec<f32>,
    /// End of the last window, in kept samples.
    covered: usize,
    windows: Vec<Heard>,
}

struct Heard {
    first: usize,
    local: Local,
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
        Self {
            models,
            gate: Gate::default(),
            analyser: Analyser::default(),
            ahead: Vec::new(),
            covered: 0,
            windows: Vec::new(),
        }
    }

    /// Takes samples. Every five seconds of speech this takes about a fifth of a second.
    pub fn push(&mut self, samples: &[f32]) -> Result<(), VoiceError> {
        // In parts, so that a recording given at once is not kept at once.
        for part in samples.chunks(WINDOW) {
            self.gate.push(part, &mut self.ahead);
            self.hear()?;
        }
        Ok(())
    }

    fn hear(&mut self) -> Result<(), VoiceError> {
        let mut from = 0;
        while let Some(window) = self.ahead.get(from..from + WINDOW) {
            let local = self.analyser.analyse(&self.models, window)?;
            self.windows.push(Heard { first: self.windows.len() * HOP, local });
            self.covered = (self.windows.len() - 1) * HOP * STEP + WINDOW;
            from += HOP * STEP;
        }
        self.ahead.drain(..from);
        Ok(())
    }

    /// Ends the recording and tells who spoke.
    pub fn finish(mut self) -> Result<Diarization, VoiceError> {
        self.gate.finish(&mut self.ahead);
        self.hear()?;
        if self.gate.kept() > self.covered {
            let local = self.analyser.analyse(&self.models, &self.ahead)?;
            self.windows.push(Heard { first: self.windows.len() * HOP, local });
        }
        let Self { gate, windows, .. } = self;
        let voices = Voices::of(&windows);
        let labelled: Vec<Labelled> = windows
            .into_iter()
            .enumerate()
            .map(|(number, Heard { first, local })| voices.label(number, first, local))
            .collect();
        let spans = timeline::spans(&labelled, voices.middles.len(), gate.stretches());
        Ok(voices.in_order(spans))
    }
}

/// The voices that were found, and which local speaker has which.
struct Voices {
    of: BTreeMap<(usize, usize), usize>,
    middles: Vec<Middle>,
}

impl Voices {
    fn of(windows: &[Heard]) -> Self {
        let speakers = |sure: bool| {
            let all = windows.iter().enumerate().flat_map(|(number, heard)| {
                let locals = heard.local.speakers.iter().enumerate();
                locals.filter_map(move |(local, speaker)| Some(((number, local), speaker.as_ref()?)))
            });
            all.filter(move |(_, speaker)| is_sure(speaker) == sure).collect::<Vec<_>>()
        };
        let (mut sure, mut unsure) = (speakers(true), speakers(false));
        if sure.is_empty() {
            std::mem::swap(&mut sure, &mut unsure);
        }
        let item = |((window, _), speaker): &((usize, usize), &Speaker)| Item {
            embedding: speaker.embedding,
            window: *window,
            seconds: speaker.seconds,
        };
        let items: Vec<Item> = sure.iter().map(item).collect();
        let labels = cluster::group(&items, ALIKE);
        let (middles, kept) = middles(&items, &labels);
        let mut voices = Self { of: BTreeMap::new(), middles };
        for ((place, speaker), label) in sure.iter().zip(&labels) {
            match kept.get(label) {
                Some(voice) => _ = voices.of.insert(*place, *voice),
                None => unsure.push((*place, *speaker)),
            }
        }
        // The longest first: who is left has to be somebody else.
        unsure.sort_by(|(_, a), (_, b)| b.seconds.total_cmp(&a.seconds));
        for (place, speaker) in unsure {
            if let Some(voice) = voices.nearest_free(place.0, speaker) {
                voices.of.insert(place, voice);
            }
        }
        voices
    }

    /// The voice most like `speaker` that nobody in the window has yet.
    fn nearest_free(&self, window: usize, speaker: &Speaker) -> Option<usize> {
        let taken = |voice: usize| (0..LOCALS).any(|local| self.of.get(&(window, local)) == Some(&voice));
        let free = self.middles.iter().enumerate().filter(|(voice, _)| !taken(*voice));
        let likeness = free.map(|(voice, middle)| (voice, middle.cosine(&speaker.embedding)));
        likeness.max_by(|(_, a), (_, b)| a.total_cmp(b)).map(|(voice, _)| voice)
    }

    fn label(&self, number: usize, first: usize, local: Local) -> Labelled {
        let mut voices = [None; LOCALS];
        for (index, (place, speaker)) in voices.iter_mut().zip(&local.speakers).enumerate() {
            let (Some(speaker), Some(voice)) = (speaker, self.of.get(&(number, index))) else { continue };
            *place = Some((*voice, self.certainty(*voice, speaker)));
        }
        Labelled { first, active: local.active, voices }
    }

    fn certainty(&self, voice: usize, speaker: &Speaker) -> f32 {
        let likeness = |middle: &Middle| middle.cosine(&speaker.embedding);
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

fn is_sure(speaker: &Speaker) -> bool {
    speaker.alone && speaker.seconds >= SURE_SECONDS
}

/// The middles of the groups that are heard for long enough (of the longest, if none is), and their new numbers.
fn middles(items: &[Item], labels: &[usize]) -> (Vec<Middle>, BTreeMap<usize, usize>) {
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
    let mut kept = BTreeMap::new();
    let mut middles = Vec::new();
    for (label, (middle, seconds)) in groups {
        if seconds >= LEAST_SECONDS.min(longest) {
            kept.insert(label, middles.len());
            middles.push(middle);
        }
    }
    (middles, kept)
}
