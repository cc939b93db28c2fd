//! Interaction statistics: how a talk went, in numbers. Observations, never grades.

mod runs;
mod speakers;
#[cfg(test)]
mod tests;

use super::call::{Call, MIN_SPEAKER_CONFIDENCE, Side, Transcript, Turn};
use super::text::TurnText;
use std::collections::BTreeMap;

/// Statistics of a call. None where nothing can be measured.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Statistics {
    /// All speech; overlaps count for each speaker.
    pub speech_ms: u32,
    /// From the first start to the last end.
    pub call_ms: u32,
    /// The two sides, then every speaker by id.
    pub speakers: Vec<SpeakerStatistics>,
    /// Speaker switches by call time and by speech time.
    pub interactivity_per_hour: Option<f64>,
    pub interactivity_per_speech_hour: Option<f64>,
    pub patience_ms: Option<f64>,
}

/// The part of one side or one speaker.
#[derive(Debug, Clone, PartialEq)]
pub struct SpeakerStatistics {
    /// Participant id; empty for a whole side.
    pub participant: String,
    pub side: Side,
    pub speech_ms: u32,
    pub talk_ratio: Option<f64>,
    pub talk_share_of_call: Option<f64>,
    pub longest_monologue_ms: u32,
    pub questions_per_hour: Option<f64>,
    pub questions_per_speech_hour: Option<f64>,
    pub words_per_minute: Option<f64>,
    pub interruptions: u32,
}

const MS_PER_HOUR: f64 = 3_600_000.0;
const MS_PER_MINUTE: f64 = 60_000.0;

/// A turn with its words.
struct Spoken<'a> {
    turn: &'a Turn,
    text: &'a TurnText,
}

impl<'a> Spoken<'a> {
    /// Who said it; None where that isn't sure: such a turn is speech, but proves nothing of anybody.
    fn speaker(&self) -> Option<&'a str> {
        let sure = self.turn.speaker_confidence >= MIN_SPEAKER_CONFIDENCE && !self.turn.participant.is_empty();
        sure.then_some(self.turn.participant.as_str())
    }

    fn side(&self) -> Side {
        self.turn.sure_side()
    }
}

/// Measures a talk.
pub fn measure(call: &Call, transcript: &Transcript, texts: &[TurnText]) -> Statistics {
    let spoken: Vec<Spoken<'_>> =
        transcript.turns.iter().zip(texts).map(|(turn, text)| Spoken { turn, text }).collect();
    let speech_ms = spoken.iter().map(|s| length(s.turn)).fold(0_u32, u32::saturating_add);
    let first = spoken.iter().map(|s| s.turn.start_ms).min().unwrap_or(0);
    let call_ms = spoken.iter().map(|s| s.turn.end_ms).max().unwrap_or(0).saturating_sub(first);
    let switches = runs::switches(&spoken);
    Statistics {
        speech_ms,
        call_ms,
        speakers: speakers::measure(call, &spoken, speech_ms, call_ms),
        interactivity_per_hour: per(switches, call_ms, MS_PER_HOUR),
        interactivity_per_speech_hour: per(switches, speech_ms, MS_PER_HOUR),
        patience_ms: runs::patience_ms(&spoken),
    }
}

/// What identifies the rep who spoke most in turns that are surely theirs: the e-mail's local part, else the name. None
/// where no rep is known.
pub fn leading_rep(call: &Call, transcript: &Transcript) -> Option<String> {
    let mut spoken: BTreeMap<&str, u32> = BTreeMap::new();
    for turn in transcript.turns.iter().filter(|t| t.sure_side() == Side::Rep) {
        let total = spoken.entry(turn.participant.as_str()).or_default();
        *total = total.saturating_add(length(turn));
    }
    let reps = call.participants.iter().filter(|p| p.side == Side::Rep);
    // Of two who spoke as much, the first one listed.
    let leading = reps.rev().max_by_key(|p| spoken.get(p.id.as_str()).copied().unwrap_or(0))?;
    let handle = leading.email.split('@').next().filter(|local| !local.is_empty()).unwrap_or(&leading.name);
    (!handle.trim().is_empty()).then(|| handle.to_owned())
}

fn length(turn: &Turn) -> u32 {
    turn.end_ms.saturating_sub(turn.start_ms)
}

fn share(part: u32, whole: u32) -> Option<f64> {
    (whole > 0).then(|| f64::from(part) / f64::from(whole))
}

fn per(count: u32, span_ms: u32, unit_ms: f64) -> Option<f64> {
    (span_ms > 0).then(|| f64::from(count) * unit_ms / f64::from(span_ms))
}
