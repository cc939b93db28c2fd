//! What lies between turns: switches, silences, runs of one speaker, interruptions.

use super::super::call::{Side, Turn};
use super::super::text::TurnText;

/// Fewer words are a sound, not a turn.
const MIN_TURN_WORDS: usize = 3;
/// Gaps up to this belong to the same run.
const RUN_GAP_MS: u32 = 3_000;
/// Overlap from which a start is an interruption.
const INTERRUPTION_MS: u32 = 500;

const BACK_CHANNELS: &[&str] = &[
    "yeah", "yes", "yep", "yup", "right", "okay", "ok", "sure", "mhm", "hm", "oh", "i", "see", "wow", "exactly", "no",
    "good", "great", "true", "got", "it", "ha", "well", "really", "uh", "huh", "so", "fair", "enough", "nice",
];

/// A sound that says `go on`: a few words, all of them of the listening kind.
pub fn is_back_channel(text: &TurnText) -> bool {
    text.tokens.len() <= MIN_TURN_WORDS && text.tokens.iter().all(|t| BACK_CHANNELS.contains(&&*t.word))
}

fn speaks(turn: &Turn, text: Option<&TurnText>) -> bool {
    !turn.unintelligible && text.is_some_and(|t| t.tokens.len() >= MIN_TURN_WORDS)
}

/// Speaker switches, turns under three words ignored.
pub fn switches(turns: &[&Turn], texts: &[TurnText]) -> u32 {
    let spoken: Vec<&str> = turns
        .iter()
        .zip(texts)
        .filter(|(t, text)| speaks(t, Some(text)))
        .map(|(t, _)| t.participant.as_str())
        .collect();
    u32::try_from(spoken.windows(2).filter(|w| w.first() != w.last()).count()).unwrap_or(u32::MAX)
}

/// Median silence between a buyer's stop and the rep's start.
pub fn patience_ms(turns: &[&Turn], texts: &[TurnText]) -> Option<f64> {
    let spoken: Vec<&&Turn> =
        turns.iter().zip(texts).filter(|(_, text)| !is_back_channel(text)).map(|(t, _)| t).collect();
    let pairs = spoken.windows(2).filter_map(|w| match w {
        [buyer, rep] if buyer.sure_side() == Side::Buyer && rep.sure_side() == Side::Rep => {
            Some(rep.start_ms.saturating_sub(buyer.end_ms))
        }
        _ => None,
    });
    median(pairs.collect())
}

fn median(mut values: Vec<u32>) -> Option<f64> {
    values.sort_unstable();
    let middle = values.len() / 2;
    let upper = f64::from(*values.get(middle)?);
    let lower = if values.len().is_multiple_of(2) { f64::from(*values.get(middle - 1)?) } else { upper };
    Some(f64::midpoint(lower, upper))
}

/// Longest run of turns that `is_own` holds for: gaps under 3 s and others' back-channels merged.
pub fn longest_run_ms(turns: &[&Turn], texts: &[TurnText], is_own: &dyn Fn(&Turn) -> bool) -> u32 {
    let (mut longest, mut run): (u32, Option<(u32, u32)>) = (0, None);
    for (turn, text) in turns.iter().zip(texts) {
        if is_own(turn) {
            run = match run {
                Some((start, end)) if turn.start_ms.saturating_sub(end) < RUN_GAP_MS => {
                    Some((start, end.max(turn.end_ms)))
                }
                _ => Some((turn.start_ms, turn.end_ms)),
            };
            longest = longest.max(run.map_or(0, |(start, end)| end.saturating_sub(start)));
        } else if !is_back_channel(text) {
            run = None;
        }
    }
    longest
}

/// Times one of `is_own` starts over half a second before another speaker stops, back-channels left out.
pub fn interruptions(turns: &[&Turn], texts: &[TurnText], is_own: &dyn Fn(&Turn) -> bool) -> u32 {
    let (mut count, mut others_end, mut own_end) = (0_u32, 0_u32, 0_u32);
    for (turn, text) in turns.iter().zip(texts) {
        if is_own(turn) {
            let overlap = others_end.min(turn.end_ms).saturating_sub(turn.start_ms);
            // Who was talking already doesn't interrupt by going on.
            if overlap > INTERRUPTION_MS && !is_back_channel(text) && own_end <= turn.start_ms {
                count += 1;
            }
            own_end = own_end.max(turn.end_ms);
        } else {
            others_end = others_end.max(turn.end_ms);
        }
    }
    count
}
