//! Models that no package ships. They are on the model hub under their own names; whoever wants one puts it in place by
//! hand, and its bytes are checked like all others.

use std::io;
use std::path::{Path, PathBuf};

use serde::Deserialize;

use crate::error::MissingModel;
use crate::files;
use crate::manifest::{Manifest, ModelFile};
use crate::state::ModelState;

/// A model of the hub: one file.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct HubModel {
    pub id: String,
    /// What it is for, in a few words.
    pub purpose: String,
    /// SPDX expression.
    pub licence: String,
    /// `owner/name` of its repository on the hub.
    pub repository: String,
    /// Name of the file there and here.
    pub file: String,
    pub bytes: u64,
    /// Lower-case hexadecimal.
    pub sha256: String,
}

impl HubModel {
    /// Where its file belongs below `dir`.
    pub fn path(&self, dir: &Path) -> PathBuf {
        dir.join(&self.id).join(&self.file)
    }

    /// Whether it is in `dir`, whole.
    pub fn state(&self, dir: &Path) -> ModelState {
        match self.check(dir) {
            Ok(_) => ModelState::Present,
            Err(MissingModel::WrongChecksum { .. }) => ModelState::WrongChecksum,
            Err(_) => ModelState::Missing,
        }
    }

    fn check(&self, dir: &Path) -> Result<PathBuf, MissingModel> {
        let path = self.path(dir);
        let file = ModelFile {
            name: self.file.clone(),
            member: String::new(),
            bytes: self.bytes,
            sha256: self.sha256.clone(),
        };
        let model = self.id.clone();
        match files::matches(&path, &file) {
            Ok(true) => Ok(path),
            Ok(false) => Err(MissingModel::WrongChecksum { model, path }),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Err(MissingModel::NotFetched {
                model,
                repository: self.repository.clone(),
                file: self.file.clone(),
                path,
            }),
            Err(error) => Err(MissingModel::Unreadable { model, path, reason: error.to_string() }),
        }
    }
}

/// Finds the file of the hub model `id` below `dir` and checks its checksum.
pub fn locate_hub(manifest: &Manifest, dir: &Path, id: &str) -> Result<PathBuf, MissingModel> {
    let model = manifest.hub_model(id).ok_or_else(|| MissingModel::Unknown { model: id.to_owned() })?;
    model.check(dir)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_model_of_the_hub_is_told_where_to_get_and_where_to_put() {
        let manifest = Manifest::embedded().unwrap();
        let folder = tempfile::tempdir().unwrap();
        let id = "whisper-tiny-en";
        let missing = locate_hub(&manifest, folder.path(), id).unwrap_err().to_string();
        assert!(missing.contains("ggml-tiny.en.bin of ggerganov/whisper.cpp"), "{missing}");
        let path = manifest.hub_model(id).unwrap().path(folder.path());
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(&path, "other bytes").unwrap();
        assert!(matches!(locate_hub(&manifest, folder.path(), id), Err(MissingModel::WrongChecksum { .. })));
        assert!(matches!(locate_hub(&manifest, folder.path(), "x"), Err(MissingModel::Unknown { .. })));
    }
}
