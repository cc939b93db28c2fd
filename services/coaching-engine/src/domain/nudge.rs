//! Which behaviors a rep is nudged about after a call, by expected gain.

use chrono::{DateTime, Utc};

use super::adoption::{Adoption, Tally};
use super::applicability::{Occasions, applies_probability};
use super::beta::Beta;
use super::conduct::{Conduct, Polarity};
use super::evaluation::{Behavior, BehaviorResult};
use super::evidence::Evidence;
use super::id::{BehaviorId, CallId, NudgeId, RepId};
use super::outcome::NudgeOutcome;

/// A word to a rep about one behavior.
#[derive(Clone, Debug, PartialEq)]
pub struct Nudge {
    /// Id.
    pub id: NudgeId,
    /// To whom.
    pub rep: RepId,
    /// The call that gave rise to it.
    pub call: CallId,
    /// When that call took place.
    pub call_time: DateTime<Utc>,
    /// The words and the numbers behind them.
    pub advice: Advice,
    /// What became of it.
    pub outcome: NudgeOutcome,
    /// When it was given.
    pub given_at: DateTime<Utc>,
}

/// What a nudge says and why it was chosen.
#[derive(Clone, Debug, PartialEq)]
pub struct Advice {
    /// The behavior.
    pub behavior: BehaviorId,
    /// What to do in the next call.
    pub text: String,
    /// weight x (1 - adoption) x probability that it applies in the next call.
    pub expected_gain: f64,
    /// Adoption, this call counted.
    pub adoption: f64,
    /// Probability that it applies in the next call.
    pub applies_probability: f64,
    /// An earlier moment of the rep's own that shows it; looked up once the advice is chosen.
    pub example: Option<Evidence>,
}

/// What is known of the rep's conduct when a call has been evaluated, for one behavior of it. Calls after this one are left out,
/// so that a call evaluated late is judged by what came before it.
#[derive(Clone, Debug, PartialEq)]
pub struct Record {
    /// The rep's calls, this one included.
    pub own: Tally,
    /// The prior, fitted to the team.
    pub prior: Beta,
    /// Where it applied, by the rep's calls.
    pub own_occasions: Occasions,
    /// Where it applied, by the team's calls.
    pub team_occasions: Occasions,
}

/// Can the rep be nudged about it after this call? Not about what was done well in this very call, nor about what waits for its
/// occasion from an earlier nudge.
pub fn is_candidate(result: &BehaviorResult, waiting: &[BehaviorId]) -> bool {
    result.conduct() != Conduct::Shown && !waiting.contains(&result.behavior.id)
}

/// The advice of most expected gain among candidates, at most `limit`, best first. Ties go by the playbook's order.
pub fn choose(candidates: &[(BehaviorResult, Record)], limit: usize) -> Vec<Advice> {
    let mut advice: Vec<Advice> = candidates
        .iter()
        .map(|(result, record)| advise(result, record))
        .filter(|advice| advice.expected_gain > 0.0)
        .collect();
    advice.sort_by(|a, b| b.expected_gain.total_cmp(&a.expected_gain));
    advice.truncate(limit);
    advice
}

fn advise(result: &BehaviorResult, record: &Record) -> Advice {
    let adoption = Adoption::new(record.own, record.prior).mean();
    let applies_probability = applies_probability(record.own_occasions, record.team_occasions);
    Advice {
        behavior: result.behavior.id.clone(),
        text: wording(&result.behavior, result.conduct(), record.own),
        expected_gain: result.behavior.weight * (1.0 - adoption) * applies_probability,
        adoption,
        applies_probability,
        example: None,
    }
}

/// The playbook's own sentence, then what the calls show. It speaks of what was done, never of how somebody felt.
fn wording(behavior: &Behavior, conduct: Conduct, own: Tally) -> String {
    let ask = match behavior.polarity {
        Polarity::Seek => format!("In your next call: {}", sentence(behavior)),
        Polarity::Avoid => format!("In your next call, leave this out: {}", sentence(behavior)),
    };
    let this_call = match (conduct, behavior.polarity) {
        (Conduct::NotShown, Polarity::Seek) => "It did not come up in this call.",
        (Conduct::NotShown, Polarity::Avoid) => "It happened in this call.",
        (Conduct::NotApplicable, _) => "This call gave no occasion for it.",
        (Conduct::Unknown | Conduct::Shown, _) => "Whether it happened in this call can't be known.",
    };
    let so_far = match own.applicable() {
        0 => "There is no call of yours yet where it applied.".to_owned(),
        n => format!("So far: {} of {n} {} where it applied.", own.shown(), if n == 1 { "call" } else { "calls" }),
    };
    format!("{ask} {this_call} {so_far}")
}

