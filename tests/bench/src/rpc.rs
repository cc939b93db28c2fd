//! Unary RPC through all layers of a service and of its peer, beside the same service on a bare tonic server.

use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::Context as _;
use throughline_proto::events::v1::event_sink_service_client::EventSinkServiceClient;
use throughline_proto::events::v1::event_sink_service_server::EventSinkServiceServer;
use throughline_proto::events::v1::{DeliverEventRequest, Event};
use throughline_rpc::Clock;
use throughline_rpc::auth::{DevIssuer, TokenSource};
use throughline_rpc::client::{Peer, PeerConfig};
use throughline_runtime::App as _;
use throughline_testkit::small::{self, Events, Small};
use tokio::net::TcpListener;
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;
use tonic::Status;
use tonic::body::Body;
use tonic::client::GrpcService;
use tonic::transport::server::TcpIncoming;
use tonic::transport::{Endpoint, Server};

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

/// Best window of each kind.
pub async fn measure() -> anyhow::Result<Rates> {
    let folder = tempfile::tempdir()?;
    let issuer = Arc::new(DevIssuer::open(folder.path(), Clock::system())?);
    let service = small::start(&issuer, Vec::new()).await?;
    let address = service.address().context("an address")?;
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
