//! The next step both sides agreed: a day that one side offers and the other accepts, unless it is withdrawn later.
//! An appointment outranks a thing to be sent; among equals the last agreement counts.

mod cues;
mod offer;
mod reply;
mod talk;

use super::dates::{Calendar, Mention};
use super::{NextStep, shortened};
use crate::domain::call::{Call, Side, Transcript, Turn};
use crate::domain::detect::{Doubt, Hit, Part};
use crate::domain::evidence::{Evidence, Quoter};
use crate::domain::text::TurnText;
use cues::{ACTION, OWNS};
use std::ops::Range;
use talk::{Agreement, follow};

/// Turns before a date in which it may be said what the date is for.
const CONTEXT_TURNS: u32 = 4;
/// Turns after the agreement in which somebody may take it on.
const AFTER_TURNS: u32 = 3;

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
    let parts = parts_of(&agreed, texts);
    let parts = parts.map(|(turn, tokens)| Part { turn, tokens, method: "next_step", confidence: None });
    let hits =
        vec![Hit { turn: agreed.accepted, parts: parts.into(), certain: agreed.certain, doubt: Doubt::default() }];
    if !agreed.certain {
        return Found { next_step: None, hits };
    }
    let (says, owns) = (says(transcript, texts, &agreed), owns(transcript, texts, &agreed));
    let mut evidence = Vec::new();
    // Whatever is told of the step stands in a turn that is quoted.
    for (turn, tokens) in parts_of(&agreed, texts).into_iter().chain(says.clone()).chain(owns.clone()) {
        let quoted = quoter.quote(turn, tokens, "next_step");
        evidence.extend(quoted.filter(|new| !evidence.iter().any(|old| is_within(new, old))));
    }
    if evidence.is_empty() {
        return Found { next_step: None, hits };
    }
    let (turn, tokens) = says.unwrap_or_else(|| (agreed.offer.turn, agreed.offer.tokens.clone()));
    let what = words_of(transcript, texts, turn, &tokens);
    let owner = owns.and_then(|(turn, _)| call.participant(&transcript.turns.get(turn as usize)?.participant));
    let next_step = NextStep {
        what: shortened(&what),
        owner: owner.map(|person| person.name.clone()).unwrap_or_default(),
        date: agreed.offer.date,
        date_text: words_of(transcript, texts, agreed.offer.turn, &agreed.offer.tokens),
        evidence,
    };
    Found { next_step: Some(next_step), hits }
}

/// The offer and its answer.
fn parts_of(agreed: &Agreement, texts: &[TurnText]) -> [(u32, Range<usize>); 2] {
    [(agreed.offer.turn, agreed.offer.tokens.clone()), (agreed.accepted, whole(texts, agreed.accepted))]
}

fn is_within(new: &Evidence, old: &Evidence) -> bool {
    new.turn == old.turn && old.quote.contains(&new.quote)
}

fn whole(texts: &[TurnText], turn: u32) -> Range<usize> {
    0..texts.get(turn as usize).map_or(0, |t| t.tokens.len())
}

/// A turn near the agreement that may carry a claim about it: understood, and by a sure side.
fn near<'t>(transcript: &'t Transcript, texts: &'t [TurnText], turn: u32) -> Option<(&'t Turn, &'t TurnText)> {
    let source = transcript.turns.get(turn as usize)?;
    let sure = !source.unintelligible && source.sure_side() != Side::Unknown;
    texts.get(turn as usize).filter(|_| sure).map(|text| (source, text))
}

/// The sentence that says what is to be done, the nearest to the offer.
fn says(transcript: &Transcript, texts: &[TurnText], agreed: &Agreement) -> Option<(u32, Range<usize>)> {
    let offer = agreed.offer.turn;
    let mut turns: Vec<u32> = (offer.saturating_sub(CONTEXT_TURNS)..=agreed.accepted).collect();
    turns.sort_by_key(|t| t.abs_diff(offer));
    turns.into_iter().find_map(|turn| {
        let (_, text) = near(transcript, texts, turn)?;
        let tokens = ACTION.find(text).into_iter().next()?;
        Some((turn, text.sentence_of(tokens.start)))
    })
}

fn words_of(transcript: &Transcript, texts: &[TurnText], turn: u32, tokens: &Range<usize>) -> String {
    let (text, source) = (texts.get(turn as usize), transcript.turns.get(turn as usize));
    text.zip(source).and_then(|(text, source)| text.said(&source.text, tokens)).unwrap_or_default().to_owned()
}

/// Where somebody takes the step on (`I'll send`): the rep first. A meeting is nobody's because the buyer brings
/// something to it.
fn owns(transcript: &Transcript, texts: &[TurnText], agreed: &Agreement) -> Option<(u32, Range<usize>)> {
    let by = |side: Side| {
        let turns = agreed.offer.turn.saturating_sub(CONTEXT_TURNS)..=agreed.accepted + AFTER_TURNS;
        turns.into_iter().find_map(|turn| {
            let (_, text) = near(transcript, texts, turn).filter(|(source, _)| source.sure_side() == side)?;
            Some((turn, OWNS.find_meant(text).into_iter().next()?))
        })
    };
    by(Side::Rep).or_else(|| if agreed.offer.is_appointment { None } else { by(Side::Buyer) })
}

#[cfg(test)]
mod tests;
