//! `examples`: turns that a classifier takes for one, or, without one, what the lesson's rules find.

use std::cell::OnceCell;

use throughline_embeddings::Vector;

use super::Scan;
use super::hit::{Doubt, Hit};
use super::program::{Learning, Node, Op, Program};
use super::trace::Judged;
use crate::domain::learn::{Learned, Model, Scores, Verdict};
use crate::domain::playbook::Speaker;

impl<'a> Scan<'a> {
    /// Has the turns judged by what was learned for the revision.
    pub fn learn(&mut self, model: &'a Model, vectors: &[Vector]) {
        let scores = model.score(self, vectors);
        self.learned = Some((model, scores)).filter(|(_, scores)| !scores.is_empty());
        // What rules found of concepts and signals was found without what is learned.
        self.named.fill_with(OnceCell::new);
    }

    /// Was what is learned applied?
    pub fn is_learned(&self) -> bool {
        self.learned.is_some()
    }

    /// The lessons of the revision.
    pub fn lessons(&self) -> &'a [Learning] {
        &self.detectors.lessons
    }

    /// What the rules of a lesson find.
    pub fn rules_of(&self, lesson: usize) -> Vec<Hit> {
        let Some(learning) = self.detectors.lessons.get(lesson) else { return Vec::new() };
        learning.rules.as_ref().map_or(Vec::new(), |rules| self.evaluate(rules, learning.side))
    }

    /// What the classifier of a lesson says of the turns; none where rules stand in for it.
    pub(super) fn judged(&self, lesson: usize) -> Option<Judged> {
        let (learned, scores) = self.learned_for(lesson)?;
        let turns = (0_u32..).zip(self.texts);
        let turns = turns.filter_map(|(turn, _)| Some((turn, learned.probability(scores.of(lesson, turn)?))));
        let (from, to) = learned.unsure;
        Some(Judged {
            threshold: learned.probability(learned.threshold),
            unsure: (learned.probability(from), learned.probability(to)),
            turns: turns.collect(),
        })
    }

    /// What was learned for a lesson: nothing without examples, where nobody labelled a call for it either.
    fn learned_for(&self, lesson: usize) -> Option<(&'a Learned, &Scores)> {
        let (model, scores) = self.learned.as_ref()?;
        let learned = model.lessons.get(lesson)?;
        let taught = learned.measured.judged > 0
            || self.detectors.lessons.get(lesson).is_some_and(|of| !of.lesson.examples.is_empty());
        taught.then_some((learned, scores))
    }

    /// Does the program look for what nothing was learned for and no rule stands in for? Then that it finds nothing
    /// means nothing.
    pub fn leaves_out(&self, program: &Program) -> bool {
        self.is_left_out(&program.root)
    }

    fn is_left_out(&self, node: &Node) -> bool {
        match &node.op {
            Op::Examples(lesson) => {
                let rules = self.detectors.lessons.get(*lesson).is_some_and(|of| of.rules.is_some());
                !rules && self.learned_for(*lesson).is_none()
            }
            Op::Named(index) => self.detectors.named.get(*index).is_some_and(|named| self.is_left_out(&named.root)),
            _ => self.children(node, Speaker::Either).into_iter().any(|(node, _)| self.is_left_out(node)),
        }
    }

    pub(super) fn examples(&self, lesson: usize, side: Speaker) -> Vec<Hit> {
        let Some((learned, scores)) = self.learned_for(lesson) else { return self.rules_of(lesson) };
        let turns = (0_u32..).zip(self.texts);
        let hits = turns.filter_map(|(turn, text)| {
            let score = scores.of(lesson, turn)?;
            let sure_side = self.admits(turn, side)?;
            let verdict = learned.verdict(score);
            if verdict == Verdict::No {
                return None;
            }
            let certain = sure_side && verdict == Verdict::Yes;
            let mut hit = Hit::single(turn, 0..text.tokens.len(), "examples", certain);
            hit.doubt = if verdict == Verdict::Unsure { Doubt::Wording } else { Doubt::Side };
            hit.parts.iter_mut().for_each(|part| part.confidence = Some(learned.probability(score)));
            Some(hit)
        });
        hits.collect()
    }
}
