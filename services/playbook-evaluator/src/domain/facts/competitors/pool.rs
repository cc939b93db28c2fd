//! The candidates of a whole call: mentions of one name pooled, with what only the whole call tells.

use super::candidate::{Candidate, Reader};
use super::feature::{Feature, Features};
use super::rivals::{ALTERNATIVES, OF_THEM, PRAISE};
use crate::domain::call::{Call, Side, Transcript};
use crate::domain::text::TurnText;
use crate::domain::text::tag::Tags;
use std::collections::{BTreeMap, HashMap};
use std::ops::Range;
use throughline_embeddings::Vector;

/// Turns in which a question about alternatives is answered.
const ANSWER_TURNS: u32 = 4;
/// Turns in which a rep takes a name up.
const ECHO_TURNS: u32 = 3;

/// A name somebody said.
#[derive(Debug, Clone)]
pub struct Named {
    /// As first said.
    pub name: String,
    pub mentions: Vec<Mention>,
    /// What only the whole call tells.
    pub over_call: Features,
}

/// A place where a name was said.
#[derive(Debug, Clone)]
pub struct Mention {
    pub turn: u32,
    pub tokens: Range<usize>,
    pub side: Side,
    pub features: Features,
    /// What a model makes of the name there, where one read it.
    pub state: Option<Vector>,
}

impl Named {
    pub fn of(name: &str) -> Self {
        Self { name: name.to_owned(), mentions: Vec::new(), over_call: Features::default() }
    }

    fn is_said_as_one(&self) -> bool {
        self.mentions.len() > 1 || self.mentions.iter().any(|mention| mention.features.contains(Feature::Called))
    }

    fn is_large(&self) -> bool {
        self.name.chars().next().is_some_and(char::is_uppercase)
    }
}

/// Every name of a call, by its words in lower case.
pub fn names(call: &Call, transcript: &Transcript, texts: &[TurnText]) -> BTreeMap<String, Named> {
    let own = Own::of(call);
    let writing = Writing::of(texts);
    let mut found: BTreeMap<String, Named> = BTreeMap::new();
    let mut asked_at: Option<u32> = None;
    for (turn, text) in (0_u32..).zip(texts) {
        let Some(source) = transcript.turns.get(turn as usize).filter(|t| !t.unintelligible) else { continue };
        let side = source.sure_side();
        if side == Side::Rep && ALTERNATIVES.stands(text) {
            asked_at = Some(turn);
        }
        let praise = side == Side::Rep && PRAISE.stands(text);
        let since = asked_at.map(|a| turn - a).filter(|n| side == Side::Buyer && (1..=ANSWER_TURNS).contains(n));
        let reader =
            Reader { source: &source.text, text, capitals: writing.capitals, inside: &|word| writing.inside(word) };
        let reply = reply(transcript, texts, turn).filter(|_| side == Side::Buyer);
        let taken_up = reply.is_some_and(|reply| OF_THEM.stands(reply));
        let praised = reply.is_some_and(|reply| PRAISE.stands(reply));
        for Candidate { tokens, mut features } in reader.candidates() {
            let Some(name) = text.said(&source.text, &tokens).map(|s| s.trim_end_matches("'s").to_owned()) else {
                continue;
            };
            let key = name.to_lowercase();
            if own.is_of_call(&key) {
                continue;
            }
            features.insert_if(Feature::Answer, since == Some(1));
            features.insert_if(Feature::LateAnswer, since.is_some_and(|n| n > 1));
            features.insert_if(Feature::RepQuestion, side == Side::Rep && text.is_asked(&tokens));
            features.insert_if(Feature::AlsoSmall, writing.capitals && words(&key).all(|w| writing.small(w)));
            features.insert_if(Feature::ByRep, side == Side::Rep);
            features.insert_if(Feature::Praise, praise);
            features.insert_if(Feature::RepTakesUp, taken_up);
            features.insert_if(Feature::RepPraises, praised);
            let named = found.entry(key).or_insert_with(|| Named::of(&name));
            named.mentions.push(Mention { turn, tokens, side, features, state: None });
        }
    }
    merge_short_forms(&mut found);
    for named in found.values_mut() {
        named.over_call = over_call(&named.mentions);
    }
    found
}

/// What the rep says next, within two turns.
fn reply<'t>(transcript: &Transcript, texts: &'t [TurnText], turn: u32) -> Option<&'t TurnText> {
    let rep = |t: &u32| transcript.turns.get(*t as usize).is_some_and(|source| source.is_heard_from(Side::Rep));
    (turn + 1..turn + 3).find(rep).and_then(|t| texts.get(t as usize))
}

