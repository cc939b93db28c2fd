//! Domain types to rows and back. A row that can't be read back is a defect or a damaged database, never a default.

use chrono::{DateTime, Utc};
use serde::Serialize;
use serde::de::DeserializeOwned;
use throughline_store::{Error, Result};

use super::entity::{association, proposal, record, stage_entry};
use crate::domain::association::Association;
use crate::domain::import::apply::{StageEntry, StageSource};
use crate::domain::proposal::Proposal;
use crate::domain::record::{Record, RecordKey};
use crate::domain::schema::RecordKind;
use crate::domain::stage::{Pipeline, StageChange, StageKind};
use crate::domain::text;
use crate::domain::value::Value;

/// The row of a record. `sequence` is the number of its last change where it is a deal.
pub fn record_row(
    workspace: &str,
    record: &Record,
    sequence: i64,
    pipeline: &Pipeline,
    now: DateTime<Utc>,
) -> Result<record::Model> {
    let text_of = |field: &str| record.text(field).unwrap_or_default().to_owned();
    let name = text_of("display_name");
    let name_key = match record.key.kind {
        RecordKind::Account => text::company_key(&name),
        _ => text::person_key(&name),
    };
    let stage = text_of("stage");
    Ok(record::Model {
        workspace: workspace.to_owned(),
        kind: record.key.kind.as_str().to_owned(),
        id: record.key.id.clone(),
        version: record.version,
        cells: to_json(&record.cells)?,
        name,
        name_key,
        email: text_of("email"),
        account: text_of("account"),
        owner: text_of("owner"),
        open: record.key.kind == RecordKind::Deal && pipeline.kind(&stage) == StageKind::Open,
        stage,
        sequence,
        updated_at: now,
    })
}

/// Back from the row.
pub fn record(row: &record::Model) -> Result<Record> {
    Ok(Record {
        key: RecordKey::new(kind(&row.kind)?, row.id.clone()),
        version: row.version,
        cells: from_json(&row.cells)?,
    })
}

fn kind(text: &str) -> Result<RecordKind> {
    [RecordKind::User, RecordKind::Account, RecordKind::Contact, RecordKind::Deal]
        .into_iter()
        .find(|kind| kind.as_str() == text)
        .ok_or_else(|| Error::internal(format!("unknown kind of record {text:?}")))
}

/// The row of an entry of a stage history.
pub fn stage_row(workspace: &str, deal: &str, entry: &StageEntry, now: DateTime<Utc>) -> Result<stage_entry::Model> {
    Ok(stage_entry::Model {
        workspace: workspace.to_owned(),
        deal: deal.to_owned(),
        stage: entry.change.stage.clone(),
        entered_at: entry.change.entered_at,
        recorded_at: now,
        source: word(&entry.source)?,
        withdrawn_at: None,
    })
}

/// Back from the row.
pub fn stage_entry(row: stage_entry::Model) -> Result<StageEntry> {
    let source: StageSource = from_word(&row.source)?;
    Ok(StageEntry { change: StageChange { entered_at: row.entered_at, stage: row.stage }, source })
}

/// The row of a version of an association.
pub fn association_row(workspace: &str, association: &Association) -> Result<association::Model> {
    let Association { call, deal, state, confidence, candidates, call_time, known_at, decided_by, version } =
        association;
    Ok(association::Model {
        workspace: workspace.to_owned(),
        call: call.clone(),
        version: *version,
        deal: deal.clone(),
        state: word(state)?,
        confidence: *confidence,
        candidates: to_json(candidates)?,
        call_time: *call_time,
        known_at: *known_at,
        decided_by: decided_by.clone(),
        superseded_at: None,
    })
}

/// Back from the row.
pub fn association(row: association::Model) -> Result<Association> {
    Ok(Association {
        call: row.call,
        deal: row.deal,
        state: from_word(&row.state)?,
        confidence: row.confidence,
        candidates: from_json(&row.candidates)?,
        call_time: row.call_time,
        known_at: row.known_at,
        decided_by: row.decided_by,
        version: row.version,
    })
}

/// The row of a proposal.
pub fn proposal_row(workspace: &str, proposal: &Proposal) -> Result<proposal::Model> {
    let Proposal {
        id,
        deal,
        call,
        playbook,
        evaluation,
        field,
        old_value,
        seen_version,
        new_value,
        evidence,
        confidence,
        policy,
        state,
        reason,
        receipts,
        spoken_at,
        created_at,
    } = proposal;
    Ok(proposal::Model {
        workspace: workspace.to_owned(),
        id: id.clone(),
        deal: deal.clone(),
        call: call.clone(),
        playbook: playbook.clone(),
        evaluation: evaluation.clone(),
        field: field.clone(),
        state: word(state)?,
        policy: word(policy)?,
        reason: reason.clone(),
        old_value: old_value.as_ref().map(to_json).transpose()?,
        seen_version: *seen_version,
        new_value: to_json(new_value)?,
        evidence: to_json(evidence)?,
        confidence: *confidence,
        receipts: to_json(receipts)?,
        spoken_at: *spoken_at,
        created_at: *created_at,
    })
}

/// Back from the row.
pub fn proposal(row: proposal::Model) -> Result<Proposal> {
    let old_value: Option<Value> = row.old_value.as_deref().map(from_json).transpose()?;
    Ok(Proposal {
        old_value,
        new_value: from_json(&row.new_value)?,
        evidence: from_json(&row.evidence)?,
        policy: from_word(&row.policy)?,
        state: from_word(&row.state)?,
        receipts: from_json(&row.receipts)?,
        id: row.id,
        deal: row.deal,
        call: row.call,
        playbook: row.playbook,
        evaluation: row.evaluation,
        field: row.field,
        seen_version: row.seen_version,
        confidence: row.confidence,
        reason: row.reason,
        spoken_at: row.spoken_at,
        created_at: row.created_at,
    })
}

/// As JSON text.
pub fn to_json(value: &impl Serialize) -> Result<String> {
    serde_json::to_string(value).map_err(Error::internal)
}

/// From JSON text.
pub fn from_json<T: DeserializeOwned>(text: &str) -> Result<T> {
    serde_json::from_str(text).map_err(Error::internal)
}

/// The word of an enum without content, as serde names it.
fn word(value: &impl Serialize) -> Result<String> {
    match serde_json::to_value(value).map_err(Error::internal)? {
        serde_json::Value::String(word) => Ok(word),
        other => Err(Error::internal(format!("not a word: {other}"))),
    }
}

fn from_word<T: DeserializeOwned>(word: &str) -> Result<T> {
    serde_json::from_value(serde_json::Value::String(word.to_owned())).map_err(Error::internal)
}
