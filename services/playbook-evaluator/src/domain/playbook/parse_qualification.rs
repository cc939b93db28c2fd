//! The `qualification` of a document.

use super::DetectNode;
use super::finding::Findings;
use super::node::{Node, Value};
use super::parse::named;
use super::parse_detect::detect;
use super::qualification::{Gate, Letter, MAX_SCORE, Qualification, Specific};
use super::reader::{Fields, add, choice, whole};

/// Every particular makes a statement firm unless a letter says which.
const ALL: [Specific; 3] = [Specific::Number, Specific::Name, Specific::Date];

pub fn qualification(node: &Node, path: &str, findings: &mut Findings) -> Option<Qualification> {
    let mut fields = Fields::of(node, path, findings)?;
    let framework = fields.text("framework", findings);
    let letters = match fields.required("letters", findings) {
        None => Vec::new(),
        Some(node) => {
            let items = fields.list("letters", findings);
            if items.is_empty() && matches!(node.value, Value::List(_)) {
                add(findings, "empty-list", &fields.path("letters"), node.place, "must hold at least one");
            }
            let read = |(path, node)| Fields::of(node, path, findings).and_then(|fields| letter(fields, findings));
            items.into_iter().filter_map(read).collect()
        }
    };
    fields.finish(&[], findings);
    Some(Qualification { framework: framework?, letters })
}

fn letter(mut fields: Fields<'_>, findings: &mut Findings) -> Option<Letter> {
    let id = fields.required("id", findings).and_then(|node| named(node, &fields.path("id"), findings));
    let letter = fields.text("letter", findings);
    let title = fields.text("title", findings);
    let description = fields.text("description", findings);
    let question = fields.optional_text("question", findings).unwrap_or_default();
    let specifics = specifics(&mut fields, findings);
    let gates = fields.optional("gate").map(|node| gates(node, &fields.path("gate"), findings)).unwrap_or_default();
    fields.required("detect", findings);
    let detect = detector(&mut fields, "detect", findings);
    let mentioned = detector(&mut fields, "mentioned", findings);
    fields.finish(&[], findings);
    Some(Letter {
        id: id?,
        letter: letter?,
        title: title?,
        description: description?,
        question,
        specifics,
        gates,
        detect: detect?,
        mentioned,
    })
}

fn detector(fields: &mut Fields<'_>, key: &'static str, findings: &mut Findings) -> Option<DetectNode> {
    let node = fields.optional(key)?;
    detect(node, &fields.path(key), 0, findings)
}

fn specifics(fields: &mut Fields<'_>, findings: &mut Findings) -> Vec<Specific> {
    let Some(node) = fields.optional("specifics") else { return ALL.to_vec() };
    let items = fields.list("specifics", findings);
    if items.is_empty() && matches!(node.value, Value::List(_)) {
        add(findings, "empty-list", &fields.path("specifics"), node.place, "must hold at least one");
    }
    items.into_iter().filter_map(|(path, node)| choice(node, &path, &Specific::ALL, findings)).collect()
}

/// `{stage: minimum}`: the keys are the stages.
fn gates(node: &Node, path: &str, findings: &mut Findings) -> Vec<Gate> {
    let Value::Map(entries) = &node.value else {
        // Reports the wrong kind.
        Fields::of(node, path, findings);
        return Vec::new();
    };
    let read = entries.iter().filter_map(|entry| {
        let minimum = whole(&entry.node, &format!("{path}.{}", entry.key), 1..=MAX_SCORE, findings)?;
        Some(Gate { stage: entry.key.clone(), minimum })
    });
    read.collect()
}
