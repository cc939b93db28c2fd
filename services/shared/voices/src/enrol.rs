//! Whether sound is fit to know a person by: long enough, clear enough, and one voice only.

use std::sync::Arc;

use crate::SAMPLE_RATE_HZ;
use crate::diarizer::diarize;
use crate::embedding::Embedding;
use crate::models::{Models, VoiceError};

/// Least speech, milliseconds.
pub const MIN_SPEECH_MS: u64 = 10_000;
/// Most sound that is looked at, milliseconds.
pub const MAX_SOUND_MS: u64 = 120_000;
/// Least difference of speech and what is between the words, decibels.
pub const MIN_SNR_DB: f32 = 10.0;
/// How much another voice may be heard, as a part of all speech: a cough is no second speaker.
const MAX_OTHERS: f32 = 0.05;

/// A person's voice, as it is kept.
#[derive(Debug, Clone, PartialEq)]
pub struct Enrolment {
    pub embedding: Embedding,
    /// Speech it was made of, milliseconds.
    pub speech_ms: u64,
    /// Decibels.
    pub snr_db: f32,
}

/// Why sound is not fit.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum Unfit {
    #[error("it holds {:.1} s of speech; at least {} s are needed", *.speech_ms as f64 / 1000.0, MIN_SPEECH_MS / 1000)]
    TooShort { speech_ms: u64 },
    #[error(
        "speech is only {snr_db:.0} dB louder than what is between the words; at least {MIN_SNR_DB:.0} dB are needed"
    )]
    TooNoisy { snr_db: f32 },
    #[error("it holds {voices} voices; only one may be in it")]
    SeveralVoices { voices: usize },
}

/// Looks `samples` over. The inner error says what is wrong with them.
pub fn enrol(models: &Arc<Models>, samples: &[f32]) -> Result<Result<Enrolment, Unfit>, VoiceError> {
    let most = (MAX_SOUND_MS * u64::from(SAMPLE_RATE_HZ) / 1000) as usize;
    let found = diarize(models, samples.get(..most).unwrap_or(samples))?;
    let total_ms: u64 = found.voices.iter().map(|voice| voice.speech_ms).sum();
    let Some(main) = found.voices.iter().max_by_key(|voice| voice.speech_ms) else {
        return Ok(Err(Unfit::TooShort { speech_ms: 0 }));
    };
    if (total_ms - main.speech_ms) as f32 > MAX_OTHERS * total_ms as f32 {
        return Ok(Err(Unfit::SeveralVoices { voices: found.voices.len() }));
    }
    if main.speech_ms < MIN_SPEECH_MS {
        return Ok(Err(Unfit::TooShort { speech_ms: main.speech_ms }));
    }
    let snr_db = snr_db(samples);
    if snr_db < MIN_SNR_DB {
        return Ok(Err(Unfit::TooNoisy { snr_db }));
    }
    Ok(Ok(Enrolment { embedding: main.embedding, speech_ms: main.speech_ms, snr_db }))
}

/// Loud frames against quiet ones: the 90th against the 10th percentile of 20 ms. Talk without pauses would look noisy
/// if only the very quietest frames were not pauses; in ten seconds of talk a tenth of the frames always are.
fn snr_db(samples: &[f32]) -> f32 {
    let frames = samples.chunks_exact(320).map(|frame| frame.iter().map(|s| s * s).sum::<f32>() / frame.len() as f32);
    let mut levels: Vec<f32> = frames.collect();
    levels.sort_by(f32::total_cmp);
    let at = |part: usize| levels.get(levels.len() * part / 10).copied().unwrap_or(0.0).max(1e-10);
    10.0 * (at(9) / at(1)).log10()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn noise_that_drowns_pauses_is_heard() {
        let talk = |noise: f32| -> Vec<f32> {
            (0..160_000)
                .map(|i| {
                    let voice = if i / 3_200 % 2 == 0 { (i as f32 * 0.1).sin() * 0.3 } else { 0.0 };
                    voice + noise * ((i * 7_919 % 1_000) as f32 / 500.0 - 1.0)
                })
                .collect()
        };
        assert!(snr_db(&talk(0.001)) > 30.0);
        assert!(snr_db(&talk(0.3)) < MIN_SNR_DB);
        assert_eq!(snr_db(&[]), 0.0);
    }
}
