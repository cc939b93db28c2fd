//! From sound to turns: the path of a recording and the path of a live stream.
//!
//! Owns: how audio, voice detection, engine and checks are put together, and what is in memory while they run. Does not
//! own: where recordings and transcripts are kept.

pub mod live;
pub mod recording;

use std::collections::BTreeMap;
use std::ops::Range;

use crate::audio::AudioError;
use crate::domain::attribution::Channels;
use crate::domain::duration::clock;
use crate::domain::transcript::{Annotations, Heard, Speaker, Turn, Word};
use crate::domain::turns;
use crate::engine::{EngineError, Recognition, SpeechEngine};
use crate::voices::HeardVoice;

/// Why there is no transcript.
#[derive(Debug, Clone, thiserror::Error)]
pub enum SpeechError {
    #[error(transparent)]
    Audio(#[from] AudioError),
    #[error(transparent)]
    Engine(#[from] EngineError),
    #[error("no speech was found in {}", clock(*.duration_ms))]
    NoSpeech { duration_ms: u64 },
    #[error("transcription was stopped")]
    Cancelled,
}

impl SpeechError {
    /// Whether the same recording may well succeed later.
    pub fn is_transient(&self) -> bool {
        match self {
            Self::Engine(error) => error.is_transient(),
            Self::Cancelled => true,
            Self::Audio(_) | Self::NoSpeech { .. } => false,
        }
    }
}

/// Recognised words of one channel.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Piece {
    pub channel: usize,
    pub start_ms: u64,
    pub end_ms: u64,
    /// The sound that was recognised, in which somebody may be heard before the start and after the end.
    pub sound_ms: Range<u64>,
    pub text: String,
    pub unintelligible: bool,
    /// Times in the recording; empty where the engine has none.
    pub words: Vec<Word>,
    /// BCP 47 tag, where the engine knows.
    pub language: Option<String>,
    /// Whose voice it is, where voices were told apart.
    pub voice: Option<HeardVoice>,
}

impl Piece {
    /// What an engine understood of `sound_ms` of `channel`, a segment in which speech was found from its start to its
    /// end.
    fn heard(channel: usize, (start_ms, end_ms): (u64, u64), sound_ms: Range<u64>, recognition: Recognition) -> Self {
        let Recognition { text, mut words, language } = recognition;
        for word in &mut words {
            // A word may begin in the lead, and an engine may count a little past the end of its sound: neither must run
            // into another segment.
            word.start_ms = (sound_ms.start + word.start_ms).clamp(start_ms, end_ms);
            word.end_ms = (sound_ms.start + word.end_ms).clamp(word.start_ms, end_ms);
        }
        Self { channel, start_ms, end_ms, sound_ms, text, unintelligible: false, words, language, voice: None }
    }

    /// Who spoke: by the voice where that is known, else by the channel. It is no surer than that it is this voice.
    pub fn speaker(&self, channels: &Channels) -> Speaker {
        match &self.voice {
            Some(HeardVoice { speaker, confidence, .. }) if *speaker != Speaker::default() => {
                Speaker { confidence: speaker.confidence.min(*confidence), ..speaker.clone() }
            }
            _ => channels.speaker(self.channel),
        }
    }
}

/// The language most of the text is in; what `engine` understands where that is one only, else empty.
pub fn language(pieces: &[Piece], engine: &dyn SpeechEngine) -> String {
    let mut spoken: BTreeMap<&str, usize> = BTreeMap::new();
    for piece in pieces.iter().filter(|piece| !piece.unintelligible) {
        if let Some(language) = &piece.language {
            *spoken.entry(language).or_default() += piece.text.len();
        }
    }
    match spoken.into_iter().max_by_key(|(_, bytes)| *bytes) {
        Some((language, _)) => language.to_owned(),
        None => match engine.capabilities().languages.as_slice() {
            [only] if only != "*" => only.clone(),
            _ => String::new(),
        },
    }
}

/// Pieces of all channels as turns in order of time.
pub fn turns(pieces: Vec<Piece>, channels: &Channels) -> Vec<Turn> {
    let turn = |piece: Piece| {
        let voice = piece.voice.as_ref();
        Turn {
            speaker: piece.speaker(channels),
            start_ms: piece.start_ms,
            end_ms: piece.end_ms,
            heard: vec![Heard { bytes: 0..piece.text.len(), ms: piece.sound_ms }],
            annotations: Annotations {
                voice: voice.map(|heard| heard.label.clone()).unwrap_or_default(),
                voice_confidence: voice.map_or(0.0, |heard| heard.confidence),
                words: piece.words,
                ..Annotations::default()
            },
            text: piece.text,
            unintelligible: piece.unintelligible,
        }
    };
    turns::merge(pieces.into_iter().map(turn).collect())
}

#[cfg(test)]
mod tests;
