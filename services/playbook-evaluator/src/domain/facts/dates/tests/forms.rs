//! The forms in which people say dates. The day of the call is a Wednesday, the first of July 2026, if none is given.

use super::{first, first_on};
use crate::domain::facts::dates::{Calendar, Grain, find};
use crate::domain::text::TurnText;

const ON_THE_FIRST_OF_JULY: &[(&str, &str)] = &[
    // One word or two.
    ("tomorrow at nine", "2026-07-02"),
    ("the day after tomorrow", "2026-07-03"),
    ("today week", "2026-07-08"),
    ("tomorrow week works", "2026-07-09"),
    ("Friday at ten", "2026-07-03"),
    ("this Thursday", "2026-07-02"),
    ("Thursday coming", "2026-07-02"),
    ("this coming Monday", "2026-07-06"),
    ("Wednesday next, twelve noon", "2026-07-08"),
    ("next Tuesday", "2026-07-07"),
    ("the following Monday", "2026-07-06"),
    ("thursdays good for me", "2026-07-02"),
    ("Friday's fine", "2026-07-03"),
    // Weeks around a weekday.
    ("Thursday week", "2026-07-09"),
    ("monday week then", "2026-07-13"),
    ("Tuesday fortnight", "2026-07-21"),
    ("a fortnight on Monday", "2026-07-20"),
    ("a week on Friday", "2026-07-10"),
    ("a week from Friday", "2026-07-10"),
    ("two weeks from Monday", "2026-07-20"),
    ("a week Thursday", "2026-07-09"),
    ("two weeks Tuesday", "2026-07-21"),
    ("Monday a fortnight", "2026-07-20"),
    ("Tuesday in two weeks", "2026-07-14"),
    ("Thursday next week at ten", "2026-07-09"),
    ("Thursday of next week", "2026-07-09"),
    ("next week on Tuesday then", "2026-07-07"),
    ("next week, Tuesday", "2026-07-07"),
    ("Thursday of the week after next", "2026-07-16"),
    ("the week after next on Monday", "2026-07-13"),
    ("Monday after next", "2026-07-13"),
    ("next Friday but one", "2026-07-10"),
    ("the next but one Monday", "2026-07-13"),
    ("two Fridays from now", "2026-07-10"),
    ("Thursday morning the ninth", "2026-07-09"),
    ("Tuesday afternoon next week", "2026-07-07"),
    ("Tuesday of the week commencing the thirteenth", "2026-07-14"),
    ("not this Thursday, next Thursday", "2026-07-09"),
    ("not this coming Tuesday, the one after", "2026-07-14"),
    ("not this Tuesday coming but the one after", "2026-07-14"),
    ("not tomorrow thursday but the thursday after", "2026-07-09"),
    ("Friday, not this one, the one after", "2026-07-10"),
    // Counted.
    ("in ten days' time", "2026-07-11"),
    ("in three days", "2026-07-04"),
    ("three weeks tomorrow", "2026-07-23"),
    ("a week tomorrow", "2026-07-09"),
    ("a week today", "2026-07-08"),
    ("two weeks from today", "2026-07-15"),
    ("three weeks from yesterday", "2026-07-21"),
    ("fourteen days from now", "2026-07-15"),
    ("in three weeks, same day, same time", "2026-07-22"),
    ("same time next week", "2026-07-08"),
    ("same day the week after next", "2026-07-15"),
    ("in five working days", "2026-07-08"),
    ("two business days after the fourteenth", "2026-07-16"),
    ("two weeks after Labor Day", "2026-09-21"),
    ("a month from today", "2026-08-01"),
    // Days of the month.
    ("let us take the 14th", "2026-07-14"),
    ("the twenty third would do", "2026-07-23"),
    ("half nine on the third", "2026-07-03"),
    ("on the first", "2026-08-01"),
    ("the twenty first of August", "2026-08-21"),
    ("the 3rd of September", "2026-09-03"),
    ("March 18 works", "2027-03-18"),
    ("July twenty two", "2026-07-22"),
    ("August the fifth", "2026-08-05"),
    ("18 March", "2027-03-18"),
    ("the fourteenth of next month", "2026-08-14"),
    ("the twentieth of this month", "2026-07-20"),
    ("the fourteenth of May twenty twenty seven", "2027-05-14"),
    ("14 May 2027", "2027-05-14"),
    ("2026-07-14 at noon", "2026-07-14"),
    ("on 14.07.2026", "2026-07-14"),
    ("Tuesday the fourteenth", "2026-07-14"),
    ("Tuesday, that's the fourteenth", "2026-07-14"),
    ("wednesday the twelfth", "2026-08-12"),
    ("the Tuesday the 14th of July", "2026-07-14"),
    ("the thirty first", "2026-07-31"),
    ("first thing on the thirtieth", "2026-07-30"),
    // The nth of a month.
    ("first Thursday in August", "2026-08-06"),
    ("the first Monday in July", "2026-07-06"),
    ("the last Friday of this month", "2026-07-31"),
    ("last Wednesday of the month", "2026-07-29"),
    ("second tuesday of next month", "2026-08-11"),
    ("the last working day of this month", "2026-07-31"),
    ("the last business day of October", "2026-10-30"),
    ("first working day of August", "2026-08-03"),
    ("the last day of the month", "2026-07-31"),
    ("the first day of September", "2026-09-01"),
    // Holidays.
    ("the Tuesday after Labor Day", "2026-09-08"),
    ("the day after Thanksgiving", "2026-11-27"),
    ("the Thursday before Christmas", "2026-12-24"),
    ("the first Monday after New Year", "2027-01-04"),
    ("the week after Easter, on Wednesday", "2027-03-31"),
    ("the Tuesday after Easter", "2027-03-30"),
    ("Easter Tuesday", "2027-03-30"),
    ("Whit Monday", "2027-05-17"),
    ("the Friday after the Fourth of July", "2026-07-10"),
    ("the Thursday after Paddy's Day", "2027-03-18"),
    ("the day before the first of August", "2026-07-31"),
    ("the first working day after New Year's Day", "2027-01-04"),
    // Ends.
    ("before the end of the month", "2026-07-31"),
    ("month's end", "2026-07-31"),
    ("by month end", "2026-07-31"),
    ("end of August", "2026-08-31"),
    ("the end of February", "2027-02-28"),
    ("end of next month", "2026-08-31"),
    ("end of the week", "2026-07-03"),
    ("end of next week", "2026-07-10"),
    ("by the end of next quarter", "2026-12-31"),
    ("year end", "2026-12-31"),
    // Over.
    ("Friday gone", "2026-06-26"),
    ("last Tuesday it broke", "2026-06-30"),
    ("Monday last", "2026-06-29"),
    ("a week ago", "2026-06-24"),
    ("yesterday", "2026-06-30"),
];

