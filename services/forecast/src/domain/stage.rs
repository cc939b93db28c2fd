//! Stages of a deal as the CRM names them, and the common sales phases they are read as.

use serde::{Deserialize, Serialize};

/// A stage id: lower case, words joined by `_`, so that `Closed Won` and `closed-won` are one stage.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Stage(String);

impl Stage {
    /// Normalises a CRM's stage name; `None` when there is none.
    pub fn parse(name: &str) -> Option<Self> {
        let words: Vec<String> =
            name.split(|c: char| !c.is_alphanumeric()).filter(|w| !w.is_empty()).map(str::to_lowercase).collect();
        (!words.is_empty()).then(|| Self(words.join("_")))
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The phase that the stage's name speaks of; `None` for a name this release does not know, and then nothing that depends on the
    /// phase is said of the deal.
    pub fn phase(&self) -> Option<Phase> {
        const NAMES: [(Phase, &[&str]); 5] = [
            (Phase::Negotiation, &["negotiat", "contract", "procurement", "legal", "commit", "verbal", "closing"]),
            (Phase::Proposal, &["propos", "quote", "pricing", "business_case", "offer"]),
            (Phase::Validation, &["validat", "evaluat", "demo", "proof", "poc", "pilot", "trial", "technical"]),
            (Phase::Discovery, &["discover", "engag", "qualif", "needs", "analysis", "meeting"]),
            (Phase::Prospecting, &["prospect", "lead", "target", "new"]),
        ];
        NAMES.iter().find(|(_, names)| names.iter().any(|n| self.0.contains(n))).map(|(phase, _)| *phase)
    }
}

/// The usual order of a sale.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Phase {
    Prospecting,
    Discovery,
    Validation,
    Proposal,
    Negotiation,
}

/// Whether the deal is decided.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Status {
    #[default]
    Open,
    Won,
    Lost,
    /// Decided, and the CRM's stage does not tell how.
    Closed,
}

impl Status {
    /// Reads it from a stage name, for CRMs that keep the outcome only there.
    pub fn of_stage(stage: &Stage) -> Self {
        let mut words = stage.0.split('_');
        if words.clone().any(|w| w == "won") {
            Self::Won
        } else if words.any(|w| matches!(w, "lost" | "disqualified" | "abandoned")) {
            Self::Lost
        } else {
            Self::Open
        }
    }

    pub fn is_closed(self) -> bool {
        self != Self::Open
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_stage_however_it_is_written() {
        let a = Stage::parse("Closed Won").unwrap();
        assert_eq!(a, Stage::parse(" closed-won ").unwrap());
        assert_eq!(Status::of_stage(&a), Status::Won);
        assert_eq!(Stage::parse(" - "), None);
    }

    #[test]
    fn reads_phases_and_does_not_guess() {
        let phase = |name: &str| Stage::parse(name).unwrap().phase();
        assert_eq!(phase("Engaging"), Some(Phase::Discovery));
        assert_eq!(phase("negotiation"), Some(Phase::Negotiation));
        assert_eq!(phase("Technical Validation"), Some(Phase::Validation));
        assert_eq!(phase("Stage 3"), None);
        assert!(Phase::Validation < Phase::Proposal);
    }

    #[test]
    fn a_word_inside_another_is_no_outcome() {
        assert_eq!(Status::of_stage(&Stage::parse("Wonderland pilot").unwrap()), Status::Open);
        assert_eq!(Status::of_stage(&Stage::parse("Lost").unwrap()), Status::Lost);
    }
}
