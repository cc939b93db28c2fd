//! Days that one turn offers for the next step, and how much speaks for each being an offer and not a fact.

use super::cues::{CORRECTS, DELIVERS, HAPPENS, MEETS, OTHERS, PAST, PROMISES, PROPOSES, SENDS, VAGUE};
use super::reply::is_taken;
use crate::domain::call::Side;
use crate::domain::facts::dates::{Calendar, Grain, Mention};
use crate::domain::text::{TurnText, scope};
use chrono::{Datelike, NaiveDate, Weekday};
use std::ops::Range;

/// Further ahead nobody fixes the next step.
const MAX_DAYS_AHEAD: i64 = 75;
/// A sentence this short is about the day it names.
const FRAGMENT_WORDS: usize = 9;
/// Words around a day that are said of it, in a turn without marks.
const WINDOW: (usize, usize) = (16, 9);
/// Words between `I'll send` and the day it will be sent.
const SENT_WORDS: usize = 16;
/// What must speak for a day, so that it counts as offered; more where it is a day that nobody knows.
const ENOUGH: i32 = 1;
const ENOUGH_UNKNOWN: i32 = 5;
/// Below this an offer may as well be a fact.
pub(super) const PLAIN: i32 = 3;
/// Words after a day up to which a verb tells what happens on it.
const HAPPENS_WORDS: usize = 3;
/// Words around a day in which a verb of the past makes it a fact.
const PAST_WORDS: (usize, usize) = (7, 3);

/// A day that one side names for something.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Offer {
    pub(super) turn: u32,
    pub(super) side: Side,
    /// None where the day hangs on something no calendar tells.
    pub(super) date: Option<NaiveDate>,
    pub(super) tokens: Range<usize>,
    /// Both meet; else something is handed over.
    pub(super) is_appointment: bool,
    /// Something is handed over on the day, or by it.
    pub(super) is_handover: bool,
    /// More than a weekday was said, or it was asked: `Friday` alone in passing moves no appointment.
    pub(super) is_explicit: bool,
    /// `No, make it Wednesday`: in place of what was said before.
    pub(super) corrects: bool,
    pub(super) weight: i32,
}

impl Offer {
    /// The same day, said again.
    pub(super) fn with(&self, again: &Offer) -> Offer {
        Offer {
            is_appointment: !self.is_handover && (self.is_appointment || again.is_appointment),
            is_explicit: self.is_explicit || again.is_explicit,
            weight: self.weight.max(again.weight),
            ..self.clone()
        }
    }
}

/// Where a turn stands in the talk.
#[derive(Debug, Clone, Copy)]
pub(super) struct Place<'t> {
    pub(super) turn: u32,
    pub(super) side: Side,
    /// Share of the call that is over.
    pub(super) position: f64,
    /// The other side just asked for a day.
    pub(super) asked_when: bool,
    /// A meeting was spoken of just before.
    pub(super) of_meeting: bool,
    /// The day that is being talked about, and whether this side is to answer it.
    pub(super) anchor: Option<(NaiveDate, bool)>,
    /// A day was offered in the last turns.
    pub(super) negotiating: bool,
    /// The days that were named in the last turns, and not offered.
    pub(super) told: &'t [Mention],
}

/// The offers of a turn.
pub(super) fn offers(place: Place, text: &TurnText, mentions: &[Mention], calendar: &Calendar) -> Vec<Offer> {
    let meets = MEETS.find(text);
    let fitting = mentions.iter().filter(|m| could_be_offered(m, text));
    let mut found: Vec<Offer> = fitting.filter_map(|m| offer(place, text, m, mentions, calendar, &meets)).collect();
    // `The file I drop by Friday. Probably Friday evening.`: said twice, it is still the file's day.
    let sent: Vec<_> = found.iter().filter(|o| o.is_handover).map(|o| o.date).collect();
    for offer in found.iter_mut().filter(|o| sent.contains(&o.date)) {
        (offer.is_appointment, offer.is_handover) = (false, true);
    }
    found
}

fn could_be_offered(m: &Mention, text: &TurnText) -> bool {
    let graded = match m.grain {
        Grain::Day => true,
        Grain::About => m.date.is_some(),
        Grain::PeriodEnd => m.is_deadline,
        Grain::Period => false,
    };
    let free = !is_taken(text, m) || proposes_after(text, m);
    graded && !m.is_habit && !m.is_holiday && !is_denied(text, m) && free
}

/// `Thursday I'm in Zurich in any case, I can come`.
fn proposes_after(text: &TurnText, m: &Mention) -> bool {
    PROPOSES.find(text).iter().any(|c| c.start > m.tokens.end + 1)
}

