//! Takes sound and words of a call away whose consent was taken back: rows in the transaction, files after it.
//!
//! Does not own: purges by deadline.

use sea_orm::ActiveValue::Set;
use sea_orm::ConnectionTrait;
use throughline_store::{Result, Transaction};

use crate::domain::state::CallState;
use crate::parts::{Owner, Parts};
use crate::recordings::Recordings;
use crate::store::entity::call;
use crate::store::row::StoredCall;
use crate::store::work::CallKey;
use crate::store::{transcripts, uploads, work};

/// Files whose rows are gone.
#[derive(Debug)]
pub struct Leftovers {
    recording: Option<String>,
    uploads: Vec<String>,
}

/// Whether anything of the call is stored or under way.
pub async fn has_content(conn: &impl ConnectionTrait, call: &StoredCall) -> Result<bool> {
    let key = CallKey { workspace: call.workspace.clone(), call: call.id.clone() };
    let stored = call.row.recording_key.is_some() || call.row.transcript > 0 || call.state.is_busy();
    Ok(stored || uploads::count(conn, &key).await? > 0)
}

/// Removes transcripts, work under way and uploads of the call, and puts into `change` that it has nothing any more.
pub async fn erase(tx: &Transaction, call: &StoredCall, change: &mut call::ActiveModel) -> Result<Leftovers> {
    let key = CallKey { workspace: call.workspace.clone(), call: call.id.clone() };
    // Whoever is at work on the call finds its lease gone and writes nothing.
    work::cancel(tx, &key).await?;
    transcripts::delete_all(tx, &key).await?;
    let uploads = uploads::delete_all(tx, &key).await?;
    change.state = Set(CallState::Failed.as_str().to_owned());
    change.failure =
        Set("a participant took the consent to being recorded back; sound and words were removed".to_owned());
    change.recording_key = Set(None);
    change.codec = Set(String::new());
    change.sha256 = Set(String::new());
    change.size_bytes = Set(0);
    change.processed_ms = Set(0);
    change.transcript = Set(0);
    Ok(Leftovers { recording: call.row.recording_key.clone(), uploads })
}

impl Leftovers {
    /// Removes the files.
    pub async fn remove(self, key: &CallKey, recordings: &Recordings, parts: &Parts) {
        if let Some(recording) = &self.recording {
            recordings.remove(recording).await;
        }
        for upload in &self.uploads {
            parts.remove_all(Owner { workspace: &key.workspace, call: &key.call, upload }).await;
        }
    }
}
