//! Purges calls: what is left is an id, a receipt, and an event for those who quote it. Where only the consent to a
//! recording was taken back, the call stays and its content goes.
//!
//! Rows go in one transaction with the event: from its commit on nothing of them can be read, and whoever is at work on
//! the call finds its lease gone and writes nothing. The objects are noted in the same transaction and removed from the
//! store after it, as often as it takes (see [`worker::retention`](crate::worker::retention)); then the receipt is
//! complete.

use chrono::{DateTime, Utc};
use sea_orm::ActiveValue::Set;
use sea_orm::ConnectionTrait;
use throughline_events::{Body, NewEvent, Outbox};
use throughline_proto::events::v1::CallPurged;
use throughline_rpc::{Error, Ids, Reason, name};
use throughline_store::{Transaction, idempotency};

use crate::domain::call::Details;
use crate::domain::purge::{Removed, RemovedObject, Why};
use crate::domain::state::CallState;
use crate::store::entity::call;
use crate::store::purges::{self, OF_A_CALL, OF_CONTENT, Receipt};
use crate::store::row::{self, StoredCall};
use crate::store::work::CallKey;
use crate::store::{calls, imports, uploads};

/// Purges a call that was read for update in `tx`.
///
/// # Errors
/// LEGAL_HOLD while it is held; the database's.
pub async fn purge(
    tx: &Transaction,
    (outbox, ids): (&Outbox, &Ids),
    call: &StoredCall,
    why: &Why,
    now: DateTime<Utc>,
) -> Result<Receipt, Error> {
    refuse_if_held(call)?;
    // First, while it is still known whose call it is: the log of changes notes who is to be told.
    let mut mark = calls::change(call);
    mark.state = Set(CallState::Purged.as_str().to_owned());
    calls::update(tx, mark).await?;
    let receipt = remove(tx, ids, call, &OF_A_CALL, why, now).await?;
    imports::forget_reason(tx, &key(call)).await?;
    let mut change = calls::change(call);
    row::set_details(&mut change, &Details::default())?;
    without_content(&mut change);
    change.state = Set(CallState::Purged.as_str().to_owned());
    change.failure = Set(String::new());
    change.creator = Set(String::new());
    change.expires_at = Set(None);
    change.purge_receipt = Set(receipt.id.clone());
    calls::update(tx, change).await?;
    announce(tx, outbox, &receipt, None, now).await?;
    Ok(receipt)
}

/// Removes sound and words of a call that was read for update in `tx`, and puts into `change` that it has none any more.
/// The call itself, its people and what they said to being recorded stay.
///
/// # Errors
/// LEGAL_HOLD while it is held; the database's.
pub async fn remove_content(
    tx: &Transaction,
    (outbox, ids): (&Outbox, &Ids),
    call: &StoredCall,
    change: &mut call::ActiveModel,
    why: &Why,
    now: DateTime<Utc>,
) -> Result<Receipt, Error> {
    refuse_if_held(call)?;
    let receipt = remove(tx, ids, call, &OF_CONTENT, why, now).await?;
    without_content(change);
    // Numbers of revisions are not given twice: others know what had them.
    let last = call.row.transcript.max(call.row.last_transcript);
    change.last_transcript = Set(last);
    announce(tx, outbox, &receipt, Some(last), now).await?;
    Ok(receipt)
}

/// FAILED_PRECONDITION while a legal hold stands.
///
/// # Errors
/// LEGAL_HOLD.
pub fn refuse_if_held(call: &StoredCall) -> Result<(), Error> {
    let Some(held_at) = call.row.held_at else { return Ok(()) };
    let call_name = name::CALL.format([&call.workspace, &call.id]);
    let message = format!("a legal hold stands on {call_name}: nothing of it is removed until it is released");
    Err(Error::failed_precondition(Reason::LegalHold, message)
        .with_metadata("set_by", call.row.hold_by.clone())
        .with_metadata("set_time", held_at.to_rfc3339()))
}

/// Whether sound or words of the call are stored or under way.
pub async fn has_content(conn: &impl ConnectionTrait, call: &StoredCall) -> Result<bool, Error> {
    let stored = call.row.recording_key.is_some() || call.row.transcript > 0 || call.state.is_busy();
    Ok(stored || uploads::count(conn, &key(call)).await? > 0)
}

/// What a purge takes from the store, and the keys that it is found by: the recording, and the pieces of uploads under
/// way.
pub async fn objects(
    conn: &impl ConnectionTrait,
    call: &StoredCall,
) -> Result<(Vec<RemovedObject>, Vec<String>), Error> {
    let (mut objects, mut keys) = (Vec::new(), Vec::new());
    if let Some(key) = &call.row.recording_key {
        let bytes = u64::try_from(call.row.size_bytes).map_err(Error::internal)?;
        objects.push(RemovedObject { bytes, sha256: call.row.sha256.clone() });
        keys.push(key.clone());
    }
    for upload in uploads::list(conn, &key(call)).await? {
        let bytes = u64::try_from(upload.stored_bytes).map_err(Error::internal)?;
        objects.push(RemovedObject { bytes, sha256: String::new() });
        keys.extend(uploads::part_keys(conn, &upload).await?);
    }
    Ok((objects, keys))
}

async fn remove(
    tx: &Transaction,
    ids: &Ids,
    call: &StoredCall,
    tables: &[&str],
    why: &Why,
    now: DateTime<Utc>,
) -> Result<Receipt, Error> {
    let (objects, keys) = objects(tx, call).await?;
    let mut removed = Removed { objects, ..Removed::default() };
    purges::remove_rows(tx, &key(call), tables, &mut removed).await?;
    // Answers that are kept for repeats hold whole calls and transcripts.
    idempotency::forget(tx, &call.workspace, &name::CALL.format([&call.workspace, &call.id])).await?;
    let id = ids.next().to_string();
    Ok(purges::insert(tx, (&call.workspace, &id, &call.id), why, (removed, keys), now).await?)
}

/// `last_transcript`: the last revision that is gone, where more may come.
async fn announce(
    tx: &Transaction,
    outbox: &Outbox,
    receipt: &Receipt,
    last_transcript: Option<i32>,
    now: DateTime<Utc>,
) -> Result<(), Error> {
    let call = name::CALL.format([&receipt.workspace, &receipt.call]);
    let name = name::PURGE_RECEIPT.format([&receipt.workspace, &receipt.id]);
    let body = Body::CallPurged(CallPurged { call, receipt: name.clone(), last_transcript });
    // By itself in its key: a parked event of the call must not keep words alive.
    let event = NewEvent { workspace: receipt.workspace.clone(), ordering_key: name, body };
    outbox.publish(tx, event, now).await?;
    Ok(())
}

fn without_content(change: &mut call::ActiveModel) {
    change.recording_key = Set(None);
    change.sealed_with = Set(String::new());
    change.codec = Set(String::new());
    change.channels = Set(0);
    change.sample_rate_hz = Set(0);
    change.recording_ms = Set(0);
    change.size_bytes = Set(0);
    change.sha256 = Set(String::new());
    change.processed_ms = Set(0);
    change.transcript = Set(0);
}

fn key(call: &StoredCall) -> CallKey {
    CallKey { workspace: call.workspace.clone(), call: call.id.clone() }
}
