//! Ridge regression on targets that are mostly 0 or 1, in closed form: weights `(XᵀX + λI)⁻¹ Xᵀy`, one factorisation for all labels.
//!
//! Leaving a group out needs no second pass over the rows: its part of `XᵀX` is taken away again. Everything runs in one
//! thread and in one order, so that the same rows give the same bits on the same machine.

use faer::linalg::solvers::{Llt, Solve};
use faer::{Accum, Mat, Par, Side};

use crate::Design;

/// A classifier of one label, and how it judged the rows it had not seen.
#[derive(Debug, Clone, PartialEq)]
pub struct Fitted {
    /// One for each feature.
    pub weights: Vec<f32>,
    /// Added to the weighted sum.
    pub intercept: f32,
    /// The score of each row by the classifier that was trained without the row's group; none for a row without a group,
    /// and where there are fewer than two groups.
    pub held_out: Vec<Option<f32>>,
}

impl Fitted {
    /// Weighted sum of a row's features: about 0 for a row that is not one, about 1 for one that is.
    pub fn score(&self, features: &[f32]) -> f32 {
        self.intercept + self.weights.iter().zip(features).map(|(w, x)| w * x).sum::<f32>()
    }
}

/// Why nothing was trained.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum TrainingError {
    /// There is nothing to learn from.
    #[error("there are no rows to learn from")]
    NoRows,
    /// A list of targets of another length than the design.
    #[error("target {label} has {found} entries for {rows} rows")]
    Targets { label: usize, found: usize, rows: usize },
    /// Features that are not numbers, or a penalty of 0 over dependent features.
    #[error("the normal equations can't be solved: a feature is not finite, or the penalty is too small")]
    Singular,
}

/// Penalty of the intercept: only enough to keep the equations solvable.
const INTERCEPT_PENALTY: f64 = 1e-3;

/// Trains a classifier for each list of targets, which has one for every row. `penalty` is λ in units of weighted rows.
///
/// # Errors
/// See [`TrainingError`].
pub fn ridge(design: &Design, targets: &[Vec<f32>], penalty: f64) -> Result<Vec<Fitted>, TrainingError> {
    if design.is_empty() {
        return Err(TrainingError::NoRows);
    }
    for (label, list) in targets.iter().enumerate() {
        if list.len() != design.len() {
            return Err(TrainingError::Targets { label, found: list.len(), rows: design.len() });
        }
    }
    let groups = design.by_group();
    let parts: Vec<Normal> = groups.iter().map(|(_, rows)| Normal::of(design, rows, targets)).collect();
    let mut whole = Normal::empty(design.width() + 1, targets.len());
    for part in &parts {
        whole.add(part);
    }
    let weights = whole.solve(penalty)?;
    let mut fitted: Vec<Fitted> = (0..targets.len())
        .map(|label| Fitted {
            weights: (0..design.width()).map(|row| weights[(row, label)] as f32).collect(),
            intercept: weights[(design.width(), label)] as f32,
            held_out: vec![None; design.len()],
        })
        .collect();
    let held_out = groups.iter().zip(&parts).filter(|((group, _), _)| group.is_some());
    if held_out.clone().count() < 2 {
        return Ok(fitted);
    }
    for ((_, rows), part) in held_out {
        let weights = whole.without(part).solve(penalty)?;
        let scores = matrix(design, rows) * &weights;
        for (at, row) in rows.iter().enumerate() {
            for (label, fitted) in fitted.iter_mut().enumerate() {
                if let Some(place) = fitted.held_out.get_mut(*row) {
                    *place = Some(scores[(at, label)] as f32);
                }
            }
        }
    }
    Ok(fitted)
}

/// The normal equations of some rows: `XᵀWX` and `XᵀWy`.
struct Normal {
    left: Mat<f64>,
    right: Mat<f64>,
}

impl Normal {
    fn empty(width: usize, labels: usize) -> Self {
        Self { left: Mat::zeros(width, width), right: Mat::zeros(width, labels) }
    }

    fn of(design: &Design, rows: &[usize], targets: &[Vec<f32>]) -> Self {
        let rooted = |row: usize| f64::from(design.weight(row)).sqrt();
        let mut x = matrix(design, rows);
        for (at, row) in rows.iter().enumerate() {
            let root = rooted(*row);
            x.row_mut(at).iter_mut().for_each(|value| *value *= root);
        }
        let y = Mat::from_fn(rows.len(), targets.len(), |at, label| {
            let row = rows.get(at).copied().unwrap_or_default();
            targets.get(label).and_then(|list| list.get(row)).map_or(0.0, |y| f64::from(*y) * rooted(row))
        });
        let mut normal = Self::empty(design.width() + 1, targets.len());
        let product = |into: &mut Mat<f64>, by: &Mat<f64>| {
            faer::linalg::matmul::matmul(into.as_mut(), Accum::Replace, x.transpose(), by.as_ref(), 1.0, Par::Seq);
        };
        product(&mut normal.left, &x);
        product(&mut normal.right, &y);
        normal
    }

