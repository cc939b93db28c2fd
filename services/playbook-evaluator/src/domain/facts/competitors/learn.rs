//! Learns from labelled calls what tells the names of other suppliers from all other names.
//!
//! A name that was said in a call is a row, its features are what is seen at its clearest mention and over the call. The
//! bar is where names of authors who were left out are told best.

use super::choose::{Scored, over};
use super::feature::Feature;
use super::pool::Named;
use super::states::{States, plausible};
use super::weights::Weights;
use crate::domain::learn::Labelled;
use crate::domain::text::TurnText;
use serde::Deserialize;
use std::collections::{BTreeMap, BTreeSet, HashMap};
use throughline_embeddings::DIMS;
use throughline_learning::{Design, Fitted, TrainingError, logistic};

/// λ of the penalty, which keeps weights near what was known before. Chosen by leaving authors out.
const PENALTY: f64 = 3.0;
/// Authors are left out in so many parts, not one by one: only the bar comes of it.
const PARTS: usize = 5;
/// Which mention is the clearest depends on the weights: so often they are learned anew.
const ROUNDS: usize = 3;
/// What the numbers of a state are multiplied by in a row, and with it how freely their weights are learned beside those of
/// the features. Chosen by leaving authors out.
const STATE_SCALE: f32 = 4.0;
/// Bars that are tried, in tenths.
const BARS: std::ops::RangeInclusive<i8> = -30..=20;
/// How much worse than the best a bar may be to be taken for as good: the middle of the good ones moves less from one
/// sample to the next.
const AS_GOOD: f64 = 0.004;

/// A call and the competitors that people say were named in it, in lower case.
#[derive(Clone)]
pub struct NamedCall<'c> {
    pub call: &'c Labelled,
    pub competitors: BTreeSet<String>,
    /// Where a model reads names, what it makes of those of this call.
    pub states: Option<States>,
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

/// The calls whose competitors are known; no model has read their names yet.
pub fn named_calls<'c>(
    calls: impl Iterator<Item = &'c Labelled>,
    names: &HashMap<String, BTreeSet<String>>,
) -> Vec<NamedCall<'c>> {
    let named = calls.filter_map(|call| {
        let id = call.call.name.rsplit('/').next()?;
        Some(NamedCall { call, competitors: names.get(id)?.clone(), states: None })
    });
    named.collect()
}

/// Weights and bar, with weights of states where every call has them; authors are left out by the group of the calls.
///
/// # Errors
/// Without any name.
pub fn learn(calls: &[NamedCall<'_>]) -> Result<Weights, TrainingError> {
    let read = calls.iter().all(|call| call.states.is_some());
    let known = Weights { states: vec![0.0; if read { DIMS } else { 0 }], ..Weights::known() };
    let pools: Vec<BTreeMap<String, Named>> = calls.iter().map(pool).collect();
    let all: Vec<_> = calls.iter().zip(&pools).collect();
    let groups: BTreeSet<u32> = calls.iter().map(|call| call.call.group).collect();
    let mut scored: Vec<Vec<Scored<'_>>> = vec![Vec::new(); calls.len()];
    let part_of = |call: &NamedCall<'_>| groups.range(..call.call.group).count() % PARTS;
    for part in 0..PARTS.min(groups.len()) {
        let others: Vec<_> = all.iter().copied().filter(|(call, _)| part_of(call) != part).collect();
        // A single author can't be left out: then the bar is where what was known before puts it.
        let weights = if others.is_empty() { known.clone() } else { fit(&others, &known)? };
        for ((call, pool), scored) in all.iter().zip(&mut scored) {
            if part_of(call) == part {
                let names = pool.iter();
                scored.extend(names.map(|(key, named)| Scored { score: weights.score(named), key, named }));
            }
        }
    }
    let bar = best_bar(calls, &scored);
    Ok(Weights { bar, ..fit(&all, &known)? })
}

/// The plausible names of a call.
fn pool(of: &NamedCall<'_>) -> BTreeMap<String, Named> {
    let Labelled { call, transcript, .. } = of.call;
    let texts = TurnText::read_all(transcript.turns.iter().map(|turn| turn.text.as_str()));
    let mut names = plausible(call, transcript, &texts);
    if let Some(states) = &of.states {
        states.give(names.values_mut());
    }
    names
}

fn fit(calls: &[(&NamedCall<'_>, &BTreeMap<String, Named>)], known: &Weights) -> Result<Weights, TrainingError> {
    // The weights of states stand behind those of the features, and were 0.
    let before = known.features.iter().chain(&known.states).copied().collect();
    let towards = Fitted { weights: before, intercept: known.intercept, held_out: Vec::new() };
    let mut weights = known.clone();
    for _ in 0..ROUNDS {
        let mut design = Design::new(Feature::ALL.len() + known.states.len());
        let mut targets = Vec::new();
        for (call, pool) in calls {
            for (key, named) in *pool {
                let (seen, state) = weights.clearest(named);
                let features = Feature::ALL.iter().map(|f| f32::from(u8::from(seen.contains(*f))));
                let state = state.map_or([0.0; DIMS], |state| state.as_array().map(|number| number * STATE_SCALE));
                let row: Vec<f32> = features.chain(state.into_iter().take(known.states.len())).collect();
                design.push(&row, None, 1.0);
                targets.push(call.competitors.contains(key));
            }
        }
        let fitted = logistic(&design, &targets, PENALTY, Some(&towards))?;
        let (features, states) = fitted.weights.split_at(Feature::ALL.len().min(fitted.weights.len()));
        let states = states.iter().map(|weight| weight * STATE_SCALE).collect();
        weights = Weights { features: features.to_vec(), states, intercept: fitted.intercept, bar: 0.0 };
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
