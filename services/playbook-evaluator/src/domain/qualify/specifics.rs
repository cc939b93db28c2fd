//! Particulars beside a statement: a number, a name or a date, near enough to belong to it.

use crate::domain::call::{Call, Side};
use crate::domain::facts::Facts;
use crate::domain::facts::dates::{self, Calendar};
use crate::domain::playbook::qualification::Specific;
use crate::domain::text::tag::Tags;
use crate::domain::text::{Token, TurnText};
use std::collections::HashSet;
use std::ops::Range;

/// Words between a statement and its particular, where no sentence marks tell what belongs together.
const REACH: usize = 25;
/// Letters of a name that is known in small letters too.
const MIN_NAME_BYTES: usize = 3;

/// The names of a call, for transcripts that write everything small, and the names that tell nothing.
#[derive(Debug, Default)]
pub struct Names {
    /// Of the buyer's people on the call: they may be spoken to.
    present: HashSet<String>,
    /// Of the buyer's other people and of competitors.
    known: HashSet<String>,
    /// Of the rep, the seller and the account: naming them says nothing about the deal.
    idle: HashSet<String>,
}

impl Names {
    pub fn new(call: &Call, facts: &Facts) -> Self {
        let of = |side: Side| call.participants.iter().filter(move |p| p.side == side);
        let present = of(Side::Buyer).flat_map(|p| words(&p.name)).collect();
        let people = facts.stakeholders.iter().map(|s| s.name.as_str());
        let known = people.chain(facts.competitors.iter().map(|c| c.name.as_str())).flat_map(words).collect();
        let reps = of(Side::Rep).flat_map(|p| [p.name.as_str(), p.title.as_str()]);
        let idle = reps.chain([call.account.name.as_str()]).flat_map(words).collect();
        Self { present, known, idle }
    }

    fn hold(&self, text: &TurnText, at: usize) -> bool {
        let Some(token) = text.tokens.get(at) else { return false };
        let word = &*token.word;
        let named = token.tags.contains(Tags::NAME)
            || ((self.known.contains(word) || self.present.contains(word))
                && !token.tags.contains(Tags::FUNCTION)
                && !token.tags.contains(Tags::DATE));
        named && !self.idle.contains(word) && !(self.present.contains(word) && is_addressed(text, at, token))
    }
}

fn words(name: &str) -> impl Iterator<Item = String> + use<'_> {
    let words = name.split(|c: char| !c.is_alphanumeric() && c != '-').map(str::to_lowercase);
    words.filter(|word| word.len() >= MIN_NAME_BYTES)
}

/// `Names out, Helen.` speaks to Helen, not of her.
fn is_addressed(text: &TurnText, at: usize, token: &Token) -> bool {
    let sentence = text.sentences.get(token.sentence as usize).map_or(0..text.tokens.len(), |s| s.tokens.clone());
    let opens = at == sentence.start || token.after_break;
    let closes = at + 1 == sentence.end || text.tokens.get(at + 1).is_some_and(|next| next.after_break);
    opens && closes && sentence.len() > 1
}

/// The particular nearest to a statement: in its sentences or in the ones beside them.
pub fn near(
    text: &TurnText,
    stated: &Range<usize>,
    kinds: &[Specific],
    calendar: &Calendar,
    names: &Names,
) -> Option<Range<usize>> {
    let reach = reach(text, stated);
    let mut found: Vec<Range<usize>> = Vec::new();
    for kind in kinds {
        match kind {
            Specific::Number => found.extend(runs(reach.clone(), |i| is_number(text, i))),
            Specific::Name => found.extend(runs(reach.clone(), |i| names.hold(text, i))),
            Specific::Date => {
                let mentions = dates::find(text, calendar).into_iter().map(|mention| mention.tokens);
                found.extend(mentions.filter(|m| reach.start <= m.start && m.end <= reach.end && !is_now(text, m)));
            }
        }
    }
    let distance = |r: &Range<usize>| r.start.saturating_sub(stated.end) + stated.start.saturating_sub(r.end);
    found.into_iter().min_by_key(|range| (distance(range), range.start))
}

fn reach(text: &TurnText, stated: &Range<usize>) -> Range<usize> {
    let sentence = |token: usize| text.tokens.get(token).map_or(0, |t| t.sentence as usize);
    let (first, last) = (sentence(stated.start), sentence(stated.end.saturating_sub(1)));
    let from = text.sentences.get(first.saturating_sub(1)).map_or(0, |s| s.tokens.start);
    let to = text.sentences.get(last + 1).or(text.sentences.last()).map_or(text.tokens.len(), |s| s.tokens.end);
    from.max(stated.start.saturating_sub(REACH))..to.min(stated.end + REACH)
}

fn is_number(text: &TurnText, at: usize) -> bool {
    text.tokens.get(at).is_some_and(|t| t.tags.contains(Tags::NUMBER))
}

/// `today` dates nothing.
fn is_now(text: &TurnText, mention: &Range<usize>) -> bool {
    mention.len() == 1 && text.tokens.get(mention.start).is_some_and(|t| matches!(&*t.word, "today" | "tonight"))
}

/// Stretches of tokens in a row that fit.
fn runs(within: Range<usize>, fits: impl Fn(usize) -> bool) -> Vec<Range<usize>> {
    let mut runs: Vec<Range<usize>> = Vec::new();
    for at in within.filter(|i| fits(*i)) {
        match runs.last_mut() {
            Some(run) if run.end == at => run.end = at + 1,
            _ => runs.push(at..at + 1),
        }
    }
    runs
}
