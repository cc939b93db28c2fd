//! Profiles from hand-made counts.

use proptest::prelude::*;

use super::*;
use crate::domain::evidence::Support;
use crate::domain::id::Id;
use crate::domain::testing::{behavior, quote};

fn rep() -> Rep {
    Rep { id: Id::new("priya-raman"), name: "Priya Raman".to_owned() }
}

/// A rep alone in its team: behaviors with k, n and weight.
fn profile_of(calls: u32, behaviors: &[(&str, (u32, u32), f64)]) -> Profile {
    let mut team = Vec::new();
    let mut own = HashMap::new();
    for (id, (shown, applicable), weight) in behaviors {
        let tally = Tally::new(*shown, *applicable);
        let behavior = Behavior { weight: *weight, ..behavior(id) };
        own.insert(behavior.id.clone(), Own { tally, moments: Vec::new() });
        team.push(TeamShare::of(behavior, &[tally]));
    }
    profile(rep(), calls, &team, own)
}

fn names(ids: &[BehaviorId]) -> Vec<&str> {
    ids.iter().map(Id::as_str).collect()
}

#[test]
fn one_lucky_call_does_not_make_a_strength() {
    let profile = profile_of(20, &[("once", (1, 1), 1.0), ("often", (18, 20), 1.0)]);
    assert_eq!(names(&profile.strongest), ["often"]);
}

#[test]
fn behaviors_without_calls_of_their_own_stand_out_nowhere() {
    let profile = profile_of(4, &[("a", (4, 4), 1.0), ("b", (0, 4), 1.0), ("c", (0, 0), 1.0)]);
    assert_eq!((names(&profile.strongest), names(&profile.weakest)), (vec!["a"], vec!["b"]));
}

#[test]
fn a_rep_without_calls_has_no_gap() {
    let profile = profile_of(0, &[("a", (0, 0), 1.0)]);
    assert_eq!((profile.execution_gap, profile.team_execution_gap), (None, None));
}

#[test]
fn the_gap_weighs_adoption() {
    let profile = profile_of(4, &[("a", (4, 4), 3.0), ("b", (0, 4), 1.0)]);
    let expected = 1.0 - (3.0 * (5.0 / 6.0) + 1.0 / 6.0) / 4.0;
    assert!((profile.execution_gap.unwrap() - expected).abs() < 1e-12);
}

#[test]
fn moments_are_the_strongest_one_a_call() {
    let moment = |call: &str, words: &str, support| {
        let mut evidence = quote(words);
        evidence.call = call.to_owned();
        evidence.support = support;
        evidence
    };
    let kept = best(vec![
        moment("c3", "implied", Support::Implied),
        moment("c2", "second", Support::Stated),
        moment("c2", "again", Support::Stated),
        moment("c1", "wrong", Support::Contradicted),
    ]);
    assert_eq!(kept.iter().map(|e| e.quote.as_str()).collect::<Vec<_>>(), ["second", "implied"]);
}

proptest! {
    #[test]
    fn gaps_are_shares_and_nothing_is_both_strong_and_weak(
        counts in proptest::collection::vec((0..20_u32, 0..20_u32, 0.1..5.0_f64), 0..14), calls in 1..40_u32,
    ) {
        let ids: Vec<String> = (0..counts.len()).map(|i| format!("b{i}")).collect();
        let behaviors: Vec<_> = ids
            .iter()
            .zip(&counts)
            .map(|(id, (x, y, weight))| (id.as_str(), (*x.min(y), *x.max(y)), *weight))
            .collect();
        let profile = profile_of(calls, &behaviors);
        prop_assert!(profile.execution_gap.is_none_or(|gap| (0.0..=1.0).contains(&gap)));
        prop_assert!(profile.strongest.len() <= 3 && profile.weakest.len() <= 3);
        prop_assert!(profile.strongest.iter().all(|id| !profile.weakest.contains(id)));
    }
}
