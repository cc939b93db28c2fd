//! Reads call JSON files and writes what a playbook finds in each, in the form that labelled calls use, so that a
//! playbook can be measured while it is written. A tool for development; services never use it.
//!
//! `cargo run -p playbook-evaluator --example score -- PLAYBOOK CALLS_DIR PREDICTIONS_DIR`

use anyhow::{Context as _, bail};
use playbook_evaluator::domain::call::{Account, Call, Deal, Participant, Side, Transcript, Turn};
use playbook_evaluator::domain::evaluation::{Evaluation, Outcome};
use playbook_evaluator::domain::evidence::Evidence;
use playbook_evaluator::domain::lint::lint;
use serde_json::{Value, json};
use std::path::Path;
use std::time::Instant;

fn main() -> anyhow::Result<()> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [playbook, calls, predictions] = arguments.as_slice() else { bail!("give PLAYBOOK CALLS_DIR PREDICTIONS_DIR") };
    let linted = lint(&std::fs::read_to_string(playbook).with_context(|| format!("reading {playbook}"))?);
    for finding in &linted.findings {
        eprintln!("{:?} {}:{} {} {}", finding.severity, finding.line, finding.path, finding.rule, finding.message);
    }
    let revision = linted.revision.context("the playbook has errors")?;
    std::fs::create_dir_all(predictions)?;
    let (mut turns, started) = (0, Instant::now());
    for entry in std::fs::read_dir(calls)? {
        let path = entry?.path();
        if path.extension().is_none_or(|e| e != "json") {
            continue;
        }
        let (call, transcript) = read(&path).with_context(|| format!("reading {}", path.display()))?;
        turns += transcript.turns.len();
        let prediction = render(&revision.evaluate(&call, &transcript));
        let name = path.file_name().context("a file name")?;
        std::fs::write(Path::new(predictions).join(name), serde_json::to_string_pretty(&prediction)?)?;
    }
    let seconds = started.elapsed().as_secs_f64();
    eprintln!("{turns} turns in {seconds:.2} s, {:.0} turns/s", turns as f64 / seconds);
    Ok(())
}

fn read(path: &Path) -> anyhow::Result<(Call, Transcript)> {
    let call: Value = serde_json::from_str(&std::fs::read_to_string(path)?)?;
    let text = |v: &Value, key: &str| v.get(key).and_then(Value::as_str).unwrap_or_default().to_owned();
    let whole =
        |v: &Value, key: &str| v.get(key).and_then(Value::as_u64).and_then(|n| u32::try_from(n).ok()).unwrap_or(0);
    let side = |name: &str| if name == "rep" { Side::Rep } else { Side::Buyer };
    let list = |key: &str| call.get(key).and_then(Value::as_array).cloned().unwrap_or_default();
    let participants: Vec<Participant> = list("participants")
        .iter()
        .map(|p| Participant {
            id: text(p, "id"),
            name: text(p, "name"),
            side: side(&text(p, "side")),
            email: text(p, "email"),
            title: text(p, "title"),
            channel: None,
        })
        .collect();
    let side_of = |id: &str| participants.iter().find(|p| p.id == id).map_or(Side::Unknown, |p| p.side);
    let turns: Vec<Turn> = (0..)
        .zip(list("turns"))
        .map(|(index, t)| Turn {
            index,
            participant: text(&t, "speaker"),
            side: side_of(&text(&t, "speaker")),
            start_ms: whole(&t, "start_ms"),
            end_ms: whole(&t, "end_ms"),
            text: text(&t, "text"),
            speaker_confidence: 1.0,
            unintelligible: false,
        })
        .collect();
    let (account, deal) =
        (call.get("account").cloned().unwrap_or_default(), call.get("deal").cloned().unwrap_or_default());
    let date: chrono::NaiveDate = text(&call, "date").parse().context("date")?;
    let id = text(&call, "id");
    let read = Call {
        name: format!("workspaces/demo/calls/{id}"),
        call_type: text(&call, "call_type"),
        start_time: date.and_hms_opt(10, 0, 0).context("time")?.and_utc(),
        time_zone: chrono_tz::UTC,
        account: Account {
            name: text(&account, "name"),
            industry: text(&account, "industry"),
            employees: account.get("employees").and_then(Value::as_i64).and_then(|n| i32::try_from(n).ok()),
            regulated: account.get("regulated").and_then(Value::as_bool),
            segment: text(&account, "segment"),
        },
        deal: Deal {
            id: text(&deal, "id"),
            stage: text(&deal, "stage"),
            amount: deal.get("amount").and_then(Value::as_f64),
            currency: text(&deal, "currency"),
            close_date: text(&deal, "close_date").parse().ok(),
        },
        participants,
    };
    let duration_ms = turns.iter().map(|t| t.end_ms).max().unwrap_or(0);
    Ok((read, Transcript { name: format!("workspaces/demo/calls/{id}/transcripts/1"), turns, duration_ms }))
}

fn render(evaluation: &Evaluation) -> Value {
    let turns = |evidence: &[Evidence]| evidence.iter().map(|e| e.turn).collect::<Vec<_>>();
    let outcome = |o: Outcome| match o {
        Outcome::Observed => "observed",
        Outcome::Missed => "missed",
        Outcome::NotApplicable => "not_applicable",
        Outcome::Unknown => "unknown",
    };
    let behaviors = evaluation
        .behaviors
        .iter()
        .map(|b| (b.id.clone(), json!({"outcome": outcome(b.outcome), "evidence": turns(&b.evidence)})));
    let signals = evaluation.signals.iter().map(|s| (s.id.clone(), json!(turns(&s.evidence))));
    let facts = &evaluation.facts;
    let next_step = facts.next_step.as_ref().map(|n| {
        json!({"what": n.what, "owner": n.owner, "date": n.date.map(|d| d.to_string()), "date_text": n.date_text, "turns": turns(&n.evidence)})
    });
    json!({
        "behaviors": behaviors.collect::<serde_json::Map<_, _>>(),
        "buyer_signals": signals.collect::<serde_json::Map<_, _>>(),
        "slots": {
            "next_step": next_step,
            "competitors": facts.competitors.iter().map(|c| c.name.clone()).collect::<Vec<_>>(),
            "budget": facts.budget.as_ref().map(|b| json!({"amount": b.amount, "currency": b.currency, "text": b.text})),
            "decision_date": facts.decision_date.as_ref().map(|d| d.date.to_string()),
            "economic_buyer": facts.economic_buyer.as_ref().map(|e| if e.name.is_empty() { e.title.clone() } else { e.name.clone() }),
            "stakeholders": facts.stakeholders.iter().map(|s| json!({"name": s.name, "title": s.title, "role": s.role.as_str()})).collect::<Vec<_>>(),
            "critical_event": facts.critical_event.as_ref().map(|c| json!({"what": c.what, "date": c.date.map(|d| d.to_string())})),
        },
        "objections": facts.objections.iter().map(|o| json!({"kind": o.kind, "handling": format!("{:?}", o.handling), "text": o.text})).collect::<Vec<_>>(),
        "open_questions": facts.open_questions.iter().map(|s| s.text.clone()).collect::<Vec<_>>(),
        "risks": evaluation.risks.iter().map(|r| json!({"id": r.id, "state": format!("{:?}", r.state), "turns": turns(&r.evidence)})).collect::<Vec<_>>(),
    })
}
