//! The summary of a call: one sentence a line, each on its quotes. A claim without evidence gets no line; the one line without
//! a quote is a risk that nobody raised, since its absence is what it says. Nothing is inferred here, and never an emotion.

mod sections;

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use super::evaluation::Evaluation;
use super::evidence::Evidence;

/// What a line is about, in the order in which a summary is read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Section {
    /// What was agreed.
    NextSteps,
    /// Pains of the buyer.
    Pains,
    /// How, when and with what money the buyer decides.
    DecisionProcess,
    /// Who matters.
    Stakeholders,
    /// Topics of the segment, one by one.
    Risks,
    /// Objections and how they were handled.
    Objections,
    /// Competitors.
    Competitors,
    /// Questions nobody answered.
    OpenQuestions,
}

/// A claim with what it stands on.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Line {
    /// What it is about.
    pub section: Section,
    /// The claim.
    pub text: String,
    /// What can be said of it without the words of the call, once these are erased; empty where that is nothing, and in lines
    /// that were made before there was such a text.
    #[serde(default)]
    pub without_words: String,
    /// Where it was said; empty only for a risk that was not raised.
    pub evidence: Vec<Evidence>,
}

/// The lines of a call's summary, by section.
pub fn lines(evaluation: &Evaluation) -> Vec<Line> {
    let facts = &evaluation.facts;
    let mut lines = Vec::new();
    lines.extend(facts.next_step.as_ref().and_then(sections::next_step));
    lines.extend(sections::statements(Section::Pains, &facts.pains));
    lines.extend(sections::decision(facts));
    lines.extend(sections::stakeholders(facts));
    lines.extend(evaluation.risks.iter().filter_map(sections::risk));
    lines.extend(facts.objections.iter().filter_map(sections::objection));
    lines.extend(facts.competitors.iter().filter_map(sections::competitor));
    lines.extend(sections::statements(Section::OpenQuestions, &facts.open_questions));
    lines
}

impl Line {
    /// None where nothing carries the claim.
    fn on(section: Section, text: String, without_words: String, evidence: &[Evidence]) -> Option<Self> {
        let evidence: Vec<Evidence> = evidence.iter().filter(|e| e.carries()).cloned().collect();
        (!evidence.is_empty()).then_some(Self { section, text, without_words, evidence })
    }

    /// Erases the words of the call. A line that stands on none of them stays as it is.
    pub fn erase(&mut self, at: DateTime<Utc>) {
        if self.evidence.is_empty() {
            return;
        }
        self.text.clone_from(&self.without_words);
        self.evidence.iter_mut().for_each(|evidence| evidence.erase(at));
    }
}

#[cfg(test)]
mod tests;
