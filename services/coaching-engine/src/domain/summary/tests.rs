//! What a summary says and, more so, what it leaves unsaid.

use chrono::NaiveDate;

use super::*;
use crate::domain::evaluation::{Risk, RiskState};
use crate::domain::evidence::Support;
use crate::domain::facts::{Facts, NextStep, Objection, ObjectionHandling, Stakeholder, Statement};
use crate::domain::testing::{evaluation, quote};

fn texts(facts: Facts, risks: Vec<Risk>) -> Vec<(Section, String)> {
    let mut evaluation = evaluation("c1");
    evaluation.facts = facts;
    evaluation.risks = risks;
    lines(&evaluation).into_iter().map(|line| (line.section, line.text)).collect()
}

fn step(owner: &str, date: Option<NaiveDate>, date_text: &str) -> NextStep {
    NextStep {
        what: "Meet with Helen.".to_owned(),
        owner: owner.to_owned(),
        date,
        date_text: date_text.to_owned(),
        evidence: vec![quote("shall we meet again with Helen")],
    }
}

#[test]
fn a_next_step_has_owner_and_date() {
    let day = NaiveDate::from_ymd_opt(2026, 3, 19);
    let facts = Facts { next_step: Some(step("Priya Raman", day, "Thursday next week")), ..Facts::default() };
    let said = "Meet with Helen (Priya Raman, by 2026-03-19 (“Thursday next week”))";
    assert_eq!(texts(facts, vec![]), [(Section::NextSteps, said.to_owned())]);
}

#[test]
fn what_was_not_said_about_a_next_step_is_said_to_be_missing() {
    let facts = Facts { next_step: Some(step("", None, "")), ..Facts::default() };
    assert_eq!(texts(facts, vec![])[0].1, "Meet with Helen (owner not said, no date said)");
}

#[test]
fn a_claim_without_evidence_gets_no_line() {
    let mut contradicted = quote("we will not do that");
    contradicted.support = Support::Contradicted;
    let pains = vec![
        Statement { text: "Matching by hand".to_owned(), evidence: vec![] },
        Statement { text: "Late close".to_owned(), evidence: vec![quote("  ")] },
        Statement { text: "Write-offs".to_owned(), evidence: vec![contradicted] },
    ];
    let present = Stakeholder {
        name: "Tom Ashworth".to_owned(),
        title: String::new(),
        role: "user".to_owned(),
        present: true,
        evidence: vec![],
    };
    let facts = Facts { pains, stakeholders: vec![present], ..Facts::default() };
    assert_eq!(texts(facts, vec![]), []);
}

#[test]
fn every_risk_of_the_segment_is_answered_one_way_or_another() {
    let risk = |title: &str, state, evidence| Risk { title: title.to_owned(), state, evidence };
    let risks = vec![
        risk("Data residency", RiskState::Answered, vec![quote("our data stays in the United Kingdom")]),
        risk("Outsourcing register", RiskState::Open, vec![quote("compliance will want to read it")]),
        risk("Exit plan", RiskState::NotRaised, vec![]),
    ];
    let found: Vec<String> = texts(Facts::default(), risks).into_iter().map(|(_, text)| text).collect();
    assert_eq!(found, ["Data residency: answered", "Outsourcing register: raised and open", "Exit plan: not raised"]);
}

#[test]
fn only_a_risk_that_was_not_raised_stands_without_a_quote() {
    let mut evaluation = evaluation("c1");
    evaluation.risks = [RiskState::Answered, RiskState::Open, RiskState::NotRaised]
        .map(|state| Risk { title: "Exit plan".to_owned(), state, evidence: vec![] })
        .into();
    let bare: Vec<Line> = lines(&evaluation).into_iter().filter(|line| line.evidence.is_empty()).collect();
    assert_eq!(bare.len(), 1);
    assert_eq!(bare[0].text, "Exit plan: not raised");
}

#[test]
fn an_objection_says_how_it_was_handled() {
    let objection = Objection {
        kind: "timing_objection".to_owned(),
        text: "not before the summer".to_owned(),
        handling: ObjectionHandling::Explored,
        evidence: vec![quote("I don't think we can start anything new before the summer")],
    };
    let facts = Facts { objections: vec![objection], ..Facts::default() };
    let said = "Timing objection: “not before the summer”; the rep asked about it before answering";
    assert_eq!(texts(facts, vec![])[0].1, said);
}

#[test]
fn the_economic_buyer_is_named_once_and_first() {
    let martin = Stakeholder {
        name: "Martin Cole".to_owned(),
        title: "CFO".to_owned(),
        role: "economic_buyer".to_owned(),
        present: false,
        evidence: vec![quote("that would be Martin Cole")],
    };
    let helen = Stakeholder { name: "Helen Sykes".to_owned(), role: "security".to_owned(), ..martin.clone() };
    let facts = Facts { economic_buyer: Some(martin.clone()), stakeholders: vec![helen, martin], ..Facts::default() };
    let found: Vec<String> = texts(facts, vec![]).into_iter().map(|(_, text)| text).collect();
    assert_eq!(found, ["Martin Cole, CFO (economic buyer, mentioned)", "Helen Sykes, CFO (security, mentioned)"]);
}

#[test]
fn sections_come_in_reading_order() {
    let facts = Facts {
        next_step: Some(step("Tom", None, "soon")),
        open_questions: vec![Statement {
            text: "Is there a break clause?".to_owned(),
            evidence: vec![quote("break clause")],
        }],
        pains: vec![Statement { text: "By hand".to_owned(), evidence: vec![quote("by hand")] }],
        ..Facts::default()
    };
    let order: Vec<Section> = texts(facts, vec![]).into_iter().map(|(section, _)| section).collect();
    let mut sorted = order.clone();
    sorted.sort();
    assert_eq!(order, sorted);
    assert_eq!(order.first().copied().unwrap(), Section::NextSteps);
}
