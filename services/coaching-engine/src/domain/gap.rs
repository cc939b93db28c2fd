//! The execution gap of a playbook: how far a rep, or a team, is from always doing what it asks.

/// 1 - sum(weight x adoption) / sum(weight) over `(weight, adoption)`. None where no behavior carries weight.
pub fn execution_gap(behaviors: impl IntoIterator<Item = (f64, f64)>) -> Option<f64> {
    let (weighted, weights) = behaviors
        .into_iter()
        .fold((0.0, 0.0), |(weighted, weights), (weight, adoption)| (weighted + weight * adoption, weights + weight));
    (weights > 0.0).then(|| (1.0 - weighted / weights).clamp(0.0, 1.0))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn weighs_the_behaviors() {
        assert_eq!(execution_gap([(3.0, 1.0), (1.0, 0.0)]), Some(0.25));
    }

    #[test]
    fn says_nothing_without_weights() {
        assert_eq!(execution_gap([]), None);
    }
}
