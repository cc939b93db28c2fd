//! Logistic regression with an L2 penalty, by Newton's method: for labels that few rows have, where probabilities at the
//! ends matter.
//!
//! Rows may be wide as long as most of their features are 0. One thread, one order: the same rows give the same bits.

use faer::linalg::solvers::{Llt, Solve};
use faer::{Mat, Side};

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
    let rows: Vec<Row> = (0..design.len()).zip(targets).map(|(row, holds)| Row::of(design, row, *holds)).collect();
    let width = design.width();
    let known = towards.map_or(&[][..], |known| &known.weights);
    let mut centre: Vec<f64> = known.iter().take(width).map(|weight| f64::from(*weight)).collect();
    centre.resize(width, 0.0);
    centre.push(towards.map_or(0.0, |known| f64::from(known.intercept)));
    let whole = minimise(&rows, &centre, penalty)?;
    let (weights, intercept) = whole.split_at(width);
    Ok(Fitted {
        weights: weights.iter().map(|w| *w as f32).collect(),
        intercept: intercept.first().map_or(0.0, |b| *b as f32),
        held_out: vec![None; rows.len()],
    })
}

/// A row's features that are not 0, with a 1 for the intercept at the end.
struct Row {
    seen: Vec<(usize, f64)>,
    weight: f64,
    holds: bool,
}

impl Row {
    fn of(design: &Design, row: usize, holds: bool) -> Self {
        let features = design.row(row).iter().enumerate().filter(|(_, value)| **value != 0.0);
        let mut seen: Vec<(usize, f64)> = features.map(|(at, value)| (at, f64::from(*value))).collect();
        seen.push((design.width(), 1.0));
        Self { seen, weight: f64::from(design.weight(row)), holds }
    }

    fn score(&self, weights: &[f64]) -> f64 {
        self.seen.iter().map(|(at, value)| weights.get(*at).copied().unwrap_or(0.0) * value).sum()
    }

    /// The log loss: `ln(1 + e^-m)` of the margin, without overflow.
    fn loss(&self, weights: &[f64]) -> f64 {
        let margin = if self.holds { self.score(weights) } else { -self.score(weights) };
        self.weight * ((-margin.abs()).exp().ln_1p() + (-margin).max(0.0))
    }
}

/// Newton's method from the centre; a step that would raise the loss is halved.
fn minimise(rows: &[Row], centre: &[f64], penalty: f64) -> Result<Vec<f64>, TrainingError> {
    let mut weights = centre.to_vec();
    let mut loss = objective(rows, &weights, centre, penalty);
    if !loss.is_finite() {
        return Err(TrainingError::Singular);
    }
    for _ in 0..STEPS {
        let step = newton(rows, &weights, centre, penalty)?;
        let mut scale = 1.0;
        let better = (0..HALVINGS).find_map(|_| {
            let tried: Vec<f64> = weights.iter().zip(&step).map(|(w, s)| w - scale * s).collect();
            let of_tried = objective(rows, &tried, centre, penalty);
            scale /= 2.0;
            (of_tried <= loss).then_some((tried, of_tried))
        });
        let Some((tried, of_tried)) = better else { break };
        let moved = weights.iter().zip(&tried).map(|(a, b)| (a - b).abs()).fold(0.0, f64::max);
        (weights, loss) = (tried, of_tried);
        if moved < SETTLED {
            break;
        }
    }
    Ok(weights)
}

fn penalty_of(at: usize, width: usize, penalty: f64) -> f64 {
    if at + 1 == width { INTERCEPT_PENALTY } else { penalty }
}

fn objective(rows: &[Row], weights: &[f64], centre: &[f64], penalty: f64) -> f64 {
    let fit: f64 = rows.iter().map(|row| row.loss(weights)).sum();
    let away = weights.iter().zip(centre).map(|(weight, centre)| (weight - centre) * (weight - centre));
    let held = away.enumerate().map(|(at, away)| penalty_of(at, weights.len(), penalty) * away / 2.0);
    fit + held.sum::<f64>()
}

/// The step to take away from the weights: gradient over curvature.
fn newton(rows: &[Row], weights: &[f64], centre: &[f64], penalty: f64) -> Result<Vec<f64>, TrainingError> {
    let width = weights.len();
    let mut curvature: Mat<f64> = Mat::zeros(width, width);
    let mut gradient: Mat<f64> = Mat::zeros(width, 1);
    for (at, (weight, centre)) in weights.iter().zip(centre).enumerate() {
        let penalty = penalty_of(at, width, penalty);
        curvature[(at, at)] = penalty;
        gradient[(at, 0)] = penalty * (weight - centre);
    }
    for row in rows {
        let p = 1.0 / (1.0 + (-row.score(weights)).exp());
        let error = row.weight * (p - f64::from(u8::from(row.holds)));
        let spread = row.weight * p * (1.0 - p);
        // Only the lower half is read.
        for (n, (i, x)) in row.seen.iter().enumerate() {
            gradient[(*i, 0)] += error * x;
            for (j, y) in row.seen.iter().take(n + 1) {
                curvature[(*i, *j)] += spread * x * y;
            }
        }
    }
    let step = Llt::new(curvature.as_ref(), Side::Lower).map_err(|_| TrainingError::Singular)?.solve(&gradient);
    Ok((0..width).map(|at| step[(at, 0)]).collect())
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
