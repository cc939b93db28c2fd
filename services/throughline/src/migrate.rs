//! `throughline migrate`: the databases of all five services brought to the schemas of this version, by a Job before an
//! upgrade.

use std::path::Path;
use std::process::ExitCode;

use anyhow::Context as _;
use throughline_runtime::App;
use throughline_runtime::config::{Layers, load};

use crate::cli::MigrateArgs;
use crate::exit;
use crate::mesh::SERVICES;

/// Migrates one service after the other, in the order of the flow; ends at the first that fails.
pub(crate) async fn run(args: MigrateArgs) -> anyhow::Result<ExitCode> {
    let MigrateArgs { config_dir, services } = args;
    if let Some(dir) = &config_dir
        && !dir.is_dir()
    {
        return Err(exit::usage(format!("--config-dir: {} is not a folder", dir.display())));
    }
    if let Some(unknown) = services.iter().find(|service| !SERVICES.contains(&service.as_str())) {
        return Err(exit::usage(format!("--service: there is no {unknown}; one of {}", SERVICES.join(", "))));
    }
    let migration = Migration { dir: config_dir.as_deref(), only: &services };
    migration.of::<transcription_gateway::TranscriptionGateway>().await?;
    migration.of::<playbook_evaluator::PlaybookEvaluator>().await?;
    migration.of::<coaching_engine::CoachingEngine>().await?;
    migration.of::<crm_sync::CrmSync>().await?;
    migration.of::<forecast::Forecast>().await?;
    Ok(ExitCode::SUCCESS)
}

struct Migration<'a> {
    dir: Option<&'a Path>,
    /// All when empty.
    only: &'a [String],
}

impl Migration<'_> {
    async fn of<A: App>(&self) -> anyhow::Result<()> {
        if !self.only.is_empty() && !self.only.iter().any(|name| name == A::NAME) {
            return Ok(());
        }
        let file = self.dir.map(|dir| dir.join(format!("{}.toml", A::NAME))).filter(|file| file.exists());
        let layers = Layers { file: file.as_deref(), environment: true, overrides: Vec::new() };
        let config = load::<A>(layers).map_err(|error| exit::usage(error.to_string()))?;
        A::migrate(&config).await.with_context(|| format!("{} can't be migrated", A::NAME))?;
        println!("{}: migrated", A::NAME);
        Ok(())
    }
}
