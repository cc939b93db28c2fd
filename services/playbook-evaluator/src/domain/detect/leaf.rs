//! Leaves: do the words that were found count? Whose they are, and whether they are denied, supposed or reported.

use super::Scan;
use super::hit::{Hit, one_a_turn};
use super::scan::RawHit;
use crate::domain::call::Side;
use crate::domain::playbook::Speaker;
use crate::domain::playbook::detect::LeafOptions;
use crate::domain::text::{Question, TurnText, scope};
use std::ops::Range;

/// Words before and after a question without marks that still belong to it.
const UNPUNCTUATED_LEAD: usize = 12;

/// Parameters of a question leaf.
pub(super) struct Asked {
    pub about: Option<usize>,
    pub asks: Option<usize>,
    pub wide: bool,
    pub lead: Option<usize>,
    pub options: LeafOptions,
}

impl Scan<'_> {
    /// May this turn prove something for that side? Some(false) where its side isn't known.
    pub(super) fn admits(&self, turn: u32, side: Speaker) -> Option<bool> {
        if self.transcript.turns.get(turn as usize).is_none_or(|t| t.unintelligible) {
            return None;
        }
        match (side, self.side(turn)) {
            (Speaker::Either, _) | (Speaker::Rep, Side::Rep) | (Speaker::Buyer, Side::Buyer) => Some(true),
            (_, Side::Unknown) => Some(false),
            _ => None,
        }
    }

    pub(super) fn phrases(&self, set: usize, side: Speaker, options: LeafOptions) -> Vec<Hit> {
        self.words(self.phrases.get(set).map_or(&[], Vec::as_slice), side, options, "phrases")
    }

    pub(super) fn pattern(&self, index: usize, side: Speaker, options: LeafOptions) -> Vec<Hit> {
        self.words(self.patterns.get(index).map_or(&[], Vec::as_slice), side, options, "pattern")
    }

    fn words(&self, found: &[RawHit], side: Speaker, options: LeafOptions, method: &'static str) -> Vec<Hit> {
        let mut hits: Vec<Hit> = Vec::new();
        for raw in found {
            if hits.last().is_some_and(|h| h.turn == raw.turn) {
                continue;
            }
            let (Some(certain), Some(text)) = (self.admits(raw.turn, side), self.texts.get(raw.turn as usize)) else {
                continue;
            };
            if counts(text, &raw.tokens, options) {
                hits.push(Hit::single(raw.turn, raw.tokens.clone(), method, certain));
            }
        }
        one_a_turn(hits)
    }

    pub(super) fn question(&self, asked: &Asked, side: Speaker) -> Vec<Hit> {
        match asked.about.or(asked.asks) {
            None => (0_u32..)
                .zip(self.texts)
                .filter_map(|(turn, text)| self.asked_in(turn, text, asked, &[], side))
                .collect(),
            Some(set) => {
                let found = self.phrases.get(set).map_or(&[][..], Vec::as_slice);
                let turns = found.chunk_by(|a, b| a.turn == b.turn);
                let hits = turns.filter_map(|raw| {
                    let turn = raw.first()?.turn;
                    self.asked_in(turn, self.texts.get(turn as usize)?, asked, raw, side)
                });
                hits.collect()
            }
        }
    }

    fn asked_in(&self, turn: u32, text: &TurnText, asked: &Asked, first: &[RawHit], side: Speaker) -> Option<Hit> {
        let certain = self.admits(turn, side)?;
        let both = asked.about.is_some() && asked.asks.is_some();
        let second: Vec<&RawHit> = if both { self.in_turn(asked.asks, turn) } else { Vec::new() };
        text.questions.iter().find_map(|question| {
            if asked.lead.is_some_and(|lead| question.cue > lead) || self.is_not_meant(text, question, asked.options) {
                return None;
            }
            let range = if asked.wide { neighbourhood(text, question) } else { question.tokens.clone() };
            let topic = if asked.about.is_none() && asked.asks.is_none() {
                question.cue..question.tokens.end
            } else {
                first.iter().find(|raw| inside(&raw.tokens, &range))?.tokens.clone()
            };
            if both && !second.iter().any(|raw| inside(&raw.tokens, &range)) {
                return None;
            }
            let tokens = topic.start.min(question.cue)..topic.end.max(question.cue + 1);
            Some(Hit::single(turn, tokens, "question", certain))
        })
    }

    /// Finds of a set in one turn, by binary search: finds are in the order of turns.
    fn in_turn(&self, set: Option<usize>, turn: u32) -> Vec<&RawHit> {
        let all = set.and_then(|s| self.phrases.get(s)).map_or(&[][..], Vec::as_slice);
        let from = all.partition_point(|h| h.turn < turn);
        all.iter().skip(from).take_while(|h| h.turn == turn).collect()
    }

    fn is_not_meant(&self, text: &TurnText, question: &Question, options: LeafOptions) -> bool {
        let cue = question.cue..question.cue + 1;
        (!options.reported && scope::covers(&text.scopes.reported, &cue))
            || (!options.hypothetical && scope::covers(&text.scopes.hypothetical, &cue))
    }
}

/// The question, the sentence before it and the one after: people lead up to a question, and say it again.
fn neighbourhood(text: &TurnText, question: &Question) -> Range<usize> {
    if !text.punctuated {
        return question.tokens.start.saturating_sub(UNPUNCTUATED_LEAD)..question.tokens.end + UNPUNCTUATED_LEAD;
    }
    let sentence = text.tokens.get(question.cue).map_or(0, |t| t.sentence as usize);
    let from = text.sentences.get(sentence.saturating_sub(1)).map_or(question.tokens.start, |s| s.tokens.start);
    let to = text.sentences.get(sentence + 1).map_or(question.tokens.end, |s| s.tokens.end);
    from..to
}

fn inside(found: &Range<usize>, range: &Range<usize>) -> bool {
    range.start <= found.start && found.end <= range.end
}

fn counts(text: &TurnText, found: &Range<usize>, options: LeafOptions) -> bool {
    (options.negated || !scope::is_negated(&text.tokens, found))
        && (options.hypothetical || !scope::covers(&text.scopes.hypothetical, found))
        && (options.reported || !scope::covers(&text.scopes.reported, found))
}
