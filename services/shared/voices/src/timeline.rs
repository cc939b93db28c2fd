//! From pieces with voices to stretches of time: who speaks when, overlaps included.

use crate::SAMPLE_RATE_HZ;
use crate::embedding::Embedding;
use crate::gate::{self, Stretch};

/// A pause this short within what one voice says is no pause.
const FILL_MS: u64 = 350;
/// Shorter stretches are no speech.
const SHORTEST_MS: u64 = 180;

/// A stretch of time in which one voice speaks.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Span {
    /// Milliseconds from the start of the sound.
    pub start_ms: u64,
    pub end_ms: u64,
    /// Number of the voice, from 0 in the order in which voices are first heard.
    pub voice: usize,
    /// How sure it is that it is this voice and not another, 0 to 1.
    pub confidence: f32,
}

/// A voice of a recording.
#[derive(Debug, Clone, PartialEq)]
pub struct Voice {
    /// The middle of all that it said.
    pub embedding: Embedding,
    /// How long it speaks in all, milliseconds.
    pub speech_ms: u64,
}

/// Who speaks when.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Diarization {
    /// In order of their start; those of different voices may overlap.
    pub spans: Vec<Span>,
    /// By number.
    pub voices: Vec<Voice>,
}

/// A stretch of kept samples in which a voice speaks.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Labelled {
    pub from: usize,
    pub to: usize,
    pub voice: usize,
    pub confidence: f32,
}

/// Stretches of the recording, in order.
pub fn spans(labelled: &[Labelled], stretches: &[Stretch]) -> Vec<Span> {
    let span = |piece: &Labelled| {
        let Labelled { voice, confidence, .. } = *piece;
        let parts = gate::real(stretches, piece.from, piece.to).into_iter();
        parts.map(move |(from, to)| Span { start_ms: ms(from), end_ms: ms(to), voice, confidence }).collect::<Vec<_>>()
    };
    tidy(labelled.iter().flat_map(span).collect())
}

/// Milliseconds of samples.
pub fn ms(samples: usize) -> u64 {
    samples as u64 * 1000 / u64::from(SAMPLE_RATE_HZ)
}

/// Joins what only a short pause parts, drops what is too short, and puts all in order.
pub fn tidy(mut spans: Vec<Span>) -> Vec<Span> {
    spans.sort_by_key(|span| (span.voice, span.start_ms));
    let mut tidied: Vec<Span> = Vec::with_capacity(spans.len());
    for span in spans {
        match tidied.last_mut() {
            Some(last) if last.voice == span.voice && span.start_ms <= last.end_ms + FILL_MS => {
                let (ours, theirs) = ((last.end_ms - last.start_ms) as f32, (span.end_ms - span.start_ms) as f32);
                let total = (ours + theirs).max(1.0);
                last.confidence = (last.confidence * ours + span.confidence * theirs) / total;
                last.end_ms = last.end_ms.max(span.end_ms);
            }
            _ => tidied.push(span),
        }
    }
    tidied.retain(|span| span.end_ms - span.start_ms >= SHORTEST_MS);
    tidied.sort_by_key(|span| (span.start_ms, span.voice));
    tidied
}

#[cfg(test)]
mod tests {
    use super::*;

    const WHOLE: [Stretch; 1] = [Stretch { kept: 0, real: 0 }];

    fn piece(from: usize, to: usize, voice: usize, confidence: f32) -> Labelled {
        Labelled { from, to, voice, confidence }
    }

    #[test]
    fn pieces_of_a_voice_are_joined_over_short_pauses() {
        let spans = spans(&[piece(0, 16_000, 0, 0.9), piece(19_200, 35_200, 0, 0.7)], &WHOLE);
        assert_eq!(spans.len(), 1);
        assert_eq!((spans[0].start_ms, spans[0].end_ms), (0, 2_200));
        assert!((spans[0].confidence - 0.8).abs() < 1e-6);
    }

    #[test]
    fn two_who_talk_at_once_both_speak() {
        let spans = spans(&[piece(0, 32_000, 0, 0.9), piece(16_000, 48_000, 1, 0.9)], &WHOLE);
        assert_eq!(spans.iter().map(|span| span.voice).collect::<Vec<_>>(), [0, 1]);
        assert!(spans[1].start_ms < spans[0].end_ms);
    }

    #[test]
    fn what_is_too_short_is_no_speech() {
        assert_eq!(spans(&[piece(0, 1_600, 0, 0.9)], &WHOLE), []);
        assert_eq!(spans(&[], &[]), []);
    }

    #[test]
    fn a_long_silence_parts_what_a_voice_says() {
        let stretches = [Stretch { kept: 0, real: 0 }, Stretch { kept: 16_000, real: 80_000 }];
        let spans = spans(&[piece(0, 32_000, 0, 0.9)], &stretches);
        assert_eq!(spans.iter().map(|span| span.start_ms).collect::<Vec<_>>(), [0, 5_000]);
    }
}
