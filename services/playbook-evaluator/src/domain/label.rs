//! What a person may say of an evaluation: which corrections make sense.

use super::call::{Side, Transcript, Turn};
use super::evaluate::Revision;
use super::evaluation::Outcome;
use super::playbook::Speaker;
use super::target::Target;

/// Most turns that show one thing.
pub const MAX_TURNS: usize = 50;
/// Longest note, characters.
pub const MAX_NOTE_CHARS: usize = 2_000;

/// A correction before it is stored.
#[derive(Debug, Clone, PartialEq)]
pub struct Draft {
    pub target: Target,
    pub outcome: Outcome,
    /// As they were given.
    pub turns: Vec<i32>,
}

/// A field of the request and what is wrong with it.
pub type Fault = (String, String);

impl Draft {
    /// What is wrong with it, whatever it is about.
    pub fn faults(&self) -> Vec<Fault> {
        let mut faults = Vec::new();
        let mut fault = |field: &str, what: &str| faults.push((field.to_owned(), what.to_owned()));
        if self.outcome == Outcome::NotApplicable && matches!(self.target, Target::Signal(_)) {
            fault("outcome", "must be OBSERVED, MISSED or UNKNOWN for a signal");
        }
        if self.outcome == Outcome::Observed && self.turns.is_empty() {
            fault("turns", "must name the turns that show it where the outcome is OBSERVED");
        }
        if self.outcome != Outcome::Observed && !self.turns.is_empty() {
            fault("turns", "must be empty unless the outcome is OBSERVED");
        }
        if self.turns.len() > MAX_TURNS {
            fault("turns", "must be at most 50");
        }
        for (at, turn) in self.turns.iter().enumerate().take(MAX_TURNS) {
            if self.turns.iter().take(at).any(|before| before == turn) {
                fault(&format!("turns[{at}]"), &format!("names turn {turn} again"));
            }
        }
        faults
    }

    /// What is wrong with it as a correction of a transcript's evaluation against this revision.
    pub fn faults_in(&self, revision: &Revision, transcript: &Transcript) -> Vec<Fault> {
        let Some((detect, side)) = self.target.detector(revision) else { return vec![self.unknown()] };
        let side = detect.side.unwrap_or(side);
        let mut faults = Vec::new();
        let mut of_side = 0;
        let turns = self.turns.iter().take(MAX_TURNS).enumerate();
        for (at, turn) in turns {
            let found = usize::try_from(*turn).ok().and_then(|turn| transcript.turns.get(turn));
            match found.map(|turn| (turn, is_of(turn, side))) {
                None => {
                    let last = transcript.turns.len().saturating_sub(1);
                    faults.push((format!("turns[{at}]"), format!("must be 0 to {last}")));
                }
                Some((turn, _)) if turn.unintelligible => {
                    faults.push((format!("turns[{at}]"), "could not be understood and proves nothing".to_owned()));
                }
                Some((turn, _)) if turn.sure_side() == Side::Unknown => {
                    faults.push((format!("turns[{at}]"), "has no sure speaker side and proves nothing".to_owned()));
                }
                Some((_, true)) => of_side += 1,
                // What is answered is part of many a behavior; a signal is what its own side says.
                Some((_, false)) if matches!(self.target, Target::Behavior(_)) => {}
                Some((_, false)) => faults.push((format!("turns[{at}]"), wrong_side(side))),
            }
        }
        if of_side == 0 && faults.is_empty() && self.outcome == Outcome::Observed && !self.turns.is_empty() {
            faults.push(("turns".to_owned(), format!("none of them: {}", wrong_side(side))));
        }
        faults
    }

    /// The fault of a target that the revision does not have, if it does not.
    pub fn unknown_in(&self, revision: &Revision) -> Option<Fault> {
        self.target.detector(revision).is_none().then(|| self.unknown())
    }
    fn unknown(&self) -> Fault {
        let kind = self.target.kind();
        (kind.to_owned(), format!("`{}` is no {kind} of the evaluation's revision", self.target.id()))
    }
}

fn is_of(turn: &Turn, side: Speaker) -> bool {
    match side {
        Speaker::Rep => turn.sure_side() == Side::Rep,
        Speaker::Buyer => turn.sure_side() == Side::Buyer,
        Speaker::Either => turn.sure_side() != Side::Unknown,
    }
}

fn wrong_side(side: Speaker) -> String {
    let side = match side {
        Speaker::Rep => "the rep's",
        Speaker::Buyer => "the buyer's",
        Speaker::Either => "a known",
    };
    format!("must be of {side} side")
}

#[cfg(test)]
mod tests;
