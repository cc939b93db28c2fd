//! Cuts a stream of one channel into segments of speech that a recogniser can take whole.
//!
//! A segment starts after four frames of speech, with 300 ms of what came before; it ends after half a second without
//! speech, or at 12 s where speech is least likely. The numbers are the ones recognition was measured with.

use std::collections::VecDeque;

use super::vad::{FRAME_MS, FRAME_SAMPLES, VoiceDetector};

const START_PROBABILITY: f32 = 0.5;
const START_FRAMES: usize = 4;
const PRE_ROLL_FRAMES: usize = 19; // 300 ms, rounded up to frames
const END_PROBABILITY: f32 = 0.35;
const END_FRAMES: usize = 32; // 500 ms, rounded up to frames
const MAX_FRAMES: usize = 750; // 12 s
/// A forced cut keeps both parts long enough to be understood.
const CUT_MARGIN_FRAMES: usize = 62; // about 1 s
/// Probabilities are averaged over this many frames when a cut is sought.
const CUT_WINDOW: usize = 5;

/// Longest segment, milliseconds.
pub const MAX_SEGMENT_MS: u64 = MAX_FRAMES as u64 * FRAME_MS;

/// A stretch of speech.
#[derive(Debug, Clone, PartialEq)]
pub struct Segment {
    /// First voiced frame, milliseconds from the start of the stream.
    pub start_ms: u64,
    /// End of the last voiced frame.
    pub end_ms: u64,
    /// The sound, with the pre-roll and the silence after it.
    pub samples: Vec<f32>,
    /// How much of the sound lies before `start_ms`: times within the sound are earlier by it.
    pub lead_ms: u64,
    /// Mean probability of speech between start and end.
    pub voice: f32,
}

impl Segment {
    /// The time of all of its sound, milliseconds from the start of the stream.
    pub fn sound_ms(&self) -> std::ops::Range<u64> {
        let from_ms = self.start_ms.saturating_sub(self.lead_ms);
        from_ms..from_ms + self.samples.len() as u64 * FRAME_MS / FRAME_SAMPLES as u64
    }
}

/// What a piece of the stream brought about.
#[derive(Debug, Clone, PartialEq)]
pub enum Event {
    /// Speech began at this time.
    Started { start_ms: u64 },
    /// A segment is complete. After a forced cut the next one starts at once, without `Started`.
    Ended(Segment),
}

/// Finds the segments of one channel.
#[derive(Default)]
pub struct Segmenter {
    detector: VoiceDetector,
    partial_frame: Vec<f32>,
    machine: Machine,
}

impl std::fmt::Debug for Segmenter {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Segmenter").field("frames", &self.machine.frames).finish_non_exhaustive()
    }
}

impl Segmenter {
    /// Takes samples (mono, 16 kHz, -1 to 1) and appends what they brought about.
    pub fn push(&mut self, samples: &[f32], events: &mut Vec<Event>) {
        self.partial_frame.extend_from_slice(samples);
        let buffered = std::mem::take(&mut self.partial_frame);
        let (frames, rest) = buffered.as_chunks::<FRAME_SAMPLES>();
        for frame in frames {
            let probability = self.detector.probability(frame);
            self.machine.push(frame, probability, events);
        }
        self.partial_frame = rest.to_vec();
    }

    /// Ends the stream: what is being spoken becomes the last segment.
    pub fn finish(&mut self, events: &mut Vec<Event>) {
        if !self.partial_frame.is_empty() {
            let missing = FRAME_SAMPLES - self.partial_frame.len();
            self.push(&vec![0.0; missing], events);
        }
        self.machine.finish(events);
    }

    /// The segment being spoken, as far as it has come.
    pub fn current(&self) -> Option<&[f32]> {
        self.machine.speech.as_ref().map(|speech| speech.samples.as_slice())
    }

    /// Length of the stream so far, milliseconds.
    pub fn position_ms(&self) -> u64 {
        self.machine.frames * FRAME_MS
    }
}

/// The rules, apart from where the probabilities come from.
#[derive(Default)]
struct Machine {
    frames: u64,
    recent: VecDeque<[f32; FRAME_SAMPLES]>,
    voiced_run: usize,
    speech: Option<Speech>,
}

struct Speech {
    /// Index of the frame the samples begin with.
    first: u64,
    /// Index of the first voiced frame.
    voiced_from: u64,
    /// Index after the last voiced frame.
    voiced_to: u64,
    samples: Vec<f32>,
    probabilities: Vec<f32>,
}

