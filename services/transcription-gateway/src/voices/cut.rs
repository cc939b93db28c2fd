//! Cuts a segment where the voice changes, so that each part can be recognised and attributed by itself.

use throughline_voices::Span;

use crate::audio::MODEL_RATE_HZ;
use crate::engine::segmenter::Segment;

/// Steps in which it is decided who speaks.
const STEP_MS: u64 = 20;
/// Shorter parts stay with what is before them: a recogniser makes nothing of them, and a yes in between ends no turn.
const SHORTEST_MS: u64 = 500;

/// A part of a segment, and whose voice it is.
#[derive(Debug, Clone, PartialEq)]
pub struct Part {
    pub segment: Segment,
    /// Number of the voice, and how sure that is; `None` if no voice was made out.
    pub voice: Option<(usize, f64)>,
}

/// The parts of `segment`, in order. `spans` are those of its channel, in the time of the segment.
pub fn cut(segment: Segment, spans: &[Span]) -> Vec<Part> {
    let near: Vec<&Span> =
        spans.iter().filter(|span| span.end_ms > segment.start_ms && span.start_ms < segment.end_ms).collect();
    let runs = runs(&near, segment.start_ms, segment.end_ms);
    let mut parts = Vec::with_capacity(runs.len());
    let mut rest = segment;
    for (index, run) in runs.iter().enumerate() {
        let voice = run.voice.map(|voice| (voice, confidence(&near, run, voice)));
        match runs.get(index + 1) {
            Some(next) => {
                let (part, after) = split(rest, run.end_ms, next.start_ms);
                parts.push(Part { segment: part, voice });
                rest = after;
            }
            None => {
                parts.push(Part { segment: rest, voice });
                break;
            }
        }
    }
    parts
}

/// A stretch in which one voice is foremost.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Run {
    start_ms: u64,
    end_ms: u64,
    voice: Option<usize>,
}

/// Who is foremost when: whoever speaks alone; of two at once the one who spoke before. At least one run.
fn runs(spans: &[&Span], start_ms: u64, end_ms: u64) -> Vec<Run> {
    let mut runs: Vec<Run> = Vec::new();
    let mut at_ms = start_ms;
    while at_ms < end_ms {
        let until_ms = (at_ms + STEP_MS).min(end_ms);
        let speaking: Vec<usize> =
            spans.iter().filter(|span| span.start_ms <= at_ms && at_ms < span.end_ms).map(|span| span.voice).collect();
        let last = runs.last().and_then(|run| run.voice);
        let voice = last.filter(|voice| speaking.contains(voice)).or(speaking.first().copied());
        match (runs.last_mut(), voice) {
            (Some(run), Some(voice)) if run.voice.is_none_or(|own| own == voice) => {
                run.voice = Some(voice);
                run.end_ms = until_ms;
            }
            (Some(_), Some(_)) | (None, _) => runs.push(Run { start_ms: at_ms, end_ms: until_ms, voice }),
            // Nobody speaks: it is not yet known whose pause it is.
            (Some(_), None) => {}
        }
        at_ms = until_ms;
    }
    let mut runs = without_short(runs);
    if let Some(first) = runs.first_mut() {
        first.start_ms = start_ms;
    }
    match runs.last_mut() {
        Some(last) => last.end_ms = end_ms,
        None => runs.push(Run { start_ms, end_ms, voice: None }),
    }
    runs
}

/// Short runs go to the one before them, or after them at the start; neighbours of one voice become one.
fn without_short(runs: Vec<Run>) -> Vec<Run> {
    let mut kept: Vec<Run> = Vec::with_capacity(runs.len());
    for run in runs {
        match kept.last_mut() {
            Some(last) if last.voice == run.voice || run.end_ms - run.start_ms < SHORTEST_MS => {
                last.end_ms = run.end_ms;
            }
            Some(last) if last.end_ms - last.start_ms < SHORTEST_MS => {
                *last = Run { start_ms: last.start_ms, ..run };
            }
            _ => kept.push(run),
        }
    }
    kept
}

fn confidence(spans: &[&Span], run: &Run, voice: usize) -> f64 {
    let (mut sum, mut total) = (0.0, 0.0);
    for span in spans.iter().filter(|span| span.voice == voice) {
        let shared = span.end_ms.min(run.end_ms).saturating_sub(span.start_ms.max(run.start_ms)) as f64;
        sum += shared * f64::from(span.confidence);
        total += shared;
    }
    if total > 0.0 { sum / total } else { 0.0 }
}

