//! Who must be engaged by which phase of a sale.

use std::collections::BTreeMap;

use super::stage::Phase;

/// Roles by the phase from which on they are needed.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Requirements(BTreeMap<Phase, Vec<String>>);

impl Requirements {
    pub fn new(by_phase: impl IntoIterator<Item = (Phase, Vec<String>)>) -> Self {
        Self(by_phase.into_iter().collect())
    }

    /// Everybody who must be engaged by a phase: those of it and of all before it, each once.
    pub fn by(&self, phase: Phase) -> Vec<&str> {
        let mut roles: Vec<&str> = Vec::new();
        for role in self.0.range(..=phase).flat_map(|(_, roles)| roles) {
            if !roles.contains(&role.as_str()) {
                roles.push(role);
            }
        }
        roles
    }
}
