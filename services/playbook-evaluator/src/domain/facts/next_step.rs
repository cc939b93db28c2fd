//! The next step both sides agreed: a day that one side offers and the other accepts, unless it is withdrawn later.
//! An appointment outranks a thing to be sent; among equals the last agreement counts.

use super::cues::Cues;
use super::dates::{self, Calendar, Grain, Mention};
use super::{NextStep, hit};
use crate::domain::call::{Call, Side, Transcript};
use crate::domain::detect::Hit;
use crate::domain::evidence::Quoter;
use crate::domain::text::{TurnText, scope};
use chrono::{Datelike, NaiveDate};
use std::ops::Range;
use std::sync::LazyLock;

/// A turn this short is about the day it names.
const SHORT_TURN_WORDS: usize = 14;
/// How many turns an offer waits for its answer.
const ANSWER_TURNS: u32 = 6;
/// Turns before a date in which it may be said what the date is for.
const CONTEXT_TURNS: u32 = 4;
/// Further ahead nobody fixes the next step.
const MAX_DAYS_AHEAD: i64 = 45;
/// Words between `I'll send` and the day it will be sent.
const SENT_WORDS: usize = 14;

static PLANNING: LazyLock<Cues> = LazyLock::new(|| {
    Cues::new(
        &[
            "{meet|meeting|call|session|demo|workshop|review|walkthrough|appointment|slot|invite|invitation|calendar|diary|calendars|visit}",
            "{shall|should|could|can|would|do|let} {we|us|you|i|ye}",
            "{let us|we will|i will|we could|i could|we can|i can} {do|say|meet|speak|talk|call|come|show|book|fix|set|sit|go|put|send|bring|have|take|review|run}",
            "{how|what} about",
            "how is",
            "how 's",
            "does that {work|suit|fit}",
            "{works|suits|fits} {for|you}",
            "{pencil|book|schedule|reconvene|regroup|reschedule|lock}",
            "{send|get|bring|have} {you|it|them|that|over|the}",
            "{talk|speak|meet|see} {again|then|next}",
            "next {step|call|session|meeting|time}",
            "{are|you} free",
            "o'clock",
            "same time",
            "{morning|afternoon}",
            "{come|pop|drop} {by|in|over|out|back|up|down}",
            "put {it|something|that|us|me} {in|on|down}",
        ],
        2,
    )
});

static APPOINTMENT: LazyLock<Cues> = LazyLock::new(|| {
    Cues::new(
        &[
            "{meet|meeting|call|session|demo|workshop|walkthrough|appointment|slot|invite|invitation|visit|teams|zoom}",
            "{we|us} {meet|speak|talk|sit|go|walk|look|reconvene|regroup|review|do}",
            "{talk|speak|meet|see you} {then|again|there}",
            "o'clock",
            "{at|till|until} <number>",
            "half {past|<number>}",
            "<number> {am|pm|thirty|fifteen|sharp}",
            "quarter {past|to}",
            "{morning|afternoon|noon|lunch|lunchtime}",
            "same time",
            "{i will|i can} {come|show|be there}",
            "{come|pop} {by|in|over|out|up|down}",
        ],
        1,
    )
});

static ACCEPT: LazyLock<Cues> = LazyLock::new(|| {
    Cues::new(
        &[
            "{yes|yeah|yep|yup|sure|ok|okay|fine|good|great|perfect|lovely|grand|brilliant|super|wonderful|excellent|=done|agreed|deal|confirmed|absolutely|certainly|definitely|alright|sorted|ideal|=noted|correct|settled}",
            "{that|it|<date>|time|day|which} {works|suits|fits|does}",
            "{works|suits|fits} {for|me|us|fine|well}",
            "sounds {good|great|fine|like}",
            "{can|could} {do|make} {that|it|then|<date>|<number>}",
            "{i|we} can {do|make|live}",
            "{i|we} {will} be {there|here|ready|around}",
            "see you",
            "{put|pencil|count} {me|us|it} {down|in|on}",
            "book it",
            "send {the|it|me|us|over} {invite|invitation|calendar}",
            "{i|we} will {have|make|bring|send|get|take|be|do|come|join|tell|let|keep|clear|block|see}",
            "no problem",
            "happy {to|with}",
            "{i|we} {am|are} free",
            "please do",
            "go ahead",
            "it 's in",
            "in {the|my} {diary|calendar|book}",
            "that 'd work",
            "i come",
            "you are on",
        ],
        1,
    )
});

