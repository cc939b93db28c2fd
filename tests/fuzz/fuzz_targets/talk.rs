//! Any words as a call, a line a turn, against the sample playbook: no panic, and every quote stands in its turn.
#![no_main]

use libfuzzer_sys::fuzz_target;
use playbook_evaluator::domain::evaluate::Revision;
use playbook_evaluator::domain::evidence::is_grounded;
use playbook_evaluator::domain::lint::lint;
use std::sync::LazyLock;

#[path = "../src/talk.rs"]
mod talk;

static REVISION: LazyLock<Revision> = LazyLock::new(|| {
    let document = include_str!("../../../samples/playbooks/regulated-enterprise.yaml");
    lint(document).revision.expect("the sample playbook compiles")
});

fuzz_target!(|words: &str| {
    let (call, transcript) = talk::of(words);
    let found = REVISION.evaluate(&call, &transcript, None);
    let behaviors = found.behaviors.iter().flat_map(|b| &b.evidence);
    for evidence in behaviors.chain(found.signals.iter().flat_map(|s| &s.evidence)) {
        assert!(is_grounded(&transcript, evidence.turn, &evidence.quote), "{evidence:?}");
    }
});
