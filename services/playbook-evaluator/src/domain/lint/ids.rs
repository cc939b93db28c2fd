//! Ids: each once. Signals and concepts share a name space, since detectors refer to both.

use crate::domain::playbook::finding::Findings;
use crate::domain::playbook::{DetectNode, Id, Playbook};
use std::collections::HashMap;

pub fn check(playbook: &Playbook, findings: &mut Findings) {
    let behaviors = playbook.behaviors.iter().map(|b| (&b.id, &b.detect));
    let signals = playbook.signals.iter().map(|s| (&s.id, &s.detect));
    let concepts = playbook.concepts.iter().map(|c| (&c.id, &c.detect));
    let risks = playbook.risks.iter().map(|r| (&r.id, &r.detect));
    once(behaviors, findings);
    once(concepts.chain(signals), findings);
    once(risks, findings);
    let letters = playbook.qualification.iter().flat_map(|q| &q.letters).map(|l| (&l.id, &l.detect));
    once(letters, findings);
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

fn once<'a>(ids: impl Iterator<Item = (&'a Id, &'a DetectNode)>, findings: &mut Findings) {
    let mut seen: HashMap<&Id, &str> = HashMap::new();
    for (id, detect) in ids {
        let path = detect.owner();
        if let Some(first) = seen.get(id) {
            findings.error(
                "duplicate-id",
                &format!("{path}.id"),
                detect.line,
                format!("`{id}` is already the id of {first}"),
            );
        } else {
            seen.insert(id, path);
        }
    }
}
