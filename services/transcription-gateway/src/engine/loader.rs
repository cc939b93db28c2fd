//! Finding the model and loading ONNX Runtime, once a process.

use std::path::Path;
use std::sync::{Mutex, OnceLock, PoisonError};

use ort::environment::Environment;
use throughline_models::{Manifest, SpeechModel, locate_speech};

use super::EngineError;

/// The native library has one environment a process and can't be unloaded; a second gateway in the process shares it.
static ENVIRONMENT: OnceLock<Environment> = OnceLock::new();
static LOADING: Mutex<()> = Mutex::new(());

/// Finds the files and checks their sums.
pub(super) fn find(dir: &Path, runtime_library: Option<&Path>) -> Result<SpeechModel, EngineError> {
    let manifest = Manifest::embedded().map_err(|e| EngineError::Failed(e.to_string()))?;
    Ok(locate_speech(&manifest, dir, runtime_library.map(Path::to_path_buf))?)
}

/// Loads the library at `path`, unless one is loaded already.
pub(super) fn environment(path: &Path) -> Result<Environment, EngineError> {
    let _guard = LOADING.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some(environment) = ENVIRONMENT.get() {
        return Ok(environment.clone());
    }
    let failed = |error: &dyn std::fmt::Display| EngineError::Failed(format!("{}: {error}", path.display()));
    let environment = ort::init_from(path)
        .map_err(|e| failed(&e))?
        .with_name("throughline")
        .with_telemetry(false)
        .build()
        .map_err(|e| failed(&e))?;
    Ok(ENVIRONMENT.get_or_init(|| environment).clone())
}
