//! Days that one turn offers for the next step, and how much speaks for each being an offer and not a fact.

use super::cues::{CORRECTS, DELIVERS, HAPPENS, MEETS, OTHERS, PAST, PROMISES, PROPOSES, SENDS, VAGUE};
use super::reply::is_taken;
use crate::domain::call::Side;
use crate::domain::facts::cues::Cues;
use crate::domain::facts::dates::{Calendar, Grain, Mention};
use crate::domain::text::{TurnText, scope};
use chrono::{Datelike, NaiveDate, Weekday};
use std::collections::BTreeSet;
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
    pub(super) told: &'t Told,
}

/// Days that were named, as far as another mention can be of one of them.
#[derive(Debug, Default)]
pub(super) struct Told {
    dates: BTreeSet<NaiveDate>,
    /// Weekdays of them all by their number, and of those that were named by the weekday alone.
    weekdays: [bool; 7],
    bare: [bool; 7],
}

impl Told {
    pub(super) fn add(&mut self, m: &Mention) {
        self.dates.extend(m.date);
        for (list, day) in [(&mut self.weekdays, weekday(m)), (&mut self.bare, m.bare_weekday)] {
            if let Some(told) = day.and_then(|day| list.get_mut(day.num_days_from_monday() as usize)) {
                *told = true;
            }
        }
    }

    fn names(&self, m: &Mention) -> bool {
        let list = if m.bare_weekday.is_some() { &self.weekdays } else { &self.bare };
        let same = weekday(m).and_then(|day| list.get(day.num_days_from_monday() as usize));
        same == Some(&true) || m.date.is_some_and(|date| self.dates.contains(&date))
    }
}

fn weekday(m: &Mention) -> Option<Weekday> {
    m.bare_weekday.or(m.date.map(|d| d.weekday()))
}

/// Where the words of a turn stand that tell an offer from a fact: read once, however many days it names.
struct Words {
    corrects: Vec<Range<usize>>,
    delivers: Vec<Range<usize>>,
    happens: Vec<Range<usize>>,
    meets: Vec<Range<usize>>,
    others: Vec<Range<usize>>,
    past: Vec<Range<usize>>,
    promises: Vec<Range<usize>>,
    proposes: Vec<Range<usize>>,
    sends: Vec<Range<usize>>,
    vague: Vec<Range<usize>>,
}

impl Words {
    fn of(text: &TurnText) -> Self {
        let find = |cues: &Cues| cues.find(text);
        Self {
            corrects: find(&CORRECTS),
            delivers: find(&DELIVERS),
            happens: find(&HAPPENS),
            meets: find(&MEETS),
            others: find(&OTHERS),
            past: find(&PAST),
            promises: find(&PROMISES),
            proposes: find(&PROPOSES),
            sends: find(&SENDS),
            vague: find(&VAGUE),
        }
    }
}

/// A turn with the days it names.
struct Said<'t> {
    text: &'t TurnText,
    mentions: &'t [Mention],
    words: Words,
}

/// The offers of a turn.
pub(super) fn offers(place: Place, text: &TurnText, mentions: &[Mention], calendar: &Calendar) -> Vec<Offer> {
    if mentions.is_empty() {
        return Vec::new();
    }
    let said = Said { text, mentions, words: Words::of(text) };
    let mut found: Vec<Offer> = (0..mentions.len()).filter_map(|at| said.offer(at, place, calendar)).collect();
    // `The file I drop by Friday. Probably Friday evening.`: said twice, it is still the file's day.
    let sent: BTreeSet<_> = found.iter().filter(|o| o.is_handover).map(|o| o.date).collect();
    for offer in found.iter_mut().filter(|o| sent.contains(&o.date)) {
        (offer.is_appointment, offer.is_handover) = (false, true);
    }
    found
}

