use super::*;
use crate::domain::evaluate::{Revision, Vectors};
use crate::domain::evaluation::{Evaluation, Outcome};
use crate::domain::lint::lint;
use crate::domain::talk;
use throughline_embeddings::Vector;

const HEAD: &str = "id: p\ntitle: T\nmotion: {segmentation: a, prioritisation: b, relationship_objective: c, \
                    selling_model: d, channel: e}\n";

/// A model that gives every turn this score, whose band of doubt is that.
fn model(revision: &Revision, score: f32, unsure: (f32, f32), judged: u32) -> Model {
    let lessons = revision.detectors.lessons.iter().map(|lesson| Learned {
        path: lesson.path.clone(),
        weights: Vec::new(),
        intercept: score,
        threshold: 0.5,
        unsure,
        slope: 1.0,
        offset: 0.0,
        measured: Measured { judged, ..Measured::default() },
    });
    let lessons: Vec<Learned> = lessons.collect();
    Model { embedding_sha256: String::new(), width: features::width(lessons.len()), lessons }
}

fn compiled(rest: &str) -> Revision {
    let linted = lint(&format!("{HEAD}{rest}"));
    linted.revision.unwrap_or_else(|| panic!("{:?}", linted.findings))
}

fn evaluated(revision: &Revision) -> Evaluation {
    let (call, transcript) =
        talk::of(&["R: Let us talk about the agenda of today.", "B: We lose forty hours a week with it."]);
    let vectors = Vectors { turns: vec![Vector::ZERO; 2], names: None };
    revision.evaluate(&call, &transcript, Some(&vectors))
}

const SURE: (f32, f32) = (0.5, 0.5);

#[test]
fn a_signal_that_rules_of_a_lesson_look_at_is_found_by_what_was_learned() {
    let revision = compiled(
        "signals:\n  - {id: s, description: d, detect: {examples: {starter: pain_stated}}}\nbehaviors:\n  - {id: x, \
         description: d, detect: {examples: {starter: agenda_set, rules: {signal: s}}}}\n",
    );
    let model = model(&revision, 1.0, SURE, 1);
    let evaluation = evaluated(&revision.with(Some(model)));
    assert_eq!(evaluation.signals[0].evidence.iter().map(|e| e.turn).collect::<Vec<_>>(), [1]);
    assert_eq!(evaluation.behaviors[0].outcome, Outcome::Observed);
}

const BARE: &str = "behaviors:\n  - {id: x, description: d, detect: {examples: {starter: agenda_sett}}}\n";

#[test]
fn what_nothing_was_learned_for_is_unknown_and_not_missed() {
    let learned_nothing = |judged: u32| {
        let revision = compiled(BARE);
        let model = model(&revision, 0.0, SURE, judged);
        evaluated(&revision.with(Some(model))).behaviors[0].outcome
    };
    assert_eq!(learned_nothing(0), Outcome::Unknown);
    assert_eq!(learned_nothing(1), Outcome::Missed);
    assert_eq!(evaluated(&compiled(BARE)).behaviors[0].outcome, Outcome::Unknown, "without a model");
}

#[test]
fn rules_stand_in_for_what_nothing_was_learned_for() {
    let revision = compiled(&BARE.replace("agenda_sett", "agenda_sett, rules: {phrases: [agenda]}"));
    let model = model(&revision, 0.0, SURE, 0);
    assert_eq!(evaluated(&revision.with(Some(model))).behaviors[0].outcome, Outcome::Observed);
}

#[test]
fn a_doubt_about_wording_is_told_whatever_stands_before_it() {
    for detect in [
        "{all: [{phrases: [agenda]}, {examples: {starter: agenda_set}}]}",
        "{all: [{examples: {starter: agenda_set}}, {phrases: [agenda]}]}",
        "{answered: {of: {phrases: [agenda]}, with: {examples: {starter: pain_stated}}, turns: 1}}",
        "{all: [{phrases: [agenda]}, {not: {examples: {starter: agenda_set}}}]}",
    ] {
        let revision = compiled(&format!("behaviors:\n  - {{id: x, description: d, detect: {detect}}}\n"));
        let model = model(&revision, 0.5, (0.0, 1.0), 1);
        let evaluation = evaluated(&revision.with(Some(model)));
        let result = &evaluation.behaviors[0];
        assert_eq!((result.outcome, result.doubt), (Outcome::Unknown, Some(0)), "{detect}: {}", result.reason);
    }
}