    fn add(&mut self, other: &Self) {
        self.left += &other.left;
        self.right += &other.right;
    }

    fn without(&self, part: &Self) -> Self {
        Self { left: &self.left - &part.left, right: &self.right - &part.right }
    }

    fn solve(&self, penalty: f64) -> Result<Mat<f64>, TrainingError> {
        let mut left = self.left.clone();
        let last = left.nrows().saturating_sub(1);
        for at in 0..left.nrows() {
            left[(at, at)] += if at == last { INTERCEPT_PENALTY } else { penalty };
        }
        let weights = Llt::new(left.as_ref(), Side::Lower).map_err(|_| TrainingError::Singular)?.solve(&self.right);
        let finite = (0..weights.ncols()).all(|c| (0..weights.nrows()).all(|r| weights[(r, c)].is_finite()));
        if finite { Ok(weights) } else { Err(TrainingError::Singular) }
    }
}

/// Some rows of a design, with a column of ones for the intercept.
fn matrix(design: &Design, rows: &[usize]) -> Mat<f64> {
    let width = design.width();
    Mat::from_fn(rows.len(), width + 1, |at, column| {
        let features = rows.get(at).map_or(&[][..], |row| design.row(*row));
        if column == width { 1.0 } else { features.get(column).copied().map_or(0.0, f64::from) }
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// Rows of which the first feature tells the label, in three groups.
    fn telling() -> (Design, Vec<f32>) {
        let mut design = Design::new(2);
        let mut labels = Vec::new();
        for n in 0..60_u32 {
            let holds = n % 3 == 0;
            let noise = f32::from(u8::try_from(n * 37 % 11).unwrap()) / 11.0;
            design.push(&[if holds { 1.0 } else { 0.0 }, noise], Some(n % 4), 1.0);
            labels.push(f32::from(u8::from(holds)));
        }
        (design, labels)
    }

    #[test]
    fn a_telling_feature_is_learned_and_holds_on_groups_that_were_left_out() {
        let (design, labels) = telling();
        let fitted = ridge(&design, std::slice::from_ref(&labels), 0.1).unwrap().remove(0);
        assert!(fitted.score(&[1.0, 0.5]) > 0.9);
        assert!(fitted.score(&[0.0, 0.5]) < 0.1);
        for (score, holds) in fitted.held_out.iter().zip(&labels) {
            assert_eq!(score.unwrap() > 0.5, *holds > 0.5);
        }
    }

    #[test]
    fn the_same_rows_give_the_same_bits() {
        let (design, labels) = telling();
        let labels = vec![labels];
        assert_eq!(ridge(&design, &labels, 1.0), ridge(&design, &labels, 1.0));
    }

    #[test]
    fn what_cannot_be_trained_says_why() {
        let (design, labels) = telling();
        assert_eq!(ridge(&Design::new(3), &[], 1.0), Err(TrainingError::NoRows));
        let short = vec![labels[1..].to_vec()];
        assert_eq!(ridge(&design, &short, 1.0), Err(TrainingError::Targets { label: 0, found: 59, rows: 60 }));
        let mut broken = Design::new(1);
        broken.push(&[f32::NAN], Some(0), 1.0);
        assert_eq!(ridge(&broken, &[vec![1.0]], 1.0), Err(TrainingError::Singular));
    }

    proptest! {
        /// Leaving a group out by taking its part away is training without it.
        #[test]
        fn held_out_scores_are_those_of_a_training_without_the_group(
            rows in proptest::collection::vec((0.0_f32..1.0, -1.0_f32..1.0, -1.0_f32..1.0, 0_u32..3), 8..40),
        ) {
            let mut design = Design::new(2);
            let mut without = Design::new(2);
            for (_, a, b, group) in &rows {
                design.push(&[*a, *b], Some(*group), 1.0);
                if *group != 0 {
                    without.push(&[*a, *b], Some(*group), 1.0);
                }
            }
            prop_assume!(!without.is_empty() && without.len() < design.len());
            let all: Vec<f32> = rows.iter().map(|r| r.0).collect();
            let others: Vec<f32> = rows.iter().filter(|r| r.3 != 0).map(|r| r.0).collect();
            let whole = ridge(&design, &[all], 1.0).unwrap().remove(0);
            let rest = ridge(&without, &[others], 1.0).unwrap().remove(0);
            for ((_, a, b, group), held_out) in rows.iter().zip(&whole.held_out) {
                if *group == 0 {
                    prop_assert!((held_out.unwrap() - rest.score(&[*a, *b])).abs() < 1e-4);
                }
            }
        }
    }
}
