//! `detect` expressions of a document.

use super::detect::{By, Detect, DetectNode, FactRef, LeafOptions, Stretch};
use super::finding::Findings;
use super::node::{Node, Place, Value};
use super::parse::{named, speaker, texts};
use super::reader::{Fields, add, choice, list, number, text};

/// Deepest nesting.
const MAX_DEPTH: usize = 12;
/// Words that may stand between two words of a phrase.
const DEFAULT_GAP: usize = 3;
/// Turns in which an answer is looked for.
const DEFAULT_ANSWER_TURNS: u32 = 3;

const OPERATORS: &[&str] = &[
    "phrases", "pattern", "question", "fact", "signal", "concept", "any", "all", "not", "then", "within", "answered",
    "echoes",
];
/// Operators of the schema that this release can't evaluate.
const LATER: &[&str] = &["commitment", "examples", "counterexamples", "judge", "count"];

pub fn detect(node: &Node, path: &str, depth: usize, findings: &mut Findings) -> Option<DetectNode> {
    if depth > MAX_DEPTH {
        add(findings, "too-deep", path, node.place, format!("nested deeper than {MAX_DEPTH}"));
        return None;
    }
    let mut fields = Fields::of(node, path, findings)?;
    let side = speaker(&mut fields, findings);
    let operators: Vec<&str> = fields.keys().filter(|k| OPERATORS.contains(k)).collect();
    let later = fields.keys().any(|k| LATER.contains(&k));
    let detect = match operators.as_slice() {
        [one] => operator(one, &mut fields, depth, findings),
        [] if later => None,
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
    fields.finish(LATER, findings);
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

fn phrases(node: &Node, path: &str, findings: &mut Findings) -> Option<Detect> {
    if !matches!(node.value, Value::Map(_)) {
        let of = texts(node, path, findings);
        return Some(Detect::Phrases { of, gap: DEFAULT_GAP, options: LeafOptions::default() });
    }
    let mut fields = Fields::of(node, path, findings)?;
    let of = fields.required("of", findings).map(|n| texts(n, &fields.path("of"), findings));
    let gap = gap(&mut fields, findings);
    let options = options(&mut fields, findings);
    fields.finish(&[], findings);
    Some(Detect::Phrases { of: of?, gap, options })
}

fn pattern(node: &Node, path: &str, findings: &mut Findings) -> Option<Detect> {
    if !matches!(node.value, Value::Map(_)) {
        return text(node, path, findings).map(|regex| Detect::Pattern { regex, options: LeafOptions::default() });
    }
    let mut fields = Fields::of(node, path, findings)?;
    let regex = fields.text("regex", findings);
    let options = options(&mut fields, findings);
    fields.finish(&[], findings);
    Some(Detect::Pattern { regex: regex?, options })
}

fn question(node: &Node, path: &str, findings: &mut Findings) -> Option<Detect> {
    // A question may well be hypothetical: `suppose it isn't live by June, what happens?`
    let asked = LeafOptions { hypothetical: true, ..LeafOptions::default() };
    match &node.value {
        Value::Text(word) if word == "any" => {
            return Some(Detect::Question {
                about: Vec::new(),
                asks: Vec::new(),
                gap: DEFAULT_GAP,
                wide: false,
                lead: None,
                options: asked,
            });
        }
        Value::Map(_) => {}
        _ => {
            let about = texts(node, path, findings);
            return Some(Detect::Question {
                about,
                asks: Vec::new(),
                gap: DEFAULT_GAP,
                wide: false,
                lead: None,
                options: asked,
            });
        }
    }
    let mut fields = Fields::of(node, path, findings)?;
    let about = fields.optional("about").map(|n| texts(n, &fields.path("about"), findings)).unwrap_or_default();
    let asks = fields.optional("asks").map(|n| texts(n, &fields.path("asks"), findings)).unwrap_or_default();
    let gap = gap(&mut fields, findings);
    let wide = fields.flag("wide", findings).unwrap_or(false);
    let lead = fields.count("lead", 0..=200, findings).map(|n| n as usize);
    let mut options = options(&mut fields, findings);
    options.hypothetical = true;
    fields.finish(&[], findings);
    Some(Detect::Question { about, asks, gap, wide, lead, options })
}

fn gap(fields: &mut Fields<'_>, findings: &mut Findings) -> usize {
    fields.count("gap", 0..=12, findings).map_or(DEFAULT_GAP, |n| n as usize)
}

fn options(fields: &mut Fields<'_>, findings: &mut Findings) -> LeafOptions {
    let mut options = LeafOptions::default();
    const NAMES: &[(&str, u8)] = &[("negated", 0), ("hypothetical", 1), ("reported", 2)];
    for (path, node) in fields.list("allow", findings) {
        match choice(node, &path, NAMES, findings) {
            Some(0) => options.negated = true,
            Some(1) => options.hypothetical = true,
            Some(_) => options.reported = true,
            None => {}
        }
    }
    options
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

fn echoes(node: &Node, path: &str, depth: usize, findings: &mut Findings) -> Option<Detect> {
    let mut fields = Fields::of(node, path, findings)?;
    let of = child(&mut fields, "of", depth, findings);
    let words = fields.count("words", 1..=20, findings).unwrap_or(2) as usize;
    fields.finish(&[], findings);
    Some(Detect::Echoes { of: of?, words })
}
