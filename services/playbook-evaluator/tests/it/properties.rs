//! What holds for every talk: evaluating is a function of it, and every quote stands in it.

use std::sync::LazyLock;

use playbook_evaluator::convert;
use playbook_evaluator::domain::call::Side;
use playbook_evaluator::domain::evaluate::Revision;
use playbook_evaluator::domain::lint::lint;
use proptest::prelude::*;
use throughline_proto::common::v1 as common;
use throughline_proto::transcription::v1::{Transcript, Turn};

use crate::documents;
use crate::talk::{Talk, ungrounded};

static PLAYBOOK: LazyLock<Revision> = LazyLock::new(|| lint(&documents::sample()).revision.unwrap());
static QUALIFYING: LazyLock<Revision> = LazyLock::new(|| lint(&documents::library("meddpicc")).revision.unwrap());
/// Sentences of the sample calls, so that detectors find something.
static SENTENCES: LazyLock<Vec<String>> = LazyLock::new(|| {
    let talks = [Talk::negotiation(), Talk::validation()];
    talks.iter().flat_map(|talk| &talk.transcript.turns).map(|turn| turn.text.clone()).collect()
});

fn words() -> impl Strategy<Value = String> {
    let said = prop::sample::select(SENTENCES.as_slice());
    prop_oneof![
        6 => said.clone(),
        2 => (said.clone(), said).prop_map(|(a, b)| format!("{a} {b}")),
        1 => "[\\PC\n\t]{0,60}",
        1 => Just("Ünïcode – „das kostet“ 1.250.000 € 🙂 by 30 June?".to_owned()),
        1 => "(who|what|budget|security|[$£€]?[0-9]{1,9}|next|Friday|\\?|\\.|,| ){0,40}",
    ]
}

fn turn() -> impl Strategy<Value = (String, usize, i32, f64, bool)> {
    let confidence = prop_oneof![4 => Just(1.0), 1 => 0.0..1.0];
    (words(), 0..4_usize, 0..20_000_i32, confidence, prop::bool::weighted(0.1))
}

fn talk() -> impl Strategy<Value = Talk> {
    prop::collection::vec(turn(), 0..40).prop_map(|turns| {
        let mut talk = Talk::negotiation();
        let mut at = 0;
        let turns = (0..).zip(turns).map(|(index, (text, speaker, length, speaker_confidence, unintelligible))| {
            let person = talk.call.participants.get(speaker);
            let start_ms = at;
            at += length;
            Turn {
                index,
                participant: person.map(|person| person.id.clone()).unwrap_or_default(),
                side: person.map_or(common::Side::Unspecified, |person| person.side()).into(),
                start_ms,
                end_ms: at,
                text,
                speaker_confidence,
                unintelligible,
                ..Turn::default()
            }
        });
        let turns = turns.collect();
        talk.transcript = Transcript { turns, duration_ms: at, ..talk.transcript };
        talk
    })
}

/// The sample playbook with the lines of every list of phrases in another order.
fn reordered(seed: u64) -> String {
    let document = documents::sample();
    let lines: Vec<&str> = document.lines().collect();
    let indentation = |line: &str| line.trim_start().starts_with("- \"").then(|| line.len() - line.trim_start().len());
    let lists = lines.chunk_by(|a, b| indentation(a).is_some() && indentation(a) == indentation(b));
    let mut random = seed;
    let shuffled = lists.flat_map(|list| {
        let mut keyed: Vec<(u64, &str)> = list
            .iter()
            .map(|line| {
                random = random.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
                (random >> 33, *line)
            })
            .collect();
        keyed.sort();
        keyed.into_iter().map(|(_, line)| line)
    });
    shuffled.collect::<Vec<_>>().join("\n")
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 48, max_shrink_iters: 200, ..ProptestConfig::default() })]

    #[test]
    fn evaluating_twice_gives_the_same(talk in talk()) {
        let (call, transcript) = (convert::call(&talk.call), convert::transcript(&talk.transcript));
        let again = lint(&documents::sample()).revision.unwrap();
        prop_assert_eq!(PLAYBOOK.evaluate(&call, &transcript, None), again.evaluate(&call, &transcript, None));
    }

    #[test]
    fn the_order_of_phrases_changes_nothing(talk in talk(), seed in any::<u64>()) {
        let (call, transcript) = (convert::call(&talk.call), convert::transcript(&talk.transcript));
        let again = lint(&reordered(seed)).revision.unwrap();
        prop_assert_eq!(PLAYBOOK.evaluate(&call, &transcript, None), again.evaluate(&call, &transcript, None));
    }

    #[test]
    fn every_quote_stands_verbatim_in_its_turn(talk in talk()) {
        for revision in [&*PLAYBOOK, &*QUALIFYING] {
            let found = revision.evaluate(&convert::call(&talk.call), &convert::transcript(&talk.transcript), None);
            let message = convert::evaluation(found, &revision.playbook);
            prop_assert_eq!(ungrounded(&message, &talk.transcript), None);
        }
    }

    #[test]
    fn a_letter_over_one_stands_on_words_of_a_buyer(talk in talk()) {
        let found = QUALIFYING.evaluate(&convert::call(&talk.call), &convert::transcript(&talk.transcript), None);
        for letter in found.qualification.unwrap().letters {
            let buyers = letter.evidence.iter().all(|e| e.side == Side::Buyer && e.speaker_confidence >= 0.6);
            match letter.score {
                Some(0) | None => prop_assert!(letter.evidence.is_empty()),
                Some(1) => prop_assert!(letter.evidence.iter().all(|e| e.side == Side::Rep)),
                Some(_) => prop_assert!(buyers && !letter.evidence.is_empty()),
            }
        }
    }
}
