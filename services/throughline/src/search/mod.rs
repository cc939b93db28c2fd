//! `throughline search`: what was said in calls, in a mesh that runs elsewhere or in a data folder of this machine.

mod hits;
mod request;

use std::net::{Ipv4Addr, SocketAddr};
use std::path::Path;
use std::process::ExitCode;
use std::sync::Arc;

use anyhow::Context as _;
use throughline_proto::transcription::v1::{SearchTurnsRequest, TurnHit};
use throughline_rpc::Clock;
use throughline_rpc::auth::{DevIssuer, TokenSource};
use throughline_rpc::client::{Peer, PeerConfig};
use throughline_runtime::telemetry;
use tonic::Status;

use crate::analyze::mesh_clients::Clients;
use crate::cli::{Format, SearchArgs};
use crate::mesh::{self, Mesh, Options, SERVICES, WORKSPACE, data_folder};
use crate::{exit, models, push, report, up};

/// Turns that one answer brings.
const PAGE: usize = 100;

/// `throughline search`.
pub(crate) async fn run(args: SearchArgs) -> anyhow::Result<ExitCode> {
    let telemetry = telemetry::init("throughline", &up::telemetry_config(&args.common))?;
    let ended = find(&args).await;
    tokio::task::spawn_blocking(move || telemetry.shutdown()).await?;
    ended
}

async fn find(args: &SearchArgs) -> anyhow::Result<ExitCode> {
    if let Some(mesh) = &args.mesh {
        return ask(args, &push::config::read(mesh)?.connect(true)?).await;
    }
    let data = data_folder(args.data.as_deref())?;
    if mesh::is_running(&data)? {
        return ask(args, &running(&data, args.port)?).await;
    }
    let models = models::folder(args.common.models.as_deref())?;
    let mesh = Mesh::start(&Options { data, models, port: 0, clock: Clock::system() }).await?;
    let ended = async { ask(args, &Clients::connect(&mesh, true)?).await }.await;
    mesh.stop().await?;
    ended
}

/// Clients of the `throughline up` that runs on a data folder.
fn running(data: &Path, first_port: u16) -> anyhow::Result<Clients> {
    let issuer = DevIssuer::open(data, Clock::system())?;
    let token = issuer.token("search@localhost", WORKSPACE, &["admin"], chrono::Duration::hours(1))?;
    let token = TokenSource::Fixed(Arc::from(token));
    let peer = |index: u16| {
        let port = first_port.checked_add(index).ok_or_else(|| exit::usage("--port leaves no room for five ports"))?;
        let address = SocketAddr::from((Ipv4Addr::LOCALHOST, port));
        let config = PeerConfig::plain(format!("http://{address}"));
        anyhow::Ok(Peer::connect(SERVICES[usize::from(index)], &config, token.clone())?)
    };
    Ok(Clients::over(WORKSPACE, [peer(0)?, peer(1)?, peer(2)?, peer(3)?, peer(4)?]))
}

async fn ask(args: &SearchArgs, clients: &Clients) -> anyhow::Result<ExitCode> {
    let request = request::of(args, clients)?;
    let found = match all(clients, request, usize::from(args.limit)).await {
        Ok(found) => found,
        Err(status) => {
            let told = report::violations(&status);
            let wrong = status.code() == tonic::Code::InvalidArgument;
            return if wrong { Err(exit::usage(told)) } else { Err(anyhow::anyhow!(report::status_line(&status))) };
        }
    };
    match args.format {
        Format::Json => {
            for hit in &found {
                report::print(&throughline_proto::json::to_value(hit).context("a turn as JSON")?.to_string())?;
            }
        }
        Format::Text if found.is_empty() => report::print("nothing found")?,
        Format::Text => report::print(&hits::table(&found))?,
    }
    Ok(ExitCode::SUCCESS)
}

async fn all(clients: &Clients, mut request: SearchTurnsRequest, limit: usize) -> Result<Vec<TurnHit>, Status> {
    let mut found = Vec::new();
    loop {
        request.page_size = i32::try_from((limit - found.len()).min(PAGE)).unwrap_or(i32::MAX);
        let answer = clients.search.clone().search_turns(request.clone()).await?.into_inner();
        found.extend(answer.hits);
        if answer.next_page_token.is_empty() || found.len() >= limit {
            return Ok(found);
        }
        request.page_token = answer.next_page_token;
    }
}
