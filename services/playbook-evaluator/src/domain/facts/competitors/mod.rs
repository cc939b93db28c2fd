//! Competitors: names the playbook knows, and names that somebody brings in as another option.

mod candidate;
mod cues;

use super::Competitor;
use crate::domain::call::{Call, Side, Transcript};
use crate::domain::detect::{Hit, is_substantive};
use crate::domain::evidence::Quoter;
use crate::domain::text::TurnText;
use crate::domain::text::token::tokenise;
use candidate::candidates;
use cues::ALTERNATIVES;
use std::collections::BTreeMap;
use std::ops::Range;

/// By name in lower case: the name as it was first said, and turn and tokens of each mention.
type Places = BTreeMap<String, (String, Vec<(u32, Range<usize>)>)>;

/// Turns in which a question about alternatives is answered.
const ANSWER_TURNS: u32 = 4;
/// From this a name is another supplier.
const MIN_SCORE: i32 = 3;

/// Reads the competitors. `persons` are names of people, in lower case; the list may hold a company by mistake.
pub fn extract(
    call: &Call,
    transcript: &Transcript,
    texts: &[TurnText],
    known: &[String],
    persons: &[String],
) -> (Vec<Competitor>, Vec<Hit>) {
    let own = own_names(call);
    let mut places: Places = BTreeMap::new();
    let mut scores: BTreeMap<String, (i32, bool)> = BTreeMap::new();
    let mut introduced: Vec<String> = Vec::new();
    let mut asked_at: Option<u32> = None;
    for (turn, text) in (0_u32..).zip(texts) {
        let Some(source) = transcript.turns.get(turn as usize).filter(|t| !t.unintelligible) else { continue };
        if source.sure_side() == Side::Rep && !text.questions.is_empty() && ALTERNATIVES.stands(text) {
            asked_at = Some(turn);
        }
        let asked = asked_at.is_some_and(|a| turn > a && turn - a <= ANSWER_TURNS);
        for (tokens, score) in candidates(&source.text, text, source.sure_side(), asked) {
            let Some(name) = spelled(&source.text, text, &tokens) else { continue };
            let key = name.to_lowercase();
            if own.iter().any(|o| overlaps(o, &key)) {
                continue;
            }
            // What may be a person needs clearer words around it.
            let score = score - 2 * i32::from(persons.iter().any(|person| overlaps(person, &key)));
            // The clearest mention counts, one more where it comes again: many weak ones prove nothing.
            let (best, again) = scores.entry(key.clone()).or_insert((score, false));
            *again |= places.contains_key(&key) && score > 0;
            *best = (*best).max(score);
            places.entry(key).or_insert_with(|| (name, Vec::new())).1.push((turn, tokens));
        }
    }
    // In the order they were first named.
    let mut named: Vec<(u32, String)> = places
        .iter()
        .filter(|(key, _)| {
            scores.get(*key).is_some_and(|(best, again)| *best > 0 && best + i32::from(*again) >= MIN_SCORE)
        })
        .filter_map(|(key, (_, found))| Some((found.first()?.0, key.clone())))
        .collect();
    named.sort();
    introduced.extend(named.into_iter().map(|(_, key)| key));
    add_known(transcript, texts, known, &mut places, &mut introduced);
    let quoter = Quoter { call, transcript, texts };
    let mut hits = Vec::new();
    let mut competitors = Vec::new();
    for key in introduced {
        let Some((name, found)) = places.get(&key) else { continue };
        let evidence: Vec<_> = found
            .iter()
            .take(5)
            .filter_map(|(turn, tokens)| quoter.quote(*turn, tokens.clone(), "competitor"))
            .collect();
        if evidence.is_empty() {
            continue;
        }
        for (turn, tokens) in found {
            let side = transcript.turns.get(*turn as usize).map_or(Side::Unknown, |t| t.sure_side());
            hits.push(Hit::single(*turn, tokens.clone(), "competitor", side != Side::Unknown));
        }
        let answered = found.iter().any(|(turn, _)| taken_up(transcript, texts, *turn));
        competitors.push(Competitor { name: name.clone(), evidence, answered });
    }
    hits.sort_by_key(|h| h.turn);
    hits.dedup_by_key(|h| h.turn);
    (competitors, hits)
}

/// Does the rep ask or answer right after, or say it themselves?
fn taken_up(transcript: &Transcript, texts: &[TurnText], turn: u32) -> bool {
    (turn + 1..turn + 3).any(|t| {
        let rep = transcript.turns.get(t as usize).is_some_and(|s| s.sure_side() == Side::Rep);
        rep && texts.get(t as usize).is_some_and(|text| !text.questions.is_empty() || is_substantive(text))
    })
}

fn spelled(source: &str, text: &TurnText, tokens: &Range<usize>) -> Option<String> {
    let name = text.said(source, tokens)?.trim_end_matches("'s");
    (name.chars().count() > 2).then(|| name.to_owned())
}

/// Everybody on the call, the account, the seller's own company from the reps' titles.
fn own_names(call: &Call) -> Vec<String> {
    let people = call.participants.iter().flat_map(|p| [p.name.clone(), p.title.clone()]);
    let mut own: Vec<String> =
        people.chain([call.account.name.clone(), call.account.industry.clone()]).map(|n| n.to_lowercase()).collect();
    own.retain(|n| !n.is_empty());
    own
}

fn overlaps(own: &str, name: &str) -> bool {
    let words = |s: &str| {
        s.split(|c: char| !c.is_alphanumeric()).filter(|w| w.len() > 2).map(str::to_owned).collect::<Vec<_>>()
    };
    let own = words(own);
    words(name).iter().any(|w| own.contains(w))
}

fn add_known(
    transcript: &Transcript,
    texts: &[TurnText],
    known: &[String],
    places: &mut Places,
    introduced: &mut Vec<String>,
) {
    for name in known {
        let wanted: Vec<String> =
            tokenise(name).into_iter().map(|t| t.word.into()).collect();
        let key = name.to_lowercase();
        for (turn, text) in (0_u32..).zip(texts) {
            if transcript.turns.get(turn as usize).is_none_or(|t| t.unintelligible) || wanted.is_empty() {
                continue;
            }
            let words: Vec<&str> = text.tokens.iter().map(|t| &*t.word).collect();
            if let Some(at) = words.windows(wanted.len()).position(|w| w.iter().zip(&wanted).all(|(a, b)| a == b)) {
                let entry = places.entry(key.clone()).or_insert_with(|| (name.clone(), Vec::new()));
                if !entry.1.iter().any(|(t, _)| *t == turn) {
                    entry.1.push((turn, at..at + wanted.len()));
                }
                if !introduced.contains(&key) {
                    introduced.push(key.clone());
                }
            }
        }
    }
}
