//! `throughline push`: sends calls to a mesh that runs elsewhere, follows each until the forecast has taken it in, and says
//! what came of it in a line. `helm test` and whoever scripts against an installation use it.

pub(crate) mod config;
mod follow;

use std::process::ExitCode;

use anyhow::Context as _;
use throughline_proto::playbook::v1::ListPlaybooksRequest;
use throughline_rpc::trace;
use throughline_runtime::{TelemetryConfig, telemetry};
use tracing::Instrument as _;

use crate::analyze::input::{self, Input};
use crate::analyze::mesh_clients::Clients;
use crate::analyze::push::push;
use crate::analyze::{Failure, setup};
use crate::cli::{Format, PushArgs};
use crate::{exit, report};
use follow::{Taken, follow};

/// `throughline push`.
pub(crate) async fn run(args: PushArgs) -> anyhow::Result<ExitCode> {
    let inputs = input::find(&args.paths)?;
    let config =
        TelemetryConfig { otlp_endpoint: args.otlp.clone(), log: args.log.clone(), log_format: Default::default() };
    let telemetry = telemetry::init("throughline", &config)?;
    let ended = all(&args, inputs).await;
    tokio::task::spawn_blocking(move || telemetry.shutdown()).await?;
    ended
}

async fn all(args: &PushArgs, inputs: Vec<Input>) -> anyhow::Result<ExitCode> {
    let clients = config::read(&args.mesh)?.connect(true)?;
    let ask = config::read(&args.mesh)?.connect(false)?;
    playbook(args, &clients).await?;
    let (count, mut failed) = (inputs.len(), 0);
    for input in inputs {
        let span = tracing::info_span!("push", otel.name = "push", input = %input.path.display());
        failed += usize::from(!one(args, &clients, &ask, &input).instrument(span).await?);
    }
    if failed == 0 {
        return Ok(ExitCode::SUCCESS);
    }
    eprintln!("throughline: {failed} of {count} inputs did not arrive at the forecast");
    Ok(ExitCode::from(exit::SOME_FAILED))
}

/// Without a released playbook nothing follows from a call.
async fn playbook(args: &PushArgs, clients: &Clients) -> anyhow::Result<()> {
    if let Some(path) = &args.playbook {
        let document = String::from_utf8(setup::read(path)?).with_context(|| path.display().to_string())?;
        return setup::release(clients, &path.display().to_string(), document).await;
    }
    let request = ListPlaybooksRequest { parent: clients.parent(), ..Default::default() };
    let listed = clients.playbooks.clone().list_playbooks(request).await;
    let listed = listed.map_err(|status| anyhow::anyhow!("playbooks: {}", report::status_line(&status)))?;
    if listed.into_inner().playbooks.iter().all(|playbook| playbook.released_revision.is_empty()) {
        eprintln!("the workspace has no released playbook: releasing the built-in regulated-enterprise one");
        setup::release(clients, "built-in regulated-enterprise", setup::BUILT_IN.to_owned()).await?;
    }
    Ok(())
}

/// Sends one input and prints what came of it; whether it arrived. An error is one of printing.
async fn one(args: &PushArgs, clients: &Clients, ask: &Clients, input: &Input) -> anyhow::Result<bool> {
    let trace_id = trace::current_trace_id();
    let ended = async {
        let pushed = push(clients, input, args.rep.as_deref(), args.consent).await?;
        follow(clients, ask, pushed, std::time::Duration::from_secs(args.patience)).await
    };
    let ended: Result<Taken, Failure> = ended.await;
    let line = match (&ended, args.format) {
        (Ok(taken), Format::Text) => format!("{}  {}", input.path.display(), taken.text()),
        (Ok(taken), Format::Json) => taken.json(&input.path, &trace_id),
        (Err(failure), Format::Text) => report::text::failure(&input.path, failure, &trace_id),
        (Err(failure), Format::Json) => report::json::failure(&input.path, failure, &trace_id),
    };
    report::print(line.trim_end())?;
    Ok(ended.is_ok())
}
