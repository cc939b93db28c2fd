//! Calls: created, read, listed, changed.

use std::collections::{HashMap, HashSet};

use chrono::{DateTime, SubsecRound as _, Utc};
use sea_orm::ActiveValue::{NotSet, Set, Unchanged};
use sea_orm::sea_query::{Expr, OnConflict, Query};
use sea_orm::{
    ColumnTrait, Condition, ConnectionTrait, DbBackend, EntityTrait, ExprTrait as _, QueryFilter, QueryOrder,
    QuerySelect,
};
use throughline_rpc::name::slug;
use throughline_store::{Result, Transaction};

use super::entity::{call, call_rep, turn};
use super::row::{self, StoredCall};
use crate::domain::call::{Details, Participant, Side};
use crate::domain::state::CallState;

/// Writes a new call that is purged after `expires_at`. `creator` is the rep who creates it, if a rep does: it is that
/// rep's call whoever was on it.
pub async fn insert(
    tx: &Transaction,
    (workspace, id): (&str, &str),
    details: &Details,
    creator: Option<&str>,
    expires_at: Option<DateTime<Utc>>,
    now: DateTime<Utc>,
) -> Result<StoredCall> {
    let mut row = call::ActiveModel {
        workspace: Set(workspace.to_owned()),
        id: Set(id.to_owned()),
        state: Set(CallState::Created.as_str().to_owned()),
        failure: Set(String::new()),
        recording_key: Set(None),
        codec: Set(String::new()),
        channels: Set(0),
        sample_rate_hz: Set(0),
        recording_ms: Set(0),
        size_bytes: Set(0),
        sha256: Set(String::new()),
        processed_ms: Set(0),
        transcript: Set(0),
        last_transcript: Set(0),
        // PostgreSQL keeps microseconds; page cursors compare what was stored.
        created_at: Set(now.trunc_subsecs(6)),
        version: Set(1),
        creator: Set(creator.unwrap_or_default().to_owned()),
        expires_at: Set(expires_at.map(|moment| moment.trunc_subsecs(6))),
        ..Default::default()
    };
    row::set_details(&mut row, details)?;
    call::Entity::insert(row).exec_without_returning(tx).await?;
    let mut reps = reps(&details.participants);
    reps.extend(creator.map(str::to_owned));
    add_reps(tx, workspace, id, reps).await?;
    find(tx, workspace, id).await?.ok_or_else(|| throughline_store::Error::internal("the call just written is gone"))
}

/// The call, if there is one.
pub async fn find(conn: &impl ConnectionTrait, workspace: &str, id: &str) -> Result<Option<StoredCall>> {
    let key = (workspace.to_owned(), id.to_owned());
    call::Entity::find_by_id(key).one(conn).await?.map(row::call).transpose()
}

/// The call, held against other changes until the transaction ends.
pub async fn find_for_update(tx: &Transaction, workspace: &str, id: &str) -> Result<Option<StoredCall>> {
    let mut query = call::Entity::find_by_id((workspace.to_owned(), id.to_owned()));
    if tx.get_database_backend() == DbBackend::Postgres {
        query = query.lock_exclusive();
    }
    query.one(tx).await?.map(row::call).transpose()
}

/// Whether the call is `rep`'s.
pub async fn is_of_rep(conn: &impl ConnectionTrait, workspace: &str, id: &str, rep: &str) -> Result<bool> {
    let key = (workspace.to_owned(), id.to_owned(), rep.to_owned());
    Ok(call_rep::Entity::find_by_id(key).one(conn).await?.is_some())
}

/// Those of the calls that are `rep`'s.
pub async fn of_rep_among(
    conn: &impl ConnectionTrait,
    workspace: &str,
    rep: &str,
    ids: &[String],
) -> Result<HashSet<String>> {
    let query = call_rep::Entity::find()
        .filter(call_rep::Column::Workspace.eq(workspace))
        .filter(call_rep::Column::Rep.eq(rep))
        .filter(call_rep::Column::Call.is_in(ids));
    Ok(query.all(conn).await?.into_iter().map(|row| row.call).collect())
}

/// Those of the calls that there are, by id.
pub async fn find_all(
    conn: &impl ConnectionTrait,
    workspace: &str,
    ids: &[String],
) -> Result<HashMap<String, StoredCall>> {
    let query = call::Entity::find().filter(call::Column::Workspace.eq(workspace)).filter(call::Column::Id.is_in(ids));
    query.all(conn).await?.into_iter().map(|row| Ok((row.id.clone(), row::call(row)?))).collect()
}

/// Which calls a list is of.
#[derive(Debug, Clone, Copy)]
pub struct Filter<'a> {
    pub workspace: &'a str,
    /// Only calls of this deal; empty for all.
    pub deal_id: &'a str,
    /// Only calls of this rep.
    pub rep: Option<&'a str>,
}

/// Place in a list: when the call was created, and its id.
pub type Position = (DateTime<Utc>, String);

