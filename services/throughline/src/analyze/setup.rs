//! What a mesh needs before the first call: a released playbook and the CRM's records.

use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::Context as _;
use indicatif::ProgressBar;
use throughline_proto::playbook::v1::{CreateRevisionRequest, ReleaseRevisionRequest};
use tonic::Status;
use tonic_types::StatusExt as _;

use super::crm;
use super::input::Input;
use super::mesh_clients::Clients;
use crate::cli::AnalyzeArgs;
use crate::{exit, report};

/// The playbook that is used when none is named or found.
pub(crate) const BUILT_IN: &str = include_str!("../../../../samples/playbooks/regulated-enterprise.yaml");

/// What was taken, said to the user.
pub(crate) struct Chosen {
    pub(crate) playbook: String,
    pub(crate) crm: String,
}

/// Releases the playbook and imports the records.
pub(crate) async fn prepare(clients: &Clients, args: &AnalyzeArgs, inputs: &[Input]) -> anyhow::Result<Chosen> {
    let mut playbooks = Vec::new();
    for path in playbook_files(args) {
        let document =
            std::fs::read_to_string(&path).map_err(|error| exit::usage(format!("{}: {error}", path.display())))?;
        playbooks.push((path.display().to_string(), document));
    }
    if playbooks.is_empty() {
        playbooks.push(("built-in regulated-enterprise".to_owned(), BUILT_IN.to_owned()));
    }
    for (source, document) in &playbooks {
        let message = format!("{}: learning from its examples", report::clean(source));
        let bar = ProgressBar::new_spinner().with_message(message.clone());
        bar.enable_steady_tick(TICK);
        if bar.is_hidden() {
            eprintln!("{message}");
        }
        release(clients, source, document.clone()).await?;
        bar.finish_and_clear();
    }
    let crm = match crm_folder(args) {
        Some(folder) => crm::import_folder(clients, &folder).await?,
        None => crm::import_headers(clients, inputs).await?,
    };
    Ok(Chosen { playbook: playbooks.into_iter().map(|(source, _)| source).collect::<Vec<_>>().join(", "), crm })
}

fn playbook_files(args: &AnalyzeArgs) -> Vec<PathBuf> {
    if let Some(path) = &args.playbook {
        return vec![path.clone()];
    }
    let mut files: Vec<PathBuf> = args
        .paths
        .iter()
        .filter_map(|path| std::fs::read_dir(path.join("playbooks")).ok())
        .flat_map(|entries| entries.filter_map(Result::ok).map(|entry| entry.path()))
        .filter(|path| matches!(path.extension().and_then(|e| e.to_str()), Some("yaml" | "yml")))
        .collect();
    files.sort();
    files
}

fn crm_folder(args: &AnalyzeArgs) -> Option<PathBuf> {
    args.crm.clone().or_else(|| args.paths.iter().map(|path| path.join("crm")).find(|folder| folder.is_dir()))
}

/// How often the sign of life moves.
const TICK: Duration = Duration::from_millis(120);
/// Longest wait for a revision to be taught.
const TEACHING: Duration = Duration::from_secs(300);

/// Stores a document as a revision and releases it.
pub(crate) async fn release(clients: &Clients, source: &str, document: String) -> anyhow::Result<()> {
    let mut playbooks = clients.playbooks.clone();
    let mut request =
        tonic::Request::new(CreateRevisionRequest { parent: clients.parent(), document, ..Default::default() });
    // What it learns from examples takes a while on a small machine.
    request.set_timeout(TEACHING);
    let revision = playbooks.create_revision(request).await.map_err(|status| refused(source, &status))?.into_inner();
    let request = ReleaseRevisionRequest { name: revision.name, ..Default::default() };
    playbooks.release_revision(request).await.map_err(|status| refused(source, &status))?;
    Ok(())
}

/// The error of a document that a service refused, with every violation on a line of its own.
pub(crate) fn refused(source: impl std::fmt::Display, status: &Status) -> anyhow::Error {
    match status.code() {
        tonic::Code::InvalidArgument => exit::usage(format!("{source}:\n{}", report::violations(status))),
        _ => anyhow::anyhow!("{source}: {}", report::status_line(status)),
    }
}

/// Reads a file with its name in the error.
pub(crate) fn read(path: &Path) -> anyhow::Result<Vec<u8>> {
    std::fs::read(path).with_context(|| path.display().to_string())
}

/// The reason that a status carries, empty when none.
pub(crate) fn reason(status: &Status) -> String {
    status.get_error_details().error_info().map(|info| info.reason.clone()).unwrap_or_default()
}
