//! What a service gives to the runtime, and what it gets.

use std::future::Future;
use std::net::SocketAddr;
use std::sync::Arc;

use serde::Serialize;
use serde::de::DeserializeOwned;
use throughline_rpc::auth::{AuthConfig, DevIssuer, TokenSource};
use throughline_rpc::{Clock, Ids};
use tokio_util::sync::CancellationToken;
use tonic::server::NamedService;
use tonic::service::Routes;

use crate::config::ServerConfig;
use crate::readiness::Check;
use crate::telemetry::TelemetryConfig;
use crate::worker::Worker;

/// A service of the mesh.
pub trait App: Send + 'static {
    /// Its name, as peers and traces know it, for example `playbook-evaluator`.
    const NAME: &'static str;
    /// Its annotated `config/default.toml`.
    const DEFAULTS: &'static str;
    /// Its configuration; unknown keys must be refused (`deny_unknown_fields`).
    type Config: DeserializeOwned + Serialize + Clone + Send + Sync + 'static;

    /// The sections that the runtime itself reads.
    fn sections(config: &Self::Config) -> Sections;

    /// Brings the database to the schema of this binary.
    fn migrate(config: &Self::Config) -> impl Future<Output = anyhow::Result<()>> + Send;

    /// Puts the service together: database, peers, gRPC services, workers. Fails when it could not serve.
    fn build(config: Self::Config, startup: &Startup) -> impl Future<Output = anyhow::Result<Parts>> + Send;
}

/// The sections of a configuration that the runtime reads.
#[derive(Debug, Clone)]
pub struct Sections {
    /// `[server]`
    pub server: ServerConfig,
    /// `[telemetry]`
    pub telemetry: TelemetryConfig,
    /// `[auth]`
    pub auth: AuthConfig,
}

/// What a service is started with.
#[derive(Clone)]
pub struct Startup {
    /// Time.
    pub clock: Clock,
    /// Ids.
    pub ids: Ids,
    /// The token for calls to peers.
    pub token: TokenSource,
    /// Cancelled when the service drains: open streams should end well.
    pub shutdown: CancellationToken,
}

impl Startup {
    /// The clock and ids of the machine; the service token from the file that the configuration names.
    #[must_use]
    pub fn system(auth: &AuthConfig) -> Self {
        let token = match &auth.service_token_file {
            Some(path) => TokenSource::File(Arc::new(path.clone())),
            None => TokenSource::Anonymous,
        };
        Self { clock: Clock::system(), ids: Ids::Random, token, shutdown: CancellationToken::new() }
    }

    /// The clock and ids of the machine; service tokens of the development issuer.
    #[must_use]
    pub fn development(issuer: Arc<DevIssuer>, service: &'static str) -> Self {
        Self {
            clock: Clock::system(),
            ids: Ids::Random,
            token: TokenSource::Issuer(issuer, service),
            shutdown: CancellationToken::new(),
        }
    }
}

/// A service put together.
#[derive(Default)]
pub struct Parts {
    pub(crate) routes: Routes,
    pub(crate) services: Vec<&'static str>,
    pub(crate) workers: Vec<Worker>,
    pub(crate) checks: Vec<Check>,
    pub(crate) listeners: Vec<(&'static str, SocketAddr)>,
}

impl Parts {
    /// Nothing yet.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds a gRPC service.
    #[must_use]
    pub fn serve<S>(mut self, service: S) -> Self
    where
        S: tower::Service<http::Request<tonic::body::Body>, Error = std::convert::Infallible>
            + NamedService
            + Clone
            + Send
            + Sync
            + 'static,
        S::Response: axum::response::IntoResponse,
        S::Future: Send + 'static,
    {
        self.services.push(S::NAME);
        self.routes = self.routes.add_service(service);
        self
    }

    /// Tells of a listener beside the gRPC server, which one of the workers serves.
    #[must_use]
    pub fn listens(mut self, name: &'static str, address: SocketAddr) -> Self {
        self.listeners.push((name, address));
        self
    }

    /// Adds a background loop. It must end soon after its token is cancelled; one that ends before, or fails, stops the
    /// service, since half a service would go unnoticed.
    #[must_use]
    pub fn worker<F, Fut>(mut self, name: &'static str, run: F) -> Self
    where
        F: FnOnce(CancellationToken) -> Fut + Send + 'static,
        Fut: Future<Output = anyhow::Result<()>> + Send + 'static,
    {
        self.workers.push(Worker::new(name, run));
        self
    }

    /// Adds something that the service can't serve without, such as its database. It is looked at every few seconds; a
    /// service is taken out only after several failures in a row, and back at the first success. Never ask a peer here:
    /// replicas that drop out together would make its trouble everybody's.
    #[must_use]
    pub fn readiness<F, Fut>(mut self, name: &'static str, check: F) -> Self
    where
        F: Fn() -> Fut + Send + Sync + 'static,
        Fut: Future<Output = anyhow::Result<()>> + Send + 'static,
    {
        self.checks.push(Check::new(name, check));
        self
    }
}
