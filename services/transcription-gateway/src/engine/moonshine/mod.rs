//! Moonshine on ONNX Runtime: an encoder over the raw waveform and a decoder that writes one token at a time.

mod decoder;
mod tokenizer;

use std::borrow::Cow;
use std::fs;
use std::sync::Arc;

use ort::environment::Environment;
use ort::session::Session;
use ort::value::TensorRef;
use throughline_models::SpeechModel;
use throughline_onnx::session;

use decoder::Decoder;
use tokenizer::Tokenizer;

use super::{EngineError, guard};

/// Name of the engine in transcripts.
pub const NAME: &str = "moonshine-tiny-en";
/// The model never says more than this in a second of sound.
const TOKENS_PER_SECOND: f32 = 6.5;
/// The encoder needs more than a few hundred samples; shorter sound is filled up with silence.
const MIN_SAMPLES: usize = 4_000;
const RATE_HZ: f32 = 16_000.0;

/// One recogniser: one encoder and one decoder session. Not shared: running a session needs it exclusively.
pub struct Moonshine {
    encoder: Session,
    decoder: Decoder,
    tokenizer: Arc<Tokenizer>,
}

/// What recognisers of one process share.
pub struct Weights {
    environment: Environment,
    encoder: std::path::PathBuf,
    decoder: std::path::PathBuf,
    tokenizer: Arc<Tokenizer>,
}

impl Weights {
    /// Checks and reads what all recognisers have in common.
    pub fn new(environment: Environment, model: &SpeechModel) -> Result<Self, EngineError> {
        let bytes = fs::read(&model.tokenizer).map_err(|e| EngineError::Failed(e.to_string()))?;
        let tokenizer = Tokenizer::parse(&bytes).map_err(EngineError::Failed)?;
        Ok(Self {
            environment,
            encoder: model.encoder.clone(),
            decoder: model.decoder.clone(),
            tokenizer: Arc::new(tokenizer),
        })
    }
}

impl Moonshine {
    /// Loads the sessions of one recogniser.
    pub fn load(weights: &Weights) -> Result<Self, EngineError> {
        Ok(Self {
            encoder: session(&weights.environment, &weights.encoder)?,
            decoder: Decoder::new(session(&weights.environment, &weights.decoder)?),
            tokenizer: Arc::clone(&weights.tokenizer),
        })
    }

    /// Recognises mono samples at 16 kHz.
    pub fn transcribe(&mut self, samples: &[f32]) -> Result<String, EngineError> {
        let seconds = samples.len() as f32 / RATE_HZ;
        let mut samples = Cow::Borrowed(samples);
        if samples.len() < MIN_SAMPLES {
            samples.to_mut().resize(MIN_SAMPLES, 0.0);
        }
        let length = samples.len();
        let mask = vec![1_i64; length];
        let mut encoded = self
            .encoder
            .run(ort::inputs! {
                "input_values" => TensorRef::from_array_view(([1, length], &*samples)).map_err(failed)?,
                "attention_mask" => TensorRef::from_array_view(([1, length], mask.as_slice())).map_err(failed)?,
            })
            .map_err(failed)?;
        let hidden = encoded
            .remove("last_hidden_state")
            .ok_or_else(|| EngineError::Failed("the encoder gave no state".to_owned()))?;
        drop(encoded);
        let limit = (TOKENS_PER_SECOND * seconds).ceil().max(1.0) as usize;
        let (tokens, ended) = self.decoder.decode(&hidden, &mask, limit).map_err(failed)?;
        let text = self.tokenizer.text(&tokens);
        Ok(if ended { text } else { guard::without_runaway(&text).to_owned() })
    }
}

fn failed(error: ort::Error) -> EngineError {
    EngineError::Failed(error.to_string())
}
