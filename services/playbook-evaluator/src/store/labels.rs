//! Labels: appended, and then only counted or not; their notes go with the words of the call.

use chrono::{DateTime, Utc};
use sea_orm::sea_query::Expr;
use sea_orm::{
    ActiveModelTrait, ActiveValue::Set, ColumnTrait, Condition, ConnectionTrait, EntityTrait, IntoActiveModel,
    QueryFilter, QueryOrder, QuerySelect,
};
use throughline_store::purged::Purge;
use throughline_store::{Error, Result, Transaction};

use super::entity::label;
use crate::domain::evaluation::Outcome;
use crate::domain::target::Target;

/// A label as it is stored.
pub type Row = label::Model;

/// Which labels a list holds.
#[derive(Debug, Default)]
pub struct Filter {
    pub call: Option<String>,
    pub evaluation: Option<String>,
    /// Only on evaluations of this rep.
    pub rep: Option<String>,
    /// Also those that don't count.
    pub history: bool,
}

/// What people hold of one target of a call.
#[derive(Clone, Debug, PartialEq)]
pub struct Agreed {
    /// Id of the call.
    pub call: String,
    /// Revision of the transcript that `turns` count in.
    pub transcript: String,
    pub playbook: String,
    pub target: Target,
    /// What most authors say; where as many say another, what was said last.
    pub outcome: Outcome,
    /// Turns that any of those authors named, in order.
    pub turns: Vec<u32>,
    /// How many authors say so, and how many labelled it at all.
    pub authors: usize,
    pub of_authors: usize,
}

/// Indexes of turns as a row holds them, in order.
pub fn written(turns: &[i32]) -> String {
    let mut turns = turns.to_vec();
    turns.sort_unstable();
    serde_json::json!(turns).to_string()
}

/// The indexes of turns of a label.
pub fn turns(row: &Row) -> Result<Vec<u32>> {
    serde_json::from_str(&row.turns).map_err(|error| Error::internal(format!("turns of label {}: {error}", row.id)))
}

/// A label.
pub async fn get(conn: &impl ConnectionTrait, workspace: &str, id: &str) -> Result<Option<Row>> {
    Ok(label::Entity::find_by_id((workspace.to_owned(), id.to_owned())).one(conn).await?)
}

/// Labels, newest first, those made before the one with id `before`.
pub async fn list(
    conn: &impl ConnectionTrait,
    workspace: &str,
    filter: &Filter,
    before: Option<&str>,
    limit: u64,
) -> Result<Vec<Row>> {
    let mut query = label::Entity::find().filter(label::Column::Workspace.eq(workspace));
    let conditions = [
        (label::Column::Call, &filter.call),
        (label::Column::Evaluation, &filter.evaluation),
        (label::Column::Rep, &filter.rep),
    ];
    for (column, value) in conditions {
        if let Some(value) = value {
            query = query.filter(column.eq(value));
        }
    }
    if !filter.history {
        query = query.filter(label::Column::Counts.eq(true));
    }
    if let Some(before) = before {
        query = query.filter(label::Column::Id.lt(before));
    }
    Ok(query.order_by_desc(label::Column::Id).limit(limit).all(conn).await?)
}

/// The label of the same author on the same target that counts.
pub async fn counting(conn: &impl ConnectionTrait, like: &Row) -> Result<Option<Row>> {
    let query = label::Entity::find().filter(same_target(like)).filter(label::Column::Counts.eq(true));
    Ok(query.one(conn).await?)
}

/// Keeps a label, in the place of the one of the same author on the same target that counted.
pub async fn append(tx: &Transaction, row: Row) -> Result<()> {
    label::Entity::update_many()
        .col_expr(label::Column::Counts, Expr::value(false))
        .filter(same_target(&row))
        .filter(label::Column::Counts.eq(true))
        .exec(tx)
        .await?;
    label::Entity::insert(row.into_active_model().reset_all()).exec_without_returning(tx).await?;
    Ok(())
}

