//! The small service, and how the tests start it.

use std::path::Path;
use std::sync::Arc;

use serde::{Deserialize, Serialize};
use throughline_proto::events::v1::event_sink_service_server::{EventSinkService, EventSinkServiceServer};
use throughline_proto::events::v1::{DeliverEventRequest, DeliverEventResponse};
use throughline_rpc::Clock;
use throughline_rpc::auth::{AuthConfig, DevIssuer};
use throughline_runtime::config::{Layers, Overrides, load};
use throughline_runtime::{App, Parts, Running, Sections, ServerConfig, Startup, TelemetryConfig, bind, launch_tcp};
use tonic::{Request, Response, Status, async_trait};

#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Config {
    pub server: ServerConfig,
    pub telemetry: TelemetryConfig,
    pub auth: AuthConfig,
}

/// A service that never answers the event `slow` and answers every other at once.
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
log = "info"
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
        if request.into_inner().event.unwrap_or_default().id == "slow" {
            std::future::pending::<()>().await;
        }
        Ok(Response::new(DeliverEventResponse::default()))
    }
}

pub fn issuer(folder: &Path) -> Arc<DevIssuer> {
    Arc::new(DevIssuer::open(folder, Clock::system()).unwrap())
}

pub async fn start(issuer: &Arc<DevIssuer>, more: Overrides) -> Running {
    let mut overrides: Overrides = vec![
        ("auth.jwks_file", issuer.jwks_path().display().to_string()),
        ("auth.issuer", issuer.issuer().to_owned()),
        ("auth.audience", issuer.audience().to_owned()),
    ];
    overrides.extend(more);
    let config = load::<Small>(Layers { file: None, environment: false, overrides }).unwrap();
    let listener = bind(Small::NAME, config.server.listen).await.unwrap();
    launch_tcp::<Small>(config, listener, Startup::development(Arc::clone(issuer), Small::NAME)).await.unwrap()
}
