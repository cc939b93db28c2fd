//! Playbook → detectors. Faults are reported with the path of what is wrong.

use super::Phrase;
use super::answer::across;
use super::pattern::PatternBudget;
use super::program::{Detectors, Learning, LetterProgram, Node, Op, Program};
use crate::domain::playbook::finding::Findings;
use crate::domain::playbook::{Detect, DetectNode, Lesson, Playbook, Speaker};

/// Compiles everything a playbook looks for.
pub fn compile(playbook: &Playbook, findings: &mut Findings) -> Detectors {
    let mut compiler = Compiler {
        detectors: Detectors::default(),
        around: Speaker::Either,
        patterns: PatternBudget::default(),
        findings,
    };
    let concepts = playbook.concepts.iter().map(|c| (c.id.as_str(), &c.detect, c.side));
    let signals = playbook.signals.iter().map(|s| (s.id.as_str(), &s.detect, s.side));
    let named: Vec<_> = concepts.chain(signals).collect();
    compiler.detectors.names = named.iter().map(|(id, _, _)| (*id).to_owned()).collect();
    compiler.refuse_cycles(&named);
    for (_, detect, side) in &named {
        let program = compiler.program(detect, *side);
        compiler.detectors.named.push(program);
    }
    for behavior in &playbook.behaviors {
        let program = compiler.program(&behavior.detect, behavior.side);
        compiler.detectors.behaviors.push(program);
    }
    for risk in &playbook.risks {
        let program = compiler.program(&risk.detect, Speaker::Either);
        compiler.detectors.risks.push(program);
    }
    for letter in playbook.qualification.iter().flat_map(|q| &q.letters) {
        let detect = compiler.program(&letter.detect, Speaker::Either);
        let mentioned = letter.mentioned.as_ref().map(|m| compiler.program(m, Speaker::Rep));
        compiler.detectors.letters.push(LetterProgram { detect, mentioned });
    }
    compiler.detectors
}

struct Compiler<'f> {
    detectors: Detectors,
    /// Whose words are read where the compiler is.
    around: Speaker,
    patterns: PatternBudget,
    findings: &'f mut Findings,
}

