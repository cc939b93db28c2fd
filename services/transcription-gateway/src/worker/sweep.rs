//! Keeps the store of recordings in line with the database: removes objects that no call knows, and wraps the data keys
//! of recordings anew once the key file has another key in front.
//!
//! A process that dies between storing an object and noting its key leaves an object that nobody knows. It is removed
//! after a time of grace, in which an upload may still be on its way to its transaction. Only objects of the form that
//! this service writes are looked at, and only in a store whose note names this installation: two of them that were
//! given one store by mistake must not sweep each other's.

use std::path::PathBuf;
use std::time::Duration;

use chrono::{DateTime, Utc};
use futures::TryStreamExt as _;
use throughline_objects::KeyRing;
use throughline_rpc::files::Watched;
use throughline_rpc::{Clock, Error, Ids, name};
use throughline_store::Db;
use tokio_util::sync::CancellationToken;

use crate::domain::call::is_call_id;
use crate::recordings::{Recordings, storage_error};
use crate::store::recordings as known;

/// Looked up in the database at once.
const BATCH: usize = 500;
/// Name of the note in the store that tells whose it is.
const OWNER_NOTE: &str = "throughline-installation";
/// Data keys wrapped anew between two looks at the shutdown.
const REWRAPPED: u64 = 100;

/// The worker. Replicas may run it at the same time.
#[derive(Clone)]
pub struct Sweep {
    pub db: Db,
    pub recordings: Recordings,
    pub clock: Clock,
    pub ids: Ids,
    /// How often to look through the whole store.
    pub interval: Duration,
    /// An object that no call knows is removed when it is older.
    pub grace: Duration,
    /// File of the keys; none without.
    pub keys_file: Option<PathBuf>,
}

impl Sweep {
    /// Works until `shutdown`.
    pub async fn run(self, shutdown: CancellationToken) {
        tokio::join!(self.sweep_on(&shutdown), self.follow_keys(&shutdown));
    }

    async fn sweep_on(&self, shutdown: &CancellationToken) {
        loop {
            tokio::select! {
                swept = self.round() => if let Err(error) = swept {
                    tracing::warn!(%error, "the store of recordings could not be swept; the next round takes it up again");
                },
                () = shutdown.cancelled() => return,
            }
            tokio::select! {
                () = tokio::time::sleep(self.interval) => {}
                () = shutdown.cancelled() => return,
            }
        }
    }

    /// Takes new keys into use when their file changes.
    async fn follow_keys(&self, shutdown: &CancellationToken) {
        let Some(file) = &self.keys_file else { return };
        let mut watched = match Watched::open([file]) {
            Ok(watched) => watched,
            Err(error) => {
                tracing::warn!(error, "recordings.keys_file can't be followed; new keys need a restart");
                return;
            }
        };
        loop {
            tokio::select! {
                () = watched.changed() => {}
                () = shutdown.cancelled() => return,
            }
            let text = String::from_utf8_lossy(watched.contents().first().map_or(&[][..], Vec::as_slice)).into_owned();
            match KeyRing::parse(&text) {
                Ok(keys) => {
                    tracing::info!(current = keys.current(), "recordings.keys_file has changed and is in use");
                    self.recordings.store().set_keys(keys);
                    if let Err(error) = self.rewrap().await {
                        tracing::warn!(%error, "data keys are wrapped anew in the next round");
                    }
                }
                Err(problems) => {
                    let problems = problems.join("; ");
                    tracing::error!(problems, "recordings.keys_file can't be used; the keys before stay in use");
                }
            }
        }
    }

    async fn round(&self) -> Result<(), Error> {
        self.rewrap().await?;
        if self.store_is_ours().await? {
            self.remove_unknown().await?;
        }
        Ok(())
    }

    /// Wraps the data keys anew that are not under the current key: of recordings, and of pieces of uploads under way.
    async fn rewrap(&self) -> Result<(), Error> {
        let Some(keys) = self.recordings.store().keys() else { return Ok(()) };
        let mut after = String::new();
        loop {
            let batch = known::sealed_otherwise(self.db.conn(), keys.current(), &after, REWRAPPED).await?;
            let Some(last) = batch.last().cloned() else { break };
            for recording in &batch {
                if let Some(key_id) = self.rewrap_one(recording).await? {
                    let tx = self.db.begin().await?;
                    known::set_sealed_with(&tx, recording, &key_id).await?;
                    tx.commit().await?;
                }
            }
            after = last;
        }
        after.clear();
        loop {
            let batch = known::sealed_pieces(self.db.conn(), &after, REWRAPPED).await?;
            let Some(last) = batch.last().cloned() else { return Ok(()) };
            for piece in &batch {
                self.rewrap_one(piece).await?;
            }
            after = last;
        }
    }

