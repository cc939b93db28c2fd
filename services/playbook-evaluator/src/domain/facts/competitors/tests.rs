//! What is taken for another supplier's name, and what is not.

use rstest::rstest;

use super::extract;
use crate::domain::talk;
use crate::domain::text::TurnText;

/// The names found, in the order they were said.
fn named(lines: &[&str]) -> Vec<String> {
    let (call, transcript) = talk::of(lines);
    let texts = TurnText::read_all(transcript.turns.iter().map(|turn| turn.text.as_str()));
    extract(&call, &transcript, &texts, &[], None).0.into_iter().map(|found| found.name).collect()
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
#[case::nobody_named(&[ASKED, "B: Nobody yet. We looked at it in January and then the winter came."], &[])]
fn of_a_talk(#[case] lines: &[&str], #[case] expected: &[&str]) {
    assert_eq!(named(lines), expected);
}