/// `Praetor` is `Praetor Draft` where that was said too. Without capitals any two words may stand side by side: then the
/// longer name must be said twice, or after `called`.
fn merge_short_forms(found: &mut BTreeMap<String, Named>) {
    let short: Vec<String> = found.keys().filter(|key| !key.contains(' ')).cloned().collect();
    for key in short {
        let from = format!("{key} ");
        let longer = found.range(from.clone()..).next().map(|(k, _)| k.clone()).filter(|k| k.starts_with(&from));
        let sure = |longer: &String| {
            let large = found.get(&key).is_some_and(Named::is_large);
            large || found.get(longer).is_some_and(Named::is_said_as_one)
        };
        let Some(longer) = longer.filter(sure) else { continue };
        let Some(part) = found.remove(&key) else { continue };
        if let Some(whole) = found.get_mut(&longer) {
            whole.mentions.extend(part.mentions);
            whole.mentions.sort_by_key(|m| (m.turn, m.tokens.start));
        }
    }
}

/// What the mentions of a name tell together.
fn over_call(mentions: &[Mention]) -> Features {
    let by_buyer = mentions.iter().find(|m| m.side == Side::Buyer).map(|m| m.turn);
    let by_rep = |m: &Mention| m.side == Side::Rep;
    let mut buyers: Vec<u32> = mentions.iter().filter(|m| m.side == Side::Buyer).map(|m| m.turn).collect();
    buyers.dedup();
    let first = mentions.first().map(|m| m.turn);
    let mut features = Features::default();
    features.insert_if(Feature::Again, mentions.iter().any(|m| Some(m.turn) != first));
    features.insert_if(Feature::Twice, buyers.len() > 1);
    features.insert_if(Feature::Often, buyers.len() > 3);
    features.insert_if(Feature::RepOnly, by_buyer.is_none());
    features.insert_if(Feature::RepFirst, mentions.first().is_some_and(by_rep) && by_buyer.is_some());
    let echoed = |turn: u32| mentions.iter().any(|m| by_rep(m) && (turn + 1..=turn + ECHO_TURNS).contains(&m.turn));
    features.insert_if(Feature::EchoedByRep, by_buyer.is_some_and(echoed));
    let praised = |m: &Mention| m.features.contains(Feature::Praise);
    features.insert_if(Feature::PraisedByRep, by_buyer.is_some() && mentions.iter().any(praised));
    let any = |of: &[Feature]| mentions.iter().any(|m| of.iter().any(|f| m.features.contains(*f)));
    features.insert_if(Feature::AnyPlace, any(&[Feature::Place, Feature::From]));
    features.insert_if(Feature::AnySystem, any(&[Feature::System, Feature::Customer]));
    features.insert_if(
        Feature::AnyPerson,
        any(&[
            Feature::Title,
            Feature::PersonDoes,
            Feature::PersonHas,
            Feature::OfficeNear,
            Feature::HeOrShe,
            Feature::Involved,
        ]),
    );
    features
}

/// How words are written over the call.
struct Writing {
    capitals: bool,
    /// Written large inside a sentence, and written small.
    words: HashMap<Box<str>, (bool, bool)>,
}

impl Writing {
    fn of(texts: &[TurnText]) -> Self {
        let mut words: HashMap<Box<str>, (bool, bool)> = HashMap::new();
        for text in texts {
            for (i, token) in text.tokens.iter().enumerate() {
                let large = token.tags.contains(Tags::CAPITAL);
                let entry = words.entry(token.word.clone()).or_default();
                entry.0 |= large && text.sentence_of(i).start != i;
                entry.1 |= !large;
            }
        }
        // A single capital may slip in; a transcript with capitals has many.
        let capitals = words.iter().filter(|(word, w)| w.0 && &***word != "i").count() > 2;
        Self { capitals, words }
    }

    fn inside(&self, word: &str) -> bool {
        self.words.get(word).is_some_and(|w| w.0)
    }

    fn small(&self, word: &str) -> bool {
        self.words.get(word).is_some_and(|w| w.1)
    }
}

/// Names that can't be another supplier's: everybody on the call, and the account.
struct Own {
    names: Vec<String>,
    /// Words of titles and of the industry: a name made of nothing else is none.
    trade: Vec<String>,
}

impl Own {
    fn of(call: &Call) -> Self {
        let split = |text: &str| words(&text.to_lowercase()).map(str::to_owned).collect::<Vec<_>>();
        let names = call.participants.iter().map(|p| &p.name).chain([&call.account.name]);
        let trade = call.participants.iter().map(|p| &p.title).chain([&call.account.industry]);
        Self { names: names.flat_map(|n| split(n)).collect(), trade: trade.flat_map(|t| split(t)).collect() }
    }

    fn is_of_call(&self, key: &str) -> bool {
        words(key).any(|w| self.names.iter().any(|n| n == w)) || words(key).all(|w| self.trade.iter().any(|t| t == w))
    }
}

fn words(name: &str) -> impl Iterator<Item = &str> {
    name.split(|c: char| !c.is_alphanumeric()).filter(|w| w.chars().count() > 2)
}
