//! The command line that every service binary has: `serve`, `migrate`, `check-config`, `healthcheck`.

use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Duration;

use anyhow::Context as _;
use clap::{CommandFactory as _, FromArgMatches as _, Parser, Subcommand};
use tonic::transport::{Certificate, ClientTlsConfig, Endpoint};
use tonic_health::pb::HealthCheckRequest;
use tonic_health::pb::health_check_response::ServingStatus;
use tonic_health::pb::health_client::HealthClient;

use crate::app::{App, Startup};
use crate::config::{Layers, load};
use crate::{bind, launch_tcp, shutdown_signal, telemetry};

/// Exit status: a configuration that can't be used.
pub const EXIT_CONFIG: u8 = 2;
/// Exit status: everything else.
pub const EXIT_FAILURE: u8 = 1;
/// What the exit statuses of a service mean, for `--help`.
pub const EXIT_HELP: &str = "Exit status: 0 well, 1 failed, 2 the configuration can't be used, \
130 or 143 stopped by a second signal before the drain was over.";

#[derive(Parser)]
#[command(version, about, after_help = EXIT_HELP)]
struct Cli {
    /// TOML file over the built-in defaults; THROUGHLINE__SECTION__KEY in the environment wins over both.
    #[arg(long, short, global = true, value_name = "FILE")]
    config: Option<PathBuf>,
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Serve until SIGTERM or SIGINT, then drain; a second signal stops at once.
    Serve,
    /// Bring the database to this version's schema and end.
    Migrate,
    /// Print the configuration in force and end.
    CheckConfig,
    /// Ask a running service whether it is ready; for probes without gRPC.
    Healthcheck {
        /// Address to ask; the configured one when not given, the plain one where there is one.
        #[arg(long, value_name = "URL")]
        url: Option<String>,
        /// Authorities to trust for https, a PEM file.
        #[arg(long, value_name = "FILE")]
        ca_file: Option<PathBuf>,
    },
}

/// The whole of a service's `main`.
#[must_use]
pub fn run<A: App>() -> ExitCode {
    let matches = Cli::command().name(A::NAME).get_matches();
    let cli = match Cli::from_arg_matches(&matches) {
        Ok(cli) => cli,
        Err(error) => error.exit(),
    };
    // One provider for the whole tree; a second install is not an error worth stopping for.
    let _ = rustls::crypto::aws_lc_rs::default_provider().install_default();
    let config = match load::<A>(Layers { file: cli.config.as_deref(), environment: true, overrides: Vec::new() }) {
        Ok(config) => config,
        Err(error) => {
            eprintln!("{error}");
            return ExitCode::from(EXIT_CONFIG);
        }
    };
    let runtime = match tokio::runtime::Builder::new_multi_thread().enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => {
            eprintln!("{}: no async runtime: {error}", A::NAME);
            return ExitCode::from(EXIT_FAILURE);
        }
    };
    let ended = runtime.block_on(execute::<A>(cli.command, config));
    // Whatever still blocks (a name server that does not answer) must not hold up the end.
    runtime.shutdown_timeout(Duration::from_secs(1));
    match ended {
        Ok(code) => code,
        Err(error) => {
            eprintln!("{}: {error:#}", A::NAME);
            ExitCode::from(EXIT_FAILURE)
        }
    }
}

async fn execute<A: App>(command: Command, config: A::Config) -> anyhow::Result<ExitCode> {
    match command {
        Command::Serve => serve::<A>(config).await,
        Command::Migrate => A::migrate(&config).await.map(|()| ExitCode::SUCCESS),
        Command::CheckConfig => {
            print!("{}", toml::to_string(&config).context("the configuration can't be printed")?);
            Ok(ExitCode::SUCCESS)
        }
        Command::Healthcheck { url, ca_file } => {
            let server = A::sections(&config).server;
            // The plain listener needs no authority.
            let url = url.unwrap_or_else(|| match server.admin_listen {
                Some(admin) => format!("http://{admin}"),
                None => format!("{}://{}", if server.tls.is_some() { "https" } else { "http" }, server.listen),
            });
            healthcheck(url, ca_file).await
        }
    }
}

async fn serve<A: App>(config: A::Config) -> anyhow::Result<ExitCode> {
    let sections = A::sections(&config);
    let telemetry = telemetry::init(A::NAME, &sections.telemetry)?;
    let served = serve_until_signal::<A>(config).await;
    // Shutting down the exporters blocks on the network.
    tokio::task::spawn_blocking(move || telemetry.shutdown()).await?;
    served
}

async fn serve_until_signal<A: App>(config: A::Config) -> anyhow::Result<ExitCode> {
    let sections = A::sections(&config);
    let listener = bind(A::NAME, sections.server.listen).await?;
    let mut running = launch_tcp::<A>(config, listener, Startup::system(&sections.auth)).await?;
    tokio::select! {
        ended = running.wait() => {
            ended?;
            anyhow::bail!("the service ended by itself");
        }
        signal = shutdown_signal() => { signal?; }
    }
    tokio::select! {
        stopped = running.stop() => stopped.map(|()| ExitCode::SUCCESS),
        code = shutdown_signal() => Ok(ExitCode::from(code?)),
    }
}

async fn healthcheck(url: String, ca_file: Option<PathBuf>) -> anyhow::Result<ExitCode> {
    let mut endpoint = Endpoint::from_shared(url.clone())?.timeout(Duration::from_secs(3));
    if let Some(path) = ca_file {
        let pem = std::fs::read(&path).with_context(|| path.display().to_string())?;
        endpoint = endpoint.tls_config(ClientTlsConfig::new().ca_certificate(Certificate::from_pem(pem)))?;
    }
    let channel = endpoint.connect().await.with_context(|| format!("{url} does not answer"))?;
    let response = HealthClient::new(channel).check(HealthCheckRequest::default()).await?;
    match response.into_inner().status() {
        ServingStatus::Serving => Ok(ExitCode::SUCCESS),
        status => {
            eprintln!("{url}: {}", status.as_str_name());
            Ok(ExitCode::from(EXIT_FAILURE))
        }
    }
}