const ON_OTHER_DAYS: &[(&str, &str, &str)] = &[
    ("2026-02-10", "Thursday of the week after next? In the afternoon.", "2026-02-26"),
    ("2026-02-26", "we sit on Wednesday the eighteenth", "2026-03-18"),
    ("2026-04-14", "Would a week from Friday be real?", "2026-04-24"),
    ("2026-03-04", "how's Tuesday, three weeks from yesterday", "2026-03-24"),
    ("2026-04-13", "first Thursday in May, it's the seventh", "2026-05-07"),
    ("2026-05-12", "how's friday after memorial day", "2026-05-29"),
    ("2026-05-28", "not tomorrow friday but the friday after eight o'clock", "2026-06-05"),
    ("2026-03-27", "a week from monday, the sixth of april", "2026-04-06"),
    ("2026-04-22", "the day before the first of May", "2026-04-30"),
    ("2026-04-30", "Tuesday, after the bank holiday", "2026-05-05"),
    ("2026-03-13", "In three weeks it's Good Friday", "2026-04-03"),
    ("2027-12-30", "the end of February", "2028-02-29"),
    ("2028-02-28", "tomorrow", "2028-02-29"),
    ("2026-12-30", "in three days", "2027-01-02"),
    ("2026-12-30", "the fifth of January", "2027-01-05"),
    // Today by its number.
    ("2026-07-14", "the fourteenth of July", "2026-07-14"),
    ("2026-07-14", "Tuesday, July 14, is today", "2026-07-14"),
    ("2026-07-14", "on the fourteenth", "2026-08-14"),
    ("2026-07-14", "the thirteenth of July", "2027-07-13"),
    ("2024-02-29", "the twenty ninth of February", "2024-02-29"),
    // A year that is said is that year, over or not.
    ("2026-06-10", "the first Thursday of May 2026", "2026-05-07"),
    ("2026-06-10", "the first Thursday of May 2028", "2028-05-04"),
    ("2026-06-10", "the first Thursday of May", "2027-05-06"),
    ("2026-06-10", "the last Friday in May twenty twenty six", "2026-05-29"),
    // Two digits are a year near the call.
    ("2026-06-10", "on 14.07.26", "2026-07-14"),
    ("2026-06-10", "by 1.7.26", "2026-07-01"),
    ("2026-06-10", "since 14.07.2025", "2025-07-14"),
];

