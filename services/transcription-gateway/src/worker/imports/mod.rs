//! Watches prefixes of object stores: what appears in them becomes calls, each once, whichever replica looks.
//!
//! A lease keeps replicas from working on one prefix at the same time; what is exactly once is the call: its id follows
//! from the object, and a call that has its content is not given it again.

mod item;
pub mod plan;
mod tried;

use std::sync::Arc;
use std::time::Duration;

use chrono::{DateTime, Utc};
use futures::StreamExt as _;
use futures::future::join_all;
use object_store::ObjectStore as _;
use object_store::path::Path;
use throughline_objects::Connected;
use throughline_rpc::{Error, Reason};
use tokio_util::sync::CancellationToken;

use self::plan::{Found, Listed, plan};
use self::tried::{after, is_of_our_storage};
use crate::grpc::Transcription;
use crate::store::entity::import_item::{Model as Item, State};
use crate::store::imports::{self, SourceKey};
use crate::store::work::Lease;

/// How long the replica that looks at a prefix may be silent before another one does; longer than the largest recording
/// takes to be read.
const LEASE: Duration = Duration::from_secs(15 * 60);
/// Most objects of a prefix; more are not looked at.
const MAX_OBJECTS: usize = 200_000;
/// Objects of a round; the rest comes with the next one.
const MAX_A_ROUND: u64 = 100;
/// Deadline for all there is to list.
const LIST_WITHIN: Duration = Duration::from_secs(120);

/// The worker.
pub struct Imports {
    pub transcription: Transcription,
    pub sources: Vec<Source>,
    /// Name of this replica.
    pub owner: String,
}

/// A watched prefix.
#[derive(Clone)]
pub struct Source {
    pub key: SourceKey,
    pub connected: Connected,
    pub poll_interval: Duration,
    /// Objects younger than this may still be written, or wait for their side file.
    pub settle: Duration,
}

impl Imports {
    /// Looks at every prefix until `shutdown`.
    pub async fn run(self, shutdown: CancellationToken) {
        let this = Arc::new(self);
        join_all(this.sources.iter().map(|source| this.watch(source, &shutdown))).await;
        shutdown.cancelled().await;
    }

    async fn watch(&self, source: &Source, shutdown: &CancellationToken) {
        loop {
            if let Err(error) = self.round(source, shutdown).await {
                tracing::warn!(%error, source = source.key.name, "a watched prefix is looked at again later");
            }
            tokio::select! {
                () = shutdown.cancelled() => return,
                () = tokio::time::sleep(source.poll_interval) => {}
            }
        }
    }

    fn lease(&self) -> Lease {
        let now = self.transcription.clock.now();
        Lease { owner: self.owner.clone(), now, until: now + LEASE }
    }

    async fn claim(&self, source: &Source) -> Result<bool, Error> {
        let tx = self.transcription.db.begin().await?;
        let claimed = imports::claim(&tx, &source.key, &self.lease()).await?;
        tx.commit().await?;
        Ok(claimed)
    }

    /// Looks once, unless another replica does.
    async fn round(&self, source: &Source, shutdown: &CancellationToken) -> Result<(), Error> {
        if !self.claim(source).await? {
            return Ok(());
        }
        let looked = self.look(source, shutdown).await;
        let (cursor, error) = match &looked {
            Ok(cursor) => (cursor.clone(), String::new()),
            Err(error) => (None, error.to_string()),
        };
        let service = &self.transcription;
        let tx = service.db.begin().await?;
        imports::finish(&tx, &source.key, &self.owner, (cursor, &error), service.clock.now()).await?;
        tx.commit().await?;
        looked.map(drop)
    }

    /// Notes what is new and takes up what is due. Returns the newest object's key.
    async fn look(&self, source: &Source, shutdown: &CancellationToken) -> Result<Option<String>, Error> {
        let listing = list(&source.connected);
        let listed = tokio::time::timeout(LIST_WITHIN, listing).await;
        let listed = listed.map_err(|_| Error::internal("listing the prefix took too long"))??;
        let cursor =
            listed.iter().max_by(|a, b| (a.modified, &a.key).cmp(&(b.modified, &b.key))).map(|o| o.key.clone());
        let found = plan(listed);
        self.note(source, &found).await?;
        let due = imports::due(self.transcription.db.conn(), &source.key, self.transcription.clock.now(), MAX_A_ROUND);
        for item in due.await? {
            // The lease may have been lost to a long object before.
            if shutdown.is_cancelled() || !self.claim(source).await? {
                break;
            }
            let place = found.binary_search_by(|found| found.object.key.cmp(&item.object_key));
            let result = match place.ok().and_then(|index| found.get(index)) {
                Some(found) => self.attempt(source, &item.call_id, found, shutdown).await,
                None => Some(Err(Error::failed_precondition(Reason::StateConflict, "it is not there any more"))),
            };
            let Some(result) = result else { break };
            let tx = self.transcription.db.begin().await?;
            imports::tried(&tx, &item, after(&result, item.attempts, self.transcription.clock.now())).await?;
            tx.commit().await?;
            // The other objects would fare the same.
            if let Err(error) = result
                && is_of_our_storage(&error)
            {
                return Err(error);
            }
        }
        Ok(cursor)
    }

