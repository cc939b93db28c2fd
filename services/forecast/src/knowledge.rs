//! What is known of a workspace at a moment: its log in memory, without words, and the norms that follow from it.
//!
//! The log only grows, so the copy in memory is brought up to date by reading what was appended since; it can't be wrong, only behind,
//! and every call catches up first. Full entries, with their quotes, are read from the database where they are shown.

use std::collections::{HashMap, VecDeque};
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex as StdMutex, PoisonError};

use chrono::{DateTime, TimeDelta, Utc};
use throughline_rpc::{Clock, Error};
use tokio::sync::Mutex;

use crate::domain::entry::Entry;
use crate::domain::log::Log;
use crate::domain::norms::Norms;
use crate::domain::requirements::Requirements;
use crate::store::Reader;

/// Rows of one read while catching up.
const BATCH: u64 = 2_000;
/// Norms of a workspace that are kept: the present ones, and those of the moments that are being paged through.
const NORMS_KEPT: usize = 4;
/// "Now" may be this old where nothing was appended since. The answer says which moment it is of.
const NOW_MAY_BE_OLD: TimeDelta = TimeDelta::seconds(30);
/// Clocks of callers may run ahead of ours by this much.
const CLOCKS_DIFFER: TimeDelta = TimeDelta::minutes(1);

/// The workspaces in memory.
pub struct Knowledge {
    reader: Reader,
    clock: Clock,
    requirements: Arc<Requirements>,
    max_entries: usize,
    shelves: StdMutex<HashMap<String, Arc<Shelf>>>,
    uses: AtomicU64,
}

/// A workspace in memory.
#[derive(Default)]
struct Shelf {
    state: Mutex<State>,
    entries: AtomicUsize,
    last_use: AtomicU64,
}

#[derive(Default)]
struct State {
    entries: Arc<Vec<Arc<Entry>>>,
    head: i64,
    norms: VecDeque<(i64, DateTime<Utc>, Arc<Norms>)>,
}

/// A workspace at a moment. Cheap to clone.
#[derive(Clone)]
pub struct Known {
    pub as_of: DateTime<Utc>,
    pub norms: Arc<Norms>,
    pub requirements: Arc<Requirements>,
    entries: Arc<Vec<Arc<Entry>>>,
}

impl Known {
    /// The log, without words.
    pub fn log(&self) -> Log<'_> {
        Log::new(self.entries.iter().map(AsRef::as_ref))
    }
}

impl Knowledge {
    /// Keeps at most about `max_entries` entries in memory; a single workspace larger than that is kept while it is the one in use.
    pub fn new(reader: Reader, clock: Clock, requirements: Requirements, max_entries: usize) -> Self {
        let requirements = Arc::new(requirements);
        Self { reader, clock, requirements, max_entries, shelves: StdMutex::default(), uses: AtomicU64::new(0) }
    }

    /// The workspace at a moment, now if none is given.
    pub async fn at(&self, workspace: &str, as_of: Option<DateTime<Utc>>) -> Result<Known, Error> {
        self.moment(as_of)?;
        let shelf = self.shelf(workspace);
        let mut state = shelf.state.lock().await;
        self.catch_up(workspace, &mut state).await?;
        shelf.entries.store(state.entries.len(), Ordering::Relaxed);
        self.evict(workspace);
        let now = self.clock.now();
        let wanted = |(head, moment, _): &&(i64, DateTime<Utc>, Arc<Norms>)| match as_of {
            Some(as_of) => *head == state.head && *moment == as_of,
            None => *head == state.head && *moment <= now && now - *moment < NOW_MAY_BE_OLD,
        };
        let entries = Arc::clone(&state.entries);
        if let Some((_, as_of, norms)) = state.norms.iter().rev().find(wanted) {
            return Ok(self.known(*as_of, Arc::clone(norms), entries));
        }
        let as_of = as_of.unwrap_or(now);
        let norms = Arc::new(self.compute(as_of, Arc::clone(&entries)).await?);
        let head = state.head;
        state.norms.push_back((head, as_of, Arc::clone(&norms)));
        if state.norms.len() > NORMS_KEPT {
            state.norms.pop_front();
        }
        Ok(self.known(as_of, norms, entries))
    }

    /// The moment that is asked for, now if none is.
    pub fn moment(&self, as_of: Option<DateTime<Utc>>) -> Result<DateTime<Utc>, Error> {
        let now = self.clock.now();
        match as_of {
            Some(moment) if moment > now + CLOCKS_DIFFER => {
                Err(Error::invalid_field("as_of", "must not be in the future"))
            }
            Some(moment) => Ok(moment),
            None => Ok(now),
        }
    }

    pub fn reader(&self) -> &Reader {
        &self.reader
    }

    fn known(&self, as_of: DateTime<Utc>, norms: Arc<Norms>, entries: Arc<Vec<Arc<Entry>>>) -> Known {
        Known { as_of, norms, requirements: Arc::clone(&self.requirements), entries }
    }

    async fn compute(&self, as_of: DateTime<Utc>, entries: Arc<Vec<Arc<Entry>>>) -> Result<Norms, Error> {
        let requirements = Arc::clone(&self.requirements);
        blocking(move || Norms::of(&Log::new(entries.iter().map(AsRef::as_ref)), as_of, &requirements)).await
    }

    async fn catch_up(&self, workspace: &str, state: &mut State) -> Result<(), Error> {
        loop {
            let rows = self.reader.after(workspace, state.head, BATCH).await?;
            let Some(last) = rows.last() else { return Ok(()) };
            state.head = last.position;
            let complete = (rows.len() as u64) < BATCH;
            // Copied (the pointers only) where an answer that is being made still holds the list.
            let entries = Arc::make_mut(&mut state.entries);
            entries.extend(rows.into_iter().map(|row| Arc::new(row.entry.slim())));
            if complete {
                return Ok(());
            }
        }
    }

    fn shelf(&self, workspace: &str) -> Arc<Shelf> {
        let mut shelves = self.shelves.lock().unwrap_or_else(PoisonError::into_inner);
        let shelf = Arc::clone(shelves.entry(workspace.to_owned()).or_default());
        shelf.last_use.store(self.uses.fetch_add(1, Ordering::Relaxed), Ordering::Relaxed);
        shelf
    }

    /// Forgets the workspaces that were used longest ago until what is left fits.
    fn evict(&self, in_use: &str) {
        let mut shelves = self.shelves.lock().unwrap_or_else(PoisonError::into_inner);
        while shelves.values().map(|s| s.entries.load(Ordering::Relaxed)).sum::<usize>() > self.max_entries {
            let others = shelves.iter().filter(|(name, _)| *name != in_use);
            let Some(oldest) =
                others.min_by_key(|(_, s)| s.last_use.load(Ordering::Relaxed)).map(|(name, _)| name.clone())
            else {
                return;
            };
            shelves.remove(&oldest);
        }
    }
}

/// Runs what takes the processor for a while where it does not hold up other calls.
pub async fn blocking<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> Result<T, Error> {
    let span = tracing::Span::current();
    tokio::task::spawn_blocking(move || span.in_scope(work)).await.map_err(Error::internal)
}
