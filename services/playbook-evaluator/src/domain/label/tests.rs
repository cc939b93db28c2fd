use super::*;
use crate::domain::lint::lint;

const DOCUMENT: &str = "id: p
title: T
motion: {segmentation: a, prioritisation: b, relationship_objective: c, selling_model: d, channel: e}
behaviors:
  - {id: asks, description: d, detect: {question: any}}
signals:
  - {id: pain, description: d, detect: {phrases: [it hurts]}}
";

/// Rep, buyer, unsure, unintelligible, by turns.
fn transcript() -> Transcript {
    let turn = |index: u32, side, speaker_confidence, unintelligible| Turn {
        index,
        participant: String::new(),
        side,
        start_ms: 0,
        end_ms: 0,
        text: "x".to_owned(),
        speaker_confidence,
        unintelligible,
    };
    let turns = vec![
        turn(0, Side::Rep, 1.0, false),
        turn(1, Side::Buyer, 1.0, false),
        turn(2, Side::Rep, 0.3, false),
        turn(3, Side::Buyer, 1.0, true),
    ];
    Transcript { name: String::new(), turns, duration_ms: 0 }
}

fn fields(target: Target, outcome: Outcome, turns: &[i32]) -> Vec<String> {
    let revision = lint(DOCUMENT).revision.unwrap();
    let draft = Draft { target, outcome, turns: turns.to_vec() };
    let faults = draft.faults().into_iter().chain(draft.faults_in(&revision, &transcript()));
    faults.map(|(field, _)| field).collect()
}

fn asks() -> Target {
    Target::Behavior("asks".to_owned())
}

fn pain() -> Target {
    Target::Signal("pain".to_owned())
}

#[test]
fn a_correction_that_makes_sense_is_taken() {
    assert_eq!(fields(asks(), Outcome::Observed, &[0]), [""; 0]);
    assert_eq!(fields(asks(), Outcome::Observed, &[1, 0]), [""; 0], "the answer is part of it");
    assert_eq!(fields(pain(), Outcome::Observed, &[1]), [""; 0]);
    assert_eq!(fields(pain(), Outcome::Missed, &[]), [""; 0]);
    assert_eq!(fields(asks(), Outcome::NotApplicable, &[]), [""; 0]);
}

#[test]
fn an_outcome_and_its_evidence_must_fit() {
    assert_eq!(fields(asks(), Outcome::Observed, &[]), ["turns"]);
    assert_eq!(fields(asks(), Outcome::Missed, &[0]), ["turns"]);
    assert_eq!(fields(pain(), Outcome::NotApplicable, &[]), ["outcome"]);
}

#[test]
fn evidence_must_stand_in_turns_that_can_prove_it() {
    assert_eq!(fields(asks(), Outcome::Observed, &[0, 4, -1]), ["turns[1]", "turns[2]"]);
    assert_eq!(fields(asks(), Outcome::Observed, &[0, 2, 3, 0]), ["turns[3]", "turns[1]", "turns[2]"]);
    assert_eq!(fields(asks(), Outcome::Observed, &[1]), ["turns"], "the buyer alone shows no behavior of the rep");
    assert_eq!(fields(pain(), Outcome::Observed, &[0, 1]), ["turns[0]"]);
    assert_eq!(fields(pain(), Outcome::Observed, &vec![1; 51]).iter().filter(|f| *f == "turns").count(), 1);
}

#[test]
fn what_the_revision_does_not_have_is_told_by_its_kind() {
    assert_eq!(fields(Target::Signal("asks".to_owned()), Outcome::Missed, &[]), ["signal"]);
    assert_eq!(fields(Target::Behavior("x".to_owned()), Outcome::Missed, &[]), ["behavior"]);
}
