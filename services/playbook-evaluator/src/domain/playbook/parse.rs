//! Document → playbook. Every violation is collected; what can be read comes out beside them, so that the linter finds
//! the rest in the same run.

use super::finding::{Finding, Findings};
use super::node::{Node, Place, Value};
use super::parse_detect::detect;
use super::parse_qualification::qualification;
use super::reader::{Fields, add, list, number, text};
use super::*;

/// Parts of the schema that this release can't evaluate: refused, never ignored.
const LATER: &[&str] = &["fit", "stakeholders", "plan", "triggers"];

/// Reads a document. The findings are errors only; with any of them the playbook lacks the parts they name.
pub fn parse(document: &str) -> (Option<Playbook>, Vec<Finding>) {
    let mut findings = Findings::default();
    let playbook = read(document, &mut findings);
    (playbook, findings.sorted())
}

fn read(document: &str, findings: &mut Findings) -> Option<Playbook> {
    if document.len() > MAX_DOCUMENT_BYTES {
        findings.error(
            "too-large",
            "",
            0,
            format!("the document has {} bytes, at most {MAX_DOCUMENT_BYTES} are allowed", document.len()),
        );
        return None;
    }
    let root = match node::read(document) {
        Ok(root) => root,
        Err((message, place)) => {
            add(findings, "yaml", "", place, message);
            return None;
        }
    };
    let mut fields = Fields::of(&root, "", findings)?;
    let id = id(&mut fields, findings);
    let title = fields.text("title", findings);
    let motion = fields.required("motion", findings).and_then(|n| motion(n, findings));
    let segment = expression(&mut fields, "segment", findings);
    let fiscal_year_start_month = fields.count("fiscal_year_start_month", 1..=12, findings).unwrap_or(1);
    let competitors = fields.texts("competitors", findings);
    let concepts = each(&mut fields, "concepts", findings, concept);
    let behaviors = each(&mut fields, "behaviors", findings, behavior);
    let signals = each(&mut fields, "signals", findings, signal);
    let risks = each(&mut fields, "risks", findings, risk);
    let mappings = each(&mut fields, "fields", findings, mapping);
    let qualification =
        fields.optional("qualification").and_then(|n| qualification(n, &fields.path("qualification"), findings));
    fields.finish(LATER, findings);
    Some(Playbook {
        id: id?,
        title: title?,
        motion: motion?,
        segment,
        fiscal_year_start_month,
        competitors,
        concepts,
        behaviors,
        signals,
        risks,
        fields: mappings,
        qualification,
    })
}

fn each<'n, T>(
    fields: &mut Fields<'n>,
    key: &'static str,
    findings: &mut Findings,
    read: fn(Fields<'n>, &mut Findings) -> Option<T>,
) -> Vec<T> {
    let items = fields.list(key, findings);
    items
        .into_iter()
        .filter_map(|(path, node)| Fields::of(node, path, findings).and_then(|f| read(f, findings)))
        .collect()
}

fn id(fields: &mut Fields<'_>, findings: &mut Findings) -> Option<Id> {
    let node = fields.required("id", findings)?;
    named(node, &fields.path("id"), findings)
}

pub(super) fn named(node: &Node, path: &str, findings: &mut Findings) -> Option<Id> {
    let word = text(node, path, findings)?;
    let id = Id::new(&word);
    if id.is_none() {
        add(
            findings,
            "invalid-id",
            path,
            node.place,
            format!("`{word}` is no id: 1 to 63 of a-z 0-9 _ -, a letter first"),
        );
    }
    id
}

fn motion(node: &Node, findings: &mut Findings) -> Option<Motion> {
    let mut fields = Fields::of(node, "motion", findings)?;
    let mut read = |key| fields.text(key, findings).unwrap_or_default();
    let motion = Motion {
        segmentation: read("segmentation"),
        prioritisation: read("prioritisation"),
        relationship_objective: read("relationship_objective"),
        selling_model: read("selling_model"),
        channel: read("channel"),
    };
    fields.finish(&[], findings);
    Some(motion)
}

fn expression(fields: &mut Fields<'_>, key: &'static str, findings: &mut Findings) -> Option<Expression> {
    let node = fields.optional(key)?;
    let path = fields.path(key);
    Some(Expression { text: text(node, &path, findings)?, line: node.place.line, path })
}

pub(super) const SPEAKERS: &[(&str, Speaker)] =
    &[("rep", Speaker::Rep), ("buyer", Speaker::Buyer), ("either", Speaker::Either)];

pub(super) fn speaker(fields: &mut Fields<'_>, findings: &mut Findings) -> Option<Speaker> {
    fields.choice("side", SPEAKERS, findings)
}

fn detector(fields: &mut Fields<'_>, findings: &mut Findings) -> Option<DetectNode> {
    let node = fields.required("detect", findings)?;
    detect(node, &fields.path("detect"), 0, findings)
}

