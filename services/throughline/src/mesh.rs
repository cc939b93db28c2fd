//! The five services in this process: real gRPC on loopback ports, SQLite files in a folder.

use std::fs::File;
use std::net::{Ipv4Addr, SocketAddr};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use anyhow::Context as _;
use etcetera::BaseStrategy as _;
use throughline_rpc::Clock;
use throughline_rpc::auth::{DevIssuer, TokenSource};
use throughline_rpc::client::{Peer, PeerConfig};
use throughline_runtime::config::{Layers, Overrides, load};
use throughline_runtime::{App, Running, Startup, bind, launch_tcp};
use tokio::net::TcpListener;

use crate::exit;

/// The only workspace of a mesh in one process.
pub(crate) const WORKSPACE: &str = "demo";

/// Names of the services, in the order of the flow and of their ports.
pub(crate) const SERVICES: [&str; 5] =
    ["transcription-gateway", "playbook-evaluator", "coaching-engine", "crm-sync", "forecast"];

/// Keys of the services in `[peers]`.
const PEER_KEYS: [&str; 5] = [
    "peers.transcription_gateway.url",
    "peers.playbook_evaluator.url",
    "peers.coaching_engine.url",
    "peers.crm_sync.url",
    "peers.forecast.url",
];

/// What a mesh is started with.
pub(crate) struct Options {
    pub(crate) data: PathBuf,
    pub(crate) models: PathBuf,
    /// First of five ports; 0 takes free ones.
    pub(crate) port: u16,
    pub(crate) clock: Clock,
}

/// A running mesh.
pub(crate) struct Mesh {
    pub(crate) issuer: Arc<DevIssuer>,
    pub(crate) addresses: [SocketAddr; 5],
    running: Vec<Running>,
    /// Held while the mesh runs, so that no second one opens the same folder.
    _lock: File,
}

/// The data folder: the one named, or the user's, made when it is not there.
pub(crate) fn data_folder(named: Option<&Path>) -> anyhow::Result<PathBuf> {
    let folder = match named {
        Some(folder) => folder.to_owned(),
        None => etcetera::choose_base_strategy()
            .map_err(|_| exit::usage("this user has no home folder; name a folder with --data DIR"))?
            .data_dir()
            .join("throughline"),
    };
    std::fs::create_dir_all(&folder).with_context(|| format!("the data folder {} can't be made", folder.display()))?;
    folder.canonicalize().with_context(|| folder.display().to_string())
}

fn lock(data: &Path) -> anyhow::Result<File> {
    let path = data.join("throughline.lock");
    let file = File::create(&path).with_context(|| format!("the data folder can't be written: {}", path.display()))?;
    file.try_lock().with_context(|| format!("another throughline uses {}", data.display()))?;
    Ok(file)
}

/// Whether a mesh runs on the folder.
pub(crate) fn is_running(data: &Path) -> anyhow::Result<bool> {
    let path = data.join("throughline.lock");
    let file = File::create(&path).with_context(|| format!("the data folder can't be written: {}", path.display()))?;
    match file.try_lock() {
        Ok(()) => Ok(false),
        Err(std::fs::TryLockError::WouldBlock) => Ok(true),
        Err(std::fs::TryLockError::Error(error)) => Err(error).context(path.display().to_string()),
    }
}

impl Mesh {
    /// Takes the ports, then starts the services; all or none.
    pub(crate) async fn start(options: &Options) -> anyhow::Result<Self> {
        let lock = lock(&options.data)?;
        let issuer = Arc::new(DevIssuer::open(&options.data, options.clock.clone())?);
        let mut listeners = Vec::with_capacity(SERVICES.len());
        for (index, service) in SERVICES.iter().enumerate() {
            listeners.push(bind(service, address(options.port, index)?).await?);
        }
        let mut addresses = [SocketAddr::from((Ipv4Addr::LOCALHOST, 0)); 5];
        for (address, listener) in addresses.iter_mut().zip(&listeners) {
            *address = listener.local_addr()?;
        }
        let mut starter = Starter { options, issuer: Arc::clone(&issuer), addresses, listeners: listeners.into_iter() };
        let mut running = Vec::with_capacity(SERVICES.len());
        let recordings = options.data.join("recordings").display().to_string();
        let models = options.models.display().to_string();
        let evaluator = vec![("embeddings.models_dir", models.clone())];
        let gateway = vec![
            ("recordings.dir", recordings),
            ("speech.models_dir", models),
            // The data folder is its owner's, and for analysing alone it is gone at the end.
            ("recordings.accept_unencrypted", "true".to_owned()),
            // Whoever runs it on their own files vouches for them.
            ("consent.rule", "none".to_owned()),
        ];
        running.push(starter.start::<transcription_gateway::TranscriptionGateway>(gateway).await?);
        running.push(starter.start::<playbook_evaluator::PlaybookEvaluator>(evaluator).await?);
        running.push(starter.start::<coaching_engine::CoachingEngine>(Overrides::new()).await?);
        running.push(starter.start::<crm_sync::CrmSync>(Overrides::new()).await?);
        running.push(starter.start::<forecast::Forecast>(Overrides::new()).await?);
        Ok(Self { issuer, addresses, running, _lock: lock })
    }

