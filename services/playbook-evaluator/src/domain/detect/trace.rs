//! A traced run: what each part of an expression found, and what it passed over and why. It asks the same functions as
//! the ordinary run, part by part, so the two can't differ and the ordinary run carries nothing for it.

use super::Scan;
use super::hit::{Hit, Part};
use super::leaf::{Asked, Unmeant};
use super::program::{Node, Op, Program};
use super::scan::RawHit;
use super::sequence::Span;
use crate::domain::playbook::detect::{By, FactRef, LeafOptions};
use crate::domain::playbook::{Detect, DetectNode, Speaker};
use std::collections::BTreeMap;

/// Most parts of one expression that are told, references opened.
const MAX_NODES: usize = 2_000;

/// What a part of an expression found.
#[derive(Debug, Clone, PartialEq)]
pub struct Trace {
    pub operator: &'static str,
    pub path: String,
    pub line: u32,
    pub side: Speaker,
    /// Id of the signal or concept, or name of the fact.
    pub refers_to: String,
    pub fired: Vec<Hit>,
    pub discarded: Vec<Discard>,
    /// What was learned says, where it was applied.
    pub classifier: Option<Judged>,
    pub parts: Vec<Trace>,
}

/// What a classifier says of the turns it reads, as probabilities.
#[derive(Debug, Clone, PartialEq)]
pub struct Judged {
    /// From this on a turn counts.
    pub threshold: f64,
    /// Between these nothing is decided.
    pub unsure: (f64, f64),
    /// By turn.
    pub turns: Vec<(u32, f64)>,
}

/// Words that were passed over.
#[derive(Debug, Clone, PartialEq)]
pub struct Discard {
    pub part: Part,
    pub why: Why,
    pub detail: String,
}

impl Discard {
    /// A find passed over, by the words of its own turn.
    pub fn of(hit: &Hit, why: Why, detail: String) -> Self {
        let own = hit.parts.iter().find(|p| p.turn == hit.turn).or(hit.parts.first()).cloned();
        Self { part: own.unwrap_or(Part { turn: hit.turn, tokens: 0..0, method: "", confidence: None }), why, detail }
    }
}

/// Why words were passed over.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Why {
    Negated,
    Hypothetical,
    Reported,
    WrongSide,
    Unintelligible,
    NotAsked,
    NotPreceded,
    TooFarApart,
    WrongSpeaker,
    OutOfStretch,
    Unanswered,
    NotTogether,
    Excluded,
    AfterDue,
    /// The operator did not take it up: too few, too many, about something else, without a day.
    NotTaken,
}

/// Expressions of signals and concepts, opened where they are met first.
pub type Named<'p> = Vec<(&'p DetectNode, &'p Program)>;

/// What is left of the bounds of one explanation.
struct Walk<'p> {
    named: &'p Named<'p>,
    opened: Vec<bool>,
    nodes_left: usize,
}

