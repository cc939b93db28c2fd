//! When the buyer decides, and the dated reason to act.

use super::cues::Cues;
use super::dates::{Calendar, Grain, Mention};
use super::{CriticalEvent, DateFact};
use crate::domain::call::{Call, Side, Transcript, Turn};
use crate::domain::detect::Hit;
use crate::domain::evidence::Quoter;
use crate::domain::text::{TurnText, scope};
use std::collections::HashSet;
use std::sync::LazyLock;

static DECIDES: LazyLock<Cues> = LazyLock::new(|| {
    Cues::new(
        &[
            "{decide|decides|decision|choose|sign|vote|approve|award|select|pick}",
            "{board|committee|exec|steering|council} {meets|meet|sits|sit|meeting|is|has|on}",
            "go no go",
            "make {a|the|our} {call|choice}",
            "{order|contract|paper} {signed|placed}",
        ],
        2,
    )
});

static DEADLINE: LazyLock<Cues> = LazyLock::new(|| {
    Cues::new(
        &[
            "{deadline|audit|auditors|inspection|inspectors|renewal|expires|expiry|expire|go live|launch|season|peak|opening|opens|migration|deprecated|cutover|penalty|penalties|fine|fined|mandate|regulator|examiners}",
            "{has|have|need|needs|must|got} to be {live|in|done|ready|running|up|over|finished|off|out|on|gone|signed|working|cleared}",
            "{runs out|run out|end of life|end of support|switched off|goes away|shuts down|go up|kicks in|comes in|come back|in force|retires|leaves}",
            "{otherwise|or else|too late|miss it|miss that}",
        ],
        1,
    )
});

/// When the buyer decides: a day in a buyer's sentence about deciding.
pub fn decision_date(
    call: &Call,
    transcript: &Transcript,
    texts: &[TurnText],
    mentions: &[Vec<Mention>],
    calendar: &Calendar,
) -> (Option<DateFact>, Vec<Hit>) {
    let quoter = Quoter { call, transcript, texts };
    let (mut found, mut hits) = (None, Vec::new());
    for (turn, text, source) in buyers(transcript, texts) {
        let side = source.sure_side();
        for mention in mentions.get(turn as usize).into_iter().flatten() {
            let Some(date) = mention.date.filter(|d| *d > calendar.today) else { continue };
            // "I can't do Friday" names a day on which nothing happens.
            if scope::is_negated(&text.tokens, &mention.tokens) {
                continue;
            }
            let sentence = text.sentence_of(mention.tokens.start);
            let decided = DECIDES
                .find(text)
                .into_iter()
                .any(|c| sentence.contains(&c.start) && !scope::is_negated(&text.tokens, &c));
            if !decided {
                continue;
            }
            hits.push(Hit::single(turn, mention.tokens.clone(), "decision_date", side == Side::Buyer));
            let said = text.said(&source.text, &mention.tokens).unwrap_or_default();
            let evidence: Vec<_> = quoter.quote(turn, mention.tokens.clone(), "decision_date").into_iter().collect();
            if side == Side::Buyer && !evidence.is_empty() {
                found = Some(DateFact { date, text: said.to_owned(), evidence });
            }
        }
    }
    hits.dedup_by_key(|h| h.turn);
    (found, hits)
}

/// A dated reason to act: in the answer to the rep's question about it (`asked`), or a buyer's sentence about a deadline.
pub fn critical_event(
    call: &Call,
    transcript: &Transcript,
    texts: &[TurnText],
    mentions: &[Vec<Mention>],
    calendar: &Calendar,
    asked: &[Hit],
) -> Option<CriticalEvent> {
    let quoter = Quoter { call, transcript, texts };
    let answers: HashSet<u32> = asked.iter().filter(|h| h.certain).flat_map(|h| h.turn + 1..h.turn + 4).collect();
    let mut best: Option<(bool, CriticalEvent)> = None;
    for (turn, text, source) in buyers(transcript, texts) {
        let side = source.sure_side();
        let in_answer = answers.contains(&turn);
        let reason = DEADLINE.holds(text);
        if side != Side::Buyer || !(reason || in_answer) {
            continue;
        }
        let Some(mention) = mentions
            .get(turn as usize)
            .into_iter()
            .flatten()
            .find(|m| m.grain != Grain::Period && m.date.is_some_and(|d| (d - calendar.today).num_days() > 6))
        else {
            continue;
        };
        let Some(evidence) = quoter.quote(turn, mention.tokens.clone(), "critical_event") else { continue };
        let event = CriticalEvent { what: evidence.quote.clone(), date: mention.date, evidence: vec![evidence] };
        if best.as_ref().is_none_or(|(strong, _)| !strong && in_answer && reason) {
            best = Some((in_answer && reason, event));
        }
    }
    best.map(|(_, event)| event)
}

/// The turns that are a buyer's, or may be.
fn buyers<'a>(
    transcript: &'a Transcript,
    texts: &'a [TurnText],
) -> impl Iterator<Item = (u32, &'a TurnText, &'a Turn)> {
    (0_u32..)
        .zip(texts)
        .zip(&transcript.turns)
        .filter(|(_, source)| !source.unintelligible && source.sure_side() != Side::Rep)
        .map(|((turn, text), source)| (turn, text, source))
}
