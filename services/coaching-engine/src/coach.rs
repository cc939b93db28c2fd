//! What follows from an evaluation: outcomes kept, summary made, older nudges decided, new ones given. All in one transaction.

use chrono::{DateTime, TimeDelta, Utc};
use throughline_rpc::Ids;
use throughline_store::purged::{self, Purge};
use throughline_store::{Result, Transaction, lock};

use crate::config::NudgesConfig;
use crate::domain::budget::Budget;
use crate::domain::evaluation::{BehaviorResult, Evaluation, Rep};
use crate::domain::id::{BehaviorId, Id};
use crate::domain::nudge::{Nudge, Record, choose, is_candidate};
use crate::domain::outcome::NudgeOutcome;
use crate::domain::{prior, profile, summary};
use crate::store::row::Summary;
use crate::store::{Period, behaviors, calls, nudges, reps, summaries, tallies};

/// How many of a rep's latest calls are searched for an example.
const CALLS_SEARCHED_FOR_EXAMPLE: u64 = 10;

/// Applies evaluations.
#[derive(Clone, Debug)]
pub struct Coach {
    ids: Ids,
    nudges: NudgesConfig,
}

impl Coach {
    /// With ids for nudges, and their limits.
    pub fn new(ids: Ids, nudges: NudgesConfig) -> Self {
        Self { ids, nudges }
    }

    /// Applies an evaluation, unless a later one of the same call and playbook was applied. Locks are taken in this order: call,
    /// playbook, rep; so two events never wait for each other.
    ///
    /// # Errors
    /// The mapped database error; the transaction must not be committed then.
    pub async fn apply(
        &self,
        tx: &Transaction,
        workspace: &str,
        evaluation: &Evaluation,
        now: DateTime<Utc>,
    ) -> Result<()> {
        lock_call(tx, workspace, evaluation.call.as_str()).await?;
        if !calls::supersede(tx, workspace, evaluation).await? {
            return Ok(());
        }
        let evaluation = &as_kept(tx, workspace, evaluation).await?;
        behaviors::keep(tx, workspace, evaluation).await?;
        calls::replace_outcomes(tx, workspace, evaluation).await?;
        summaries::keep(tx, workspace, &summarise(evaluation, now)).await?;
        if let Some(rep) = &evaluation.rep {
            lock_rep(tx, workspace, rep.id.as_str()).await?;
            reps::keep(tx, workspace, evaluation).await?;
        }
        nudges::decide_by(tx, workspace, evaluation).await?;
        match &evaluation.rep {
            Some(rep) => self.nudge(tx, workspace, evaluation, rep, now).await,
            None => Ok(()),
        }
    }

    /// Erases the words of a purged call, wherever they are quoted, and notes it for what comes late.
    ///
    /// # Errors
    /// As [`Coach::apply`].
    pub async fn purge(&self, tx: &Transaction, workspace: &str, purge: &Purge) -> Result<()> {
        lock_call(tx, workspace, &purge.call).await?;
        purged::note(tx, workspace, purge).await?;
        // Another call of the rep may be about to quote this one in a nudge: it has, or finds nothing to quote.
        for rep in calls::reps(tx, workspace, &purge.call).await? {
            lock_rep(tx, workspace, &rep).await?;
        }
        calls::erase(tx, workspace, purge).await?;
        summaries::erase(tx, workspace, purge).await?;
        nudges::erase(tx, workspace, purge).await
    }