    /// Notes objects that are new, and again those that failed and whose side file has changed since.
    async fn note(&self, source: &Source, found: &[Found]) -> Result<(), Error> {
        let service = &self.transcription;
        let keys: Vec<&str> = found.iter().map(|found| found.object.key.as_str()).collect();
        let known = imports::known(service.db.conn(), &source.key, &keys).await?;
        let now = service.clock.now();
        let mut rows = Vec::new();
        for Found { object, side, .. } in found {
            let side_version = side.as_ref().map(|side| side.version.clone()).unwrap_or_default();
            let new = match known.get(&object.key) {
                None => self.has_settled(source, object, now),
                Some((State::Failed, before)) => *before != side_version,
                Some(_) => false,
            };
            if new {
                rows.push(Item {
                    workspace: source.key.workspace.clone(),
                    source: source.key.name.clone(),
                    object_key: object.key.clone(),
                    state: State::Pending,
                    call_id: plan::call_id(&source.key.name, &object.key),
                    reason: String::new(),
                    attempts: 0,
                    due_at: now,
                    modified_at: object.modified,
                    size_bytes: i64::try_from(object.bytes).unwrap_or(i64::MAX),
                    side_version,
                });
            }
        }
        if rows.is_empty() {
            return Ok(());
        }
        let tx = service.db.begin().await?;
        imports::note(&tx, rows).await?;
        Ok(tx.commit().await?)
    }

    fn has_settled(&self, source: &Source, object: &Listed, now: DateTime<Utc>) -> bool {
        source.settle.is_zero() || object.modified + source.settle <= now
    }

    /// Makes a call of an object. `None` if the service stops meanwhile.
    async fn attempt(
        &self,
        source: &Source,
        call_id: &str,
        found: &Found,
        shutdown: &CancellationToken,
    ) -> Option<Result<(), Error>> {
        let working = item::import(&self.transcription, source, call_id, found);
        let result = tokio::select! {
            result = tokio::time::timeout(LEASE / 3, working) => result,
            () = shutdown.cancelled() => return None,
        };
        let late = |_| Err(Error::unavailable(Reason::PeerUnavailable, "reading it took too long"));
        let result = result.unwrap_or_else(late);
        if let Err(error) = &result {
            tracing::info!(%error, source = source.key.name, key = found.object.key, "an object was not imported");
        }
        Some(result)
    }
}

/// All objects below the prefix, with their keys below it.
async fn list(connected: &Connected) -> Result<Vec<Listed>, Error> {
    let Connected { store, prefix } = connected;
    let mut objects = store.list(Some(prefix));
    let mut listed = Vec::new();
    while let Some(object) = objects.next().await {
        let object = object.map_err(|error| unreadable(&error))?;
        let Some(key) = below(prefix, &object.location) else { continue };
        if listed.len() >= MAX_OBJECTS {
            let message = format!("more than {MAX_OBJECTS} objects lie under the prefix; watch a narrower one");
            return Err(Error::resource_exhausted(Reason::LimitExceeded, message, None));
        }
        let version =
            object.e_tag.unwrap_or_else(|| format!("{}-{}", object.last_modified.timestamp_micros(), object.size));
        listed.push(Listed { key, bytes: object.size, modified: object.last_modified, version });
    }
    listed.sort_by(|a, b| a.key.cmp(&b.key));
    Ok(listed)
}

fn below(prefix: &Path, location: &Path) -> Option<String> {
    let parts: Vec<String> = location.prefix_match(prefix)?.map(|part| part.as_ref().to_owned()).collect();
    (!parts.is_empty()).then(|| parts.join("/"))
}

fn unreadable(error: &object_store::Error) -> Error {
    let message = format!("the watched store can't be read: {error}");
    Error::unavailable(Reason::PeerUnavailable, message)
}
