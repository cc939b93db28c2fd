//! The next step both sides agreed: a day that one side offers and the other accepts, unless it is withdrawn later.
//! An appointment outranks a thing to be sent; among equals the last agreement counts.

mod cues;
mod offer;
mod reply;
mod talk;

use super::NextStep;
use super::cues::Cues;
use super::dates::{Calendar, Mention};
use crate::domain::call::{Call, Side, Transcript};
use crate::domain::detect::{Doubt, Hit, Part};
use crate::domain::evidence::Quoter;
use crate::domain::text::TurnText;
use cues::{ACTION, OWNS};
use offer::Offer;
use std::ops::Range;
use talk::{Agreement, follow};

/// Turns before a date in which it may be said what the date is for.
const CONTEXT_TURNS: u32 = 4;

/// What was agreed, and the finds it stands on.
#[derive(Debug, Default)]
pub struct Found {
    pub next_step: Option<NextStep>,
    pub hits: Vec<Hit>,
}

/// Reads the agreed next step. `mentions`: the dates of each turn.
pub fn extract(
    call: &Call,
    transcript: &Transcript,
    texts: &[TurnText],
    mentions: &[Vec<Mention>],
    calendar: &Calendar,
) -> Found {
    let Some(agreed) = follow(transcript, texts, mentions, calendar) else { return Found::default() };
    let quoter = Quoter { call, transcript, texts };
    let first = context_start(&agreed.offer);
    let parts = [(agreed.offer.turn, agreed.offer.tokens.clone()), (agreed.accepted, whole(texts, agreed.accepted))]
        .map(|(turn, tokens)| Part { turn, tokens, method: "next_step", confidence: None });
    let hits =
        vec![Hit { turn: agreed.accepted, parts: parts.into(), certain: agreed.certain, doubt: Doubt::default() }];
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
        date: agreed.offer.date,
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

#[cfg(test)]
mod tests;
