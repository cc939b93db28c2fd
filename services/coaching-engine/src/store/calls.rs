//! Evaluated calls and what each shows of each behavior. The latest evaluation of a call by a playbook counts, once.

use sea_orm::sea_query::OnConflict;
use sea_orm::{
    ActiveModelTrait, ActiveValue::Set, ColumnTrait, EntityTrait, IntoActiveModel, QueryFilter, QueryOrder, QuerySelect,
};
use throughline_store::purged::Purge;
use throughline_store::{Result, Transaction};

use super::entity::{evaluated_call, outcome};
use super::row;
use crate::domain::conduct::{Conduct, Polarity};
use crate::domain::evaluation::{BehaviorResult, Evaluation, Rep};
use crate::domain::evidence::Evidence;

/// Notes that this is the latest evaluation of its call and playbook. `false` when a later one was seen, or this very one.
pub async fn supersede(tx: &Transaction, workspace: &str, evaluation: &Evaluation) -> Result<bool> {
    let key = (workspace.to_owned(), evaluation.call.to_string(), evaluation.playbook.to_string());
    let seen = evaluated_call::Entity::find_by_id(key.clone()).one(tx).await?;
    let this = (evaluation.evaluated_at, evaluation.id.as_str());
    if seen.is_some_and(|seen| (seen.evaluated_at, seen.evaluation.as_str()) >= this) {
        return Ok(false);
    }
    let row = evaluated_call::ActiveModel {
        workspace: Set(key.0),
        call: Set(key.1),
        playbook: Set(key.2),
        evaluation: Set(evaluation.id.to_string()),
        evaluated_at: Set(evaluation.evaluated_at),
        call_time: Set(evaluation.call_time),
        rep: Set(evaluation.rep.as_ref().map(|rep| rep.id.to_string())),
    };
    use evaluated_call::Column::{
        Call, CallTime, EvaluatedAt, Evaluation as Id, Playbook, Rep as RepColumn, Workspace,
    };
    let newer = OnConflict::columns([Workspace, Call, Playbook])
        .update_columns([Id, EvaluatedAt, CallTime, RepColumn])
        .to_owned();
    evaluated_call::Entity::insert(row).on_conflict(newer).exec_without_returning(tx).await?;
    Ok(true)
}

/// Replaces the outcomes of the call by this playbook. Without a rep there is nobody they count for, and none are kept.
pub async fn replace_outcomes(tx: &Transaction, workspace: &str, evaluation: &Evaluation) -> Result<()> {
    outcome::Entity::delete_many()
        .filter(outcome::Column::Workspace.eq(workspace))
        .filter(outcome::Column::Call.eq(evaluation.call.as_str()))
        .filter(outcome::Column::Playbook.eq(evaluation.playbook.as_str()))
        .exec(tx)
        .await?;
    let Some(rep) = &evaluation.rep else { return Ok(()) };
    if evaluation.behaviors.is_empty() {
        return Ok(());
    }
    let rows = evaluation
        .behaviors
        .iter()
        .map(|result| outcome_row(workspace, evaluation, rep, result))
        .collect::<Result<Vec<_>>>()?;
    use outcome::Column::{
        Behavior, Call, CallTime, Conduct, Evidence as Places, Playbook, Rep as RepColumn, Workspace,
    };
    // A behavior that another playbook has under the same id: the later evaluation is the one that counts.
    let later = OnConflict::columns([Workspace, Call, Behavior])
        .update_columns([Playbook, RepColumn, CallTime, Conduct, Places])
        .to_owned();
    outcome::Entity::insert_many(rows).on_conflict(later).exec_without_returning(tx).await?;
    Ok(())
}

fn outcome_row(
    workspace: &str,
    evaluation: &Evaluation,
    rep: &Rep,
    result: &BehaviorResult,
) -> Result<outcome::ActiveModel> {
    let conduct = result.conduct();
    // A moment to show is one where something wanted was done: an avoided behavior has no words.
    let moment = conduct == Conduct::Shown && result.behavior.polarity == Polarity::Seek;
    let evidence = if moment { result.evidence.as_slice() } else { &[] };
    Ok(outcome::ActiveModel {
        workspace: Set(workspace.to_owned()),
        call: Set(evaluation.call.to_string()),
        behavior: Set(result.behavior.id.to_string()),
        playbook: Set(evaluation.playbook.to_string()),
        rep: Set(rep.id.to_string()),
        call_time: Set(evaluation.call_time),
        conduct: Set(row::conduct_text(conduct).to_owned()),
        evidence: Set(row::to_json(&evidence)?),
    })
}

/// Erases the words that outcomes of a purged call stand on.
pub async fn erase(tx: &Transaction, workspace: &str, purge: &Purge) -> Result<()> {
    let rows = outcome::Entity::find()
        .filter(outcome::Column::Workspace.eq(workspace))
        .filter(outcome::Column::Call.eq(&purge.call))
        .filter(outcome::Column::Evidence.ne("[]"))
        .all(tx)
        .await?;
    for row in rows {
        let mut evidence: Vec<Evidence> = row::from_json(&row.evidence)?;
        evidence.iter_mut().for_each(|place| place.erase(purge.at));
        let mut change = row.into_active_model();
        change.evidence = Set(row::to_json(&evidence)?);
        change.update(tx).await?;
    }
    Ok(())
}

/// The reps that outcomes of a call count for, in order.
pub async fn reps(tx: &Transaction, workspace: &str, call: &str) -> Result<Vec<String>> {
    let found = outcome::Entity::find()
        .select_only()
        .column(outcome::Column::Rep)
        .distinct()
        .filter(outcome::Column::Workspace.eq(workspace))
        .filter(outcome::Column::Call.eq(call))
        .order_by_asc(outcome::Column::Rep);
    Ok(found.into_tuple().all(tx).await?)
}
