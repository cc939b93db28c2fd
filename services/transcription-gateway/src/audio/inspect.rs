//! A first pass over a whole recording, before any time is spent on recognising it.

use super::{AudioError, Info, Reader, Sound};

/// Below this peak (-60 dB of full scale) a recording is silent.
const SILENCE_PEAK: f32 = 0.001;
/// Channels that differ by less than this share of their energy (-30 dB) carry the same sound.
const SAME_SOUND: f64 = 0.001;

/// What a whole recording turned out to be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Inspection {
    pub info: Info,
    /// Length as decoded, milliseconds.
    pub duration_ms: u64,
    /// Length as decoded, samples a channel.
    pub frames: u64,
    /// Two channels carry the same sound, as when a mono recording was saved as stereo: they tell no speakers apart.
    pub channels_are_equal: bool,
}

/// Decodes the whole file once. Finds truncation, damage, silence and channels that are copies of each other.
/// `None` if it was told to stop.
pub fn inspect<S: Sound + ?Sized>(sound: &S, stop: impl Fn() -> bool) -> Result<Option<Inspection>, AudioError> {
    let mut reader = Reader::open(sound)?;
    let mut planes = Vec::new();
    let mut peak = 0.0_f32;
    let (mut energy, mut difference) = (0.0_f64, 0.0_f64);
    while reader.read(&mut planes)? {
        if stop() {
            return Ok(None);
        }
        peak = planes.iter().flatten().fold(peak, |peak, sample| peak.max(sample.abs()));
        if let [left, right] = planes.as_slice() {
            for (left, right) in left.iter().zip(right) {
                energy += f64::from(left * left + right * right);
                difference += f64::from((left - right) * (left - right));
            }
        }
    }
    let duration_ms = reader.decoded_ms();
    if peak < SILENCE_PEAK {
        // An all-zero file has no finite level; 96 dB is the floor of 16 bits.
        let peak_dbfs = if peak > 0.0 { (-20.0 * peak.log10()).round() as i32 } else { 96 };
        return Err(AudioError::Silent { duration_ms, peak_dbfs });
    }
    let info = reader.info().clone();
    let channels_are_equal = info.channels == 2 && difference < SAME_SOUND * energy;
    Ok(Some(Inspection { info, duration_ms, frames: reader.decoded_frames(), channels_are_equal }))
}
