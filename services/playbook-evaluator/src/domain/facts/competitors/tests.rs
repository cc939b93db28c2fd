//! What is taken for another supplier's name, and what is not.

use rstest::rstest;

use super::choose::{Scored, over};
use super::feature::{Feature, Features};
use super::pool::{Mention, Named};
use super::{Learned, add_known, extract, labelled_names, learn, named_calls};
use crate::domain::call::{Side, Transcript};
use crate::domain::learn::starter;
use crate::domain::talk;
use crate::domain::text::TurnText;
use std::collections::BTreeMap;

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

/// As many turns as a call may have.
const MANY: u32 = 100_000;

#[test]
fn a_known_name_in_every_turn_is_not_looked_for_among_all_its_mentions() {
    let said = talk::of(&["B: we use ledgerline"]).1.turns.remove(0);
    let transcript = Transcript { name: String::new(), turns: vec![said; MANY as usize], duration_ms: 0 };
    let texts = vec![TurnText::read("we use ledgerline"); MANY as usize];
    let read = Named { mentions: vec![mention(MANY / 2)], ..Named::of("ledgerline") };
    let mut names = BTreeMap::from([("ledgerline".to_owned(), read)]);
    add_known(&transcript, &texts, &["Ledgerline".to_owned()], &mut names);
    assert!(names["ledgerline"].mentions.iter().map(|m| m.turn).eq(0..MANY));
}

#[test]
fn a_sure_name_in_every_turn_is_not_compared_with_all_its_mentions() {
    let often = |name: &str| Named { mentions: (0..MANY).map(mention).collect(), ..Named::of(name) };
    let (sure, other) = (often("vexora"), often("bramblo"));
    let scored = |score, key, named| Scored { score, key, named };
    // Named beside a sure one, the other is over the bar too; beside itself it isn't.
    assert_eq!(over(vec![scored(0.5, "bramblo", &other), scored(2.0, "vexora", &sure)], 1.0), ["vexora", "bramblo"]);
    assert_eq!(over(vec![scored(0.5, "vexora", &other), scored(2.0, "vexora one", &sure)], 1.0), ["vexora one"]);
}

fn mention(turn: u32) -> Mention {
    Mention { turn, tokens: 2..3, side: Side::Buyer, features: Features::default(), state: None }
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
