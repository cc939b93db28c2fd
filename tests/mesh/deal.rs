//! The sample deal, from a recording, a transcript and two call files to health and forecast.

use serde_json::Value;

use crate::program::{repository, run, throughline};

fn observed(object: &Value) -> Vec<&Value> {
    let behaviors = object["evaluation"]["behaviors"].as_array().unwrap();
    behaviors.iter().filter(|behavior| behavior["outcome"] == "OBSERVED").collect()
}

fn behavior<'a>(object: &'a Value, id: &str) -> &'a Value {
    object["evaluation"]["behaviors"].as_array().unwrap().iter().find(|behavior| behavior["id"] == id).unwrap()
}

#[tokio::test]
async fn the_samples_become_evidence_coaching_proposals_health_and_a_forecast() {
    let printed = run(throughline().args(["analyze", "--format", "json"]).arg(repository("samples"))).await;
    assert_eq!(printed.code, Some(0), "{}", printed.stderr);
    let objects = printed.objects();
    let of = |end: &str| objects.iter().find(|o| o["input"].as_str().unwrap().ends_with(end)).unwrap();
    assert_eq!(objects.len(), 4);
    for file in ["discovery.flac", "discovery.vtt"] {
        let object = of(file);
        let observed = observed(object);
        assert!(observed.len() >= 8, "{file}: only {} behaviors", observed.len());
        assert!(observed.iter().all(|behavior| !behavior["evidence"].as_array().unwrap().is_empty()));
        assert_eq!(object["evaluation"]["facts"]["next_step"]["date"], "2026-03-19", "{file}");
    }
    // Where the script of the call has each behavior; it leaves out how the decision is made, and nobody talks of price.
    for (id, turns) in [
        ("agenda_set", 2..=2),
        ("security_raised_early", 20..=20),
        ("multi_threading", 16..=18),
        ("economic_buyer_asked", 48..=48),
        ("impact_quantified", 10..=13),
        ("critical_event_asked", 34..=38),
        ("alternatives_asked", 30..=30),
        ("value_tied_to_pain", 26..=26),
        ("next_step_committed", 58..=59),
        ("objection_explored", 41..=42),
    ] {
        let behavior = behavior(of("discovery.vtt"), id);
        let evidence = behavior["evidence"].as_array().unwrap();
        assert!(evidence.iter().any(|e| turns.contains(&e["turn"].as_i64().unwrap())), "{id}: {behavior}");
    }
    for id in ["decision_process_asked", "premature_pricing"] {
        assert_eq!(behavior(of("discovery.vtt"), id)["outcome"], "MISSED", "{id}");
    }
    // Every quote of the transcript stands in it, word for word.
    let vtt = std::fs::read_to_string(repository("samples/calls/discovery.vtt")).unwrap();
    for evidence in observed(of("discovery.vtt")).iter().flat_map(|b| b["evidence"].as_array().unwrap()) {
        assert!(vtt.contains(evidence["quote"].as_str().unwrap()), "{evidence}");
    }
    assert_eq!(of("discovery.vtt")["evaluation"]["facts"]["competitors"][0]["name"], "Ledgerline");
    // Withdrawn in the same call: no next step.
    assert_eq!(of("negotiation.json")["evaluation"]["facts"]["next_step"], Value::Null);
    for object in &objects {
        assert_eq!(object["deal"]["name"], "workspaces/demo/deals/D-104");
        assert_eq!(object["deal"]["win_probability"]["method"], "PROBABILITY_METHOD_BASE_RATE");
        let health = object["deal"]["health"]["score"].as_f64().unwrap();
        assert!((0.0..=100.0).contains(&health));
        assert!(!object["summary"]["lines"].as_array().unwrap().is_empty());
        assert!(object["nudges"].as_array().unwrap().len() <= 2);
        let rollups = object["forecast"]["rollups"].as_array().unwrap();
        let pounds = rollups.iter().find(|r| r["level"] == "ROLLUP_LEVEL_WORKSPACE" && r["currency"] == "GBP").unwrap();
        let [low, middle, high] = ["p10", "p50", "p90"].map(|key| pounds[key].as_f64().unwrap());
        assert!(low <= middle && middle <= high);
    }
    // The recording and its transcript are two revisions of one call: the deal counts it once.
    assert_eq!(of("negotiation.json")["deal"]["calls"].as_array().unwrap().len(), 3);
    let proposals = of("discovery.vtt")["proposals"].as_array().unwrap();
    assert!(proposals.iter().all(|proposal| !proposal["evidence"].as_array().unwrap().is_empty()));
    assert!(proposals.iter().any(|proposal| proposal["field"] == "next_step_date"));
}
