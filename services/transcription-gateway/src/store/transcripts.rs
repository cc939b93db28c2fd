//! Transcripts: written once, read, listed.

use chrono::{DateTime, Utc};
use sea_orm::ActiveValue::Set;
use sea_orm::{ColumnTrait, ConnectionTrait, EntityTrait, QueryFilter, QueryOrder, QuerySelect};
use throughline_store::{Error, Result, Transaction};

use super::entity::{transcript, turn};
use super::row::{self, StoredCall};
use crate::domain::transcript::{Draft, Source};

/// Rows of one statement: SQLite takes at most 32,766 values, and a turn has twelve.
const TURNS_A_STATEMENT: usize = 500;

/// Writes the next transcript of a call; `author` is who corrected it, empty for any other. The call's row is brought up to date by the caller.
pub async fn insert(
    tx: &Transaction,
    call: &StoredCall,
    draft: &Draft,
    author: &str,
    now: DateTime<Utc>,
) -> Result<transcript::Model> {
    let Draft { source, engine, language, punctuation, separation, turns, duration_ms, broke_off_at } = draft;
    let row = transcript::Model {
        workspace: call.workspace.clone(),
        call: call.id.clone(),
        number: call.row.transcript.max(call.row.last_transcript) + 1,
        source: source.as_str().to_owned(),
        engine: engine.clone(),
        language: language.clone(),
        punctuation: punctuation.as_str().to_owned(),
        separation: separation.as_str().to_owned(),
        duration_ms: row::ms(*duration_ms)?,
        turn_count: i32::try_from(turns.len()).map_err(Error::internal)?,
        created_at: now,
        author: author.to_owned(),
        broke_off_at: *broke_off_at,
    };
    let new = transcript::ActiveModel {
        workspace: Set(row.workspace.clone()),
        call: Set(row.call.clone()),
        number: Set(row.number),
        source: Set(row.source.clone()),
        engine: Set(row.engine.clone()),
        language: Set(row.language.clone()),
        punctuation: Set(row.punctuation.clone()),
        separation: Set(row.separation.clone()),
        duration_ms: Set(row.duration_ms),
        turn_count: Set(row.turn_count),
        created_at: Set(row.created_at),
        author: Set(row.author.clone()),
        broke_off_at: Set(row.broke_off_at),
    };
    transcript::Entity::insert(new).exec_without_returning(tx).await?;
    let rows = turns.iter().enumerate().map(|(position, turn)| row::turn_row(&row, position, turn));
    let rows = rows.collect::<Result<Vec<_>>>()?;
    for part in rows.chunks(TURNS_A_STATEMENT) {
        turn::Entity::insert_many(part.to_vec()).exec_without_returning(tx).await?;
    }
    Ok(row)
}

/// One transcript and its turns.
pub async fn find(
    conn: &impl ConnectionTrait,
    workspace: &str,
    call: &str,
    number: i32,
) -> Result<Option<(transcript::Model, Draft)>> {
    let key = (workspace.to_owned(), call.to_owned(), number);
    let Some(found) = transcript::Entity::find_by_id(key).one(conn).await? else { return Ok(None) };
    let turns = turn::Entity::find()
        .filter(turn::Column::Workspace.eq(workspace))
        .filter(turn::Column::Call.eq(call))
        .filter(turn::Column::Number.eq(number))
        .order_by_asc(turn::Column::Position)
        .all(conn)
        .await?;
    let draft = row::draft(&found, turns)?;
    Ok(Some((found, draft)))
}

/// At most `limit` transcripts of a call with numbers below `below`, newest first, without turns.
pub async fn list(
    conn: &impl ConnectionTrait,
    workspace: &str,
    call: &str,
    below: i32,
    limit: u64,
) -> Result<Vec<transcript::Model>> {
    let query = transcript::Entity::find()
        .filter(transcript::Column::Workspace.eq(workspace))
        .filter(transcript::Column::Call.eq(call))
        .filter(transcript::Column::Number.lt(below))
        .order_by_desc(transcript::Column::Number);
    Ok(query.limit(limit).all(conn).await?)
}

/// Whether the recording that a call has was heard: one of its transcripts is of it. A recording with a transcript of
/// its own is not replaced (`CallState::accepts_recording`), and goes only together with it.
pub async fn is_recording_heard(conn: &impl ConnectionTrait, workspace: &str, call: &str) -> Result<bool> {
    let query = transcript::Entity::find()
        .filter(transcript::Column::Workspace.eq(workspace))
        .filter(transcript::Column::Call.eq(call))
        .filter(transcript::Column::Source.eq(Source::Recording.as_str()));
    Ok(query.one(conn).await?.is_some())
}
