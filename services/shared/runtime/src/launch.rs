//! Starts one service on a listener, or on any stream of connections, and stops it in order.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use anyhow::Context as _;
use futures::Stream;
use throughline_rpc::DeadlineLayer;
use throughline_rpc::auth::{AuthLayer, Verifier};
use throughline_rpc::methods::Methods;
use throughline_rpc::trace::TraceLayer;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpListener;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;
use tonic::service::Routes;
use tonic::transport::server::{Connected, TcpIncoming};
use tonic::transport::{Certificate, Identity, Server, ServerTlsConfig};
use tonic_health::ServingStatus;

use crate::app::{App, Parts, Startup};
use crate::config::{ServerConfig, TlsConfig};
use crate::drain::DrainLayer;
use crate::worker::Workers;

/// Share of the drain deadline after which open streams are cut; the rest is for what follows from that.
const CUT_SHARE: f64 = 0.5;

/// A service that serves.
pub struct Running {
    name: &'static str,
    address: Option<SocketAddr>,
    shutdown: CancellationToken,
    task: JoinHandle<anyhow::Result<()>>,
}

impl Running {
    /// Where it listens; none when it was not started on a TCP listener.
    #[must_use]
    pub fn address(&self) -> Option<SocketAddr> {
        self.address
    }

    /// Its name.
    #[must_use]
    pub fn name(&self) -> &'static str {
        self.name
    }

    /// Ends when the service has ended by itself, which is a failure.
    ///
    /// # Errors
    /// Why it ended.
    pub async fn wait(&mut self) -> anyhow::Result<()> {
        (&mut self.task).await.map_err(anyhow::Error::new).flatten()
    }

    /// Drains and stops it.
    ///
    /// # Errors
    /// When a worker failed on the way.
    pub async fn stop(self) -> anyhow::Result<()> {
        self.shutdown.cancel();
        self.task.await.map_err(anyhow::Error::new).flatten()
    }
}

/// Takes the port first, so that a port in use is said before anything else is touched.
///
/// # Errors
/// When the address can't be taken.
pub async fn bind(service: &str, address: SocketAddr) -> anyhow::Result<TcpListener> {
    TcpListener::bind(address).await.with_context(|| format!("{service} can't listen on {address}"))
}

/// Starts a service on a listener.
///
/// # Errors
/// When it can't be put together; nothing serves then.
pub async fn launch_tcp<A: App>(config: A::Config, listener: TcpListener, startup: Startup) -> anyhow::Result<Running> {
    let address = listener.local_addr()?;
    let incoming = TcpIncoming::from(listener).with_nodelay(Some(true));
    let mut running = launch::<A, _, _, _>(config, incoming, startup).await?;
    running.address = Some(address);
    Ok(running)
}

/// Starts a service on any stream of connections, for example one end of a duplex pipe.
///
/// # Errors
/// When it can't be put together; nothing serves then.
pub async fn launch<A, I, IO, IE>(config: A::Config, incoming: I, startup: Startup) -> anyhow::Result<Running>
where
    A: App,
    I: Stream<Item = Result<IO, IE>> + Send + 'static,
    IO: AsyncRead + AsyncWrite + Connected + Unpin + Send + 'static,
    IE: Into<tower::BoxError> + Send + 'static,
{
    let sections = A::sections(&config);
    let server = server(&sections.server)?;
    let verifier = Arc::new(Verifier::open(sections.auth, startup.clock.clone())?);
    let parts = A::build(config, &startup).await.with_context(|| format!("{} can't start", A::NAME))?;
    let pool = throughline_proto::descriptors().map_err(|error| anyhow::anyhow!("{error}"))?;
    let methods = Arc::new(Methods::from_pool(pool, Some(&parts.services))?);
    let layers = Layers { name: A::NAME, auth: AuthLayer::new(verifier, methods), cut: CancellationToken::new() };
    let shutdown = startup.shutdown.clone();
    #[expect(clippy::disallowed_methods, reason = "Running awaits the handle")]
    let task = tokio::task::spawn(run(server, layers, parts, incoming, sections.server, startup.shutdown));
    Ok(Running { name: A::NAME, address: None, shutdown, task })
}

struct Layers {
    name: &'static str,
    auth: AuthLayer,
    cut: CancellationToken,
}

