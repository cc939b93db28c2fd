//! Amounts that are named as money, by whomever.

use super::money::{amounts, currency_of, plausible};
use super::{MAX_LISTED, Money};
use crate::domain::call::{Deal, Side, Turn};
use crate::domain::evidence::Quoter;
use crate::domain::text::{TurnText, number};
use std::ops::Range;

/// Every amount that is named as money, by whomever, in order: with a currency, or as a `grand`, a `buck` or some `k`.
pub fn named(quoter: &Quoter<'_>) -> Vec<Money> {
    let turns = (0_u32..).zip(quoter.texts).zip(&quoter.transcript.turns);
    let known = turns.filter(|(_, source)| !source.unintelligible && source.sure_side() != Side::Unknown);
    let of_turn = |((turn, text), source): ((u32, &TurnText), &Turn)| {
        let stated =
            amounts(text).into_iter().filter_map(|(tokens, value)| stated(text, tokens, value, &quoter.call.deal));
        let money = stated.filter_map(|(tokens, amount, currency)| {
            let evidence = vec![quoter.quote(turn, tokens.clone(), "amount")?];
            let text = text.said(&source.text, &tokens).unwrap_or_default().to_owned();
            Some(Money { amount, currency, text, evidence })
        });
        money.collect::<Vec<_>>()
    };
    known.flat_map(of_turn).take(MAX_LISTED).collect()
}

/// A number that is named as money: all its words, the amount, the currency.
fn stated(text: &TurnText, tokens: Range<usize>, value: f64, deal: &Deal) -> Option<(Range<usize>, f64, String)> {
    let word = |at: usize| text.tokens.get(at).map_or("", |token| &*token.word);
    // Codes and signs stand before, words behind: those before belong to another amount.
    let before = tokens.start.checked_sub(1).map(word).filter(|code| CODES.contains(code)).and_then(currency_of);
    let within = tokens.clone().find_map(|at| currency_of(word(at)));
    let behind = Some(word(tokens.end)).filter(|word| !word.starts_with(['$', '€', '£'])).and_then(currency_of);
    let behind = behind.filter(|_| together(text, tokens.end));
    if let Some(said) = before.or(within).or(behind) {
        // `nine pounds fifty`
        let minor = behind.and_then(|_| minor_units(text, tokens.end + 1));
        let end = tokens.end + usize::from(behind.is_some()) + minor.map_or(0, |(_, tokens)| tokens);
        let start = tokens.start - usize::from(before.is_some());
        return Some((start..end, value + minor.map_or(0.0, |(value, _)| value / 100.0), said.to_owned()));
    }
    let slang = word(tokens.start) == "buck";
    let thousands = tokens.clone().any(|at| word(at) == "grand" || is_k(word(at)));
    let amount = match slang {
        true => plausible(value, text, &tokens, deal.amount)?,
        false => Some(value).filter(|_| thousands && !COUNTED.contains(&word(tokens.end)))?,
    };
    Some((tokens, amount, deal.currency.clone()))
}

/// `k`, `140k`
fn is_k(word: &str) -> bool {
    word.strip_suffix('k').is_some_and(|digits| digits.bytes().all(|b| b.is_ascii_digit() || b == b'.' || b == b','))
}

/// Cents or pence behind a currency: two digits in words, which count nothing else.
fn minor_units(text: &TurnText, at: usize) -> Option<(f64, usize)> {
    let words = || text.tokens.iter().skip(at).map(|token| &*token.word);
    let read = number::read(words()).filter(|n| (1.0..100.0).contains(&n.value) && n.value.fract() == 0.0)?;
    let next = words().nth(read.tokens).unwrap_or_default();
    let alone =
        text.tokens.get(at + read.tokens).is_none() || !(COUNTED.contains(&next) || currency_of(next).is_some());
    (alone && together(text, at) && read.value >= 10.0).then_some((read.value, read.tokens))
}

/// Whether a token is of the sentence of the one before.
fn together(text: &TurnText, at: usize) -> bool {
    let before = at.checked_sub(1).and_then(|before| text.tokens.get(before));
    before.zip(text.tokens.get(at)).is_some_and(|(before, token)| before.sentence == token.sentence)
}

/// Currencies that stand before their amount.
const CODES: &[&str] = &["usd", "eur", "gbp", "chf", "$", "€", "£"];

/// What is counted in thousands and is no money.
const COUNTED: &[&str] = &[
    "%",
    "percent",
    "people",
    "users",
    "seats",
    "customers",
    "clients",
    "members",
    "employees",
    "staff",
    "heads",
    "records",
    "rows",
    "lines",
    "items",
    "orders",
    "invoices",
    "payments",
    "transactions",
    "calls",
    "emails",
    "tickets",
    "claims",
    "units",
    "parts",
    "miles",
    "km",
    "kilometres",
    "kilometers",
    "tonnes",
    "tons",
    "hours",
    "minutes",
    "days",
    "weeks",
    "months",
    "years",
    "times",
    "sites",
    "square",
];
