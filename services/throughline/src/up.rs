//! `throughline up`.

use std::path::Path;
use std::process::ExitCode;

use anyhow::Context as _;
use throughline_rpc::Clock;
use throughline_runtime::{TelemetryConfig, shutdown_signal, telemetry};

use crate::cli::{CommonArgs, UpArgs};
use crate::mesh::{Mesh, Options, SERVICES, WORKSPACE, data_folder};
use crate::models;
use crate::report::table;

/// How long the token that is printed lives.
const TOKEN_LIFE: chrono::Duration = chrono::Duration::hours(12);
const TOKEN_FILE: &str = "dev-token";

pub(crate) async fn run(args: UpArgs) -> anyhow::Result<ExitCode> {
    let telemetry = telemetry::init("throughline", &telemetry_config(&args.common))?;
    let ended = serve(args).await;
    tokio::task::spawn_blocking(move || telemetry.shutdown()).await?;
    ended
}

/// `[telemetry]` from the command line.
pub(crate) fn telemetry_config(args: &CommonArgs) -> TelemetryConfig {
    TelemetryConfig { otlp_endpoint: args.otlp.clone(), log: args.log.clone(), log_format: Default::default() }
}

async fn serve(args: UpArgs) -> anyhow::Result<ExitCode> {
    let data = data_folder(args.data.as_deref())?;
    let models = models::folder(args.common.models.as_deref())?;
    let options = Options { data: data.clone(), models, port: args.port, clock: Clock::system() };
    let mut mesh = Mesh::start(&options).await?;
    announce(&mesh, &data)?;
    tokio::select! {
        error = mesh.failure() => return Err(error),
        signal = shutdown_signal() => { signal?; }
    }
    eprintln!("stopping; once more stops at once");
    tokio::select! {
        stopped = mesh.stop() => stopped.map(|()| ExitCode::SUCCESS),
        code = shutdown_signal() => Ok(ExitCode::from(code?)),
    }
}

fn announce(mesh: &Mesh, data: &Path) -> anyhow::Result<()> {
    let token = mesh.issuer.token("developer@localhost", WORKSPACE, &["admin"], TOKEN_LIFE)?;
    let token_file = data.join(TOKEN_FILE);
    std::fs::write(&token_file, token).with_context(|| token_file.display().to_string())?;
    let mut rows = table(&["service", "address"]);
    for (service, address) in SERVICES.iter().zip(mesh.addresses) {
        rows.add_row([(*service).to_owned(), address.to_string()]);
    }
    println!(
        "{rows}\ndata       {}\ntoken      {} (12 hours, every role; others: throughline token --help)",
        data.display(),
        token_file.display()
    );
    println!(
        "\nTry:\n  grpcurl -plaintext -H \"authorization: Bearer $(cat '{}')\" -d '{{\"parent\": \"workspaces/{WORKSPACE}\"}}' {} throughline.transcription.v1.TranscriptionService/ListCalls\n\nStop with Ctrl-C.",
        token_file.display(),
        mesh.addresses[0]
    );
    Ok(())
}
