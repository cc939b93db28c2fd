//! A service while it serves, and how it stops: NOT_SERVING → notice → stop accepting → drain → workers → admin listener.

use std::time::Duration;

use anyhow::Context as _;
use futures::Stream;
use throughline_rpc::DeadlineLayer;
use throughline_rpc::auth::AuthLayer;
use throughline_rpc::trace::TraceLayer;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;
use tonic::service::Routes;
use tonic::transport::Server;
use tonic::transport::server::Connected;

use crate::admin;
use crate::app::Parts;
use crate::config::ServerConfig;
use crate::drain::DrainLayer;
use crate::health::Health;
use crate::readiness::Readiness;
use crate::worker::Workers;

/// Share of the drain deadline after which open streams are cut; the rest is for what follows from that.
const CUT_SHARE: f64 = 0.5;

/// A service that is about to serve.
pub(crate) struct Service {
    pub(crate) name: &'static str,
    pub(crate) auth: AuthLayer,
    pub(crate) config: ServerConfig,
    /// The plain listener.
    pub(crate) admin: Option<TcpListener>,
    pub(crate) shutdown: CancellationToken,
}

impl Service {
    /// Serves until it is told to stop, or something fails.
    pub(crate) async fn run<I, IO, IE>(self, parts: Parts, incoming: I) -> anyhow::Result<()>
    where
        I: Stream<Item = Result<IO, IE>> + Send + 'static,
        IO: AsyncRead + AsyncWrite + Connected + Unpin + Send + 'static,
        IE: Into<tower::BoxError> + Send + 'static,
    {
        let Self { name, auth, config, admin, shutdown } = self;
        let Parts { routes, services, workers, checks, listeners: _ } = parts;
        let health = Health::new(&services).await;
        let _admin = admin.map(|listener| admin::serve(listener, &health));
        let routes = reflect(routes.add_service(health.server()), &services)?;
        let (stop_accepting, cut) = (CancellationToken::new(), CancellationToken::new());
        let mut serving = Box::pin(
            server(&config)
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
        let mut readiness = Readiness::new(name, checks, health.clone());
        let looked = readiness.round().await;
        tracing::info!(service = name, "serving");

        let mut ended_by_itself = false;
        let failure = tokio::select! {
            // Whoever tells it to stop may hang up at once: that is no failure then.
            biased;
            () = shutdown.cancelled() => None,
            ended = &mut serving => {
                ended_by_itself = true;
                Some(match ended {
                    Ok(()) => anyhow::anyhow!("{name} stopped accepting connections"),
                    Err(error) => anyhow::Error::new(error).context(format!("{name} can't serve")),
                })
            }
            error = workers.failure() => Some(error.context(name)),
            () = readiness.keep_looking(looked) => None,
        };
        shutdown.cancel();
        health.set_ready(false).await;
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
}

fn server(config: &ServerConfig) -> Server {
    Server::builder()
        .http2_keepalive_interval(Some(Duration::from_secs(20)))
        .http2_keepalive_timeout(Some(Duration::from_secs(10)))
        .max_connection_age(config.max_connection_age)
        .max_connection_age_grace(config.drain_deadline)
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