/// Splits in the middle of the pause from `end_ms` to `next_ms`.
fn split(segment: Segment, end_ms: u64, next_ms: u64) -> (Segment, Segment) {
    let Segment { start_ms, end_ms: last_ms, lead_ms, mut samples, voice } = segment;
    let (first_ms, middle_ms) = (start_ms.saturating_sub(lead_ms), end_ms.midpoint(next_ms));
    let at = usize::try_from((middle_ms - first_ms) * u64::from(MODEL_RATE_HZ) / 1000).unwrap_or(samples.len());
    let after = samples.split_off(at.min(samples.len()));
    (
        Segment { start_ms, end_ms, lead_ms, samples, voice },
        Segment { start_ms: next_ms, end_ms: last_ms, lead_ms: next_ms - middle_ms, samples: after, voice },
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn segment(first_ms: u64, start_ms: u64, end_ms: u64) -> Segment {
        let samples = vec![0.0; ((end_ms + 500 - first_ms) * 16) as usize];
        Segment { start_ms, end_ms, lead_ms: start_ms - first_ms, samples, voice: 0.9 }
    }

    fn span(start_ms: u64, end_ms: u64, voice: usize) -> Span {
        Span { start_ms, end_ms, voice, confidence: 0.8 }
    }

    fn parts(segment: Segment, spans: &[Span]) -> Vec<(u64, u64, Option<usize>)> {
        cut(segment, spans)
            .into_iter()
            .map(|part| (part.segment.start_ms, part.segment.end_ms, part.voice.map(|(voice, _)| voice)))
            .collect()
    }

    #[test]
    fn one_voice_stays_whole() {
        let parts = parts(segment(700, 1_000, 5_000), &[span(900, 2_000, 3), span(2_300, 5_200, 3)]);
        assert_eq!(parts, [(1_000, 5_000, Some(3))]);
    }

    #[test]
    fn a_change_of_voice_cuts_in_the_pause_and_no_sample_is_lost() {
        let whole = segment(700, 1_000, 5_000);
        let length = whole.samples.len();
        let parts = cut(whole, &[span(1_000, 2_500, 0), span(2_700, 5_000, 1)]);
        assert_eq!(parts.iter().map(|part| part.segment.samples.len()).sum::<usize>(), length);
        assert_eq!(parts[0].segment.samples.len(), (2_600 - 700) * 16);
        assert_eq!((parts[1].segment.start_ms, parts[1].segment.lead_ms), (2_700, 100));
        assert_eq!(parts.iter().map(|part| part.voice.unwrap().0).collect::<Vec<_>>(), [0, 1]);
    }

    #[test]
    fn who_speaks_goes_on_until_it_stops_when_another_talks_over_it() {
        let parts = parts(segment(0, 0, 6_000), &[span(0, 3_000, 0), span(2_000, 6_000, 1)]);
        assert_eq!(parts, [(0, 3_000, Some(0)), (3_000, 6_000, Some(1))]);
    }

    #[test]
    fn a_yes_in_between_ends_no_turn() {
        let parts = parts(segment(0, 0, 6_000), &[span(0, 2_900, 0), span(2_960, 3_200, 1), span(3_220, 6_000, 0)]);
        assert_eq!(parts, [(0, 6_000, Some(0))]);
    }

    #[test]
    fn without_spans_nothing_is_known() {
        assert_eq!(parts(segment(0, 0, 1_000), &[]), [(0, 1_000, None)]);
        assert_eq!(parts(segment(2_000, 2_000, 3_000), &[span(0, 1_000, 0)]), [(2_000, 3_000, None)]);
    }

    proptest::proptest! {
        #[test]
        fn parts_are_the_segment(
            spans in proptest::collection::vec((0_u64..12_000, 0_u64..4_000, 0_usize..4), 0..12),
            start in 0_u64..3_000, length in 100_u64..9_000,
        ) {
            let spans: Vec<Span> = spans.into_iter().map(|(s, l, v)| span(s, s + l, v)).collect();
            let whole = segment(start.saturating_sub(300), start, start + length);
            let samples = whole.samples.len();
            let parts = cut(whole, &spans);
            proptest::prop_assert_eq!(parts.iter().map(|part| part.segment.samples.len()).sum::<usize>(), samples);
            proptest::prop_assert_eq!(parts[0].segment.start_ms, start);
            proptest::prop_assert_eq!(parts[parts.len() - 1].segment.end_ms, start + length);
            for pair in parts.windows(2) {
                proptest::prop_assert!(pair[0].segment.end_ms <= pair[1].segment.start_ms);
                proptest::prop_assert!(pair[0].voice.map(|v| v.0) != pair[1].voice.map(|v| v.0));
            }
        }
    }
}
