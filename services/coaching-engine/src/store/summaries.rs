//! Summaries: one a call, of its latest evaluation.

use sea_orm::sea_query::OnConflict;
use sea_orm::{ActiveModelTrait, ConnectionTrait, EntityTrait, IntoActiveModel};
use throughline_store::purged::Purge;
use throughline_store::{Result, Transaction};

use super::entity::summary as table;
use super::row::Summary;

/// Keeps a summary unless one of a later evaluation is there.
pub async fn keep(tx: &Transaction, workspace: &str, summary: &Summary) -> Result<()> {
    if let Some(seen) = get(tx, workspace, summary.call.as_str()).await?
        && (seen.evaluated_at, &seen.evaluation) > (summary.evaluated_at, &summary.evaluation)
    {
        return Ok(());
    }
    use table::Column::{Call, CreatedAt, EvaluatedAt, Evaluation, Lines, PurgedAt, Rep, Workspace};
    let newer = OnConflict::columns([Workspace, Call])
        .update_columns([Evaluation, EvaluatedAt, Rep, Lines, CreatedAt, PurgedAt])
        .to_owned();
    let row = summary.to_row(workspace)?.into_active_model().reset_all();
    table::Entity::insert(row).on_conflict(newer).exec_without_returning(tx).await?;
    Ok(())
}

/// The summary of a call.
pub async fn get(conn: &impl ConnectionTrait, workspace: &str, call: &str) -> Result<Option<Summary>> {
    let found = table::Entity::find_by_id((workspace.to_owned(), call.to_owned())).one(conn).await?;
    found.map(Summary::from_row).transpose()
}

/// Erases the words of a purged call.
pub async fn erase(tx: &Transaction, workspace: &str, purge: &Purge) -> Result<()> {
    match get(tx, workspace, &purge.call).await? {
        Some(summary) => keep(tx, workspace, &summary.erased(purge.at)).await,
        None => Ok(()),
    }
}