impl Compiler<'_> {
    fn program(&mut self, detect: &DetectNode, side: Speaker) -> Program {
        self.around = side;
        Program { root: self.node(detect), side }
    }

    fn node(&mut self, node: &DetectNode) -> Node {
        let around = self.around;
        self.around = node.side.unwrap_or(around);
        let op = match &node.detect {
            Detect::Phrases { of, gap, options } => {
                Op::Phrases { set: self.phrases(node, "phrases", of, *gap), options: *options }
            }
            Detect::Pattern { regex, options } => Op::Pattern { index: self.pattern(node, regex), options: *options },
            Detect::Question { about, asks, gap, wide, lead, options } => {
                let about = (!about.is_empty()).then(|| self.phrases(node, "question", about, *gap));
                let asks = (!asks.is_empty()).then(|| self.phrases(node, "question", asks, *gap));
                Op::Question { about, asks, wide: *wide, lead: *lead, options: *options }
            }
            Detect::Fact(fact) => Op::Fact(*fact),
            Detect::Commitment { who, about, gap, dated } => {
                let about = (!about.is_empty()).then(|| self.phrases(node, "commitment", about, *gap));
                Op::Commitment { who: *who, about, dated: *dated }
            }
            Detect::Signal(id) | Detect::Concept(id) => self.reference(node, id.as_str()),
            Detect::Any(list) => Op::Any(list.iter().map(|n| self.node(n)).collect()),
            Detect::All(list) => Op::All(list.iter().map(|n| self.node(n)).collect()),
            Detect::Not(inner) => Op::Not(Box::new(self.node(inner))),
            Detect::Then { first, next, turns, seconds, by } => Op::Then {
                first: Box::new(self.node(first)),
                next: Box::new(self.node(next)),
                turns: *turns,
                seconds: *seconds,
                by: *by,
            },
            Detect::Count { of, at_least, at_most, turns, seconds } => Op::Count {
                of: Box::new(self.node(of)),
                at_least: *at_least,
                at_most: *at_most,
                turns: *turns,
                seconds: *seconds,
            },
            Detect::Within { of, stretch } => Op::Within { of: Box::new(self.node(of)), stretch: *stretch },
            Detect::Answered { of, with, turns } => {
                let asked = Box::new(self.node(of));
                self.around = across(of.side.unwrap_or(self.around));
                let with = with.as_ref().map(|w| Box::new(self.node(w)));
                Op::Answered { of: asked, with, turns: *turns }
            }
            Detect::Echoes { of, words } => Op::Echoes { of: Box::new(self.node(of)), words: *words },
            Detect::Examples(lesson) => self.lesson(node, lesson),
        };
        self.around = around;
        Node { op, side: node.side }
    }

    fn lesson(&mut self, node: &DetectNode, lesson: &Lesson) -> Op {
        if self.around == Speaker::Either {
            self.findings.error(
                "needs-side",
                &node.path,
                node.line,
                "examples are turns of one side: give `side: rep` or `side: buyer`",
            );
        }
        let rules = lesson.rules.as_ref().map(|rules| self.node(rules));
        let lessons = &mut self.detectors.lessons;
        lessons.push(Learning { path: node.path.clone(), side: self.around, lesson: lesson.clone(), rules });
        Op::Examples(lessons.len() - 1)
    }

    fn phrases(&mut self, node: &DetectNode, key: &str, texts: &[String], gap: usize) -> usize {
        let mut phrases = Vec::new();
        for text in texts {
            match Phrase::parse(text, gap) {
                Ok(phrase) => phrases.push(phrase),
                Err(fault) => self.findings.error(
                    "invalid-phrase",
                    &format!("{}.{key}", node.path),
                    node.line,
                    format!("`{text}` {fault}"),
                ),
            }
        }
        self.detectors.phrases.add(phrases)
    }

    fn pattern(&mut self, node: &DetectNode, regex: &str) -> usize {
        match self.patterns.compile(regex) {
            Ok(pattern) => self.detectors.patterns.push(pattern),
            Err(fault) => self.findings.error(
                "invalid-pattern",
                &format!("{}.pattern", node.path),
                node.line,
                format!("`{regex}` {fault}"),
            ),
        }
        self.detectors.patterns.len().saturating_sub(1)
    }

    fn reference(&mut self, node: &DetectNode, id: &str) -> Op {
        match self.detectors.names.iter().position(|name| name == id) {
            Some(index) => Op::Named(index),
            None => {
                self.findings.error(
                    "undefined-id",
                    &node.path,
                    node.line,
                    format!("`{id}` is no signal or concept of this playbook"),
                );
                Op::Any(Vec::new())
            }
        }
    }

    /// A detector that refers to itself, directly or through others, would never end.
    fn refuse_cycles(&mut self, named: &[(&str, &DetectNode, Speaker)]) {
        let refers = |detect: &DetectNode| -> Vec<usize> {
            let ids = detect.walk().into_iter().filter_map(|n| match &n.detect {
                Detect::Signal(id) | Detect::Concept(id) => named.iter().position(|(name, _, _)| *name == id.as_str()),
                _ => None,
            });
            ids.collect()
        };
        let edges: Vec<Vec<usize>> = named.iter().map(|(_, detect, _)| refers(detect)).collect();
        for (start, (id, detect, _)) in named.iter().enumerate() {
            let (mut seen, mut open) = (vec![false; named.len()], edges.get(start).cloned().unwrap_or_default());
            while let Some(at) = open.pop() {
                match seen.get_mut(at) {
                    Some(seen) if !*seen => *seen = true,
                    _ => continue,
                }
                open.extend(edges.get(at).into_iter().flatten());
            }
            if seen.get(start) == Some(&true) {
                self.findings.error("cycle", &detect.path, detect.line, format!("`{id}` refers to itself"));
            }
        }
    }
}
