//! What is taken for another supplier's name, and what is not.

use rstest::rstest;

use super::feature::Feature;
use super::{Learned, extract, labelled_names, learn, named_calls};
use crate::domain::learn::starter;
use crate::domain::talk;
use crate::domain::text::TurnText;

/// The names found, in the order they were said.
fn named(lines: &[&str]) -> Vec<String> {
    let (call, transcript) = talk::of(lines);
    let texts = TurnText::read_all(transcript.turns.iter().map(|turn| turn.text.as_str()));
    let found = extract(&call, &transcript, &texts, &[], None, &Learned::shipped()).0;
    found.into_iter().map(|found| found.name).collect()
}

const ASKED: &str = "R: And who else are you looking at, other suppliers, or building it yourselves?";

#[rstest]
#[case::looked_at(&[ASKED, "B: We looked at Vexora in the spring, they quoted us ninety thousand."], &["Vexora"])]
#[case::everyday_word_that_acts(&["B: Here are Tom, Helen and Maria.", ASKED, "B: Harbour came in last week and they showed us a demo."], &["Harbour"])]
#[case::not_where_it_is_from(
    &[ASKED, "B: There's Bramblo, out of Calgary, they came in at eighty-nine, we had a demo from them."],
    &["Bramblo"]
)]
#[case::two_words_after_called(
    &[
        "R: and who else are you looking at",
        "B: we had a demo from a company called ketterly student and they quoted us ninety thousand",
        "R: ketterly yeah they are new",
    ],
    &["ketterly student"]
)]
#[case::a_sentence_of_its_own(
    &["B: Here are Tom, Helen and Maria.", ASKED, "B: There's another outfit been in. Pailwright. They want eighty thousand and they showed us a demo."],
    &["Pailwright"]
)]
#[case::a_city(
    &[ASKED, "B: We had Vexora in, and then Gdansk was here, our people from Gdansk, with a demo of their own."],
    &["Vexora"]
)]
#[case::nobody_named(&[ASKED, "B: Nobody yet. We looked at it in January and then the winter came."], &[])]
fn of_a_talk(#[case] lines: &[&str], #[case] expected: &[&str]) {
    assert_eq!(named(lines), expected);
}

#[test]
fn the_weights_that_ship_are_those_that_the_starter_set_teaches() {
    let names = labelled_names(include_str!("../../../../starter/slots.jsonl")).unwrap();
    let calls = starter().unwrap();
    let learned = learn(&named_calls(calls.iter(), &names)).unwrap();
    let shipped = Learned::shipped().alone;
    let off = |a: f32, b: f32| (a - b).abs() > 1e-3;
    assert!(!off(learned.bar, shipped.bar) && !off(learned.intercept, shipped.intercept), "{learned:?}");
    let all = Feature::ALL.iter().zip(learned.features.iter().zip(&shipped.features));
    let changed: Vec<_> = all.filter(|(_, (a, b))| off(**a, **b)).collect();
    assert!(changed.is_empty(), "run the example `competitor_weights`: {changed:?}");
}

#[test]
fn every_feature_has_its_own_bit() {
    assert!(Feature::ALL.iter().enumerate().all(|(bit, feature)| *feature as usize == bit));
    assert!(Feature::ALL.len() <= 128, "more than a set holds");
}
