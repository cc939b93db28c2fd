//! Training: labelled calls and examples in, a [`Model`] out.
//!
//! Each side's lessons are trained together on the turns of that side. Where nobody said whether a row is one (a label of
//! another behavior, another lesson's example), the row counts as what the classifier of the starter set makes of it, so
//! that it teaches nothing about that lesson.

use std::collections::HashMap;

use throughline_embeddings::Vector;
use throughline_learning::{Calibration, Design, Fitted, TrainingError, best_cut, ridge};

use super::examples;
use super::features::{self, Seen};
use super::labelled::{Label, Labelled};
use super::model::{self, Learned, Measured, Model};
use crate::domain::call::Side;
use crate::domain::detect::Learning;
use crate::domain::evaluate::Revision;
use crate::domain::playbook::{Due, Speaker};
use crate::domain::text::TurnText;

/// λ of the ridge, in rows. Chosen by leaving authors out: 10 to 60 give the same within noise.
const PENALTY: f64 = 30.0;
/// What an example counts beside a labelled turn.
const EXAMPLE_WEIGHT: f32 = 0.5;
/// Groups that examples are left out in, where there are no labelled calls to measure on.
const EXAMPLE_GROUPS: u32 = 5;
/// Numbers of those groups: away from those of calls.
const FIRST_EXAMPLE_GROUP: u32 = 1 << 24;
/// Where a turn is expected that is due at no certain time.
const ANYWHERE: f64 = 0.5;
/// Half the width of the band of probabilities, around that of the threshold, in which nothing is decided.
const UNSURE: f64 = 0.01;

/// What is learned from.
#[derive(Debug)]
pub struct Material<'m> {
    pub calls: &'m [Labelled],
    /// Of the turns of each call.
    pub vectors: &'m [Vec<Vector>],
    /// Of [`example_texts`], in their order.
    pub examples: &'m [Vector],
    /// SHA-256 of the model they come from.
    pub embedding_sha256: &'m str,
}

/// Every text among a revision's examples that needs a vector.
pub fn example_texts(revision: &Revision) -> Vec<&str> {
    examples::texts(revision.detectors.lessons.iter().map(|l| &l.lesson))
}

/// Trains the classifiers of a revision. None where it has none.
///
/// # Errors
/// When vectors are not finite.
pub fn train(revision: &Revision, material: &Material<'_>) -> Result<Option<Model>, TrainingError> {
    let lessons = &revision.detectors.lessons;
    if lessons.is_empty() {
        return Ok(None);
    }
    let rows = Row::of_calls(revision, material);
    let mut learned: Vec<Option<Learned>> = vec![None; lessons.len()];
    for side in [Speaker::Rep, Speaker::Buyer] {
        let of_side: Vec<usize> =
            (0..lessons.len()).filter(|l| lessons.get(*l).is_some_and(|l| l.side == side)).collect();
        if of_side.is_empty() {
            continue;
        }
        let class = Class::of(revision, material, &rows, side, &of_side);
        for (lesson, trained) in of_side.iter().zip(class.train()?) {
            if let Some(place) = learned.get_mut(*lesson) {
                *place = Some(trained);
            }
        }
    }
    let width = features::width(lessons.len());
    let lessons = learned.into_iter().flatten().collect();
    Ok(Some(Model { embedding_sha256: material.embedding_sha256.to_owned(), width, lessons }))
}

/// A turn of a labelled call as it is learned from.
struct Row {
    call: usize,
    turn: u32,
    side: Side,
    /// Where it starts, as a share of the call.
    position: f64,
    features: Vec<f32>,
}

impl Row {
    fn of_calls(revision: &Revision, material: &Material<'_>) -> Vec<Self> {
        let calls = material.calls.iter().zip(material.vectors).enumerate();
        calls.flat_map(|(call, (labelled, vectors))| Self::of_call(revision, call, labelled, vectors)).collect()
    }

    fn of_call(revision: &Revision, call: usize, labelled: &Labelled, vectors: &[Vector]) -> Vec<Self> {
        let Labelled { call: talk, transcript, .. } = labelled;
        let texts = TurnText::read_all(transcript.turns.iter().map(|t| t.text.as_str()));
        let scan = revision.scan(talk, transcript, &texts);
        let rules = model::rule_finds(&scan);
        let seen = model::seen(&scan, vectors, &rules);
        let lessons = revision.detectors.lessons.len();
        let row = |(at, (turn, seen_turn)): (usize, (u32, &Seen<'_>))| Self {
            call,
            turn,
            side: seen_turn.side,
            position: seen_turn.position,
            features: features::row(&seen, at, lessons),
        };
        (0_u32..).zip(&seen).enumerate().map(row).collect()
    }
}

/// Where a row comes from.
#[derive(Debug, Clone, Copy)]
enum Source {
    Turn { call: usize, position: f64 },
    Example { lesson: usize },
}

/// The lessons of one side, with their rows.
struct Class<'m> {
    lessons: Vec<&'m Learning>,
    dues: Vec<f64>,
    calls: &'m [Labelled],
    design: Design,
    sources: Vec<Source>,
    /// By lesson and row; None where nobody said.
    targets: Vec<Vec<Option<bool>>>,
}

