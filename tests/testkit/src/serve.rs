//! A service in the test's process, and what it needs around it.

use std::path::Path;
use std::sync::Arc;

use chrono::{DateTime, Duration, Utc};
use hyper_util::rt::TokioIo;
use tempfile::TempDir;
use throughline_rpc::auth::{DevIssuer, TokenSource};
use throughline_rpc::client::Peer;
use throughline_rpc::{Clock, FixedClock, Ids};
use throughline_runtime::config::{Layers, Overrides, load};
use throughline_runtime::{App, Running, Startup, launch};
use throughline_store::DatabaseConfig;
use tokio::io::DuplexStream;
use tokio::net::TcpListener;
use tokio::sync::mpsc;
use tokio::task::JoinHandle;
use tokio_stream::StreamExt as _;
use tokio_stream::wrappers::ReceiverStream;
use tokio_util::sync::CancellationToken;
use tonic::transport::server::TcpIncoming;
use tonic::transport::{Channel, Endpoint, Server, Uri};

/// Workspace of all tests.
pub const WORKSPACE: &str = "demo";
const PIPE_BYTES: usize = 1 << 20;

/// An issuer, a folder, a clock and ids: the surroundings of the services of one test.
pub struct Harness {
    folder: TempDir,
    issuer: Arc<DevIssuer>,
    clock: Clock,
    ids: Ids,
}

impl Harness {
    /// Starts at `now`; the clock moves a millisecond a reading and ids count from one.
    ///
    /// # Panics
    /// When the temporary folder can't be written.
    #[must_use]
    pub fn at(now: &str) -> Self {
        let start: DateTime<Utc> = now.parse().expect("an RFC 3339 time");
        Self::with(Clock::new(FixedClock::new(start)), Ids::counting())
    }

    /// With the machine's clock and random ids.
    #[must_use]
    pub fn real_time() -> Self {
        Self::with(Clock::system(), Ids::Random)
    }

    fn with(clock: Clock, ids: Ids) -> Self {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let issuer = DevIssuer::open(folder.path(), clock.clone()).expect("a development issuer");
        Self { folder, issuer: Arc::new(issuer), clock, ids }
    }

    /// A folder for the files of the test.
    #[must_use]
    pub fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// The clock that the services get.
    #[must_use]
    pub fn clock(&self) -> Clock {
        self.clock.clone()
    }

    /// The issuer of the tokens.
    #[must_use]
    pub fn issuer(&self) -> Arc<DevIssuer> {
        Arc::clone(&self.issuer)
    }

    /// A token of a person in the workspace `demo`.
    ///
    /// # Panics
    /// When it can't be signed.
    #[must_use]
    pub fn token(&self, subject: &str, roles: &[&str]) -> TokenSource {
        self.token_for(subject, WORKSPACE, roles, Duration::hours(1))
    }

    /// A token of a person in any workspace, with any life (a negative one has expired).
    ///
    /// # Panics
    /// When it can't be signed.
    #[must_use]
    pub fn token_for(&self, subject: &str, workspace: &str, roles: &[&str], life: Duration) -> TokenSource {
        let token = self.issuer.token(subject, workspace, roles, life).expect("a token");
        TokenSource::Fixed(token.into())
    }

    /// The token of a service.
    #[must_use]
    pub fn service_token(&self, service: &'static str) -> TokenSource {
        TokenSource::Issuer(Arc::clone(&self.issuer), service)
    }

    /// Starts a service over a duplex pipe on a database.
    ///
    /// # Panics
    /// When it can't start.
    pub async fn start<A: App>(&self, database: &DatabaseConfig, overrides: Overrides) -> Served {
        self.try_start::<A>(database, overrides)
            .await
            .unwrap_or_else(|error| panic!("{} can't start: {error:#}", A::NAME))
    }

