//! Operators that combine finds. Every list of finds is in the order of turns, one a turn.

use super::Scan;
use super::hit::{Doubt, Hit, Part, bounded, one_a_turn};
use super::leaf::Asked;
use super::program::{Node, Op};
use super::sequence::Span;
use crate::domain::playbook::Speaker;
use crate::domain::playbook::detect::Stretch;

impl Scan<'_> {
    pub(super) fn evaluate(&self, node: &Node, around: Speaker) -> Vec<Hit> {
        let side = node.side.unwrap_or(around);
        match &node.op {
            Op::Phrases { set, options } => self.phrases(*set, side, *options),
            Op::Pattern { index, options } => self.pattern(*index, side, *options),
            Op::Question { about, asks, wide, lead, options } => {
                self.question(&Asked { about: *about, asks: *asks, wide: *wide, lead: *lead, options: *options }, side)
            }
            Op::Fact(fact) => self.facts.get(fact).map_or(Vec::new(), |hits| self.by_side(hits, node.side)),
            Op::Commitment { who, about, dated } => self.commitments(who.unwrap_or(side), *about, *dated),
            Op::Named(index) => self.by_side(self.named(*index), node.side),
            Op::Any(list) => one_a_turn(list.iter().flat_map(|n| self.evaluate(n, side)).collect()),
            Op::All(list) => self.all(list, side),
            Op::Not(inner) => self.none_of(&self.evaluate(inner, side), side),
            Op::Then { first, next, turns, seconds, by } => {
                let (first, next) = (self.evaluate(first, side), self.evaluate(next, side));
                self.then(&first, next, Span { turns: *turns, seconds: *seconds }, *by)
            }
            Op::Count { of, at_least, at_most, turns, seconds } => {
                let span = Span { turns: *turns, seconds: *seconds };
                self.count(self.evaluate(of, side), *at_least, *at_most, span)
            }
            Op::Within { of, stretch } => {
                self.evaluate(of, side).into_iter().filter(|h| self.lies_in(h.turn, *stretch)).collect()
            }
            Op::Answered { of, with, turns } => self.answered(of, with.as_deref(), *turns, side),
            Op::Examples(lesson) => self.examples(*lesson, side),
            Op::Echoes { of, words } => self.echoes(&self.evaluate(of, Speaker::Either), *words, side),
        }
    }

    /// Finds of another detector keep their side unless one is given here.
    fn by_side(&self, hits: &[Hit], side: Option<Speaker>) -> Vec<Hit> {
        let Some(side) = side else { return hits.to_vec() };
        hits.iter()
            .filter_map(|h| self.admits(h.turn, side).map(|sure| Hit { certain: h.certain && sure, ..h.clone() }))
            .collect()
    }

    fn all(&self, list: &[Node], side: Speaker) -> Vec<Hit> {
        let (excluding, required): (Vec<&Node>, Vec<&Node>) = list.iter().partition(|n| matches!(n.op, Op::Not(_)));
        let mut required = required.into_iter();
        let mut hits = match required.next() {
            Some(first) => self.evaluate(first, side),
            None => (0..self.turns())
                .filter_map(|t| {
                    self.admits(t, side).map(|certain| Hit {
                        turn: t,
                        parts: Vec::new(),
                        certain,
                        doubt: Doubt::default(),
                    })
                })
                .collect(),
        };
        for node in required {
            hits = both(hits, self.evaluate(node, side));
        }
        for node in excluding {
            if let Op::Not(inner) = &node.op {
                hits = without(hits, &self.evaluate(inner, node.side.unwrap_or(side)));
            }
        }
        hits
    }

    fn none_of(&self, found: &[Hit], side: Speaker) -> Vec<Hit> {
        let every = (0..self.turns()).filter_map(|turn| {
            let tokens = 0..self.texts.get(turn as usize)?.tokens.len();
            self.admits(turn, side).map(|certain| Hit::single(turn, tokens, "not", certain))
        });
        without(every.collect(), found)
    }

    fn turns(&self) -> u32 {
        u32::try_from(self.texts.len()).unwrap_or(u32::MAX)
    }

    fn lies_in(&self, turn: u32, stretch: Stretch) -> bool {
        match stretch {
            Stretch::Share(from, to) => (from..=to).contains(&self.position(turn)),
            Stretch::Seconds(from, to) => (from..=to).contains(&(self.times(turn).0 / 1000)),
        }
    }
}

/// Finds in the same turn.
fn both(left: Vec<Hit>, right: Vec<Hit>) -> Vec<Hit> {
    let mut right = right.into_iter().peekable();
    let mut hits = Vec::new();
    for mut hit in left {
        while right.peek().is_some_and(|r| r.turn < hit.turn) {
            right.next();
        }
        if let Some(other) = right.next_if(|r| r.turn == hit.turn) {
            hit.doubt = hit.doubt_beside(&other);
            hit.certain &= other.certain;
            hit.parts.extend(other.parts);
            // In the order of the talk: what was written first in the playbook doesn't matter.
            hit.parts.sort_by_key(Part::place);
            hit.parts = bounded(hit.parts);
            hits.push(hit);
        }
    }
    hits
}

/// Finds whose turn holds none of the others; where that can't be known, they are not certain.
fn without(hits: Vec<Hit>, excluded: &[Hit]) -> Vec<Hit> {
    let mut excluded = excluded.iter().peekable();
    let kept = hits.into_iter().filter_map(|mut hit| {
        while excluded.peek().is_some_and(|e| e.turn < hit.turn) {
            excluded.next();
        }
        match excluded.peek() {
            Some(e) if e.turn == hit.turn && e.certain => None,
            Some(e) if e.turn == hit.turn => {
                hit.doubt = hit.doubt_beside(e);
                hit.certain = false;
                Some(hit)
            }
            _ => Some(hit),
        }
    });
    kept.collect()
}
