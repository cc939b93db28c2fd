//! Proposals: stored, found, listed.

use std::collections::HashSet;

use chrono::{DateTime, Utc};
use sea_orm::sea_query::{Expr, OnConflict, Query};
use sea_orm::{
    ActiveModelTrait, ColumnTrait, Condition, ConnectionTrait, EntityTrait, IntoActiveModel, QueryFilter, QueryOrder,
    QuerySelect,
};
use throughline_store::{Error, Result, Transaction};

use super::entity::proposal::{Column, Entity};
use super::entity::record;
use super::{CHUNK, row};
use crate::domain::proposal::Proposal;

/// One proposal.
pub async fn get(conn: &impl ConnectionTrait, workspace: &str, id: &str) -> Result<Option<Proposal>> {
    let found = Entity::find_by_id((workspace.to_owned(), id.to_owned())).one(conn).await?;
    found.map(row::proposal).transpose()
}

/// All proposals on a deal. Whoever changes them holds the deal's record.
pub async fn of_deal(tx: &Transaction, workspace: &str, deal: &str) -> Result<Vec<Proposal>> {
    let found = Entity::find()
        .filter(Column::Workspace.eq(workspace))
        .filter(Column::Deal.eq(deal))
        .order_by_asc(Column::CreatedAt)
        .order_by_asc(Column::Id)
        .all(tx)
        .await?;
    found.into_iter().map(row::proposal).collect()
}

/// Stores proposals whole.
pub async fn save(tx: &Transaction, workspace: &str, proposals: &[Proposal]) -> Result<()> {
    let conflict = OnConflict::columns([Column::Workspace, Column::Id])
        .update_columns([
            Column::Evaluation,
            Column::State,
            Column::Policy,
            Column::Reason,
            Column::OldValue,
            Column::SeenVersion,
            Column::NewValue,
            Column::Evidence,
            Column::Confidence,
            Column::Receipts,
            Column::SpokenAt,
        ])
        .to_owned();
    for chunk in proposals.chunks(CHUNK) {
        let rows = chunk
            .iter()
            .map(|proposal| Ok(row::proposal_row(workspace, proposal)?.into_active_model().reset_all()))
            .collect::<Result<Vec<_>>>()?;
        Entity::insert_many(rows).on_conflict(conflict.clone()).exec_without_returning(tx).await?;
    }
    Ok(())
}

/// Marks what waits for fields of deals that were changed from outside.
pub async fn mark_stale(
    tx: &Transaction,
    workspace: &str,
    changed: &HashSet<(&str, &str)>,
    reason: &str,
) -> Result<u64> {
    if changed.is_empty() {
        return Ok(0);
    }
    let waiting: Vec<(String, String, String)> = Entity::find()
        .select_only()
        .columns([Column::Id, Column::Deal, Column::Field])
        .filter(Column::Workspace.eq(workspace))
        .filter(Column::State.eq("pending"))
        .into_tuple()
        .all(tx)
        .await?;
    let hit =
        |(id, deal, field): (String, String, String)| changed.contains(&(deal.as_str(), field.as_str())).then_some(id);
    let ids: Vec<String> = waiting.into_iter().filter_map(hit).collect();
    for chunk in ids.chunks(CHUNK) {
        Entity::update_many()
            .col_expr(Column::State, Expr::value("stale"))
            .col_expr(Column::Reason, Expr::value(reason))
            .filter(Column::Workspace.eq(workspace))
            .filter(Column::Id.is_in(chunk))
            .exec(tx)
            .await?;
    }
    Ok(ids.len() as u64)
}

/// Marks what waits on a deal that its call no longer belongs to.
pub async fn mark_stale_of_call(tx: &Transaction, workspace: &str, call: &str, deal: &str, reason: &str) -> Result<()> {
    Entity::update_many()
        .col_expr(Column::State, Expr::value("stale"))
        .col_expr(Column::Reason, Expr::value(reason))
        .filter(Column::Workspace.eq(workspace))
        .filter(Column::Call.eq(call))
        .filter(Column::Deal.eq(deal))
        .filter(Column::State.eq("pending"))
        .exec(tx)
        .await?;
    Ok(())
}

/// Deals with proposals that a call brought, or that quote it, by its resource name and id; in order.
pub async fn deals_quoting(tx: &Transaction, workspace: &str, (name, id): (&str, &str)) -> Result<Vec<String>> {
    // More than those that quote it: `_` in an id stands for any letter, and `c1` is in `c10`.
    let quoting = Condition::any().add(Column::Call.eq(id)).add(Column::Evidence.contains(name));
    let found = Entity::find()
        .select_only()
        .column(Column::Deal)
        .distinct()
        .filter(Column::Workspace.eq(workspace))
        .filter(quoting)
        .order_by_asc(Column::Deal);
    Ok(found.into_tuple().all(tx).await?)
}

/// What a list of proposals is narrowed to.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Filter {
    pub deal: Option<String>,
    pub call: Option<String>,
    /// The word of the state.
    pub state: Option<&'static str>,
    /// Only on deals of this owner.
    pub owner: Option<String>,
}

/// Up to `limit` proposals, newest first, those after the one made then with that id.
pub async fn list(
    conn: &impl ConnectionTrait,
    workspace: &str,
    filter: &Filter,
    after: Option<(DateTime<Utc>, &str)>,
    limit: usize,
) -> Result<Vec<Proposal>> {
    let owned = |owner: &str| {
        let deals = Query::select()
            .column(record::Column::Id)
            .from(record::Entity)
            .and_where(record::Column::Workspace.eq(workspace))
            .and_where(record::Column::Kind.eq("deal"))
            .and_where(record::Column::Owner.eq(owner))
            .take();
        Column::Deal.in_subquery(deals)
    };
    let condition = Condition::all()
        .add_option(filter.deal.as_deref().map(|deal| Column::Deal.eq(deal)))
        .add_option(filter.call.as_deref().map(|call| Column::Call.eq(call)))
        .add_option(filter.state.map(|state| Column::State.eq(state)))
        .add_option(filter.owner.as_deref().map(owned))
        .add_option(after.map(|(at, id)| {
            let same_time = Condition::all().add(Column::CreatedAt.eq(at)).add(Column::Id.lt(id));
            Condition::any().add(Column::CreatedAt.lt(at)).add(same_time)
        }));
    let found = Entity::find()
        .filter(Column::Workspace.eq(workspace))
        .filter(condition)
        .order_by_desc(Column::CreatedAt)
        .order_by_desc(Column::Id)
        .limit(u64::try_from(limit).map_err(Error::internal)?)
        .all(conn)
        .await?;
    found.into_iter().map(row::proposal).collect()
}
