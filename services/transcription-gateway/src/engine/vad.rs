//! Voice activity in frames of 16 ms.

use earshot::{DefaultPredictor, Detector};

/// Samples in a frame at 16 kHz.
pub const FRAME_SAMPLES: usize = 256;
/// Length of a frame, milliseconds.
pub const FRAME_MS: u64 = 16;

/// Tells for each frame of a stream how likely it holds speech.
pub struct VoiceDetector(Box<Detector<DefaultPredictor>>);

impl Default for VoiceDetector {
    fn default() -> Self {
        Self(Detector::default_boxed())
    }
}

impl VoiceDetector {
    /// Probability of speech in the next frame.
    pub fn probability(&mut self, frame: &[f32; FRAME_SAMPLES]) -> f32 {
        // The detector is only defined between -1 and 1.
        self.0.predict_f32(&frame.map(|sample| sample.clamp(-1.0, 1.0))).clamp(0.0, 1.0)
    }
}