impl<'m> Class<'m> {
    fn of(revision: &'m Revision, material: &Material<'m>, rows: &[Row], side: Speaker, indices: &[usize]) -> Self {
        let all = &revision.detectors.lessons;
        let lessons: Vec<&Learning> = indices.iter().filter_map(|l| all.get(*l)).collect();
        let dues = lessons.iter().map(|l| due(revision, l)).collect();
        let mut class = Self {
            targets: vec![Vec::new(); lessons.len()],
            lessons,
            dues,
            calls: material.calls,
            design: Design::new(features::width(all.len())),
            sources: Vec::new(),
        };
        for row in rows.iter().filter(|row| model::is_of(row.side, side)) {
            class.push_turn(row);
        }
        class.push_examples(all, material.examples);
        class
    }

    fn push_turn(&mut self, row: &Row) {
        let Some(Labelled { labels, group, .. }) = self.calls.get(row.call) else { return };
        self.design.push(&row.features, Some(*group), 1.0);
        self.sources.push(Source::Turn { call: row.call, position: row.position });
        for (lesson, targets) in self.lessons.iter().zip(&mut self.targets) {
            targets.push(target(lesson, labels, row.turn));
        }
    }

    fn push_examples(&mut self, all: &[Learning], vectors: &[Vector]) {
        let mut rest = vectors;
        for learning in all {
            let count = 3 * (learning.lesson.examples.len() + learning.lesson.counterexamples.len());
            let (own, others) = rest.split_at_checked(count).unwrap_or((rest, &[]));
            rest = others;
            let Some(lesson) = self.lessons.iter().position(|l| l.path == learning.path) else { continue };
            let position = self.dues.get(lesson).map_or(ANYWHERE, |due| (due / 2.0).min(ANYWHERE));
            for (at, row) in
                examples::rows(&learning.lesson, learning.side, own, position, all.len()).iter().enumerate()
            {
                let group = FIRST_EXAMPLE_GROUP + u32::try_from(at).unwrap_or(0) % EXAMPLE_GROUPS;
                let measured_on = learning.lesson.starter.is_none().then_some(group);
                self.design.push(&row.features, measured_on, EXAMPLE_WEIGHT);
                self.sources.push(Source::Example { lesson });
                for (other, targets) in self.targets.iter_mut().enumerate() {
                    targets.push((other == lesson).then_some(row.holds));
                }
            }
        }
    }

    fn train(&self) -> Result<Vec<Learned>, TrainingError> {
        let known = |target: &Option<bool>| match target {
            Some(true) => 1.0,
            _ => 0.0,
        };
        let first: Vec<Vec<f32>> = self.targets.iter().map(|t| t.iter().map(known).collect()).collect();
        let unsaid = self.targets.iter().any(|t| t.iter().any(Option::is_none));
        let mut fitted = ridge(&self.design, &first, PENALTY)?;
        if unsaid {
            fitted = ridge(&self.design, &self.filled(&fitted), PENALTY)?;
        }
        Ok((0..self.lessons.len()).zip(fitted).map(|(lesson, fitted)| self.learned(lesson, fitted)).collect())
    }

    /// Targets with what nobody said filled by what the classifier makes of it.
    fn filled(&self, fitted: &[Fitted]) -> Vec<Vec<f32>> {
        let of = |(targets, fitted): (&Vec<Option<bool>>, &Fitted)| -> Vec<f32> {
            let filled = targets.iter().enumerate().map(|(row, target)| match target {
                Some(holds) => f32::from(u8::from(*holds)),
                None => self.design.score(row, fitted),
            });
            filled.collect()
        };
        self.targets.iter().zip(fitted).map(of).collect()
    }

