//! The part of each side and each speaker.

use super::super::call::{Call, Side, Turn};
use super::super::text::TurnText;
use super::{MS_PER_HOUR, MS_PER_MINUTE, SpeakerStatistics, length, per, runs, share};
use std::collections::BTreeSet;

/// Both sides, then every speaker who spoke.
pub fn measure(
    call: &Call,
    turns: &[&Turn],
    texts: &[TurnText],
    speech_ms: u32,
    call_ms: u32,
) -> Vec<SpeakerStatistics> {
    let mut all = Vec::new();
    for side in [Side::Rep, Side::Buyer] {
        // A monologue is one speaker's; a side's longest is the longest of its speakers.
        let mut one = part(turns, texts, speech_ms, call_ms, &|t| t.sure_side() == side);
        one.side = side;
        one.longest_monologue_ms = speakers_of(turns, side)
            .iter()
            .map(|id| runs::longest_run_ms(turns, texts, &|t| t.participant == *id && t.sure_side() == side))
            .max()
            .unwrap_or(0);
        all.push(one);
    }
    let ids: BTreeSet<&str> = turns.iter().map(|t| t.participant.as_str()).filter(|id| !id.is_empty()).collect();
    for id in ids {
        let mut one = part(turns, texts, speech_ms, call_ms, &|t| t.participant == id);
        one.participant = id.to_owned();
        one.side = call.participant(id).map_or(Side::Unknown, |p| p.side);
        all.push(one);
    }
    all
}

fn speakers_of<'a>(turns: &[&'a Turn], side: Side) -> BTreeSet<&'a str> {
    turns.iter().filter(|t| t.sure_side() == side).map(|t| t.participant.as_str()).collect()
}

fn part(
    turns: &[&Turn],
    texts: &[TurnText],
    speech_ms: u32,
    call_ms: u32,
    is_own: &dyn Fn(&Turn) -> bool,
) -> SpeakerStatistics {
    let own: Vec<(&Turn, &TurnText)> =
        turns.iter().zip(texts).filter(|(t, _)| is_own(t)).map(|(t, text)| (*t, text)).collect();
    let own_ms = own.iter().map(|(t, _)| length(t)).fold(0_u32, u32::saturating_add);
    let count = |n: usize| u32::try_from(n).unwrap_or(u32::MAX);
    let questions = count(own.iter().map(|(_, text)| text.questions.len()).sum());
    let words = count(own.iter().map(|(_, text)| text.tokens.len()).sum());
    SpeakerStatistics {
        participant: String::new(),
        side: Side::Unknown,
        speech_ms: own_ms,
        talk_ratio: share(own_ms, speech_ms),
        talk_share_of_call: share(own_ms, call_ms),
        longest_monologue_ms: runs::longest_run_ms(turns, texts, is_own),
        questions_per_hour: per(questions, call_ms, MS_PER_HOUR),
        questions_per_speech_hour: per(questions, own_ms, MS_PER_HOUR),
        words_per_minute: per(words, own_ms, MS_PER_MINUTE),
        interruptions: runs::interruptions(turns, texts, is_own),
    }
}
