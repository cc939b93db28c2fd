//! Ids: each once. Signals and concepts share a name space, since detectors refer to both.

use crate::domain::playbook::finding::Findings;
use crate::domain::playbook::{Id, Playbook};
use std::collections::HashMap;

pub fn check(playbook: &Playbook, findings: &mut Findings) {
    let behaviors =
        playbook.behaviors.iter().enumerate().map(|(i, b)| (&b.id, format!("behaviors[{i}]"), b.detect.line));
    let signals = playbook.signals.iter().enumerate().map(|(i, s)| (&s.id, format!("signals[{i}]"), s.detect.line));
    let concepts = playbook.concepts.iter().enumerate().map(|(i, c)| (&c.id, format!("concepts[{i}]"), c.detect.line));
    let risks = playbook.risks.iter().enumerate().map(|(i, r)| (&r.id, format!("risks[{i}]"), r.detect.line));
    once(behaviors, findings);
    once(concepts.chain(signals), findings);
    once(risks, findings);
    let mut facts = HashMap::new();
    for (i, mapping) in playbook.fields.iter().enumerate() {
        if let Some(first) = facts.insert((mapping.fact, mapping.field.as_str()), i) {
            findings.error(
                "duplicate-field",
                &format!("fields[{i}]"),
                0,
                format!("`{}` already goes to `{}` in fields[{first}]", mapping.fact.as_str(), mapping.field),
            );
        }
    }
}

fn once<'a>(ids: impl Iterator<Item = (&'a Id, String, u32)>, findings: &mut Findings) {
    let mut seen: HashMap<&Id, String> = HashMap::new();
    for (id, path, line) in ids {
        if let Some(first) = seen.get(id) {
            findings.error("duplicate-id", &format!("{path}.id"), line, format!("`{id}` is already the id of {first}"));
        } else {
            seen.insert(id, path);
        }
    }
}
