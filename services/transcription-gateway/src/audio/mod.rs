//! Sound in files: what it is, whether it can be used, and its samples at 16 kHz, channel by channel.
//!
//! Owns: probing by content, decoding, resampling, and every limit on audio. A recording is decoded packet by packet
//! from where it is stored and never held in memory as a whole. Does not own: where speech is (see `engine`).

mod header;
mod inspect;
mod reader;
mod resample;
mod silence;
mod sound;
pub mod wave;
mod wire;

pub use inspect::{Inspection, inspect};
pub use reader::{Info, Reader};
pub use resample::Resampler;
pub use silence::{CODEC as SILENCED_CODEC, silence};
pub use sound::Sound;
pub use wire::{Encoding, WireDecoder};

use crate::domain::duration::clock;

/// Samples a second that voice detection and recognition work on.
pub const MODEL_RATE_HZ: u32 = 16_000;
/// Lowest sample rate that is accepted.
pub const MIN_RATE_HZ: u32 = 8_000;
/// Highest sample rate that is accepted.
pub const MAX_RATE_HZ: u32 = 48_000;
/// Most channels that are accepted.
pub const MAX_CHANNELS: usize = 2;
/// Longest recording that is accepted, milliseconds.
pub const MAX_DURATION_MS: u64 = 4 * 60 * 60 * 1000;

/// Why a file can't be used as a recording. The caller's file is at fault, but for `Io` and `Away`.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum AudioError {
    #[error("the file is empty")]
    Empty,
    #[error("this is no audio file in a known format: wav, flac, mp3, ogg (Opus or Vorbis) and m4a are")]
    NotAudio,
    #[error("{0}; convert the file to wav (PCM), flac, mp3, ogg (Opus) or m4a (AAC-LC) first")]
    Unsupported(String),
    #[error("the file has {0} channels; one or two are accepted")]
    Channels(usize),
    #[error("the sample rate is {0} Hz; {MIN_RATE_HZ} to {MAX_RATE_HZ} Hz are accepted")]
    SampleRate(u32),
    #[error("the recording is longer than {}", clock(MAX_DURATION_MS))]
    TooLong,
    #[error("the file is truncated: it ends at {} of the {} that its header announces", clock(*.decoded_ms), clock(*.announced_ms))]
    Truncated { decoded_ms: u64, announced_ms: u64 },
    #[error("the file is damaged: {0}")]
    Damaged(String),
    #[error("the recording is silent: nothing in {} is louder than {peak_dbfs} dB below full scale", clock(*.duration_ms))]
    Silent { duration_ms: u64, peak_dbfs: i32 },
    #[error("the stored recording can't be read: {0}")]
    Io(String),
    #[error("the store of recordings does not give it out: {0}")]
    Away(String),
}

impl From<std::io::Error> for AudioError {
    fn from(error: std::io::Error) -> Self {
        match error.kind() {
            // What is read over the network and may be there again later, or once rights or a key are back.
            std::io::ErrorKind::TimedOut | std::io::ErrorKind::PermissionDenied => Self::Away(error.to_string()),
            _ => Self::Io(error.to_string()),
        }
    }
}

#[cfg(test)]
mod hostile_tests;
#[cfg(test)]
mod tests;
