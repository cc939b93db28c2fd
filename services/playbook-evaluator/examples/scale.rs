//! How the time of an evaluation grows with the call: transcripts of so many turns, made of the turns of call JSON files
//! again and again, and single turns of so many words. A tool for development and for `tests/bench`.
//!
//! `cargo run --release -p playbook-evaluator --example scale -- PLAYBOOK CALLS_DIR [TURNS...]`
//!
//! Prints one JSON object: seconds by turns and by words of one turn, and how often longer the largest of each took than
//! the smallest, over how often larger it is: 1 is linear.

use anyhow::{Context as _, bail};
use playbook_evaluator::domain::call::{Account, Call, Deal, Side, Transcript, Turn};
use playbook_evaluator::domain::evaluate::Revision;
use playbook_evaluator::domain::lint::lint;
use serde_json::{Value, json};
use std::time::Instant;

const DEFAULT_TURNS: [usize; 3] = [25_000, 50_000, 100_000];
/// The longest turn that the gateway keeps has some two thousand words.
const WORDS: [usize; 3] = [2_000, 4_000, 8_000];
/// A turn and the pause after it.
const TURN_MS: u32 = 5_000;

fn main() -> anyhow::Result<()> {
    let mut arguments = std::env::args().skip(1);
    let (Some(playbook), Some(calls)) = (arguments.next(), arguments.next()) else {
        bail!("give PLAYBOOK CALLS_DIR [TURNS...]")
    };
    let mut sizes = arguments.map(|n| n.parse().context("TURNS")).collect::<anyhow::Result<Vec<usize>>>()?;
    if sizes.is_empty() {
        sizes = DEFAULT_TURNS.to_vec();
    }
    let document = std::fs::read_to_string(&playbook).with_context(|| format!("reading {playbook}"))?;
    let revision = lint(&document).revision.context("the playbook has errors")?;
    let spoken = read(&calls).with_context(|| format!("reading {calls}"))?;
    if spoken.is_empty() {
        bail!("{calls} has no call with turns");
    }
    let of_turns = |n: usize| spoken.iter().cycle().take(n).cloned().collect::<Vec<_>>();
    let turns = measure(&revision, &sizes, of_turns);
    let all: Vec<&str> = spoken.iter().flat_map(|(_, text)| text.split_whitespace()).collect();
    let of_words = |n: usize| vec![(Side::Rep, all.iter().cycle().take(n).copied().collect::<Vec<_>>().join(" "))];
    let words = measure(&revision, &WORDS, of_words);
    let report = json!({
        "turns": seconds(&turns), "turns_growth": growth(&turns), "words": seconds(&words), "words_growth": growth(&words),
        "turns_per_s": turns.last().map(|(n, s)| *n as f64 / s),
    });
    println!("{}", serde_json::to_string_pretty(&report)?);
    Ok(())
}

fn measure(revision: &Revision, sizes: &[usize], talk: impl Fn(usize) -> Vec<(Side, String)>) -> Vec<(usize, f64)> {
    let timed = sizes.iter().map(|n| {
        let (call, transcript) = call(talk(*n));
        let started = Instant::now();
        let found = revision.evaluate(&call, &transcript, None);
        let seconds = started.elapsed().as_secs_f64();
        eprintln!("{n}: {seconds:.2} s, {} behaviors", found.behaviors.len());
        (*n, seconds)
    });
    timed.collect()
}

fn seconds(timed: &[(usize, f64)]) -> Value {
    timed.iter().map(|(n, s)| (n.to_string(), json!(s))).collect::<serde_json::Map<_, _>>().into()
}

fn growth(timed: &[(usize, f64)]) -> Option<f64> {
    let ((small, quick), (large, slow)) = (timed.first()?, timed.last()?);
    Some((slow / quick) / (*large as f64 / *small as f64))
}

/// Side and words of every turn, in the order of the files.
fn read(directory: &str) -> anyhow::Result<Vec<(Side, String)>> {
    let mut paths = std::fs::read_dir(directory)?.map(|e| e.map(|e| e.path())).collect::<Result<Vec<_>, _>>()?;
    paths.retain(|p| p.extension().is_some_and(|e| e == "json"));
    paths.sort();
    let mut spoken = Vec::new();
    for path in paths {
        let call: Value = serde_json::from_str(&std::fs::read_to_string(&path)?)?;
        let list = |key: &str| call.get(key).and_then(Value::as_array).cloned().unwrap_or_default();
        let (people, turns) = (list("participants"), list("turns"));
        let side = |id: Option<&Value>| {
            let person = people.iter().find(|p| p.get("id") == id)?;
            Some(if person.get("side")? == "rep" { Side::Rep } else { Side::Buyer })
        };
        let text = |turn: &Value| turn.get("text").and_then(Value::as_str).unwrap_or_default().to_owned();
        spoken.extend(turns.iter().map(|t| (side(t.get("speaker")).unwrap_or(Side::Unknown), text(t))));
    }
    Ok(spoken)
}

fn call(talk: Vec<(Side, String)>) -> (Call, Transcript) {
    let turns = (0_u32..).zip(talk).map(|(index, (side, text))| Turn {
        index,
        participant: if side == Side::Rep { "r" } else { "b" }.to_owned(),
        side,
        start_ms: index.saturating_mul(TURN_MS),
        end_ms: index.saturating_mul(TURN_MS).saturating_add(TURN_MS - 500),
        text,
        speaker_confidence: 1.0,
        unintelligible: false,
    });
    let call = Call {
        name: "workspaces/demo/calls/scale".to_owned(),
        call_type: "discovery".to_owned(),
        start_time: chrono::DateTime::UNIX_EPOCH + chrono::Duration::days(20_500),
        time_zone: chrono_tz::UTC,
        participants: Vec::new(),
        account: Account::default(),
        deal: Deal::default(),
    };
    let name = "workspaces/demo/calls/scale/transcripts/1".to_owned();
    (call, Transcript { name, turns: turns.collect(), duration_ms: 0 })
}
