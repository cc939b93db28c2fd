//! The rows that are learned from.

use crate::Fitted;

/// Rows of features, each with the group it belongs to and its weight.
#[derive(Debug, Clone, Default)]
pub struct Design {
    width: usize,
    features: Vec<f32>,
    groups: Vec<Option<u32>>,
    weights: Vec<f32>,
}

impl Design {
    /// No rows yet, of `width` features each.
    pub fn new(width: usize) -> Self {
        Self { width, ..Self::default() }
    }

    /// Adds a row. Rows of one group are held out together; without a group a row is always trained on. What is missing
    /// of the features counts as 0, what is too much is cut.
    pub fn push(&mut self, features: &[f32], group: Option<u32>, weight: f32) {
        let start = self.features.len();
        self.features.extend(features.iter().take(self.width));
        self.features.resize(start + self.width, 0.0);
        self.groups.push(group);
        self.weights.push(weight);
    }

    /// Features of a row.
    pub fn width(&self) -> usize {
        self.width
    }

    /// Number of rows.
    pub fn len(&self) -> usize {
        self.groups.len()
    }

    /// No rows?
    pub fn is_empty(&self) -> bool {
        self.groups.is_empty()
    }

    /// What a classifier gives to a row.
    pub fn score(&self, row: usize, fitted: &Fitted) -> f32 {
        fitted.score(self.row(row))
    }

    pub(crate) fn row(&self, row: usize) -> &[f32] {
        self.features.get(row * self.width..(row + 1) * self.width).unwrap_or_default()
    }

    pub(crate) fn weight(&self, row: usize) -> f32 {
        self.weights.get(row).copied().unwrap_or_default()
    }

    /// The distinct groups in ascending order, with their rows; rows without a group stand under `None`.
    pub(crate) fn by_group(&self) -> Vec<(Option<u32>, Vec<usize>)> {
        let mut rows: Vec<usize> = (0..self.len()).collect();
        rows.sort_by_key(|row| self.groups.get(*row).copied().flatten());
        let parts = rows.chunk_by(|a, b| self.groups.get(*a) == self.groups.get(*b));
        parts
            .map(|part| (part.first().and_then(|row| self.groups.get(*row).copied().flatten()), part.to_vec()))
            .collect()
    }
}
