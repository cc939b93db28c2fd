//! How a playbook qualifies a deal: the letters of a framework, what counts for each, and how far each must be by which
//! stage.

use super::{DetectNode, Id};

/// Highest score of a letter.
pub const MAX_SCORE: u32 = 3;

/// The qualification of a playbook.
#[derive(Debug, Clone, PartialEq)]
pub struct Qualification {
    /// Name of the framework, for example `MEDDPICC`.
    pub framework: String,
    pub letters: Vec<Letter>,
}

/// One thing that must be known of a deal.
#[derive(Debug, Clone, PartialEq)]
pub struct Letter {
    pub id: Id,
    /// As the framework spells it, for example `M`.
    pub letter: String,
    pub title: String,
    pub description: String,
    /// What a rep can ask to hear it; empty where the playbook gives none.
    pub question: String,
    /// Which particulars make what the buyer stated firm.
    pub specifics: Vec<Specific>,
    pub gates: Vec<Gate>,
    /// Counts as stated where the buyer says it, as mentioned where the rep does.
    pub detect: DetectNode,
    /// Other words with which a rep mentions it.
    pub mentioned: Option<DetectNode>,
}

/// A particular beside a statement.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Specific {
    /// A number or an amount of money.
    Number,
    /// A name of a person, a company or a thing.
    Name,
    Date,
}

impl Specific {
    pub const ALL: [(&'static str, Specific); 3] =
        [("number", Specific::Number), ("name", Specific::Name), ("date", Specific::Date)];
}

/// The score that a letter must have by a stage.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Gate {
    /// As the CRM names it; compared without regard to case and to what stands between its words.
    pub stage: String,
    pub minimum: u32,
}

impl Letter {
    /// The score that the gates ask for at a stage; none where no gate names it.
    pub fn minimum_at(&self, stage: &str) -> Option<u32> {
        self.gates.iter().find(|gate| gate.is_at(stage)).map(|gate| gate.minimum)
    }
}

impl Gate {
    pub fn is_at(&self, stage: &str) -> bool {
        words(&self.stage).eq(words(stage))
    }
}

fn words(stage: &str) -> impl Iterator<Item = String> {
    stage.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty()).map(str::to_lowercase)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_stage_is_the_same_however_it_is_written() {
        let gate = Gate { stage: "security_review".to_owned(), minimum: 2 };
        assert!(gate.is_at("Security Review") && gate.is_at("security-review"));
        assert!(!gate.is_at("security") && !gate.is_at(""));
    }
}
