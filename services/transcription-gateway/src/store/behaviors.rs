//! What evaluations found of behaviors, by call: to search by. The evaluator owns evaluations; these are copies of the
//! little that the search asks for, and the latest evaluation of a call by each playbook counts.

use chrono::{DateTime, Utc};
use sea_orm::ActiveValue::Set;
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter, QueryOrder};
use throughline_store::{Result, Transaction};

use super::calls;
use super::entity::{behavior_turn, call_behavior, transcript};

/// Rows of one statement: SQLite takes at most 32,766 values.
const ROWS_A_STATEMENT: usize = 1_000;

/// What an evaluation found.
#[derive(Debug, Clone, PartialEq)]
pub struct Evaluated {
    pub workspace: String,
    pub call: String,
    /// Of the transcript that was evaluated.
    pub number: i32,
    pub playbook: String,
    /// Id of the evaluation.
    pub evaluation: String,
    pub at: DateTime<Utc>,
    pub behaviors: Vec<BehaviorFound>,
}

/// What was found of one behavior.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BehaviorFound {
    pub id: String,
    pub outcome: Outcome,
    /// Turns that are evidence, in order, each once.
    pub turns: Vec<u16>,
}

/// Whether a behavior was shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    Observed,
    Missed,
    NotApplicable,
    Unknown,
}

impl Outcome {
    /// Name as it is stored.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Observed => "observed",
            Self::Missed => "missed",
            Self::NotApplicable => "not_applicable",
            Self::Unknown => "unknown",
        }
    }
}

/// Keeps what an evaluation found, unless a later one of the same playbook is known or the transcript is gone.
pub async fn replace(tx: &Transaction, evaluated: &Evaluated) -> Result<()> {
    let Evaluated { workspace, call, number, playbook, evaluation, at, behaviors } = evaluated;
    // Held, so that two evaluations of one call come one after the other, and no transcript goes meanwhile.
    if calls::find_for_update(tx, workspace, call).await?.is_none() {
        return Ok(());
    }
    let transcript = transcript::Entity::find_by_id((workspace.clone(), call.clone(), *number));
    if transcript.one(tx).await?.is_none() {
        return Ok(());
    }
    let of_playbook = || {
        sea_orm::Condition::all()
            .add(call_behavior::Column::Workspace.eq(workspace))
            .add(call_behavior::Column::Call.eq(call))
            .add(call_behavior::Column::Playbook.eq(playbook))
    };
    let latest = call_behavior::Entity::find()
        .filter(of_playbook())
        .order_by_desc(call_behavior::Column::Number)
        .order_by_desc(call_behavior::Column::EvaluatedAt);
    if latest.one(tx).await?.is_some_and(|known| (known.number, known.evaluated_at) > (*number, *at)) {
        return Ok(());
    }
    call_behavior::Entity::delete_many().filter(of_playbook()).exec(tx).await?;
    let (mut rows, mut turns) = (Vec::new(), Vec::new());
    for BehaviorFound { id, outcome, turns: positions } in behaviors {
        rows.push(call_behavior::ActiveModel {
            workspace: Set(workspace.clone()),
            call: Set(call.clone()),
            playbook: Set(playbook.clone()),
            behavior: Set(id.clone()),
            number: Set(*number),
            outcome: Set(outcome.as_str().to_owned()),
            evaluation: Set(evaluation.clone()),
            evaluated_at: Set(*at),
        });
        turns.extend(positions.iter().map(|position| behavior_turn::ActiveModel {
            workspace: Set(workspace.clone()),
            call: Set(call.clone()),
            playbook: Set(playbook.clone()),
            behavior: Set(id.clone()),
            position: Set(i32::from(*position)),
        }));
    }
    for part in rows.chunks(ROWS_A_STATEMENT) {
        call_behavior::Entity::insert_many(part.to_vec()).exec_without_returning(tx).await?;
    }
    for part in turns.chunks(ROWS_A_STATEMENT) {
        behavior_turn::Entity::insert_many(part.to_vec()).exec_without_returning(tx).await?;
    }
    Ok(())
}
