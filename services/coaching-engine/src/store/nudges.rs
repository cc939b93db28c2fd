//! Nudges: given, decided, listed.

use chrono::{DateTime, Utc};
use sea_orm::sea_query::Expr;
use sea_orm::{
    ActiveModelTrait, ActiveValue::Set, ColumnTrait, Condition, ConnectionTrait, EntityTrait, IntoActiveModel,
    QueryFilter, QueryOrder, QuerySelect,
};
use throughline_store::purged::Purge;
use throughline_store::{Error, Result, Transaction};

use super::entity::{nudge as table, outcome};
use super::row;
use crate::domain::evaluation::Evaluation;
use crate::domain::evidence::Evidence;
use crate::domain::id::{BehaviorId, Id, RepId};
use crate::domain::nudge::Nudge;
use crate::domain::outcome::{self as rule, NudgeOutcome, Occasion};

/// Stores new nudges.
pub async fn give(tx: &Transaction, workspace: &str, nudges: &[Nudge]) -> Result<()> {
    if nudges.is_empty() {
        return Ok(());
    }
    let rows = nudges
        .iter()
        .map(|nudge| Ok(row::nudge_row(workspace, nudge)?.into_active_model().reset_all()))
        .collect::<Result<Vec<_>>>()?;
    table::Entity::insert_many(rows).exec_without_returning(tx).await?;
    Ok(())
}

/// The times of the calls behind the rep's nudges between two moments, ends excluded, one a nudge.
pub async fn times(
    tx: &Transaction,
    workspace: &str,
    rep: &RepId,
    between: (DateTime<Utc>, DateTime<Utc>),
) -> Result<Vec<DateTime<Utc>>> {
    let found = table::Entity::find()
        .select_only()
        .column(table::Column::CallTime)
        .filter(table::Column::Workspace.eq(workspace))
        .filter(table::Column::Rep.eq(rep.as_str()))
        .filter(table::Column::CallTime.gt(between.0))
        .filter(table::Column::CallTime.lt(between.1))
        .into_tuple()
        .all(tx)
        .await?;
    Ok(found)
}

/// Nudges given for a call, to whomever: as many as count against the budget of the call.
pub async fn of_call(tx: &Transaction, workspace: &str, call: &str) -> Result<Vec<BehaviorId>> {
    let found: Vec<String> = table::Entity::find()
        .select_only()
        .column(table::Column::Behavior)
        .filter(table::Column::Workspace.eq(workspace))
        .filter(table::Column::Call.eq(call))
        .into_tuple()
        .all(tx)
        .await?;
    Ok(found.into_iter().map(Id::new).collect())
}

/// Behaviors that the rep was nudged about before `call_time` and that no call up to then has decided.
pub async fn waiting(
    tx: &Transaction,
    workspace: &str,
    rep: &RepId,
    call_time: DateTime<Utc>,
) -> Result<Vec<BehaviorId>> {
    let undecided = Condition::any().add(table::Column::Shown.is_null()).add(table::Column::OutcomeAt.gt(call_time));
    let found: Vec<String> = table::Entity::find()
        .select_only()
        .column(table::Column::Behavior)
        .filter(table::Column::Workspace.eq(workspace))
        .filter(table::Column::Rep.eq(rep.as_str()))
        .filter(table::Column::CallTime.lt(call_time))
        .filter(undecided)
        .into_tuple()
        .all(tx)
        .await?;
    Ok(found.into_iter().map(Id::new).collect())
}

/// Decides anew what a just evaluated call may have changed: nudges it had decided, and older ones of its rep that wait or were
/// decided by a later call, since calls are evaluated in any order.
pub async fn decide_by(tx: &Transaction, workspace: &str, evaluation: &Evaluation) -> Result<()> {
    let mut touched = Condition::any().add(table::Column::OutcomeCall.eq(evaluation.call.as_str()));
    if let Some(rep) = &evaluation.rep {
        let still_open = Condition::any()
            .add(table::Column::Shown.is_null())
            .add(table::Column::OutcomeAt.gte(evaluation.call_time));
        let older = Condition::all()
            .add(table::Column::Rep.eq(rep.id.as_str()))
            .add(table::Column::CallTime.lt(evaluation.call_time))
            .add(still_open);
        touched = touched.add(older);
    }
    let rows = table::Entity::find()
        .filter(table::Column::Workspace.eq(workspace))
        .filter(touched)
        .order_by_asc(table::Column::Id)
        .all(tx)
        .await?;
    for row in rows {
        let nudge = row::nudge(row)?;
        let outcome = outcome_of(tx, workspace, &nudge).await?;
        if outcome != nudge.outcome {
            set_outcome(tx, workspace, &nudge, &outcome).await?;
        }
    }
    Ok(())
}

