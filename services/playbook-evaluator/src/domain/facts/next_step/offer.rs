//! Days that one turn offers for the next step.

use super::cues::{APPOINTMENT, DELIVERS, PLANNING, SENDS};
use crate::domain::call::Side;
use crate::domain::facts::dates::{self, Calendar, Grain, Mention};
use crate::domain::text::{TurnText, scope};
use chrono::{Datelike, NaiveDate};
use std::ops::Range;

/// A turn this short is about the day it names.
const SHORT_TURN_WORDS: usize = 14;
/// Further ahead nobody fixes the next step.
const MAX_DAYS_AHEAD: i64 = 45;
/// Words between `I'll send` and the day it will be sent.
const SENT_WORDS: usize = 14;

/// A day that one side names for something.
#[derive(Debug, Clone)]
pub(super) struct Offer {
    pub(super) turn: u32,
    pub(super) side: Side,
    pub(super) date: NaiveDate,
    pub(super) tokens: Range<usize>,
    pub(super) is_appointment: bool,
    /// More than a weekday was said, or it was asked: `Friday` alone in passing moves no appointment.
    pub(super) is_explicit: bool,
    pub(super) certain: bool,
}

/// The offers of a turn. `planning`: a day is being looked for; `anchor`: the day that is being talked about.
pub(super) fn offers(
    turn: u32,
    side: Side,
    text: &TurnText,
    calendar: &Calendar,
    planning: bool,
    anchor: Option<NaiveDate>,
) -> Vec<Offer> {
    let appointed = APPOINTMENT.find(text);
    let planned = PLANNING.find(text);
    let mentions: Vec<Mention> = dates::find(text, calendar);
    let days: Vec<Range<usize>> = mentions.iter().map(|m| m.tokens.clone()).collect();
    let fitting = mentions
        .into_iter()
        .filter(|m| m.grain == Grain::Day && planning && !scope::is_negated(&text.tokens, &m.tokens));
    let offers = fitting.filter_map(|m| {
        // A bare weekday is the one that is being talked about, where it fits.
        let talked_about = anchor.filter(|a| m.bare_weekday == Some(a.weekday()));
        let date = talked_about.or(m.date)?;
        let ahead = (date - calendar.today).num_days();
        let sentence = text.sentence_of(m.tokens.start);
        let here = |cues: &[Range<usize>]| cues.iter().any(|c| sentence.contains(&c.start));
        let speaks_of_it =
            text.tokens.len() <= SHORT_TURN_WORDS || here(&planned) || here(&appointed) || text.is_asked(&m.tokens);
        let delivers = !m.is_deadline || DELIVERS.stands(text);
        // `I send the paper on Thursday, before the meeting`: the day belongs to the paper.
        let other_between = |from: usize| days.iter().any(|d| d.start > from && d.end <= m.tokens.start);
        let is_sent = SENDS.find(text).iter().any(|c| {
            sentence.contains(&c.start)
                && c.start < m.tokens.start
                && m.tokens.start - c.start <= SENT_WORDS
                && !other_between(c.start)
        });
        let is_appointment = !m.is_deadline && !is_sent && !appointed.is_empty();
        (ahead > 0 && ahead <= MAX_DAYS_AHEAD && speaks_of_it && delivers).then_some(Offer {
            turn,
            side,
            date,
            is_explicit: m.bare_weekday.is_none() || text.is_asked(&m.tokens),
            tokens: m.tokens,
            is_appointment,
            certain: side != Side::Unknown,
        })
    });
    offers.collect()
}

/// Of several days in one turn: an appointment before a deadline, then the last one said.
pub(super) fn best(offers: Vec<Offer>) -> Option<Offer> {
    offers.into_iter().enumerate().max_by_key(|(i, o)| (o.is_appointment, o.certain, *i)).map(|(_, o)| o)
}
