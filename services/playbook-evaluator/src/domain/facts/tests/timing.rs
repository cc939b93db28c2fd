//! When the buyer decides.

use rstest::rstest;

use crate::domain::call::{Call, Transcript};
use crate::domain::facts::dates::{self, Calendar};
use crate::domain::facts::{DateFact, timing};
use crate::domain::talk;
use crate::domain::text::TurnText;

/// The day of the call is the sixth of May 2026.
fn decided((call, transcript): &(Call, Transcript)) -> Option<DateFact> {
    let texts = TurnText::read_all(transcript.turns.iter().map(|turn| turn.text.as_str()));
    let calendar = Calendar::new(call.local_date(), 1);
    let mentions = dates::read(&texts, &calendar);
    timing::decision_date(call, transcript, &texts, &mentions, &calendar).0
}

#[rstest]
#[case::the_board_votes(&["B: The board decides on the nineteenth of June."], Some("2026-06-19"))]
#[case::talk_of_deciding_before(&["B: The committee has to approve it first.", "R: When would that be?", "B: By the end of June."], Some("2026-06-30"))]
#[case::the_surer_one(&["B: The board votes on the nineteenth of June.", "B: The committee approves it, we decide and sign by the third of July."], Some("2026-07-03"))]
#[case::not_the_reps_day(&["R: So the board decides on the nineteenth of June."], None)]
#[case::not_a_day_that_is_over(&["B: The board decided on the fifth of March 2026."], None)]
#[case::not_a_day_on_which_nothing_happens(&["B: The board does not decide on the nineteenth of June."], None)]
#[case::not_any_day(&["B: I am on holiday from the nineteenth of June."], None)]
fn the_decision_is_on_the_day_for_which_most_speaks(#[case] lines: &[&str], #[case] expected: Option<&str>) {
    let found = decided(&talk::of(lines));
    assert_eq!(found.as_ref().map(|fact| fact.date.to_string()).as_deref(), expected, "{found:?}");
    assert!(found.iter().all(|fact| fact.evidence[0].quote.contains(&fact.text)));
}

#[rstest]
#[case::the_day(&["B: The board decides on the nineteenth of June."], 0)]
#[case::what_the_day_is_for(&["B: We decide that in the committee, they vote.", "B: That is by the end of June."], 0)]
fn words_that_were_not_understood_decide_nothing(#[case] lines: &[&str], #[case] lost: usize) {
    let mut talk = talk::of(lines);
    assert!(decided(&talk).is_some());
    talk.1.turns[lost].unintelligible = true;
    assert_eq!(decided(&talk), None);
}