async fn run<I, IO, IE>(
    server: Server,
    layers: Layers,
    parts: Parts,
    incoming: I,
    config: ServerConfig,
    shutdown: CancellationToken,
) -> anyhow::Result<()>
where
    I: Stream<Item = Result<IO, IE>> + Send + 'static,
    IO: AsyncRead + AsyncWrite + Connected + Unpin + Send + 'static,
    IE: Into<tower::BoxError> + Send + 'static,
{
    let Layers { name, auth, cut } = layers;
    let Parts { routes, services, workers } = parts;
    let (health, health_service) = tonic_health::server::health_reporter();
    let routes = reflect(routes.add_service(health_service), &services)?;
    let stop_accepting = CancellationToken::new();
    let mut serving = Box::pin(
        server
            .accept_http1(true)
            .layer(tonic_web::GrpcWebLayer::new())
            .layer(DrainLayer::new(cut.clone()))
            .layer(TraceLayer::new(name))
            .layer(DeadlineLayer)
            .layer(auth)
            .add_routes(routes)
            .serve_with_incoming_shutdown(incoming, stop_accepting.clone().cancelled_owned()),
    );
    let mut workers = Workers::start(workers);
    set_health(&health, &services, ServingStatus::Serving).await;
    tracing::info!(service = name, "serving");

    let mut ended_by_itself = false;
    let failure = tokio::select! {
        ended = &mut serving => {
            ended_by_itself = true;
            Some(match ended {
                Ok(()) => anyhow::anyhow!("{name} stopped accepting connections"),
                Err(error) => anyhow::Error::new(error).context(format!("{name} can't serve")),
            })
        }
        error = workers.failure() => Some(error.context(name)),
        () = shutdown.cancelled() => None,
    };
    shutdown.cancel();
    set_health(&health, &services, ServingStatus::NotServing).await;
    if failure.is_none() {
        // Half of the deadline belongs to calls that are nearly done; then what is left is cut.
        let wait = async {
            tokio::time::sleep(config.drain_notice).await;
            stop_accepting.cancel();
            tokio::time::sleep(config.drain_deadline.mul_f64(CUT_SHARE)).await;
            cut.cancel();
            tokio::time::sleep(config.drain_deadline.mul_f64(1.0 - CUT_SHARE)).await;
        };
        tokio::select! {
            served = serving => served.context("while draining")?,
            () = wait => tracing::warn!(service = name, "cut what was still open at the drain deadline"),
        }
    } else if !ended_by_itself {
        cut.cancel();
        stop_accepting.cancel();
        // What still hangs after a failure is dropped: there is nothing left to serve it.
        let _ = tokio::time::timeout(Duration::from_secs(1), serving).await;
    }
    let stopped = tokio::time::timeout(config.drain_deadline, workers.stop()).await;
    tracing::info!(service = name, "stopped");
    match failure {
        Some(error) => Err(error),
        None => stopped.with_context(|| format!("{name}: workers did not end within the drain deadline")).flatten(),
    }
}

async fn set_health(health: &tonic_health::server::HealthReporter, services: &[&'static str], status: ServingStatus) {
    // The empty name stands for the whole server.
    health.set_service_status("", status).await;
    for service in services {
        health.set_service_status(*service, status).await;
    }
}

/// Reflection in both versions that clients speak.
fn reflect(routes: Routes, services: &[&'static str]) -> anyhow::Result<Routes> {
    let builder = || {
        let builder = tonic_reflection::server::Builder::configure()
            .register_encoded_file_descriptor_set(throughline_proto::FILE_DESCRIPTOR_SET)
            .register_encoded_file_descriptor_set(tonic_health::pb::FILE_DESCRIPTOR_SET)
            // So that clients can show the details of errors.
            .register_encoded_file_descriptor_set(tonic_types::pb::FILE_DESCRIPTOR_SET)
            .with_service_name("grpc.health.v1.Health");
        services.iter().fold(builder, |builder, service| builder.with_service_name(*service))
    };
    let (v1, v1alpha) = (builder().build_v1().context("reflection")?, builder().build_v1alpha().context("reflection")?);
    Ok(routes.add_service(v1).add_service(v1alpha))
}

fn server(config: &ServerConfig) -> anyhow::Result<Server> {
    let server = Server::builder()
        .http2_keepalive_interval(Some(Duration::from_secs(20)))
        .http2_keepalive_timeout(Some(Duration::from_secs(10)))
        .max_connection_age(config.max_connection_age)
        .max_connection_age_grace(config.drain_deadline);
    match &config.tls {
        None => Ok(server),
        Some(tls) => server.tls_config(tls_config(tls)?).context("server.tls"),
    }
}

fn tls_config(tls: &TlsConfig) -> anyhow::Result<ServerTlsConfig> {
    let read = |path: &std::path::Path| std::fs::read(path).with_context(|| format!("server.tls: {}", path.display()));
    let mut config = ServerTlsConfig::new().identity(Identity::from_pem(read(&tls.cert_file)?, read(&tls.key_file)?));
    if let Some(path) = &tls.client_ca_file {
        config = config.client_ca_root(Certificate::from_pem(read(path)?));
    }
    Ok(config)
}