const ELICITS: &[(&str, Elicits)] = &[
    ("economic_buyer", Elicits::EconomicBuyer),
    ("critical_event", Elicits::CriticalEvent),
    ("decision_process", Elicits::DecisionProcess),
];

fn behavior(mut fields: Fields<'_>, findings: &mut Findings) -> Option<Behavior> {
    let id = id(&mut fields, findings);
    let description = fields.text("description", findings);
    let stage = fields.optional_text("stage", findings).unwrap_or_default();
    let side = speaker(&mut fields, findings).unwrap_or(Speaker::Rep);
    let due = fields.optional("due").and_then(|n| due(n, &fields.path("due"), findings));
    let not_applicable = expression(&mut fields, "not_applicable", findings);
    let weight = fields.number("weight", findings).unwrap_or(1.0);
    let polarity = fields
        .choice("polarity", &[("seek", Polarity::Seek), ("avoid", Polarity::Avoid)], findings)
        .unwrap_or(Polarity::Seek);
    let critical = fields.flag("critical", findings).unwrap_or(false);
    let elicits = fields.choice("elicits", ELICITS, findings);
    let detect = detector(&mut fields, findings);
    fields.finish(&[], findings);
    Some(Behavior {
        id: id?,
        description: description?,
        stage,
        side,
        due,
        not_applicable,
        weight,
        polarity,
        critical,
        elicits,
        detect: detect?,
    })
}

fn due(node: &Node, path: &str, findings: &mut Findings) -> Option<Due> {
    let mut fields = Fields::of(node, path, findings)?;
    let share = fields.optional("share").and_then(|n| Some((n.place, number(n, &fields.path("share"), findings)?)));
    let seconds = fields.count("seconds", 1..=86_400, findings);
    let place = Place { line: fields.line(), column: 0 };
    fields.finish(&[], findings);
    match (share, seconds) {
        (Some((_, share)), None) if share > 0.0 && share <= 1.0 => Some(Due::Share(share)),
        (Some((place, share)), None) => {
            add(
                findings,
                "out-of-range",
                &format!("{path}.share"),
                place,
                format!("must be over 0 and at most 1, not {share}"),
            );
            None
        }
        (None, Some(seconds)) => Some(Due::Seconds(seconds)),
        _ => {
            add(findings, "one-of", path, place, "give `share` or `seconds`, one of them");
            None
        }
    }
}

const KINDS: &[(&str, SignalKind)] =
    &[("pain", SignalKind::Pain), ("objection", SignalKind::Objection), ("other", SignalKind::Other)];

fn signal(fields: Fields<'_>, findings: &mut Findings) -> Option<Signal> {
    let Concept { id, description, side, kind, detect } = named_detector(fields, Speaker::Buyer, findings)?;
    Some(Signal { id, description, side, kind, detect })
}

fn concept(fields: Fields<'_>, findings: &mut Findings) -> Option<Concept> {
    named_detector(fields, Speaker::Either, findings)
}

fn named_detector(mut fields: Fields<'_>, default: Speaker, findings: &mut Findings) -> Option<Concept> {
    let id = id(&mut fields, findings);
    let description = fields.text("description", findings);
    let side = speaker(&mut fields, findings).unwrap_or(default);
    let kind = fields.choice("kind", KINDS, findings).unwrap_or(SignalKind::Other);
    let detect = detector(&mut fields, findings);
    fields.finish(&[], findings);
    Some(Concept { id: id?, description: description?, side, kind, detect: detect? })
}

fn risk(mut fields: Fields<'_>, findings: &mut Findings) -> Option<Risk> {
    let id = id(&mut fields, findings);
    let title = fields.text("title", findings);
    let detect = detector(&mut fields, findings);
    fields.finish(&[], findings);
    Some(Risk { id: id?, title: title?, detect: detect? })
}

fn mapping(mut fields: Fields<'_>, findings: &mut Findings) -> Option<FieldMapping> {
    fields.required("fact", findings);
    let fact = fields.choice("fact", &FieldFact::ALL, findings);
    let field = fields.text("field", findings);
    fields.required("policy", findings);
    let policy = fields.choice(
        "policy",
        &[("AUTO", Policy::Auto), ("REVIEW", Policy::Review), ("NEVER", Policy::Never)],
        findings,
    );
    fields.finish(&[], findings);
    Some(FieldMapping { fact: fact?, field: field?, policy: policy? })
}

/// Phrases given as a list or as one text.
pub(super) fn texts(node: &Node, path: &str, findings: &mut Findings) -> Vec<String> {
    match &node.value {
        Value::Text(_) => text(node, path, findings).into_iter().collect(),
        _ => {
            let items = list(node, path, findings);
            if items.is_empty() {
                add(findings, "empty-list", path, node.place, "must hold at least one");
            }
            items.into_iter().filter_map(|(path, node)| text(node, &path, findings)).collect()
        }
    }
}
