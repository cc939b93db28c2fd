//! From scores to probabilities, and where to cut.

/// A logistic curve from scores to probabilities (Platt 1999, with his targets against overconfidence).
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Calibration {
    pub slope: f64,
    pub offset: f64,
}

/// Newton steps; the curve has two parameters and is convex: it settles in far fewer.
const STEPS: usize = 100;
/// Keeps the Hessian solvable where all scores are equal or separate the outcomes.
const RIDGE: f64 = 1e-3;

impl Calibration {
    /// Fits the curve to scores and what they turned out to be. None where there are no scores of both outcomes.
    pub fn fit(scored: &[(f32, bool)]) -> Option<Self> {
        let positive = scored.iter().filter(|(_, holds)| *holds).count() as f64;
        let negative = scored.len() as f64 - positive;
        if positive == 0.0 || negative == 0.0 {
            return None;
        }
        let (high, low) = ((positive + 1.0) / (positive + 2.0), 1.0 / (negative + 2.0));
        let mut curve = Self { slope: 0.0, offset: (positive / negative).ln() };
        for _ in 0..STEPS {
            let (mut g, mut h) = ([RIDGE * curve.slope, 0.0], [RIDGE, 0.0, RIDGE]);
            for (score, holds) in scored {
                let (score, p) = (f64::from(*score), curve.probability(*score));
                let (error, spread) = (p - if *holds { high } else { low }, p * (1.0 - p));
                g = [g[0] + error * score, g[1] + error];
                h = [h[0] + spread * score * score, h[1] + spread * score, h[2] + spread];
            }
            let determinant = h[0] * h[2] - h[1] * h[1];
            if !determinant.is_normal() {
                break;
            }
            let step = [(h[2] * g[0] - h[1] * g[1]) / determinant, (h[0] * g[1] - h[1] * g[0]) / determinant];
            // A long first step may overshoot into the flat part of the curve.
            let scale = (10.0 / (step[0].abs() + step[1].abs())).min(1.0);
            curve = Self { slope: curve.slope - scale * step[0], offset: curve.offset - scale * step[1] };
            if step[0].abs() + step[1].abs() < 1e-9 {
                break;
            }
        }
        (curve.slope.is_finite() && curve.offset.is_finite()).then_some(curve)
    }

    /// Probability of a score, 0 to 1.
    pub fn probability(self, score: f32) -> f64 {
        1.0 / (1.0 + (-(self.slope * f64::from(score) + self.offset)).exp())
    }
}

/// Where scores are cut, and what was right there.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Cut {
    /// From this score on it counts.
    pub threshold: f32,
    pub precision: f64,
    pub recall: f64,
}

/// The cut with the most right answers; the middle of those that are within one answer of it, which moves less from one
/// sample to the next. None without scores of both outcomes.
pub fn best_cut(scored: &[(f32, bool)]) -> Option<Cut> {
    let mut sorted: Vec<(f32, bool)> = scored.iter().copied().filter(|(score, _)| score.is_finite()).collect();
    sorted.sort_by(|a, b| a.0.total_cmp(&b.0));
    let positive = sorted.iter().filter(|(_, holds)| *holds).count();
    if positive == 0 || positive == sorted.len() {
        return None;
    }
    // Cutting right below the first: everything counts. Each step on gives one answer up.
    let mut right = positive;
    let mut rights = Vec::with_capacity(sorted.len());
    for (_, holds) in &sorted {
        rights.push(right);
        if *holds { right -= 1 } else { right += 1 }
    }
    let best = rights.iter().copied().max()?;
    let near: Vec<f32> =
        sorted.iter().zip(&rights).filter(|(_, right)| **right + 1 >= best).map(|((score, _), _)| *score).collect();
    let threshold = *near.get(near.len() / 2)?;
    let counted = sorted.iter().filter(|(score, _)| *score >= threshold);
    let (found, hits) = counted.fold((0_usize, 0_usize), |(n, k), (_, holds)| (n + 1, k + usize::from(*holds)));
    let share = |part: usize, of: usize| if of == 0 { 0.0 } else { part as f64 / of as f64 };
    Some(Cut { threshold, precision: share(hits, found), recall: share(hits, positive) })
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn probabilities_rise_with_the_score_and_meet_the_shares() {
        let scored: Vec<(f32, bool)> = (0..200_u8).map(|n| (f32::from(n) / 200.0, n % 10 < n / 20)).collect();
        let curve = Calibration::fit(&scored).unwrap();
        assert!(curve.slope > 0.0);
        let expected: f64 = scored.iter().map(|(score, _)| curve.probability(*score)).sum();
        let found = scored.iter().filter(|(_, holds)| *holds).count() as f64;
        assert!((expected - found).abs() < 3.0, "{expected} of {found}");
    }

    #[test]
    fn one_sided_scores_are_not_calibrated_nor_cut() {
        assert_eq!(Calibration::fit(&[(0.1, true), (0.2, true)]), None);
        assert_eq!(best_cut(&[(0.1, false)]), None);
        assert_eq!(best_cut(&[]), None);
    }

    #[test]
    fn the_cut_divides_what_can_be_divided() {
        let cut =
            best_cut(&[(0.1, false), (0.2, false), (0.3, false), (0.8, true), (0.9, true), (0.95, true)]).unwrap();
        assert!(cut.threshold > 0.2 && cut.threshold <= 0.9, "{cut:?}");
    }

    proptest! {
        #[test]
        fn a_curve_is_finite_whatever_the_scores(scored in proptest::collection::vec((-5.0_f32..5.0, any::<bool>()), 2..60)) {
            if let Some(curve) = Calibration::fit(&scored) {
                for (score, _) in &scored {
                    prop_assert!((0.0..=1.0).contains(&curve.probability(*score)));
                }
            }
        }
    }
}
