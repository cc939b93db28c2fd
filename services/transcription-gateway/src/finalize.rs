//! The last step of every path to a transcript: transcript, call and event in one transaction.

use chrono::{DateTime, Utc};
use sea_orm::ActiveValue::Set;
use throughline_events::{Body, NewEvent, Outbox};
use throughline_proto::events::v1::TranscriptFinalized;
use throughline_rpc::name;
use throughline_store::{Result, Transaction};

use crate::domain::state::CallState;
use crate::store::entity::{call, transcript};
use crate::store::row::StoredCall;
use crate::store::{calls, search, transcripts};
use crate::words::Prepared;

/// Writes what was prepared as the next transcript of `call` and tells the mesh. `change` is what else changes about the call.
/// Returns the transcript's row.
pub async fn finalize(
    tx: &Transaction,
    outbox: &Outbox,
    call: &StoredCall,
    prepared: &Prepared,
    mut change: call::ActiveModel,
    now: DateTime<Utc>,
) -> Result<transcript::Model> {
    let transcript = transcripts::insert(tx, call, prepared.draft(), prepared.author(), now).await?;
    change.transcript = Set(transcript.number);
    change.state = Set(CallState::Transcribed.as_str().to_owned());
    if !change.failure.is_set() {
        change.failure = Set(String::new());
    }
    let call = calls::update(tx, change).await?;
    search::index(tx, &call, transcript.number, &prepared.draft().turns).await?;
    let name = name::CALL.format([&call.workspace, &call.id]);
    let body = TranscriptFinalized {
        call: name.clone(),
        transcript: name::TRANSCRIPT.format([&call.workspace, &call.id, &transcript.number.to_string()]),
    };
    let event =
        NewEvent { workspace: call.workspace.clone(), ordering_key: name, body: Body::TranscriptFinalized(body) };
    outbox.publish(tx, event, now).await?;
    Ok(transcript)
}
