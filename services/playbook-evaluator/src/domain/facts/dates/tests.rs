use super::*;
use rstest::rstest;

fn first(today: &str, fiscal: u32, text: &str) -> Option<String> {
    let calendar = Calendar::new(today.parse().unwrap_or_default(), fiscal);
    let mentions = find(&TurnText::read(text), &calendar);
    mentions.iter().find_map(|m| m.date).map(|d| d.to_string())
}

#[rstest]
#[case("2026-02-10", "Thursday of the week after next? In the afternoon.", "2026-02-26")]
#[case("2026-02-26", "we sit on Wednesday the eighteenth", "2026-03-18")]
#[case("2026-04-14", "Would a week from Friday be real?", "2026-04-24")]
#[case("2026-03-04", "how's Tuesday, three weeks from yesterday", "2026-03-10")]
#[case("2026-04-13", "first Thursday in May, it's the seventh", "2026-05-07")]
#[case("2026-05-07", "two weeks from today same time", "2026-05-21")]
#[case("2026-05-06", "Could we say Thursday week, in the morning", "2026-05-14")]
#[case("2026-05-12", "how's friday after memorial day", "2026-05-29")]
#[case("2026-01-20", "three weeks tomorrow", "2026-02-11")]
#[case("2026-11-17", "could we go through it today week?", "2026-11-24")]
#[case("2026-05-28", "not tomorrow friday but the friday after eight o'clock", "2026-06-05")]
#[case("2026-04-09", "not this coming Tuesday, the one after", "2026-04-21")]
#[case("2026-05-05", "not this Thursday, next Thursday", "2026-05-14")]
#[case("2026-03-27", "a week from monday, the sixth of april", "2026-04-06")]
#[case("2026-04-22", "the day before the first of May", "2026-04-30")]
#[case("2026-06-24", "the first Monday in July", "2026-07-06")]
#[case("2026-07-01", "a fortnight on Monday", "2026-07-20")]
#[case("2026-07-01", "let us take the 14th", "2026-07-14")]
#[case("2026-07-01", "March 18 works", "2027-03-18")]
#[case("2026-07-01", "the twenty first of August", "2026-08-21")]
#[case("2026-07-01", "tomorrow at nine", "2026-07-02")]
#[case("2026-07-01", "Thursday next week at ten", "2026-07-09")]
#[case("2026-07-01", "next week on Tuesday then", "2026-07-07")]
#[case("2026-07-01", "Monday after next", "2026-07-13")]
#[case("2026-07-01", "before the end of the month", "2026-07-31")]
fn resolves_what_the_words_settle(#[case] today: &str, #[case] text: &str, #[case] date: &str) {
    assert_eq!(first(today, 1, text).as_deref(), Some(date), "{text}");
}

#[rstest]
#[case("the first thing is the price")]
#[case("on the second line there is a typo")]
#[case("some time after the holidays")]
#[case("last Tuesday it broke")]
#[case("every Friday we reconcile")]
#[case("in May perhaps")]
#[case("I may call you")]
#[case("the Thursday of the week after")]
fn leaves_open_what_they_do_not(#[case] text: &str) {
    assert_eq!(first("2026-07-01", 1, text), None, "{text}");
}

#[test]
fn quarters_follow_the_fiscal_year() {
    for (fiscal, text, date) in [
        (1, "by the end of next quarter", "2026-12-31"),
        (1, "end of the quarter", "2026-09-30"),
        (2, "end of the quarter", "2026-07-31"),
        (2, "by the end of next quarter", "2026-10-31"),
        (4, "end of q1", "2027-06-30"),
        (7, "end of the fiscal year", "2027-06-30"),
    ] {
        assert_eq!(first("2026-07-15", fiscal, text).as_deref(), Some(date), "{fiscal} {text}");
    }
}

#[test]
fn tells_deadlines_from_appointments() {
    let calendar = Calendar::new("2026-07-01".parse().unwrap_or_default(), 1);
    let mentions = find(&TurnText::read("I send the file by Friday and we meet on Monday."), &calendar);
    assert_eq!(mentions.iter().map(|m| m.is_deadline).collect::<Vec<_>>(), [true, false]);
}
