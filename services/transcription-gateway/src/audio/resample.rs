//! From any sample rate to 16 kHz, one channel, in a stream: no delay is added and no sample lost at the end.

use rubato::audioadapter_buffers::direct::SequentialSlice;
use rubato::{Fft, FixedSync, Resampler as _};

use super::{AudioError, MODEL_RATE_HZ};

/// Blocks of this length keep the delay of live audio low.
const BLOCK_MS: usize = 20;

/// A stream of one channel being brought to 16 kHz.
pub struct Resampler {
    /// `None` if the stream is at 16 kHz already.
    inner: Option<Fft<f32>>,
    rate_hz: u64,
    block: usize,
    pending: Vec<f32>,
    scratch: Vec<f32>,
    /// Leading output that is only the filter's delay.
    to_skip: usize,
    received: u64,
    produced: u64,
}

impl std::fmt::Debug for Resampler {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Resampler").field("rate_hz", &self.rate_hz).finish_non_exhaustive()
    }
}

impl Resampler {
    /// A stream that comes with `rate_hz` samples a second.
    pub fn new(rate_hz: u32) -> Result<Self, AudioError> {
        let rate = rate_hz as usize;
        let block = (rate * BLOCK_MS / 1000).max(1);
        let inner = if rate_hz == MODEL_RATE_HZ {
            None
        } else {
            let fft = Fft::new(rate, MODEL_RATE_HZ as usize, block, 1, FixedSync::Input);
            Some(fft.map_err(|e| AudioError::Unsupported(e.to_string()))?)
        };
        Ok(Self {
            to_skip: inner.as_ref().map_or(0, rubato::Resampler::output_delay),
            scratch: vec![0.0; inner.as_ref().map_or(0, rubato::Resampler::output_frames_max)],
            inner,
            rate_hz: u64::from(rate_hz),
            block,
            pending: Vec::new(),
            received: 0,
            produced: 0,
        })
    }

    /// Takes samples and appends what they give at 16 kHz to `out`.
    pub fn push(&mut self, samples: &[f32], out: &mut Vec<f32>) -> Result<(), AudioError> {
        self.received += samples.len() as u64;
        if self.inner.is_none() {
            self.produced += samples.len() as u64;
            out.extend_from_slice(samples);
            return Ok(());
        }
        self.pending.extend_from_slice(samples);
        let whole = self.pending.len() / self.block * self.block;
        let pending = std::mem::take(&mut self.pending);
        let (blocks, rest) = pending.split_at(whole);
        self.pending = rest.to_vec();
        blocks.chunks_exact(self.block).try_for_each(|block| self.process(block, out))
    }

    /// Appends what is still inside, so that input and output last equally long.
    pub fn finish(&mut self, out: &mut Vec<f32>) -> Result<(), AudioError> {
        let expected = self.received * u64::from(MODEL_RATE_HZ) / self.rate_hz;
        let mut block = std::mem::take(&mut self.pending);
        while self.inner.is_some() && self.produced < expected {
            block.resize(self.block, 0.0);
            self.process(&block, out)?;
            block.clear();
        }
        let surplus = usize::try_from(self.produced.saturating_sub(expected)).unwrap_or(0);
        out.truncate(out.len().saturating_sub(surplus));
        Ok(())
    }

    fn process(&mut self, block: &[f32], out: &mut Vec<f32>) -> Result<(), AudioError> {
        let Some(inner) = &mut self.inner else { return Ok(()) };
        let failed = |e: &dyn std::fmt::Display| AudioError::Unsupported(format!("resampling failed: {e}"));
        let frames = self.scratch.len();
        let input = SequentialSlice::new(block, 1, block.len()).map_err(|e| failed(&e))?;
        let mut output = SequentialSlice::new_mut(&mut self.scratch, 1, frames).map_err(|e| failed(&e))?;
        let (_, written) = inner.process_into_buffer(&input, &mut output, None).map_err(|e| failed(&e))?;
        let skipped = written.min(self.to_skip);
        self.to_skip -= skipped;
        let fresh = self.scratch.get(skipped..written).unwrap_or_default();
        // The filter may overshoot full scale.
        out.extend(fresh.iter().map(|sample| sample.clamp(-1.0, 1.0)));
        self.produced += fresh.len() as u64;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tone(rate_hz: u32, ms: u32) -> Vec<f32> {
        let frames = rate_hz * ms / 1000;
        (0..frames).map(|i| (i as f32 / rate_hz as f32 * 440.0 * std::f32::consts::TAU).sin() * 0.5).collect()
    }

    fn resample(rate_hz: u32, input: &[f32], piece: usize) -> Vec<f32> {
        let mut resampler = Resampler::new(rate_hz).unwrap();
        let mut out = Vec::new();
        for part in input.chunks(piece) {
            resampler.push(part, &mut out).unwrap();
        }
        resampler.finish(&mut out).unwrap();
        out
    }

    #[rstest::rstest]
    fn keeps_length_and_shape(#[values(8_000, 11_025, 16_000, 22_050, 44_100, 48_000)] rate_hz: u32) {
        let out = resample(rate_hz, &tone(rate_hz, 500), 333);
        let wanted = tone(16_000, 500);
        assert!(out.len().abs_diff(wanted.len()) <= 1, "{} {}", out.len(), wanted.len());
        let inside = 800..7_200;
        let worst = inside.map(|i| (out[i] - wanted[i]).abs()).fold(0.0, f32::max);
        // A shift by one sample (62 µs) changes this tone by 0.086; filters of odd length shift by half of one.
        assert!(worst < 0.09, "{rate_hz}: {worst}");
    }

    #[test]
    fn the_pieces_audio_comes_in_do_not_matter() {
        let input = tone(44_100, 300);
        assert_eq!(resample(44_100, &input, 1), resample(44_100, &input, 5_000));
    }
}
