//! The part of each side and each speaker.

use super::{MS_PER_HOUR, MS_PER_MINUTE, SpeakerStatistics, Spoken, length, per, runs, share};
use crate::domain::call::{Call, Side};
use std::collections::BTreeSet;

/// Both sides, then every speaker who spoke. A turn counts for who is sure to have said it.
pub fn measure(call: &Call, spoken: &[Spoken<'_>], speech_ms: u32, call_ms: u32) -> Vec<SpeakerStatistics> {
    let mut all = Vec::new();
    let whole = Whole { spoken, speech_ms, call_ms };
    for side in [Side::Rep, Side::Buyer] {
        let mut one = whole.part(&|s| s.side() == side, &|s| s.side() == side.other());
        one.side = side;
        // A monologue is one speaker's; a side's longest is the longest of its speakers.
        let speakers: BTreeSet<Option<&str>> =
            spoken.iter().filter(|s| s.side() == side).map(|s| s.speaker()).collect();
        let longest =
            speakers.iter().map(|id| runs::longest_run_ms(spoken, &|s| s.side() == side && s.speaker() == *id));
        one.longest_monologue_ms = longest.max().unwrap_or(0);
        all.push(one);
    }
    let ids: BTreeSet<&str> = spoken.iter().filter_map(|s| s.speaker()).collect();
    for id in ids {
        let mut one = whole.part(&|s| s.speaker() == Some(id), &|s| s.speaker().is_some_and(|other| other != id));
        one.participant = id.to_owned();
        one.side = call.participant(id).map_or(Side::Unknown, |p| p.side);
        all.push(one);
    }
    all
}

/// What the parts are parts of.
struct Whole<'a> {
    spoken: &'a [Spoken<'a>],
    speech_ms: u32,
    call_ms: u32,
}

impl Whole<'_> {
    /// The part of those for whom `is_own` holds, among those for whom `is_other` does.
    fn part(&self, is_own: &dyn Fn(&Spoken<'_>) -> bool, is_other: &dyn Fn(&Spoken<'_>) -> bool) -> SpeakerStatistics {
        let own: Vec<&Spoken<'_>> = self.spoken.iter().filter(|s| is_own(s)).collect();
        // What could not be understood is speech, but of no words.
        let understood: Vec<&&Spoken<'_>> = own.iter().filter(|s| !s.turn.unintelligible).collect();
        let own_ms = own.iter().map(|s| length(s.turn)).fold(0_u32, u32::saturating_add);
        let understood_ms = understood.iter().map(|s| length(s.turn)).fold(0_u32, u32::saturating_add);
        let count = |n: usize| u32::try_from(n).unwrap_or(u32::MAX);
        let questions = count(understood.iter().map(|s| s.text.questions.len()).sum());
        let words = count(understood.iter().map(|s| s.text.word_count()).sum());
        SpeakerStatistics {
            participant: String::new(),
            side: Side::Unknown,
            speech_ms: own_ms,
            talk_ratio: share(own_ms, self.speech_ms),
            talk_share_of_call: share(own_ms, self.call_ms),
            longest_monologue_ms: runs::longest_run_ms(self.spoken, is_own),
            questions_per_hour: per(questions, self.call_ms, MS_PER_HOUR),
            questions_per_speech_hour: per(questions, own_ms, MS_PER_HOUR),
            words_per_minute: per(words, understood_ms, MS_PER_MINUTE),
            interruptions: runs::interruptions(self.spoken, is_own, is_other),
        }
    }
}
