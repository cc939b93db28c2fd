use super::*;
use crate::domain::evaluated::{EvaluatedCall, Handling, Objection, Outcome, RiskState, RiskTopic};
use crate::domain::fixtures::*;
use crate::domain::log::Log;
use crate::domain::norms::Norms;

/// Part, score, contribution.
type Parts = Vec<(Part, Option<f64>, Option<f64>)>;

fn health(log: LogOf, n: i64) -> (Option<f64>, f64, Parts) {
    let index = Log::new(&log.0);
    let norms = Norms::of(&index, day(n), &requirements());
    let view = index.view(&deal("a"), day(n)).unwrap();
    let health = norms.assess(&view, &requirements()).health.unwrap();
    let parts = health.parts.iter().map(|p| (p.part, p.score.value(), p.contribution)).collect();
    (health.score, health.coverage, parts)
}

fn score_of(log: LogOf, n: i64, part: Part) -> Option<f64> {
    health(log, n).2.into_iter().find(|(p, ..)| *p == part).unwrap().1
}

/// Deals of the segment that speak every ten days, so that momentum has something to be held against.
fn with_cadence(mut log: LogOf) -> LogOf {
    for i in 0..6 {
        log = log.call(&format!("x{i}"), "x", evaluated(i * 10));
    }
    log.record("x", 0, record("discovery"))
}

#[test]
fn a_deal_without_calls_has_no_health_rather_than_a_default() {
    let (score, coverage, parts) = health(LogOf::default().record("a", 0, record("proposal")), 5);
    assert_eq!((score, coverage), (None, 0.0));
    assert!(parts.iter().all(|(_, score, contribution)| score.is_none() && contribution.is_none()));
}

#[test]
fn unknown_parts_leave_the_denominator() {
    let mut call = evaluated(1);
    call.behaviors = vec![behavior("agenda", Outcome::Observed, 1.0), behavior("impact", Outcome::Missed, 1.0)];
    call.facts.next_step = Some(next_step("c", "Kim", Some(date(20))));
    let (score, coverage, parts) = health(LogOf::default().record("a", 0, record("Stage 3")).call("c", "a", call), 5);
    let known: Vec<_> = parts.iter().filter_map(|(part, score, _)| Some((*part, (*score)?))).collect();
    assert_eq!(known, [(Part::Plan, 1.0), (Part::CriticalBehaviors, 0.5)]);
    assert!((coverage - 0.45).abs() < 1e-12);
    assert!((score.unwrap() - 100.0 * (20.0 + 12.5) / 45.0).abs() < 1e-9);
}

#[test]
fn contributions_are_the_change_against_the_average() {
    let call = |n, outcome| EvaluatedCall { behaviors: vec![behavior("agenda", outcome, 1.0)], ..evaluated(n) };
    let log = || {
        let mut log = LogOf::default().record("a", 0, record("Stage 3")).call("c", "a", call(1, Outcome::Observed));
        for (i, outcome) in [Outcome::Observed, Outcome::Missed, Outcome::Missed].into_iter().enumerate() {
            log = log.call(&format!("o{i}"), &format!("other{i}"), call(1, outcome));
        }
        log
    };
    let (score, _, parts) = health(log(), 2);
    let contribution = parts.iter().find(|(p, ..)| *p == Part::CriticalBehaviors).unwrap().2.unwrap();
    // Two of four deals did it: at the average the part would be 0.5 instead of 1; plan (0) and behaviors are known.
    assert!((contribution - 100.0 * 25.0 * 0.5 / 45.0).abs() < 1e-9, "{contribution}");
    assert!((score.unwrap() - 100.0 * 25.0 / 45.0).abs() < 1e-9);
}

#[test]
fn an_average_over_the_deal_alone_gives_no_contribution() {
    let mut call = evaluated(1);
    call.behaviors = vec![behavior("agenda", Outcome::Observed, 1.0)];
    let (_, _, parts) = health(LogOf::default().call("c", "a", call), 2);
    assert!(parts.iter().all(|(.., contribution)| contribution.is_none()));
}

#[test]
fn a_person_who_is_only_mentioned_is_not_engaged() {
    let log = |present| {
        let mut call = evaluated(1);
        call.facts.stakeholders = vec![person("Ada", "champion", true), person("Bo", "technical", present)];
        LogOf::default().record("a", 0, record("validation")).call("c", "a", call)
    };
    assert_eq!(score_of(log(false), 2, Part::Stakeholders), Some(0.5));
    assert_eq!(score_of(log(true), 2, Part::Stakeholders), Some(1.0));
}

