//! The sellers seen on evaluated calls.

use sea_orm::sea_query::OnConflict;
use sea_orm::{ActiveValue::Set, ColumnTrait, ConnectionTrait, EntityTrait, QueryFilter, QueryOrder, QuerySelect};
use std::collections::HashMap;
use throughline_store::{Error, Result, Transaction};

use super::Period;
use super::entity::{evaluated_call, rep as table};
use crate::domain::evaluation::{Evaluation, Rep};
use crate::domain::id::{Id, RepId};

/// Notes the rep of a call; the name of the latest call is the one shown.
pub async fn keep(tx: &Transaction, workspace: &str, evaluation: &Evaluation) -> Result<()> {
    let Some(rep) = &evaluation.rep else { return Ok(()) };
    let key = (workspace.to_owned(), rep.id.to_string());
    if let Some(seen) = table::Entity::find_by_id(key.clone()).one(tx).await?
        && (seen.last_call_time > evaluation.call_time || seen.display_name == rep.name)
    {
        return Ok(());
    }
    let row = table::ActiveModel {
        workspace: Set(key.0),
        rep: Set(key.1),
        display_name: Set(rep.name.clone()),
        last_call_time: Set(evaluation.call_time),
    };
    let newer = OnConflict::columns([table::Column::Workspace, table::Column::Rep])
        .update_columns([table::Column::DisplayName, table::Column::LastCallTime])
        .to_owned();
    table::Entity::insert(row).on_conflict(newer).exec_without_returning(tx).await?;
    Ok(())
}

/// A rep, if any of its calls was evaluated.
pub async fn get(conn: &impl ConnectionTrait, workspace: &str, rep: &str) -> Result<Option<Rep>> {
    let found = table::Entity::find_by_id((workspace.to_owned(), rep.to_owned())).one(conn).await?;
    Ok(found.map(from_row))
}

/// Up to `limit` reps by id, those after `after`.
pub async fn list(conn: &impl ConnectionTrait, workspace: &str, after: Option<&str>, limit: usize) -> Result<Vec<Rep>> {
    let mut query = table::Entity::find().filter(table::Column::Workspace.eq(workspace));
    if let Some(after) = after {
        query = query.filter(table::Column::Rep.gt(after));
    }
    let limit = u64::try_from(limit).map_err(Error::internal)?;
    let found = query.order_by_asc(table::Column::Rep).limit(limit).all(conn).await?;
    Ok(found.into_iter().map(from_row).collect())
}

/// How many calls of each of these reps were evaluated in the period.
pub async fn calls(
    conn: &impl ConnectionTrait,
    workspace: &str,
    reps: impl IntoIterator<Item = &RepId>,
    period: Period,
) -> Result<HashMap<RepId, u32>> {
    let ids: Vec<&str> = reps.into_iter().map(Id::as_str).collect();
    let rows: Vec<(String, String)> = evaluated_call::Entity::find()
        .select_only()
        .distinct()
        .columns([evaluated_call::Column::Rep, evaluated_call::Column::Call])
        .filter(evaluated_call::Column::Workspace.eq(workspace))
        .filter(evaluated_call::Column::Rep.is_in(ids))
        .filter(period.on(evaluated_call::Column::CallTime))
        .into_tuple()
        .all(conn)
        .await?;
    let mut counts = HashMap::new();
    for (rep, _) in rows {
        *counts.entry(Id::new(rep)).or_default() += 1;
    }
    Ok(counts)
}

fn from_row(row: table::Model) -> Rep {
    Rep { id: Id::new(row.rep), name: row.display_name }
}