impl Scan<'_> {
    /// Traces a detector. `named` are the signals and concepts in the order of the compiled ones. True beside it where
    /// parts were left out.
    pub fn trace(&self, source: &DetectNode, program: &Program, named: &Named<'_>) -> (Trace, bool) {
        let mut walk = Walk { named, opened: vec![false; named.len()], nodes_left: MAX_NODES };
        let trace = self.trace_node(source, &program.root, program.side, &mut walk);
        (trace, walk.nodes_left == 0)
    }

    fn trace_node(&self, source: &DetectNode, node: &Node, around: Speaker, walk: &mut Walk<'_>) -> Trace {
        walk.nodes_left = walk.nodes_left.saturating_sub(1);
        let side = node.side.unwrap_or(around);
        // A `not` fires in every turn without its part: what it keeps away is told where it does.
        let fired = if matches!(node.op, Op::Not(_)) { Vec::new() } else { self.evaluate(node, around) };
        let mut discarded = self.discarded(node, side, &fired);
        discarded.sort_by_key(|d| d.part.turn);
        let mut parts = Vec::new();
        for (source, (node, side)) in source.children().into_iter().zip(self.children(node, side)) {
            if walk.nodes_left > 0 {
                parts.push(self.trace_node(source, node, side, walk));
            }
        }
        if let Op::Named(index) = node.op
            && let Some(opened) = walk.opened.get_mut(index)
            && !std::mem::replace(opened, true)
            && let Some((source, program)) = walk.named.get(index)
            && walk.nodes_left > 0
        {
            parts.push(self.trace_node(source, &program.root, program.side, walk));
        }
        Trace {
            operator: source.detect.operator(),
            path: source.path.clone(),
            line: source.line,
            side,
            refers_to: refers_to(&source.detect),
            fired,
            discarded,
            classifier: if let Op::Examples(lesson) = node.op { self.judged(lesson) } else { None },
            parts,
        }
    }

    fn discarded(&self, node: &Node, side: Speaker, fired: &[Hit]) -> Vec<Discard> {
        match &node.op {
            Op::Phrases { set, options } => self.unmeant_words(self.found_phrases(*set), side, *options, "phrases"),
            Op::Pattern { index, options } => {
                self.unmeant_words(self.found_patterns(*index), side, *options, "pattern")
            }
            Op::Question { about, asks, wide, lead, options } => {
                let asked = Asked { about: *about, asks: *asks, wide: *wide, lead: *lead, options: *options };
                self.unasked(&asked, side, fired)
            }
            Op::Fact(fact) => self.of_other_side(self.facts.get(fact).map_or(&[], Vec::as_slice), fired),
            Op::Named(index) => self.of_other_side(self.named(*index), fired),
            Op::All(list) => self.not_together(list, side, fired),
            Op::Then { first, next, turns, seconds, by } => {
                let (first, next) = (self.evaluate(first, side), self.evaluate(next, side));
                let passed = missing(next, fired).map(|hit| {
                    let (why, detail) =
                        self.why_not_after(&first, &hit, Span { turns: *turns, seconds: *seconds }, *by);
                    Discard::of(&hit, why, detail)
                });
                passed.collect()
            }
            Op::Count { of, .. } => {
                let uncounted = missing(self.evaluate(of, side), fired);
                uncounted.map(|hit| Discard::of(&hit, Why::NotTaken, String::new())).collect()
            }
            Op::Commitment { who, .. } => {
                let all = self.facts.get(&FactRef::Commitments).map_or(&[][..], Vec::as_slice);
                let passed = missing(all.to_vec(), fired).map(|hit| {
                    let why = self.not_admitted(hit.turn, who.unwrap_or(side)).unwrap_or(Why::NotTaken);
                    Discard::of(&hit, why, String::new())
                });
                passed.collect()
            }
            Op::Within { of, .. } => {
                let place = |hit: &Hit| format!("at {:.0} % of the call", self.position(hit.turn) * 100.0);
                let outside = missing(self.evaluate(of, side), fired);
                outside.map(|hit| Discard::of(&hit, Why::OutOfStretch, place(&hit))).collect()
            }
            Op::Answered { of, turns, .. } => {
                let within = format!("within {turns} turns");
                let unanswered = missing(self.evaluate(of, side), fired);
                unanswered.map(|hit| Discard::of(&hit, Why::Unanswered, within.clone())).collect()
            }
            // What `any` and `not` find is told by their parts, and `echoes` passes over nothing that stands out.
            // Of `examples` the probabilities are told.
            Op::Any(_) | Op::Not(_) | Op::Echoes { .. } | Op::Examples(_) => Vec::new(),
        }
    }

    fn unmeant_words(
        &self,
        found: &[RawHit],
        side: Speaker,
        options: LeafOptions,
        method: &'static str,
    ) -> Vec<Discard> {
        let unmeant = found.iter().filter_map(|raw| {
            let why = self.not_admitted(raw.turn, side).or_else(|| {
                let text = self.texts.get(raw.turn as usize)?;
                self.unmeant(raw, text, options).map(why)
            })?;
            Some(place(raw.turn, raw.tokens.clone(), method, why))
        });
        unmeant.collect()
    }

    fn unasked(&self, asked: &Asked, side: Speaker, fired: &[Hit]) -> Vec<Discard> {
        let Some(set) = asked.about.or(asked.asks) else { return Vec::new() };
        let passed = self.found_phrases(set).iter().filter(|raw| !fires_at(fired, raw.turn));
        let discards = passed.filter_map(|raw| {
            let text = self.texts.get(raw.turn as usize)?;
            let why = self.not_admitted(raw.turn, side).unwrap_or_else(|| {
                let meant = text.questions.iter().find_map(|q| self.not_meant(raw.turn, text, q, asked.options));
                meant.map_or(Why::NotAsked, why)
            });
            Some(place(raw.turn, raw.tokens.clone(), "question", why))
        });
        discards.collect()
    }

    /// Finds of another detector whose turn is of a side that does not count here.
    fn of_other_side(&self, found: &[Hit], fired: &[Hit]) -> Vec<Discard> {
        missing(found.to_vec(), fired).map(|hit| Discard::of(&hit, Why::WrongSide, String::new())).collect()
    }

    fn not_together(&self, list: &[Node], side: Speaker, fired: &[Hit]) -> Vec<Discard> {
        let (excluding, required): (Vec<&Node>, Vec<&Node>) = list.iter().partition(|n| matches!(n.op, Op::Not(_)));
        let found: Vec<Vec<Hit>> = required.iter().map(|n| self.evaluate(n, side)).collect();
        let mut discards: BTreeMap<u32, Discard> = BTreeMap::new();
        for hit in found.iter().flatten().filter(|hit| !fires_at(fired, hit.turn)) {
            let together = found.iter().all(|hits| fires_at(hits, hit.turn));
            let why = if together && !excluding.is_empty() { Why::Excluded } else { Why::NotTogether };
            discards.entry(hit.turn).or_insert_with(|| Discard::of(hit, why, String::new()));
        }
        discards.into_values().collect()
    }

    fn why_not_after(&self, first: &[Hit], hit: &Hit, span: Span, by: Option<By>) -> (Why, String) {
        let before: Vec<&Hit> = first.iter().take_while(|f| f.turn < hit.turn).collect();
        let Some(last) = before.last() else { return (Why::NotPreceded, String::new()) };
        if before.iter().any(|f| self.is_near(f, hit, span)) {
            let detail = match by {
                Some(By::Same) => "by the other side",
                _ => "by the same side",
            };
            return (Why::WrongSpeaker, detail.to_owned());
        }
        let silent_ms = self.times(hit.turn).0.saturating_sub(self.times(last.turn).1);
        let detail = match (span.turns, span.seconds) {
            (Some(most), _) if hit.turn - last.turn > most => {
                format!("{} turns after it, at most {most}", hit.turn - last.turn)
            }
            (_, Some(most)) => format!("{} seconds after it, at most {most}", silent_ms / 1000),
            _ => String::new(),
        };
        (Why::TooFarApart, detail)
    }

    /// The expressions right below, in the order of the document, with whose words they read unless they say otherwise.
    pub(super) fn children<'n>(&'n self, node: &'n Node, side: Speaker) -> Vec<(&'n Node, Speaker)> {
        match &node.op {
            Op::Any(list) | Op::All(list) => list.iter().map(|n| (n, side)).collect(),
            Op::Not(inner) | Op::Within { of: inner, .. } | Op::Count { of: inner, .. } => vec![(inner, side)],
            Op::Then { first, next, .. } => vec![(first, side), (next, side)],
            Op::Answered { of, with, .. } => {
                let across = super::answer::across(of.side.unwrap_or(side));
                std::iter::once((&**of, side)).chain(with.as_deref().map(|w| (w, across))).collect()
            }
            Op::Echoes { of, .. } => vec![(of, Speaker::Either)],
            Op::Examples(lesson) => {
                let lesson = self.lessons().get(*lesson);
                lesson.and_then(|l| l.rules.as_ref().map(|rules| (rules, l.side))).into_iter().collect()
            }
            Op::Phrases { .. }
            | Op::Pattern { .. }
            | Op::Question { .. }
            | Op::Fact(_)
            | Op::Commitment { .. }
            | Op::Named(_) => Vec::new(),
        }
    }

    fn not_admitted(&self, turn: u32, side: Speaker) -> Option<Why> {
        if self.admits(turn, side).is_some() {
            return None;
        }
        let lost = self.transcript.turns.get(turn as usize).is_some_and(|t| t.unintelligible);
        Some(if lost { Why::Unintelligible } else { Why::WrongSide })
    }
}

fn refers_to(detect: &Detect) -> String {
    match detect {
        Detect::Signal(id) | Detect::Concept(id) => id.to_string(),
        Detect::Fact(fact) => fact.as_str().to_owned(),
        _ => String::new(),
    }
}

fn why(unmeant: Unmeant) -> Why {
    match unmeant {
        Unmeant::Negated => Why::Negated,
        Unmeant::Hypothetical => Why::Hypothetical,
        Unmeant::Reported => Why::Reported,
    }
}

fn fires_at(hits: &[Hit], turn: u32) -> bool {
    hits.binary_search_by_key(&turn, |h| h.turn).is_ok()
}

/// Finds in turns where the expression around them found nothing.
fn missing<'f>(found: Vec<Hit>, fired: &'f [Hit]) -> impl Iterator<Item = Hit> + use<'f> {
    found.into_iter().filter(|hit| !fires_at(fired, hit.turn))
}

fn place(turn: u32, tokens: std::ops::Range<usize>, method: &'static str, why: Why) -> Discard {
    Discard { part: Part { turn, tokens, method, confidence: None }, why, detail: String::new() }
}
