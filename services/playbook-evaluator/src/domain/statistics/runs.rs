//! What lies between turns: switches, silences, runs of one speaker, interruptions.

use super::Spoken;
use crate::domain::call::{Side, Turn};
use crate::domain::text::TurnText;

/// Fewer words are a sound, not a turn.
const MIN_TURN_WORDS: usize = 3;
/// Gaps under this belong to the same run.
const RUN_GAP_MS: u32 = 3_000;
/// Overlap over which a start is an interruption.
const INTERRUPTION_MS: u32 = 500;

const BACK_CHANNELS: &[&str] = &[
    "yeah", "yes", "yep", "yup", "right", "okay", "ok", "sure", "mhm", "hm", "oh", "i", "see", "wow", "exactly", "no",
    "good", "great", "true", "got", "it", "ha", "well", "really", "uh", "huh", "so", "fair", "enough", "nice",
];

/// A sound that says `go on`: a few words, all of them of the listening kind. What could not be understood may be
/// anything.
fn is_back_channel(turn: &Turn, text: &TurnText) -> bool {
    !turn.unintelligible
        && text.tokens.len() <= MIN_TURN_WORDS
        && text.tokens.iter().all(|t| BACK_CHANNELS.contains(&&*t.word))
}

/// Speaker switches, turns under three words ignored. Between turns whose speaker isn't sure no switch is counted.
pub fn switches(spoken: &[Spoken<'_>]) -> u32 {
    let sure = spoken.iter().filter(|s| !s.turn.unintelligible && s.text.word_count() >= MIN_TURN_WORDS);
    let speakers: Vec<&str> = sure.filter_map(|s| s.speaker()).collect();
    u32::try_from(speakers.windows(2).filter(|w| w.first() != w.last()).count()).unwrap_or(u32::MAX)
}

/// Median silence between a buyer's stop and the rep's start.
pub fn patience_ms(spoken: &[Spoken<'_>]) -> Option<f64> {
    let turns: Vec<&Turn> = spoken.iter().filter(|s| !is_back_channel(s.turn, s.text)).map(|s| s.turn).collect();
    let pairs = turns.windows(2).filter_map(|w| match w {
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

/// Longest run of one speaker's turns: gaps under 3 s and others' back-channels merged.
pub fn longest_run_ms(spoken: &[Spoken<'_>], is_own: &dyn Fn(&Spoken<'_>) -> bool) -> u32 {
    let (mut longest, mut run): (u32, Option<(u32, u32)>) = (0, None);
    for one in spoken {
        let turn = one.turn;
        if is_own(one) {
            run = match run {
                Some((start, end)) if turn.start_ms.saturating_sub(end) < RUN_GAP_MS => {
                    Some((start, end.max(turn.end_ms)))
                }
                _ => Some((turn.start_ms, turn.end_ms)),
            };
            longest = longest.max(run.map_or(0, |(start, end)| end.saturating_sub(start)));
        } else if !is_back_channel(turn, one.text) {
            run = None;
        }
    }
    longest
}

/// Times one of `is_own` starts over half a second before one of `is_other` stops. Back-channels neither interrupt nor
/// are interrupted; what could not be understood may be one.
pub fn interruptions(
    spoken: &[Spoken<'_>],
    is_own: &dyn Fn(&Spoken<'_>) -> bool,
    is_other: &dyn Fn(&Spoken<'_>) -> bool,
) -> u32 {
    let (mut count, mut others_end, mut own_end) = (0_u32, 0_u32, 0_u32);
    for one in spoken {
        let turn = one.turn;
        let counts = !turn.unintelligible && !is_back_channel(turn, one.text);
        if is_own(one) {
            let overlap = others_end.min(turn.end_ms).saturating_sub(turn.start_ms);
            // Who was talking already doesn't interrupt by going on.
            if overlap > INTERRUPTION_MS && counts && own_end <= turn.start_ms {
                count += 1;
            }
            own_end = own_end.max(turn.end_ms);
        } else if counts && is_other(one) {
            others_end = others_end.max(turn.end_ms);
        }
    }
    count
}
