//! The two networks on ONNX Runtime, in a few sessions that callers share.

use std::path::Path;
use std::sync::{Condvar, Mutex, PoisonError};

use ort::environment::Environment;
use ort::session::Session;
use ort::value::TensorRef;
use throughline_models::{MissingModel, VoiceModel};
use throughline_onnx::OnnxError;

use crate::checkpoint::Checkpoint;
use crate::embedding::{DIMS, Embedding};
use crate::fbank::{BANDS, Frame};
use crate::net::{campplus, pyannet};

/// Scores of the sets of speakers in a frame of 17 ms.
pub(crate) type Scores = [f32; pyannet::CLASSES];

/// Why voices can't be told apart.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum VoiceError {
    #[error(transparent)]
    Missing(#[from] MissingModel),
    #[error("the voice models can't be loaded: {0}")]
    Load(#[from] OnnxError),
    #[error("the voice models failed: {0}")]
    Run(String),
}

/// The networks. Shared by reference: callers wait for each other when all sessions are in use.
pub struct Models {
    idle: Mutex<Vec<Pair>>,
    returned: Condvar,
}

/// One session of each network.
struct Pair {
    segmentation: Session,
    speakers: Session,
}

impl std::fmt::Debug for Models {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Models")
    }
}

impl Models {
    /// Loads the networks, with sessions of one thread for each of `threads` (at least one), about 45 MB each. Blocks on
    /// the disk and for about a second.
    pub fn load(model: &VoiceModel, threads: usize) -> Result<Self, VoiceError> {
        let environment = throughline_onnx::environment(&model.runtime_library)?;
        let segmentation = network(&model.segmentation, pyannet::build)?;
        let speakers = network(&model.speakers, campplus::build)?;
        let pair = |_| {
            Ok(Pair {
                segmentation: open(&environment, &segmentation, &model.segmentation)?,
                speakers: open(&environment, &speakers, &model.speakers)?,
            })
        };
        let idle = (0..threads.max(1)).map(pair).collect::<Result<Vec<_>, OnnxError>>()?;
        Ok(Self { idle: Mutex::new(idle), returned: Condvar::new() })
    }

    /// Scores for each frame of a window of at most ten seconds.
    pub(crate) fn segment(&self, samples: &[f32]) -> Result<Vec<Scores>, VoiceError> {
        self.with(|pair| segment(&mut pair.segmentation, samples))
    }

    /// The voice of these frames, the mean taken off each band; `None` where there is nothing in them.
    pub(crate) fn embed(&self, frames: &[Frame]) -> Result<Option<Embedding>, VoiceError> {
        self.with(|pair| embed(&mut pair.speakers, frames))
    }

    fn with<T>(&self, run: impl FnOnce(&mut Pair) -> Result<T, String>) -> Result<T, VoiceError> {
        let mut idle = self.idle.lock().unwrap_or_else(PoisonError::into_inner);
        let mut pair = loop {
            match idle.pop() {
                Some(pair) => break pair,
                None => idle = self.returned.wait(idle).unwrap_or_else(PoisonError::into_inner),
            }
        };
        drop(idle);
        let result = run(&mut pair);
        self.idle.lock().unwrap_or_else(PoisonError::into_inner).push(pair);
        self.returned.notify_one();
        result.map_err(VoiceError::Run)
    }
}

fn network(path: &Path, build: fn(&Checkpoint) -> Result<Vec<u8>, String>) -> Result<Vec<u8>, OnnxError> {
    let built = Checkpoint::open(path).and_then(|checkpoint| build(&checkpoint));
    built.map_err(|reason| OnnxError { path: path.to_owned(), reason })
}

fn open(environment: &Environment, network: &[u8], path: &Path) -> Result<Session, OnnxError> {
    throughline_onnx::session_from_memory(environment, network, path)
}

fn segment(session: &mut Session, samples: &[f32]) -> Result<Vec<Scores>, String> {
    let failed = |e: ort::Error| e.to_string();
    let input = TensorRef::from_array_view(([1, 1, samples.len()], samples)).map_err(failed)?;
    let output = session.run(ort::inputs! { "samples" => input }).map_err(failed)?;
    let scores = output.get("scores").ok_or("the segmentation gave nothing")?;
    let (_, scores) = scores.try_extract_tensor::<f32>().map_err(failed)?;
    Ok(scores.as_chunks().0.to_vec())
}

fn embed(session: &mut Session, frames: &[Frame]) -> Result<Option<Embedding>, String> {
    let failed = |e: ort::Error| e.to_string();
    let count = frames.len();
    let shape = campplus::Shape::of(count);
    let mut bands = vec![0.0; BANDS * count];
    for (band, row) in bands.chunks_mut(count.max(1)).enumerate() {
        let values = frames.iter().map(|frame| frame.get(band).copied().unwrap_or(0.0));
        let mean = values.clone().sum::<f32>() / count.max(1) as f32;
        for (to, value) in row.iter_mut().zip(values) {
            *to = value - mean;
        }
    }
    let (steps, contexts) = (shape.steps, shape.contexts);
    let output = session
        .run(ort::inputs! {
            "bands" => TensorRef::from_array_view(([1, 1, BANDS, count], bands.as_slice())).map_err(failed)?,
            "averages" => TensorRef::from_array_view(([steps, contexts], shape.averages.as_slice())).map_err(failed)?,
            "places" => TensorRef::from_array_view(([contexts, steps], shape.places.as_slice())).map_err(failed)?,
            "unbiased" => TensorRef::from_array_view(([steps, 1], shape.unbiased.as_slice())).map_err(failed)?,
        })
        .map_err(failed)?;
    let embedding = output.get("embedding").ok_or("the speaker network gave nothing")?;
    let (_, embedding) = embedding.try_extract_tensor::<f32>().map_err(failed)?;
    Ok(embedding.first_chunk::<DIMS>().and_then(Embedding::unit))
}

#[cfg(test)]
mod tests {
    use throughline_models::{Manifest, locate_voices};

    use super::*;

    /// The models where tests look for them: THROUGHLINE_MODELS, else the user's cache folder.
    #[expect(clippy::disallowed_methods, reason = "tests are told where models are by the environment")]
    fn models() -> Models {
        let given = std::env::var("THROUGHLINE_MODELS").map(std::path::PathBuf::from).ok();
        let dir = given.or_else(throughline_models::default_dir).unwrap();
        Models::load(&locate_voices(&Manifest::embedded().unwrap(), &dir, None).unwrap(), 1).unwrap()
    }

    /// PyTorch with the published code and weights gives these for the same bands.
    #[test]
    fn the_speaker_network_computes_what_pytorch_computes() {
        let band = |t: usize, b: usize| {
            let (t, b) = (t as f64, b as f64);
            ((t * 0.05 * (b % 7.0 + 1.0)).sin() + 0.1 * b * (t * 0.01).cos()) as f32
        };
        let frames: Vec<Frame> = (0..371).map(|t| std::array::from_fn(|b| band(t, b))).collect();
        let expected = [-0.07457, -0.03762, 0.02424, -0.1414, -0.00128, 0.07429, -0.0199, -0.03584];
        let embedding = models().embed(&frames).unwrap().unwrap();
        for (value, expected) in embedding.values().iter().zip(expected) {
            assert!((value - expected).abs() < 1e-3, "{:?}", &embedding.values()[..8]);
        }
    }
}