/// By the rep's next call where the behavior applied.
pub async fn outcome_of(tx: &Transaction, workspace: &str, nudge: &Nudge) -> Result<NudgeOutcome> {
    let found: Option<(String, DateTime<Utc>, String)> = outcome::Entity::find()
        .select_only()
        .columns([outcome::Column::Call, outcome::Column::CallTime, outcome::Column::Conduct])
        .filter(outcome::Column::Workspace.eq(workspace))
        .filter(outcome::Column::Behavior.eq(nudge.advice.behavior.as_str()))
        .filter(outcome::Column::Rep.eq(nudge.rep.as_str()))
        .filter(outcome::Column::CallTime.gt(nudge.call_time))
        .filter(outcome::Column::Conduct.is_in(["shown", "not_shown"]))
        .order_by_asc(outcome::Column::CallTime)
        .order_by_asc(outcome::Column::Call)
        .limit(1)
        .into_tuple()
        .one(tx)
        .await?;
    let next = found
        .map(|(call, at, conduct)| {
            Ok::<_, Error>(Occasion { call: Id::new(call), at, conduct: row::conduct(&conduct)? })
        })
        .transpose()?;
    Ok(rule::decide(nudge.call_time, &next))
}

async fn set_outcome(tx: &Transaction, workspace: &str, nudge: &Nudge, outcome: &NudgeOutcome) -> Result<()> {
    let decided = Nudge { outcome: outcome.clone(), ..nudge.clone() };
    let row = row::nudge_row(workspace, &decided)?;
    table::Entity::update_many()
        .col_expr(table::Column::Shown, Expr::value(row.shown))
        .col_expr(table::Column::OutcomeCall, Expr::value(row.outcome_call))
        .col_expr(table::Column::OutcomeAt, Expr::value(row.outcome_at))
        .filter(table::Column::Workspace.eq(workspace))
        .filter(table::Column::Id.eq(row.id))
        .exec(tx)
        .await?;
    Ok(())
}

/// What a list of nudges is narrowed to.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Filter {
    /// Only of this rep.
    pub rep: Option<String>,
    /// Only from this call.
    pub call: Option<String>,
}

/// Up to `limit` nudges, newest first, those before the one with id `after`.
pub async fn list(
    conn: &impl ConnectionTrait,
    workspace: &str,
    filter: &Filter,
    after: Option<&str>,
    limit: usize,
) -> Result<Vec<Nudge>> {
    let condition = Condition::all()
        .add_option(filter.rep.as_deref().map(|rep| table::Column::Rep.eq(rep)))
        .add_option(filter.call.as_deref().map(|call| table::Column::Call.eq(call)))
        .add_option(after.map(|after| table::Column::Id.lt(after)));
    let found = table::Entity::find()
        .filter(table::Column::Workspace.eq(workspace))
        .filter(condition)
        .order_by_desc(table::Column::Id)
        .limit(u64::try_from(limit).map_err(Error::internal)?)
        .all(conn)
        .await?;
    found.into_iter().map(row::nudge).collect()
}

/// Erases the words of a purged call where nudges quote it as an example: those for other calls.
pub async fn erase(tx: &Transaction, workspace: &str, purge: &Purge) -> Result<()> {
    let quoting = table::Entity::find()
        .filter(table::Column::Workspace.eq(workspace))
        // More than those that quote it: `_` in an id stands for any letter.
        .filter(table::Column::Example.contains(&*purge.call))
        .all(tx)
        .await?;
    for row in quoting {
        let Some(mut example) = row.example.as_deref().map(row::from_json::<Evidence>).transpose()? else { continue };
        if example.call == purge.call {
            example.erase(purge.at);
            let mut change = row.into_active_model();
            change.example = Set(Some(row::to_json(&example)?));
            change.update(tx).await?;
        }
    }
    Ok(())
}
