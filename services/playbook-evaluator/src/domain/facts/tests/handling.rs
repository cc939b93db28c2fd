//! How objections are handled, and which questions stay open.

use rstest::rstest;

use crate::domain::call::{Call, Transcript};
use crate::domain::detect::{Detectors, Hit, Scan};
use crate::domain::evidence::Quoter;
use crate::domain::facts::{Handling, Objection, Statement, derived};
use crate::domain::talk;
use crate::domain::text::TurnText;
use std::collections::HashMap;

/// A talk in which the turns marked `*` could not be understood.
fn heard(lines: &[&str]) -> (Call, Transcript) {
    let words: Vec<&str> = lines.iter().map(|line| line.trim_start_matches('*')).collect();
    let (call, mut transcript) = talk::of(&words);
    for (turn, line) in transcript.turns.iter_mut().zip(lines) {
        turn.unintelligible = line.starts_with('*');
    }
    (call, transcript)
}

fn scanned<T>((call, transcript): (Call, Transcript), read: impl Fn(&Scan<'_>, &Quoter<'_>) -> T) -> T {
    let texts = TurnText::read_all(transcript.turns.iter().map(|turn| turn.text.as_str()));
    let detectors = Detectors::default();
    let scan = Scan::new(&detectors, &transcript, &texts, HashMap::new());
    read(&scan, &Quoter { call: &call, transcript: &transcript, texts: &texts })
}

/// The objection of the first turn.
fn objection(talk: (Call, Transcript)) -> Objection {
    let hits = [Hit::single(0, 0..2, "phrases", true)];
    scanned(talk, |scan, quoter| derived::objections(&[("price", &hits)], scan, quoter)).remove(0)
}

fn open(talk: (Call, Transcript)) -> Vec<String> {
    let open = scanned(talk, derived::open_questions);
    open.into_iter().map(|Statement { text, .. }| text).collect()
}

const TOO_MUCH: &str = "B: Ninety thousand is too much for us.";
const ASKS: &str = "R: What do you compare it with?";
const ANSWERS: &str = "R: The price holds the migration and two years of support.";

#[rstest]
#[case::asked_about(&[TOO_MUCH, ASKS], Handling::Explored, Some(1))]
#[case::answered(&[TOO_MUCH, ANSWERS], Handling::Answered, Some(1))]
#[case::after_a_sound(&[TOO_MUCH, "R: Right.", "B: It really is.", ANSWERS], Handling::Answered, Some(3))]
#[case::not_by_the_buyer(&[TOO_MUCH, "B: The last supplier took forty thousand for the same work."], Handling::Open, None)]
#[case::too_late(&[TOO_MUCH, "B: Really.", "B: It is.", "B: Yes.", ANSWERS], Handling::Open, None)]
#[case::by_nobody(&[TOO_MUCH], Handling::Open, None)]
#[case::answer_not_understood(&[TOO_MUCH, "*R: The price holds the migration and two years of support."], Handling::Open, None)]
#[case::question_not_understood(&[TOO_MUCH, "*R: What do you compare it with?", ANSWERS], Handling::Answered, Some(2))]
fn an_objection_is_taken_up_by_what_the_rep_says_next(
    #[case] lines: &[&str],
    #[case] handling: Handling,
    #[case] taken_up: Option<u32>,
) {
    let found = objection(heard(lines));
    assert_eq!(found.handling, handling);
    assert_eq!(
        found.evidence.iter().map(|e| e.turn).collect::<Vec<_>>(),
        [Some(0), taken_up].into_iter().flatten().collect::<Vec<_>>()
    );
}

#[test]
fn who_may_not_be_the_rep_takes_no_objection_up() {
    let (call, mut transcript) = heard(&[TOO_MUCH, ANSWERS]);
    transcript.turns[1].speaker_confidence = 0.3;
    assert_eq!(objection((call, transcript)).handling, Handling::Open);
}

const HOW: &str = "B: How long does the migration of the archive take?";
const SO_LONG: &str = "R: About six weeks with two of your people.";

#[rstest]
#[case::answered(&[HOW, SO_LONG], &[])]
#[case::put_off(&[HOW, "R: I would have to check that."], &["How long does the migration of the archive take?"])]
#[case::answered_later(&[HOW, "R: Good question.", "B: Well?", SO_LONG], &[])]
#[case::by_the_buyer(&[HOW, "B: The last one took us eleven months."], &["How long does the migration of the archive take?"])]
#[case::answer_not_understood(&[HOW, "*R: About six weeks with two of your people."], &["How long does the migration of the archive take?"])]
#[case::understood_after_that(&[HOW, "*R: About six weeks.", SO_LONG], &[])]
#[case::question_not_understood(&["*B: How long does the migration of the archive take?"], &[])]
#[case::the_reps(&["R: How long does the migration of the archive take?"], &[])]
#[case::asks_for_nothing(&["B: How are you?"], &[])]
fn a_buyers_question_is_open_until_the_rep_answers(#[case] lines: &[&str], #[case] expected: &[&str]) {
    assert_eq!(open(heard(lines)), expected);
}

#[test]
fn who_may_be_the_rep_may_have_answered() {
    let (call, mut transcript) = heard(&[HOW, SO_LONG]);
    transcript.turns[1].speaker_confidence = 0.3;
    assert_eq!(open((call, transcript)), [""; 0]);
}
