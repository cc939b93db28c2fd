//! ONNX Runtime in this process: loading the native library once, and opening sessions on it.
//!
//! Owns: the one environment of the process and how sessions are set up here. Does not own: finding the library or the
//! models (see `throughline-models`), or what is run on a session.

use std::path::{Path, PathBuf};
use std::sync::{Mutex, OnceLock, PoisonError};

use ort::environment::Environment;
use ort::session::Session;
use ort::session::builder::{GraphOptimizationLevel, SessionBuilder};

/// The native library has one environment a process and can't be unloaded: whoever comes second shares it.
static ENVIRONMENT: OnceLock<Environment> = OnceLock::new();
static LOADING: Mutex<()> = Mutex::new(());

/// The library or a model that ONNX Runtime did not take.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{}: {reason}", path.display())]
pub struct OnnxError {
    pub path: PathBuf,
    pub reason: String,
}

impl OnnxError {
    fn new(path: &Path, reason: impl std::fmt::Display) -> Self {
        Self { path: path.to_owned(), reason: reason.to_string() }
    }
}

/// Loads the library at `path`, unless one is loaded already. Blocks on the disk.
pub fn environment(path: &Path) -> Result<Environment, OnnxError> {
    let _guard = LOADING.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some(environment) = ENVIRONMENT.get() {
        return Ok(environment.clone());
    }
    let environment = ort::init_from(path)
        .map_err(|e| OnnxError::new(path, e))?
        .with_name("throughline")
        .with_telemetry(false)
        .build()
        .map_err(|e| OnnxError::new(path, e))?;
    Ok(ENVIRONMENT.get_or_init(|| environment).clone())
}

/// Opens the model at `path` with one thread: throughput comes from many sessions, and idle spinning would cost the
/// other services their cores. Blocks on the disk.
pub fn session(environment: &Environment, path: &Path) -> Result<Session, OnnxError> {
    let build = || builder(environment)?.commit_from_file(path);
    build().map_err(|e| OnnxError::new(path, e))
}

/// Like [`session`], of a model that was put together in memory. `path` is where its weights came from, for errors.
pub fn session_from_memory(environment: &Environment, model: &[u8], path: &Path) -> Result<Session, OnnxError> {
    let build = || builder(environment)?.commit_from_memory(model);
    build().map_err(|e| OnnxError::new(path, e))
}

fn builder(environment: &Environment) -> ort::Result<SessionBuilder> {
    Ok(Session::builder(environment)?
        .with_intra_threads(1)?
        .with_inter_threads(1)?
        .with_intra_op_spinning(false)?
        .with_optimization_level(GraphOptimizationLevel::Level3)?
        // Every input has another length, so a pattern of one run only wastes memory on the next.
        .with_memory_pattern(false)?)
}