/// At most `limit` calls, newest first, that come after `after`.
pub async fn list(
    conn: &impl ConnectionTrait,
    filter: Filter<'_>,
    after: Option<Position>,
    limit: u64,
) -> Result<Vec<StoredCall>> {
    let Filter { workspace, deal_id, rep } = filter;
    let mut query = call::Entity::find().filter(call::Column::Workspace.eq(workspace));
    if !deal_id.is_empty() {
        query = query.filter(call::Column::DealId.eq(deal_id));
    }
    if let Some(rep) = rep {
        let theirs = Query::select()
            .column(call_rep::Column::Call)
            .from(call_rep::Entity)
            .and_where(call_rep::Column::Workspace.eq(workspace))
            .and_where(call_rep::Column::Rep.eq(rep))
            .take();
        query = query.filter(call::Column::Id.in_subquery(theirs));
    }
    if let Some((created_at, id)) = after {
        let same = Condition::all().add(call::Column::CreatedAt.eq(created_at)).add(call::Column::Id.lt(id));
        query = query.filter(Condition::any().add(call::Column::CreatedAt.lt(created_at)).add(same));
    }
    let query = query.order_by_desc(call::Column::CreatedAt).order_by_desc(call::Column::Id);
    query.limit(limit).all(conn).await?.into_iter().map(row::call).collect()
}

/// A change of a call that was read in the same transaction: only what is set is written.
pub fn change(call: &StoredCall) -> call::ActiveModel {
    call::ActiveModel {
        workspace: Unchanged(call.workspace.clone()),
        id: Unchanged(call.id.clone()),
        version: Set(call.row.version + 1),
        ..Default::default()
    }
}

/// Writes a change and returns the call as it is then.
pub async fn update(tx: &Transaction, change: call::ActiveModel) -> Result<StoredCall> {
    debug_assert!(change.created_at == NotSet, "the time of creation never changes");
    row::call(call::Entity::update(change).exec(tx).await?)
}

/// Notes that the work on a call ended without a transcript, and why.
pub async fn without_transcript(tx: &Transaction, call: &StoredCall, state: CallState, why: &str) -> Result<()> {
    let mut change = change(call);
    change.state = Set(state.as_str().to_owned());
    change.failure = Set(why.to_owned());
    update(tx, change).await?;
    Ok(())
}

/// Puts details that a transcript completed into a change, and the reps that came with them into their table.
pub async fn complete(
    tx: &Transaction,
    call: &StoredCall,
    details: &Details,
    change: &mut call::ActiveModel,
) -> Result<()> {
    row::set_details(change, details)?;
    add_reps(tx, &call.workspace, &call.id, reps(&details.participants)).await
}

/// Puts other details into a change. Reps who are not on the call any more lose it, but for the one who created it.
pub async fn replace_details(
    tx: &Transaction,
    call: &StoredCall,
    details: &Details,
    change: &mut call::ActiveModel,
) -> Result<()> {
    row::set_details(change, details)?;
    let after = reps(&details.participants);
    let mut gone = reps(&call.details.participants);
    gone.retain(|rep| !after.contains(rep) && *rep != call.row.creator);
    if !gone.is_empty() {
        call_rep::Entity::delete_many()
            .filter(call_rep::Column::Workspace.eq(&*call.workspace))
            .filter(call_rep::Column::Call.eq(&*call.id))
            .filter(call_rep::Column::Rep.is_in(gone))
            .exec(tx)
            .await?;
    }
    add_reps(tx, &call.workspace, &call.id, after).await
}

/// Ids of the participants who speak in a transcript of the call.
pub async fn speakers(conn: &impl ConnectionTrait, workspace: &str, id: &str) -> Result<Vec<String>> {
    let found: Vec<Option<String>> = turn::Entity::find()
        .select_only()
        .column(turn::Column::Participant)
        .distinct()
        .filter(turn::Column::Workspace.eq(workspace))
        .filter(turn::Column::Call.eq(id))
        .filter(turn::Column::Participant.is_not_null())
        .into_tuple()
        .all(conn)
        .await?;
    Ok(found.into_iter().flatten().collect())
}

/// Notes how far transcription has come.
pub async fn set_processed(tx: &Transaction, workspace: &str, id: &str, processed_ms: i32) -> Result<()> {
    call::Entity::update_many()
        .col_expr(call::Column::ProcessedMs, Expr::val(processed_ms))
        .col_expr(call::Column::Version, Expr::col(call::Column::Version).add(1))
        .filter(call::Column::Workspace.eq(workspace))
        .filter(call::Column::Id.eq(id))
        .exec(tx)
        .await?;
    Ok(())
}

async fn add_reps(tx: &Transaction, workspace: &str, id: &str, reps: Vec<String>) -> Result<()> {
    let rows: Vec<_> = reps
        .into_iter()
        .map(|rep| call_rep::ActiveModel {
            workspace: Set(workspace.to_owned()),
            call: Set(id.to_owned()),
            rep: Set(rep),
        })
        .collect();
    if rows.is_empty() {
        return Ok(());
    }
    let key = [call_rep::Column::Workspace, call_rep::Column::Call, call_rep::Column::Rep];
    let known = OnConflict::columns(key).do_nothing().to_owned();
    call_rep::Entity::insert_many(rows).on_conflict(known).exec_without_returning(tx).await?;
    Ok(())
}

/// Ids of the sellers on a call: of the e-mail address's local part, else of the name.
fn reps(participants: &[Participant]) -> Vec<String> {
    let id = |participant: &Participant| {
        let local = participant.email.split('@').next().unwrap_or_default();
        slug(if local.is_empty() { &participant.name } else { local })
    };
    let sellers = participants.iter().filter(|participant| participant.side == Side::Rep);
    let mut reps: Vec<String> = sellers.map(id).filter(|rep| !rep.is_empty()).collect();
    reps.sort();
    reps.dedup();
    reps
}