    async fn nudge(
        &self,
        tx: &Transaction,
        workspace: &str,
        evaluation: &Evaluation,
        rep: &Rep,
        now: DateTime<Utc>,
    ) -> Result<()> {
        let (call, call_time) = (&evaluation.call, evaluation.call_time);
        let given = nudges::of_call(tx, workspace, call.as_str()).await?;
        let times = nudges::times(tx, workspace, &rep.id, Budget::neighbourhood(call_time)).await?;
        let limit = self.nudges.budget(workspace).remaining(call_time, given.len(), &times);
        if limit == 0 {
            return Ok(());
        }
        let mut waiting = nudges::waiting(tx, workspace, &rep.id, call_time).await?;
        waiting.extend(given);
        // As of this call: what came later, and may have been evaluated before, is not held against it.
        let period = Period {
            start: Some(call_time - TimeDelta::days(i64::from(self.nudges.adoption_days))),
            end: Some(call_time + TimeDelta::microseconds(1)),
        };
        let candidates = candidates(tx, workspace, evaluation, rep, &waiting, period).await?;
        let mut new = Vec::with_capacity(limit);
        for mut advice in choose(&candidates, limit) {
            let id = &advice.behavior;
            let moments = tallies::moments(tx, workspace, &rep.id, id, period, CALLS_SEARCHED_FOR_EXAMPLE).await?;
            advice.example = profile::best(moments).into_iter().next();
            let mut nudge = Nudge {
                id: Id::new(self.ids.next().to_string()),
                rep: rep.id.clone(),
                call: call.clone(),
                call_time,
                advice,
                outcome: NudgeOutcome::Pending,
                given_at: now,
            };
            nudge.outcome = nudges::outcome_of(tx, workspace, &nudge).await?;
            new.push(nudge);
        }
        nudges::give(tx, workspace, &new).await
    }
}

async fn lock_call(tx: &Transaction, workspace: &str, call: &str) -> Result<()> {
    lock::name(tx, "call", &format!("{workspace}/{call}")).await
}

async fn lock_rep(tx: &Transaction, workspace: &str, rep: &str) -> Result<()> {
    lock::name(tx, "rep", &format!("{workspace}/{rep}")).await
}

/// The evaluation, without words where those of its transcript are gone: it may have been fetched before they went.
async fn as_kept(tx: &Transaction, workspace: &str, evaluation: &Evaluation) -> Result<Evaluation> {
    let purge = purged::find(tx, workspace, evaluation.call.as_str()).await?;
    let gone = purge.filter(|purge| purge.covers(&evaluation.transcript)).map(|purge| purge.at);
    let evaluation = evaluation.clone();
    Ok(match gone.or(evaluation.purged_at) {
        Some(at) => evaluation.erased(at),
        None => evaluation,
    })
}

fn summarise(evaluation: &Evaluation, now: DateTime<Utc>) -> Summary {
    let summary = Summary {
        call: evaluation.call.clone(),
        evaluation: evaluation.id.clone(),
        evaluated_at: evaluation.evaluated_at,
        rep: evaluation.rep.as_ref().map(|rep| rep.id.clone()),
        lines: summary::lines(evaluation),
        created_at: now,
        purged_at: None,
    };
    match evaluation.purged_at {
        Some(at) => summary.erased(at),
        None => summary,
    }
}

/// Each behavior the rep can be nudged about, with what the rep's and the team's calls of the period say of it.
async fn candidates(
    tx: &Transaction,
    workspace: &str,
    evaluation: &Evaluation,
    rep: &Rep,
    waiting: &[BehaviorId],
    period: Period,
) -> Result<Vec<(BehaviorResult, Record)>> {
    let results: Vec<&BehaviorResult> =
        evaluation.behaviors.iter().filter(|result| is_candidate(result, waiting)).collect();
    if results.is_empty() {
        return Ok(Vec::new());
    }
    let counts = tallies::count(tx, workspace, results.iter().map(|result| &result.behavior.id), period).await?;
    let record = |result: &BehaviorResult| {
        let id = &result.behavior.id;
        let own = counts.of(id, &rep.id);
        Record {
            own: own.tally,
            prior: prior::fit(&counts.tallies(id)),
            own_occasions: own.occasions,
            team_occasions: counts.occasions(id),
        }
    };
    Ok(results.into_iter().map(|result| (result.clone(), record(result))).collect())
}
