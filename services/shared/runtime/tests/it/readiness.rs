//! Ready follows what the service says it can't do without.

use std::path::PathBuf;
use std::sync::Arc;

use serde::{Deserialize, Serialize};
use throughline_rpc::auth::AuthConfig;
use throughline_runtime::{App, Parts, Sections, ServerConfig, Startup, TelemetryConfig, launch_tcp};
use throughline_testkit::eventually;
use throughline_testkit::small::{Small, defaults};
use tonic_health::pb::health_check_response::ServingStatus::{NotServing, Serving};

use crate::admin::{ask, health};
use crate::issuer;

#[derive(Debug, Clone, Serialize, Deserialize)]
struct Config {
    server: ServerConfig,
    telemetry: TelemetryConfig,
    auth: AuthConfig,
    /// Stands for the database: there or not.
    file: PathBuf,
}

/// A service that can't do without a file.
struct Fragile;

impl App for Fragile {
    const NAME: &'static str = "fragile";
    const DEFAULTS: &'static str = Small::DEFAULTS;
    type Config = Config;

    fn sections(config: &Config) -> Sections {
        Sections { server: config.server.clone(), telemetry: config.telemetry.clone(), auth: config.auth.clone() }
    }

    async fn migrate(_config: &Config) -> anyhow::Result<()> {
        Ok(())
    }

    async fn build(config: Config, _startup: &Startup) -> anyhow::Result<Parts> {
        Ok(Parts::new().readiness("file", move || {
            let file = config.file.clone();
            async move {
                anyhow::ensure!(file.exists(), "no file");
                Ok(())
            }
        }))
    }
}

#[tokio::test]
async fn a_service_is_ready_while_it_has_what_it_needs_and_alive_all_along() {
    let folder = tempfile::tempdir().unwrap();
    let issuer = issuer(folder.path());
    let Sections { mut server, telemetry, auth } = defaults(&issuer);
    server.admin_listen = Some(([127, 0, 0, 1], 0).into());
    let file = folder.path().join("there");
    let config = Config { server, telemetry, auth, file: file.clone() };
    let listener = tokio::net::TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
    let running = launch_tcp::<Fragile>(config, listener, Startup::development(Arc::clone(&issuer), Fragile::NAME))
        .await
        .unwrap();
    let mut client = health(&running).await;
    let until = async |status| {
        eventually("the status changes", || {
            let mut client = client.clone();
            async move { (ask(&mut client, "").await == Ok(status)).then_some(()) }
        })
        .await;
    };
    until(NotServing).await;
    std::fs::write(&file, "").unwrap();
    until(Serving).await;
    std::fs::remove_file(&file).unwrap();
    until(NotServing).await;
    assert_eq!(ask(&mut client, "liveness").await, Ok(Serving));
    running.stop().await.unwrap();
}
