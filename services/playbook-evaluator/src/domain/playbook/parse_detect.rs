//! `detect` expressions of a document.

use super::detect::{By, Detect, DetectNode, FactRef, Stretch};
use super::finding::Findings;
use super::node::{Node, Place};
use super::parse::{named, speaker};
use super::parse_leaf::{commitment, pattern, phrases, question};
use super::parse_lesson::lesson;
use super::reader::{Fields, add, choice, list, number};

/// Deepest nesting.
const MAX_DEPTH: usize = 12;
/// Turns in which an answer is looked for.
const DEFAULT_ANSWER_TURNS: u32 = 3;
/// Highest number that `count` counts to.
const MAX_COUNT: u32 = 100;

const OPERATORS: &[&str] = &[
    "phrases",
    "pattern",
    "question",
    "fact",
    "commitment",
    "signal",
    "concept",
    "any",
    "all",
    "not",
    "then",
    "count",
    "within",
    "answered",
    "echoes",
    "examples",
];

pub fn detect(node: &Node, path: &str, depth: usize, findings: &mut Findings) -> Option<DetectNode> {
    if depth > MAX_DEPTH {
        add(findings, "too-deep", path, node.place, format!("nested deeper than {MAX_DEPTH}"));
        return None;
    }
    let mut fields = Fields::of(node, path, findings)?;
    let side = speaker(&mut fields, findings);
    let operators: Vec<&str> = fields.keys().filter(|k| OPERATORS.contains(k)).collect();
    let judge = fields.optional("judge");
    let detect = match operators.as_slice() {
        [one] => operator(one, &mut fields, depth, findings),
        [] if judge.is_some() => None,
        [] => {
            add(findings, "no-operator", path, node.place, format!("needs one of {}", OPERATORS.join(", ")));
            None
        }
        many => {
            add(
                findings,
                "one-of",
                path,
                node.place,
                format!("has {}; give one, or combine them with `any` or `all`", many.join(" and ")),
            );
            for key in OPERATORS {
                fields.optional(key);
            }
            None
        }
    };
    let line = fields.line();
    fields.finish(&[], findings);
    if let Some(judge) = judge {
        let message = "a judge is only asked where a classifier is unsure: write it inside `examples`";
        add(findings, "misplaced-key", &format!("{path}.judge"), judge.place, message);
    }
    Some(DetectNode { detect: detect?, side, path: path.to_owned(), line })
}

fn operator(key: &str, fields: &mut Fields<'_>, depth: usize, findings: &mut Findings) -> Option<Detect> {
    let key = OPERATORS.iter().find(|k| **k == key)?;
    let node = fields.optional(key)?;
    let path = fields.path(key);
    let below = depth + 1;
    match *key {
        "phrases" => phrases(node, &path, findings),
        "pattern" => pattern(node, &path, findings),
        "question" => question(node, &path, findings),
        "fact" => choice(node, &path, &FactRef::ALL, findings).map(Detect::Fact),
        "signal" => named(node, &path, findings).map(Detect::Signal),
        "concept" => named(node, &path, findings).map(Detect::Concept),
        "any" => several(node, &path, below, findings).map(Detect::Any),
        "all" => several(node, &path, below, findings).map(Detect::All),
        "not" => detect(node, &path, below, findings).map(|inner| Detect::Not(Box::new(inner))),
        "then" => then(node, &path, below, findings),
        "within" => within(node, &path, below, findings),
        "answered" => answered(node, &path, below, findings),
        "examples" => lesson(node, &path, below, findings).map(|lesson| Detect::Examples(Box::new(lesson))),
        "count" => count(node, &path, below, findings),
        "commitment" => commitment(node, &path, findings),
        _ => echoes(node, &path, below, findings),
    }
}

fn several(node: &Node, path: &str, depth: usize, findings: &mut Findings) -> Option<Vec<DetectNode>> {
    let items = list(node, path, findings);
    if items.is_empty() {
        add(findings, "empty-list", path, node.place, "must hold at least one");
        return None;
    }
    let count = items.len();
    let read: Vec<_> = items.into_iter().filter_map(|(path, node)| detect(node, &path, depth, findings)).collect();
    (read.len() == count).then_some(read)
}

fn child(fields: &mut Fields<'_>, key: &'static str, depth: usize, findings: &mut Findings) -> Option<Box<DetectNode>> {
    let node = fields.required(key, findings)?;
    detect(node, &fields.path(key), depth, findings).map(Box::new)
}

