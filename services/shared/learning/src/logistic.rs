//! Logistic regression with an L2 penalty, by Newton's method: for labels that few rows have, where probabilities at the
//! ends matter.
//!
//! One thread, one order: the same rows give the same bits on the same machine.

use faer::linalg::solvers::{Llt, Solve};
use faer::{Accum, Col, Mat, Par, Scale, Side};

use crate::{Design, Fitted, TrainingError};

/// The loss is convex and the penalty keeps it curved: far fewer are needed.
const STEPS: usize = 60;
/// A step that moves no weight by more than this is the last.
const SETTLED: f64 = 1e-9;
/// Halvings of a step that goes too far.
const HALVINGS: usize = 30;
/// Penalty of the intercept: only enough to keep the equations solvable where all rows have one label.
const INTERCEPT_PENALTY: f64 = 1e-3;

/// Trains a classifier whose score is the log-odds of the label. `penalty` is λ of `λ/2 |w - w₀|²` beside the summed log
/// loss; w₀ are the weights of `towards`, else 0: with few rows the classifier stays near what was known before. Leaves no
/// group out.
///
/// # Errors
/// See [`TrainingError`].
pub fn logistic(
    design: &Design,
    targets: &[bool],
    penalty: f64,
    towards: Option<&Fitted>,
) -> Result<Fitted, TrainingError> {
    if design.is_empty() {
        return Err(TrainingError::NoRows);
    }
    if targets.len() != design.len() {
        return Err(TrainingError::Targets { label: 0, found: targets.len(), rows: design.len() });
    }
    let width = design.width();
    let known = towards.map_or(&[][..], |known| &known.weights);
    let mut centre: Vec<f64> = known.iter().take(width).map(|weight| f64::from(*weight)).collect();
    centre.resize(width, 0.0);
    centre.push(towards.map_or(0.0, |known| f64::from(known.intercept)));
    let problem = Problem::new(design, targets, Col::from_fn(width + 1, |at| at_of(&centre, at)), penalty);
    let whole = problem.minimise()?;
    Ok(Fitted {
        weights: (0..width).map(|at| whole[at] as f32).collect(),
        intercept: whole[width] as f32,
        held_out: vec![None; design.len()],
    })
}

fn at_of(values: &[f64], at: usize) -> f64 {
    values.get(at).copied().unwrap_or_default()
}

/// What is minimised: over the weights of the features and, last, of the intercept.
struct Problem {
    /// The rows, with a 1 for the intercept at the end.
    rows: Mat<f64>,
    /// How much each row counts.
    counts: Vec<f64>,
    holds: Vec<bool>,
    centre: Col<f64>,
    penalty: f64,
}

impl Problem {
    fn new(design: &Design, targets: &[bool], centre: Col<f64>, penalty: f64) -> Self {
        let width = centre.nrows();
        let value = |row: usize, at: usize| design.row(row).get(at).map_or(1.0, |value| f64::from(*value));
        Self {
            rows: Mat::from_fn(design.len(), width, value),
            counts: (0..design.len()).map(|row| f64::from(design.weight(row))).collect(),
            holds: targets.to_vec(),
            centre,
            penalty,
        }
    }

    /// Newton's method from the centre; a step that would raise the loss is halved.
    fn minimise(&self) -> Result<Col<f64>, TrainingError> {
        let mut weights = self.centre.clone();
        let mut loss = self.loss(&weights);
        if !loss.is_finite() {
            return Err(TrainingError::Singular);
        }
        for _ in 0..STEPS {
            let step = self.newton(&weights)?;
            let mut scale = 1.0;
            let better = (0..HALVINGS).find_map(|_| {
                let tried = &weights - Scale(scale) * &step;
                let of_tried = self.loss(&tried);
                scale /= 2.0;
                (of_tried <= loss).then_some((tried, of_tried))
            });
            let Some((tried, of_tried)) = better else { break };
            let moved = (&weights - &tried).norm_max();
            (weights, loss) = (tried, of_tried);
            if moved < SETTLED {
                break;
            }
        }
        Ok(weights)
    }

    fn penalty_of(&self, at: usize) -> f64 {
        if at + 1 == self.centre.nrows() { INTERCEPT_PENALTY } else { self.penalty }
    }

    /// The log loss, `ln(1 + e^-m)` of each margin without overflow, and what the distance from the centre costs.
    fn loss(&self, weights: &Col<f64>) -> f64 {
        let scores = &self.rows * weights;
        let fit = self.holds.iter().zip(&self.counts).zip(scores.iter()).map(|((holds, count), score)| {
            let margin = if *holds { *score } else { -score };
            count * ((-margin.abs()).exp().ln_1p() + (-margin).max(0.0))
        });
        let away = weights.iter().zip(self.centre.iter()).map(|(weight, centre)| (weight - centre).powi(2));
        let held = away.enumerate().map(|(at, away)| self.penalty_of(at) * away / 2.0);
        fit.sum::<f64>() + held.sum::<f64>()
    }