    /// The key that an object is under then; `None` where it is not sealed or can't be wrapped anew.
    async fn rewrap_one(&self, object: &str) -> Result<Option<String>, Error> {
        match self.recordings.store().rewrap(object).await {
            Ok(key_id) => Ok(key_id),
            Err(error) if error.is_transient() => Err(storage_error(error)),
            Err(error) => {
                tracing::warn!(object, %error, "a data key can't be wrapped anew");
                Ok(None)
            }
        }
    }

    /// Whether the store is this installation's. One that is nobody's becomes so.
    async fn store_is_ours(&self) -> Result<bool, Error> {
        let store = self.recordings.store();
        let noted = store.read_note(OWNER_NOTE).await.map_err(storage_error)?;
        let noted = noted.map(|note| String::from_utf8_lossy(&note).trim().to_owned());
        let tx = self.db.begin().await?;
        throughline_store::lock::name(&tx, "store", "owner").await?;
        let id = match (known::owner(&tx).await?, &noted) {
            (Some(id), _) => id,
            // A store with recordings of others, and a new database: it may be the wrong one.
            (None, Some(_)) => String::new(),
            (None, None) => {
                let id = self.ids.next().to_string();
                known::set_owner(&tx, &id).await?;
                id
            }
        };
        tx.commit().await?;
        match noted {
            Some(noted) if noted == id => Ok(true),
            Some(noted) => {
                let message = "the store of recordings is another installation's, so nothing in it is swept; if it is yours \
                               (after a new database, say), remove its note";
                tracing::warn!(note = OWNER_NOTE, noted, "{message}");
                Ok(false)
            }
            None => {
                store.write_note(OWNER_NOTE, id.into_bytes()).await.map_err(storage_error)?;
                Ok(true)
            }
        }
    }

    async fn remove_unknown(&self) -> Result<(), Error> {
        let before = self.clock.now() - chrono::Duration::from_std(self.grace).map_err(Error::internal)?;
        let mut listed = std::pin::pin!(self.recordings.store().list(""));
        let mut batch = Vec::new();
        while let Some(object) = listed.try_next().await.map_err(storage_error)? {
            if is_ours(&object.key) && object.modified < before && batch.last() != Some(&object.key) {
                batch.push(object.key);
            }
            if batch.len() == BATCH {
                self.remove_unknown_of(std::mem::take(&mut batch), before).await?;
            }
        }
        self.remove_unknown_of(batch, before).await
    }

    async fn remove_unknown_of(&self, batch: Vec<String>, before: DateTime<Utc>) -> Result<(), Error> {
        if batch.is_empty() {
            return Ok(());
        }
        let known = known::known(self.db.conn(), &batch).await?;
        for key in batch.into_iter().filter(|key| !known.contains(key)) {
            tracing::info!(key, older_than = %before, "removing an object from the store that no call knows");
            self.recordings.store().remove(&key).await.map_err(storage_error)?;
        }
        Ok(())
    }
}

/// `{workspace}/{call}/{uuid}`, or `uploads/{uuid}` before the last, sealed or not: what this service writes for a recording
/// and for a piece of one, and nothing else.
fn is_ours(key: &str) -> bool {
    let key = key.strip_suffix(".sealed").unwrap_or(key);
    match key.split('/').collect::<Vec<_>>().as_slice() {
        [workspace, call, id] => is_of_a_call(workspace, call) && is_uuid(id),
        [workspace, call, "uploads", upload, id] => is_of_a_call(workspace, call) && is_uuid(upload) && is_uuid(id),
        _ => false,
    }
}

fn is_of_a_call(workspace: &str, call: &str) -> bool {
    name::valid_id(workspace) && is_call_id(call)
}

fn is_uuid(id: &str) -> bool {
    uuid::Uuid::try_parse(id).is_ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_this_service_writes_is_ever_swept() {
        let id = "0197f3a0-0000-7000-8000-000000000001";
        assert!(is_ours(&format!("demo/c1/{id}")));
        assert!(is_ours(&format!("demo/c1/{id}.sealed")));
        for other in ["holiday/2024/beach.jpg", "throughline-installation", "demo/c1/r1", "incoming/x", "a/b/c/d"] {
            assert!(!is_ours(other), "{other}");
        }
        assert!(is_ours(&format!("demo/c1/uploads/{id}/{id}.sealed")));
        assert!(!is_ours(&format!("demo/c1/uploads/{id}")));
    }
}
