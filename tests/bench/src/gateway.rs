//! The transcription gateway's own program in a process of its own, on SQLite and a plain port.

use std::net::SocketAddr;
use std::path::Path;
use std::process::Stdio;
use std::sync::Arc;
use std::time::Duration;

use anyhow::Context as _;
use tempfile::TempDir;
use throughline_proto::transcription::v1::transcription_service_client::TranscriptionServiceClient;
use throughline_proto::transcription::v1::{Call, CreateCallRequest};
use throughline_rpc::Clock;
use throughline_rpc::auth::{DevIssuer, TokenSource};
use throughline_rpc::client::{Peer, PeerConfig};
use throughline_runtime::bind;
use tokio::process::{Child, Command};

use crate::local::WORKSPACE;
use crate::process::{cpu_time_of, peak_mb, resident_mb};
use crate::up::healthy;

const PROGRAM: &str = "transcription-gateway";
const START_DEADLINE: Duration = Duration::from_secs(60);
const RETRY: Duration = Duration::from_millis(50);

/// A running gateway, killed with this value.
pub struct Gateway {
    child: Child,
    address: SocketAddr,
    issuer: Arc<DevIssuer>,
    folder: TempDir,
}

impl Gateway {
    /// Starts it on a free port, with an empty database, and waits until it is healthy.
    pub async fn start(models: &Path) -> anyhow::Result<Self> {
        let folder = tempfile::tempdir()?;
        let issuer = Arc::new(DevIssuer::open(folder.path(), Clock::system())?);
        // Free until a moment ago: the program takes an address and does not tell one.
        let address = bind(PROGRAM, SocketAddr::from(([127, 0, 0, 1], 0))).await?.local_addr()?;
        let config = folder.path().join("config.toml");
        std::fs::write(&config, config_of(folder.path(), models, &issuer, address)?)?;
        let migrated = command(&config, "migrate")?.status().await?;
        anyhow::ensure!(migrated.success(), "{PROGRAM} migrate: {migrated}");
        let child = command(&config, "serve")?.spawn()?;
        let mut gateway = Self { child, address, issuer, folder };
        tokio::time::timeout(START_DEADLINE, gateway.healthy()).await.context("it does not get ready")??;
        Ok(gateway)
    }

    async fn healthy(&mut self) -> anyhow::Result<()> {
        while healthy(&self.address.to_string()).await.is_err() {
            if let Some(ended) = self.child.try_wait()? {
                anyhow::bail!("{PROGRAM} serve: {ended}");
            }
            tokio::time::sleep(RETRY).await;
        }
        Ok(())
    }

    /// A client with every role.
    pub fn client(&self) -> anyhow::Result<TranscriptionServiceClient<Peer>> {
        let token = self.issuer.token("bench@localhost", WORKSPACE, &["admin"], chrono::Duration::hours(12))?;
        let config = PeerConfig::plain(format!("http://{}", self.address));
        Ok(TranscriptionServiceClient::new(Peer::connect("gateway", &config, TokenSource::Fixed(token.into()))?))
    }

    pub fn resident_mb(&self) -> anyhow::Result<f64> {
        resident_mb(self.pid()?)
    }

    pub fn peak_mb(&self) -> anyhow::Result<f64> {
        peak_mb(self.pid()?)
    }

    /// Processor time of the process so far.
    pub fn cpu_time(&self) -> anyhow::Result<Duration> {
        cpu_time_of(self.pid()?)
    }

    /// A folder that goes with this value.
    pub fn folder(&self) -> &Path {
        self.folder.path()
    }

    fn pid(&self) -> anyhow::Result<u32> {
        self.child.id().context("the gateway ended")
    }

    pub async fn stop(mut self) -> anyhow::Result<()> {
        Ok(self.child.kill().await?)
    }
}

/// A new call without participants; its name.
pub async fn new_call(client: &mut TranscriptionServiceClient<Peer>, title: String) -> anyhow::Result<String> {
    let request = CreateCallRequest {
        parent: format!("workspaces/{WORKSPACE}"),
        call: Some(Call { title, ..Call::default() }),
        ..Default::default()
    };
    Ok(client.create_call(request).await?.into_inner().name)
}

fn command(config: &Path, subcommand: &str) -> anyhow::Result<Command> {
    // Built into the same folder.
    let mut command = Command::new(std::env::current_exe()?.with_file_name(PROGRAM));
    command.arg("--config").arg(config).arg(subcommand);
    command.stdin(Stdio::null()).stdout(Stdio::null()).kill_on_drop(true);
    Ok(command)
}

fn config_of(folder: &Path, models: &Path, issuer: &DevIssuer, address: SocketAddr) -> anyhow::Result<String> {
    let path = |name: &str| folder.join(name).display().to_string();
    let config = serde_json::json!({
        "server": {"listen": address.to_string()},
        // The evaluator is away throughout: what it would be told waits, which is no news.
        "telemetry": {"log": "error"},
        "auth": {
            "audience": issuer.audience(),
            "workspaces": [WORKSPACE],
            "allow_development_issuer": true,
            "issuers": {"development": {"issuer": issuer.issuer(), "jwks_file": issuer.jwks_path()}},
        },
        "database": {"url": format!("sqlite://{}", path("gateway.db"))},
        // Its calls have no participants to ask.
        "consent": {"rule": "none"},
        "recordings": {"dir": path("recordings")},
        "speech": {"models_dir": models},
    });
    Ok(toml::to_string(&config)?)
}
