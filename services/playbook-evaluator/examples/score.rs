//! Reads call JSON files and writes what a playbook finds in each, in the form that labelled calls use, so that a
//! playbook can be measured while it is written. A tool for development; services never use it.
//!
//! `cargo run -p playbook-evaluator --example score -- PLAYBOOK CALLS_DIR PREDICTIONS_DIR`

use anyhow::{Context as _, anyhow, bail};
use playbook_evaluator::domain::evaluation::{Evaluation, Outcome};
use playbook_evaluator::domain::evidence::Evidence;
use playbook_evaluator::domain::learn::{self, Labelled};
use playbook_evaluator::domain::lint::lint;
use playbook_evaluator::learner::{EmbeddingsConfig, Learner};
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::path::Path;
use std::time::Instant;

fn main() -> anyhow::Result<()> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [playbook, calls, predictions, mode @ ..] = arguments.as_slice() else {
        bail!("give PLAYBOOK CALLS_DIR PREDICTIONS_DIR [rules]")
    };
    let linted = lint(&std::fs::read_to_string(playbook).with_context(|| format!("reading {playbook}"))?);
    for finding in &linted.findings {
        eprintln!("{:?} {}:{} {} {}", finding.severity, finding.line, finding.path, finding.rule, finding.message);
    }
    let mut revision = linted.revision.context("the playbook has errors")?;
    let learner = if mode.is_empty() { Learner::load(&EmbeddingsConfig::default())? } else { Learner::without() };
    std::fs::create_dir_all(predictions)?;
    let mut authors: BTreeMap<u32, Vec<(String, Labelled)>> = BTreeMap::new();
    for entry in std::fs::read_dir(calls)? {
        let path = entry?.path();
        if path.extension().is_none_or(|e| e != "json") {
            continue;
        }
        let labelled = Labelled::read(&std::fs::read_to_string(&path)?)
            .map_err(|cause| anyhow!("reading {}: {cause}", path.display()))?;
        let name = path.file_name().context("a file name")?.to_string_lossy().into_owned();
        authors.entry(labelled.group).or_default().push((name, labelled));
    }
    let starter = learn::starter()?;
    for (author, calls) in authors {
        let others: Vec<Labelled> = starter.iter().filter(|call| call.group != author).cloned().collect();
        let started = Instant::now();
        revision.model = learner.train_on(&revision, &others)?;
        let trained = started.elapsed();
        let (mut turns, started) = (0, Instant::now());
        for (name, Labelled { call, transcript, .. }) in calls {
            turns += transcript.turns.len();
            let vectors = learner.vectors(&revision, &call, &transcript)?;
            let prediction = render(&revision.evaluate(&call, &transcript, vectors.as_ref()));
            std::fs::write(Path::new(predictions).join(name), serde_json::to_string_pretty(&prediction)?)?;
        }
        let seconds = started.elapsed().as_secs_f64();
        let author = char::from_u32(author).unwrap_or('?');
        eprintln!(
            "author {author}: trained on {} calls in {trained:.1?}; {:.0} turns/s",
            others.len(),
            f64::from(turns as u32) / seconds
        );
    }
    for learned in revision.model.iter().flat_map(|model| &model.lessons) {
        let m = learned.measured;
        eprintln!(
            "{:40} threshold {:.3} {:?} judged {} observed {} precision {:.2} recall {:.2} kappa {:.2} unsure {:.3}",
            learned.path,
            learned.threshold,
            learned.unsure,
            m.judged,
            m.observed,
            m.precision,
            m.recall,
            m.kappa,
            m.unsure
        );
    }
    Ok(())
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
        "qualification": evaluation.qualification.as_ref().map(|q| q.letters.iter().map(|l| json!({"id": l.id, "score": l.score, "evidence": l.evidence.iter().map(|e| json!({"turn": e.turn, "quote": e.quote})).collect::<Vec<_>>()})).collect::<Vec<_>>()),
        "risks": evaluation.risks.iter().map(|r| json!({"id": r.id, "state": format!("{:?}", r.state), "turns": turns(&r.evidence)})).collect::<Vec<_>>(),
    })
}
