//! Machines propose, people dispose: by example and for any order of actions.

use std::collections::BTreeMap;

use chrono::{DateTime, TimeDelta, Utc};

use super::*;
use crate::domain::{
    association::Side,
    record::{Author, Record, RecordKey, Refusal},
    schema::RecordKind,
    value::{Currency, Money},
};

const SETTINGS: Settings = Settings { auto_min_confidence: 0.8, auto_min_speaker_confidence: 0.8 };

pub(super) fn at(hour: i64) -> DateTime<Utc> {
    "2026-03-02T00:00:00Z".parse::<DateTime<Utc>>().unwrap() + TimeDelta::hours(hour)
}

fn evidence() -> Evidence {
    Evidence {
        call: "workspaces/demo/calls/c1".into(),
        turn: 3,
        end_turn: 3,
        start_ms: 1_000,
        end_ms: 60_000,
        quote: "let's do the security review on the twelfth".into(),
        side: Side::Buyer,
        speaker: "Helen Sykes".into(),
        speaker_confidence: 1.0,
        support: Support::Stated,
        method: "commitment".into(),
        confidence: None,
        purged_at: None,
    }
}

fn fact(slot: Slot, value: FactValue) -> Fact {
    Fact { slot, value, evidence: vec![evidence()] }
}

fn mapping(slot: Slot, field: &str, policy: Policy) -> Mapping {
    Mapping { slot, field: field.into(), policy }
}

pub(super) fn next_step(text: &str) -> Vec<Fact> {
    vec![fact(Slot::NextStep, FactValue::Text(text.into()))]
}

fn origin(call: &str) -> Origin {
    Origin {
        workspace: "demo".into(),
        deal: "D-104".into(),
        call: call.into(),
        playbook: "pb".into(),
        evaluation: format!("e-{call}"),
    }
}

pub(super) fn deal() -> Record {
    let mut record = Record::new(RecordKey::new(RecordKind::Deal, "D-104"));
    let amount = Money::from_units(180_000.0, Currency::parse("GBP").unwrap()).unwrap();
    record.import(&BTreeMap::from([("amount".to_owned(), Value::Money(amount))]), at(-100));
    record
}

/// One call's facts against the proposals so far, which are updated.
pub(super) fn run(
    call: &str,
    hour: i64,
    facts: &[Fact],
    mappings: &[Mapping],
    known: &mut Vec<Proposal>,
    record: &mut Record,
) {
    let drafts = draft(facts, mappings, at(hour), record, SETTINGS).drafts;
    for changed in reconcile(&origin(call), drafts, known.clone(), record, at(hour + 1)).proposals {
        known.retain(|proposal| proposal.id != changed.id);
        known.push(changed);
    }
}

pub(super) fn auto() -> [Mapping; 1] {
    [mapping(Slot::NextStep, "next_step", Policy::Auto)]
}

pub(super) fn review() -> [Mapping; 1] {
    [mapping(Slot::NextStep, "next_step", Policy::Review)]
}

#[test]
fn an_empty_field_is_filled_without_asking_and_leaves_a_receipt() {
    let (mut record, mut known) = (deal(), Vec::new());
    run("c1", 0, &next_step("Security review"), &auto(), &mut known, &mut record);
    assert_eq!(record.text("next_step"), Some("Security review"));
    assert_eq!(
        (known[0].state, known[0].receipts[0].decided_by.as_str(), known[0].receipts[0].field_version),
        (ProposalState::Applied, POLICY, 2)
    );
    let (before, once) = (record.clone(), known.clone());
    run("c1", 5, &next_step("Security review"), &auto(), &mut known, &mut record);
    assert_eq!((record, known), (before, once), "the same finding again changes nothing");
}

#[test]
fn what_carries_the_forecast_is_never_written_without_asking() {
    let (mut record, mut known) = (deal(), Vec::new());
    let facts = [
        fact(Slot::DecisionDate, FactValue::Date("2026-09-30".parse().unwrap())),
        fact(Slot::Budget, FactValue::Amount { units: 200_000.0, currency: "GBP".into() }),
    ];
    let mappings =
        [mapping(Slot::DecisionDate, "close_date", Policy::Auto), mapping(Slot::Budget, "amount", Policy::Auto)];
    run("c1", 0, &facts, &mappings, &mut known, &mut record);
    assert!(known.iter().all(|proposal| proposal.state == ProposalState::Pending && proposal.policy == Policy::Review));
    assert_eq!(known[1].old_value.as_ref().unwrap().to_string(), "180000 GBP");
    assert_eq!(known[1].new_value.to_string(), "200000 GBP");
}

