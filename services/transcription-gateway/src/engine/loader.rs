//! Finding the speech model.

use std::path::Path;

use throughline_models::{Manifest, SpeechModel, locate_speech};

use super::EngineError;

/// Finds the files and checks their sums.
pub(super) fn find(dir: &Path, runtime_library: Option<&Path>) -> Result<SpeechModel, EngineError> {
    let manifest = Manifest::embedded().map_err(|e| EngineError::Failed(e.to_string()))?;
    Ok(locate_speech(&manifest, dir, runtime_library.map(Path::to_path_buf))?)
}
