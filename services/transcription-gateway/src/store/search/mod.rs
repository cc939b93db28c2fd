//! The index of the words of all calls: written with each transcript, searched, and brought up for transcripts that were
//! stored before there was one. Which words a text has, and what matches, is `crate::search`'s to say.

pub mod backlog;
mod expression;
mod find;
pub mod place;
mod write;

pub use find::{Behavior, CallFilter, Filter, Found, Request, find};
pub use write::{forget_removed, index, refresh};

use data_encoding::BASE32_DNSSEC;
use sha2::{Digest as _, Sha256};

/// What a turn can be found by beside its words. Each is one token of the index, in the same list for every database.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Facet<'a> {
    Workspace(&'a str),
    /// As the `turn` table names it.
    Side(&'a str),
    /// A name key (`crate::search::words::name_key`) of who spoke.
    Speaker(&'a str),
}

impl Facet<'_> {
    /// Short and free of whatever a database could trip over. What has the same token by chance is told apart by the rows
    /// it leads to where that matters: the workspace.
    fn token(self) -> String {
        let (kind, value) = match self {
            Self::Workspace(value) => ("w", value),
            Self::Side(value) => ("s", value),
            Self::Speaker(value) => ("p", value),
        };
        let digest = Sha256::new().chain_update(kind).chain_update([0]).chain_update(value).finalize();
        format!("{kind}{}", BASE32_DNSSEC.encode(&digest[..8]))
    }
}
