mod forms;
mod invariants;

use super::*;

pub(super) fn first(today: &str, fiscal: u32, text: &str) -> Option<String> {
    first_on(&Calendar::new(today.parse().unwrap_or_default(), fiscal), text)
}

pub(super) fn first_on(calendar: &Calendar, text: &str) -> Option<String> {
    find(&TurnText::read(text), calendar).iter().find_map(|m| m.date).map(|d| d.to_string())
}

/// Dates of the last of some turns.
fn last_turn(today: &str, turns: &[&str]) -> Option<String> {
    let texts: Vec<TurnText> = turns.iter().map(|t| TurnText::read(t)).collect();
    let found = read(&texts, &Calendar::new(today.parse().unwrap_or_default(), 1));
    found.last().and_then(|mentions| mentions.iter().find_map(|m| m.date)).map(|d| d.to_string())
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
        (4, "before financial year end", "2027-03-31"),
        (4, "q4 close", "2027-03-31"),
        (10, "quarter's end", "2026-09-30"),
        (4, "end of the calendar year", "2026-12-31"),
        (4, "by the end of next calendar year", "2027-12-31"),
        (2, "end of the calendar quarter", "2026-09-30"),
        (2, "the end of next calendar quarter", "2026-12-31"),
        (4, "before calendar year end", "2026-12-31"),
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

#[test]
fn holidays_follow_the_country_of_the_zone() {
    let may: NaiveDate = "2026-05-12".parse().unwrap_or_default();
    for (zone, text, date) in [
        ("America/New_York", "the Friday after Thanksgiving", Some("2026-11-27")),
        ("America/Toronto", "the Friday after Thanksgiving", Some("2026-10-16")),
        ("Europe/London", "the day after the bank holiday", Some("2026-05-26")),
        ("Europe/Dublin", "the day after the bank holiday", Some("2026-06-02")),
        ("UTC", "the day after the bank holiday", None),
        ("Pacific/Auckland", "the Tuesday after Labour Day", Some("2026-10-27")),
        ("America/Chicago", "the Tuesday after Labor Day", Some("2026-09-08")),
    ] {
        let calendar = Calendar::new(may, 1).in_zone(zone.parse().unwrap_or_default());
        assert_eq!(first_on(&calendar, text).as_deref(), date, "{zone} {text}");
    }
}

#[test]
fn a_weekday_is_read_from_what_was_talked_about() {
    for (turns, date) in [
        (&["Would Thursday week do?", "That's our inspection. Make it the Friday."][..], "2026-03-20"),
        (&["Next week there is a retreat.", "The week after?", "The Thursday of the week after."], "2026-03-26"),
        (&["What about the week after next?", "Tuesday is good."], "2026-03-24"),
        (&["Friday week, the twentieth.", "And that gives her the Monday."], "2026-03-23"),
        (&["Thursday the twenty-sixth, at ten.", "Yes, the twenty-sixth."], "2026-03-26"),
        (&["Tomorrow?", "That is full, the day after?"], "2026-03-12"),
        (&["Say the second of June.", "The second works."], "2026-06-02"),
    ] {
        assert_eq!(last_turn("2026-03-10", turns).as_deref(), Some(date), "{turns:?}");
    }
}

#[test]
fn nothing_is_read_from_a_turn_that_nobody_could_make_out() {
    let turns = ["Tomorrow?", "That is full, the day after?"].map(TurnText::read);
    let calendar = Calendar::new("2026-03-10".parse().unwrap_or_default(), 1);
    let dated = |found: Vec<Vec<Mention>>| found.iter().flatten().filter(|mention| mention.date.is_some()).count();
    assert_eq!(dated(read(&turns, &calendar)), 2);
    let [_, heard] = &turns;
    assert_eq!(dated(read_heard([None, Some(heard)].into_iter(), &calendar)), 0);
}
