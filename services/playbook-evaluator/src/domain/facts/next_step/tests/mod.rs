//! How a day is agreed: short endings of calls, each on Wednesday, the sixth of May 2026.

mod agreed;
mod more;
mod open;

use super::*;
use crate::domain::facts::dates;
use crate::domain::talk;

/// The next step of a call that ends so, after talk of other things.
pub(super) fn ending(lines: &[&str]) -> Option<NextStep> {
    let small_talk = ["R: So how many people work in the yard?", "B: About forty, with the drivers."];
    let all: Vec<&str> = small_talk.iter().cycle().take(40).chain(lines).copied().collect();
    let (call, transcript) = talk::of(&all);
    let texts = TurnText::read_all(transcript.turns.iter().map(|t| t.text.as_str()));
    let calendar = Calendar::new(call.local_date(), 1);
    let mentions = dates::read(&texts, &calendar);
    extract(&call, &transcript, &texts, &mentions, &calendar).next_step
}

pub(super) fn day(lines: &[&str]) -> Option<String> {
    ending(lines).map(|step| step.date.map_or_else(|| "no date".to_owned(), |d| d.to_string()))
}

#[test]
fn the_owner_is_who_takes_it_on() {
    let step = ending(&["R: I'll send you the corrected quote by Friday, is that soon enough?", "B: Friday is fine."]);
    assert_eq!(step.map(|s| s.owner), Some("R".to_owned()));
}