static REFUSE: LazyLock<Cues> = LazyLock::new(|| {
    Cues::new(
        &[
            "{can|could|do|does|will|would} not {do|make|work|suit|book|put|send|promise|commit|say|want|think|have|fix|set|know|be}",
            "{not} {free|possible|available|sure|there|ready|yet|good}",
            "{out|away|busy|booked|gone|travelling|traveling} {that|then|all|until|of|on}",
            "let me {check|look|see|ask|think|talk|come|get|ping|holler}",
            "{come|get|circle} back {to|with} {you|ye}",
            "depends",
            "we will see",
            "{i|we} would rather",
            "{leave|park} {it|that|this|them}",
            "{too|bit} {early|soon|tight}",
            "hold off",
            "hold {on|fire}",
            "{ping|email|mail|write|ring|shout|holler} {you|me|us|when|at}",
            "{maybe|perhaps|possibly}",
            "first i {check|ask|look|see|talk|need}",
            "before we {book|set|fix|agree}",
            "have to {check|ask|see|talk}",
            "not {this|that|the}",
            "no {date|dates|promises}",
            "{revert|see how}",
        ],
        1,
    )
});

static WITHDRAW: LazyLock<Cues> = LazyLock::new(|| {
    Cues::new(
        &[
            "{cancel|scrap|scratch|bin|drop|withdraw|postpone|pull|kill} {it|that|the|this|our|<date>|them}",
            "call {it|that|this} off",
            "take that back",
            "hold off",
            "hold {the|that} {invite|invitation|meeting|date|call|session}",
            "off the table",
            "{forget|strike|park|shelve} {it|that|the|about|<date>}",
            "not {book|send|put|schedule|set|fix|do|hold|keep} {it|that|anything|the|this|<date>|me|any}",
            "{leave|let us leave} {it|that|this} {for|with|open|there|until}",
            "after all",
            "on hold",
            "on ice",
            "take {me|us|it|that} {off|out}",
            "not {going to|gonna} {happen|work|be}",
            "can not {do|make|promise|commit} {it|that|the|<date>|to}",
            "have to {move|cancel|pull|push|postpone|drop}",
            "{let us|we} not {fix|set|book|do|meet|say}",
            "{i|we} will {ping|shout|holler|revert|ring} {you|when}",
        ],
        2,
    )
});

static DELIVERS: LazyLock<Cues> = LazyLock::new(|| {
    Cues::new(
        &[
            "{send|get|have|bring|share|fill|draft|prepare|deliver|drop|forward|upload|return|mail|email|finish|answer|write|put} {you|it|them|that|this|the|a|over|back|in|some|me|us|her|him|two|your|our|my|one}",
        ],
        2,
    )
});

static SENDS: LazyLock<Cues> = LazyLock::new(|| {
    Cues::new(
        &[
            "{send|forward|mail|email|upload|return|draft|share} {you|it|them|that|this|the|a|over|back|me|us|her|him|two|your|our|some}",
        ],
        1,
    )
});

/// An agreement while the talk goes on.
#[derive(Debug, Clone)]
struct Agreement {
    offer: Offer,
    accepted: u32,
    certain: bool,
}

#[derive(Debug, Clone)]
struct Offer {
    turn: u32,
    side: Side,
    date: NaiveDate,
    tokens: Range<usize>,
    is_appointment: bool,
    /// More than a weekday was said, or it was asked: `Friday` alone in passing moves no appointment.
    is_explicit: bool,
    certain: bool,
}

/// What was agreed, and the finds it stands on.
#[derive(Debug, Default)]
pub struct Found {
    pub next_step: Option<NextStep>,
    pub hits: Vec<Hit>,
}

