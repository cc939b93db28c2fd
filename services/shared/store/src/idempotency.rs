//! One answer per `request_id`: the row that lets a repeated mutation return what the first one returned.
//!
//! The row is written in the transaction of the mutation, so there is an answer exactly when there is an effect.
//! Concurrent first uses of an id wait for each other in [`Idempotent::replay`]; the second gets the first's answer.

use chrono::{DateTime, TimeDelta, Utc};
use prost::Message;
use sea_orm::sea_query::{Expr, OnConflict, Order, Query};
use sea_orm::{ActiveValue::Set, ColumnTrait, EntityTrait, QueryFilter};
use sha2::{Digest, Sha256};

use crate::entity::idempotency_record as record;
use crate::{Backend, Db, Error, Result, Transaction, lock, sweep};

/// How long an answer is kept.
pub const TTL: TimeDelta = TimeDelta::hours(24);

/// A mutation that may be a repeat. An empty `request_id` means the caller asks for no such protection: then
/// `replay` finds nothing and `record` keeps nothing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Idempotent {
    workspace: String,
    method: String,
    request_id: String,
    fingerprint: Vec<u8>,
}

impl Idempotent {
    /// `method` is the full gRPC name or any name unique in the service. The whole request is compared; its
    /// `request_id` is part of the key, so it makes no difference that it is inside.
    pub fn new(workspace: &str, method: &str, request_id: &str, request: &impl Message) -> Self {
        Self::with_body(workspace, method, request_id, &request.encode_to_vec())
    }

    /// For requests that are not one message: `body` is whatever must be the same in a repeat (a stream's header
    /// and the digest of its audio, say).
    pub fn with_body(workspace: &str, method: &str, request_id: &str, body: &[u8]) -> Self {
        Self {
            workspace: workspace.to_owned(),
            method: method.to_owned(),
            request_id: request_id.to_owned(),
            fingerprint: Sha256::digest(body).to_vec(),
        }
    }

    /// The answer of the first call, if this is a repeat. Call it first thing in the transaction.
    ///
    /// # Errors
    /// [`Error::RequestIdReused`] when the id was used with another body; a stored answer that can't be decoded is
    /// [`Error::Internal`].
    pub async fn replay<R: Message + Default>(&self, tx: &Transaction, now: DateTime<Utc>) -> Result<Option<R>> {
        let Some(bytes) = self.replay_bytes(tx, now).await? else { return Ok(None) };
        R::decode(bytes.as_slice()).map(Some).map_err(Error::internal)
    }

    /// As [`replay`](Self::replay), with the answer as it was given to [`record_bytes`](Self::record_bytes).
    ///
    /// # Errors
    /// As [`replay`](Self::replay).
    pub async fn replay_bytes(&self, tx: &Transaction, now: DateTime<Utc>) -> Result<Option<Vec<u8>>> {
        if self.request_id.is_empty() {
            return Ok(None);
        }
        let name = format!("{}\0{}\0{}", self.workspace, self.method, self.request_id);
        lock::name(tx, "idempotency", &name).await?;
        let key = (self.workspace.clone(), self.method.clone(), self.request_id.clone());
        let found = record::Entity::find_by_id(key).filter(record::Column::CreatedAt.gt(now - TTL)).one(tx).await?;
        match found {
            None => Ok(None),
            Some(row) if row.fingerprint == self.fingerprint => Ok(Some(row.response)),
            Some(_) => Err(Error::RequestIdReused { request_id: self.request_id.clone() }),
        }
    }

    /// Keeps the answer for repeats. Call it last in the same transaction.
    ///
    /// # Errors
    /// The mapped database error.
    pub async fn record(&self, tx: &Transaction, response: &impl Message, now: DateTime<Utc>) -> Result<()> {
        self.record_bytes(tx, response.encode_to_vec(), now).await
    }

