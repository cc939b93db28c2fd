//! The behaviors of each playbook, as its latest evaluated revision has them.

use std::collections::HashSet;

use chrono::{DateTime, Utc};
use sea_orm::{ActiveValue::Set, ColumnTrait, ConnectionTrait, EntityTrait, QueryFilter, QueryOrder};
use throughline_store::{Error, Result, Transaction, lock};

use super::entity::behavior as table;
use super::row;
use crate::domain::evaluation::{Behavior, Evaluation};

/// Keeps the behaviors of an evaluation, unless a later one was seen. Most evaluations change nothing: they write nothing and
/// wait for nobody.
pub async fn keep(tx: &Transaction, workspace: &str, evaluation: &Evaluation) -> Result<()> {
    let playbook = evaluation.playbook.as_str();
    let wanted = evaluation
        .behaviors
        .iter()
        .enumerate()
        .map(|(position, result)| model(workspace, playbook, position, &result.behavior, evaluation.evaluated_at))
        .collect::<Result<Vec<_>>>()?;
    if up_to_date(&of_playbook(tx, workspace, playbook).await?, &wanted, evaluation.evaluated_at) {
        return Ok(());
    }
    lock::name(tx, "playbook", &format!("{workspace}/{playbook}")).await?;
    if up_to_date(&of_playbook(tx, workspace, playbook).await?, &wanted, evaluation.evaluated_at) {
        return Ok(());
    }
    replace(tx, workspace, playbook, wanted).await
}

fn up_to_date(seen: &[table::Model], wanted: &[table::Model], evaluated_at: DateTime<Utc>) -> bool {
    let newer = seen.iter().any(|row| row.evaluated_at > evaluated_at);
    newer || (seen.len() == wanted.len() && seen.iter().zip(wanted).all(|(a, b)| equal(a, b)))
}

async fn replace(tx: &Transaction, workspace: &str, playbook: &str, wanted: Vec<table::Model>) -> Result<()> {
    table::Entity::delete_many()
        .filter(table::Column::Workspace.eq(workspace))
        .filter(table::Column::Playbook.eq(playbook))
        .exec(tx)
        .await?;
    if !wanted.is_empty() {
        let rows = wanted.into_iter().map(active);
        table::Entity::insert_many(rows).exec_without_returning(tx).await?;
    }
    Ok(())
}

/// Every behavior of the workspace once, in playbook order. Where two playbooks share an id, the later evaluated one describes it.
pub async fn all(conn: &impl ConnectionTrait, workspace: &str) -> Result<Vec<Behavior>> {
    let rows = table::Entity::find()
        .filter(table::Column::Workspace.eq(workspace))
        .order_by_desc(table::Column::EvaluatedAt)
        .order_by_asc(table::Column::Playbook)
        .order_by_asc(table::Column::Position)
        .all(conn)
        .await?;
    let mut seen = HashSet::new();
    let mut rows: Vec<table::Model> = rows.into_iter().filter(|row| seen.insert(row.behavior.clone())).collect();
    rows.sort_by(|a, b| (&a.playbook, a.position).cmp(&(&b.playbook, b.position)));
    rows.into_iter().map(row::behavior).collect()
}

async fn of_playbook(conn: &impl ConnectionTrait, workspace: &str, playbook: &str) -> Result<Vec<table::Model>> {
    let found = table::Entity::find()
        .filter(table::Column::Workspace.eq(workspace))
        .filter(table::Column::Playbook.eq(playbook))
        .order_by_asc(table::Column::Position)
        .all(conn)
        .await?;
    Ok(found)
}

fn model(
    workspace: &str,
    playbook: &str,
    position: usize,
    behavior: &Behavior,
    at: DateTime<Utc>,
) -> Result<table::Model> {
    Ok(table::Model {
        workspace: workspace.to_owned(),
        playbook: playbook.to_owned(),
        behavior: behavior.id.to_string(),
        position: i32::try_from(position).map_err(Error::internal)?,
        description: behavior.description.clone(),
        weight: behavior.weight,
        polarity: row::polarity_text(behavior.polarity).to_owned(),
        evaluated_at: at,
    })
}

/// The same but for the time of the evaluation.
fn equal(a: &table::Model, b: &table::Model) -> bool {
    table::Model { evaluated_at: b.evaluated_at, ..a.clone() } == *b
}

fn active(row: table::Model) -> table::ActiveModel {
    let table::Model { workspace, playbook, behavior, position, description, weight, polarity, evaluated_at } = row;
    table::ActiveModel {
        workspace: Set(workspace),
        playbook: Set(playbook),
        behavior: Set(behavior),
        position: Set(position),
        description: Set(description),
        weight: Set(weight),
        polarity: Set(polarity),
        evaluated_at: Set(evaluated_at),
    }
}