fn sentence(behavior: &Behavior) -> String {
    let said = behavior.description.trim();
    let said = if said.is_empty() { behavior.id.as_str() } else { said };
    if said.ends_with(['.', '?', '!']) { said.to_owned() } else { format!("{said}.") }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::domain::conduct::Outcome;
    use crate::domain::id::Id;
    use crate::domain::testing::result;

    fn record(shown: u32, applicable: u32) -> Record {
        let occasions = Occasions { applied: applicable, known: applicable };
        Record {
            own: Tally::new(shown, applicable),
            prior: Beta::UNIFORM,
            own_occasions: occasions,
            team_occasions: occasions,
        }
    }

    fn ids(advice: &[Advice]) -> Vec<&str> {
        advice.iter().map(|a| a.behavior.as_str()).collect()
    }

    #[test]
    fn the_behavior_of_most_expected_gain_comes_first() {
        let mut heavy = result("heavy", Outcome::Missed);
        heavy.behavior.weight = 3.0;
        let results = [
            (result("often", Outcome::Missed), record(8, 10)),
            (heavy, record(5, 10)),
            (result("never", Outcome::Missed), record(0, 10)),
        ];
        assert_eq!(ids(&choose(&results, 2)), ["heavy", "never"]);
    }

    #[test]
    fn the_gain_is_weight_times_missing_adoption_times_the_chance_of_an_occasion() {
        let mut missed = result("asks", Outcome::Missed);
        missed.behavior.weight = 2.0;
        let advice = choose(&[(missed, record(1, 4))], 1);
        let first = &advice[0];
        assert!((first.adoption - 2.0 / 6.0).abs() < 1e-12);
        assert!((first.expected_gain - 2.0 * (4.0 / 6.0) * first.applies_probability).abs() < 1e-12);
    }

    #[test]
    fn nobody_is_nudged_about_what_was_just_done_well_or_still_waits_for_its_occasion() {
        let mut avoided = result("avoided", Outcome::Missed);
        avoided.behavior.polarity = Polarity::Avoid;
        let waiting = [Id::new("waiting")];
        for no_candidate in [result("done", Outcome::Observed), avoided, result("waiting", Outcome::Missed)] {
            assert!(!is_candidate(&no_candidate, &waiting));
        }
        assert!(is_candidate(&result("asks", Outcome::Missed), &waiting));
        assert!(is_candidate(&result("asks", Outcome::NotApplicable), &waiting));
    }

    #[test]
    fn an_avoid_behavior_that_happened_is_worded_as_something_to_leave_out() {
        let mut priced = result("premature_pricing", Outcome::Observed);
        priced.behavior.polarity = Polarity::Avoid;
        let advice = choose(&[(priced, record(2, 3))], 1);
        assert_eq!(
            advice[0].text,
            "In your next call, leave this out: The rep does premature_pricing. It happened in this call. \
             So far: 2 of 3 calls where it applied."
        );
    }

    proptest! {
        #[test]
        fn gains_fall_and_the_limit_holds(counts in proptest::collection::vec((0..9_u32, 0..9_u32), 0..14), limit in 0..5_usize) {
            let results: Vec<_> = counts
                .iter()
                .map(|(x, y)| (result("b", Outcome::Missed), record(*x.min(y), *x.max(y))))
                .collect();
            let advice = choose(&results, limit);
            prop_assert!(advice.len() <= limit);
            prop_assert!(advice.windows(2).all(|pair| pair[0].expected_gain >= pair[1].expected_gain));
            prop_assert!(advice.iter().all(|a| a.expected_gain > 0.0 && a.expected_gain < 1.0));
        }
    }
}
