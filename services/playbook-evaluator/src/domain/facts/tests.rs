//! What speaks for a budget, for who holds the money, and for a reason to act.

mod handling;
mod listed;
mod people;
mod timing;

use rstest::rstest;

use super::dates::{self, Calendar};
use super::{economic_buyer, money};
use crate::domain::talk;
use crate::domain::text::TurnText;

#[rstest]
#[case::set_aside(&["B: There's ninety thousand euros set aside for this in the plan."], Some(90_000.0))]
#[case::a_price_is_none(&["B: They quoted us ninety thousand euros for the year."], None)]
#[case::the_surer_one(
    &["B: We have eighty thousand euros left in the budget this year.", "B: The old system cost us two hundred thousand."],
    Some(80_000.0)
)]
fn the_budget_is_what_most_speaks_for(#[case] lines: &[&str], #[case] expected: Option<f64>) {
    let (call, transcript) = talk::of(lines);
    let texts = TurnText::read_all(transcript.turns.iter().map(|turn| turn.text.as_str()));
    assert_eq!(money::extract(&call, &transcript, &texts).0.map(|budget| budget.amount), expected);
}

#[rstest]
#[case::named_in_the_answer(
    &["R: And who signs it off in the end?", "B: That's Gillian Marsh, our CFO, she signs everything above fifty thousand."],
    Some("Gillian Marsh")
)]
#[case::named_without_being_asked(&["B: In the end Ruben Ostrander, our finance director, has to sign it off."], Some("Ruben Ostrander"))]
#[case::nobody(&["R: And who signs it off in the end?", "B: I would have to find out."], None)]
#[case::not_whoever_is_named(&["B: Gillian Marsh was at the fair with me, she liked your stand."], None)]
fn who_holds_the_money_is_named_by_the_buyer(#[case] lines: &[&str], #[case] expected: Option<&str>) {
    let (call, transcript) = talk::of(lines);
    let texts = TurnText::read_all(transcript.turns.iter().map(|turn| turn.text.as_str()));
    let people = super::people::extract(&call, &transcript, &texts, &[]).stakeholders;
    let found = economic_buyer::extract(&call, &transcript, &texts, &[], &people);
    assert_eq!(found.map(|person| person.name).as_deref(), expected);
}

#[test]
fn who_holds_the_money_is_one_of_the_people_by_the_whole_name_and_the_quote_says_it() {
    let lines = [
        "R: And who would have to sign off the money for a project like this?",
        "B: That would be Martin Cole, our chief financial officer. We have a budget of two hundred thousand.",
    ];
    let (call, transcript) = talk::of(&lines);
    let texts = TurnText::read_all(transcript.turns.iter().map(|turn| turn.text.as_str()));
    let people = super::people::extract(&call, &transcript, &texts, &[]).stakeholders;
    let found = economic_buyer::extract(&call, &transcript, &texts, &[], &people).unwrap();
    assert!(people.iter().any(|person| person.name == found.name), "{found:?} of {people:?}");
    assert_eq!(found.name, "Martin Cole");
    assert!(found.evidence[0].quote.contains("Martin Cole"), "{:?}", found.evidence);
}

#[rstest]
#[case::a_deadline(&["B: It has to be live before the audit on the fourteenth of September, otherwise we are fined."], true)]
#[case::the_next_talk(&["B: Let's speak again on the fourteenth of September."], false)]
fn a_reason_to_act_is_more_than_a_day(#[case] lines: &[&str], #[case] expected: bool) {
    let (call, transcript) = talk::of(lines);
    let texts = TurnText::read_all(transcript.turns.iter().map(|turn| turn.text.as_str()));
    let calendar = Calendar::new(call.local_date(), 1);
    let mentions = dates::read(&texts, &calendar);
    let found = super::timing::critical_event(&call, &transcript, &texts, &mentions, &calendar, &[]);
    assert_eq!(found.is_some(), expected, "{found:?}");
}
