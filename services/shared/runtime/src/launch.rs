//! Starts one service on a listener, or on any stream of connections, and stops it in order.

use std::future::Future;
use std::net::SocketAddr;
use std::sync::Arc;

use anyhow::Context as _;
use futures::Stream;
use throughline_rpc::auth::{AuthLayer, Verifier};
use throughline_rpc::methods::Methods;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpListener;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;
use tonic::transport::server::{Connected, TcpIncoming};

use crate::app::{App, Startup};
use crate::serve::Service;
use crate::tls::Tls;

/// A service that serves.
pub struct Running {
    name: &'static str,
    address: Option<SocketAddr>,
    admin: Option<SocketAddr>,
    /// Listeners of the service's own, by name.
    others: Vec<(&'static str, SocketAddr)>,
    shutdown: CancellationToken,
    task: JoinHandle<anyhow::Result<()>>,
}

impl Running {
    /// Where it listens; none when it was not started on a TCP listener.
    #[must_use]
    pub fn address(&self) -> Option<SocketAddr> {
        self.address
    }

    /// Where health and metrics are answered in plain; none when it was not configured.
    #[must_use]
    pub fn admin_address(&self) -> Option<SocketAddr> {
        self.admin
    }

    /// Where a listener of the service's own listens; none of that name when it is not configured.
    #[must_use]
    pub fn address_of(&self, listener: &str) -> Option<SocketAddr> {
        self.others.iter().find(|(name, _)| *name == listener).map(|(_, address)| *address)
    }

    /// Its name.
    #[must_use]
    pub fn name(&self) -> &'static str {
        self.name
    }

    /// Ends when the service has ended by itself, which is a failure.
    ///
    /// # Errors
    /// Why it ended.
    pub async fn wait(&mut self) -> anyhow::Result<()> {
        (&mut self.task).await.map_err(anyhow::Error::new).flatten()
    }

    /// Drains and stops it.
    ///
    /// # Errors
    /// When a worker failed on the way.
    pub async fn stop(self) -> anyhow::Result<()> {
        self.shutdown.cancel();
        self.task.await.map_err(anyhow::Error::new).flatten()
    }
}

/// Takes the port first, so that a port in use is said before anything else is touched.
///
/// # Errors
/// When the address can't be taken.
pub async fn bind(service: &str, address: SocketAddr) -> anyhow::Result<TcpListener> {
    TcpListener::bind(address).await.with_context(|| format!("{service} can't listen on {address}"))
}

/// Starts a service on a listener.
///
/// # Errors
/// When it can't be put together; nothing serves then.
pub async fn launch_tcp<A: App>(config: A::Config, listener: TcpListener, startup: Startup) -> anyhow::Result<Running> {
    let address = listener.local_addr()?;
    let incoming = TcpIncoming::from(listener).with_nodelay(Some(true));
    let mut running = launch::<A, _, _, _>(config, incoming, startup).await?;
    running.address = Some(address);
    Ok(running)
}

/// Starts a service on any stream of connections, for example one end of a duplex pipe.
///
/// # Errors
/// When it can't be put together; nothing serves then.
pub async fn launch<A, I, IO, IE>(config: A::Config, incoming: I, startup: Startup) -> anyhow::Result<Running>
where
    A: App,
    I: Stream<Item = Result<IO, IE>> + Send + 'static,
    IO: AsyncRead + AsyncWrite + Connected + Unpin + Send + 'static,
    IE: Into<tower::BoxError> + Send + 'static,
{
    let sections = A::sections(&config);
    let admin = match sections.server.admin_listen {
        Some(address) => Some(bind(&format!("{} (server.admin_listen)", A::NAME), address).await?),
        None => None,
    };
    let tls = sections.server.tls.as_ref().map(|tls| Tls::open(tls, "server.tls", b"h2")).transpose()?;
    let verifier = Arc::new(Verifier::open(sections.auth, startup.clock.clone())?);
    let mut parts = A::build(config, &startup).await.with_context(|| format!("{} can't start", A::NAME))?;
    let pool = throughline_proto::descriptors().map_err(|error| anyhow::anyhow!("{error}"))?;
    let methods = Arc::new(Methods::from_pool(pool, Some(&parts.services))?);
    let keys = Arc::clone(&verifier);
    parts = parts.readiness("auth", move || {
        let ready = keys.ready().map_err(anyhow::Error::new);
        async move { ready }
    });
    let keys = Arc::clone(&verifier);
    parts = parts.worker("auth", |shutdown| async move {
        keys.keep_fresh(shutdown).await;
        Ok(())
    });
    let admin_address = admin.as_ref().map(TcpListener::local_addr).transpose()?;
    let shutdown = startup.shutdown.clone();
    let others = parts.listeners.clone();
    let server = Service {
        name: A::NAME,
        auth: AuthLayer::new(verifier, methods),
        config: sections.server,
        admin,
        shutdown: startup.shutdown,
    };
    let task = match tls {
        None => spawn(server.run(parts, incoming)),
        Some(tls) => {
            let incoming = tls.accept(incoming);
            parts = parts.worker("certificates", |shutdown| async move {
                tls.keep_fresh(shutdown).await;
                Ok(())
            });
            spawn(server.run(parts, incoming))
        }
    };
    Ok(Running { name: A::NAME, address: None, admin: admin_address, others, shutdown, task })
}

fn spawn(run: impl Future<Output = anyhow::Result<()>> + Send + 'static) -> JoinHandle<anyhow::Result<()>> {
    #[expect(clippy::disallowed_methods, reason = "Running awaits the handle")]
    tokio::task::spawn(run)
}
