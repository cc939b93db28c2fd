//! Scores the letters of a qualification: 0 nothing, 1 the rep mentioned it, 2 the buyer stated it, 3 the buyer stated it
//! with a particular. What a rep says never lifts a letter above 1, however exact it is. One call alone: how letters add
//! up and age over the calls of a deal is not decided here.

mod specifics;

pub use specifics::Names;

use super::call::Side;
use super::detect::{Doubt, Hit, LetterProgram, Part, Scan};
use super::evaluation::{LetterResult, QualificationResult};
use super::evidence::{Evidence, Quoter};
use super::facts::dates::Calendar;
use super::playbook::Qualification;
use super::playbook::qualification::{Letter, MAX_SCORE};
use std::collections::HashSet;
use std::ops::Range;

/// Most places kept for one letter.
const MAX_EVIDENCE: usize = 8;
const MENTIONED: u32 = 1;
const STATED: u32 = 2;

/// A call as the letters are read from it.
#[derive(Debug)]
pub struct Reading<'a> {
    pub scan: &'a Scan<'a>,
    pub quoter: &'a Quoter<'a>,
    pub calendar: &'a Calendar,
    pub names: Names,
    /// Was most of the audio not understood?
    pub unintelligible: bool,
}

/// Scores every letter. `programs` are those of the letters, in their order.
pub fn score(qualification: &Qualification, programs: &[LetterProgram], reading: &Reading<'_>) -> QualificationResult {
    let letters = qualification.letters.iter().zip(programs).map(|(letter, program)| reading.letter(letter, program));
    let letters: Vec<LetterResult> = letters.collect();
    let lowest = lowest(&letters);
    QualificationResult { framework: qualification.framework.clone(), letters, lowest }
}

/// A letter that isn't known may be the lowest, unless another is at the bottom already.
fn lowest(letters: &[LetterResult]) -> Option<u32> {
    if letters.iter().any(|letter| letter.score == Some(0)) {
        return Some(0);
    }
    letters.iter().map(|letter| letter.score).min().flatten()
}

/// Words that speak of a letter, and how far they lift it.
struct Find {
    score: u32,
    evidence: Evidence,
}

impl Reading<'_> {
    fn letter(&self, letter: &Letter, program: &LetterProgram) -> LetterResult {
        let stated = self.scan.run(&program.detect);
        let mentioned = program.mentioned.as_ref().map(|program| self.scan.run(program)).unwrap_or_default();
        let sides: Vec<Side> = stated.iter().map(|hit| self.said_by(hit)).collect();
        let doubt = stated.iter().zip(&sides).find(|(_, side)| **side == Side::Unknown).map(|(hit, _)| hit.doubt);
        let by = |side: Side| stated.iter().zip(&sides).filter(move |(_, s)| **s == side).map(|(hit, _)| hit);
        let mut finds: Vec<Find> = by(Side::Buyer).filter_map(|hit| self.stated(hit, letter)).collect();
        if finds.is_empty() {
            let reps = by(Side::Rep).chain(mentioned.iter().filter(|hit| self.said_by(hit) == Side::Rep));
            finds.extend(reps.filter_map(|hit| self.mentioned(hit)));
        }
        finds.sort_by_key(|find| (std::cmp::Reverse(find.score), find.evidence.turn));
        let mut turns = HashSet::new();
        finds.retain(|find| turns.insert(find.evidence.turn));
        let proven = finds.first().map_or(0, |find| find.score);
        let (score, reason) = self.judged(proven, doubt);
        LetterResult {
            id: letter.id.to_string(),
            score,
            minimum: letter.minimum_at(&self.quoter.call.deal.stage),
            evidence: finds.into_iter().map(|find| find.evidence).take(MAX_EVIDENCE).collect(),
            reason,
        }
    }

    /// What is proven stands; where nothing is, doubt makes it unknown.
    fn judged(&self, proven: u32, doubt: Option<Doubt>) -> (Option<u32>, String) {
        let (score, reason) = match (proven, doubt) {
            (0, Some(Doubt::Side)) => (None, "The only words that could show it have no sure speaker side."),
            (0, Some(Doubt::Wording)) => (None, "The words that come nearest are as often meant so as not."),
            (0, None) if self.unintelligible => (None, "Most of the audio could not be understood."),
            (MENTIONED, Some(Doubt::Side)) => (Some(proven), "Words without a sure speaker side could lift it."),
            (MENTIONED, Some(Doubt::Wording)) => (Some(proven), "Words that may not be meant so could lift it."),
            _ => (Some(proven), ""),
        };
        (score, reason.to_owned())
    }

    /// Who said the words that complete a find; unknown where it isn't certain.
    fn said_by(&self, hit: &Hit) -> Side {
        let turn = closing(hit).and_then(|part| self.scan.transcript.turns.get(part.turn as usize));
        turn.filter(|_| hit.certain).map_or(Side::Unknown, |turn| turn.sure_side())
    }

    fn mentioned(&self, hit: &Hit) -> Option<Find> {
        let part = closing(hit)?;
        Some(Find { score: MENTIONED, evidence: self.quoted(part, part.tokens.clone())? })
    }

    /// The quote reaches as far as the particular, so that it shows what the score says.
    fn stated(&self, hit: &Hit, letter: &Letter) -> Option<Find> {
        let part = closing(hit)?;
        let text = self.scan.texts.get(part.turn as usize)?;
        let particular = specifics::near(text, &part.tokens, &letter.specifics, self.calendar, &self.names);
        let (score, tokens) = match particular {
            Some(found) => (MAX_SCORE, part.tokens.start.min(found.start)..part.tokens.end.max(found.end)),
            None => (STATED, part.tokens.clone()),
        };
        Some(Find { score, evidence: self.quoted(part, tokens)? })
    }

    fn quoted(&self, part: &Part, tokens: Range<usize>) -> Option<Evidence> {
        let quote = self.quoter.quote(part.turn, tokens, part.method)?;
        Some(Evidence { confidence: part.confidence, ..quote })
    }
}

/// The words that complete a find: an answer rather than its question.
fn closing(hit: &Hit) -> Option<&Part> {
    hit.parts.iter().max_by_key(|part| part.turn)
}

#[cfg(test)]
mod tests;
