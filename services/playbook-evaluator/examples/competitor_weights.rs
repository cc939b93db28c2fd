//! Learns from the starter set what tells the names of competitors, and prints the file that ships. A tool for
//! development; services never use it. On stderr: how well each author's competitors are found by what was learned from
//! the others, without the embedding model and with it.
//!
//! `cargo run -p playbook-evaluator --example competitor_weights > services/playbook-evaluator/src/domain/facts/competitors/learned.rs`,
//! then `cargo fmt`.

use anyhow::Context as _;
use playbook_evaluator::domain::facts::competitors::{self, Learned, NamedCall, Weights, feature::Feature};
use playbook_evaluator::domain::learn::{self, Labelled};
use playbook_evaluator::domain::text::TurnText;
use playbook_evaluator::learner::{EmbeddingsConfig, Learner};
use std::collections::BTreeSet;

const SLOTS: &str = include_str!("../starter/slots.jsonl");

fn main() -> anyhow::Result<()> {
    let learner = Learner::load(&EmbeddingsConfig::default())?;
    anyhow::ensure!(
        !learner.embedding_sha256().is_empty(),
        "the model is not on this machine: `throughline models pull`"
    );
    let (starter, names) = (learn::starter()?, competitors::labelled_names(SLOTS)?);
    let alone = competitors::named_calls(starter.iter(), &names);
    let mut read = alone.clone();
    for call in &mut read {
        call.states = learner.name_states(&call.call.call, &call.call.transcript)?;
    }
    let learned = Learned {
        alone: learned("without the embedding model", &alone)?,
        read: learned("with the embedding model", &read)?,
        embedding_sha256: learner.embedding_sha256().to_owned(),
    };
    print(&learned);
    Ok(())
}

/// Learns from all authors; tells how well each is read by what was learned from the others.
fn learned(title: &str, calls: &[NamedCall<'_>]) -> anyhow::Result<Weights> {
    let mut total = Found::default();
    let authors: BTreeSet<u32> = calls.iter().map(|call| call.call.group).collect();
    for author in authors {
        let (own, others): (Vec<_>, Vec<_>) = calls.iter().cloned().partition(|call| call.call.group == author);
        let weights = competitors::learn(&others)?;
        let learned = Learned { alone: weights.clone(), read: weights, embedding_sha256: String::new() };
        let mut found = Found::default();
        own.iter().for_each(|call| found.add(call, &learned));
        eprintln!("{title}, {} {found}", char::from_u32(author).context("an author is a letter")?);
        total.right += found.right;
        total.wrong += found.wrong;
        total.missed += found.missed;
    }
    eprintln!("{title}, all {total}");
    Ok(competitors::learn(calls)?)
}

#[derive(Default)]
struct Found {
    right: usize,
    wrong: usize,
    missed: usize,
}

impl Found {
    fn add(&mut self, of: &NamedCall<'_>, learned: &Learned) {
        let Labelled { call, transcript, .. } = of.call;
        let texts = TurnText::read_all(transcript.turns.iter().map(|turn| turn.text.as_str()));
        let (found, _) = competitors::extract(call, transcript, &texts, &[], of.states.as_ref(), learned);
        let found: BTreeSet<String> = found.into_iter().map(|found| found.name.to_lowercase()).collect();
        self.right += found.intersection(&of.competitors).count();
        self.wrong += found.difference(&of.competitors).count();
        self.missed += of.competitors.difference(&found).count();
    }
}

impl std::fmt::Display for Found {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self { right, wrong, missed } = *self;
        let share = |of: usize| right as f64 / of.max(1) as f64;
        let f1 = 2.0 * right as f64 / (2 * right + wrong + missed).max(1) as f64;
        write!(
            f,
            "precision {:.2} recall {:.2} F1 {f1:.3} n {}",
            share(right + wrong),
            share(right + missed),
            right + missed
        )
    }
}

fn print(Learned { alone, read, embedding_sha256 }: &Learned) {
    println!("//! Weights that were learned from the starter set, all its authors: written by");
    println!(
        "//! `cargo run -p playbook-evaluator --example competitor_weights`, which a test holds those without a model to.\n"
    );
    println!("use super::feature::Feature;");
    println!("use super::weights::Listed;\n");
    println!("pub(super) const EMBEDDING_SHA256: &str = {embedding_sha256:?};\n");
    for (name, Weights { features, states, intercept, bar }) in [("ALONE", alone), ("READ", read)] {
        println!("pub(super) const {name}: Listed = Listed {{");
        println!("    intercept: {intercept:.4},\n    bar: {bar:.1},\n    features: &[");
        for (feature, weight) in Feature::ALL.iter().zip(features) {
            println!("        (Feature::{feature:?}, {weight:.4}),");
        }
        println!("    ],\n    states: &[");
        for states in states.chunks(12) {
            let thousandths = |weight: &f32| ((weight * 1000.0).round() as i16).to_string();
            let listed: Vec<String> = states.iter().map(thousandths).collect();
            println!("        {},", listed.join(", "));
        }
        println!("    ],\n}};\n");
    }
}
