//! From the windows' local speakers to stretches of time: who speaks when, overlaps included.

use crate::SAMPLE_RATE_HZ;
use crate::embedding::Embedding;
use crate::gate::{self, Stretch};
use crate::window::{LOCALS, sample_of};

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

/// A window with the voice of each local speaker and how sure that is.
#[derive(Debug, Clone)]
pub struct Labelled {
    /// First frame among those kept.
    pub first: usize,
    pub active: Vec<u8>,
    pub voices: [Option<(usize, f32)>; LOCALS],
}

impl Labelled {
    fn speaking(&self, frame: usize) -> impl Iterator<Item = (usize, f32)> + '_ {
        let set = self.active.get(frame).copied().unwrap_or(0);
        self.voices.iter().enumerate().filter(move |(local, _)| set & 1 << local != 0).filter_map(|(_, voice)| *voice)
    }

    /// What is near the edge of a window is known less well.
    fn trust(&self, frame: usize) -> f32 {
        (frame + 1).min(self.active.len() - frame) as f32
    }
}

/// A run of kept frames in which a voice speaks.
struct Run {
    voice: usize,
    from: usize,
    to: usize,
    confidence: f32,
}

/// Stretches of the recording, in order. `windows` are in order of their first frames.
pub fn spans(windows: &[Labelled], voices: usize, stretches: &[Stretch]) -> Vec<Span> {
    let mut spans: Vec<Span> = Vec::new();
    for run in runs(windows, voices) {
        for (from, to) in gate::real(stretches, sample_of(run.from), sample_of(run.to)) {
            let (start_ms, end_ms) = (ms(from), ms(to));
            spans.push(Span { start_ms, end_ms, voice: run.voice, confidence: run.confidence });
        }
    }
    tidy(spans)
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

/// For each frame as many voices as the windows over it count, those that they name most.
fn runs(windows: &[Labelled], voices: usize) -> Vec<Run> {
    let frames = windows.iter().map(|window| window.first + window.active.len()).max().unwrap_or(0);
    let mut open: Vec<Option<Run>> = (0..voices).map(|_| None).collect();
    let mut done = Vec::new();
    let mut oldest = 0;
    let mut votes = vec![(0.0, 0.0); voices];
    for frame in 0..=frames {
        while windows.get(oldest).is_some_and(|window| window.first + window.active.len() <= frame) {
            oldest += 1;
        }
        votes.fill((0.0, 0.0));
        let speaking = vote(windows.get(oldest..).unwrap_or_default(), frame, &mut votes);
        for (voice, run) in open.iter_mut().enumerate() {
            let confidence = speaking.iter().find(|(speaker, _)| *speaker == voice).map(|(_, confidence)| *confidence);
            match (confidence, run.as_mut()) {
                (Some(confidence), Some(run)) => {
                    run.to = frame + 1;
                    run.confidence += confidence;
                }
                (Some(confidence), None) => *run = Some(Run { voice, from: frame, to: frame + 1, confidence }),
                (None, _) => done.extend(run.take()),
            }
        }
    }
    for run in &mut done {
        run.confidence /= (run.to - run.from) as f32;
    }
    done
}

/// The voices that speak in a frame, with how sure each is.
fn vote(windows: &[Labelled], frame: usize, votes: &mut [(f32, f32)]) -> Vec<(usize, f32)> {
    let (mut trusted, mut counted) = (0.0, 0.0);
    for window in windows.iter().take_while(|window| window.first <= frame) {
        let Some(at) = frame.checked_sub(window.first).filter(|at| *at < window.active.len()) else { continue };
        let trust = window.trust(at);
        trusted += trust;
        for (voice, confidence) in window.speaking(at) {
            counted += trust;
            if let Some(vote) = votes.get_mut(voice) {
                vote.0 += trust;
                vote.1 += trust * confidence;
            }
        }
    }
    let count = if trusted > 0.0 { (counted / trusted).round() as usize } else { 0 };
    let mut named: Vec<(usize, f32, f32)> = votes
        .iter()
        .enumerate()
        .filter(|(_, (trust, _))| *trust > 0.0)
        .map(|(voice, (trust, confidence))| (voice, *trust, confidence / trust))
        .collect();
    named.sort_by(|a, b| b.1.total_cmp(&a.1));
    named.truncate(count);
    named.into_iter().map(|(voice, _, confidence)| (voice, confidence)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const WHOLE: [Stretch; 1] = [Stretch { kept: 0, real: 0 }];

    fn window(first: usize, active: Vec<u8>, voices: [Option<(usize, f32)>; LOCALS]) -> Labelled {
        Labelled { first, active, voices }
    }

    #[test]
    fn windows_that_overlap_are_joined() {
        let windows = [
            window(0, vec![1; 100], [Some((0, 0.9)), None, None]),
            window(50, vec![2; 100], [None, Some((0, 0.7)), None]),
        ];
        let spans = spans(&windows, 1, &WHOLE);
        assert_eq!(spans.len(), 1);
        assert_eq!((spans[0].start_ms, spans[0].end_ms), (0, ms(sample_of(150))));
        assert!(spans[0].confidence > 0.7 && spans[0].confidence < 0.9);
    }

    #[test]
    fn two_who_talk_at_once_both_speak() {
        let active = [vec![1; 60], vec![3; 60], vec![2; 60]].concat();
        let spans = spans(&[window(0, active, [Some((0, 0.9)), Some((1, 0.9)), None])], 2, &WHOLE);
        assert_eq!(spans.iter().map(|span| span.voice).collect::<Vec<_>>(), [0, 1]);
        assert!(spans[1].start_ms < spans[0].end_ms);
    }

    #[test]
    fn a_speaker_whom_nobody_knows_leaves_nothing() {
        assert_eq!(spans(&[window(0, vec![1; 100], [None; 3])], 0, &WHOLE), []);
        assert_eq!(spans(&[], 0, &[]), []);
    }

    #[test]
    fn a_long_silence_parts_what_a_voice_says() {
        let stretches = [Stretch { kept: 0, real: 0 }, Stretch { kept: 16_000, real: 80_000 }];
        let spans = spans(&[window(0, vec![1; 118], [Some((0, 0.9)), None, None])], 1, &stretches);
        assert_eq!(spans.iter().map(|span| span.start_ms).collect::<Vec<_>>(), [0, 5_000]);
    }
}
