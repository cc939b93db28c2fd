//! Playbooks, sound and unsound.

use std::fmt::Write as _;
use std::path::Path;

/// The sample that comes with the product.
pub fn sample() -> String {
    library("regulated-enterprise")
}

/// A playbook of the library that comes with the product.
pub fn library(name: &str) -> String {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../samples/playbooks");
    let file = [folder.clone(), folder.join("qualification")].map(|folder| folder.join(format!("{name}.yaml")));
    std::fs::read_to_string(file.iter().find(|file| file.exists()).unwrap()).unwrap()
}

/// A playbook with one behavior, which the sample calls show: the rep asks something.
pub fn small(id: &str) -> String {
    titled(id, "Small")
}

pub fn titled(id: &str, title: &str) -> String {
    format!(
        "id: {id}\ntitle: {title}\n{MOTION}behaviors:\n  - id: asks\n    description: The rep asks.\n    detect: {{question: any}}\n"
    )
}

/// As `small`, for another kind of customer than that of the sample calls.
pub fn for_unregulated(id: &str) -> String {
    format!("{}segment: account.regulated == false\n", small(id))
}

/// As `small`, for a customer that the sample calls are of.
pub fn for_regulated(id: &str) -> String {
    format!("{}segment: account.regulated == true\n", small(id))
}

/// A playbook with that many behaviors.
pub fn with_behaviors(count: usize) -> String {
    let mut document = format!("id: many\ntitle: Many\n{MOTION}behaviors:\n");
    for n in 0..count {
        let _ = writeln!(document, "  - {{id: b{n}, description: d, detect: {{phrases: [\"subject number{n}\"]}}}}");
    }
    document
}

/// One with an error of every kind that can stand beside the others.
pub fn broken() -> String {
    format!(
        "id: broken\ntitle: Broken\ncolour: red\nplan: []\nsegment: account.size > 3\n{MOTION}behaviors:
  - {{id: a, description: d, critcal: true, detect: {{phrases: [one two]}}}}
  - {{id: a, description: d, not_applicable: account.regulated ==, detect: {{phrases: [three four]}}}}
"
    )
}

const MOTION: &str =
    "motion: {segmentation: a, prioritisation: b, relationship_objective: c, selling_model: d, channel: e}\n";
