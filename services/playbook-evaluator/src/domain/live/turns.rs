//! The turns of a call so far, each replaced as its words change.

use crate::domain::call::{Transcript, Turn};

/// Most turns of a call.
pub const MAX_TURNS: usize = 100_000;
/// Most bytes of words of a call.
pub const MAX_TRANSCRIPT_BYTES: usize = 32 << 20;

/// Why words were not taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Refused {
    /// The index is beyond the next turn, which is this one.
    NotNext(usize),
    TooManyTurns,
    TooManyWords,
}

/// One turn: what stands and what was said last.
#[derive(Debug, Clone)]
struct Slot {
    /// The final words; none before there are any.
    settled: Option<Turn>,
    /// The words as they came last, final or not.
    latest: Turn,
}

impl Slot {
    fn bytes(&self) -> usize {
        self.latest.text.len() + self.settled.as_ref().map_or(0, |t| t.text.len())
    }
}

/// The turns so far.
#[derive(Debug, Clone, Default)]
pub struct Turns {
    slots: Vec<Slot>,
    bytes: usize,
}

impl Turns {
    pub fn len(&self) -> usize {
        self.slots.len()
    }

    pub fn is_empty(&self) -> bool {
        self.slots.is_empty()
    }

    /// Takes the words of a turn so far: of the next one, or anew of one that is there. True where there are final words
    /// to evaluate that were not there before.
    pub fn take(&mut self, turn: Turn, is_final: bool) -> Result<bool, Refused> {
        let at = turn.index as usize;
        if at >= MAX_TURNS {
            return Err(Refused::TooManyTurns);
        }
        if at > self.slots.len() {
            return Err(Refused::NotNext(self.slots.len()));
        }
        let before = self.slots.get(at);
        // Words that are being corrected leave what stood until the correction is final.
        let stood = before.and_then(|slot| slot.settled.clone());
        let news = is_final && stood.as_ref() != Some(&turn);
        let settled = if is_final { Some(turn.clone()) } else { stood };
        let slot = Slot { settled, latest: turn };
        let bytes = self.bytes - before.map_or(0, Slot::bytes) + slot.bytes();
        if bytes > MAX_TRANSCRIPT_BYTES {
            return Err(Refused::TooManyWords);
        }
        self.bytes = bytes;
        match self.slots.get_mut(at) {
            Some(place) => *place = slot,
            None => self.slots.push(slot),
        }
        Ok(news)
    }

    /// What can be evaluated while the call lasts: turns whose words still change stand in it without them.
    pub fn settled(&self, planned_ms: u32) -> Transcript {
        let silent = |slot: &Slot| Turn { text: String::new(), ..slot.latest.clone() };
        let turns: Vec<Turn> = self.slots.iter().map(|s| s.settled.clone().unwrap_or_else(|| silent(s))).collect();
        let duration_ms = last_ms(&turns).max(planned_ms);
        Transcript { name: String::new(), turns, duration_ms }
    }

    /// All of it, with the words that came last.
    pub fn whole(&self) -> Transcript {
        let turns: Vec<Turn> = self.slots.iter().map(|s| s.latest.clone()).collect();
        let duration_ms = last_ms(&turns);
        Transcript { name: String::new(), turns, duration_ms }
    }

    /// From when on nothing that is said can be in time any more: the start of the first turn that still changes, else of
    /// the last one.
    pub fn settled_until_ms(&self) -> u32 {
        let changing = self.slots.iter().filter(|s| s.settled.is_none()).map(|s| s.latest.start_ms).min();
        changing.or(self.slots.iter().map(|s| s.latest.start_ms).max()).unwrap_or(0)
    }
}

fn last_ms(turns: &[Turn]) -> u32 {
    turns.iter().map(|t| t.end_ms).max().unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::call::Side;

    fn turn(index: u32, text: &str) -> Turn {
        Turn {
            index,
            participant: String::new(),
            side: Side::Rep,
            start_ms: index * 1_000,
            end_ms: index * 1_000 + 900,
            text: text.to_owned(),
            speaker_confidence: 1.0,
            unintelligible: false,
        }
    }

    fn words(transcript: &Transcript) -> Vec<&str> {
        transcript.turns.iter().map(|t| t.text.as_str()).collect()
    }

    #[test]
    fn words_that_still_change_are_not_evaluated_before_the_end() {
        let mut turns = Turns::default();
        assert_eq!(turns.take(turn(0, "good"), false), Ok(false));
        assert_eq!(turns.take(turn(0, "good morning"), true), Ok(true));
        assert_eq!(turns.take(turn(1, "what"), false), Ok(false));
        assert_eq!(words(&turns.settled(0)), ["good morning", ""]);
        assert_eq!(words(&turns.whole()), ["good morning", "what"]);
    }

    #[test]
    fn a_correction_counts_once_it_is_final() {
        let mut turns = Turns::default();
        turns.take(turn(0, "it's cheap"), true).unwrap();
        assert_eq!(turns.take(turn(0, "it's a cheek"), false), Ok(false));
        assert_eq!(words(&turns.settled(0)), ["it's cheap"]);
        assert_eq!(turns.take(turn(0, "it's a cheek"), true), Ok(true));
        assert_eq!(words(&turns.settled(0)), ["it's a cheek"]);
        // The same again is nothing new.
        assert_eq!(turns.take(turn(0, "it's a cheek"), true), Ok(false));
    }

    #[test]
    fn a_turn_can_not_be_left_out() {
        let mut turns = Turns::default();
        assert_eq!(turns.take(turn(1, "x"), true), Err(Refused::NotNext(0)));
        turns.take(turn(0, "x"), true).unwrap();
        assert_eq!(turns.take(turn(100_000, "x"), true), Err(Refused::TooManyTurns));
    }

    #[test]
    fn words_are_bounded_and_a_correction_gives_room_back() {
        let mut turns = Turns::default();
        let long = "x".repeat(MAX_TRANSCRIPT_BYTES / 4);
        turns.take(turn(0, &long), true).unwrap();
        turns.take(turn(1, &long), true).unwrap();
        assert_eq!(turns.take(turn(2, "x"), true), Err(Refused::TooManyWords));
        assert_eq!(turns.len(), 2);
        turns.take(turn(1, ""), true).unwrap();
        turns.take(turn(2, "x"), true).unwrap();
    }

    #[test]
    fn nothing_is_overdue_while_a_turn_still_changes() {
        let mut turns = Turns::default();
        for index in 0..3 {
            turns.take(turn(index, "x"), index != 1).unwrap();
        }
        assert_eq!(turns.settled_until_ms(), 1_000);
        turns.take(turn(1, "x"), true).unwrap();
        assert_eq!(turns.settled_until_ms(), 2_000);
    }
}
