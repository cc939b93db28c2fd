//! The budget: an amount a buyer says is set aside or asked for.

use super::Money;
use super::cues::Cues;
use super::signs::Signs;
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

/// The amount is kept for something.
const SET_ASIDE: &[&str] = &[
    "{set|put|put it|lay|laid|sat} {aside|away|by|back|down}",
    "{pencilled|penciled|pencil} {in|down}",
    "{earmarked|ringfenced|ring-fenced|ring fenced|allocated|budgeted|reserved|approved|parked|park|kept|voted|committed|assigned|signed off|granted}",
    "left {in|on|over|of|for|to spend|from|this}",
    "{may|can|could|able to|allowed to} {spend|go to|go up to|stretch to|sign for}",
    "to {spend|put my hand on|play with|work with}",
    "{gave|given|got} me",
    "{turned|handed} {mine|it} in",
];
/// What holds money.
const FUND: &[&str] = &[
    "{budget|budgets|capex|opex|envelope|kitty|allocation|purse|bucket|pot|fund|reserve|ceiling|cap|lid}",
    "{in|on|from|out of|under} {the|my|our|this|her|his|their|your} {plan|line|pool|program|programme|forecast|capital|investment|project|scheme|money}",
    "in {the|this year} plan",
    "on the form",
    "{money|spend} for {it|this|that|systems|tools}",
];
/// Money is kept for a time.
const PERIOD: &[&str] = &[
    "{this|the|next|for the|all|whole|financial|fiscal} year",
    "{before|until|till|by|come} {christmas|december|march|june|new year}",
    "use it or lose it",
    "{take it off|goes back}",
];
/// Somebody has it.
const HAVE: &[&str] = &[
    "{i|we|he|she|they|who} {have|has|had|got|put|kept|keep|would}",
    "there {be}",
    "what {i|we} {have|got}",
    "{mine|ours|it} be",
];
/// There is no more.
const LIMIT: &[&str] = &[
    "{and|but} not {a|one} {cent|penny|euro|pound|dollar|centime|rand|krona} {more|over|past|above}",
    "{all in|no more|is all|at most|max|maximum|tops|and that is it}",
    "that is {what i have|all|everything|the line|your lot|the number|the figure|my number}",
    "for everything",
];
/// What things cost is no budget.
const COSTS: &[&str] = &[
    "{cost|costs|costing|quoted|quote|price|priced|charge|charges|invoice|bill|fine|penalty|salary|wages|losing|lost|lose|write off|wrote off|scrap|claim|claims|penalties|revenue|turnover|saving|savings|save}",
    "{=came|=come|=are} {in at|at}",
    "{they|their|theirs|yours|you} {want|wanted|offer|offered|quote|quoted|be at|are at}",
    "{sign|signs|signature} {up to|to|above|over|under|until}",
    "{above|over|beyond|past|north of|anything over} {<number>|<money>}",
    "{=was|=were|used to be|had been} {<number>|<money>}",
];

static SIGNS: LazyLock<Signs> = LazyLock::new(|| {
    Signs::new(&[
        (1.6, REACH, 2, SET_ASIDE),
        (1.4, REACH, 3, FUND),
        (0.7, REACH, 1, PERIOD),
        (0.7, 4, 1, HAVE),
        (0.7, REACH, 1, LIMIT),
        (-1.3, 5, 1, COSTS),
    ])
});

/// From here on an amount is a budget.
const ENOUGH: f64 = 2.0;

/// Reads the budget: the amount for which most speaks, of equals the one stated last. Hits are all places where an amount
/// stands near talk of budgets.
pub fn extract(call: &Call, transcript: &Transcript, texts: &[TurnText]) -> (Option<Money>, Vec<Hit>) {
    let quoter = Quoter { call, transcript, texts };
    let (mut found, mut hits): (Option<(f64, Money)>, Vec<Hit>) = (None, Vec::new());
    for (turn, text) in (0_u32..).zip(texts) {
        let Some(source) = transcript.turns.get(turn as usize).filter(|t| !t.unintelligible) else { continue };
        let side = source.sure_side();
        if side == Side::Rep {
            continue;
        }
        let amounts: Vec<(Range<usize>, f64)> = amounts(text)
            .into_iter()
            .filter_map(|(tokens, value)| Some((tokens.clone(), plausible(value, text, &tokens, call.deal.amount)?)))
            .collect();
        let spoken = spoken_of(text, &amounts);
        hits.extend(spoken.map(|tokens| Hit::single(turn, tokens, "budget", side == Side::Buyer)));
        if side != Side::Buyer || amounts.is_empty() {
            continue;
        }
        let around = SIGNS.around(text);
        for (tokens, amount) in amounts {
            let (weight, covered) = around.weigh(&tokens);
            if weight < ENOUGH || found.as_ref().is_some_and(|(best, _)| *best > weight) {
                continue;
            }
            let evidence: Vec<_> = quoter.quote(turn, covered, "budget").into_iter().collect();
            if evidence.is_empty() {
                continue;
            }
            let currency = currency(text, &tokens).unwrap_or(&call.deal.currency).to_owned();
            let text = text.said(&source.text, &tokens).unwrap_or_default().to_owned();
            found = Some((weight, Money { amount, currency, text, evidence }));
        }
    }
    (found.map(|(_, money)| money), hits)
}

