//! Builders of what peers tell: deals, evaluations, proposals.

use chrono::{DateTime, Utc};
use prost_types::Timestamp;
use throughline_proto::common::v1::{Evidence, Participant, Side, Support};
use throughline_proto::crm::v1 as crm;
use throughline_proto::playbook::v1 as playbook;
use throughline_proto::playbook::v1::behavior_result::Outcome;

pub fn at(time: &str) -> Timestamp {
    let time: DateTime<Utc> = time.parse().expect("an RFC 3339 time");
    Timestamp { seconds: time.timestamp(), nanos: 0 }
}

/// Noon of a day.
pub fn noon(day: &str) -> Timestamp {
    at(&format!("{day}T12:00:00Z"))
}

/// An open deal that was imported on `day` and has been in its stage since then.
pub fn deal(id: &str, stage: &str, day: &str) -> crm::Deal {
    crm::Deal {
        name: format!("workspaces/demo/deals/{id}"),
        display_name: format!("Deal {id}"),
        owner: "workspaces/demo/reps/kim".to_owned(),
        stage: stage.to_owned(),
        amount: Some(100_000.0),
        currency: "USD".to_owned(),
        close_date: "2026-12-15".to_owned(),
        segment: "mid_market".to_owned(),
        stage_history: vec![crm::StageChange { stage: stage.to_owned(), enter_time: Some(noon(day)) }],
        version: 1,
        update_time: Some(noon(day)),
        open_time: Some(noon(day)),
        open: true,
        ..crm::Deal::default()
    }
}

/// A deal that went from discovery to its end, imported long after.
pub fn closed(id: &str, end: &str, opened: &str, ended: &str, imported: &str) -> crm::Deal {
    let stay = |stage: &str, day| crm::StageChange { stage: stage.to_owned(), enter_time: Some(noon(day)) };
    crm::Deal {
        stage: end.to_owned(),
        close_date: ended.to_owned(),
        stage_history: vec![stay("discovery", opened), stay(end, ended)],
        open: false,
        open_time: Some(noon(opened)),
        ..deal(id, end, imported)
    }
}

pub fn quote(call: &str, turn: i32, words: &str) -> Evidence {
    Evidence {
        call: format!("workspaces/demo/calls/{call}"),
        turn,
        end_turn: turn,
        start_ms: 1_000 * turn,
        end_ms: 1_000 * turn + 900,
        quote: words.to_owned(),
        side: Side::Buyer.into(),
        speaker: "Ada Okafor".to_owned(),
        speaker_confidence: 0.97,
        support: Support::Stated.into(),
        method: "phrases".to_owned(),
        confidence: None,
        purge_time: None,
    }
}

/// An evaluation of a call on `day` with one critical behavior shown, one missed, a next step for `due` and an open risk.
pub fn evaluation(id: &str, call: &str, day: &str, due: &str) -> playbook::Evaluation {
    let behavior = |id: &str, outcome: Outcome, evidence| playbook::BehaviorResult {
        id: id.to_owned(),
        outcome: outcome.into(),
        evidence,
        reason: String::new(),
        spec: Some(playbook::BehaviorSpec {
            id: id.to_owned(),
            description: format!("what {id} means"),
            stage: String::new(),
            weight: 1.0,
            critical: true,
            polarity: playbook::Polarity::Seek.into(),
        }),
    };
    let person = |id: &str, name: &str, side: Side| Participant {
        id: id.to_owned(),
        name: name.to_owned(),
        side: side.into(),
        ..Participant::default()
    };
    let spoke = |side: Side| playbook::SpeakerStatistics {
        side: side.into(),
        speech_ms: 300_000,
        ..playbook::SpeakerStatistics::default()
    };
    playbook::Evaluation {
        name: format!("workspaces/demo/evaluations/{id}"),
        call: format!("workspaces/demo/calls/{call}"),
        transcript: format!("workspaces/demo/calls/{call}/transcripts/1"),
        revision: "workspaces/demo/playbooks/regulated/revisions/3".to_owned(),
        call_time: Some(noon(day)),
        create_time: Some(at(&format!("{day}T13:00:00Z"))),
        rep: "workspaces/demo/reps/kim".to_owned(),
        behaviors: vec![
            behavior("agenda_set", Outcome::Observed, vec![quote(call, 2, "shall we start with your goals")]),
            behavior("impact_quantified", Outcome::Missed, Vec::new()),
        ],
        signals: vec![playbook::SignalResult { id: "budget_mentioned".to_owned(), evidence: Vec::new() }],
        facts: Some(playbook::Facts {
            next_step: Some(playbook::NextStep {
                what: "demo".to_owned(),
                owner: "Kim".to_owned(),
                date: due.to_owned(),
                date_text: "then".to_owned(),
                evidence: vec![quote(call, 40, "works for me")],
            }),
            ..playbook::Facts::default()
        }),
        risks: vec![playbook::RiskResult {
            id: "security".to_owned(),
            title: "Security review".to_owned(),
            state: playbook::RiskState::Open.into(),
            evidence: vec![quote(call, 20, "our security people will ask")],
        }],
        statistics: Some(playbook::InteractionStatistics {
            speech_ms: 600_000,
            call_ms: 700_000,
            speakers: vec![spoke(Side::Rep), spoke(Side::Buyer)],
            ..playbook::InteractionStatistics::default()
        }),
        participants: vec![person("s1", "Kim", Side::Rep), person("s2", "Ada Okafor", Side::Buyer)],
        ..playbook::Evaluation::default()
    }
}

/// A proposal that was applied on a day, and taken back on another if one is given.
pub fn proposal(deal: &str, applied: &str, undone: Option<&str>) -> crm::Proposal {
    let receipt = |old: &str, new: &str, day| crm::Receipt {
        old_value: old.to_owned(),
        new_value: new.to_owned(),
        field_version: 2,
        decided_by: "mia@example.com".to_owned(),
        time: Some(noon(day)),
    };
    let mut receipts = vec![receipt("", "demo", applied)];
    receipts.extend(undone.map(|day| receipt("demo", "", day)));
    let state = if undone.is_some() { crm::ProposalState::Undone } else { crm::ProposalState::Applied };
    crm::Proposal {
        name: "workspaces/demo/proposals/p1".to_owned(),
        deal: format!("workspaces/demo/deals/{deal}"),
        call: "workspaces/demo/calls/c1".to_owned(),
        field: "next_step".to_owned(),
        new_value: "demo".to_owned(),
        evidence: vec![quote("c1", 40, "works for me")],
        state: state.into(),
        receipts,
        ..crm::Proposal::default()
    }
}
