//! Dates in talk, resolved against the day of the call: `Thursday week`, `a fortnight on Monday`, `the 14th`,
//! `end of next quarter`. What the words don't settle stays without a date.

mod calendar;
mod counted;
mod day;
mod holiday;
mod month_day;
mod period;
mod reading;
mod region;
mod weekday;
mod words;

pub use calendar::Calendar;
pub use region::Region;

use crate::domain::text::TurnText;
use chrono::{Datelike, NaiveDate, Weekday};
use reading::{Context, Reading};
use std::ops::Range;
use words::At;

/// How exact a mention is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Grain {
    Day,
    /// `in three weeks`: about that day.
    About,
    /// The end of a week, month, quarter or year: a day, but nobody meets for it.
    PeriodEnd,
    /// A week, month or quarter: no day.
    Period,
}

/// A date somebody said.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mention {
    pub tokens: Range<usize>,
    /// None where the words don't settle the day.
    pub date: Option<NaiveDate>,
    pub grain: Grain,
    /// First day of a period, where the words settle it.
    pub from: Option<NaiveDate>,
    /// `by Friday`: a deadline, not an appointment.
    pub is_deadline: bool,
    /// A weekday and nothing else: which one may be said elsewhere.
    pub bare_weekday: Option<Weekday>,
    /// A public holiday by its name: people date by it, and seldom meet on it.
    pub is_holiday: bool,
    /// `Fridays`, `every Monday`: a habit, with no date.
    pub is_habit: bool,
    /// A day of the month and no weekday.
    is_number: bool,
}

/// Finds the dates of a turn, left to right, without overlap. A date never crosses the end of a sentence.
pub fn find(text: &TurnText, calendar: &Calendar) -> Vec<Mention> {
    in_turn(text, &mut Context { calendar: *calendar, talked: None })
}

/// Turns after which a day that was talked about is forgotten.
const FORGOTTEN_TURNS: usize = 6;

/// Finds the dates of a call by turn. `The Friday` and `the week after` are read from what was talked about just before.
pub fn read(texts: &[TurnText], calendar: &Calendar) -> Vec<Vec<Mention>> {
    read_heard(texts.iter().map(Some), calendar)
}

/// As [`read`]; `None` stands for a turn that nobody could make out.
pub fn read_heard<'t>(turns: impl Iterator<Item = Option<&'t TurnText>>, calendar: &Calendar) -> Vec<Vec<Mention>> {
    let mut context = Context { calendar: *calendar, talked: None };
    let mut last = 0;
    let turns = turns.enumerate().map(|(turn, text)| {
        let Some(text) = text else { return Vec::new() };
        if turn - last > FORGOTTEN_TURNS {
            context.talked = None;
        }
        let mentions = in_turn(text, &mut context);
        if !mentions.is_empty() {
            last = turn;
        }
        mentions
    });
    turns.collect()
}

fn in_turn(text: &TurnText, context: &mut Context) -> Vec<Mention> {
    let mut found = Vec::new();
    for sentence in &text.sentences {
        let (mut words, mut breaks, mut places) = (Vec::new(), Vec::new(), Vec::new());
        for (i, token) in text.tokens.iter().enumerate().take(sentence.tokens.end).skip(sentence.tokens.start) {
            // `ten days' time`, `Monday's fine`: what is joined to a word by an apostrophe says nothing about the day.
            if &*token.word != "'s" {
                words.push(&*token.word);
                breaks.push(token.after_break);
                places.push(i);
            }
        }
        in_sentence(&words, &breaks, &places, context, &mut found);
    }
    found
}

fn in_sentence(words: &[&str], breaks: &[bool], places: &[usize], context: &mut Context, found: &mut Vec<Mention>) {
    let first = found.len();
    let (mut at, mut last_day): (usize, Option<usize>) = (0, None);
    while at < words.len() {
        let near_date = last_day.is_some_and(|end| at - end <= NEAR_WORDS);
        let here = At::new(words, breaks, at);
        let Some(reading) = reading::read(here, context, near_date) else {
            at += 1;
            continue;
        };
        let (start, end) = (at, (at + reading.length).min(words.len()));
        at = end.max(at + 1);
        let (Some(from), Some(last)) = (places.get(start), places.get(end.max(start + 1) - 1)) else { continue };
        let mention = mention(here, &reading, *from..last + 1);
        if mention.grain == Grain::Day && !mention.is_habit {
            last_day = Some(end);
        }
        if let Some(earlier) = found.get_mut(first..).and_then(|list| list.last_mut())
            && last_day == Some(end)
            && near_date
        {
            settle(earlier, &mention);
        }
        context.talk_of(&mention, &reading);
        found.push(mention);
    }
}

/// Words after one date in which a bare ordinal is another.
const NEAR_WORDS: usize = 4;

fn mention(at: At<'_>, reading: &Reading, tokens: Range<usize>) -> Mention {
    let is_deadline =
        (1..=2).any(|i| matches!(at.back(i), "by" | "before" | "until" | "till")) || at.back(1) == "latest";
    let bare = match reading.length {
        1 => words::weekday(at.w(0)).or_else(|| words::weekdays(at.w(0))),
        2 if at.w(0) == "the" => words::weekday(at.w(1)),
        _ => None,
    };
    let is_habit = reading.is_habit || matches!(at.back(1), "every" | "each" | "most" | "any" | "some" | "alternate");
    Mention {
        tokens,
        date: reading.date.filter(|_| !is_habit),
        grain: reading.grain,
        from: reading.from,
        is_deadline,
        bare_weekday: bare.filter(|_| !is_habit),
        is_holiday: reading.is_holiday,
        is_habit,
        is_number: reading.is_number,
    }
}

/// `Thursday, the nineteenth`, `the Wednesday after the bank holiday, the thirtieth`: the number settles the day.
fn settle(named: &mut Mention, number: &Mention) {
    let Some(exact) = number.date.filter(|_| number.is_number && !named.is_number && !named.is_habit) else { return };
    let open = named.date.is_none() && named.grain == Grain::Day;
    let weekday = named.bare_weekday.or(named.date.map(|d| d.weekday()));
    if named.grain == Grain::Day && (open || weekday == Some(exact.weekday())) {
        named.date = Some(exact);
        named.bare_weekday = None;
    }
}

#[cfg(test)]
mod tests;