/// Reads the agreed next step.
pub fn extract(call: &Call, transcript: &Transcript, texts: &[TurnText], calendar: &Calendar) -> Found {
    let Some(agreed) = follow(transcript, texts, calendar) else { return Found::default() };
    let quoter = Quoter { call, transcript, texts };
    let first = context_start(&agreed.offer);
    let mut hits = vec![hit(agreed.accepted, 0..usize::MAX, "next_step", agreed.certain)];
    if let Some(found) = hits.first_mut() {
        found.parts = [
            part(agreed.offer.turn, agreed.offer.tokens.clone()),
            part(agreed.accepted, whole(texts, agreed.accepted)),
        ]
        .into();
    }
    if !agreed.certain {
        return Found { next_step: None, hits };
    }
    let evidence: Vec<_> = [
        quoter.quote(agreed.offer.turn, agreed.offer.tokens.clone(), "next_step"),
        quoter.turn(agreed.accepted, "next_step"),
    ]
    .into_iter()
    .flatten()
    .collect();
    if evidence.is_empty() {
        return Found { next_step: None, hits };
    }
    let next_step = NextStep {
        what: describe(transcript, texts, first, &agreed),
        owner: owner(call, transcript, texts, first, &agreed),
        date: Some(agreed.offer.date),
        date_text: words_of(transcript, texts, agreed.offer.turn, &agreed.offer.tokens),
        evidence,
    };
    Found { next_step: Some(next_step), hits }
}

fn part(turn: u32, tokens: Range<usize>) -> crate::domain::detect::Part {
    crate::domain::detect::Part { turn, tokens, method: "next_step" }
}

fn whole(texts: &[TurnText], turn: u32) -> Range<usize> {
    0..texts.get(turn as usize).map_or(0, |t| t.tokens.len())
}

fn context_start(offer: &Offer) -> u32 {
    offer.turn.saturating_sub(CONTEXT_TURNS)
}

/// Goes through the talk once: offers, answers, withdrawals.
fn follow(transcript: &Transcript, texts: &[TurnText], calendar: &Calendar) -> Option<Agreement> {
    let mut open: Option<Offer> = None;
    let mut agreed: Option<Agreement> = None;
    let mut planned = 0_u32;
    for (turn, text) in (0_u32..).zip(texts) {
        let Some(source) = transcript.turns.get(turn as usize).filter(|t| !t.unintelligible) else { continue };
        let side = source.sure_side();
        if PLANNING.stands(text) {
            planned = turn + 1;
        }
        let refused = REFUSE.stands(text);
        let anchor = open.as_ref().map(|o| o.date).or(agreed.as_ref().map(|a| a.offer.date));
        let offered = offers(turn, side, text, calendar, planned > 0 && turn + 1 - planned <= CONTEXT_TURNS, anchor);
        if agreed.as_ref().is_some_and(|a| turn > a.accepted && is_withdrawn(a, &offered, text, refused, calendar)) {
            agreed = None;
            open = None;
            continue;
        }
        if let Some(offer) = open.clone() {
            let across = side != offer.side || side == Side::Unknown;
            let repeats = offered.iter().any(|o| o.date == offer.date);
            let accepts = !refused && (ACCEPT.holds(text) || repeats);
            if across && accepts && (offered.is_empty() || repeats) {
                let certain = side != Side::Unknown && offer.side != Side::Unknown;
                let newer = Agreement { offer, accepted: turn, certain };
                agreed = Some(preferred(agreed, newer));
                open = None;
                continue;
            }
            if across && refused && offered.is_empty() {
                open = None;
                continue;
            }
            if turn - offer.turn > ANSWER_TURNS {
                open = None;
            }
        }
        if let Some(offer) = best(offered) {
            open = Some(match open {
                Some(earlier) if earlier.date == offer.date && earlier.side != offer.side => earlier,
                Some(earlier) => Offer { is_appointment: offer.is_appointment || earlier.is_appointment, ..offer },
                None => offer,
            });
        }
    }
    agreed
}

