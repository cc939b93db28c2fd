//! How what was read compares with what people say: the figures of `score_calls.py`.

use std::collections::{BTreeMap, BTreeSet};

use playbook_evaluator::domain::evaluation::{Evaluation, Outcome};
use serde::Serialize;

use super::gold::Gold;
use super::slots::SlotTally;

/// See `tests/bench/README.md` for what each is.
#[derive(Debug, Clone, Default, Serialize)]
pub struct Quality {
    /// Of observed, missed, not applicable; an unknown agrees with none of them.
    pub kappa: Option<f64>,
    pub observed_f1: Option<f64>,
    pub signal_f1: Option<f64>,
    pub next_step_date: Option<f64>,
    pub competitor_f1: Option<f64>,
    pub evidence_hit: Option<f64>,
    pub by_author: BTreeMap<char, f64>,
    pub by_behavior: BTreeMap<String, f64>,
    pub unknown_share: Option<f64>,
}

/// Gold outcome and the one that was read.
type Pair = (String, &'static str);

#[derive(Default)]
pub struct Tally {
    pairs: Vec<Pair>,
    by_author: BTreeMap<char, Vec<Pair>>,
    by_behavior: BTreeMap<String, Vec<Pair>>,
    observed: Found,
    signals: Found,
    competitors: Found,
    evidence: Share,
    dates: Share,
    unknown: Share,
    pub slots: SlotTally,
}

impl Tally {
    pub fn add(&mut self, gold: &Gold, evaluation: &Evaluation) {
        for (id, label) in &gold.labels.behaviors {
            let read = evaluation.behaviors.iter().find(|behavior| behavior.id == *id);
            let said = read.map_or(Outcome::Unknown, |read| read.outcome).as_str();
            let pair = (label.outcome.clone(), said);
            self.by_author.entry(gold.author()).or_default().push(pair.clone());
            self.by_behavior.entry(id.clone()).or_default().push(pair.clone());
            self.pairs.push(pair);
            let (is, told) = (label.outcome == "observed", said == "observed");
            self.observed.count(is, told);
            self.unknown.count(said == "unknown");
            if is && told {
                let turns = read.iter().flat_map(|read| &read.evidence).map(|evidence| evidence.turn);
                let near = |turn: u32| label.evidence.iter().any(|right| right.abs_diff(turn) <= 1);
                self.evidence.count(turns.into_iter().any(near));
            }
        }
        for (id, turns) in &gold.labels.buyer_signals {
            let told = evaluation.signals.iter().any(|signal| signal.id == *id && !signal.evidence.is_empty());
            self.signals.count(!turns.is_empty(), told);
        }
        let facts = &evaluation.facts;
        self.slots.add(gold.author(), &gold.labels.slots, facts);
        let date = facts.next_step.as_ref().and_then(|step| step.date).map(|date| date.to_string());
        self.dates.count(date.as_deref() == gold.labels.slots.next_step_date());
        let (are, told) = (gold.labels.slots.competitors(), facts.competitors.iter().map(|c| c.name.to_lowercase()));
        let told: BTreeSet<String> = told.collect();
        for name in are.union(&told) {
            self.competitors.count(are.contains(name), told.contains(name));
        }
    }

    pub fn quality(&self) -> Quality {
        Quality {
            kappa: kappa(&self.pairs),
            observed_f1: Some(self.observed.f1()),
            signal_f1: Some(self.signals.f1()),
            next_step_date: self.dates.share(),
            competitor_f1: Some(self.competitors.f1()),
            evidence_hit: self.evidence.share(),
            by_author: kappas(&self.by_author),
            by_behavior: kappas(&self.by_behavior),
            unknown_share: self.unknown.share(),
        }
    }
}

fn kappas<K: Clone + Ord>(pairs: &BTreeMap<K, Vec<Pair>>) -> BTreeMap<K, f64> {
    pairs.iter().filter_map(|(key, pairs)| Some((key.clone(), kappa(pairs)?))).collect()
}

/// Cohen's: agreement beyond that of two who judge blindly, each as often as they do.
fn kappa(pairs: &[Pair]) -> Option<f64> {
    if pairs.is_empty() {
        return None;
    }
    let all = pairs.len() as f64;
    let (mut gold, mut said) = (BTreeMap::<&str, f64>::new(), BTreeMap::<&str, f64>::new());
    for (is, told) in pairs {
        *gold.entry(is).or_default() += 1.0;
        *said.entry(told).or_default() += 1.0;
    }
    let agreed = pairs.iter().filter(|(is, told)| is == told).count() as f64 / all;
    let by_chance: f64 =
        gold.iter().map(|(outcome, times)| times * said.get(outcome).unwrap_or(&0.0) / all / all).sum();
    Some(if by_chance >= 1.0 { 1.0 } else { (agreed - by_chance) / (1.0 - by_chance) })
}

/// True and false positives, false negatives.
#[derive(Default)]
struct Found {
    right: u32,
    wrong: u32,
    missed: u32,
}

impl Found {
    fn count(&mut self, is: bool, told: bool) {
        match (is, told) {
            (true, true) => self.right += 1,
            (false, true) => self.wrong += 1,
            (true, false) => self.missed += 1,
            (false, false) => {}
        }
    }

    fn f1(&self) -> f64 {
        let all = 2 * self.right + self.wrong + self.missed;
        f64::from(2 * self.right) / f64::from(all.max(1))
    }
}

#[derive(Default)]
struct Share {
    yes: u32,
    all: u32,
}

impl Share {
    fn count(&mut self, yes: bool) {
        self.yes += u32::from(yes);
        self.all += 1;
    }

    fn share(&self) -> Option<f64> {
        (self.all > 0).then(|| f64::from(self.yes) / f64::from(self.all))
    }
}

/// Calls whose classifier gave a probability between two tenths, and how many of them show it.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Bin {
    pub from: f64,
    pub to: f64,
    pub mean_probability: f64,
    pub observed_share: f64,
    pub n: usize,
}

