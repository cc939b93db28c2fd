//! A call while it is held: its turns so far, and what is new in them since somebody was told.

mod news;
mod turns;

pub use news::{Moment, News, Told, due_ms};
pub use turns::{MAX_TRANSCRIPT_BYTES, MAX_TURNS, Refused, Turns};