    /// A connection to a service, by its place in [`SERVICES`].
    pub(crate) fn peer(&self, index: usize, token: TokenSource) -> anyhow::Result<Peer> {
        let config = PeerConfig::plain(format!("http://{}", self.addresses[index]));
        Ok(Peer::connect(SERVICES[index], &config, token)?)
    }

    /// Ends when a service ended by itself, with why.
    pub(crate) async fn failure(&mut self) -> anyhow::Error {
        let waits = self.running.iter_mut().map(|service| {
            Box::pin(async move {
                let name = service.name();
                match service.wait().await {
                    Ok(()) => anyhow::anyhow!("{name} ended by itself"),
                    Err(error) => error.context(name),
                }
            })
        });
        futures::future::select_all(waits).await.0
    }

    /// Drains and stops all services, those that deliver before those that are delivered to.
    pub(crate) async fn stop(self) -> anyhow::Result<()> {
        let mut result = Ok(());
        for service in self.running {
            let name = service.name();
            if let Err(error) = service.stop().await {
                result = result.and(Err(error.context(name)));
            }
        }
        result
    }
}

fn address(port: u16, index: usize) -> anyhow::Result<SocketAddr> {
    let offset = if port == 0 { 0 } else { u16::try_from(index)? };
    let port = port.checked_add(offset).ok_or_else(|| exit::usage("--port leaves no room for five ports"))?;
    Ok(SocketAddr::from((Ipv4Addr::LOCALHOST, port)))
}

struct Starter<'a> {
    options: &'a Options,
    issuer: Arc<DevIssuer>,
    addresses: [SocketAddr; 5],
    listeners: std::vec::IntoIter<TcpListener>,
}

impl Starter<'_> {
    async fn start<A: App>(&mut self, own: Overrides) -> anyhow::Result<Running> {
        let listener = self.listeners.next().context("a listener for each service")?;
        let database = self.options.data.join(format!("{}.db", A::NAME));
        let mut overrides: Overrides = vec![
            ("auth.allow_development_issuer", "true".to_owned()),
            ("auth.issuers.development.jwks_file", self.issuer.jwks_path().display().to_string()),
            ("auth.issuers.development.issuer", self.issuer.issuer().to_owned()),
            ("auth.audience", self.issuer.audience().to_owned()),
            ("database.url", format!("sqlite://{}", database.display())),
            ("server.drain_deadline", "5s".to_owned()),
        ];
        let known: toml::Table = toml::from_str(A::DEFAULTS).context("built-in defaults")?;
        for (key, address) in PEER_KEYS.iter().zip(self.addresses) {
            // Only the peers that the service calls: others would be unknown keys.
            let peer = key.trim_start_matches("peers.").trim_end_matches(".url");
            if known.get("peers").and_then(|peers| peers.get(peer)).is_some() {
                overrides.push((key, format!("http://{address}")));
            }
        }
        overrides.extend(own);
        let config = load::<A>(Layers { file: None, environment: false, overrides })?;
        // This process owns the files: nobody else would bring them to the schema.
        A::migrate(&config).await.with_context(|| A::NAME)?;
        let startup = Startup::development(Arc::clone(&self.issuer), A::NAME);
        launch_tcp::<A>(config, listener, Startup { clock: self.options.clock.clone(), ..startup }).await
    }
}
