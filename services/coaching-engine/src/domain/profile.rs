//! A rep's profile over a period: adoption by behavior, what stands out either way, the execution gap beside the team's.

use std::collections::HashMap;

use super::adoption::{Adoption, Tally};
use super::beta::Beta;
use super::evaluation::{Behavior, Rep};
use super::evidence::Evidence;
use super::gap::execution_gap;
use super::id::BehaviorId;
use super::prior;

/// How many behaviors are named as strongest, and as weakest.
const STANDING_OUT: usize = 3;
/// How many own moments are kept for a behavior.
const MOMENTS: usize = 3;

/// A rep over a period.
#[derive(Clone, Debug, PartialEq)]
pub struct Profile {
    /// Who.
    pub rep: Rep,
    /// Evaluated calls in the period.
    pub calls: u32,
    /// In the playbook's order.
    pub adoption: Vec<BehaviorAdoption>,
    /// At most three that the rep shows most reliably, best first.
    pub strongest: Vec<BehaviorId>,
    /// At most three that the rep shows least reliably, worst first; none that is among the strongest.
    pub weakest: Vec<BehaviorId>,
    /// None without calls of the rep's own.
    pub execution_gap: Option<f64>,
    /// Over all reps; none without any call.
    pub team_execution_gap: Option<f64>,
}

/// One behavior in a profile.
#[derive(Clone, Debug, PartialEq)]
pub struct BehaviorAdoption {
    /// Its id.
    pub behavior: BehaviorId,
    /// The share.
    pub adoption: Adoption,
    /// The rep's own best moments, best first.
    pub moments: Vec<Evidence>,
}

/// What the calls of all reps say of one behavior.
#[derive(Clone, Debug, PartialEq)]
pub struct TeamShare {
    /// The behavior as the playbook now has it.
    pub behavior: Behavior,
    /// Fitted to the reps.
    pub prior: Beta,
    /// The calls of all of them together.
    pub all: Tally,
}

impl TeamShare {
    /// From one tally a rep.
    pub fn of(behavior: Behavior, reps: &[Tally]) -> Self {
        Self { behavior, prior: prior::fit(reps), all: reps.iter().copied().sum() }
    }
}

/// What the calls of one rep say of one behavior.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Own {
    /// k and n.
    pub tally: Tally,
    /// Evidence of calls where it was shown, latest call first.
    pub moments: Vec<Evidence>,
}

/// The profile of a rep with `calls` evaluated calls. `team` has every behavior in the playbook's order.
pub fn profile(rep: Rep, calls: u32, team: &[TeamShare], mut own: HashMap<BehaviorId, Own>) -> Profile {
    let adoption: Vec<BehaviorAdoption> = team
        .iter()
        .map(|share| {
            let Own { tally, moments } = own.remove(&share.behavior.id).unwrap_or_default();
            let adoption = Adoption::new(tally, share.prior);
            BehaviorAdoption { behavior: share.behavior.id.clone(), adoption, moments: best(moments) }
        })
        .collect();
    let (strongest, weakest) = standing_out(&adoption);
    let weighed = team.iter().zip(&adoption).map(|(share, own)| (share.behavior.weight, own.adoption.mean()));
    let execution_gap = if calls > 0 { execution_gap(weighed) } else { None };
    Profile { rep, calls, strongest, weakest, execution_gap, team_execution_gap: team_gap(team), adoption }
}

/// The gap of all reps together: their calls in one pot, over behaviors that applied to any.
fn team_gap(team: &[TeamShare]) -> Option<f64> {
    let applied = team.iter().filter(|share| share.all.applicable() > 0);
    execution_gap(applied.map(|share| (share.behavior.weight, Adoption::new(share.all, share.prior).mean())))
}

/// Ranked by the end of the interval that speaks against the claim: "strongest" by the lower, "weakest" by the upper, so that
/// one lucky call makes nobody strong. Only behaviors with calls of the rep's own, and none is in both.
fn standing_out(adoption: &[BehaviorAdoption]) -> (Vec<BehaviorId>, Vec<BehaviorId>) {
    let own: Vec<(&BehaviorId, (f64, f64))> = adoption
        .iter()
        .filter(|b| b.adoption.tally.applicable() > 0)
        .map(|b| (&b.behavior, b.adoption.posterior.interval()))
        .collect();
    let each = STANDING_OUT.min(own.len() / 2);
    let mut by_lower = own.clone();
    by_lower.sort_by(|(_, a), (_, b)| b.0.total_cmp(&a.0));
    let strongest: Vec<BehaviorId> = by_lower.iter().take(each).map(|(id, _)| (*id).clone()).collect();
    let mut by_upper = own;
    by_upper.retain(|(id, _)| !strongest.contains(id));
    by_upper.sort_by(|(_, a), (_, b)| a.1.total_cmp(&b.1));
    let weakest = by_upper.iter().take(each).map(|(id, _)| (*id).clone()).collect();
    (strongest, weakest)
}

/// The best clips, one a call; among equals the latest call's.
pub fn best(moments: Vec<Evidence>) -> Vec<Evidence> {
    let mut by_call: Vec<Evidence> = Vec::new();
    for moment in moments.into_iter().filter(Evidence::carries) {
        match by_call.iter_mut().find(|kept| kept.call == moment.call) {
            Some(kept) if kept.strength() < moment.strength() => *kept = moment,
            Some(_) => {}
            None => by_call.push(moment),
        }
    }
    by_call.sort_by(|a, b| b.strength().total_cmp(&a.strength()));
    by_call.truncate(MOMENTS);
    by_call
}

#[cfg(test)]
mod tests;
