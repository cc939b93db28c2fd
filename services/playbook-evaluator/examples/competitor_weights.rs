//! Learns from the starter set what tells the names of competitors, and prints the file that ships. A tool for
//! development; services never use it. On stderr: how well each author's competitors are found by what was learned from
//! the others, without the embedding model.
//!
//! `cargo run -p playbook-evaluator --example competitor_weights > services/playbook-evaluator/src/domain/facts/competitors/learned.rs`

use anyhow::Context as _;
use playbook_evaluator::domain::facts::competitors::{self, NamedCall, Weights, feature::Feature};
use playbook_evaluator::domain::learn;
use playbook_evaluator::domain::text::TurnText;
use std::collections::{BTreeMap, BTreeSet};

const SLOTS: &str = include_str!("../starter/slots.jsonl");

fn main() -> anyhow::Result<()> {
    let starter = learn::starter()?;
    let names = competitors::labelled_names(SLOTS)?;
    let calls = competitors::named_calls(starter.iter(), &names);
    let mut total = Found::default();
    let mut by_author: BTreeMap<u32, Vec<&NamedCall<'_>>> = BTreeMap::new();
    for call in &calls {
        by_author.entry(call.call.group).or_default().push(call);
    }
    for (author, own) in by_author {
        let others = competitors::named_calls(starter.iter().filter(|call| call.group != author), &names);
        let weights = competitors::learn(&others)?;
        let mut found = Found::default();
        own.iter().for_each(|call| found.add(call, &weights));
        eprintln!("{} {found}", char::from_u32(author).context("an author is a letter")?);
        total.right += found.right;
        total.wrong += found.wrong;
        total.missed += found.missed;
    }
    eprintln!("all {total}");
    print(&competitors::learn(&calls)?);
    Ok(())
}

#[derive(Default)]
struct Found {
    right: usize,
    wrong: usize,
    missed: usize,
}

impl Found {
    fn add(&mut self, of: &NamedCall<'_>, weights: &Weights) {
        let call = of.call;
        let texts = TurnText::read_all(call.transcript.turns.iter().map(|turn| turn.text.as_str()));
        let (told, _) = competitors::extract(&call.call, &call.transcript, &texts, &[], None, weights);
        let told: BTreeSet<String> = told.into_iter().map(|found| found.name.to_lowercase()).collect();
        self.right += told.intersection(&of.competitors).count();
        self.wrong += told.difference(&of.competitors).count();
        self.missed += of.competitors.difference(&told).count();
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

fn print(weights: &Weights) {
    println!("//! Weights that were learned from the starter set, all its authors: written by");
    println!("//! `cargo run -p playbook-evaluator --example competitor_weights`, which a test holds them to.\n");
    println!("use super::feature::Feature;\n");
    println!("pub(super) const INTERCEPT: f32 = {:.4};", weights.intercept);
    println!("pub(super) const BAR: f32 = {:.1};\n", weights.bar);
    println!("pub(super) const WEIGHTS: &[(Feature, f32)] = &[");
    for (feature, weight) in Feature::ALL.iter().zip(&weights.features) {
        println!("    (Feature::{feature:?}, {weight:.4}),");
    }
    println!("];");
}
