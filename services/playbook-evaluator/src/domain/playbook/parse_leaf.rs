//! Leaves of a `detect` expression: what is looked for in the words themselves.

use super::detect::{Detect, LeafOptions};
use super::finding::Findings;
use super::node::{Node, Value};
use super::parse::{SPEAKERS, texts};
use super::reader::{Fields, choice, text};

/// Words that may stand between two words of a phrase.
const DEFAULT_GAP: usize = 3;

pub(super) fn phrases(node: &Node, path: &str, findings: &mut Findings) -> Option<Detect> {
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

pub(super) fn pattern(node: &Node, path: &str, findings: &mut Findings) -> Option<Detect> {
    if !matches!(node.value, Value::Map(_)) {
        return text(node, path, findings).map(|regex| Detect::Pattern { regex, options: LeafOptions::default() });
    }
    let mut fields = Fields::of(node, path, findings)?;
    let regex = fields.text("regex", findings);
    let options = options(&mut fields, findings);
    fields.finish(&[], findings);
    Some(Detect::Pattern { regex: regex?, options })
}

pub(super) fn question(node: &Node, path: &str, findings: &mut Findings) -> Option<Detect> {
    // A question may well be hypothetical: `suppose it isn't live by June, what happens?`
    let asked = LeafOptions { hypothetical: true, ..LeafOptions::default() };
    let plain = |about: Vec<String>| Detect::Question {
        about,
        asks: Vec::new(),
        gap: DEFAULT_GAP,
        wide: false,
        lead: None,
        options: asked,
    };
    match &node.value {
        Value::Text(word) if word == "any" => return Some(plain(Vec::new())),
        Value::Map(_) => {}
        _ => return Some(plain(texts(node, path, findings))),
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

/// `commitment: any`, phrases it is about, or a mapping.
pub(super) fn commitment(node: &Node, path: &str, findings: &mut Findings) -> Option<Detect> {
    let plain = |about: Vec<String>| Detect::Commitment { who: None, about, gap: DEFAULT_GAP, dated: false };
    match &node.value {
        Value::Text(word) if word == "any" => return Some(plain(Vec::new())),
        Value::Map(_) => {}
        _ => return Some(plain(texts(node, path, findings))),
    }
    let mut fields = Fields::of(node, path, findings)?;
    let who = fields.choice("who", SPEAKERS, findings);
    let about = fields.optional("about").map(|n| texts(n, &fields.path("about"), findings)).unwrap_or_default();
    let gap = gap(&mut fields, findings);
    let dated = fields.flag("dated", findings).unwrap_or(false);
    fields.finish(&[], findings);
    Some(Detect::Commitment { who, about, gap, dated })
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