/// Probabilities against what people say.
#[derive(Default)]
pub struct Reliability(Vec<(f64, bool)>);

impl Reliability {
    pub fn add(&mut self, probability: f64, observed: bool) {
        self.0.push((probability, observed));
    }

    /// By tenths of probability; those without a call are left out.
    pub fn bins(&self) -> Vec<Bin> {
        let bins = (0_u32..10).filter_map(|tenth| {
            let of = |probability: f64| ((probability * 10.0) as u32).min(9) == tenth;
            let here: Vec<_> = self.0.iter().filter(|(probability, _)| of(*probability)).collect();
            let n = here.len();
            (n > 0).then(|| Bin {
                from: f64::from(tenth) / 10.0,
                to: f64::from(tenth + 1) / 10.0,
                mean_probability: here.iter().map(|(probability, _)| probability).sum::<f64>() / n as f64,
                observed_share: here.iter().filter(|(_, observed)| *observed).count() as f64 / n as f64,
                n,
            })
        });
        bins.collect()
    }
}

/// How far bins are from what they promise, weighted by their calls.
pub fn calibration_error(bins: &[Bin]) -> Option<f64> {
    let all: usize = bins.iter().map(|bin| bin.n).sum();
    let off = bins.iter().map(|bin| (bin.mean_probability - bin.observed_share).abs() * bin.n as f64);
    (all > 0).then(|| off.sum::<f64>() / all as f64)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn kappa_is_that_of_the_textbook() {
        let pairs = |of: &[(&str, &'static str, usize)]| -> Vec<Pair> {
            let pairs = of.iter().flat_map(|(is, told, times)| vec![((*is).to_owned(), *told); *times]);
            pairs.collect()
        };
        // 35 of 50 agree, 25 would by chance.
        let textbook = [("yes", "yes", 20), ("yes", "no", 5), ("no", "yes", 10), ("no", "no", 15)];
        assert!((kappa(&pairs(&textbook)).unwrap() - 0.4).abs() < 1e-9);
        assert_eq!(kappa(&pairs(&[("yes", "yes", 3)])), Some(1.0));
        assert_eq!(kappa(&pairs(&[("yes", "unknown", 3), ("no", "unknown", 3)])), Some(0.0));
        assert_eq!(kappa(&[]), None);
    }

    #[test]
    fn a_bin_says_what_was_promised_and_what_came() {
        let mut reliability = Reliability::default();
        for (p, is) in [(0.05, false), (0.82, true), (0.88, false), (1.0, true)] {
            reliability.add(p, is);
        }
        let bins = reliability.bins();
        let told: Vec<_> = bins.iter().map(|bin| (bin.from, bin.n, bin.observed_share)).collect();
        assert_eq!(told, [(0.0, 1, 0.0), (0.8, 2, 0.5), (0.9, 1, 1.0)]);
        assert!((calibration_error(&bins).unwrap() - (0.05 + 2.0 * 0.35) / 4.0).abs() < 1e-9);
    }
}
