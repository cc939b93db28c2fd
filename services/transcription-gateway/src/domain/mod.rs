//! Rules and types of calls and transcripts: no gRPC, no database, no clock.

pub mod attribution;
pub mod call;
pub mod consent;
pub mod duration;
pub mod engine;
pub mod import;
pub mod purge;
pub mod resume;
pub mod roster;
pub mod settings;
pub mod sides;
pub mod speakers;
pub mod state;
pub mod transcript;
pub mod turns;
pub mod voices;

/// Something wrong with what a caller gave: where, and what.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Violation {
    /// A field path (`participants[1].side`) or a place in a file (`line 12`).
    pub place: String,
    pub problem: String,
}

impl Violation {
    /// A violation at `place`.
    pub fn new(place: impl Into<String>, problem: impl Into<String>) -> Self {
        Self { place: place.into(), problem: problem.into() }
    }
}
