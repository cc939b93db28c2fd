use proptest::prelude::*;
use throughline_proto::common::v1 as common;
use throughline_proto::crm::v1 as crm;
use throughline_proto::playbook::v1 as playbook;

use super::*;
use crate::domain::entry::{Entry, Fact};
use crate::domain::stage::Status;

fn evidence() -> impl Strategy<Value = common::Evidence> {
    let numbers = (0..500_i32, 0..5_i32, 0..9_000_000_i32, 0..90_000_i32, 0..3_i32, 1..5_i32);
    (numbers, ".{0,40}", 0.0..=1.0_f64, proptest::option::of(0.0..=1.0_f64)).prop_map(
        |(numbers, quote, sure, confidence)| {
            let (turn, more, start_ms, length, side, support) = numbers;
            common::Evidence {
                call: "workspaces/demo/calls/c1".to_owned(),
                turn,
                end_turn: turn + more,
                start_ms,
                end_ms: start_ms + length,
                quote,
                side,
                speaker: "Ada".to_owned(),
                speaker_confidence: sure,
                support,
                method: "phrases".to_owned(),
                confidence,
                purge_time: None,
            }
        },
    )
}

fn any_evaluation() -> impl Strategy<Value = playbook::Evaluation> {
    let places = || proptest::collection::vec(evidence(), 0..3);
    (places(), places(), 0..5_i32, -1.0..5.0_f64, "[0-9-]{0,10}", 0..4_i32).prop_map(
        |(first, second, outcome, weight, date, handling)| {
            let spec = playbook::BehaviorSpec { weight, critical: outcome > 1, ..playbook::BehaviorSpec::default() };
            let behavior =
                playbook::BehaviorResult { outcome, evidence: first.clone(), spec: Some(spec), ..Default::default() };
            let step = playbook::NextStep { date, evidence: second.clone(), ..playbook::NextStep::default() };
            let objection = playbook::Objection { handling, evidence: second, ..playbook::Objection::default() };
            playbook::Evaluation {
                name: "workspaces/demo/evaluations/e1".to_owned(),
                call: "workspaces/demo/calls/c1".to_owned(),
                transcript: "workspaces/demo/calls/c1/transcripts/2".to_owned(),
                revision: "workspaces/demo/playbooks/p/revisions/7".to_owned(),
                call_time: Some(Timestamp { seconds: 1_760_000_000, nanos: 123_456_789 }),
                create_time: Some(Timestamp { seconds: 1_760_003_600, nanos: 0 }),
                behaviors: vec![behavior],
                risks: vec![playbook::RiskResult { state: handling, evidence: first, ..Default::default() }],
                facts: Some(playbook::Facts {
                    next_step: Some(step),
                    objections: vec![objection],
                    ..Default::default()
                }),
                ..playbook::Evaluation::default()
            }
        },
    )
}

proptest! {
    #[test]
    fn evidence_comes_out_as_it_went_in(place in evidence()) {
        let kept = evaluation::evidence(&place);
        prop_assert_eq!(crate::grpc::evidence("demo", &kept), place);
    }

    #[test]
    fn an_evaluation_survives_the_way_into_a_row_and_back(evaluation in any_evaluation()) {
        let entry = evaluation_entry(evaluation).unwrap();
        let text = serde_json::to_string(&entry.fact).unwrap();
        let fact: Fact = serde_json::from_str(&text).unwrap();
        prop_assert_eq!(fact, entry.fact);
    }
}

#[test]
fn a_name_or_time_that_is_not_what_the_api_says_is_a_defect() {
    let good = playbook::Evaluation {
        name: "workspaces/demo/evaluations/e1".to_owned(),
        call: "workspaces/demo/calls/c1".to_owned(),
        transcript: "workspaces/demo/calls/c1/transcripts/2".to_owned(),
        revision: "workspaces/demo/playbooks/p/revisions/7".to_owned(),
        call_time: Some(Timestamp { seconds: 1_760_000_000, nanos: 0 }),
        create_time: Some(Timestamp { seconds: 1_760_003_600, nanos: 0 }),
        ..playbook::Evaluation::default()
    };
    assert!(evaluation_entry(good.clone()).is_ok());
    let wrong: [fn(&mut playbook::Evaluation); 5] = [
        |e| e.name.clear(),
        |e| e.call = "c1".to_owned(),
        |e| e.transcript.push('x'),
        |e| e.revision = "workspaces/demo/playbooks/p".to_owned(),
        |e| e.call_time = Some(Timestamp { seconds: i64::MAX, nanos: 0 }),
    ];
    for spoil in wrong {
        let mut spoilt = good.clone();
        spoil(&mut spoilt);
        assert!(evaluation_entry(spoilt).is_err());
    }
}

fn deal() -> crm::Deal {
    let stay = |stage: &str, seconds| crm::StageChange {
        stage: stage.to_owned(),
        enter_time: Some(Timestamp { seconds, nanos: 0 }),
    };
    crm::Deal {
        name: "workspaces/demo/deals/D-1".to_owned(),
        stage: "Won".to_owned(),
        amount: Some(1_054.0),
        currency: "usd".to_owned(),
        close_date: "2017-03-01".to_owned(),
        stage_history: vec![stay("Engaging", 1_000), stay("Won", 2_000)],
        version: 4,
        update_time: Some(Timestamp { seconds: 9_000, nanos: 0 }),
        open: false,
        ..crm::Deal::default()
    }
}

fn known(entries: &[Entry]) -> Vec<i64> {
    entries.iter().map(|entry| entry.known_at.timestamp()).collect()
}

#[test]
fn the_crms_history_is_trusted_the_first_time_only() {
    assert_eq!(known(&record_entries(&deal(), false).unwrap()), [1_000, 2_000, 2_000]);
    assert_eq!(known(&record_entries(&deal(), true).unwrap()), [9_000, 9_000, 9_000]);
    // An open deal's fields are known from when crm-sync learnt of them.
    let open = crm::Deal {
        stage: "Engaging".to_owned(),
        stage_history: deal().stage_history[..1].to_vec(),
        open: true,
        ..deal()
    };
    assert_eq!(known(&record_entries(&open, false).unwrap()), [1_000, 9_000]);
}

#[test]
fn a_closed_stage_of_an_unknown_name_is_neither_won_nor_lost() {
    let mut booked = crm::Deal { stage: "booked".to_owned(), ..deal() };
    booked.stage_history[1].stage = "booked".to_owned();
    let statuses: Vec<_> = record_entries(&booked, false)
        .unwrap()
        .into_iter()
        .map(|entry| match entry.fact {
            Fact::StageChanged { status, .. } => status,
            Fact::RecordObserved { record, .. } => record.status,
            _ => unreachable!(),
        })
        .collect();
    assert_eq!(statuses, [Status::Open, Status::Closed, Status::Closed]);
}

#[test]
fn what_a_crm_leaves_empty_stays_empty() {
    let bare = crm::Deal { amount: Some(f64::NAN), close_date: "soon".to_owned(), ..deal() };
    let entries = record_entries(&bare, true).unwrap();
    let Some(Fact::RecordObserved { record, .. }) = entries.last().map(|e| &e.fact) else { unreachable!() };
    assert_eq!((record.amount, record.close_date, record.owner.as_str()), (None, None, ""));
    assert_eq!((record.status, record.currency.as_str()), (Status::Won, "USD"));
}
