//! Diarization error rate: how much of the speech is given to nobody, to somebody who does not speak, or to the wrong
//! one, as NIST's md-eval counts it: in steps of 10 ms, overlaps scored, the best assignment of found voices to speakers,
//! and a collar around each start and end of the reference in which nothing is counted.

use std::collections::BTreeMap;

/// Length of a step, milliseconds.
const STEP_MS: u64 = 10;

/// A stretch in which somebody speaks.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Turn {
    pub start_ms: u64,
    pub end_ms: u64,
    pub speaker: String,
}

/// What was counted, milliseconds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Errors {
    /// Speech of the reference: two who talk at once count twice.
    pub speech_ms: u64,
    pub missed_ms: u64,
    pub false_alarm_ms: u64,
    pub confused_ms: u64,
}

impl Errors {
    /// All errors as a part of the speech.
    pub fn rate(&self) -> f64 {
        self.part(self.missed_ms + self.false_alarm_ms + self.confused_ms)
    }

    /// `ms` as a part of the speech.
    pub fn part(&self, ms: u64) -> f64 {
        ms as f64 / self.speech_ms.max(1) as f64
    }
}

impl std::ops::AddAssign for Errors {
    fn add_assign(&mut self, other: Self) {
        self.speech_ms += other.speech_ms;
        self.missed_ms += other.missed_ms;
        self.false_alarm_ms += other.false_alarm_ms;
        self.confused_ms += other.confused_ms;
    }
}

/// Compares `found` with `reference`, of which at most 16 speakers are told apart. `collar_ms` is on each side of a
/// boundary.
pub fn score(reference: &[Turn], found: &[Turn], collar_ms: u64) -> Errors {
    let end_ms = reference.iter().chain(found).map(|turn| turn.end_ms).max().unwrap_or(0);
    let steps = usize::try_from(end_ms / STEP_MS + 1).unwrap_or(0);
    let (truth, speakers) = sets(reference, steps);
    let (guess, voices) = sets(found, steps);
    let counted = counted(reference, steps, collar_ms);
    let mut shared = vec![vec![0_u64; speakers]; voices];
    let mut errors = Errors::default();
    let mut paired = 0;
    for ((truth, guess), _) in truth.iter().zip(&guess).zip(&counted).filter(|(_, counted)| **counted) {
        let (spoken, named) = (u64::from(truth.count_ones()), u64::from(guess.count_ones()));
        errors.speech_ms += spoken * STEP_MS;
        errors.missed_ms += spoken.saturating_sub(named) * STEP_MS;
        errors.false_alarm_ms += named.saturating_sub(spoken) * STEP_MS;
        paired += spoken.min(named) * STEP_MS;
        for (voice, shared) in shared.iter_mut().enumerate().filter(|(voice, _)| guess & 1 << voice != 0) {
            let _ = voice;
            for (_, shared) in shared.iter_mut().enumerate().filter(|(speaker, _)| truth & 1 << speaker != 0) {
                *shared += STEP_MS;
            }
        }
    }
    errors.confused_ms = paired - best_assignment(&shared, speakers);
    errors
}

/// Who speaks in each step, as bits, and how many there are.
fn sets(turns: &[Turn], steps: usize) -> (Vec<u64>, usize) {
    let mut numbers: BTreeMap<&str, usize> = BTreeMap::new();
    let mut sets = vec![0_u64; steps];
    for turn in turns {
        let next = numbers.len();
        let number = *numbers.entry(&turn.speaker).or_insert(next);
        for step in turn.start_ms / STEP_MS..turn.end_ms / STEP_MS {
            if let Some(set) = usize::try_from(step).ok().and_then(|step| sets.get_mut(step)) {
                *set |= 1 << number.min(63);
            }
        }
    }
    (sets, numbers.len().min(64))
}

fn counted(reference: &[Turn], steps: usize, collar_ms: u64) -> Vec<bool> {
    let mut counted = vec![true; steps];
    for edge in reference.iter().flat_map(|turn| [turn.start_ms, turn.end_ms]) {
        for step in edge.saturating_sub(collar_ms) / STEP_MS..(edge + collar_ms) / STEP_MS {
            if let Some(counted) = usize::try_from(step).ok().and_then(|step| counted.get_mut(step)) {
                *counted = false;
            }
        }
    }
    counted
}

/// Most time that voices and speakers share if each voice is one speaker at most and the other way round: for each set of
/// speakers the best that the voices so far can do.
fn best_assignment(shared: &[Vec<u64>], speakers: usize) -> u64 {
    let sets = 1 << speakers.min(16);
    let mut best = vec![0_u64; sets];
    for voice in shared {
        for set in (0..sets).rev() {
            for (speaker, time) in voice.iter().enumerate().take(16).filter(|(speaker, _)| set & 1 << speaker != 0) {
                let without = best.get(set ^ 1 << speaker).copied().unwrap_or(0);
                if let Some(best) = best.get_mut(set) {
                    *best = (*best).max(without + time);
                }
            }
        }
    }
    best.last().copied().unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn turns(turns: &[(u64, u64, &str)]) -> Vec<Turn> {
        turns
            .iter()
            .map(|(start_ms, end_ms, who)| Turn { start_ms: *start_ms, end_ms: *end_ms, speaker: (*who).into() })
            .collect()
    }

    #[test]
    fn names_do_not_matter() {
        let reference = turns(&[(0, 1_000, "a"), (1_000, 3_000, "b")]);
        let found = turns(&[(0, 1_000, "v2"), (1_000, 3_000, "v1")]);
        assert_eq!(score(&reference, &found, 0), Errors { speech_ms: 3_000, ..Errors::default() });
    }

    #[test]
    fn what_is_missed_made_up_and_confused_is_told_apart() {
        let reference = turns(&[(0, 2_000, "a"), (2_000, 4_000, "b")]);
        let found = turns(&[(500, 2_500, "x"), (2_500, 4_000, "y"), (4_000, 4_300, "y")]);
        let expected = Errors { speech_ms: 4_000, missed_ms: 500, false_alarm_ms: 300, confused_ms: 500 };
        assert_eq!(score(&reference, &found, 0), expected);
    }

    #[test]
    fn an_overlap_counts_for_both() {
        let reference = turns(&[(0, 2_000, "a"), (1_000, 2_000, "b")]);
        let found = turns(&[(0, 2_000, "x")]);
        assert_eq!(score(&reference, &found, 0), Errors { speech_ms: 3_000, missed_ms: 1_000, ..Errors::default() });
    }

    #[test]
    fn the_collar_forgives_what_is_near_an_edge() {
        let reference = turns(&[(1_000, 2_000, "a")]);
        let found = turns(&[(800, 2_200, "x")]);
        assert_eq!(score(&reference, &found, 250), Errors { speech_ms: 500, ..Errors::default() });
    }
}
