//! The five services in this process, on SQLite or PostgreSQL, with real gRPC between them.

use std::net::SocketAddr;
use std::sync::Arc;

use anyhow::Context as _;
use tempfile::TempDir;
use throughline_rpc::Clock;
use throughline_rpc::auth::{DevIssuer, TokenSource};
use throughline_rpc::client::{Peer, PeerConfig};
use throughline_runtime::config::{Layers, Overrides, load};
use throughline_runtime::{App, Running, Startup, bind, launch_tcp};
use throughline_testkit::{Backend, TestDb};
use tokio::net::TcpListener;

/// The only workspace.
pub const WORKSPACE: &str = "demo";

/// Keys of the services in `[peers]`, in the order of the flow.
const PEERS: [&str; 5] = [
    "peers.transcription_gateway.url",
    "peers.playbook_evaluator.url",
    "peers.coaching_engine.url",
    "peers.crm_sync.url",
    "peers.forecast.url",
];

/// A running mesh.
pub struct Mesh {
    issuer: Arc<DevIssuer>,
    addresses: Vec<SocketAddr>,
    running: Vec<Running>,
    _folder: TempDir,
    _database: TestDb,
}

impl Mesh {
    /// Starts all five.
    pub async fn start(backend: Backend) -> anyhow::Result<Self> {
        let folder = tempfile::tempdir()?;
        let database = TestDb::start(backend).await;
        let issuer = Arc::new(DevIssuer::open(folder.path(), Clock::system())?);
        let (mut listeners, mut addresses) = (Vec::new(), Vec::new());
        for peer in PEERS {
            let listener = bind(peer, SocketAddr::from(([127, 0, 0, 1], 0))).await?;
            addresses.push(listener.local_addr()?);
            listeners.push(listener);
        }
        let mut starter = Starter {
            issuer: Arc::clone(&issuer),
            database: &database,
            addresses: &addresses,
            listeners: listeners.into_iter(),
        };
        let recordings = folder.path().join("recordings").display().to_string();
        let running = vec![
            starter
                .start::<transcription_gateway::TranscriptionGateway>(vec![
                    ("recordings.dir", recordings),
                    ("consent.rule", "none".to_owned()),
                ])
                .await?,
            starter.start::<playbook_evaluator::PlaybookEvaluator>(Overrides::new()).await?,
            starter.start::<coaching_engine::CoachingEngine>(Overrides::new()).await?,
            starter.start::<crm_sync::CrmSync>(Overrides::new()).await?,
            starter.start::<forecast::Forecast>(Overrides::new()).await?,
        ];
        Ok(Self { issuer, addresses, running, _folder: folder, _database: database })
    }

    /// A connection to a service, by its place in the flow, for an administrator.
    pub fn peer(&self, index: usize) -> anyhow::Result<Peer> {
        let token = self.issuer.token("bench@localhost", WORKSPACE, &["admin"], chrono::Duration::hours(1))?;
        let config = PeerConfig::plain(format!("http://{}", self.addresses[index]));
        Ok(Peer::connect("mesh", &config, TokenSource::Fixed(token.into()))?)
    }

    /// Drains and stops all of them.
    pub async fn stop(self) -> anyhow::Result<()> {
        for service in self.running {
            let name = service.name();
            service.stop().await.context(name)?;
        }
        Ok(())
    }
}

struct Starter<'a> {
    issuer: Arc<DevIssuer>,
    database: &'a TestDb,
    addresses: &'a [SocketAddr],
    listeners: std::vec::IntoIter<TcpListener>,
}

impl Starter<'_> {
    async fn start<A: App>(&mut self, own: Overrides) -> anyhow::Result<Running> {
        let listener = self.listeners.next().context("a listener for each service")?;
        let mut overrides: Overrides = vec![
            ("auth.allow_development_issuer", "true".to_owned()),
            ("auth.issuers.development.jwks_file", self.issuer.jwks_path().display().to_string()),
            ("auth.issuers.development.issuer", self.issuer.issuer().to_owned()),
            ("auth.audience", self.issuer.audience().to_owned()),
            ("database.url", self.database.config_for(A::NAME).url),
            ("server.drain_deadline", "5s".to_owned()),
        ];
        let known: toml::Table = toml::from_str(A::DEFAULTS).context("built-in defaults")?;
        for (key, address) in PEERS.iter().zip(self.addresses) {
            // Only the peers that the service calls: others would be unknown keys.
            let peer = key.trim_start_matches("peers.").trim_end_matches(".url");
            if known.get("peers").and_then(|peers| peers.get(peer)).is_some() {
                overrides.push((key, format!("http://{address}")));
            }
        }
        overrides.extend(own);
        let config = load::<A>(Layers { file: None, environment: false, overrides })?;
        A::migrate(&config).await.with_context(|| A::NAME)?;
        launch_tcp::<A>(config, listener, Startup::development(Arc::clone(&self.issuer), A::NAME)).await
    }
}