/// Where a turn speaks of a budget beside one of its amounts, if it does.
fn spoken_of(text: &TurnText, amounts: &[(Range<usize>, f64)]) -> Option<Range<usize>> {
    BUDGET.find(text).into_iter().find_map(|cue| {
        let near = |tokens: &Range<usize>| tokens.start <= cue.end + REACH && cue.start <= tokens.end + REACH;
        let (tokens, _) = amounts.iter().find(|(tokens, _)| near(tokens))?;
        Some(cue.start.min(tokens.start)..cue.end.max(tokens.end))
    })
}

/// Numbers of a turn, `a buck eighty` among them.
pub(super) fn amounts(text: &TurnText) -> Vec<(Range<usize>, f64)> {
    let words: Vec<&str> = text.tokens.iter().map(|t| &*t.word).collect();
    let mut found = Vec::new();
    let mut at = 0;
    while at < words.len() {
        let slang =
            words.get(at).filter(|w| **w == "buck").and_then(|_| number::read(words.iter().skip(at + 1).copied()));
        if let Some(rest) = slang.filter(|n| n.value < 100.0) {
            found.push((at..at + 1 + rest.tokens, 100.0 + rest.value));
            at += 1 + rest.tokens;
        } else if let Some((value, tokens)) = hundreds(words.get(at..).unwrap_or_default()) {
            found.push((at..at + tokens, value));
            at += tokens;
        } else if let Some(n) = number::read(words.iter().skip(at).copied()) {
            if !is_day(text, at + n.tokens) {
                found.push((at..at + n.tokens, n.value));
            }
            at += n.tokens;
        } else {
            at += 1;
        }
    }
    found
}

/// `one sixty` is a hundred and sixty.
fn hundreds(words: &[&str]) -> Option<(f64, usize)> {
    let first = words.first().and_then(|word| number::unit(word)).filter(|n| (1..=9).contains(n))?;
    let rest = number::read(words.iter().skip(1).copied()).filter(|n| (20.0..100.0).contains(&n.value))?;
    Some((f64::from(first) * 100.0 + rest.value, 1 + rest.tokens))
}

/// `the thirty-first of May`.
fn is_day(text: &TurnText, after: usize) -> bool {
    const ORDINALS: [&str; 9] = ["first", "second", "third", "fourth", "fifth", "sixth", "seventh", "eighth", "ninth"];
    text.tokens.get(after).is_some_and(|next| ORDINALS.contains(&&*next.word))
}

/// `a hundred and eighty` in a deal of 180,000 means thousands; an amount that fits nothing is no budget.
pub(super) fn plausible(value: f64, text: &TurnText, tokens: &Range<usize>, deal: Option<f64>) -> Option<f64> {
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
    // `nine pound fifty` is what it says.
    if currency(text, &(tokens.start.saturating_sub(1)..tokens.end)).is_some() {
        return deal.filter(|deal| value / deal > 0.02).map(|_| value);
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
    range.filter_map(|i| text.tokens.get(i)).find_map(|token| currency_of(&token.word))
}

/// ISO 4217 code of the currency that a word names or begins with.
pub(super) fn currency_of(word: &str) -> Option<&'static str> {
    match word {
        "dollar" | "dollars" | "usd" | "bucks" => Some("USD"),
        "euro" | "euros" | "eur" => Some("EUR"),
        "pound" | "pounds" | "quid" | "gbp" => Some("GBP"),
        "francs" | "chf" => Some("CHF"),
        word if word.starts_with('$') => Some("USD"),
        word if word.starts_with('€') => Some("EUR"),
        word if word.starts_with('£') => Some("GBP"),
        _ => None,
    }
}
