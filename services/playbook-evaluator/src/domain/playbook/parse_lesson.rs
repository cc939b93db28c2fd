//! `examples` of a document: what a classifier learns from.

use super::detect::{Example, Lesson};
use super::finding::Findings;
use super::node::{Node, Value};
use super::parse::named;
use super::parse_detect::detect;
use super::reader::{Fields, add, list, text};

/// Examples from which a classifier can be trained without a starter set; as many counterexamples.
const MIN_EXAMPLES: usize = 8;
/// Most examples of one lesson, and as many counterexamples.
const MAX_EXAMPLES: usize = 500;
/// Longest example, bytes.
const MAX_EXAMPLE_BYTES: usize = 1_000;
/// Longest question for the judge, bytes.
const MAX_QUESTION_BYTES: usize = 500;

pub(super) fn lesson(node: &Node, path: &str, depth: usize, findings: &mut Findings) -> Option<Lesson> {
    let mut fields = Fields::of(node, path, findings)?;
    let starter = fields.optional("starter").map(|n| named(n, &fields.path("starter"), findings));
    let examples = examples("of", &mut fields, findings);
    let counterexamples = self::examples("counterexamples", &mut fields, findings);
    let rules = fields.optional("rules").map(|n| detect(n, &fields.path("rules"), depth, findings).map(Box::new));
    let judge = question(&mut fields, findings);
    fields.finish(&[], findings);
    let few = examples.len().min(counterexamples.len()) < MIN_EXAMPLES;
    if starter.is_none() && few {
        add(
            findings,
            "too-few-examples",
            path,
            node.place,
            format!(
                "without `starter` at least {MIN_EXAMPLES} examples in `of` and as many `counterexamples` are needed"
            ),
        );
        return None;
    }
    let (Some(starter), Some(rules)) = (wholly(starter), wholly(rules)) else { return None };
    Some(Lesson { starter, examples, counterexamples, rules, judge })
}

/// What the judge is asked.
fn question(fields: &mut Fields<'_>, findings: &mut Findings) -> Option<String> {
    let node = fields.optional("judge")?;
    let path = fields.path("judge");
    let question = text(node, &path, findings)?;
    if question.len() > MAX_QUESTION_BYTES {
        add(findings, "out-of-range", &path, node.place, format!("has more than {MAX_QUESTION_BYTES} bytes"));
    }
    Some(question)
}

/// What was given must have been readable.
fn wholly<T>(read: Option<Option<T>>) -> Option<Option<T>> {
    match read {
        Some(None) => None,
        Some(Some(value)) => Some(Some(value)),
        None => Some(None),
    }
}

fn examples(key: &'static str, fields: &mut Fields<'_>, findings: &mut Findings) -> Vec<Example> {
    let Some(node) = fields.optional(key) else { return Vec::new() };
    let path = fields.path(key);
    let items = list(node, &path, findings);
    if items.len() > MAX_EXAMPLES {
        let message = format!("has {} entries; at most {MAX_EXAMPLES} are allowed", items.len());
        add(findings, "out-of-range", &path, node.place, message);
    }
    items.into_iter().take(MAX_EXAMPLES).filter_map(|(path, node)| example(node, &path, findings)).collect()
}

fn example(node: &Node, path: &str, findings: &mut Findings) -> Option<Example> {
    let read = if matches!(node.value, Value::Map(_)) {
        let mut fields = Fields::of(node, path, findings)?;
        let before = fields.optional_text("before", findings).unwrap_or_default();
        let turn = fields.text("turn", findings);
        let after = fields.optional_text("after", findings).unwrap_or_default();
        fields.finish(&[], findings);
        Example { before, turn: turn?, after }
    } else {
        Example { turn: text(node, path, findings)?, ..Example::default() }
    };
    if read.before.len() + read.turn.len() + read.after.len() > MAX_EXAMPLE_BYTES {
        let message = format!("has more than {MAX_EXAMPLE_BYTES} bytes");
        add(findings, "out-of-range", path, node.place, message);
        return None;
    }
    Some(read)
}