const UNSETTLED: &[&str] = &[
    "the first thing is the price",
    "on the second line there is a typo",
    "some time after the holidays",
    "sometime in the spring",
    "every Friday we reconcile",
    "Mondays and Tuesdays",
    "in May perhaps",
    "I may call you",
    "the Thursday of the week after",
    "before Diwali",
    "the Friday after they clear out",
    "the first working day after your shutdown",
    "the Tuesday after Eid",
    "some time after Sallah",
    "first week of August",
    "the second half of the month",
    "next week",
    "in a third of the cases",
    "the eighth floor",
    "release 2.4.1",
    "we run 2.4.1",
    "version 2.4.26",
    "we moved to 10.4.8",
    "it says 14.07.1926",
    "at 10.0.0.26",
];

#[test]
fn resolves_what_the_words_settle() {
    let wrong: Vec<_> = ON_THE_FIRST_OF_JULY
        .iter()
        .map(|(text, date)| ("2026-07-01", *text, *date))
        .chain(ON_OTHER_DAYS.iter().copied())
        .filter_map(|(today, text, date)| {
            let read = first(today, 1, text);
            (read.as_deref() != Some(date)).then_some((text, date, read))
        })
        .collect();
    assert!(wrong.is_empty(), "{wrong:#?}");
}

#[test]
fn leaves_open_what_they_do_not() {
    let wrong: Vec<_> = UNSETTLED.iter().filter_map(|text| Some((text, first("2026-07-01", 1, text)?))).collect();
    assert!(wrong.is_empty(), "{wrong:#?}");
}

#[test]
fn a_day_beside_something_unknown_is_a_day_without_a_date() {
    let calendar = Calendar::new("2026-07-01".parse().unwrap_or_default(), 1);
    for text in
        ["the Friday after they clear out", "the first working day after your shutdown", "the Tuesday after Eid"]
    {
        let found = find(&TurnText::read(text), &calendar);
        assert_eq!(found.first().map(|m| (m.grain, m.date)), Some((Grain::Day, None)), "{text}");
    }
}

#[test]
fn periods_begin_on_a_day_but_are_on_none() {
    let calendar = Calendar::new("2026-07-14".parse().unwrap_or_default(), 1);
    for (text, from) in [
        ("the first week of November", Some("2026-11-02")),
        ("week commencing the tenth of August", Some("2026-08-10")),
        ("the beginning of September", Some("2026-09-01")),
        ("next week", Some("2026-07-20")),
        ("the middle of October", None),
    ] {
        let found = find(&TurnText::read(text), &calendar);
        let read = found.first().map(|m| (m.date, m.from.map(|d| d.to_string())));
        assert_eq!(read, Some((None, from.map(str::to_owned))), "{text}");
    }
    assert_eq!(first_on(&calendar, "first week of November"), None);
}