#[test]
fn a_step_is_kept_when_the_sides_speak_again_by_its_day() {
    let log = |second: Option<i64>| {
        let mut first = evaluated(1);
        first.facts.next_step = Some(next_step("c", "Kim", Some(date(8))));
        let log = LogOf::default().record("a", 0, record("discovery")).call("c", "a", first);
        match second {
            Some(n) => {
                let mut again = evaluated(n);
                again.facts.next_step = Some(next_step("c2", "Kim", Some(date(200))));
                log.call("c2", "a", again)
            }
            None => log,
        }
    };
    assert_eq!(score_of(log(None), 9, Part::Plan), Some(1.0));
    assert_eq!(score_of(log(None), 11, Part::Plan), Some(0.0));
    assert_eq!(score_of(log(Some(9)), 30, Part::Plan), Some(1.0));
    assert_eq!(score_of(log(Some(15)), 30, Part::Plan), Some(0.75));
}

#[test]
fn a_behavior_of_a_later_stage_is_not_due_yet() {
    let log = |at: &str| {
        let mut late = behavior("paper_process", Outcome::Missed, 3.0);
        late.stage = "negotiation".into();
        let mut call = evaluated(1);
        call.behaviors = vec![behavior("agenda", Outcome::Observed, 1.0), late];
        LogOf::default().record("a", 0, record(at)).call("c", "a", call)
    };
    assert_eq!(score_of(log("discovery"), 2, Part::CriticalBehaviors), Some(1.0));
    assert_eq!(score_of(log("negotiation"), 2, Part::CriticalBehaviors), Some(0.25));
}

#[test]
fn observing_what_should_be_avoided_counts_against() {
    let log = |outcome| {
        let mut avoid = behavior("premature_pricing", outcome, 1.0);
        avoid.avoid = true;
        let mut call = evaluated(1);
        call.behaviors = vec![avoid];
        LogOf::default().record("a", 0, record("discovery")).call("c", "a", call)
    };
    assert_eq!(score_of(log(Outcome::Observed), 2, Part::CriticalBehaviors), Some(0.0));
    assert_eq!(score_of(log(Outcome::Missed), 2, Part::CriticalBehaviors), Some(1.0));
    assert_eq!(score_of(log(Outcome::Unknown), 2, Part::CriticalBehaviors), None);
}

#[test]
fn momentum_falls_from_the_segments_median_to_three_times_it() {
    let log = || with_cadence(LogOf::default().record("a", 0, record("discovery")).call("c", "a", evaluated(100)));
    let at = |n| score_of(log(), n, Part::Momentum).unwrap();
    assert!((at(110) - 1.0).abs() < 1e-9);
    assert!((at(120) - 0.5).abs() < 1e-9);
    assert_eq!(at(140), 0.0);
    let alone = LogOf::default().record("a", 0, record("discovery")).call("c", "a", evaluated(100));
    assert_eq!(score_of(alone, 110, Part::Momentum), None);
}

#[test]
fn a_later_call_closes_a_risk_and_an_objection() {
    let call = |n, state, handling| {
        let mut call = evaluated(n);
        call.risks = vec![RiskTopic {
            id: "security".into(),
            title: "Security".into(),
            state,
            evidence: vec![quote("c", 1, "?")],
        }];
        call.facts.objections = vec![Objection {
            kind: "price_objection".into(),
            text: "dear".into(),
            handling,
            evidence: vec![quote("c", 2, "dear")],
        }];
        call
    };
    let first = || {
        LogOf::default().record("a", 0, record("validation")).call("c", "a", call(1, RiskState::Open, Handling::Open))
    };
    assert_eq!(score_of(first(), 2, Part::RisksAndObjections), Some(0.0));
    let second = first().call("c2", "a", call(5, RiskState::Answered, Handling::Open));
    assert_eq!(score_of(second, 6, Part::RisksAndObjections), Some(0.5));
    let not_raised_again = first().call("c2", "a", call(5, RiskState::NotRaised, Handling::Explored));
    assert_eq!(score_of(not_raised_again, 6, Part::RisksAndObjections), Some(0.5));
}

#[test]
fn every_known_part_says_what_it_stands_on() {
    let mut call = evaluated(1);
    call.facts.next_step = Some(next_step("c", "Kim", None));
    call.facts.stakeholders = vec![person("Ada", "champion", true)];
    let log = with_cadence(LogOf::default().record("a", 0, record("discovery")).call("c", "a", call));
    let index = Log::new(&log.0);
    let norms = Norms::of(&index, day(2), &requirements());
    let view = index.view(&deal("a"), day(2)).unwrap();
    for part in norms.assess(&view, &requirements()).health.unwrap().parts {
        match part.score {
            Score::Known { findings, .. } => assert!(findings.iter().all(|f| !f.calls.is_empty()), "{:?}", part.part),
            Score::Unknown { reason } => assert!(!reason.is_empty()),
        }
    }
}
