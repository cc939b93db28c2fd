//! transcription-gateway: calls, their recordings and their transcripts.

pub mod audio;
pub mod domain;
pub mod engine;
pub mod speech;