    /// Starts a service over a duplex pipe on a database.
    ///
    /// # Errors
    /// When it can't start.
    pub async fn try_start<A: App>(&self, database: &DatabaseConfig, overrides: Overrides) -> anyhow::Result<Served> {
        let mut all = trusting(&self.issuer);
        all.extend([("database.url", database.url.clone()), ("server.drain_deadline", "2s".to_owned())]);
        all.extend(overrides);
        let config = load::<A>(Layers { file: None, environment: false, overrides: all })?;
        A::migrate(&config).await?;
        let startup = Startup {
            clock: self.clock.clone(),
            ids: self.ids.clone(),
            token: TokenSource::Issuer(Arc::clone(&self.issuer), A::NAME),
            shutdown: CancellationToken::new(),
        };
        let (connect, connections) = mpsc::channel::<DuplexStream>(16);
        let incoming = ReceiverStream::new(connections).map(Ok::<_, std::io::Error>);
        let running = launch::<A, _, _, _>(config, incoming, startup).await?;
        Ok(Served { running, channel: pipe(connect), name: A::NAME })
    }
}

/// What a service is configured with to trust the tokens of an issuer.
pub(crate) fn trusting(issuer: &DevIssuer) -> Overrides {
    vec![
        ("auth.allow_development_issuer", "true".to_owned()),
        ("auth.issuers.development.jwks_file", issuer.jwks_path().display().to_string()),
        ("auth.issuers.development.issuer", issuer.issuer().to_owned()),
        ("auth.audience", issuer.audience().to_owned()),
    ]
}

fn pipe(connect: mpsc::Sender<DuplexStream>) -> Channel {
    Endpoint::from_static("http://pipe").connect_with_connector_lazy(tower::service_fn(move |_: Uri| {
        let connect = connect.clone();
        async move {
            let (near, far) = tokio::io::duplex(PIPE_BYTES);
            connect.send(far).await.map_err(|_| std::io::Error::from(std::io::ErrorKind::ConnectionRefused))?;
            Ok::<_, std::io::Error>(TokioIo::new(near))
        }
    }))
}

/// A service that runs in the test's process.
pub struct Served {
    running: Running,
    channel: Channel,
    name: &'static str,
}

impl Served {
    /// A channel for generated clients that presents `token`.
    ///
    /// # Panics
    /// When the API's descriptors can't be read.
    #[must_use]
    pub fn peer(&self, token: TokenSource) -> Peer {
        Peer::over(self.name, self.channel.clone(), token).expect("the API's descriptors")
    }

    /// A channel without a token.
    #[must_use]
    pub fn anonymous(&self) -> Channel {
        self.channel.clone()
    }

    /// Where a listener of the service's own listens.
    #[must_use]
    pub fn address_of(&self, listener: &str) -> Option<std::net::SocketAddr> {
        self.running.address_of(listener)
    }

    /// Drains and stops the service.
    ///
    /// # Panics
    /// When it does not stop well.
    pub async fn stop(self) {
        let Self { running, channel, name } = self;
        // Told to stop first: the last way in that closes before that is a failure of the service.
        let (stopped, ()) = tokio::join!(running.stop(), async move { drop(channel) });
        if let Err(error) = stopped {
            panic!("{name} did not stop well: {error:#}");
        }
    }
}

/// Serves a peer's part on a loopback port: what the service under test calls. Ends with the test.
///
/// # Panics
/// When no port is free.
pub async fn serve_peer(routes: tonic::service::Routes) -> (String, JoinHandle<()>) {
    let listener = TcpListener::bind(("127.0.0.1", 0)).await.expect("a free port");
    let url = format!("http://{}", listener.local_addr().expect("an address"));
    #[expect(clippy::disallowed_methods, reason = "the caller holds the handle")]
    let task = tokio::task::spawn(async move {
        Server::builder()
            .add_routes(routes)
            .serve_with_incoming(TcpIncoming::from(listener).with_nodelay(Some(true)))
            .await
            .expect("a server");
    });
    (url, task)
}
