//! Between rows and domain types.

use sea_orm::ActiveValue::Set;
use throughline_store::{Error, Result};

use super::entity::{call, transcript, turn};
use crate::domain::call::{Details, Side};
use crate::domain::state::CallState;
use crate::domain::transcript::{Draft, Punctuation, Separation, Source, Speaker, Turn};

/// A call as it is stored.
#[derive(Debug, Clone, PartialEq)]
pub struct StoredCall {
    pub workspace: String,
    pub id: String,
    pub details: Details,
    pub state: CallState,
    pub row: call::Model,
}

impl StoredCall {
    /// Where it stands once nobody makes a transcript of it any more and none came of that.
    pub fn state_without_work(&self) -> CallState {
        if self.row.transcript > 0 { CallState::Transcribed } else { CallState::Failed }
    }
}

/// Reads a call's row.
pub fn call(row: call::Model) -> Result<StoredCall> {
    let details = Details {
        title: row.title.clone(),
        call_type: row.call_type.clone(),
        start_time: row.start_time,
        time_zone: row.time_zone.clone(),
        participants: from_json("participants", &row.participants)?,
        consents: from_json("consents", &row.consents)?,
        account: from_json("account", &row.account)?,
        deal: from_json("deal", &row.deal)?,
    };
    let state = CallState::parse(&row.state).ok_or_else(|| Error::internal(format!("call state `{}`", row.state)))?;
    Ok(StoredCall { workspace: row.workspace.clone(), id: row.id.clone(), details, state, row })
}

/// Puts details into a row that is to be written.
pub fn set_details(row: &mut call::ActiveModel, details: &Details) -> Result<()> {
    let Details { title, call_type, start_time, time_zone, participants, consents, account, deal } = details;
    row.title = Set(title.clone());
    row.call_type = Set(call_type.clone());
    row.start_time = Set(*start_time);
    row.time_zone = Set(time_zone.clone());
    row.participants = Set(to_json(participants)?);
    row.consents = Set(to_json(consents)?);
    row.account = Set(to_json(account)?);
    row.deal = Set(to_json(deal)?);
    row.deal_id = Set(deal.id.clone());
    Ok(())
}

/// Reads a turn's row.
pub fn turn(row: turn::Model) -> Result<Turn> {
    let turn::Model {
        participant, side, start_ms, end_ms, text, speaker_confidence, unintelligible, annotations, ..
    } = row;
    Ok(Turn {
        speaker: Speaker { participant, side: parse_side(&side)?, confidence: speaker_confidence },
        start_ms: u64::try_from(start_ms).map_err(Error::internal)?,
        end_ms: u64::try_from(end_ms).map_err(Error::internal)?,
        text,
        unintelligible,
        annotations: from_json("annotations", &annotations)?,
        heard: Vec::new(),
    })
}

/// The row of a turn at `position` of a transcript.
pub fn turn_row(of: &transcript::Model, position: usize, turn: &Turn) -> Result<turn::ActiveModel> {
    let Turn { speaker, start_ms, end_ms, text, unintelligible, annotations, heard: _ } = turn;
    Ok(turn::ActiveModel {
        workspace: Set(of.workspace.clone()),
        call: Set(of.call.clone()),
        number: Set(of.number),
        position: Set(i32::try_from(position).map_err(Error::internal)?),
        participant: Set(speaker.participant.clone()),
        side: Set(side_name(speaker.side).to_owned()),
        start_ms: Set(ms(*start_ms)?),
        end_ms: Set(ms(*end_ms)?),
        text: Set(text.clone()),
        speaker_confidence: Set(speaker.confidence),
        unintelligible: Set(*unintelligible),
        annotations: Set(to_json(annotations)?),
    })
}

/// Reads a transcript's row and those of its turns.
pub fn draft(row: &transcript::Model, turns: Vec<turn::Model>) -> Result<Draft> {
    Ok(Draft {
        source: Source::parse(&row.source).ok_or_else(|| Error::internal(format!("source `{}`", row.source)))?,
        engine: row.engine.clone(),
        language: row.language.clone(),
        punctuation: Punctuation::parse(&row.punctuation)
            .ok_or_else(|| Error::internal(format!("punctuation `{}`", row.punctuation)))?,
        separation: Separation::parse(&row.separation)
            .ok_or_else(|| Error::internal(format!("separation `{}`", row.separation)))?,
        duration_ms: u64::try_from(row.duration_ms).map_err(Error::internal)?,
        turns: turns.into_iter().map(turn).collect::<Result<_>>()?,
        broke_off_at: row.broke_off_at,
    })
}

/// Milliseconds as they are stored; domain rules keep them far below the limit.
pub fn ms(value: u64) -> Result<i32> {
    i32::try_from(value).map_err(Error::internal)
}

/// A side as it is stored.
pub fn side_name(side: Side) -> &'static str {
    match side {
        Side::Unknown => "unknown",
        Side::Rep => "rep",
        Side::Buyer => "buyer",
    }
}

/// The side of this name.
pub fn parse_side(name: &str) -> Result<Side> {
    [Side::Unknown, Side::Rep, Side::Buyer]
        .into_iter()
        .find(|side| side_name(*side) == name)
        .ok_or_else(|| Error::internal(format!("side `{name}`")))
}

fn from_json<T: serde::de::DeserializeOwned>(column: &str, text: &str) -> Result<T> {
    serde_json::from_str(text).map_err(|error| Error::internal(format!("column {column}: {error}")))
}

fn to_json(value: &impl serde::Serialize) -> Result<String> {
    serde_json::to_string(value).map_err(Error::internal)
}
