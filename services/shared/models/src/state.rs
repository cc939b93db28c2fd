//! What is on this machine: the state of every model, and the paths of one that is whole.

use std::io;
use std::path::{Path, PathBuf};

use crate::error::MissingModel;
use crate::files;
use crate::manifest::{Manifest, Model, this_platform};
use crate::{ALL_MINILM_L6_V2_INT8, MOONSHINE_TINY_EN, ONNX_RUNTIME, VOICES};

/// Whether a model can be used.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ModelState {
    Present,
    Missing,
    WrongChecksum,
    /// A native library of another platform.
    NotForThisPlatform,
}

/// A model and its state in a folder.
#[derive(Debug, Clone)]
pub struct ModelStatus<'a> {
    pub model: &'a Model,
    pub state: ModelState,
}

/// State of every model of the manifest in `dir`. Reads all files that are there.
pub fn list<'a>(manifest: &'a Manifest, dir: &Path) -> Vec<ModelStatus<'a>> {
    manifest.models.iter().map(|model| of(model, dir)).collect()
}

pub(crate) fn of<'a>(model: &'a Model, dir: &Path) -> ModelStatus<'a> {
    let state = match check(model, dir) {
        Ok(_) => ModelState::Present,
        Err(MissingModel::WrongChecksum { .. }) => ModelState::WrongChecksum,
        Err(MissingModel::NotForThisPlatform { .. }) => ModelState::NotForThisPlatform,
        Err(_) => ModelState::Missing,
    };
    ModelStatus { model, state }
}

/// The folder of a model whose files were all found right.
#[derive(Debug, Clone)]
pub struct ModelDir(PathBuf);

impl ModelDir {
    /// Path of the file with this name in the manifest.
    pub fn file(&self, name: &str) -> PathBuf {
        self.0.join(name)
    }
}

/// Finds the model `id` below `dir` and checks every file's checksum.
pub fn locate(manifest: &Manifest, dir: &Path, id: &str) -> Result<ModelDir, MissingModel> {
    let model = manifest.model(id).ok_or_else(|| MissingModel::Unknown { model: id.to_owned() })?;
    check(model, dir)
}

fn check(model: &Model, dir: &Path) -> Result<ModelDir, MissingModel> {
    if !model.fits_this_platform() {
        return Err(MissingModel::NotForThisPlatform { model: model.id.clone(), platform: this_platform() });
    }
    let folder = dir.join(&model.id);
    for file in &model.files {
        let path = folder.join(&file.name);
        let model = model.id.clone();
        match files::matches(&path, file) {
            Ok(true) => {}
            Ok(false) => return Err(MissingModel::WrongChecksum { model, path }),
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                return Err(MissingModel::NotPulled { model, path });
            }
            Err(error) => return Err(MissingModel::Unreadable { model, path, reason: error.to_string() }),
        }
    }
    Ok(ModelDir(folder))
}

/// Everything the embedded speech engine needs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SpeechModel {
    pub encoder: PathBuf,
    pub decoder: PathBuf,
    pub tokenizer: PathBuf,
    /// The ONNX Runtime library.
    pub runtime_library: PathBuf,
}

/// Finds the speech model below `dir`. `runtime_library` is the ONNX Runtime to use instead of the pulled one.
pub fn locate_speech(
    manifest: &Manifest,
    dir: &Path,
    runtime_library: Option<PathBuf>,
) -> Result<SpeechModel, MissingModel> {
    let model = locate(manifest, dir, MOONSHINE_TINY_EN)?;
    Ok(SpeechModel {
        encoder: model.file("encoder_model.ort"),
        decoder: model.file("decoder_model_merged.ort"),
        tokenizer: model.file("tokenizer.bin"),
        runtime_library: locate_runtime(manifest, dir, runtime_library)?,
    })
}

/// Everything that sentence embeddings need, but for the vocabulary, which is built in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EmbeddingModel {
    pub model: PathBuf,
    /// Checksum of `model`, lower-case hexadecimal: vectors of different models don't compare.
    pub sha256: String,
    /// The ONNX Runtime library.
    pub runtime_library: PathBuf,
}

/// Finds the embedding model below `dir`. `runtime_library` is the ONNX Runtime to use instead of the pulled one.
pub fn locate_embeddings(
    manifest: &Manifest,
    dir: &Path,
    runtime_library: Option<PathBuf>,
) -> Result<EmbeddingModel, MissingModel> {
    let id = ALL_MINILM_L6_V2_INT8;
    let unknown = || MissingModel::Unknown { model: id.to_owned() };
    let file = manifest.model(id).and_then(|model| model.files.first()).ok_or_else(unknown)?;
    Ok(EmbeddingModel {
        model: locate(manifest, dir, id)?.file(&file.name),
        sha256: file.sha256.clone(),
        runtime_library: locate_runtime(manifest, dir, runtime_library)?,
    })
}

/// Everything that telling voices apart needs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct VoiceModel {
    /// Checkpoint of the segmentation: who of a few speakers talks when.
    pub segmentation: PathBuf,
    /// Checkpoint of the speaker embeddings.
    pub speakers: PathBuf,
    /// Checksum of `speakers`, lower-case hexadecimal: embeddings of different models don't compare.
    pub sha256: String,
    /// The ONNX Runtime library.
    pub runtime_library: PathBuf,
}

/// Finds the voice models below `dir`. `runtime_library` is the ONNX Runtime to use instead of the pulled one.
pub fn locate_voices(
    manifest: &Manifest,
    dir: &Path,
    runtime_library: Option<PathBuf>,
) -> Result<VoiceModel, MissingModel> {
    const SPEAKERS: &str = "campplus.pt";
    let unknown = || MissingModel::Unknown { model: VOICES.to_owned() };
    let files = manifest.model(VOICES).map(|model| &model.files).ok_or_else(unknown)?;
    let speakers = files.iter().find(|file| file.name == SPEAKERS).ok_or_else(unknown)?;
    let model = locate(manifest, dir, VOICES)?;
    Ok(VoiceModel {
        segmentation: model.file("segmentation.pt"),
        speakers: model.file(SPEAKERS),
        sha256: speakers.sha256.clone(),
        runtime_library: locate_runtime(manifest, dir, runtime_library)?,
    })
}

fn locate_runtime(manifest: &Manifest, dir: &Path, given: Option<PathBuf>) -> Result<PathBuf, MissingModel> {
    match given {
        Some(path) if path.is_file() => Ok(path),
        Some(path) => Err(MissingModel::NotPulled { model: ONNX_RUNTIME.to_owned(), path }),
        None => Ok(locate(manifest, dir, ONNX_RUNTIME)?.file("libonnxruntime.so")),
    }
}
