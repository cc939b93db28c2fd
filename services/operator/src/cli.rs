//! The command line: `serve`, `crds`, `check-config`.

use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Duration;

use anyhow::Context as _;
use clap::{Parser, Subcommand};
use kube::Client;
use throughline_rpc::Clock;
use throughline_runtime::{EXIT_CONFIG, EXIT_FAILURE, EXIT_HELP, shutdown_signal, telemetry};
use tokio_util::sync::CancellationToken;

use crate::config::Config;
use crate::serve::Operator;
use crate::{NAME, crds};

#[derive(Parser)]
#[command(
    name = "operator",
    version,
    about = "Applies Throughline's custom resources to its services",
    after_help = EXIT_HELP
)]
struct Cli {
    /// TOML file over the built-in defaults; THROUGHLINE__SECTION__KEY in the environment wins over both.
    #[arg(long, short, global = true, value_name = "FILE")]
    config: Option<PathBuf>,
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Reconcile until SIGTERM or SIGINT, then finish what runs; a second signal stops at once.
    Serve,
    /// Print the custom resource definitions and end.
    Crds {
        /// The one of this plural, as a template of the chart throughline-crds.
        #[arg(long, value_name = "PLURAL")]
        chart: Option<String>,
    },
    /// Print the configuration in force and end.
    CheckConfig,
}

/// The whole of `main`.
#[must_use]
pub fn run() -> ExitCode {
    let Cli { config, command } = Cli::parse();
    if let Command::Crds { chart } = command {
        return ended(chart.map_or_else(crds::yaml, |plural| crds::chart(&plural)).map(|yaml| {
            print!("{yaml}");
            ExitCode::SUCCESS
        }));
    }
    let config = match Config::load(config.as_deref(), true, Vec::new()).map_err(anyhow::Error::from) {
        Ok(config) => config,
        Err(error) => return unusable(&error),
    };
    if let Err(error) = config.check() {
        return unusable(&error);
    }
    match command {
        Command::Serve => ended(serve(config)),
        Command::Crds { .. } | Command::CheckConfig => ended(print(&config)),
    }
}

fn print(config: &Config) -> anyhow::Result<ExitCode> {
    print!("{}", toml::to_string(config).context("the configuration can't be printed")?);
    Ok(ExitCode::SUCCESS)
}

fn serve(config: Config) -> anyhow::Result<ExitCode> {
    // One provider for the whole tree; a second install is not an error worth stopping for.
    let _ = rustls::crypto::aws_lc_rs::default_provider().install_default();
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().context("no async runtime")?;
    let code = runtime.block_on(async {
        let telemetry = telemetry::init(NAME, &config.telemetry)?;
        let served = serve_until_signal(config).await;
        // Shutting down the exporters blocks on the network.
        tokio::task::spawn_blocking(move || telemetry.shutdown()).await?;
        served
    });
    // What a second signal abandoned is not waited for.
    runtime.shutdown_timeout(Duration::from_secs(1));
    code
}

async fn serve_until_signal(config: Config) -> anyhow::Result<ExitCode> {
    let drain_deadline = config.server.drain_deadline;
    let client = Client::try_default().await.context("Kubernetes")?;
    let shutdown = CancellationToken::new();
    let running = Operator::new(config, client, Clock::system())?.run(shutdown.clone());
    let mut running = std::pin::pin!(running);
    tokio::select! {
        ended = &mut running => {
            ended?;
            anyhow::bail!("the operator ended by itself");
        }
        signal = shutdown_signal() => { signal?; }
    }
    tracing::info!("finishing what runs");
    shutdown.cancel();
    tokio::select! {
        stopped = tokio::time::timeout(drain_deadline, running) => {
            stopped.context("what runs did not finish within the drain deadline")?.map(|()| ExitCode::SUCCESS)
        }
        code = shutdown_signal() => Ok(ExitCode::from(code?)),
    }
}

fn unusable(error: &anyhow::Error) -> ExitCode {
    eprintln!("{error}");
    ExitCode::from(EXIT_CONFIG)
}

fn ended(result: anyhow::Result<ExitCode>) -> ExitCode {
    result.unwrap_or_else(|error| {
        eprintln!("{NAME}: {error:#}");
        ExitCode::from(EXIT_FAILURE)
    })
}
