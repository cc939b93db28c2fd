//! The next step both sides agreed: a day that one side offers and the other accepts, unless it is withdrawn later.
//! An appointment outranks a thing to be sent; among equals the last agreement counts.

mod cues;
mod offer;

use super::NextStep;
use super::dates::{self, Calendar};
use crate::domain::call::{Call, Side, Transcript};
use crate::domain::detect::{Hit, Part};
use crate::domain::evidence::Quoter;
use crate::domain::text::TurnText;
use chrono::Datelike;
use cues::{ACCEPT, ACTION, OWNS, PLANNING, REFUSE, WITHDRAW};
use offer::{Offer, best, offers};
use std::ops::Range;

/// How many turns an offer waits for its answer.
const ANSWER_TURNS: u32 = 6;
/// Turns before a date in which it may be said what the date is for.
const CONTEXT_TURNS: u32 = 4;

/// An agreement while the talk goes on.
#[derive(Debug, Clone)]
struct Agreement {
    offer: Offer,
    accepted: u32,
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
    let parts = [(agreed.offer.turn, agreed.offer.tokens.clone()), (agreed.accepted, whole(texts, agreed.accepted))]
        .map(|(turn, tokens)| Part { turn, tokens, method: "next_step" });
    let hits = vec![Hit { turn: agreed.accepted, parts: parts.into(), certain: agreed.certain }];
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
    let (text, source) = (texts.get(turn as usize), transcript.turns.get(turn as usize));
    text.zip(source).and_then(|(text, source)| text.said(&source.text, tokens)).unwrap_or_default().to_owned()
}

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
