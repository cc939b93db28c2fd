//! Unary RPC through all layers of a service and of its peer, beside the same service on a bare tonic server.

use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::Context as _;
use serde::{Deserialize, Serialize};
use throughline_proto::events::v1::event_sink_service_client::EventSinkServiceClient;
use throughline_proto::events::v1::event_sink_service_server::{EventSinkService, EventSinkServiceServer};
use throughline_proto::events::v1::{DeliverEventRequest, DeliverEventResponse, Event};
use throughline_rpc::Clock;
use throughline_rpc::auth::{AuthConfig, DevIssuer, TokenSource};
use throughline_rpc::client::{Peer, PeerConfig};
use throughline_runtime::config::{Layers, load};
use throughline_runtime::{App, Parts, Sections, ServerConfig, Startup, TelemetryConfig, bind, launch_tcp};
use tokio::net::TcpListener;
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;
use tonic::body::Body;
use tonic::client::GrpcService;
use tonic::transport::server::TcpIncoming;
use tonic::transport::{Endpoint, Server};
use tonic::{Request, Response, Status, async_trait};

/// Calls in flight.
const IN_FLIGHT: usize = 64;
/// Length of a window, and windows of each kind; they alternate, so that a slow moment of the machine hits both.
const WINDOW: Duration = Duration::from_secs(2);
const WINDOWS: usize = 4;

/// Calls a second.
pub struct Rates {
    pub layered: f64,
    pub bare: f64,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Config {
    server: ServerConfig,
    telemetry: TelemetryConfig,
    auth: AuthConfig,
}

/// A service that does nothing.
struct Small;

impl App for Small {
    const NAME: &'static str = "small";
    const DEFAULTS: &'static str = r#"
[server]
listen = "127.0.0.1:0"
drain_deadline = "1s"
drain_notice = "0s"
max_connection_age = "30m"
[telemetry]
log = "warn"
[auth]
jwks_file = ""
issuer = ""
audience = ""
workspaces = ["demo"]
"#;
    type Config = Config;

    fn sections(config: &Config) -> Sections {
        Sections { server: config.server.clone(), telemetry: config.telemetry.clone(), auth: config.auth.clone() }
    }

    async fn migrate(_config: &Config) -> anyhow::Result<()> {
        Ok(())
    }

    async fn build(_config: Config, _startup: &Startup) -> anyhow::Result<Parts> {
        Ok(Parts::new().serve(EventSinkServiceServer::new(Events)))
    }
}

struct Events;

#[async_trait]
impl EventSinkService for Events {
    async fn deliver_event(
        &self,
        request: Request<DeliverEventRequest>,
    ) -> Result<Response<DeliverEventResponse>, Status> {
        drop(request);
        Ok(Response::new(DeliverEventResponse::default()))
    }
}

/// Best window of each kind.
pub async fn measure() -> anyhow::Result<Rates> {
    let folder = tempfile::tempdir()?;
    let issuer = Arc::new(DevIssuer::open(folder.path(), Clock::system())?);
    let overrides = vec![
        ("auth.jwks_file", issuer.jwks_path().display().to_string()),
        ("auth.issuer", issuer.issuer().to_owned()),
        ("auth.audience", issuer.audience().to_owned()),
    ];
    let config = load::<Small>(Layers { file: None, environment: false, overrides })?;
    let listener = bind(Small::NAME, config.server.listen).await?;
    let address = listener.local_addr()?;
    let service = launch_tcp::<Small>(config, listener, Startup::development(Arc::clone(&issuer), Small::NAME)).await?;
    let token = TokenSource::Issuer(issuer, Small::NAME);
    let layered = EventSinkServiceClient::new(Peer::connect(
        Small::NAME,
        &PeerConfig::plain(format!("http://{address}")),
        token,
    )?);

    let listener = TcpListener::bind("127.0.0.1:0").await?;
    let address = listener.local_addr()?;
    let stop = CancellationToken::new();
    let incoming = TcpIncoming::from(listener).with_nodelay(Some(true));
    let bare_server = Server::builder()
        .add_service(EventSinkServiceServer::new(Events))
        .serve_with_incoming_shutdown(incoming, stop.clone().cancelled_owned());
    let mut tasks = JoinSet::new();
    tasks.spawn(bare_server);
    let channel = Endpoint::from_shared(format!("http://{address}"))?.tcp_nodelay(true).connect().await?;
    let bare = EventSinkServiceClient::new(channel);

    let mut best = Rates { layered: 0.0, bare: 0.0 };
    for _ in 0..WINDOWS {
        best.bare = best.bare.max(window(&bare).await.context("bare")?);
        best.layered = best.layered.max(window(&layered).await.context("all layers")?);
    }
    drop((bare, layered));
    service.stop().await?;
    stop.cancel();
    while let Some(ended) = tasks.join_next().await {
        ended??;
    }
    Ok(best)
}

/// Calls a second in a window, all of which must succeed.
async fn window<C>(client: &EventSinkServiceClient<C>) -> anyhow::Result<f64>
where
    C: GrpcService<Body, Future: Send, Error: Into<tonic::codegen::StdError>> + Clone + Send + Sync + 'static,
    C::ResponseBody: tonic::codegen::Body<Data = tonic::codegen::Bytes> + Send + 'static,
    <C::ResponseBody as tonic::codegen::Body>::Error: Into<tonic::codegen::StdError> + Send,
{
    let event = Event {
        id: "0190f3c2-0000-7000-8000-000000000000".to_owned(),
        workspace: "demo".to_owned(),
        ..Event::default()
    };
    let request = DeliverEventRequest { event: Some(event) };
    let started = Instant::now();
    let mut callers = JoinSet::new();
    for _ in 0..IN_FLIGHT {
        let (mut client, request) = (client.clone(), request.clone());
        callers.spawn(async move {
            let mut calls = 0_u32;
            while started.elapsed() < WINDOW {
                client.deliver_event(request.clone()).await?;
                calls += 1;
            }
            Ok::<_, Status>(calls)
        });
    }
    let mut calls = 0;
    while let Some(done) = callers.join_next().await {
        calls += done??;
    }
    Ok(f64::from(calls) / started.elapsed().as_secs_f64())
}
