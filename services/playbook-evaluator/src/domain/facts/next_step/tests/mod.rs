//! How a day is agreed: short endings of calls, each on Wednesday, the sixth of May 2026.

mod agreed;
mod more;
mod open;

use super::*;
use crate::domain::facts::dates;
use crate::domain::talk;
use rstest::rstest;

/// The next step of a call that ends so, after talk of other things. A line after `*` could not be understood.
pub(super) fn ending(lines: &[&str]) -> Option<NextStep> {
    ending_with(lines, |_| ())
}

fn ending_with(lines: &[&str], change: impl Fn(&mut [Turn])) -> Option<NextStep> {
    let small_talk = ["R: So how many people work in the yard?", "B: About forty, with the drivers."];
    let all = small_talk.iter().cycle().take(40).chain(lines);
    let words: Vec<&str> = all.clone().map(|line| line.trim_start_matches('*')).collect();
    let (call, mut transcript) = talk::of(&words);
    for (turn, line) in transcript.turns.iter_mut().zip(all) {
        turn.unintelligible = line.starts_with('*');
    }
    change(&mut transcript.turns);
    let texts = TurnText::read_all(transcript.turns.iter().map(|t| t.text.as_str()));
    let calendar = Calendar::new(call.local_date(), 1);
    let mentions = dates::read(&texts, &calendar);
    extract(&call, &transcript, &texts, &mentions, &calendar).next_step
}

pub(super) fn day(lines: &[&str]) -> Option<String> {
    ending(lines).map(|step| step.date.map_or_else(|| "no date".to_owned(), |d| d.to_string()))
}

const AGREED: [&str; 2] = ["R: Would Tuesday at ten be all right for that?", "B: Tuesday at ten suits us."];

#[rstest]
#[case::in_the_offer(&["R: I'll send you the corrected quote by Friday, is that soon enough?", "B: Friday is fine."], "R")]
#[case::before_it(&["R: I'll set up the workshop with your planners.", AGREED[0], AGREED[1]], "R")]
#[case::after_it(&[AGREED[0], AGREED[1], "R: Good, I'll send the invite."], "R")]
#[case::of_the_buyers(&["R: By when could we have the files?", "B: I'll send you the files by Friday.", "R: Friday is perfect."], "B")]
#[case::nobody(&AGREED, "")]
#[case::not_because_of_what_the_buyer_brings(&[AGREED[0], AGREED[1], "B: And I'll bring the plans."], "")]
#[case::not_by_words_that_were_not_understood(&[AGREED[0], AGREED[1], "*R: Good, I'll send the invite."], "")]
fn the_owner_is_who_takes_it_on(#[case] lines: &[&str], #[case] owner: &str) {
    let step = ending(lines).unwrap();
    assert_eq!(step.owner, owner, "{step:?}");
    let taken_on = step.evidence.iter().filter(|e| e.speaker == owner && e.quote.contains("I'll"));
    assert_eq!(taken_on.count(), usize::from(!owner.is_empty()), "{:?}", step.evidence);
}

#[rstest]
#[case::before_the_day(&["R: Then I would show your planners the live board.", AGREED[0], AGREED[1]], "Then I would show your planners the live board")]
#[case::not_understood(&["*R: Then I would show your planners the live board.", AGREED[0], AGREED[1]], "Tuesday at ten")]
#[case::nothing_said(&AGREED, "Tuesday at ten")]
fn what_is_to_be_done_stands_in_the_evidence(#[case] lines: &[&str], #[case] what: &str) {
    let step = ending(lines).unwrap();
    assert!(what.starts_with(&step.what), "{step:?}");
    assert!(step.evidence.iter().any(|e| e.quote.contains(&step.what)), "{step:?}");
}

#[test]
fn whose_side_is_not_sure_takes_nothing_on_and_says_not_what_for() {
    let lines = ["R: I'll set up the workshop with your planners.", AGREED[0], AGREED[1]];
    let step = ending_with(&lines, |turns| turns[40].speaker_confidence = 0.3).unwrap();
    assert_eq!((step.owner.as_str(), step.evidence.len()), ("", 2), "{step:?}");
}

/// As long as a live turn may be: every cue is looked for once, not once for each day.
#[test]
fn a_turn_of_nothing_but_days_is_read_once() {
    let days = format!("R: {}", "friday ".repeat((64 << 10) / 7));
    let lines = [days.as_str(), "B: Friday at ten suits us."];
    assert_eq!(day(&lines), day(&["R: friday friday friday friday", "B: Friday at ten suits us."]));
}
