//! The benchmark `mesh`: one measurement after the other, so that none disturbs another.

use std::path::PathBuf;

use anyhow::Context as _;
use throughline_testkit::Backend;

use crate::figures::Figures;
use crate::speech::sample;
use crate::{calls, pgbench, rpc, streams, up};

/// Arguments of `mesh`.
#[derive(clap::Args)]
pub struct Arguments {
    /// Folder of recordings for the speech engine; the recording in samples/ when none is given.
    #[arg(value_name = "DIR")]
    recordings: Option<PathBuf>,
    /// Folder of the models [default: the user's cache folder].
    #[arg(long, value_name = "DIR", env = "THROUGHLINE_MODELS")]
    models: Option<PathBuf>,
}

/// Measures everything. What fails is left out and told.
pub async fn run(arguments: Arguments) -> Figures {
    let mut figures = Figures::default();
    measure(arguments, &mut figures).await;
    figures
}

async fn measure(arguments: Arguments, figures: &mut Figures) {
    let models =
        arguments.models.or_else(throughline_models::default_dir).context("no cache folder; name one with --models");
    let Some(models) = figures.take("models", models) else { return };

    eprintln!("1/6 speech engine");
    if let Some(speech) = figures.take("speech engine", sample::measure(&models, arguments.recordings.as_deref()).await)
    {
        figures.cpu_per_audio_s = Some(speech.cpu_s / speech.audio_s);
        figures.detail.audio_s = Some(speech.audio_s);
        figures.detail.words_found = speech.words_found;
    }
    eprintln!("2/6 unary RPC, all layers and bare");
    if let Some(rates) = figures.take("unary RPC", rpc::measure().await) {
        figures.rpc_ratio = Some(rates.layered / rates.bare);
        figures.detail.rpc_per_s = Some(rates.layered);
        figures.detail.bare_rpc_per_s = Some(rates.bare);
    }
    eprintln!("3/6 cold start, idle memory");
    if let Some(start) = figures.take("cold start", up::measure(&models).await) {
        figures.ready_ms = Some(start.ready_ms);
        figures.rss_idle_mb = Some(start.rss_idle_mb);
    }
    eprintln!("4/6 ten live streams");
    figures.rss_streams_mb = figures.take("live streams", streams::measure(&models).await);
    eprintln!("5/6 calls through the mesh, SQLite");
    figures.calls_per_s.sqlite = figures.take("calls, SQLite", calls::per_second(Backend::Sqlite).await);
    eprintln!("6/6 calls through the mesh, PostgreSQL, and pgbench");
    figures.calls_per_s.postgres = figures.take("calls, PostgreSQL", calls::per_second(Backend::Postgres).await);
    figures.detail.pgbench_per_s = figures.take("pgbench", pgbench::per_second().await);
    figures.pgbench_ratio =
        figures.calls_per_s.postgres.zip(figures.detail.pgbench_per_s).map(|(calls, commits)| calls / commits);
}
