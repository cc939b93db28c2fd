//! Any text as a playbook: linting never panics or hangs, and what passes evaluates a call.
#![no_main]

use libfuzzer_sys::fuzz_target;
use playbook_evaluator::domain::lint::lint;

#[path = "../src/talk.rs"]
mod talk;

fuzz_target!(|document: &str| {
    let linted = lint(document);
    assert!(linted.revision.is_some() || linted.errors().next().is_some(), "refused without a reason");
    let Some(revision) = linted.revision else { return };
    let (call, transcript) = talk::sample();
    let once = revision.evaluate(&call, &transcript, None);
    assert!(once == revision.evaluate(&call, &transcript, None), "a second evaluation differs");
});