/// Withdraws a label; where it counted, the one before it of the same author counts again.
pub async fn withdraw(tx: &Transaction, row: Row, by: &str, now: DateTime<Utc>) -> Result<Row> {
    let counted = row.counts;
    let mut change = row.into_active_model();
    change.counts = Set(false);
    change.deleted_at = Set(Some(now));
    change.deleted_by = Set(by.to_owned());
    let row = change.update(tx).await?;
    if counted {
        let before = label::Entity::find()
            .filter(same_target(&row))
            .filter(label::Column::DeletedAt.is_null())
            .order_by_desc(label::Column::Id)
            .one(tx)
            .await?;
        if let Some(before) = before {
            let mut change = before.into_active_model();
            change.counts = Set(true);
            change.update(tx).await?;
        }
    }
    Ok(row)
}

/// Erases what authors wrote beside their labels of these revisions of the transcript: it may quote them.
pub async fn erase_notes(tx: &Transaction, workspace: &str, purge: &Purge) -> Result<()> {
    let noted: Vec<(String, String)> = label::Entity::find()
        .select_only()
        .columns([label::Column::Id, label::Column::Transcript])
        .filter(label::Column::Workspace.eq(workspace))
        .filter(label::Column::Call.eq(&purge.call))
        .filter(label::Column::Note.ne(""))
        .into_tuple()
        .all(tx)
        .await?;
    for (id, _) in noted.into_iter().filter(|(_, transcript)| purge.covers(transcript)) {
        label::Entity::update_many()
            .col_expr(label::Column::Note, Expr::value(""))
            .filter(label::Column::Workspace.eq(workspace))
            .filter(label::Column::Id.eq(id))
            .exec(tx)
            .await?;
    }
    Ok(())
}

/// What the people of a workspace hold, by call and target: what the examples of a playbook are trained on.
///
/// # Errors
/// The mapped database error; `Internal` for a row that can't be read.
pub async fn of_workspace(conn: &impl ConnectionTrait, workspace: &str) -> Result<Vec<Agreed>> {
    let rows = label::Entity::find()
        .filter(label::Column::Workspace.eq(workspace))
        .filter(label::Column::Counts.eq(true))
        .order_by_asc(label::Column::Call)
        .order_by_asc(label::Column::Transcript)
        .order_by_asc(label::Column::Playbook)
        .order_by_asc(label::Column::Kind)
        .order_by_asc(label::Column::Target)
        .order_by_asc(label::Column::Id)
        .all(conn)
        .await?;
    rows.chunk_by(|a, b| key(a) == key(b)).map(agreed).collect()
}

fn key(row: &Row) -> (&str, &str, &str, &str, &str) {
    (&row.call, &row.transcript, &row.playbook, &row.kind, &row.target)
}

/// Labels of one target, oldest first.
fn agreed(rows: &[Row]) -> Result<Agreed> {
    let unreadable = || Error::internal("a label can't be read");
    let votes = |row: &&Row| rows.iter().filter(|other| other.outcome == row.outcome).count();
    let says = rows.iter().max_by_key(votes).ok_or_else(unreadable)?;
    let mut turns_of_it = Vec::new();
    for row in rows.iter().filter(|row| row.outcome == says.outcome) {
        turns_of_it.extend(turns(row)?);
    }
    turns_of_it.sort_unstable();
    turns_of_it.dedup();
    Ok(Agreed {
        call: says.call.clone(),
        transcript: says.transcript.clone(),
        playbook: says.playbook.clone(),
        target: Target::of(&says.kind, &says.target).ok_or_else(unreadable)?,
        outcome: Outcome::of(&says.outcome).ok_or_else(unreadable)?,
        turns: turns_of_it,
        authors: votes(&says),
        of_authors: rows.len(),
    })
}

fn same_target(row: &Row) -> Condition {
    Condition::all()
        .add(label::Column::Workspace.eq(&row.workspace))
        .add(label::Column::Call.eq(&row.call))
        .add(label::Column::Transcript.eq(&row.transcript))
        .add(label::Column::Playbook.eq(&row.playbook))
        .add(label::Column::Kind.eq(&row.kind))
        .add(label::Column::Target.eq(&row.target))
        .add(label::Column::Author.eq(&row.author))
}