    /// The step to take away from the weights: gradient over curvature.
    fn newton(&self, weights: &Col<f64>) -> Result<Col<f64>, TrainingError> {
        let width = weights.nrows();
        let scores = &self.rows * weights;
        let probability = |row: usize| 1.0 / (1.0 + (-scores[row]).exp());
        let told = |row: usize| f64::from(u8::from(self.holds.get(row).copied().unwrap_or_default()));
        let error = Col::from_fn(self.rows.nrows(), |row| at_of(&self.counts, row) * (probability(row) - told(row)));
        let spread: Vec<f64> = (0..self.rows.nrows())
            .map(|row| at_of(&self.counts, row) * probability(row) * (1.0 - probability(row)))
            .collect();
        let spreading = Mat::from_fn(self.rows.nrows(), width, |row, at| at_of(&spread, row) * self.rows[(row, at)]);
        let mut curvature: Mat<f64> = Mat::zeros(width, width);
        let (into, by) = (curvature.as_mut(), spreading.as_ref());
        faer::linalg::matmul::matmul(into, Accum::Replace, self.rows.transpose(), by, 1.0, Par::Seq);
        let mut gradient = self.rows.transpose() * &error;
        for at in 0..width {
            curvature[(at, at)] += self.penalty_of(at);
            gradient[at] += self.penalty_of(at) * (weights[at] - self.centre[at]);
        }
        let solver = Llt::new(curvature.as_ref(), Side::Lower).map_err(|_| TrainingError::Singular)?;
        Ok(solver.solve(&gradient))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn rows(of: &[(f32, f32, u32)]) -> Design {
        let mut design = Design::new(2);
        of.iter().for_each(|(a, b, group)| design.push(&[*a, *b], Some(*group), 1.0));
        design
    }

    #[test]
    fn a_telling_feature_is_learned_and_a_strong_penalty_keeps_what_was_known() {
        let telling: Vec<(f32, f32, u32)> =
            (0..60_u8).map(|n| (f32::from(u8::from(n % 3 == 0)), f32::from(n % 7), 0)).collect();
        let targets: Vec<bool> = telling.iter().map(|row| row.0 > 0.5).collect();
        let design = rows(&telling);
        let fitted = logistic(&design, &targets, 0.1, None).unwrap();
        assert!((0..60).zip(&targets).all(|(row, holds)| (design.score(row, &fitted) > 0.0) == *holds));
        let known = Fitted { weights: vec![-2.0, 3.0], intercept: 1.0, held_out: Vec::new() };
        let held = logistic(&design, &targets, 1e9, Some(&known)).unwrap();
        assert!(held.weights.iter().zip(&known.weights).all(|(a, b)| (a - b).abs() < 1e-3), "{held:?}");
    }

    #[test]
    fn without_telling_features_the_score_is_the_log_odds_of_the_share() {
        let targets: Vec<bool> = (0..40).map(|n| n % 4 == 0).collect();
        let fitted = logistic(&rows(&[(0.0, 0.0, 0); 40]), &targets, 1.0, None).unwrap();
        assert!((f64::from(fitted.intercept) - (1.0_f64 / 3.0).ln()).abs() < 1e-2, "{}", fitted.intercept);
    }

    #[test]
    fn what_cannot_be_trained_says_why() {
        assert_eq!(logistic(&Design::new(2), &[], 1.0, None), Err(TrainingError::NoRows));
        let short = logistic(&rows(&[(1.0, 0.0, 0), (0.0, 1.0, 1)]), &[true], 1.0, None);
        assert_eq!(short, Err(TrainingError::Targets { label: 0, found: 1, rows: 2 }));
        assert_eq!(logistic(&rows(&[(f32::NAN, 0.0, 0)]), &[true], 1.0, None), Err(TrainingError::Singular));
    }

    proptest! {
        /// At the minimum the gradient is zero: what the rows pull is what the penalty holds.
        #[test]
        fn what_is_found_is_a_minimum_and_the_same_twice(
            of in proptest::collection::vec((-2.0_f32..2.0, 0.0_f32..1.0, 0_u32..3), 6..40),
            labels in proptest::collection::vec(any::<bool>(), 40),
        ) {
            let design = rows(&of);
            let targets: Vec<bool> = labels.into_iter().take(of.len()).collect();
            let fitted = logistic(&design, &targets, 1.0, None).unwrap();
            for feature in 0..2 {
                let pull: f64 = (0..of.len()).map(|row| {
                    let p = 1.0 / (1.0 + (-f64::from(design.score(row, &fitted))).exp());
                    (p - f64::from(u8::from(targets[row]))) * f64::from(design.row(row)[feature])
                }).sum();
                prop_assert!((pull + f64::from(fitted.weights[feature])).abs() < 1e-3);
            }
            prop_assert_eq!(fitted, logistic(&design, &targets, 1.0, None).unwrap());
        }
    }
}
