//! From sound to turns: the path of a recording and the path of a live stream.
//!
//! Owns: how audio, voice detection, engine and checks are put together, and what is in memory while they run. Does not
//! own: where recordings and transcripts are kept.

pub mod live;
pub mod recording;

use crate::audio::AudioError;
use crate::domain::attribution::Channels;
use crate::domain::duration::clock;
use crate::domain::transcript::Turn;
use crate::domain::turns;
use crate::engine::EngineError;

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
            Self::Engine(EngineError::Busy { .. } | EngineError::Stopped) | Self::Cancelled => true,
            Self::Engine(_) | Self::Audio(_) | Self::NoSpeech { .. } => false,
        }
    }
}

/// Recognised words of one channel.
#[derive(Debug, Clone, PartialEq)]
pub struct Piece {
    pub channel: usize,
    pub start_ms: u64,
    pub end_ms: u64,
    pub text: String,
    pub unintelligible: bool,
}

/// Pieces of all channels as turns in order of time.
pub fn turns(pieces: Vec<Piece>, channels: &Channels) -> Vec<Turn> {
    let turn = |piece: Piece| Turn {
        speaker: channels.speaker(piece.channel),
        start_ms: piece.start_ms,
        end_ms: piece.end_ms,
        text: piece.text,
        unintelligible: piece.unintelligible,
        ..Turn::default()
    };
    turns::merge(pieces.into_iter().map(turn).collect())
}

#[cfg(test)]
mod tests;
