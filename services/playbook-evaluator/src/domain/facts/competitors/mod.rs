//! Competitors: names the playbook knows, and names that somebody brings in as another option.

mod around;
mod candidate;
mod capitals;
mod choose;
mod cues;
pub mod feature;
mod known;
mod learn;
mod learned;
pub mod pool;
mod rivals;
mod states;
#[cfg(test)]
mod tests;
mod weights;

use super::Competitor;
use crate::domain::call::{Call, Side, Transcript};
use crate::domain::detect::{Hit, is_substantive};
use crate::domain::evidence::Quoter;
use crate::domain::text::TurnText;
use crate::domain::text::token::tokenise;
use feature::Features;
pub use learn::{NamedCall, labelled_names, learn, named_calls};
use pool::{Mention, Named};
pub use states::{Place, States, places};
use std::collections::{BTreeMap, HashSet};
pub use weights::{Learned, Weights};

/// Mentions quoted as evidence.
const MAX_QUOTES: usize = 5;

/// Reads the competitors; where a model has read the names, by the weights that go with its `states`.
pub fn extract(
    call: &Call,
    transcript: &Transcript,
    texts: &[TurnText],
    known: &[String],
    states: Option<&States>,
    learned: &Learned,
) -> (Vec<Competitor>, Vec<Hit>) {
    let mut names = pool::names(call, transcript, texts);
    if let Some(states) = states {
        states.give(names.values_mut());
    }
    let weights = if states.is_some() { &learned.read } else { &learned.alone };
    let mut names = choose::choose(names, weights);
    add_known(transcript, texts, known, &mut names);
    // In the order they were first named.
    let mut named: Vec<Named> = names.into_values().collect();
    named.sort_by_key(|n| n.mentions.first().map(|m| (m.turn, m.tokens.start)));
    let quoter = Quoter { call, transcript, texts };
    let (mut competitors, mut hits) = (Vec::new(), Vec::new());
    for Named { name, mentions, .. } in named {
        let quotes = mentions.iter().take(MAX_QUOTES);
        let evidence: Vec<_> = quotes.filter_map(|m| quoter.quote(m.turn, m.tokens.clone(), "competitor")).collect();
        if evidence.is_empty() {
            continue;
        }
        hits.extend(
            mentions.iter().map(|m| Hit::single(m.turn, m.tokens.clone(), "competitor", m.side != Side::Unknown)),
        );
        let answered = mentions.iter().any(|m| taken_up(transcript, texts, m.turn));
        competitors.push(Competitor { name, evidence, answered });
    }
    hits.sort_by_key(|h| h.turn);
    hits.dedup_by_key(|h| h.turn);
    (competitors, hits)
}

/// Does the rep ask or answer right after, or say it themselves?
fn taken_up(transcript: &Transcript, texts: &[TurnText], turn: u32) -> bool {
    (turn + 1..turn + 3).any(|t| {
        let rep = transcript.turns.get(t as usize).is_some_and(|s| s.is_heard_from(Side::Rep));
        rep && texts.get(t as usize).is_some_and(|text| !text.questions.is_empty() || is_substantive(text))
    })
}

/// Names that the playbook knows count wherever they are said.
fn add_known(transcript: &Transcript, texts: &[TurnText], known: &[String], names: &mut BTreeMap<String, Named>) {
    for name in known {
        let wanted: Vec<String> = tokenise(name).into_iter().map(|t| t.word.into()).collect();
        let key = name.to_lowercase();
        let read: HashSet<u32> = names.get(&key).into_iter().flat_map(|n| &n.mentions).map(|m| m.turn).collect();
        for (turn, text) in (0_u32..).zip(texts) {
            let Some(source) = transcript.turns.get(turn as usize).filter(|t| !t.unintelligible) else { continue };
            if wanted.is_empty() {
                continue;
            }
            let words: Vec<&str> = text.tokens.iter().map(|t| &*t.word).collect();
            let Some(at) = words.windows(wanted.len()).position(|w| w.iter().zip(&wanted).all(|(a, b)| a == b)) else {
                continue;
            };
            let named = names.entry(key.clone()).or_insert_with(|| Named::of(name));
            if !read.contains(&turn) {
                let side = source.sure_side();
                let tokens = at..at + wanted.len();
                let features = Features::default();
                named.mentions.push(Mention { turn, tokens, side, features, state: None });
            }
        }
        if let Some(named) = names.get_mut(&key) {
            named.mentions.sort_by_key(|m| m.turn);
        }
    }
}
