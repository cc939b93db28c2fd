//! Machines propose, people dispose: for any order of actions.

use std::collections::BTreeMap;

use proptest::prelude::*;

use super::tests::{at, auto, deal, next_step, review, run};
use super::*;
use crate::domain::record::{Author, Record};

/// Anything a machine may do.
#[derive(Debug, Clone)]
enum Machine {
    Import { text: u8, hour: i64 },
    Evaluate { call: u8, hour: i64, text: u8, auto: bool },
}

fn machine() -> impl Strategy<Value = Machine> {
    prop_oneof![
        (0_u8..4, 0_i64..100).prop_map(|(text, hour)| Machine::Import { text, hour }),
        (0_u8..4, 0_i64..100, 0_u8..4, any::<bool>()).prop_map(|(call, hour, text, auto)| Machine::Evaluate {
            call,
            hour,
            text,
            auto
        }),
    ]
}

fn act(action: &Machine, known: &mut Vec<Proposal>, record: &mut Record) {
    match action {
        Machine::Import { text, hour } => {
            record.import(
                &BTreeMap::from([("next_step".to_owned(), Value::Text(format!("imported {text}")))]),
                at(*hour),
            );
        }
        Machine::Evaluate { call, hour, text, auto: is_auto } => {
            let mappings = if *is_auto { auto() } else { review() };
            run(&format!("c{call}"), *hour, &next_step(&format!("said {text}")), &mappings, known, record);
        }
    }
}

proptest! {
    #[test]
    fn a_persons_value_is_never_overwritten_by_any_sequence_of_machine_actions(
        before in proptest::collection::vec(machine(), 0..6), hour in 0_i64..100, emptied in any::<bool>(), after in proptest::collection::vec(machine(), 0..12),
    ) {
        let (mut record, mut known) = (deal(), Vec::new());
        before.iter().for_each(|action| act(action, &mut known, &mut record));
        let typed = (!emptied).then(|| Value::Text("typed by a person".into()));
        record.write([("next_step".into(), Some(Value::Text("something".into())))], &Author::Person { subject: "priya".into() }, at(hour));
        record.write([("next_step".into(), typed.clone())], &Author::Person { subject: "priya".into() }, at(hour));
        for action in &after {
            act(action, &mut known, &mut record);
            prop_assert_eq!(record.value("next_step"), typed.as_ref());
        }
    }

    #[test]
    fn undo_after_apply_is_as_before(actions in proptest::collection::vec(machine(), 1..8)) {
        let (mut record, mut known) = (deal(), Vec::new());
        actions.iter().for_each(|action| act(action, &mut known, &mut record));
        let before = (record.value("next_step").cloned(), record.cells.get("next_step").map(|cell| cell.author.clone()));
        for proposal in known.iter_mut().filter(|p| p.state == ProposalState::Pending) {
            if apply(proposal, &mut record, Some("priya"), at(200)) == Ok(Outcome::Done) {
                undo(proposal, &mut record, "priya", at(201)).unwrap();
                let author = record.cells.get("next_step").map(|cell| cell.author.clone());
                prop_assert_eq!(record.value("next_step"), before.0.as_ref());
                prop_assert!(before.1.is_none() || author == before.1);
            }
        }
    }
}
