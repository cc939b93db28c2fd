//! What it means that a turn matches a query: words, the query language, matches and their score. The databases only
//! find what is decided here; they never read a word themselves. No tonic, no sea-orm.

pub mod matching;
pub mod query;
pub mod words;

pub use matching::{Match, find};
pub use query::{Query, Term};
pub use words::{Word, words};
