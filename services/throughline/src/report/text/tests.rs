use throughline_proto::coaching::v1::{Nudge, Summary, SummaryLine, SummarySection};
use throughline_proto::common::v1::{Evidence, Side};
use throughline_proto::crm::v1::{Association, AssociationState, Proposal, ProposalState};
use throughline_proto::forecast::v1::{Deal, Forecast, Health, Rollup, RollupLevel, WinProbability};
use throughline_proto::playbook::v1::behavior_result::Outcome as Found;
use throughline_proto::playbook::v1::{
    BehaviorResult, Evaluation, Facts, FieldPolicy, LetterResult, QualificationResult, SignalResult,
};
use throughline_proto::transcription::v1::Call;
use throughline_rpc::{Error, Violations};
use tonic::Status;

use super::words::{cut, money, time};
use super::*;

fn evidence(start_ms: i32, quote: &str) -> Vec<Evidence> {
    vec![Evidence {
        start_ms,
        quote: quote.to_owned(),
        side: Side::Buyer.into(),
        speaker: "Tom".to_owned(),
        ..Default::default()
    }]
}

fn qualification() -> QualificationResult {
    let letter = |title: &str, score: Option<i32>, evidence: Vec<Evidence>| LetterResult {
        letter: title.chars().take(1).collect(),
        title: title.to_owned(),
        score,
        minimum: Some(2),
        evidence,
        ..Default::default()
    };
    QualificationResult {
        framework: "MEDDPICC".to_owned(),
        letters: vec![
            letter("Metrics", Some(3), evidence(8_000, "ninety hours a week")),
            LetterResult { question: "Who signs?".to_owned(), ..letter("Economic buyer", Some(0), Vec::new()) },
            LetterResult { reason: "No sure side.".to_owned(), ..letter("Champion", None, Vec::new()) },
        ],
        lowest: Some(0),
    }
}

fn full() -> Outcome {
    let behavior = |id: &str, outcome: Found, evidence: Vec<Evidence>| BehaviorResult {
        id: id.to_owned(),
        outcome: outcome.into(),
        evidence,
        ..Default::default()
    };
    Outcome {
        call: Call { name: "workspaces/demo/calls/a".to_owned(), title: "First call".to_owned(), ..Default::default() },
        evaluation: Evaluation {
            revision: "workspaces/demo/playbooks/p/revisions/3".to_owned(),
            behaviors: vec![
                behavior("agrees_next_step", Found::Observed, evidence(61_000, "Let's meet on Tuesday")),
                behavior("asks_for_budget", Found::Missed, Vec::new()),
            ],
            signals: vec![
                SignalResult { id: "price_objection".to_owned(), evidence: evidence(5_000, "too expensive") },
                SignalResult { id: "silent_signal".to_owned(), evidence: Vec::new() },
            ],
            facts: Some(Facts::default()),
            qualification: Some(qualification()),
            ..Default::default()
        },
        summary: Summary {
            lines: vec![SummaryLine {
                section: SummarySection::Pains.into(),
                text: "Payments are late".to_owned(),
                evidence: evidence(7_000, "late"),
            }],
            ..Default::default()
        },
        nudges: vec![Nudge { behavior: "asks_for_budget".to_owned(), text: "Ask".to_owned(), ..Default::default() }],
        association: Association {
            deal: "workspaces/demo/deals/D-1".to_owned(),
            state: AssociationState::Inferred.into(),
            confidence: 0.93,
            ..Default::default()
        },
        proposals: vec![Proposal {
            field: "next_step".to_owned(),
            new_value: "meet".to_owned(),
            policy: FieldPolicy::Auto.into(),
            state: ProposalState::Applied.into(),
            evidence: evidence(61_000, "Let's meet on Tuesday"),
            ..Default::default()
        }],
        deal: Some(Deal {
            name: "workspaces/demo/deals/D-1".to_owned(),
            amount: Some(180_000.0),
            currency: "GBP".to_owned(),
            health: Some(Health { score: Some(64.2), coverage: 0.8, parts: Vec::new() }),
            win_probability: Some(WinProbability { value: Some(0.31), ..Default::default() }),
            ..Default::default()
        }),
        forecast: Some(Forecast {
            rollups: vec![Rollup {
                level: RollupLevel::Workspace.into(),
                currency: "GBP".to_owned(),
                deals: 2,
                p10: Some(0.0),
                p50: Some(90_000.0),
                p90: Some(1_250_000.0),
                mean: Some(100_000.0),
                ..Default::default()
            }],
            ..Default::default()
        }),
    }
}

