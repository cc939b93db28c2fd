//! The contract with the evaluator.

use proptest::prelude::*;
use prost_types::Timestamp;

use super::*;
use crate::domain::summary;

fn quote() -> common::Evidence {
    common::Evidence {
        call: "workspaces/demo/calls/c1".to_owned(),
        turn: 4,
        end_turn: 5,
        start_ms: 10_000,
        end_ms: 14_000,
        quote: "who signs it off?".to_owned(),
        side: common::Side::Rep.into(),
        speaker: "Priya Raman".to_owned(),
        speaker_confidence: 1.0,
        support: common::Support::Stated.into(),
        method: "question".to_owned(),
        confidence: None,
        purge_time: None,
    }
}

fn message() -> pb::Evaluation {
    pb::Evaluation {
        name: "workspaces/demo/evaluations/e1".to_owned(),
        call: "workspaces/demo/calls/c1".to_owned(),
        revision: "workspaces/demo/playbooks/regulated-enterprise/revisions/1".to_owned(),
        call_time: Some(Timestamp { seconds: 1_773_136_800, nanos: 0 }),
        create_time: Some(Timestamp { seconds: 1_773_140_000, nanos: 5 }),
        rep: "workspaces/demo/reps/priya-raman".to_owned(),
        participants: vec![common::Participant {
            name: "Priya Raman".to_owned(),
            side: common::Side::Rep.into(),
            email: "priya.raman@brightledger.example".to_owned(),
            ..common::Participant::default()
        }],
        behaviors: vec![pb::BehaviorResult {
            id: "economic_buyer_asked".to_owned(),
            outcome: pb::behavior_result::Outcome::Observed.into(),
            evidence: vec![quote()],
            spec: Some(pb::BehaviorSpec {
                id: "economic_buyer_asked".to_owned(),
                description: "The rep asks who signs.".to_owned(),
                weight: 2.0,
                polarity: pb::Polarity::Seek.into(),
                ..pb::BehaviorSpec::default()
            }),
            ..pb::BehaviorResult::default()
        }],
        ..pb::Evaluation::default()
    }
}

fn fields(violations: &Violations) -> Vec<&str> {
    violations.as_slice().iter().map(|(field, _)| field.as_str()).collect()
}

#[test]
fn reads_what_the_evaluator_sends() {
    let read = evaluation("demo", message()).unwrap();
    assert_eq!(read.rep.unwrap().name, "Priya Raman");
    assert_eq!(read.playbook.as_str(), "regulated-enterprise");
    assert_eq!(read.behaviors[0].evidence[0].quote, "who signs it off?");
}

#[test]
fn a_rep_that_is_no_participant_is_shown_by_its_id() {
    let mut sent = message();
    sent.participants[0].side = common::Side::Buyer.into();
    assert_eq!(evaluation("demo", sent).unwrap().rep.unwrap().name, "priya-raman");
}

#[test]
fn every_violation_is_found_at_once_with_its_place() {
    let mut sent = message();
    sent.name = "workspaces/other/evaluations/e1".to_owned();
    sent.call_time = None;
    sent.behaviors.push(sent.behaviors[0].clone());
    sent.behaviors[1].evidence.clear();
    sent.behaviors[0].evidence[0].end_turn = 3;
    sent.behaviors[0].evidence[0].support = 99;
    sent.facts = Some(pb::Facts {
        next_step: Some(pb::NextStep { date: "next week".to_owned(), ..pb::NextStep::default() }),
        ..pb::Facts::default()
    });
    sent.risks = vec![pb::RiskResult { title: "Exit plan".to_owned(), ..pb::RiskResult::default() }];
    let violations = evaluation("demo", sent).unwrap_err();
    assert_eq!(
        fields(&violations),
        [
            "name",
            "call_time",
            "behaviors[0].evidence[0].support",
            "behaviors[0].evidence[0].turn",
            "behaviors[0].evidence",
            "behaviors[1].id",
            "behaviors[1].evidence",
            "facts.next_step.date",
            "risks[0].state",
        ]
    );
}

#[test]
fn evidence_of_another_workspace_is_refused() {
    let mut sent = message();
    sent.behaviors[0].evidence[0].call = "workspaces/other/calls/c1".to_owned();
    assert!(fields(&evaluation("demo", sent).unwrap_err()).contains(&"behaviors[0].evidence[0].call"));
}

fn any_evidence() -> impl Strategy<Value = common::Evidence> {
    let place = (0..500_i32, 0..9_i32, 0..9_000_000_i32, 0..90_000_i32);
    let words = ("[a-z ]{0,20}[a-z?]", ".{0,12}", "[a-z]{0,8}");
    (place, words, 0..3_i32, 1..5_i32, 0..=1000_u32, proptest::option::of(0..=1000_u32)).prop_map(
        |((turn, turns, start_ms, length_ms), (quote, speaker, method), side, support, sure, confidence)| {
            common::Evidence {
                call: "workspaces/demo/calls/c1".to_owned(),
                turn,
                end_turn: turn + turns,
                start_ms,
                end_ms: start_ms + length_ms,
                quote,
                side,
                speaker,
                speaker_confidence: f64::from(sure) / 1000.0,
                support,
                method,
                confidence: confidence.map(|c| f64::from(c) / 1000.0),
                purge_time: None,
            }
        },
    )
}

proptest! {
    /// Proto → domain → JSON of a row → domain → proto.
    #[test]
    fn evidence_comes_out_as_it_went_in(list in proptest::collection::vec(any_evidence(), 1..5)) {
        let mut sent = message();
        sent.facts = Some(pb::Facts {
            pains: vec![pb::Statement { text: "By hand".to_owned(), evidence: list.clone() }],
            ..pb::Facts::default()
        });
        let read = evaluation("demo", sent).unwrap();
        let evidence = &read.facts.pains[0].evidence;
        let kept: Vec<crate::domain::evidence::Evidence> =
            crate::store::row::from_json(&crate::store::row::to_json(evidence).unwrap()).unwrap();
        prop_assert_eq!(&kept, evidence);
        let rendered: Vec<common::Evidence> = kept.iter().map(|e| evidence::render("demo", e)).collect();
        prop_assert_eq!(rendered, list);
    }

    /// Whatever numbers stand in enums and ranges, reading says what is wrong and never panics.
    #[test]
    fn strange_numbers_are_no_panic(outcome: i32, turn: i32, end: i32, weight: f64, state: i32, seconds: i64, nanos: i32) {
        let mut sent = message();
        sent.behaviors[0].outcome = outcome;
        sent.behaviors[0].evidence[0].turn = turn;
        sent.behaviors[0].evidence[0].end_turn = end;
        sent.behaviors[0].spec.as_mut().unwrap().weight = weight;
        sent.risks = vec![pb::RiskResult { state, ..pb::RiskResult::default() }];
        sent.call_time = Some(Timestamp { seconds, nanos });
        if let Ok(read) = evaluation("demo", sent) {
            prop_assert!(!summary::lines(&read).iter().any(|line| line.text.is_empty()));
        }
    }
}
