//! Learns from labelled calls what tells the names of other suppliers from all other names.
//!
//! A name that was said in a call is a row, its features are what is seen at its clearest mention and over the call. The
//! bar is where names of authors who were left out are told best.

use super::choose::{Scored, over};
use super::feature::Feature;
use super::known;
use super::pool::{Named, names};
use super::weights::{Weights, by_feature};
use crate::domain::learn::Labelled;
use crate::domain::text::TurnText;
use serde::Deserialize;
use std::collections::{BTreeMap, BTreeSet, HashMap};
use throughline_learning::{Design, Fitted, TrainingError, logistic};

/// λ of the penalty, which keeps weights near what was known before. Chosen by leaving authors out.
const PENALTY: f64 = 3.0;
/// Which mention is the clearest depends on the weights: so often they are learned anew.
const ROUNDS: usize = 3;
/// Names that score less by what was known before teach nothing, and there are many.
const PLAUSIBLE: f64 = -5.0;
/// Bars that are tried, in tenths.
const BARS: std::ops::RangeInclusive<i8> = -30..=20;
/// How much worse than the best a bar may be to be taken for as good: the middle of the good ones moves less from one
/// sample to the next.
const AS_GOOD: f64 = 0.004;

/// A call and the competitors that people say were named in it, in lower case.
pub struct NamedCall<'c> {
    pub call: &'c Labelled,
    pub competitors: BTreeSet<String>,
}

/// The competitors of labelled calls, by id: one JSON document a line, as in `starter/slots.jsonl`.
///
/// # Errors
/// On the first line that can't be read.
pub fn labelled_names(jsonl: &str) -> Result<HashMap<String, BTreeSet<String>>, serde_json::Error> {
    let lines = jsonl.lines().filter(|line| !line.trim().is_empty()).map(serde_json::from_str::<Line>);
    let named = |line: Line| (line.id, line.slots.competitors.iter().map(|name| name.to_lowercase()).collect());
    lines.map(|line| Ok(named(line?))).collect()
}

#[derive(Deserialize)]
struct Line {
    id: String,
    slots: Slots,
}

#[derive(Deserialize)]
struct Slots {
    competitors: Vec<String>,
}

/// The calls whose competitors are known.
pub fn named_calls<'c>(
    calls: impl Iterator<Item = &'c Labelled>,
    names: &HashMap<String, BTreeSet<String>>,
) -> Vec<NamedCall<'c>> {
    let named = calls.filter_map(|call| {
        let id = call.call.name.rsplit('/').next()?;
        Some(NamedCall { call, competitors: names.get(id)?.clone() })
    });
    named.collect()
}

/// Weights and bar; authors are left out by the group of the calls.
///
/// # Errors
/// Without any name.
pub fn learn(calls: &[NamedCall<'_>]) -> Result<Weights, TrainingError> {
    let known = Weights { features: by_feature(known::WEIGHTS), intercept: known::INTERCEPT, bar: 0.0 };
    let pools: Vec<BTreeMap<String, Named>> = calls.iter().map(|call| pool(call, &known)).collect();
    let all: Vec<_> = calls.iter().zip(&pools).collect();
    let groups: BTreeSet<u32> = calls.iter().map(|call| call.call.group).collect();
    let mut scored: Vec<Vec<Scored<'_>>> = vec![Vec::new(); calls.len()];
    for group in groups {
        let others: Vec<_> = all.iter().copied().filter(|(call, _)| call.call.group != group).collect();
        // A single author can't be left out: then the bar is where what was known before puts it.
        let weights = if others.is_empty() { known.clone() } else { fit(&others, &known)? };
        for ((call, pool), scored) in all.iter().zip(&mut scored) {
            if call.call.group == group {
                let names = pool.iter();
                scored.extend(names.map(|(key, named)| Scored { score: weights.score(named), key, named }));
            }
        }
    }
    let bar = best_bar(calls, &scored);
    Ok(Weights { bar, ..fit(&all, &known)? })
}

/// The plausible names of a call.
fn pool(of: &NamedCall<'_>, known: &Weights) -> BTreeMap<String, Named> {
    let Labelled { call, transcript, .. } = of.call;
    let texts = TurnText::read_all(transcript.turns.iter().map(|turn| turn.text.as_str()));
    let mut names = names(call, transcript, &texts, None);
    names.retain(|_, named| known.score(named) > PLAUSIBLE);
    names
}

fn fit(calls: &[(&NamedCall<'_>, &BTreeMap<String, Named>)], known: &Weights) -> Result<Weights, TrainingError> {
    let towards = Fitted { weights: known.features.clone(), intercept: known.intercept, held_out: Vec::new() };
    let mut weights = known.clone();
    for _ in 0..ROUNDS {
        let mut design = Design::new(Feature::ALL.len());
        let mut targets = Vec::new();
        for (call, pool) in calls {
            for (key, named) in *pool {
                let seen = weights.clearest(named);
                let row: Vec<f32> = Feature::ALL.iter().map(|f| f32::from(u8::from(seen.contains(*f)))).collect();
                design.push(&row, None, 1.0);
                targets.push(call.competitors.contains(key));
            }
        }
        let fitted = logistic(&design, &targets, PENALTY, Some(&towards))?;
        weights = Weights { features: fitted.weights, intercept: fitted.intercept, bar: 0.0 };
    }
    Ok(weights)
}

/// Where F1 is highest on names that were scored without their author.
fn best_bar(calls: &[NamedCall<'_>], scored: &[Vec<Scored<'_>>]) -> f32 {
    let tried: Vec<(f32, f64)> =
        BARS.map(|tenths| f32::from(tenths) / 10.0).map(|bar| (bar, f1(calls, scored, bar))).collect();
    let best = tried.iter().map(|(_, f1)| *f1).fold(0.0, f64::max);
    let good: Vec<f32> = tried.iter().filter(|(_, f1)| *f1 >= best - AS_GOOD).map(|(bar, _)| *bar).collect();
    good.get(good.len() / 2).copied().unwrap_or_default()
}

fn f1(calls: &[NamedCall<'_>], scored: &[Vec<Scored<'_>>], bar: f32) -> f64 {
    let (mut right, mut said, mut are) = (0_u32, 0_u32, 0_u32);
    for (of, scored) in calls.iter().zip(scored) {
        let told = over(scored.clone(), bar);
        right += told.iter().filter(|name| of.competitors.contains(**name)).count() as u32;
        said += told.len() as u32;
        are += of.competitors.len() as u32;
    }
    f64::from(2 * right) / f64::from((said + are).max(1))
}