/// Is the agreement taken back here? By words that do so where no other day is offered, or by a refusal of its day.
fn is_withdrawn(agreed: &Agreement, offered: &[Offer], text: &TurnText, refused: bool, calendar: &Calendar) -> bool {
    let elsewhere = offered.iter().any(|o| o.date != agreed.offer.date);
    if elsewhere {
        return false;
    }
    let names_day = dates::find(text, calendar)
        .iter()
        .any(|m| m.date == Some(agreed.offer.date) || m.bare_weekday == Some(agreed.offer.date.weekday()));
    WITHDRAW.stands(text) && (offered.is_empty() || refused) || (names_day && refused && !ACCEPT.holds(text))
}

fn preferred(old: Option<Agreement>, new: Agreement) -> Agreement {
    match old {
        Some(old) if old.offer.is_appointment && !new.offer.is_appointment => old,
        Some(old) if old.offer.is_appointment && old.offer.is_explicit && !new.offer.is_explicit => old,
        _ => new,
    }
}

fn offers(
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
fn best(offers: Vec<Offer>) -> Option<Offer> {
    offers.into_iter().enumerate().max_by_key(|(i, o)| (o.is_appointment, o.certain, *i)).map(|(_, o)| o)
}

static ACTION: LazyLock<Cues> = LazyLock::new(|| {
    Cues::new(
        &[
            "{show|demo|demonstrate|review|present|walk through|go through|go over|run through|look at|discuss|test|pilot|try|sign|start|kick off|session|workshop|meeting|visit|replay|draft|assessment|document|documents|proposal|offer|contract|security|questions|files|data}",
        ],
        1,
    )
});

fn describe(transcript: &Transcript, texts: &[TurnText], first: u32, agreed: &Agreement) -> String {
    let mut turns: Vec<u32> = (first..=agreed.accepted).collect();
    turns.sort_by_key(|t| t.abs_diff(agreed.offer.turn));
    let found = turns.into_iter().find_map(|turn| {
        let text = texts.get(turn as usize)?;
        let tokens = ACTION.find(text).into_iter().next()?;
        Some((turn, text.sentence_of(tokens.start)))
    });
    let (turn, tokens) = found.unwrap_or((agreed.offer.turn, agreed.offer.tokens.clone()));
    let quoted = words_of(transcript, texts, turn, &tokens);
    quoted.chars().take(240).collect::<String>().trim().to_owned()
}

fn words_of(transcript: &Transcript, texts: &[TurnText], turn: u32, tokens: &Range<usize>) -> String {
    let range = texts.get(turn as usize).and_then(|t| {
        let last = tokens.end.min(t.tokens.len()).checked_sub(1)?;
        Some(t.tokens.get(tokens.start)?.start..t.tokens.get(last)?.end)
    });
    let text = transcript.turns.get(turn as usize).map_or("", |t| t.text.as_str());
    range.and_then(|r| text.get(r)).unwrap_or_default().to_owned()
}

static OWNS: LazyLock<Cues> = LazyLock::new(|| {
    Cues::new(
        &[
            "{i will|let me|i can|i could|i would} {send|bring|show|set|put|get|run|prepare|book|do|draft|come|present|have|walk|take|fix|fill|share|write|go}",
            "i {send|bring|show|come}",
        ],
        2,
    )
});

/// Who says `I'll send`, the rep first; else the rep who took part in the agreement.
fn owner(call: &Call, transcript: &Transcript, texts: &[TurnText], first: u32, agreed: &Agreement) -> String {
    let last = (agreed.accepted + 3).min(u32::try_from(texts.len()).unwrap_or(u32::MAX).saturating_sub(1));
    let says = |side: Side| {
        (first..=last).find(|t| {
            let on_side = transcript.turns.get(*t as usize).is_some_and(|s| s.sure_side() == side);
            on_side && texts.get(*t as usize).is_some_and(|text| OWNS.holds(text))
        })
    };
    let of_rep = (first..=last).find(|t| transcript.turns.get(*t as usize).is_some_and(|s| s.sure_side() == Side::Rep));
    let turn = says(Side::Rep)
        .or_else(|| if agreed.offer.is_appointment { of_rep } else { says(Side::Buyer) })
        .or(of_rep)
        .unwrap_or(agreed.offer.turn);
    let speaker = transcript.turns.get(turn as usize).map_or("", |t| t.participant.as_str());
    call.participant(speaker).map(|p| p.name.clone()).unwrap_or_default()
}
