//! The budget: an amount a buyer says is set aside or asked for.

use super::Money;
use super::cues::Cues;
use crate::domain::call::{Call, Side, Transcript};
use crate::domain::detect::Hit;
use crate::domain::evidence::Quoter;
use crate::domain::text::{TurnText, number};
use std::ops::Range;
use std::sync::LazyLock;

static BUDGET: LazyLock<Cues> = LazyLock::new(|| {
    Cues::new(
        &[
            "{budget|budgeted|budgets|earmarked|allocated|ringfenced|capex|opex|allocation|envelope|kitty}",
            "set aside",
            "put {aside|away|by|back|in}",
            "{pot|line|bucket|purse} {of|for|is|has|that|this|with}",
            "{in|left in|out of} {the|that|my|our|this} {pot|line|bucket|plan|kitty|capital}",
            "approved {estimate|amount|budget|plan|spend}",
            "{i|we} {have|got} <number> {for this|left|approved|set}",
            "left {in|over|for|of}",
            "{spend|spending} {limit|up to|of|on}",
            "can {spend|go to|go up|stretch} {<number>|to|up}",
            "to {spend|put my hand on}",
            "on the form",
            "in the {capital|approved|plan|forecast}",
        ],
        2,
    )
});

/// Words between the cue and its amount.
const REACH: usize = 12;

/// Reads the last budget a buyer stated.
pub fn extract(call: &Call, transcript: &Transcript, texts: &[TurnText]) -> (Option<Money>, Vec<Hit>) {
    let quoter = Quoter { call, transcript, texts };
    let (mut found, mut hits) = (None, Vec::new());
    for (turn, text) in (0_u32..).zip(texts) {
        let Some(source) = transcript.turns.get(turn as usize).filter(|t| !t.unintelligible) else { continue };
        let side = source.sure_side();
        if side == Side::Rep {
            continue;
        }
        let amounts = amounts(text);
        for cue in BUDGET.find(text) {
            let near =
                amounts.iter().find(|(tokens, _)| tokens.start <= cue.end + REACH && cue.start <= tokens.end + REACH);
            let Some((tokens, value)) = near else { continue };
            let Some(amount) = plausible(*value, text, tokens, call.deal.amount) else { continue };
            let covered = cue.start.min(tokens.start)..cue.end.max(tokens.end);
            hits.push(Hit::single(turn, covered.clone(), "budget", side == Side::Buyer));
            let evidence: Vec<_> = quoter.quote(turn, covered, "budget").into_iter().collect();
            if side == Side::Buyer && !evidence.is_empty() {
                found = Some(Money {
                    amount,
                    currency: currency(text, tokens).unwrap_or(&call.deal.currency).to_owned(),
                    text: text.said(&source.text, tokens).unwrap_or_default().to_owned(),
                    evidence,
                });
            }
            break;
        }
    }
    (found, hits)
}

/// Numbers of a turn, `a buck eighty` among them.
fn amounts(text: &TurnText) -> Vec<(Range<usize>, f64)> {
    let words: Vec<&str> = text.tokens.iter().map(|t| &*t.word).collect();
    let mut found = Vec::new();
    let mut at = 0;
    while at < words.len() {
        let slang =
            words.get(at).filter(|w| **w == "buck").and_then(|_| number::read(words.iter().skip(at + 1).copied()));
        if let Some(rest) = slang.filter(|n| n.value < 100.0) {
            found.push((at..at + 1 + rest.tokens, 100.0 + rest.value));
            at += 1 + rest.tokens;
        } else if let Some(n) = number::read(words.iter().skip(at).copied()) {
            found.push((at..at + n.tokens, n.value));
            at += n.tokens;
        } else {
            at += 1;
        }
    }
    found
}

/// `a hundred and eighty` in a deal of 180,000 means thousands; an amount that fits nothing is no budget.
fn plausible(value: f64, text: &TurnText, tokens: &Range<usize>, deal: Option<f64>) -> Option<f64> {
    let scaled = tokens.clone().any(|i| text.tokens.get(i).is_some_and(|t| number::scale(&t.word).is_some()));
    let before = text.tokens.get(tokens.start.wrapping_sub(1)).map_or("", |t| &*t.word);
    let after = text.tokens.get(tokens.end).map_or("", |t| &*t.word);
    let counts_time = matches!(
        after,
        "percent"
            | "%"
            | "day"
            | "days"
            | "week"
            | "weeks"
            | "month"
            | "months"
            | "year"
            | "years"
            | "people"
            | "hours"
            | "minutes"
            | "o'clock"
            | "sites"
            | "times"
            | "seats"
    );
    if counts_time || before == "page" || value < 5.0 {
        return None;
    }
    if scaled || value >= 1000.0 {
        return Some(value);
    }
    let thousands = value * 1000.0;
    match deal {
        Some(deal) if deal > 0.0 && (0.1..=5.0).contains(&(thousands / deal)) => Some(thousands),
        Some(deal) if deal > 0.0 && (0.1..=5.0).contains(&(value / deal)) => Some(value),
        _ => None,
    }
}

fn currency(text: &TurnText, tokens: &Range<usize>) -> Option<&'static str> {
    let range = tokens.start..tokens.end + 1;
    range.filter_map(|i| text.tokens.get(i)).find_map(|t| match &*t.word {
        "dollar" | "dollars" | "usd" | "bucks" => Some("USD"),
        "euro" | "euros" | "eur" => Some("EUR"),
        "pound" | "pounds" | "quid" | "gbp" => Some("GBP"),
        "francs" | "chf" => Some("CHF"),
        word if word.starts_with('$') => Some("USD"),
        word if word.starts_with('€') => Some("EUR"),
        word if word.starts_with('£') => Some("GBP"),
        _ => None,
    })
}
