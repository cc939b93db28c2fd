use super::super::calendar::{first_after, last_of_month};
use super::*;
use chrono::{Datelike, Days};
use proptest::prelude::*;

fn any_day() -> impl Strategy<Value = NaiveDate> {
    (0_u64..366 * 12).prop_map(|days| NaiveDate::default() + Days::new(days + 55 * 365))
}

const AHEAD: &[&str] = &[
    "tomorrow",
    "Thursday week",
    "next Tuesday",
    "this Friday",
    "a fortnight on Monday",
    "in ten days' time",
    "the 14th",
    "the thirty first",
    "the twenty ninth of February",
    "first Thursday in May",
    "the Tuesday after Easter",
    "the last working day of this month",
    "end of the month",
    "end of next quarter",
    "end of q2",
    "year end",
    "Monday of the week after next",
    "not this Friday, the one after",
    "in five working days",
    "Wednesday the eighteenth",
    "same time next week",
];

proptest! {
    #[test]
    fn what_is_ahead_is_never_before_the_call(today in any_day(), fiscal in 1_u32..13, form in proptest::sample::select(AHEAD)) {
        let calendar = Calendar::new(today, fiscal);
        for mention in find(&TurnText::read(form), &calendar) {
            prop_assert!(mention.date.is_none_or(|date| date >= today), "{form}: {mention:?}");
        }
    }

    #[test]
    fn a_month_ends_on_its_last_day(today in any_day()) {
        let read = find(&TurnText::read("by the end of the month"), &Calendar::new(today, 1));
        let date = read.first().and_then(|m| m.date);
        prop_assert_eq!(date, last_of_month(today));
        prop_assert_eq!(date.map(|d| (d + Days::new(1)).day()), Some(1));
    }

    #[test]
    fn a_weekday_falls_on_itself(today in any_day(), form in proptest::sample::select(&["Friday", "Friday week", "next Friday", "the Friday after Easter"][..])) {
        let read = find(&TurnText::read(form), &Calendar::new(today, 1));
        prop_assert_eq!(read.first().and_then(|m| m.date).map(|d| d.weekday()), Some(Weekday::Fri));
    }

    #[test]
    fn a_coming_weekday_is_within_the_week(today in any_day()) {
        let date = first_after(today, Weekday::Wed);
        prop_assert!(date.is_some_and(|d| (1..=7).contains(&(d - today).num_days())));
    }

    #[test]
    fn a_quarter_ends_within_three_months_of_the_last(today in any_day(), fiscal in 1_u32..13) {
        let calendar = Calendar::new(today, fiscal);
        let (this, next) = (calendar.quarter_end(0), calendar.quarter_end(1));
        prop_assert!(this.is_some_and(|d| d >= today && (d - today).num_days() <= 92));
        prop_assert!(this.zip(next).is_some_and(|(a, b)| (89..=92).contains(&(b - a).num_days())));
    }

    #[test]
    fn any_words_are_read_without_overlap(words in proptest::collection::vec(proptest::sample::select(&[
        "the", "next", "week", "after", "thursday", "of", "june", "first", "twenty", "two", "weeks", "from", "not", "this",
        "day", "before", "easter", "in", "end", "month", "last", "a", "on", "same", "time", "working", "fortnight", "'s",
    ][..]), 0..14)) {
        let text = TurnText::read(&words.join(" "));
        let found = find(&text, &Calendar::new(NaiveDate::default(), 4));
        for (one, two) in found.iter().zip(found.iter().skip(1)) {
            prop_assert!(one.tokens.end <= two.tokens.start, "{one:?} {two:?}");
        }
        prop_assert!(found.iter().all(|m| m.tokens.end <= text.tokens.len() && m.tokens.start < m.tokens.end));
    }
}
