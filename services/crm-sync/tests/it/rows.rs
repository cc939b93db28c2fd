//! What is stored is what is read back: domain to row to domain, for anything that can occur.

use std::collections::BTreeMap;

use chrono::{DateTime, TimeDelta, Utc};
use crm_sync::domain::association::Side;
use crm_sync::domain::proposal::{Evidence, Proposal, ProposalState, Receipt, Support};
use crm_sync::domain::record::{Author, Cell, Record, RecordKey};
use crm_sync::domain::schema::{FieldType, Policy, RecordKind};
use crm_sync::domain::stage::Pipeline;
use crm_sync::domain::value::{Currency, Money, Value};
use crm_sync::store::row;
use proptest::prelude::*;

fn moment() -> impl Strategy<Value = DateTime<Utc>> {
    (0_i64..4_000_000_000_000_000).prop_map(|micros| DateTime::UNIX_EPOCH + TimeDelta::microseconds(micros))
}

fn value() -> impl Strategy<Value = Value> {
    prop_oneof![
        "\\PC{1,40}".prop_map(Value::Text),
        any::<i64>().prop_map(Value::Integer),
        any::<bool>().prop_map(Value::Flag),
        (0_i64..80_000).prop_map(|days| Value::Date(chrono::NaiveDate::default() + TimeDelta::days(days))),
        (0_i64..i64::MAX, "[A-Z]{3}").prop_map(|(micros, code)| Value::Money(
            Money::from_micros(micros, Currency::parse(&code).unwrap()).unwrap()
        )),
        proptest::collection::vec("\\PC{1,20}", 1..4).prop_map(Value::List),
    ]
}

fn author() -> impl Strategy<Value = Author> {
    prop_oneof![
        "\\PC{1,20}".prop_map(|subject| Author::Person { subject }),
        Just(Author::Import),
        ("[a-z0-9]{1,9}", moment()).prop_map(|(call, at)| Author::Call { call, at }),
        ("[a-f0-9]{8}", moment()).prop_map(|(proposal, spoken_at)| Author::Machine { proposal, spoken_at }),
    ]
}

fn cell() -> impl Strategy<Value = Cell> {
    (proptest::option::of(value()), 1_i64..99, author(), moment(), proptest::option::of(value()))
        .prop_map(|(value, version, author, set_at, imported)| Cell { value, version, author, set_at, imported })
}

fn proposal() -> impl Strategy<Value = Proposal> {
    let state = prop_oneof![
        Just(ProposalState::Pending),
        Just(ProposalState::Applied),
        Just(ProposalState::Rejected),
        Just(ProposalState::Stale),
        Just(ProposalState::Undone)
    ];
    let policy = prop_oneof![Just(Policy::Auto), Just(Policy::Review), Just(Policy::Never)];
    let texts = proptest::array::uniform7("\\PC{0,20}");
    let confidence = proptest::option::of((0_u32..=10_000).prop_map(|share| f64::from(share) / 10_000.0));
    (texts, (proptest::option::of(value()), value()), confidence, policy, state, (moment(), moment()), cell()).prop_map(
        |(
            [id, deal, call, playbook, field, reason, quote],
            (old, new),
            confidence,
            policy,
            state,
            (said, made),
            cell,
        )| Proposal {
            id,
            deal,
            call: call.clone(),
            evaluation: playbook.clone(),
            playbook,
            field,
            old_value: old.clone(),
            seen_version: cell.version,
            new_value: new.clone(),
            evidence: vec![Evidence {
                call,
                turn: 1,
                end_turn: 2,
                start_ms: 3,
                end_ms: 4,
                quote,
                side: Side::Buyer,
                speaker: String::new(),
                speaker_confidence: 0.5,
                support: Support::Implied,
                method: "question".to_owned(),
                confidence,
                purged_at: (said < made).then_some(made),
            }],
            confidence,
            policy,
            state,
            reason,
            receipts: vec![Receipt {
                old_value: old,
                new_value: Some(new),
                field_version: 3,
                decided_by: "policy".to_owned(),
                time: made,
                replaced: Some(cell),
            }],
            spoken_at: said,
            created_at: made,
        },
    )
}

proptest! {
    #[test]
    fn a_record_survives_its_row(cells in proptest::collection::btree_map("[a-z_]{1,12}", cell(), 0..6), version in 1_i64..99, now in moment()) {
        let record = Record { key: RecordKey::new(RecordKind::Deal, "D-1"), version, cells: BTreeMap::from_iter(cells) };
        let pipeline: Pipeline = serde_json::from_str("[]").unwrap();
        let stored = row::record_row("demo", &record, 7, &pipeline, now).unwrap();
        prop_assert_eq!(row::record(&stored).unwrap(), record);
    }

    #[test]
    fn a_proposal_survives_its_row(proposal in proposal()) {
        let stored = row::proposal_row("demo", &proposal).unwrap();
        prop_assert_eq!(row::proposal(stored).unwrap(), proposal);
    }

    #[test]
    fn a_value_survives_its_text(units in 0_i64..9_000_000_000_000_000, days in 0_i64..80_000, names in proptest::collection::btree_set("[a-z]{3,12}", 1..5)) {
        let pipeline: Pipeline = serde_json::from_str("[]").unwrap();
        let money = Value::Money(Money::from_micros(units, Currency::parse("CHF").unwrap()).unwrap());
        prop_assert_eq!(FieldType::Money.parse(&money.to_string(), &pipeline), Ok(money));
        let date = Value::Date(chrono::NaiveDate::default() + TimeDelta::days(days));
        prop_assert_eq!(FieldType::Date.parse(&date.to_string(), &pipeline), Ok(date));
        let list = Value::List(names.into_iter().collect());
        prop_assert_eq!(FieldType::List.parse(&list.to_string(), &pipeline), Ok(list));
    }
}