    fn learned(&self, lesson: usize, fitted: Fitted) -> Learned {
        let judged = self.judged(lesson, &fitted);
        let cut = best_cut(&judged);
        // Nothing to measure on: what scores like an example that it was trained on.
        let threshold = cut.map_or(ANYWHERE as f32, |cut| cut.threshold);
        let curve =
            Calibration::fit(&judged).unwrap_or(Calibration { slope: 8.0, offset: -8.0 * f64::from(threshold) });
        let unsure = band(curve, threshold);
        let measured = measure(&judged, threshold, unsure);
        Learned {
            path: self.lessons.get(lesson).map(|l| l.path.clone()).unwrap_or_default(),
            weights: fitted.weights,
            intercept: fitted.intercept,
            threshold,
            unsure,
            slope: curve.slope,
            offset: curve.offset,
            measured,
        }
    }

    /// What the lesson's classifier gives to calls it has not seen (the best turn of each), or to examples where the
    /// lesson has no labelled calls, and what people say.
    fn judged(&self, lesson: usize, fitted: &Fitted) -> Vec<(f32, bool)> {
        let (due, Some(learning)) = (self.dues.get(lesson).copied().unwrap_or(1.0), self.lessons.get(lesson)) else {
            return Vec::new();
        };
        let rows = || self.sources.iter().zip(&fitted.held_out);
        let Some(id) = &learning.lesson.starter else {
            let targets = self.targets.get(lesson).map_or(&[][..], Vec::as_slice);
            let own = rows().zip(targets).filter_map(|((source, score), target)| match source {
                Source::Example { lesson: of } if *of == lesson => Some(((*score)?, (*target)?)),
                _ => None,
            });
            return own.collect();
        };
        let mut best: Vec<Option<f32>> = vec![None; self.calls.len()];
        for (source, score) in rows() {
            let (Source::Turn { call, position }, Some(score)) = (source, score) else { continue };
            if let Some(best) = best.get_mut(*call).filter(|_| *position <= due) {
                *best = Some(best.map_or(*score, |b| b.max(*score)));
            }
        }
        let scored = best.iter().zip(self.calls).filter_map(|(best, call)| match call.labels.get(id.as_str())? {
            Label::Observed(_) => Some(((*best)?, true)),
            Label::Missed => Some(((*best)?, false)),
            Label::NotApplicable => None,
        });
        scored.collect()
    }
}

/// Until when the behavior is due whose detector holds a lesson, as a share of the call.
fn due(revision: &Revision, lesson: &Learning) -> f64 {
    let owner = revision.playbook.behaviors.iter().find(|b| lesson.path.starts_with(&format!("{}.", b.detect.owner())));
    match owner.and_then(|behavior| behavior.due) {
        Some(Due::Share(share)) => share,
        _ => 1.0,
    }
}

/// Is this turn one, by the labels of its call?
fn target(lesson: &Learning, labels: &HashMap<String, Label>, turn: u32) -> Option<bool> {
    match lesson.lesson.starter.as_ref().map(|id| labels.get(id.as_str())) {
        Some(Some(Label::Observed(turns))) => Some(turns.contains(&turn)),
        Some(Some(Label::Missed | Label::NotApplicable)) => Some(false),
        Some(None) => None,
        // Without a starter nobody labelled it: nearly every turn of any call is not one.
        None => Some(false),
    }
}

/// The scores whose probability is nearest to that of the threshold.
fn band(curve: Calibration, threshold: f32) -> (f32, f32) {
    let half = if curve.slope > 0.0 {
        let p = curve.probability(threshold);
        (UNSURE / (curve.slope * (p * (1.0 - p)).max(0.05))) as f32
    } else {
        0.0
    };
    (threshold - half, threshold + half)
}

fn measure(judged: &[(f32, bool)], threshold: f32, unsure: (f32, f32)) -> Measured {
    let count = |test: &dyn Fn(f32, bool) -> bool| judged.iter().filter(|(s, holds)| test(*s, *holds)).count() as f64;
    let all = judged.len() as f64;
    let (said, observed) = (count(&|s, _| s >= threshold), count(&|_, holds| holds));
    let hits = count(&|s, holds| s >= threshold && holds);
    let right = count(&|s, holds| (s >= threshold) == holds);
    let share = |part: f64, of: f64| if of > 0.0 { part / of } else { 0.0 };
    let chance = share(said * observed + (all - said) * (all - observed), all * all);
    Measured {
        judged: u32::try_from(judged.len()).unwrap_or(u32::MAX),
        observed: observed as u32,
        precision: share(hits, said),
        recall: share(hits, observed),
        kappa: share(share(right, all) - chance, 1.0 - chance),
        unsure: share(count(&|s, _| s > unsure.0 && s < unsure.1), all),
    }
}
