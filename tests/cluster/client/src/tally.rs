//! What was sent and what came of it.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use throughline_rpc::client::PREVIOUS_ATTEMPTS;
use tonic::Status;
use tonic::metadata::MetadataMap;

/// Counts of a run, shared by all tasks.
#[derive(Default)]
pub struct Tally(Mutex<Counts>);

#[derive(Default)]
struct Counts {
    sent: u64,
    /// Of these, sent again at least once.
    retried: u64,
    /// By method, code and text.
    failed: BTreeMap<String, u64>,
    millis: Vec<u32>,
    streams: Streams,
    watches: Watches,
    /// Names of the calls that were created.
    created: BTreeSet<String>,
}

/// Live streams.
#[derive(Default, Clone, Copy)]
struct Streams {
    opened: u64,
    /// Ended by the server with how to go on, and taken up again.
    resumed: u64,
    /// Broke off without a word, and were taken up again.
    broken: u64,
    completed: u64,
}

/// Watches on calls.
#[derive(Default, Clone, Copy)]
struct Watches {
    opened: u64,
    resumed: u64,
    broken: u64,
    /// Not served at all.
    refused: u64,
    /// Calls that were created and that a watch never told of.
    missed: u64,
}

impl Tally {
    fn counts(&self) -> std::sync::MutexGuard<'_, Counts> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub fn call(&self, method: &str, took: Duration, answer: &Result<MetadataMap, Status>) {
        let metadata = answer.as_ref().unwrap_or_else(|status| status.metadata());
        let mut counts = self.counts();
        counts.sent += 1;
        counts.retried += u64::from(metadata.contains_key(PREVIOUS_ATTEMPTS));
        counts.millis.push(u32::try_from(took.as_millis()).unwrap_or(u32::MAX));
        if let Err(status) = answer {
            let key = format!("{method} {:?} {}", status.code(), status.message());
            *counts.failed.entry(key).or_default() += 1;
        }
    }

    pub fn opened(&self) {
        self.counts().streams.opened += 1;
    }

    pub fn completed(&self) {
        self.counts().streams.completed += 1;
    }

    pub fn cut(&self, said_how_to_go_on: bool) {
        let streams = &mut self.counts().streams;
        if said_how_to_go_on { streams.resumed += 1 } else { streams.broken += 1 }
    }

    pub fn created(&self, call: String) {
        self.counts().created.insert(call);
    }

    /// How many calls were created and are not among those `told`.
    pub fn missing(&self, told: &BTreeSet<String>) -> usize {
        self.counts().created.difference(told).count()
    }

    pub fn watch_opened(&self) {
        self.counts().watches.opened += 1;
    }

    pub fn watch_cut(&self, said_how_to_go_on: bool) {
        let watches = &mut self.counts().watches;
        if said_how_to_go_on { watches.resumed += 1 } else { watches.broken += 1 }
    }

    pub fn watch_refused(&self) {
        self.counts().watches.refused += 1;
    }

    pub fn watch_missed(&self, calls: usize) {
        self.counts().watches.missed += calls as u64;
    }

    pub fn report(&self) -> serde_json::Value {
        let mut counts = self.counts();
        counts.millis.sort_unstable();
        let percentile = |share: f64| {
            let index = (counts.millis.len() as f64 * share) as usize;
            counts.millis.get(index.min(counts.millis.len().saturating_sub(1))).copied().unwrap_or(0)
        };
        let (streams, watches) = (counts.streams, counts.watches);
        serde_json::json!({
            "calls_sent": counts.sent, "retried_calls": counts.retried, "failed_calls": counts.failed.values().sum::<u64>(), "failures": counts.failed,
            "p50_ms": percentile(0.5), "p99_ms": percentile(0.99), "slowest_ms": percentile(1.0),
            "streams_opened": streams.opened, "streams_completed": streams.completed,
            "streams_resumed": streams.resumed, "streams_broken": streams.broken, "calls_created": counts.created.len(),
            "watches_opened": watches.opened, "watches_resumed": watches.resumed, "watches_broken": watches.broken,
            "watches_refused": watches.refused, "watches_missed": watches.missed,
        })
    }
}
