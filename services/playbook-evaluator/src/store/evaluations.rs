//! Evaluations: written once, and never changed but for words that are erased.

use sea_orm::sea_query::Expr;
use sea_orm::{
    ActiveModelTrait, ColumnTrait, ConnectionTrait, EntityTrait, IntoActiveModel, QueryFilter, QueryOrder, QuerySelect,
};
use throughline_store::{Result, Transaction};

use super::entity::evaluation;

/// An evaluation as it is stored.
pub type Row = evaluation::Model;

/// Which evaluations a list holds.
#[derive(Debug, Default)]
pub struct Filter {
    pub call: Option<String>,
    /// Revision of the transcript; with `call`.
    pub transcript: Option<String>,
    /// Only of this rep.
    pub rep: Option<String>,
}

/// What an evaluation is of.
#[derive(Clone, Copy, Debug)]
pub struct Subject<'a> {
    pub workspace: &'a str,
    pub call: &'a str,
    pub transcript: &'a str,
    pub playbook: &'a str,
    pub revision: i32,
}

/// An evaluation.
pub async fn get(conn: &impl ConnectionTrait, workspace: &str, id: &str) -> Result<Option<Row>> {
    Ok(evaluation::Entity::find_by_id((workspace.to_owned(), id.to_owned())).one(conn).await?)
}

/// The evaluation of a transcript against a revision.
pub async fn of(conn: &impl ConnectionTrait, subject: Subject<'_>) -> Result<Option<Row>> {
    let query = evaluation::Entity::find()
        .filter(evaluation::Column::Workspace.eq(subject.workspace))
        .filter(evaluation::Column::Call.eq(subject.call))
        .filter(evaluation::Column::Transcript.eq(subject.transcript))
        .filter(evaluation::Column::Playbook.eq(subject.playbook))
        .filter(evaluation::Column::Revision.eq(subject.revision));
    Ok(query.one(conn).await?)
}

/// Evaluations, newest first, those made before the one with id `before`.
pub async fn list(
    conn: &impl ConnectionTrait,
    workspace: &str,
    filter: &Filter,
    before: Option<&str>,
    limit: u64,
) -> Result<Vec<Row>> {
    let mut query = evaluation::Entity::find().filter(evaluation::Column::Workspace.eq(workspace));
    let conditions = [
        (evaluation::Column::Call, &filter.call),
        (evaluation::Column::Transcript, &filter.transcript),
        (evaluation::Column::Rep, &filter.rep),
    ];
    for (column, value) in conditions {
        if let Some(value) = value {
            query = query.filter(column.eq(value));
        }
    }
    if let Some(before) = before {
        query = query.filter(evaluation::Column::Id.lt(before));
    }
    Ok(query.order_by_desc(evaluation::Column::Id).limit(limit).all(conn).await?)
}

/// Keeps an evaluation.
pub async fn insert(tx: &Transaction, row: Row) -> Result<()> {
    evaluation::Entity::insert(row.into_active_model().reset_all()).exec_without_returning(tx).await?;
    Ok(())
}

/// Every evaluation of a call.
pub async fn of_call(tx: &Transaction, workspace: &str, call: &str) -> Result<Vec<Row>> {
    let query = evaluation::Entity::find()
        .filter(evaluation::Column::Workspace.eq(workspace))
        .filter(evaluation::Column::Call.eq(call))
        .order_by_asc(evaluation::Column::Id);
    Ok(query.all(tx).await?)
}

/// Puts the evaluation without its words in the place of the one with them.
pub async fn erase(tx: &Transaction, row: &Row, erased: Vec<u8>) -> Result<()> {
    evaluation::Entity::update_many()
        .col_expr(evaluation::Column::Body, Expr::value(erased))
        .filter(evaluation::Column::Workspace.eq(&row.workspace))
        .filter(evaluation::Column::Id.eq(&row.id))
        .exec(tx)
        .await?;
    Ok(())
}