#[test]
fn shows_every_part_of_an_outcome() {
    let report = outcome(Path::new("a.json"), &full(), "abc123", true);
    for part in [
        "First call",
        "deal D-1 (inferred, 93 %)",
        "trace abc123",
        "p, revision 3",
        "01:01",
        "“Let's meet on Tuesday”",
        "missed",
        "price_objection: 00:05 Tom: “too expensive”",
        "next step   none agreed",
        "MEDDPICC  lowest 0 of 3",
        "“ninety hours a week”",
        "0, needs 2",
        "ask: Who signs?",
        "No sure side.",
        "Payments are late [00:07]",
        "asks_for_budget: Ask",
        "(empty) → meet",
        "applied",
        "GBP 180,000",
        "health 64 of 100, 80 % of it known",
        "win probability 31 %",
        "P10 GBP 0 · P50 GBP 90,000 · P90 GBP 1,250,000",
    ] {
        assert!(report.contains(part), "{part} is not in\n{report}");
    }
    assert!(!report.contains("silent_signal"));
}

#[test]
fn a_call_without_a_deal_has_neither_health_nor_forecast() {
    let without = Outcome { association: Association::default(), deal: None, forecast: None, ..full() };
    let report = outcome(Path::new("a.json"), &without, "", true);
    assert!(report.contains("no deal is known well enough"));
    assert!(!report.contains("Forecast") && !report.contains("health"));
}

#[test]
fn a_playbook_without_qualification_has_no_letters() {
    let mut given = full();
    given.evaluation.qualification = None;
    assert!(!outcome(Path::new("a.json"), &given, "", true).contains("lowest"));
}

#[test]
fn a_rollup_without_percentiles_says_why() {
    let mut given = full();
    let rollup = given.forecast.as_mut().unwrap().rollups.first_mut().unwrap();
    (rollup.p10, rollup.p50, rollup.p90, rollup.mean) = (None, None, None, None);
    assert!(outcome(Path::new("a.json"), &given, "", true).contains("no distribution"));
}

#[test]
fn a_refusal_lists_every_violation() {
    let mut violations = Violations::new();
    violations.add("turns[1].text", "is empty");
    violations.add("turns[4].start_ms", "goes back");
    let status: Status = Error::invalid(violations).into();
    let text = failure(Path::new("a.json"), &status.into(), "t1");
    for part in ["a.json:", "turns[1].text: is empty", "turns[4].start_ms: goes back", "trace t1"] {
        assert!(text.contains(part), "{part} is not in\n{text}");
    }
}

#[test]
fn times_amounts_and_quotes_have_one_form() {
    assert_eq!([time(-5), time(59_999), time(3_600_000)], ["00:00", "00:59", "1:00:00"]);
    assert_eq!([money(999.6, "EUR"), money(-1234.0, ""), money(-0.2, "")], ["EUR 1,000", "-1,234", "0"]);
    assert_eq!(cut("a  b\nc", 10), "a b c");
    assert_eq!(cut("äöüß and more", 6), "äöüß…");
    assert_eq!(cut("a\u{1b}[31mb", 20), "a [31mb");
}

#[test]
fn the_deal_stands_with_its_last_call_only() {
    let report = outcome(Path::new("a.json"), &full(), "abc123", false);
    assert!(report.contains("follow with its last call"), "{report}");
    assert!(!report.contains("P10") && !report.contains("health"), "{report}");
}
