//! The rules of coaching: what a call's summary says, which behaviors a rep is nudged about, how often a rep shows them.
//! Pure: time and stored counts are handed in, nothing here knows of gRPC, a database or a clock.

pub mod adoption;
pub mod applicability;
pub mod beta;
pub mod budget;
pub mod conduct;
pub mod evaluation;
pub mod evidence;
pub mod facts;
pub mod gap;
pub mod id;
pub mod nudge;
pub mod outcome;
pub mod prior;
pub mod profile;
pub mod summary;

#[cfg(test)]
pub mod testing;