#[test]
fn what_does_not_fit_the_field_is_left_out_with_a_reason() {
    let facts = [
        fact(Slot::Budget, FactValue::Amount { units: 200_000.0, currency: "EUR".into() }),
        fact(Slot::DecisionDate, FactValue::Date("2026-01-30".parse().unwrap())),
        Fact {
            evidence: vec![Evidence { support: Support::Contradicted, ..evidence() }],
            ..next_step("Review")[0].clone()
        },
        fact(Slot::EconomicBuyer, FactValue::Text("Martin Cole".into())),
        fact(Slot::CriticalEvent, FactValue::Text("audit".into())),
    ];
    let mappings = [
        mapping(Slot::Budget, "amount", Policy::Review),
        mapping(Slot::DecisionDate, "close_date", Policy::Review),
        mapping(Slot::NextStep, "next_step", Policy::Review),
        mapping(Slot::EconomicBuyer, "stage", Policy::Review),
        mapping(Slot::CriticalEvent, "owner", Policy::Auto),
        mapping(Slot::CriticalEvent, "no_such_field", Policy::Auto),
    ];
    let drafts = draft(&facts, &mappings, at(0), &deal(), SETTINGS);
    assert_eq!(drafts.drafts, []);
    assert_eq!(drafts.notes.len(), 6, "{:#?}", drafts.notes);
}

#[test]
fn an_unsaid_currency_is_the_deals_own() {
    let facts = [fact(Slot::Budget, FactValue::Amount { units: 5.5, currency: String::new() })];
    let mappings = [mapping(Slot::Budget, "budget", Policy::Review)];
    assert_eq!(draft(&facts, &mappings, at(0), &deal(), SETTINGS).drafts[0].value.to_string(), "5.50 GBP");
    let empty = Record::new(RecordKey::new(RecordKind::Deal, "D-1"));
    assert_eq!(draft(&facts, &mappings, at(0), &empty, SETTINGS).drafts, []);
}

#[test]
fn unsure_findings_wait_for_a_person() {
    for unsure in [
        Evidence { support: Support::Implied, ..evidence() },
        Evidence { side: Side::Unknown, ..evidence() },
        Evidence { speaker_confidence: 0.5, ..evidence() },
        Evidence { confidence: Some(0.6), ..evidence() },
    ] {
        let facts = [Fact { evidence: vec![unsure], ..next_step("Review")[0].clone() }];
        let (mut record, mut known) = (deal(), Vec::new());
        run("c1", 0, &facts, &auto(), &mut known, &mut record);
        assert_eq!((known[0].state, record.text("next_step")), (ProposalState::Pending, None));
        assert!(!known[0].reason.is_empty());
    }
}

#[test]
fn approval_compares_with_what_was_seen() {
    let (mut record, mut known) = (deal(), Vec::new());
    run("c1", 0, &next_step("Review"), &review(), &mut known, &mut record);
    let mut proposal = known.remove(0);
    record.write([("next_step".into(), Some(Value::Text("Call Helen".into())))], &Author::Import, at(2));
    assert_eq!(
        apply(&mut proposal, &mut record, Some("priya"), at(3)),
        Err(Refused::Field(Refusal::Changed { seen: 0, current: 2 }))
    );
    assert_eq!((proposal.state, record.text("next_step")), (ProposalState::Pending, Some("Call Helen")));
}

#[test]
fn a_value_typed_after_the_words_is_never_replaced() {
    let (mut record, mut known) = (deal(), Vec::new());
    record.write(
        [("next_step".into(), Some(Value::Text("Call Helen".into())))],
        &Author::Person { subject: "priya".into() },
        at(9),
    );
    run("c1", 0, &next_step("Review"), &review(), &mut known, &mut record);
    assert_eq!(known[0].state, ProposalState::Stale);
    assert!(known[0].reason.contains("a person set the field"), "{}", known[0].reason);
    let mut proposal = known.remove(0);
    assert_eq!(apply(&mut proposal, &mut record, Some("tom"), at(10)), Err(Refused::State(ProposalState::Stale)));
}

