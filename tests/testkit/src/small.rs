//! The smallest service there can be, on a TCP port: for tests and measurements of what is around a service.

use std::sync::Arc;

use serde::{Deserialize, Serialize};
use throughline_proto::events::v1::event_sink_service_server::{EventSinkService, EventSinkServiceServer};
use throughline_proto::events::v1::{DeliverEventRequest, DeliverEventResponse};
use throughline_rpc::auth::{AuthConfig, DevIssuer};
use throughline_runtime::config::{Layers, Overrides, load};
use throughline_runtime::{App, Parts, Running, Sections, ServerConfig, Startup, TelemetryConfig, bind, launch_tcp};
use tonic::{Request, Response, Status};

/// The sections that every service has, and no other.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Config {
    /// `[server]`
    pub server: ServerConfig,
    /// `[telemetry]`
    pub telemetry: TelemetryConfig,
    /// `[auth]`
    pub auth: AuthConfig,
}

/// A service without database, peers or workers that serves [`Events`].
pub struct Small;

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

/// Takes every event at once and does nothing with it, but for those with the id [`Events::SLOW`]: they are never answered.
pub struct Events;

impl Events {
    /// Id of an event that is never answered.
    pub const SLOW: &'static str = "slow";
}

#[tonic::async_trait]
impl EventSinkService for Events {
    async fn deliver_event(
        &self,
        request: Request<DeliverEventRequest>,
    ) -> Result<Response<DeliverEventResponse>, Status> {
        if request.get_ref().event.as_ref().is_some_and(|event| event.id == Self::SLOW) {
            std::future::pending::<()>().await;
        }
        Ok(Response::new(DeliverEventResponse::default()))
    }
}

/// The sections of [`Small`] with the tokens of `issuer` trusted.
///
/// # Panics
/// When the defaults can't be read.
#[must_use]
pub fn defaults(issuer: &DevIssuer) -> Sections {
    let overrides = crate::serve::trusting(issuer);
    let config = load::<Small>(Layers { file: None, environment: false, overrides }).expect("the defaults");
    Small::sections(&config)
}

/// Starts [`Small`] with the tokens of `issuer` trusted.
///
/// # Errors
/// When the configuration can't be used or no port is free.
pub async fn start(issuer: &Arc<DevIssuer>, more: Overrides) -> anyhow::Result<Running> {
    let mut overrides = crate::serve::trusting(issuer);
    overrides.extend(more);
    let config = load::<Small>(Layers { file: None, environment: false, overrides })?;
    let listener = bind(Small::NAME, config.server.listen).await?;
    launch_tcp::<Small>(config, listener, Startup::development(Arc::clone(issuer), Small::NAME)).await
}
