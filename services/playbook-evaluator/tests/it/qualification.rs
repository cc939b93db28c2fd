//! The ready-made qualification playbooks on the sample calls.

use playbook_evaluator::convert;
use playbook_evaluator::domain::lint::lint;
use rstest::rstest;
use throughline_proto::playbook::v1::QualificationResult;

use crate::documents;
use crate::talk::{Talk, ungrounded};

fn qualified(playbook: &str, talk: &Talk) -> QualificationResult {
    let revision = lint(&documents::library(playbook)).revision.unwrap();
    let found = revision.evaluate(&convert::call(&talk.call), &convert::transcript(&talk.transcript), None);
    let message = convert::evaluation(found, &revision.playbook);
    assert_eq!(ungrounded(&message, &talk.transcript), None);
    message.qualification.unwrap()
}

#[rstest]
fn every_playbook_of_the_library_is_clean(
    #[values("regulated-enterprise", "meddpicc", "spiced", "bant")] playbook: &str,
) {
    assert_eq!(lint(&documents::library(playbook)).findings, []);
}

/// Letter, score, and the turn that tells most.
type Expected = (&'static str, i32, Option<i32>);

#[rstest]
#[case::meddpicc_first_call("meddpicc", Talk::discovery(), &[
    ("metrics", 3, Some(11)),
    ("economic_buyer", 3, Some(49)),
    ("decision_process", 0, None),
    ("paper_process", 0, None),
    ("identified_pain", 3, Some(5)),
    ("champion", 3, Some(53)),
    ("competition", 3, Some(31)),
])]
#[case::meddpicc_security("meddpicc", Talk::validation(), &[
    ("metrics", 3, Some(31)),
    ("decision_criteria", 3, Some(10)),
    ("decision_process", 3, Some(39)),
    ("champion", 3, Some(33)),
    ("competition", 0, None),
])]
#[case::meddpicc_commercial("meddpicc", Talk::negotiation(), &[
    ("metrics", 3, Some(12)),
    ("decision_criteria", 2, Some(26)),
    ("paper_process", 3, Some(34)),
    ("competition", 3, Some(24)),
])]
#[case::spiced_first_call("spiced", Talk::discovery(), &[
    ("situation", 3, Some(5)),
    ("pain", 3, Some(5)),
    ("impact", 3, Some(11)),
    ("critical_event", 3, Some(37)),
])]
#[case::bant_first_call("bant", Talk::discovery(), &[
    ("budget", 3, Some(49)),
    ("authority", 3, Some(49)),
    ("need", 3, Some(5)),
    ("timing", 3, Some(37)),
])]
#[case::bant_security("bant", Talk::validation(), &[
    ("budget", 3, Some(46)),
    ("authority", 3, Some(39)),
])]
fn letters_are_scored_on_what_the_buyer_said(
    #[case] playbook: &str,
    #[case] talk: Talk,
    #[case] expected: &[Expected],
) {
    let result = qualified(playbook, &talk);
    for (id, score, turn) in expected {
        let letter = result.letters.iter().find(|letter| letter.id == *id).unwrap();
        let first = letter.evidence.first().map(|evidence| evidence.turn);
        assert_eq!((letter.score, first), (Some(*score), *turn), "{id}: {:?}", letter.evidence);
    }
}

#[test]
fn the_result_carries_the_gates_and_what_the_stage_asks_for() {
    let result = qualified("meddpicc", &Talk::validation());
    assert_eq!((result.framework.as_str(), result.lowest), ("MEDDPICC", Some(0)));
    let letters: String = result.letters.iter().map(|letter| letter.letter.as_str()).collect();
    assert_eq!(letters, "MEDDPICC");
    let competition = result.letters.last().unwrap();
    assert_eq!(competition.minimum, Some(2), "the deal is in validation");
    let gates: Vec<_> = competition.gates.iter().map(|gate| (gate.stage.as_str(), gate.minimum)).collect();
    assert_eq!(gates, [("discovery", 1), ("validation", 2), ("negotiation", 2)]);
    assert!(competition.question.ends_with('?'));
}

#[test]
fn whatever_the_rep_says_lifts_no_letter_over_one() {
    let mut talk = Talk::discovery();
    let rep = talk.call.participants.first().unwrap().clone();
    for turn in &mut talk.transcript.turns {
        (turn.participant, turn.side) = (rep.id.clone(), rep.side);
    }
    for playbook in ["meddpicc", "spiced", "bant"] {
        let scores: Vec<_> = qualified(playbook, &talk).letters.into_iter().map(|letter| letter.score).collect();
        assert!(scores.iter().all(|score| score.is_some_and(|score| score <= 1)), "{playbook}: {scores:?}");
    }
}
