//! Who spoke, on one channel: which stretches of a recording or a live stream are one voice, and whether a voice is one
//! that is known.
//!
//! Silence is left out first ([`gate`]); then a network says for each 17 ms which of up to three speakers of a window
//! talk, at the same time too ([`window`]); another turns what each of them says into a vector ([`Embedding`]); vectors
//! of all windows are grouped ([`cluster`]), for a recording all at once ([`Diarizer`]), for a live stream as they come
//! ([`Tracker`]). Owns: the networks' structure, running them, grouping, scoring against a reference ([`der`]) and the
//! check of sound that a voice is enrolled from ([`enrol`]). Does not own: finding or getting the weights (see
//! `throughline-models`), names of people, consent, or where embeddings are kept.
//!
//! Sound is always mono, 16 kHz, -1 to 1. Everything here blocks on the processor: call it from a blocking thread.

mod checkpoint;
mod cluster;
pub mod der;
mod diarizer;
mod embedding;
pub mod enrol;
mod fbank;
mod gate;
mod models;
mod net;
mod timeline;
mod tracker;
mod window;

pub use diarizer::{Diarizer, diarize};
pub use embedding::{DIMS, Embedding};
pub use models::{Models, VoiceError};
pub use timeline::{Diarization, Span, Voice};
pub use tracker::Tracker;

/// Samples a second of all sound here.
pub const SAMPLE_RATE_HZ: u32 = 16_000;

/// How sure it is that two embeddings are one person, 0 to 1, from their cosine. The middle is where as many pairs of
/// clips of one speaker fall short as pairs of two speakers pass; see README.
pub fn same_person(cosine: f32) -> f32 {
    logistic((cosine - SAME_PERSON) * 20.0)
}

/// Least cosine of an embedding and the middle of a voice of the same person.
pub const SAME_PERSON: f32 = 0.5;

fn logistic(x: f32) -> f32 {
    1.0 / (1.0 + (-x).exp())
}

/// How sure the choice of a voice is, 0 to 1: from how much more alike the sound is to that voice than to the next. A
/// voice that nobody stands beside is compared with what strangers have in common.
fn certainty(own: f32, next: Option<f32>) -> f32 {
    logistic((own - next.unwrap_or(STRANGERS).max(STRANGERS)) * 10.0)
}

/// Cosine that embeddings of two people have now and then.
const STRANGERS: f32 = 0.2;
