//! Log-mel bands as Kaldi computes them, which is what the speaker network was trained on: frames of 25 ms every 10 ms,
//! mean removed, pre-emphasis 0.97, Povey window, 512-point power spectrum, 80 triangular filters from 20 Hz to 8 kHz.

use std::f32::consts::PI;
use std::sync::Arc;

use realfft::num_complex::Complex;
use realfft::{RealFftPlanner, RealToComplex};

use crate::SAMPLE_RATE_HZ;

/// Bands of a frame.
pub const BANDS: usize = 80;
/// Samples from frame to frame.
pub const SHIFT: usize = 160;
/// Samples of a frame.
pub const LENGTH: usize = 400;
const FFT: usize = 512;
const LOW_HZ: f32 = 20.0;
const PRE_EMPHASIS: f32 = 0.97;

/// The bands of a frame.
pub type Frame = [f32; BANDS];

/// Computes frames. Keeps its buffers, so that a frame allocates nothing.
pub struct Fbank {
    fft: Arc<dyn RealToComplex<f32>>,
    window: Vec<f32>,
    /// First bin and the weights from there, for each band.
    filters: Vec<(usize, Vec<f32>)>,
    input: Vec<f32>,
    spectrum: Vec<Complex<f32>>,
    scratch: Vec<Complex<f32>>,
    power: Vec<f32>,
}

impl Default for Fbank {
    fn default() -> Self {
        let fft = RealFftPlanner::new().plan_fft_forward(FFT);
        let turn = 2.0 * PI / (LENGTH - 1) as f32;
        Self {
            window: (0..LENGTH).map(|i| (0.5 - 0.5 * (turn * i as f32).cos()).powf(0.85)).collect(),
            filters: (0..BANDS).map(filter).collect(),
            input: vec![0.0; FFT],
            spectrum: fft.make_output_vec(),
            scratch: fft.make_scratch_vec(),
            power: vec![0.0; FFT / 2 + 1],
            fft,
        }
    }
}

impl Fbank {
    /// How many frames lie wholly within so many samples.
    pub fn frames(samples: usize) -> usize {
        if samples < LENGTH { 0 } else { (samples - LENGTH) / SHIFT + 1 }
    }

    /// The frame that begins with the first of `samples`; shorter ones are filled up with silence.
    pub fn frame(&mut self, samples: &[f32]) -> Frame {
        let samples = samples.get(..LENGTH).unwrap_or(samples);
        let mean = samples.iter().sum::<f32>() / samples.len().max(1) as f32;
        self.input.fill(0.0);
        let mut before = samples.first().map_or(0.0, |first| first - mean);
        for ((to, sample), window) in self.input.iter_mut().zip(samples).zip(&self.window) {
            let centred = sample - mean;
            *to = (centred - PRE_EMPHASIS * before) * window;
            before = centred;
        }
        // Lengths are those the plan was made for.
        if self.fft.process_with_scratch(&mut self.input, &mut self.spectrum, &mut self.scratch).is_err() {
            return [0.0; BANDS];
        }
        for (power, bin) in self.power.iter_mut().zip(&self.spectrum) {
            *power = bin.norm_sqr();
        }
        let mut frame = [0.0; BANDS];
        for (band, (first, weights)) in frame.iter_mut().zip(&self.filters) {
            let bins = self.power.get(*first..).unwrap_or_default();
            let energy: f32 = weights.iter().zip(bins).map(|(weight, power)| weight * power).sum();
            *band = energy.max(f32::EPSILON).ln();
        }
        frame
    }
}

fn mel(hz: f32) -> f32 {
    1127.0 * (1.0 + hz / 700.0).ln()
}

/// A triangle on the mel scale.
fn filter(band: usize) -> (usize, Vec<f32>) {
    let (low, high) = (mel(LOW_HZ), mel(SAMPLE_RATE_HZ as f32 / 2.0));
    let step = (high - low) / (BANDS + 1) as f32;
    let (left, centre, right) =
        (low + band as f32 * step, low + (band + 1) as f32 * step, low + (band + 2) as f32 * step);
    let weight = |bin: usize| {
        let at = mel(bin as f32 * SAMPLE_RATE_HZ as f32 / FFT as f32);
        if at <= centre { (at - left) / step } else { (right - at) / step }
    };
    let inside: Vec<usize> = (0..FFT / 2).filter(|bin| weight(*bin) > 0.0).collect();
    (inside.first().copied().unwrap_or(0), inside.into_iter().map(weight).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_tone_is_loudest_in_its_own_band() {
        let tone: Vec<f32> = (0..LENGTH).map(|i| (2.0 * PI * 1_000.0 * i as f32 / 16_000.0).sin()).collect();
        let frame = Fbank::default().frame(&tone);
        let loudest = (0..BANDS).max_by(|a, b| frame[*a].total_cmp(&frame[*b])).unwrap();
        let expected = (mel(1_000.0) - mel(LOW_HZ)) / (mel(8_000.0) - mel(LOW_HZ)) * (BANDS + 1) as f32 - 1.0;
        assert!((loudest as f32 - expected).abs() <= 1.0, "{loudest} and not {expected}");
    }

    #[test]
    fn loudness_moves_all_bands_alike() {
        let noise: Vec<f32> = (0..LENGTH).map(|i| ((i * 7919 % 1000) as f32 / 500.0 - 1.0) * 0.1).collect();
        let louder: Vec<f32> = noise.iter().map(|sample| sample * 4.0).collect();
        let mut fbank = Fbank::default();
        let (quiet, loud) = (fbank.frame(&noise), fbank.frame(&louder));
        for (quiet, loud) in quiet.iter().zip(loud) {
            assert!((loud - quiet - 16_f32.ln()).abs() < 1e-3);
        }
    }

    #[test]
    fn frames_lie_within_the_sound() {
        assert_eq!([399, 400, 559, 560, 16_000].map(Fbank::frames), [0, 1, 1, 2, 98]);
    }
}
