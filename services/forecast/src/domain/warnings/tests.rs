use super::*;
use crate::domain::evaluated::{Competitor, EvaluatedCall, RiskState, RiskTopic, SignalSeen};
use crate::domain::fixtures::*;
use crate::domain::log::Log;

fn warned(log: &LogOf, n: i64) -> Vec<WarningKind> {
    let index = Log::new(&log.0);
    let norms = Norms::of(&index, day(n), &requirements());
    let view = index.view(&deal("a"), day(n)).unwrap();
    let found = norms.assess(&view, &requirements()).warnings;
    assert!(found.iter().all(|w| !w.text.is_empty() && !w.clears_when.is_empty()));
    found.into_iter().map(|w| w.kind).collect()
}

fn at(stage: &str, calls: impl IntoIterator<Item = EvaluatedCall>) -> LogOf {
    let mut log = LogOf::default().record("a", 0, record(stage));
    for (i, call) in calls.into_iter().enumerate() {
        log = log.call(&format!("c{i}"), "a", call);
    }
    log
}

fn with_step(n: i64, owner: &str, due: Option<i64>) -> EvaluatedCall {
    let mut call = evaluated(n);
    call.facts.next_step = Some(next_step("c0", owner, due.map(date)));
    call
}

#[test]
fn a_deal_without_calls_gets_no_warning_that_calls_would_have_to_show() {
    let mut dated = record("proposal");
    dated.close_date = Some(date(3));
    let log = LogOf::default().record("a", 0, dated);
    assert_eq!(warned(&log, 3), []);
    assert_eq!(warned(&log, 4), [WarningKind::CloseDatePast]);
}

#[test]
fn the_next_step_of_the_last_call_is_looked_at() {
    assert_eq!(warned(&at("discovery", [evaluated(1)]), 2), [WarningKind::NextStepMissing]);
    assert_eq!(warned(&at("discovery", [with_step(1, "Kim", None)]), 2), [WarningKind::NextStepUndated]);
    assert_eq!(warned(&at("discovery", [with_step(1, "", Some(9))]), 2), [WarningKind::NextStepUnowned]);
    assert_eq!(warned(&at("discovery", [with_step(1, "Kim", Some(9))]), 2), []);
    assert_eq!(warned(&at("discovery", [with_step(1, "Kim", Some(9))]), 12), [WarningKind::NextStepOverdue]);
    assert_eq!(warned(&at("discovery", [with_step(1, "Kim", Some(9)), with_step(20, "Kim", Some(29))]), 21), []);
}

#[test]
fn silence_is_measured_against_what_is_usual() {
    let step = |n| with_step(n, "Kim", Some(500));
    assert_eq!(warned(&at("discovery", [step(1)]), 22), []);
    assert_eq!(warned(&at("discovery", [step(1)]), 23), [WarningKind::NoActivity]);
    // Where sides speak every 30 days, 40 are no silence.
    let slow = at("discovery", (0..6).map(|i| step(i * 30)));
    assert_eq!(warned(&slow, 190), []);
    assert_eq!(warned(&slow, 211), [WarningKind::NoActivity]);
}

#[test]
fn from_validation_on_money_and_people_are_missed() {
    let mut call = with_step(1, "Kim", Some(50));
    assert_eq!(warned(&at("validation", [call.clone()]), 2), [WarningKind::TooFewContacts, WarningKind::NoPower]);
    call.buyers.push("Bo".into());
    call.facts.stakeholders = vec![person("Bo", "economic_buyer", true)];
    assert_eq!(warned(&at("validation", [call.clone()]), 2), []);
    assert_eq!(warned(&at("proposal", [call]), 2), [WarningKind::TooFewContacts]);
}

#[test]
fn topics_nobody_raised_are_named_one_by_one() {
    let risk = |id: &str, state| RiskTopic { id: id.into(), title: String::new(), state, evidence: Vec::new() };
    let mut call = with_step(1, "Kim", Some(50));
    call.buyers = vec!["A".into(), "B".into(), "C".into()];
    call.facts.economic_buyer = Some(person("A", "economic_buyer", true));
    call.risks = vec![
        risk("security", RiskState::NotRaised),
        risk("legal", RiskState::Open),
        risk("data", RiskState::NotRaised),
    ];
    let log = at("validation", [call.clone()]);
    assert_eq!(warned(&log, 2), [WarningKind::RiskNotRaised, WarningKind::RiskNotRaised]);
    let mut second = call.clone();
    second.call_time = day(3);
    second.risks = vec![risk("security", RiskState::Answered), risk("data", RiskState::Open)];
    assert_eq!(warned(&at("validation", [call.clone(), second]), 4), []);
    assert_eq!(warned(&at("discovery", [call]), 2), []);
}

#[test]
fn a_competitor_is_answered_once_the_rep_takes_it_up() {
    let call = |n, answered| {
        let mut call = with_step(n, "Kim", Some(50));
        call.facts.competitors =
            vec![Competitor { name: "Kronmeyer".into(), answered, evidence: vec![quote("c0", 4, "Kronmeyer")] }];
        call
    };
    assert_eq!(warned(&at("discovery", [call(1, false)]), 2), [WarningKind::CompetitorUnanswered]);
    assert_eq!(warned(&at("discovery", [call(1, false), call(3, true)]), 4), []);
}

#[test]
fn price_is_missed_only_where_the_playbook_looks_for_it() {
    let call = |looks: bool, heard: bool| {
        let mut call = with_step(1, "Kim", Some(50));
        call.buyers = vec!["A".into(), "B".into(), "C".into()];
        call.facts.economic_buyer = Some(person("A", "economic_buyer", true));
        if looks {
            let evidence = if heard { vec![quote("c0", 9, "our budget")] } else { Vec::new() };
            call.signals = vec![SignalSeen { id: "budget_mentioned".into(), evidence }];
        }
        at("negotiation", [call])
    };
    assert_eq!(warned(&call(false, false), 2), []);
    assert_eq!(warned(&call(true, true), 2), []);
    assert_eq!(warned(&call(true, false), 2), [WarningKind::PriceNeverDiscussed]);
}

#[test]
fn a_stage_is_long_only_against_enough_won_deals() {
    let log = |past| LogOf::default().past("w", "smb", past, past, 20).stage("a", 0, "discovery");
    assert_eq!(warned(&log(9), 60), []);
    assert_eq!(warned(&log(10), 60), [WarningKind::StalledInStage]);
    assert_eq!(warned(&log(10), 19), []);
}

#[test]
fn precision_counts_the_deals_it_stood_on_before_they_closed() {
    let mut log = LogOf::default();
    for i in 0..40_i64 {
        let id = format!("p{i}");
        let mut open = record("discovery");
        // Every second deal had let its date pass three weeks before it closed; those were lost.
        open.close_date = Some(date(if i % 2 == 0 { 10 } else { 90 }));
        log = log.record(&id, 0, open).stage(&id, 31, if i % 2 == 0 { "lost" } else { "won" });
    }
    let index = Log::new(&log.0);
    let norms = Norms::of(&index, day(40), &requirements());
    let precision = norms.precision_of(WarningKind::CloseDatePast);
    assert_eq!((precision.warned, precision.lost, precision.looked_at), (20, 20, 40));
    assert_eq!((precision.share(), precision.base_share()), (Some(1.0), Some(0.5)));
    assert_eq!(norms.precision_of(WarningKind::NoPower).share(), None);
    // Before they closed nothing was known of it.
    assert_eq!(Norms::of(&index, day(30), &requirements()).precision_of(WarningKind::CloseDatePast).warned, 0);
}
