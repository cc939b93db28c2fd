//! `answered`: the other side answers in substance, not with a sound or a promise to come back.

use super::Scan;
use super::hit::{Hit, Part};
use super::program::Node;
use crate::domain::call::Side;
use crate::domain::playbook::Speaker;
use crate::domain::text::TurnText;
use crate::domain::text::tag::Tags;

/// Fewest words with meaning in an answer that holds no number.
const MIN_CONTENT_WORDS: usize = 3;

/// Words in a row that put off or refuse an answer.
const EVASIONS: &[&[&str]] = &[
    &["do", "not", "know"],
    &["not", "sure"],
    &["could", "not", "say"],
    &["can", "not", "say"],
    &["not", "say"],
    &["no", "idea"],
    &["get", "back", "to", "you"],
    &["come", "back", "to", "you"],
    &["have", "to", "check"],
    &["let", "me", "check"],
    &["hard", "to", "say"],
    &["depends"],
    &["have", "to", "ask"],
    &["find", "out"],
    &["look", "into", "it"],
    &["wait", "and", "see"],
    &["we", "will", "see"],
    &["rather", "not", "say"],
];

impl Scan<'_> {
    pub(super) fn answered(&self, of: &Node, with: Option<&Node>, turns: u32, side: Speaker) -> Vec<Hit> {
        let asked = self.evaluate(of, side);
        let across = match of.side.unwrap_or(side) {
            Speaker::Rep => Speaker::Buyer,
            Speaker::Buyer => Speaker::Rep,
            Speaker::Either => Speaker::Either,
        };
        let wanted = with.map(|w| self.evaluate(w, across));
        asked.into_iter().filter_map(|hit| self.answer(hit, wanted.as_deref(), turns)).collect()
    }

    fn answer(&self, mut hit: Hit, wanted: Option<&[Hit]>, turns: u32) -> Option<Hit> {
        let asker = self.side(hit.turn);
        let mut possible: Option<Part> = None;
        for turn in hit.turn + 1..=hit.turn.saturating_add(turns) {
            let Some(text) = self.texts.get(turn as usize) else { break };
            let side = self.side(turn);
            if side == asker && side != Side::Unknown {
                continue;
            }
            let (part, certain) = match wanted {
                Some(wanted) => match wanted.binary_search_by_key(&turn, |h| h.turn).ok().and_then(|i| wanted.get(i)) {
                    Some(found) => (found.parts.last().cloned(), found.certain),
                    None => continue,
                },
                None if is_substantive(text) => {
                    (Some(Part { turn, tokens: 0..text.tokens.len(), method: "answered" }), true)
                }
                None => continue,
            };
            let part = part.map(|p| Part { method: "answered", ..p });
            if certain && side != Side::Unknown && asker != Side::Unknown {
                hit.parts.extend(part);
                return Some(hit);
            }
            possible = possible.or(part);
        }
        hit.parts.push(possible?);
        hit.certain = false;
        Some(hit)
    }
}

/// Does a turn answer in substance?
pub fn is_substantive(text: &TurnText) -> bool {
    let says_number = text.tokens.iter().any(|t| t.tags.contains(Tags::NUMBER));
    if says_number {
        return true;
    }
    let words: Vec<&str> = text.tokens.iter().map(|t| &*t.word).collect();
    let evasive = EVASIONS.iter().any(|e| words.windows(e.len()).any(|w| w == *e));
    let content = text.content_words();
    content >= MIN_CONTENT_WORDS && (!evasive || content >= 4 * MIN_CONTENT_WORDS)
}
