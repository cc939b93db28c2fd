//! What was learned for a revision, and what it says of a call.

use serde::{Deserialize, Serialize};
use throughline_embeddings::Vector;

use super::features::{self, Seen};
use crate::domain::call::Side;
use crate::domain::detect::Scan;
use crate::domain::playbook::Speaker;

/// Everything learned for one revision; it never changes.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Model {
    /// SHA-256 of the embedding model whose vectors it was trained on: it reads no others.
    pub embedding_sha256: String,
    /// Features of a row; another number means that features have changed since it was trained.
    pub width: usize,
    /// By lesson, in the order of the compiled playbook.
    pub lessons: Vec<Learned>,
}

/// A classifier of turns.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Learned {
    /// Path of its `examples` in the document.
    pub path: String,
    pub weights: Vec<f32>,
    pub intercept: f32,
    /// From this score on a turn counts.
    pub threshold: f32,
    /// Scores around the threshold that are as often wrong as right: they decide nothing.
    pub unsure: (f32, f32),
    /// Logistic curve from the best score of a call to the probability that the call shows it.
    pub slope: f64,
    pub offset: f64,
    pub measured: Measured,
}

/// How well a classifier judged what it was not trained on: calls of an author or rep that was left out, or, without
/// labelled calls, examples that were left out.
#[derive(Debug, Clone, Copy, PartialEq, Default, Serialize, Deserialize)]
pub struct Measured {
    /// Calls, or examples, that were judged.
    pub judged: u32,
    /// Of these, how many people call observed.
    pub observed: u32,
    pub precision: f64,
    pub recall: f64,
    /// Cohen's kappa of observed or not.
    pub kappa: f64,
    /// Share of those that it would not decide.
    pub unsure: f64,
}

/// What a classifier says of a turn.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    Yes,
    Unsure,
    No,
}

impl Learned {
    /// What a score means.
    pub fn verdict(&self, score: f32) -> Verdict {
        if score > self.unsure.0 && score < self.unsure.1 {
            Verdict::Unsure
        } else if score >= self.threshold {
            Verdict::Yes
        } else {
            Verdict::No
        }
    }

    /// Probability that a call whose best turn has this score shows it.
    pub fn probability(&self, score: f32) -> f64 {
        1.0 / (1.0 + (-(self.slope * f64::from(score) + self.offset)).exp())
    }
}

/// Scores of the turns of one call, by lesson; none for turns of another side.
#[derive(Debug, Clone, Default)]
pub struct Scores(Vec<Vec<Option<f32>>>);

impl Scores {
    /// Was nothing scored?
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Score of a turn.
    pub fn of(&self, lesson: usize, turn: u32) -> Option<f32> {
        self.0.get(lesson)?.get(turn as usize).copied().flatten()
    }
}

impl Model {
    /// Scores every turn of a call. `vectors` are those of the turns, in order.
    pub fn score(&self, scan: &Scan<'_>, vectors: &[Vector]) -> Scores {
        let lessons = scan.lessons();
        if self.lessons.len() != lessons.len() || self.width != features::width(lessons.len()) {
            return Scores::default();
        }
        let rules = rule_finds(scan);
        let seen = seen(scan, vectors, &rules);
        let mut scores = vec![vec![None; seen.len()]; lessons.len()];
        for at in 0..seen.len() {
            let row = features::row(&seen, at, lessons.len());
            for ((learned, lesson), scores) in self.lessons.iter().zip(lessons).zip(&mut scores) {
                let reads = seen.get(at).is_some_and(|turn| is_of(turn.side, lesson.side));
                if let Some(place) = scores.get_mut(at).filter(|_| reads) {
                    let sum: f32 = learned.weights.iter().zip(&row).map(|(w, x)| w * x).sum();
                    *place = Some(learned.intercept + sum);
                }
            }
        }
        Scores(scores)
    }
}

/// May a turn of this side be what a lesson of that side looks for? One of unknown side may.
pub(super) fn is_of(side: Side, lesson: Speaker) -> bool {
    match lesson {
        Speaker::Rep => side != Side::Buyer,
        Speaker::Buyer => side != Side::Rep,
        Speaker::Either => true,
    }
}

/// By turn: which lessons' rules found something there.
pub(super) fn rule_finds(scan: &Scan<'_>) -> Vec<Vec<bool>> {
    let lessons = scan.lessons();
    let mut found = vec![vec![false; lessons.len()]; scan.texts.len()];
    for lesson in 0..lessons.len() {
        for hit in scan.rules_of(lesson) {
            if let Some(place) = found.get_mut(hit.turn as usize).and_then(|turn| turn.get_mut(lesson)) {
                *place = true;
            }
        }
    }
    found
}

/// The turns of a call as classifiers see them.
pub(super) fn seen<'a>(scan: &Scan<'a>, vectors: &'a [Vector], rules: &'a [Vec<bool>]) -> Vec<Seen<'a>> {
    let turns = scan.transcript.turns.iter().zip(scan.texts).zip(vectors).zip(rules);
    let seen = (0_u32..).zip(turns).map(|(at, (((turn, text), vector), rules))| Seen {
        text,
        vector,
        side: turn.sure_side(),
        position: scan.position(at),
        rules,
    });
    seen.collect()
}
