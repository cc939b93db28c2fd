//! A `throughline up` process: how long until it is ready, and its memory.

use std::path::Path;
use std::process::Stdio;
use std::time::{Duration, Instant};

use anyhow::Context as _;
use tempfile::TempDir;
use throughline_rpc::auth::TokenSource;
use throughline_rpc::client::{Peer, PeerConfig};
use tokio::io::{AsyncBufReadExt as _, BufReader};
use tokio::process::{Child, ChildStdout, Command};
use tonic::transport::Endpoint;
use tonic_health::pb::HealthCheckRequest;
use tonic_health::pb::health_check_response::ServingStatus;
use tonic_health::pb::health_client::HealthClient;

use crate::process::resident_mb;

const SERVICES: usize = 5;
/// Starts that are measured; the median counts.
const STARTS: usize = 5;
const START_DEADLINE: Duration = Duration::from_secs(60);
/// What was done at the start is over by then.
const SETTLE: Duration = Duration::from_secs(3);

/// What a start is like.
pub struct Start {
    pub ready_ms: f64,
    pub rss_idle_mb: f64,
}

/// Starts it again and again, each time in an empty folder.
pub async fn measure(models: &Path) -> anyhow::Result<Start> {
    let mut times = Vec::new();
    let mut rss_idle_mb = 0.0;
    for start in 1..=STARTS {
        let started = Instant::now();
        let up = Up::start(models).await?;
        times.push(started.elapsed().as_secs_f64() * 1000.0);
        if start == STARTS {
            tokio::time::sleep(SETTLE).await;
            rss_idle_mb = up.resident_mb()?;
        }
        up.stop().await?;
    }
    times.sort_by(f64::total_cmp);
    Ok(Start { ready_ms: times[STARTS / 2], rss_idle_mb })
}

/// A running mesh in a process of its own, killed with this value.
pub struct Up {
    child: Child,
    addresses: Vec<String>,
    token: TokenSource,
    // Kept open: the process may print more.
    _stdout: tokio::io::Lines<BufReader<ChildStdout>>,
    _data: TempDir,
}

impl Up {
    /// Starts it on free ports and waits until all five services are healthy.
    pub async fn start(models: &Path) -> anyhow::Result<Self> {
        tokio::time::timeout(START_DEADLINE, Self::try_start(models)).await.context("it does not get ready")?
    }

    async fn try_start(models: &Path) -> anyhow::Result<Self> {
        let data = tempfile::tempdir()?;
        // Built into the same folder.
        let program = std::env::current_exe()?.with_file_name("throughline");
        let mut command = Command::new(&program);
        command.args(["up", "--port", "0", "--data"]).arg(data.path()).arg("--models").arg(models);
        command.stdin(Stdio::null()).stdout(Stdio::piped()).kill_on_drop(true);
        let mut child = command.spawn().with_context(|| program.display().to_string())?;
        let mut lines = BufReader::new(child.stdout.take().context("its output")?).lines();
        let mut addresses: Vec<String> = Vec::new();
        while addresses.len() < SERVICES {
            let line = lines.next_line().await?.context("it ended before it was ready")?;
            let address = line.split_whitespace().find(|word| word.starts_with("127.0.0.1:"));
            addresses.extend(address.map(str::to_owned));
        }
        for address in &addresses {
            healthy(address).await.with_context(|| address.clone())?;
        }
        let token = std::fs::read_to_string(data.path().join("dev-token")).context("the token it writes")?;
        let token = TokenSource::Fixed(token.trim().into());
        Ok(Self { child, addresses, token, _stdout: lines, _data: data })
    }

    /// A connection to a service, by its place in the flow.
    pub fn peer(&self, index: usize) -> anyhow::Result<Peer> {
        let config = PeerConfig::plain(format!("http://{}", self.addresses[index]));
        Ok(Peer::connect("mesh", &config, self.token.clone())?)
    }

    pub fn resident_mb(&self) -> anyhow::Result<f64> {
        resident_mb(self.child.id().context("it ended")?)
    }

    pub async fn stop(mut self) -> anyhow::Result<()> {
        Ok(self.child.kill().await?)
    }
}

/// Whether the service at `address` answers SERVING.
pub async fn healthy(address: &str) -> anyhow::Result<()> {
    let channel = Endpoint::from_shared(format!("http://{address}"))?.connect().await?;
    let answer = HealthClient::new(channel).check(HealthCheckRequest { service: String::new() }).await?.into_inner();
    anyhow::ensure!(answer.status() == ServingStatus::Serving, "answers {:?}", answer.status());
    Ok(())
}
