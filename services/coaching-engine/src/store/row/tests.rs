//! Domain → row → domain.

use proptest::prelude::*;

use super::*;
use crate::domain::summary::Section;
use crate::domain::testing::{day, quote};

const CONDUCTS: [Conduct; 4] = [Conduct::Shown, Conduct::NotShown, Conduct::NotApplicable, Conduct::Unknown];
const SECTIONS: [Section; 8] = [
    Section::NextSteps,
    Section::Pains,
    Section::DecisionProcess,
    Section::Stakeholders,
    Section::Risks,
    Section::Objections,
    Section::Competitors,
    Section::OpenQuestions,
];

#[test]
fn conduct_is_read_back_and_nothing_else_is() {
    for one in CONDUCTS {
        assert_eq!(conduct(conduct_text(one)).unwrap(), one);
    }
    assert!(conduct("observed").is_err());
}

#[test]
fn a_half_decided_nudge_is_a_defect() {
    let mut row = nudge_row("demo", &sample("n", "text", (0.5, 0.5), None, None)).unwrap();
    row.shown = Some(true);
    assert!(nudge(row).is_err());
}

fn sample(id: &str, text: &str, numbers: (f64, f64), example: Option<&str>, shown: Option<bool>) -> Nudge {
    Nudge {
        id: Id::new(id),
        rep: Id::new("priya-raman"),
        call: Id::new("c1"),
        call_time: day(0),
        advice: Advice {
            behavior: Id::new("agenda_set"),
            text: text.to_owned(),
            expected_gain: numbers.0,
            adoption: numbers.1,
            applies_probability: 0.75,
            example: example.map(quote),
        },
        outcome: shown.map_or(NudgeOutcome::Pending, |shown| NudgeOutcome::Decided {
            shown,
            by: Id::new("c2"),
            at: day(1),
        }),
        given_at: day(0),
    }
}

proptest! {
    #[test]
    fn a_nudge_comes_out_as_it_went_in(
        id in "[a-z0-9-]{1,20}", text in ".*", gain in 0.0..9.0_f64, adoption in 0.0..1.0_f64,
        example in proptest::option::of(".*"), shown: Option<bool>,
    ) {
        let one = sample(&id, &text, (gain, adoption), example.as_deref(), shown);
        prop_assert_eq!(nudge(nudge_row("demo", &one).unwrap()).unwrap(), one);
    }

    #[test]
    fn a_summary_comes_out_as_it_went_in(
        texts in proptest::collection::vec((0..8_usize, ".*", ".*", 0..=1000_u32), 0..6), rep in proptest::option::of("[a-z-]{1,9}"), gone: bool,
    ) {
        let lines = texts
            .into_iter()
            .map(|(section, text, words, sure)| {
                let mut evidence = quote(&words);
                evidence.speaker_confidence = f64::from(sure) / 1000.0;
                Line { section: SECTIONS[section], text, without_words: words, evidence: vec![evidence] }
            })
            .collect();
        let one = Summary {
            call: Id::new("c1"),
            evaluation: Id::new("e1"),
            evaluated_at: day(1),
            rep: rep.map(Id::new),
            lines,
            created_at: day(2),
            purged_at: gone.then(|| day(3)),
        };
        prop_assert_eq!(Summary::from_row(one.to_row("demo").unwrap()).unwrap(), one);
    }
}