fn offer(
    place: Place,
    text: &TurnText,
    m: &Mention,
    mentions: &[Mention],
    calendar: &Calendar,
    meets: &[Range<usize>],
) -> Option<Offer> {
    let date = meant(m, place);
    if date.is_some_and(|d| !(1..=MAX_DAYS_AHEAD).contains(&(d - calendar.today).num_days())) {
        return None;
    }
    let window = window(text, m, mentions);
    let weight = weight(place, text, m, &window);
    let sent = is_sent(text, m, mentions);
    let here = meets.iter().any(|c| window.contains(&c.start));
    let is_handover = m.is_deadline || sent;
    let is_appointment = !is_handover && (here || !meets.is_empty() || place.of_meeting);
    let enough = if date.is_some() { ENOUGH } else { ENOUGH_UNKNOWN };
    (weight >= enough).then(|| Offer {
        turn: place.turn,
        side: place.side,
        date,
        corrects: CORRECTS.find(text).iter().any(|c| window.contains(&c.start)),
        is_explicit: m.bare_weekday.is_none() || text.is_asked(&m.tokens),
        tokens: m.tokens.clone(),
        is_appointment,
        is_handover,
        weight,
    })
}

/// A bare weekday is the one that is being talked about, or one of the same week.
fn meant(m: &Mention, place: Place) -> Option<NaiveDate> {
    let (Some(day), Some((anchor, answers))) = (m.bare_weekday, place.anchor) else { return m.date };
    if anchor.weekday() == day {
        return Some(anchor);
    }
    let step = i64::from(day.num_days_from_monday()) - i64::from(anchor.weekday().num_days_from_monday());
    let over_weekend = day == Weekday::Mon && step <= -3;
    let near = anchor + chrono::TimeDelta::days(if over_weekend { step + 7 } else { step });
    if answers && !m.is_deadline { m.date.map(|d| d.max(near)) } else { m.date }
}

/// The words that are said of a day.
fn window(text: &TurnText, m: &Mention, mentions: &[Mention]) -> Range<usize> {
    let sentence = text.sentence_of(m.tokens.start);
    if text.punctuated && sentence.len() <= 2 * WINDOW.0 {
        return sentence;
    }
    let from = m.tokens.start.saturating_sub(WINDOW.0).max(sentence.start);
    let to = (m.tokens.end + WINDOW.1).min(sentence.end);
    // Words between another day and this one are said of either; those past it are not.
    let before = mentions.iter().filter(|o| o.tokens.end <= m.tokens.start && o.grain == Grain::Day);
    before.map(|o| o.tokens.end).max().map_or(from, |end| end.max(from))..to
}

fn weight(place: Place, text: &TurnText, m: &Mention, window: &Range<usize>) -> i32 {
    let near = |cues: &super::Cues| cues.find(text).iter().any(|c| window.contains(&c.start));
    let happens = HAPPENS.find(text).into_iter().filter(|c| window.contains(&c.start));
    let happens: Vec<_> = happens.filter(|c| c.start < m.tokens.end + HAPPENS_WORDS).collect();
    let happens_then = happens.iter().any(|c| c.end <= m.tokens.start && m.tokens.start - c.end <= 2);
    let sentence = text.sentence_of(m.tokens.start);
    let fragment = sentence.len() <= FRAGMENT_WORDS && m.tokens.start - sentence.start <= 2;
    let before = text.tokens.get(m.tokens.start.wrapping_sub(1)).map_or("", |t| &*t.word);
    let conditional = text.tokens.iter().take(m.tokens.start).skip(window.start).any(|t| &*t.word == "if");
    let hypothetical = scope::covers(&text.scopes.hypothetical, &m.tokens) || conditional;
    let reported = scope::covers(&text.scopes.reported, &m.tokens);
    let proposes = near(&PROPOSES);
    let promises = near(&PROMISES) && (near(&DELIVERS) || near(&MEETS));
    // `The board meets on the nineteenth.` `The nineteenth?`
    let echoes = !proposes && !promises && place.told.iter().any(|o| is_same(o, m));
    let mut weight = 0;
    let mut add = |holds: bool, points: i32| weight += if holds { points } else { 0 };
    add(proposes, 3);
    add(!proposes && PROPOSES.stands(text) && text.tokens.len() <= 2 * WINDOW.0, 1);
    add(asks_for_a_yes(text), 2);
    add(text.is_asked(&m.tokens) && !echoes, 2);
    add(fragment, 2);
    add(promises, 2);
    add(near(&MEETS), 1);
    add(place.asked_when, 2);
    add(place.of_meeting, 1);
    add(place.negotiating, 2);
    add(place.position > 0.6, 1);
    add(place.position < 0.5, -4);
    add(m.grain == Grain::About, -2);
    add(m.grain == Grain::PeriodEnd, -2);
    add(!happens.is_empty(), if proposes { -2 } else { -4 });
    add(happens_then, -4);
    add(near(&OTHERS), -2);
    add(near(&VAGUE), -3);
    add(m.is_deadline && !near(&DELIVERS) && !fragment, -3);
    add(matches!(before, "from" | "since" | "until" | "till"), -3);
    add(is_modifier(text, m), -3);
    add(echoes && !near(&MEETS), -3);
    let told =
        window.start.max(m.tokens.start.saturating_sub(PAST_WORDS.0))..window.end.min(m.tokens.end + PAST_WORDS.1);
    add(PAST.find(text).iter().any(|c| told.contains(&c.start)), -4);
    add(hypothetical, -3);
    add(reported, -3);
    weight
}