impl Machine {
    fn push(&mut self, frame: &[f32; FRAME_SAMPLES], probability: f32, events: &mut Vec<Event>) {
        let index = self.frames;
        self.frames += 1;
        match &mut self.speech {
            None => self.listen(frame, probability, events),
            Some(speech) => {
                speech.push(frame, probability, index);
                if speech.is_over(self.frames) {
                    self.end(events);
                } else if speech.probabilities.len() >= MAX_FRAMES {
                    let (done, rest) = speech.split();
                    events.push(Event::Ended(done.into_segment()));
                    self.speech = Some(rest);
                }
            }
        }
    }

    fn listen(&mut self, frame: &[f32; FRAME_SAMPLES], probability: f32, events: &mut Vec<Event>) {
        self.recent.push_back(*frame);
        while self.recent.len() > PRE_ROLL_FRAMES + START_FRAMES {
            self.recent.pop_front();
        }
        self.voiced_run = if probability >= START_PROBABILITY { self.voiced_run + 1 } else { 0 };
        if self.voiced_run < START_FRAMES {
            return;
        }
        let kept = self.recent.len();
        let voiced_from = self.frames - START_FRAMES as u64;
        self.speech = Some(Speech {
            first: self.frames - kept as u64,
            voiced_from,
            voiced_to: self.frames,
            samples: self.recent.drain(..).flatten().collect(),
            // What the frames before the start were given is not kept; they are not counted either.
            probabilities: vec![probability; kept],
        });
        self.voiced_run = 0;
        events.push(Event::Started { start_ms: voiced_from * FRAME_MS });
    }

    fn end(&mut self, events: &mut Vec<Event>) {
        let Some(speech) = self.speech.take() else { return };
        // The silence that ended this segment is the pre-roll of the next.
        let (frames, _) = speech.samples.as_chunks::<FRAME_SAMPLES>();
        self.recent.extend(frames.iter().rev().take(PRE_ROLL_FRAMES).rev());
        events.push(Event::Ended(speech.into_segment()));
    }

    fn finish(&mut self, events: &mut Vec<Event>) {
        if self.speech.is_some() {
            self.end(events);
        }
    }
}

impl Speech {
    fn push(&mut self, frame: &[f32; FRAME_SAMPLES], probability: f32, index: u64) {
        self.samples.extend_from_slice(frame);
        self.probabilities.push(probability);
        if probability >= END_PROBABILITY {
            self.voiced_to = index + 1;
        }
    }

    fn is_over(&self, frames: u64) -> bool {
        frames - self.voiced_to >= END_FRAMES as u64
    }

    /// Splits where speech is least likely in the second half.
    fn split(&mut self) -> (Speech, Speech) {
        let cut = self.quietest(self.probabilities.len() / 2..self.probabilities.len() - CUT_MARGIN_FRAMES);
        let at = self.first + cut as u64;
        let rest_samples = self.samples.split_off(cut * FRAME_SAMPLES);
        let rest_probabilities = self.probabilities.split_off(cut);
        let done = Speech {
            first: self.first,
            voiced_from: self.voiced_from,
            voiced_to: self.voiced_to.min(at),
            samples: std::mem::take(&mut self.samples),
            probabilities: std::mem::take(&mut self.probabilities),
        };
        let rest = Speech {
            first: at,
            voiced_from: at,
            voiced_to: self.voiced_to.max(at),
            samples: rest_samples,
            probabilities: rest_probabilities,
        };
        (done, rest)
    }

    fn quietest(&self, range: std::ops::Range<usize>) -> usize {
        let start = range.start;
        let windows = self.probabilities.get(range).unwrap_or_default().windows(CUT_WINDOW);
        let sums = windows.map(|window| window.iter().sum::<f32>());
        let quietest = sums.enumerate().min_by(|(_, a), (_, b)| a.total_cmp(b));
        start + quietest.map_or(0, |(index, _)| index) + CUT_WINDOW / 2
    }

    fn into_segment(self) -> Segment {
        let from = usize::try_from(self.voiced_from - self.first).unwrap_or(0);
        let to = usize::try_from(self.voiced_to - self.first).unwrap_or(0);
        let voiced = self.probabilities.get(from..to).unwrap_or_default();
        Segment {
            start_ms: self.voiced_from * FRAME_MS,
            end_ms: self.voiced_to * FRAME_MS,
            lead_ms: (self.voiced_from - self.first) * FRAME_MS,
            voice: voiced.iter().sum::<f32>() / voiced.len().max(1) as f32,
            samples: self.samples,
        }
    }
}

#[cfg(test)]
#[path = "segmenter_tests.rs"]
mod tests;