    /// As [`record`](Self::record), for answers that are not a message.
    ///
    /// # Errors
    /// The mapped database error.
    pub async fn record_bytes(&self, tx: &Transaction, response: Vec<u8>, now: DateTime<Utc>) -> Result<()> {
        if self.request_id.is_empty() {
            return Ok(());
        }
        let row = record::ActiveModel {
            workspace: Set(self.workspace.clone()),
            method: Set(self.method.clone()),
            request_id: Set(self.request_id.clone()),
            fingerprint: Set(self.fingerprint.clone()),
            response: Set(response),
            created_at: Set(now),
        };
        // A row is there only if it is past its time and not cleaned up yet.
        let conflict =
            OnConflict::columns([record::Column::Workspace, record::Column::Method, record::Column::RequestId])
                .update_columns([record::Column::Fingerprint, record::Column::Response, record::Column::CreatedAt])
                .to_owned();
        record::Entity::insert(row).on_conflict(conflict).exec_without_returning(tx).await?;
        Ok(())
    }
}

/// Removes the answers of a workspace that hold a resource of this name or one under it, so that nothing of it can be
/// read in a repeat once it is gone. Returns how many.
///
/// # Errors
/// The mapped database error.
pub async fn forget(tx: &Transaction, workspace: &str, name: &str) -> Result<u64> {
    let holds = match tx.backend() {
        Backend::Sqlite => "instr(response, ?) > 0",
        Backend::Postgres => "position($1 IN response) > 0",
    };
    let found = record::Entity::find()
        .filter(record::Column::Workspace.eq(workspace))
        .filter(Expr::cust_with_values(holds, [name.as_bytes().to_vec()]))
        .all(tx)
        .await?;
    let mut forgotten = 0;
    for row in found.into_iter().filter(|row| holds_name(&row.response, name.as_bytes())) {
        let key = (row.workspace, row.method, row.request_id);
        forgotten += record::Entity::delete_by_id(key).exec(tx).await?.rows_affected;
    }
    Ok(forgotten)
}

/// Whether an encoded message has this name as a field, or the name of something under it: in the encoding a text stands
/// behind its length, and what is under a name goes on with `/`. `calls/c1` is not in `calls/c10`.
fn holds_name(message: &[u8], name: &[u8]) -> bool {
    let mut length = Vec::new();
    prost::encoding::encode_varint(name.len() as u64, &mut length);
    let whole = [length.as_slice(), name].concat();
    let under = [name, b"/"].concat();
    message.windows(whole.len()).any(|part| part == whole) || message.windows(under.len()).any(|part| part == under)
}

/// Removes answers past their time, in small transactions; returns how many. Run it now and then.
///
/// # Errors
/// The mapped database error; what was removed before stays removed.
pub async fn cleanup(db: &Db, now: DateTime<Utc>) -> Result<u64> {
    let key = [record::Column::Workspace, record::Column::Method, record::Column::RequestId];
    let expired = Query::select()
        .columns(key)
        .from(record::Entity)
        .and_where(record::Column::CreatedAt.lte(now - TTL))
        .order_by(record::Column::CreatedAt, Order::Asc)
        .take();
    sweep(db, record::Entity, key, expired).await
}

#[cfg(test)]
mod tests {
    use super::*;
    use throughline_proto::events::v1::{RetryDeliveryRequest, TranscriptFinalized};

    #[test]
    fn a_name_is_found_whole_and_not_as_the_beginning_of_another() {
        let holding = |call: &str| RetryDeliveryRequest { name: call.to_owned() }.encode_to_vec();
        assert!(holds_name(&holding("workspaces/demo/calls/c1"), b"workspaces/demo/calls/c1"));
        assert!(!holds_name(&holding("workspaces/demo/calls/c10"), b"workspaces/demo/calls/c1"));
        let transcript = "workspaces/demo/calls/c1/transcripts/2".to_owned();
        let under = TranscriptFinalized { call: String::new(), transcript }.encode_to_vec();
        assert!(holds_name(&under, b"workspaces/demo/calls/c1"));
        let long = format!("workspaces/demo/calls/{}", "c".repeat(200));
        assert!(holds_name(&holding(&long), long.as_bytes()));
    }
}