impl Said<'_> {
    fn could_be_offered(&self, m: &Mention) -> bool {
        let graded = match m.grain {
            Grain::Day => true,
            Grain::About => m.date.is_some(),
            Grain::PeriodEnd => m.is_deadline,
            Grain::Period => false,
        };
        // `Thursday I'm in Zurich in any case, I can come`.
        let proposes_after = || self.words.proposes.iter().any(|c| c.start > m.tokens.end + 1);
        let free = !is_taken(self.text, m) || proposes_after();
        graded && !m.is_habit && !m.is_holiday && !is_denied(self.text, m) && free
    }

    /// What the mention of that index offers.
    fn offer(&self, at: usize, place: Place, calendar: &Calendar) -> Option<Offer> {
        let m = self.mentions.get(at).filter(|m| self.could_be_offered(m))?;
        let date = meant(m, place);
        if date.is_some_and(|d| !(1..=MAX_DAYS_AHEAD).contains(&(d - calendar.today).num_days())) {
            return None;
        }
        let Words { corrects, meets, .. } = &self.words;
        let window = self.window(at, m);
        let weight = self.weight(place, m, &window);
        let here = meets.iter().any(|c| window.contains(&c.start));
        let is_handover = m.is_deadline || self.is_sent(at, m);
        let is_appointment = !is_handover && (here || !meets.is_empty() || place.of_meeting);
        let enough = if date.is_some() { ENOUGH } else { ENOUGH_UNKNOWN };
        (weight >= enough).then(|| Offer {
            turn: place.turn,
            side: place.side,
            date,
            corrects: corrects.iter().any(|c| window.contains(&c.start)),
            is_explicit: m.bare_weekday.is_none() || self.text.is_asked(&m.tokens),
            tokens: m.tokens.clone(),
            is_appointment,
            is_handover,
            weight,
        })
    }

    /// The words that are said of a day.
    fn window(&self, at: usize, m: &Mention) -> Range<usize> {
        let sentence = self.text.sentence_of(m.tokens.start);
        if self.text.punctuated && sentence.len() <= 2 * WINDOW.0 {
            return sentence;
        }
        let from = m.tokens.start.saturating_sub(WINDOW.0).max(sentence.start);
        let to = (m.tokens.end + WINDOW.1).min(sentence.end);
        // Words between another day and this one are said of either; those past it are not.
        let mut before = self.mentions.iter().take(at).rev().take_while(|o| o.tokens.end > from);
        before.find(|o| o.grain == Grain::Day).map_or(from, |o| o.tokens.end)..to
    }

    fn weight(&self, place: Place, m: &Mention, window: &Range<usize>) -> i32 {
        let Self { text, words, .. } = self;
        let near = |found: &[Range<usize>]| found.iter().any(|c| window.contains(&c.start));
        let happens = words.happens.iter().filter(|c| window.contains(&c.start));
        let happens: Vec<_> = happens.filter(|c| c.start < m.tokens.end + HAPPENS_WORDS).collect();
        let happens_then = happens.iter().any(|c| c.end <= m.tokens.start && m.tokens.start - c.end <= 2);
        let sentence = text.sentence_of(m.tokens.start);
        let fragment = sentence.len() <= FRAGMENT_WORDS && m.tokens.start - sentence.start <= 2;
        let before = text.tokens.get(m.tokens.start.wrapping_sub(1)).map_or("", |t| &*t.word);
        let conditional = text.tokens.iter().take(m.tokens.start).skip(window.start).any(|t| &*t.word == "if");
        let hypothetical = scope::covers(&text.scopes.hypothetical, &m.tokens) || conditional;
        let reported = scope::covers(&text.scopes.reported, &m.tokens);
        let proposes = near(&words.proposes);
        let promises = near(&words.promises) && (near(&words.delivers) || near(&words.meets));
        // `The board meets on the nineteenth.` `The nineteenth?`
        let echoes = !proposes && !promises && place.told.names(m);
        let mut weight = 0;
        let mut add = |holds: bool, points: i32| weight += if holds { points } else { 0 };
        add(proposes, 3);
        add(!proposes && !words.proposes.is_empty() && text.tokens.len() <= 2 * WINDOW.0, 1);
        add(asks_for_a_yes(text), 2);
        add(text.is_asked(&m.tokens) && !echoes, 2);
        add(fragment, 2);
        add(promises, 2);
        add(near(&words.meets), 1);
        add(place.asked_when, 2);
        add(place.of_meeting, 1);
        add(place.negotiating, 2);
        add(place.position > 0.6, 1);
        add(place.position < 0.5, -4);
        add(m.grain == Grain::About, -2);
        add(m.grain == Grain::PeriodEnd, -2);
        add(!happens.is_empty(), if proposes { -2 } else { -4 });
        add(happens_then, -4);
        add(near(&words.others), -2);
        add(near(&words.vague), -3);
        add(m.is_deadline && !near(&words.delivers) && !fragment, -3);
        add(matches!(before, "from" | "since" | "until" | "till"), -3);
        add(is_modifier(text, m), -3);
        add(echoes && !near(&words.meets), -3);
        let told =
            window.start.max(m.tokens.start.saturating_sub(PAST_WORDS.0))..window.end.min(m.tokens.end + PAST_WORDS.1);
        add(words.past.iter().any(|c| told.contains(&c.start)), -4);
        add(hypothetical, -3);
        add(reported, -3);
        weight
    }

    /// `I send the paper on Thursday, before the meeting`: the day belongs to the paper.
    fn is_sent(&self, at: usize, m: &Mention) -> bool {
        let sentence = self.text.sentence_of(m.tokens.start);
        let before = at.checked_sub(1).and_then(|at| self.mentions.get(at));
        self.words.sends.iter().any(|c| {
            sentence.contains(&c.start)
                && c.start < m.tokens.start
                && m.tokens.start - c.start <= SENT_WORDS
                && before.is_none_or(|other| other.tokens.start <= c.start)
        })
    }
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

/// `Agreed?`, `Deal?`, `Is that a go?` at the end of a turn.
fn asks_for_a_yes(text: &TurnText) -> bool {
    let Some(last) = text.questions.last().filter(|q| q.tokens.end == text.tokens.len()) else { return false };
    let says = |words: &[&str]| text.tokens.iter().skip(last.cue).any(|t| words.contains(&&*t.word));
    text.punctuated
        && last.tokens.len() <= 6
        && says(&["agreed", "deal", "okay", "ok", "go", "yes", "right", "that", "alright", "fair"])
}

/// `the Monday meeting`, `the Friday numbers`.
fn is_modifier(text: &TurnText, m: &Mention) -> bool {
    const NOUNS: &[&str] =
        &["meeting", "call", "standup", "huddle", "shift", "round", "report", "deck", "numbers", "list", "crew", "run"];
    m.bare_weekday.is_some() && text.tokens.get(m.tokens.end).is_some_and(|t| NOUNS.contains(&&*t.word))
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
