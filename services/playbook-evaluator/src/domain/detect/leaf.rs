//! Leaves: do the words that were found count? Whose they are, and whether they are denied, supposed or reported.

use super::Scan;
use super::hit::{Hit, one_a_turn};
use super::scan::RawHit;
use crate::domain::call::Side;
use crate::domain::playbook::Speaker;
use crate::domain::playbook::detect::LeafOptions;
use crate::domain::text::{Question, TurnText, scope};
use std::ops::Range;

/// Words before and after a find without marks that still belong to it.
const UNPUNCTUATED_LEAD: usize = 12;

/// Words that are there and yet not said by their speaker.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Unmeant {
    Negated,
    Hypothetical,
    Reported,
}

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
        if self.is_unintelligible(turn) {
            return None;
        }
        match (side, self.side(turn)) {
            (Speaker::Either, _) | (Speaker::Rep, Side::Rep) | (Speaker::Buyer, Side::Buyer) => Some(true),
            (_, Side::Unknown) => Some(false),
            _ => None,
        }
    }

    pub(super) fn phrases(&self, set: usize, side: Speaker, options: LeafOptions) -> Vec<Hit> {
        self.words(self.found_phrases(set), side, options, "phrases")
    }

    pub(super) fn pattern(&self, index: usize, side: Speaker, options: LeafOptions) -> Vec<Hit> {
        self.words(self.found_patterns(index), side, options, "pattern")
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
            if self.unmeant(raw, text, options).is_none() {
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
                let found = self.found_phrases(set);
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
            if asked.lead.is_some_and(|lead| question.cue > lead)
                || self.not_meant(turn, text, question, asked.options).is_some()
            {
                return None;
            }
            let range = if asked.wide { around(text, question) } else { question.tokens.clone() };
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
    pub(super) fn in_turn(&self, set: Option<usize>, turn: u32) -> Vec<&RawHit> {
        let all = set.and_then(|s| self.phrases.get(s)).map_or(&[][..], Vec::as_slice);
        let from = all.partition_point(|h| h.turn < turn);
        all.iter().skip(from).take_while(|h| h.turn == turn).collect()
    }

    /// Why a question is not the speaker's own; none where it is.
    pub(super) fn not_meant(
        &self,
        turn: u32,
        text: &TurnText,
        question: &Question,
        options: LeafOptions,
    ) -> Option<Unmeant> {
        // A question may be denied: `don't you need ..?` asks.
        let asked = LeafOptions { negated: true, ..options };
        let cue = RawHit { turn, tokens: question.cue..question.cue + 1, negates: false };
        self.unmeant(&cue, text, asked)
    }

    /// Why words that were found don't count as said; none where they do.
    pub(super) fn unmeant(&self, found: &RawHit, text: &TurnText, options: LeafOptions) -> Option<Unmeant> {
        if !options.negated && found.is_denied(&text.tokens) {
            return Some(Unmeant::Negated);
        }
        if !options.hypothetical && scope::covers(&text.scopes.hypothetical, &found.tokens) {
            return Some(Unmeant::Hypothetical);
        }
        let reported = !options.reported && self.is_reported(found.turn, text, &found.tokens);
        reported.then_some(Unmeant::Reported)
    }

    fn is_reported(&self, turn: u32, text: &TurnText, tokens: &Range<usize>) -> bool {
        let of_seller = self.side(turn) != Side::Buyer && scope::covers(&text.scopes.reported_by_seller, tokens);
        of_seller || scope::covers(&text.scopes.reported, tokens)
    }
}

/// The question, the sentence before it and the one after: people lead up to a question, and say it again.
fn around(text: &TurnText, question: &Question) -> Range<usize> {
    if !text.punctuated {
        return neighbourhood(text, &question.tokens);
    }
    let sentence = text.tokens.get(question.cue).map_or(0, |t| t.sentence as usize);
    let from = text.sentences.get(sentence.saturating_sub(1)).map_or(question.tokens.start, |s| s.tokens.start);
    let to = text.sentences.get(sentence + 1).map_or(question.tokens.end, |s| s.tokens.end);
    from..to
}

/// Words that belong to these where no mark tells.
pub(super) fn neighbourhood(text: &TurnText, tokens: &Range<usize>) -> Range<usize> {
    let to = tokens.end.saturating_add(UNPUNCTUATED_LEAD).min(text.tokens.len());
    tokens.start.saturating_sub(UNPUNCTUATED_LEAD)..to
}

fn inside(found: &Range<usize>, range: &Range<usize>) -> bool {
    range.start <= found.start && found.end <= range.end
}
