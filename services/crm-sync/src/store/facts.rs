//! What the latest evaluations of calls found.

use chrono::{DateTime, Utc};
use sea_orm::sea_query::{Expr, OnConflict};
use sea_orm::{
    ActiveModelTrait, ColumnTrait, Condition, ConnectionTrait, EntityTrait, IntoActiveModel, QueryFilter, QueryOrder,
};
use throughline_store::purged::Purge;
use throughline_store::{Result, Transaction};

use super::entity::call_facts::{Column, Entity, Model};
use super::row::{from_json, to_json};
use crate::domain::association::CallContext;
use crate::domain::proposal::{Fact, Mapping};

/// What an evaluation found, as far as the CRM is concerned.
#[derive(Debug, Clone, PartialEq)]
pub struct CallFacts {
    /// Id of the playbook.
    pub playbook: String,
    /// Id of the evaluation.
    pub evaluation: String,
    pub evaluated_at: DateTime<Utc>,
    pub context: CallContext,
    pub facts: Vec<Fact>,
    pub mappings: Vec<Mapping>,
}

impl CallFacts {
    /// As it is kept once its call is purged.
    #[must_use]
    pub fn erased(mut self, at: DateTime<Utc>) -> Self {
        self.context.erase_people();
        self.facts.iter_mut().for_each(|fact| fact.erase(at));
        self
    }
}

/// Keeps what an evaluation found, unless a later one of the same call and playbook is kept. Was it kept?
pub async fn keep(tx: &Transaction, workspace: &str, found: &CallFacts) -> Result<bool> {
    let known =
        Entity::find_by_id((workspace.to_owned(), found.context.call.clone(), found.playbook.clone())).one(tx).await?;
    if known.is_some_and(|known| known.evaluated_at > found.evaluated_at) {
        return Ok(false);
    }
    let row = Model {
        workspace: workspace.to_owned(),
        call: found.context.call.clone(),
        playbook: found.playbook.clone(),
        evaluation: found.evaluation.clone(),
        evaluated_at: found.evaluated_at,
        context: to_json(&found.context)?,
        facts: to_json(&found.facts)?,
        mappings: to_json(&found.mappings)?,
    };
    let conflict = OnConflict::columns([Column::Workspace, Column::Call, Column::Playbook])
        .update_columns([Column::Evaluation, Column::EvaluatedAt, Column::Context, Column::Facts, Column::Mappings])
        .to_owned();
    Entity::insert(row.into_active_model().reset_all()).on_conflict(conflict).exec_without_returning(tx).await?;
    Ok(true)
}

/// What is kept of a call, by playbook.
pub async fn of_call(conn: &impl ConnectionTrait, workspace: &str, call: &str) -> Result<Vec<CallFacts>> {
    let rows = Entity::find()
        .filter(Column::Workspace.eq(workspace))
        .filter(Column::Call.eq(call))
        .order_by_asc(Column::Playbook)
        .all(conn)
        .await?;
    rows.into_iter()
        .map(|row| {
            Ok(CallFacts {
                context: from_json(&row.context)?,
                facts: from_json(&row.facts)?,
                mappings: from_json(&row.mappings)?,
                playbook: row.playbook,
                evaluation: row.evaluation,
                evaluated_at: row.evaluated_at,
            })
        })
        .collect()
}

/// Erases the words of a purged call from what is kept of it.
pub async fn erase(tx: &Transaction, workspace: &str, purge: &Purge) -> Result<()> {
    for found in of_call(tx, workspace, &purge.call).await? {
        let key = Condition::all()
            .add(Column::Workspace.eq(workspace))
            .add(Column::Call.eq(&purge.call))
            .add(Column::Playbook.eq(&found.playbook));
        let erased = found.erased(purge.at);
        Entity::update_many()
            .col_expr(Column::Context, Expr::value(to_json(&erased.context)?))
            .col_expr(Column::Facts, Expr::value(to_json(&erased.facts)?))
            .filter(key)
            .exec(tx)
            .await?;
    }
    Ok(())
}
