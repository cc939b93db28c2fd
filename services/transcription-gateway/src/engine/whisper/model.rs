//! The weights: where they are, that they are the right ones, and which of their attention heads follow the sound.

use std::path::{Path, PathBuf};

use throughline_models::{Manifest, MissingModel};
use whisper_rs::{DtwMode, DtwModelPreset, DtwParameters, WhisperContext, WhisperContextParameters};

use super::super::EngineError;

/// Memory for the alignment of one segment; it is given back after each.
const ALIGNMENT_BYTES: usize = 128 << 20;

/// Weights, shared by all recognisers of a process.
pub(super) struct Model {
    pub context: WhisperContext,
}

impl Model {
    /// Finds and loads the model `id`; blocks.
    pub fn load(models_dir: &Path, id: &str) -> Result<Self, EngineError> {
        let path = find(models_dir, id)?;
        // whisper.cpp writes its log to stderr unless it is told where else.
        whisper_rs::install_logging_hooks();
        let mut parameters = WhisperContextParameters::new();
        parameters.dtw_parameters(DtwParameters { mode: heads(id), dtw_mem_size: ALIGNMENT_BYTES });
        let context = WhisperContext::new_with_params(&path, parameters)
            .map_err(|error| EngineError::Failed(format!("the model {id} can't be loaded: {error}")))?;
        Ok(Self { context })
    }
}

/// The file of a model of the manifest, or of one that the server's operator put beside them as `{id}/ggml.bin`.
fn find(models_dir: &Path, id: &str) -> Result<PathBuf, EngineError> {
    let manifest = Manifest::embedded().map_err(|error| EngineError::Failed(error.to_string()))?;
    if manifest.hub_model(id).is_some() {
        return Ok(throughline_models::locate_hub(&manifest, models_dir, id)?);
    }
    let unknown = || EngineError::from(MissingModel::Unknown { model: id.to_owned() });
    let plain = id.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '-' | '_'));
    let path = models_dir.join(id).join("ggml.bin");
    if plain && !id.is_empty() && path.is_file() { Ok(path) } else { Err(unknown()) }
}

/// Whether it was trained on English alone: these models' names end so.
pub(super) fn is_english_only(id: &str) -> bool {
    id.ends_with("-en")
}

/// Whisper's code for a language, where it differs from BCP 47.
pub(super) fn code(language: &str) -> &str {
    if language == "jv" { "jw" } else { language }
}

/// The BCP 47 tag of Whisper's code for a language.
pub(super) fn tag(code: &str) -> &str {
    if code == "jw" { "jv" } else { code }
}

/// The heads that OpenAI found to follow the sound; for models of which that is not known, the upper half of all.
fn heads(id: &str) -> DtwMode<'static> {
    let known = |name: &str| id == name || id.starts_with(&format!("{name}-q"));
    let presets = [
        ("whisper-tiny-en", DtwModelPreset::TinyEn),
        ("whisper-tiny", DtwModelPreset::Tiny),
        ("whisper-base-en", DtwModelPreset::BaseEn),
        ("whisper-base", DtwModelPreset::Base),
        ("whisper-small-en", DtwModelPreset::SmallEn),
        ("whisper-small", DtwModelPreset::Small),
        ("whisper-medium-en", DtwModelPreset::MediumEn),
        ("whisper-medium", DtwModelPreset::Medium),
        ("whisper-large-v2", DtwModelPreset::LargeV2),
        ("whisper-large-v3", DtwModelPreset::LargeV3),
        ("whisper-large-v3-turbo", DtwModelPreset::LargeV3Turbo),
    ];
    match presets.into_iter().find(|(name, _)| known(name)) {
        Some((_, model_preset)) => DtwMode::ModelPreset { model_preset },
        None => DtwMode::TopMost { n_top: 2 },
    }
}