#[test]
fn a_later_call_speaks_over_an_earlier_one_in_whatever_order_they_come() {
    for order in [[("c1", 0), ("c2", 48)], [("c2", 48), ("c1", 0)]] {
        let (mut record, mut known) = (deal(), Vec::new());
        for (call, hour) in order {
            run(call, hour, &next_step(&format!("Step of {call}")), &review(), &mut known, &mut record);
        }
        let pending: Vec<&str> =
            known.iter().filter(|p| p.state == ProposalState::Pending).map(|p| p.call.as_str()).collect();
        assert_eq!(pending, ["c2"]);
    }
}

#[test]
fn competitors_of_several_calls_add_up() {
    let names = |name: &str| vec![fact(Slot::Competitors, FactValue::Names(vec![name.into()]))];
    for policy in [Policy::Auto, Policy::Review] {
        let mappings = [mapping(Slot::Competitors, "competitors", policy)];
        let (mut record, mut known) = (deal(), Vec::new());
        run("c2", 48, &names("Ledgerline"), &mappings, &mut known, &mut record);
        run("c1", 0, &names("Kronmeyer"), &mappings, &mut known, &mut record);
        run("c3", 60, &names("ledgerline"), &mappings, &mut known, &mut record);
        for proposal in known.iter_mut().filter(|p| p.state == ProposalState::Pending) {
            apply(proposal, &mut record, Some("priya"), at(99)).unwrap();
        }
        let Some(Value::List(list)) = record.value("competitors") else { unreachable!("{policy:?}: {known:#?}") };
        assert_eq!(list.len(), 2, "{policy:?}: {list:?}");
    }
}

#[test]
fn what_the_next_evaluation_does_not_find_is_stale() {
    let (mut record, mut known) = (deal(), Vec::new());
    run("c1", 0, &next_step("Review"), &review(), &mut known, &mut record);
    run("c1", 1, &[], &review(), &mut known, &mut record);
    assert_eq!(known[0].state, ProposalState::Stale);
    run("c1", 2, &next_step("Review"), &review(), &mut known, &mut record);
    assert_eq!((known.len(), known[0].state), (1, ProposalState::Pending), "found again, it is the same proposal");
    reject(&mut known[0], "no").unwrap();
    run("c1", 3, &next_step("Review"), &review(), &mut known, &mut record);
    assert_eq!((known.len(), known[0].state), (1, ProposalState::Rejected), "a person's no is not asked again");
}

#[test]
fn undo_restores_what_stood_there_unless_somebody_changed_it() {
    let (mut record, mut known) = (deal(), Vec::new());
    record.write(
        [("next_step".into(), Some(Value::Text("Old".into())))],
        &Author::Person { subject: "tom".into() },
        at(-5),
    );
    run("c1", 0, &next_step("Review"), &auto(), &mut known, &mut record);
    let mut proposal = known.remove(0);
    assert_eq!(proposal.state, ProposalState::Pending, "what a person entered is not replaced without asking");
    apply(&mut proposal, &mut record, Some("priya"), at(2)).unwrap();
    assert_eq!(apply(&mut proposal, &mut record, Some("priya"), at(3)), Ok(Outcome::Already));
    let mut changed = record.clone();
    changed.write([("next_step".into(), Some(Value::Text("Newer".into())))], &Author::Import, at(3));
    assert!(matches!(undo(&mut proposal.clone(), &mut changed, "priya", at(4)), Err(Refused::ChangedSince { .. })));
    undo(&mut proposal, &mut record, "priya", at(4)).unwrap();
    assert_eq!(
        (record.text("next_step"), proposal.state, proposal.receipts.len()),
        (Some("Old"), ProposalState::Undone, 2)
    );
    assert_eq!(record.cells["next_step"].author, Author::Person { subject: "tom".into() });
    assert_eq!(undo(&mut proposal, &mut record, "priya", at(5)), Ok(Outcome::Already));
}

#[test]
fn what_is_never_written_is_shown_and_refused() {
    let (mut record, mut known) = (deal(), Vec::new());
    run("c1", 0, &next_step("Review"), &[mapping(Slot::NextStep, "next_step", Policy::Never)], &mut known, &mut record);
    assert_eq!(apply(&mut known[0], &mut record, Some("priya"), at(1)), Err(Refused::NeverWritten));
}