/// `Agreed?`, `Deal?`, `Is that a go?` at the end of a turn.
fn asks_for_a_yes(text: &TurnText) -> bool {
    let Some(last) = text.questions.last().filter(|q| q.tokens.end == text.tokens.len()) else { return false };
    let says = |words: &[&str]| text.tokens.iter().skip(last.cue).any(|t| words.contains(&&*t.word));
    text.punctuated
        && last.tokens.len() <= 6
        && says(&["agreed", "deal", "okay", "ok", "go", "yes", "right", "that", "alright", "fair"])
}

fn is_same(one: &Mention, other: &Mention) -> bool {
    let weekday = |m: &Mention| m.bare_weekday.or(m.date.map(|d| d.weekday()));
    let bare = one.bare_weekday.is_some() || other.bare_weekday.is_some();
    (one.date == other.date && one.date.is_some()) || (bare && weekday(one) == weekday(other))
}

/// `the Monday meeting`, `the Friday numbers`.
fn is_modifier(text: &TurnText, m: &Mention) -> bool {
    const NOUNS: &[&str] =
        &["meeting", "call", "standup", "huddle", "shift", "round", "report", "deck", "numbers", "list", "crew", "run"];
    m.bare_weekday.is_some() && text.tokens.get(m.tokens.end).is_some_and(|t| NOUNS.contains(&&*t.word))
}

/// `I send the paper on Thursday, before the meeting`: the day belongs to the paper.
fn is_sent(text: &TurnText, m: &Mention, mentions: &[Mention]) -> bool {
    let sentence = text.sentence_of(m.tokens.start);
    let other_between = |from: usize| mentions.iter().any(|d| d.tokens.start > from && d.tokens.end <= m.tokens.start);
    SENDS.find(text).iter().any(|c| {
        sentence.contains(&c.start)
            && c.start < m.tokens.start
            && m.tokens.start - c.start <= SENT_WORDS
            && !other_between(c.start)
    })
}

/// `not Friday`, `Friday's out`, `the twenty-third, no`, `forget Tuesday`.
pub(super) fn is_denied(text: &TurnText, m: &Mention) -> bool {
    let w = |i: usize| text.tokens.get(i).map_or("", |t| &*t.word);
    let sentence = text.sentence_of(m.tokens.start);
    let end = m.tokens.end;
    let after: Vec<&str> = (end..(end + 4).min(sentence.end)).map(w).collect();
    let is =
        after.iter().take_while(|w| matches!(**w, "is" | "'s" | "are" | "would" | "will" | "could" | "might" | "be"));
    let is = is.count()
        + usize::from(matches!(after.get(1), Some(&("a" | "our" | "the" | "also" | "too" | "bank" | "public"))));
    let bad =
        after.iter().skip(is).take(2).any(|w| {
            matches!(
                *w,
                "out"
                    | "no"
                    | "not"
                    | "bad"
                    | "tricky"
                    | "full"
                    | "packed"
                    | "impossible"
                    | "busy"
                    | "difficult"
                    | "off"
                    | "awkward"
                    | "tight"
                    | "hopeless"
                    | "holiday"
                    | "taken"
            )
        }) && !matches!((after.get(is), after.get(is + 1)), (Some(&"no"), Some(&("problem" | "worries" | "bother"))));
    let before = w(m.tokens.start.wrapping_sub(1));
    let forgotten = matches!(before, "forget" | "scrap" | "except" | "cancel" | "avoid");
    scope::is_negated(&text.tokens, &m.tokens) || bad || forgotten
}

/// Of several days in one turn: an appointment before a deadline, then the one for which most speaks, then the last.
pub(super) fn best(offers: Vec<Offer>) -> Option<Offer> {
    offers.into_iter().enumerate().max_by_key(|(i, o)| (o.is_appointment, o.weight, o.is_explicit, *i)).map(|(_, o)| o)
}