fn then(node: &Node, path: &str, depth: usize, findings: &mut Findings) -> Option<Detect> {
    let mut fields = Fields::of(node, path, findings)?;
    let first = child(&mut fields, "first", depth, findings);
    let next = child(&mut fields, "next", depth, findings);
    let turns = fields.count("turns", 1..=500, findings);
    let seconds = fields.count("seconds", 1..=86_400, findings);
    let by = fields.choice("by", &[("same", By::Same), ("other", By::Other)], findings);
    fields.finish(&[], findings);
    Some(Detect::Then { first: first?, next: next?, turns, seconds, by })
}

fn within(node: &Node, path: &str, depth: usize, findings: &mut Findings) -> Option<Detect> {
    let mut fields = Fields::of(node, path, findings)?;
    let of = child(&mut fields, "of", depth, findings);
    let share = fields.list("share", findings);
    let seconds = fields.list("seconds", findings);
    let place = Place { line: fields.line(), column: 0 };
    fields.finish(&[], findings);
    let numbers = |items: &[(String, &Node)], findings: &mut Findings| -> Option<(f64, f64)> {
        let read: Vec<f64> = items.iter().filter_map(|(path, node)| number(node, path, findings)).collect();
        match read.as_slice() {
            [from, to] if *from >= 0.0 && from < to => Some((*from, *to)),
            _ => None,
        }
    };
    let stretch = match (share.is_empty(), seconds.is_empty()) {
        (false, true) => {
            numbers(&share, findings).filter(|(_, to)| *to <= 1.0).map(|(from, to)| Stretch::Share(from, to))
        }
        (true, false) => numbers(&seconds, findings)
            .filter(|(_, to)| *to <= 86_400.0)
            .map(|(from, to)| Stretch::Seconds(from as u32, to as u32)),
        _ => None,
    };
    if stretch.is_none() {
        add(
            findings,
            "out-of-range",
            path,
            place,
            "give `share: [from, to]` inside 0 to 1 or `seconds: [from, to]`, from below to",
        );
    }
    Some(Detect::Within { of: of?, stretch: stretch? })
}

fn answered(node: &Node, path: &str, depth: usize, findings: &mut Findings) -> Option<Detect> {
    let mut fields = Fields::of(node, path, findings)?;
    let of = child(&mut fields, "of", depth, findings);
    let with = fields.optional("with").map(|n| detect(n, &fields.path("with"), depth, findings).map(Box::new));
    let turns = fields.count("turns", 1..=50, findings).unwrap_or(DEFAULT_ANSWER_TURNS);
    fields.finish(&[], findings);
    let with = match with {
        Some(None) => return None,
        Some(with) => with,
        None => None,
    };
    Some(Detect::Answered { of: of?, with, turns })
}

/// With neither bound given, `count` would say no more than what it counts.
fn count(node: &Node, path: &str, depth: usize, findings: &mut Findings) -> Option<Detect> {
    let mut fields = Fields::of(node, path, findings)?;
    let of = child(&mut fields, "of", depth, findings);
    let given = fields.keys().any(|k| k == "at_least" || k == "at_most");
    let at_least = fields.count("at_least", 1..=MAX_COUNT, findings).unwrap_or(1);
    let at_most = fields.count("at_most", 1..=MAX_COUNT, findings);
    let turns = fields.count("turns", 1..=500, findings);
    let seconds = fields.count("seconds", 1..=86_400, findings);
    let place = Place { line: fields.line(), column: 0 };
    fields.finish(&[], findings);
    if !given {
        add(findings, "missing-field", path, place, "give `at_least`, `at_most` or both");
        return None;
    }
    if at_most.is_some_and(|most| most < at_least) {
        add(findings, "out-of-range", &format!("{path}.at_most"), place, format!("is below `at_least`, {at_least}"));
        return None;
    }
    Some(Detect::Count { of: of?, at_least, at_most, turns, seconds })
}

fn echoes(node: &Node, path: &str, depth: usize, findings: &mut Findings) -> Option<Detect> {
    let mut fields = Fields::of(node, path, findings)?;
    let of = child(&mut fields, "of", depth, findings);
    let words = fields.count("words", 1..=20, findings).unwrap_or(2) as usize;
    fields.finish(&[], findings);
    Some(Detect::Echoes { of: of?, words })
}
