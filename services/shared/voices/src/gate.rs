//! Leaves silence out before anything costly is done, and remembers what time each kept sample has.

use std::collections::VecDeque;

use earshot::{DefaultPredictor, Detector};

/// Samples of a frame of voice detection.
const FRAME: usize = 256;
/// A frame this likely to hold speech opens the gate: low, since what is left out here is lost.
const OPEN: f32 = 0.25;
/// Frames kept before and after speech, so that words are whole.
const BEFORE: usize = 15;
const AFTER: usize = 20;

/// A stretch of sound that was kept, one after the other without gaps between them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Stretch {
    /// First sample among those kept.
    pub kept: usize,
    /// The same sample in the recording.
    pub real: usize,
}

/// The gate.
pub struct Gate {
    detector: Box<Detector<DefaultPredictor>>,
    partial: Vec<f32>,
    /// Frames not kept so far that would be if speech began now.
    recent: VecDeque<[f32; FRAME]>,
    /// Frames still to keep since the last speech.
    open: usize,
    seen: usize,
    kept: usize,
    stretches: Vec<Stretch>,
}

impl Default for Gate {
    fn default() -> Self {
        Self {
            detector: Detector::default_boxed(),
            partial: Vec::new(),
            recent: VecDeque::new(),
            open: 0,
            seen: 0,
            kept: 0,
            stretches: Vec::new(),
        }
    }
}

impl Gate {
    /// Takes samples and appends those that are kept.
    pub fn push(&mut self, samples: &[f32], kept: &mut Vec<f32>) {
        self.partial.extend_from_slice(samples);
        let buffered = std::mem::take(&mut self.partial);
        let (frames, rest) = buffered.as_chunks::<FRAME>();
        for frame in frames {
            self.frame(frame, kept);
        }
        self.partial = rest.to_vec();
    }

    /// Ends the sound.
    pub fn finish(&mut self, kept: &mut Vec<f32>) {
        if !self.partial.is_empty() {
            let missing = FRAME - self.partial.len();
            self.push(&vec![0.0; missing], kept);
        }
    }

    fn frame(&mut self, frame: &[f32; FRAME], kept: &mut Vec<f32>) {
        // The detector is only defined between -1 and 1.
        let probability = self.detector.predict_f32(&frame.map(|sample| sample.clamp(-1.0, 1.0)));
        self.seen += 1;
        if probability >= OPEN {
            if self.open == 0 {
                self.begin(kept);
            }
            self.open = AFTER + 1;
        }
        if self.open > 0 {
            self.open -= 1;
            kept.extend_from_slice(frame);
            self.kept += FRAME;
        } else {
            self.recent.push_back(*frame);
            if self.recent.len() > BEFORE {
                self.recent.pop_front();
            }
        }
    }

    /// Keeps what came right before speech.
    fn begin(&mut self, kept: &mut Vec<f32>) {
        let real = (self.seen - 1 - self.recent.len()) * FRAME;
        let joined = self.stretches.last().is_some_and(|last| last.real + (self.kept - last.kept) == real);
        if !joined {
            self.stretches.push(Stretch { kept: self.kept, real });
        }
        for frame in self.recent.drain(..) {
            kept.extend_from_slice(&frame);
            self.kept += FRAME;
        }
    }

    /// What was kept so far.
    pub fn stretches(&self) -> &[Stretch] {
        &self.stretches
    }
}

/// Stretches of kept samples as stretches of the recording: one is cut in parts where silence was left out in it.
pub fn real(stretches: &[Stretch], from: usize, to: usize) -> Vec<(usize, usize)> {
    let first = stretches.partition_point(|stretch| stretch.kept <= from).saturating_sub(1);
    let mut parts = Vec::new();
    for (index, stretch) in stretches.iter().enumerate().skip(first) {
        let end = stretches.get(index + 1).map_or(usize::MAX, |next| next.kept);
        let (start, end) = (from.max(stretch.kept), to.min(end));
        if start >= to {
            break;
        }
        if start < end {
            parts.push((stretch.real + (start - stretch.kept), stretch.real + (end - stretch.kept)));
        }
    }
    parts
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn silence_is_left_out() {
        let (mut gate, mut kept) = (Gate::default(), Vec::new());
        gate.push(&vec![0.0; 320_000], &mut kept);
        gate.finish(&mut kept);
        // The detector needs a moment before it knows what silence is.
        assert!(kept.len() < 16_000, "{}", kept.len());
        assert_eq!(kept.len(), gate.kept);
    }

    #[test]
    fn times_are_those_of_the_recording() {
        let stretches = [Stretch { kept: 0, real: 1_000 }, Stretch { kept: 500, real: 9_000 }];
        assert_eq!(real(&stretches, 100, 200), [(1_100, 1_200)]);
        assert_eq!(real(&stretches, 400, 600), [(1_400, 1_500), (9_000, 9_100)]);
        assert_eq!(real(&stretches, 500, 501), [(9_000, 9_001)]);
        assert_eq!(real(&[], 0, 10), []);
    }
}
