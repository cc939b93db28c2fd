//! What a purge removes, and why.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

/// Longest reason, characters.
pub const MAX_REASON: usize = 500;

/// Why a call is purged.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Cause {
    /// Its deadline passed.
    Expired,
    /// An administrator asked for it.
    Requested,
    /// A participant took the consent to being recorded back.
    ConsentRevoked,
}

impl Cause {
    /// All causes.
    pub const ALL: [Self; 3] = [Self::Expired, Self::Requested, Self::ConsentRevoked];

    /// Name as it is stored.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Expired => "expired",
            Self::Requested => "requested",
            Self::ConsentRevoked => "consent_revoked",
        }
    }

    /// The cause of this name.
    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|cause| cause.as_str() == name)
    }
}

/// Why, in whose name.
#[derive(Debug, Clone)]
pub struct Why {
    pub cause: Cause,
    /// As it was given; empty for a deadline.
    pub reason: String,
    /// Subject of the token; empty for a deadline.
    pub by: String,
}

/// What was removed.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Removed {
    pub objects: Vec<RemovedObject>,
    /// Rows by table.
    pub rows: BTreeMap<String, u64>,
}

/// An object that was removed from the store.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RemovedObject {
    pub bytes: u64,
    /// Lower-case hexadecimal; empty where it was never known.
    pub sha256: String,
}

impl Removed {
    /// How many rows of a table.
    pub fn count(&self, table: &str) -> u64 {
        self.rows.get(table).copied().unwrap_or(0)
    }
}
