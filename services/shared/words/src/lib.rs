//! What is done to the words of a transcript before they are stored: names put right, numbers written in digits, what a
//! workspace wants redacted found.
//!
//! Owns the reading of English as it is spoken: numbers, spelled letters, names by their sound. Works on plain texts and
//! byte ranges of them. Does not own transcripts, settings or sound; knows no clock and keeps nothing.

mod dictionary;
pub mod digits;
pub mod edit;
mod numbers;
pub mod redaction;
mod token;
pub mod vocabulary;

pub use digits::with_digits;
pub use edit::{Edit, Edited};
pub use redaction::{Found, Kind, Reading, Utterance, find};
pub use vocabulary::{Replacement, Vocabulary};
