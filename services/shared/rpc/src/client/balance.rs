//! The channel to a peer, balanced over its addresses: the name is looked up again every few seconds.

use std::collections::BTreeSet;
use std::future::Future;
use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::mpsc::Sender;
use tokio::sync::watch;
use tokio_util::task::AbortOnDropHandle;
use tonic::transport::Channel;
use tonic::transport::channel::Change;

use super::target::{CONNECT_TIMEOUT, Target};

/// How often a name is looked up.
const INTERVAL: Duration = Duration::from_secs(5);
/// How soon it is looked up again after it had no address.
const RETRY: Duration = Duration::from_secs(1);
/// Changes of addresses under way to the balancer.
const CHANGES: usize = 64;

/// An address comes or goes; None is wherever the URL says.
type Changes = Sender<Change<Option<SocketAddr>, tonic::transport::Endpoint>>;

/// Has the peer an address?
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Found {
    /// Not looked up yet.
    Soon,
    /// None was ever found.
    No,
    Yes,
}

/// What keeps a channel's addresses up to date; ends with its last clone.
#[derive(Clone)]
pub(super) struct Balance {
    found: watch::Receiver<Found>,
    _task: Option<Arc<AbortOnDropHandle<()>>>,
}

impl Balance {
    /// For a channel that looks after itself.
    pub(super) fn fixed() -> Self {
        Self { found: watch::channel(Found::Yes).1, _task: None }
    }

    /// Passes once an address was found, and fails once none was.
    pub(super) async fn reachable(&self) -> Result<(), ()> {
        let mut found = self.found.clone();
        let looked_up = found.wait_for(|found| *found != Found::Soon).await.map(|found| *found);
        if matches!(looked_up, Ok(Found::No)) { Err(()) } else { Ok(()) }
    }
}

/// The channel to a target. Call it inside the tokio runtime.
pub(super) fn channel(peer: &'static str, target: Target) -> Result<(Channel, Balance), String> {
    if target.is_fixed() {
        return Ok((target.endpoint(None)?.connect_lazy(), Balance::fixed()));
    }
    Ok(balanced(peer, target, INTERVAL, |name, port| async move {
        let looked_up = tokio::time::timeout(CONNECT_TIMEOUT, tokio::net::lookup_host((name, port))).await;
        Ok(looked_up.map_err(|_| io::Error::from(io::ErrorKind::TimedOut))??.collect())
    }))
}

fn balanced<L, F>(peer: &'static str, target: Target, interval: Duration, look_up: L) -> (Channel, Balance)
where
    L: Fn(String, u16) -> F + Send + 'static,
    F: Future<Output = io::Result<BTreeSet<SocketAddr>>> + Send + 'static,
{
    let (channel, changes) = Channel::balance_channel(CHANGES);
    let (found, seen) = watch::channel(Found::Soon);
    #[expect(clippy::disallowed_methods, reason = "the handle ends it with the last clone of the peer")]
    let task = tokio::task::spawn(keep_fresh(peer, target, interval, look_up, changes, found));
    (channel, Balance { found: seen, _task: Some(Arc::new(AbortOnDropHandle::new(task))) })
}

/// Ends when the channel is gone.
async fn keep_fresh<L, F>(
    peer: &'static str,
    mut target: Target,
    interval: Duration,
    look_up: L,
    changes: Changes,
    found: watch::Sender<Found>,
) where
    L: Fn(String, u16) -> F,
    F: Future<Output = io::Result<BTreeSet<SocketAddr>>>,
{
    let mut known: BTreeSet<Option<SocketAddr>> = BTreeSet::new();
    loop {
        let looked_up = match target.name() {
            None => Ok(BTreeSet::from([None])),
            Some((name, port)) => {
                look_up(name.to_owned(), port).await.map(|addresses| addresses.into_iter().map(Some).collect())
            }
        };
        match looked_up {
            Ok(now) if !now.is_empty() => {
                for &address in now.difference(&known) {
                    if !insert(peer, &target, address, &changes).await {
                        return;
                    }
                }
                for &address in known.difference(&now) {
                    if changes.send(Change::Remove(address)).await.is_err() {
                        return;
                    }
                }
                if known != now {
                    tracing::debug!(peer, addresses = now.len(), "addresses of the peer");
                }
                known = now;
                found.send_replace(Found::Yes);
            }
            // Those that were found last stay: it may be the name server that is away.
            Ok(_) => tracing::debug!(peer, "the name of the peer has no address"),
            Err(error) => tracing::debug!(peer, %error, "the name of the peer can't be looked up"),
        }
        if *found.borrow() == Found::Soon {
            found.send_replace(Found::No);
        }
        let wait = if known.is_empty() { RETRY.min(interval) } else { interval };
        tokio::select! {
            () = tokio::time::sleep(wait) => {}
            () = target.renewed(peer) => {
                for &address in &known {
                    if !insert(peer, &target, address, &changes).await {
                        return;
                    }
                }
            }
        }
    }
}

/// Adds an address, or replaces it; false when the channel is gone. Calls go on over the old connection until the new
/// one stands.
async fn insert(peer: &'static str, target: &Target, address: Option<SocketAddr>, changes: &Changes) -> bool {
    match target.endpoint(address) {
        Ok(endpoint) => changes.send(Change::Insert(address, endpoint)).await.is_ok(),
        Err(error) => {
            tracing::warn!(peer, ?address, error, "the peer can't be connected to at this address");
            true
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Mutex;

    use bytes::Bytes;
    use http::{Request, Response};
    use http_body_util::{BodyExt as _, Full};
    use tonic::body::Body;
    use tower::{Service as _, ServiceExt as _};

    use super::*;
    use crate::client::PeerConfig;

    /// A server that answers every call with its own address.
    async fn server(tasks: &mut tokio::task::JoinSet<()>) -> SocketAddr {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let app = axum::Router::new().fallback(async move || address.to_string());
        tasks.spawn(async move {
            let incoming = tonic::transport::server::TcpIncoming::from(listener);
            let routes = tonic::service::Routes::from(app);
            tonic::transport::Server::builder().add_routes(routes).serve_with_incoming(incoming).await.unwrap();
        });
        address
    }

    async fn ask(channel: &mut Channel) -> Result<String, String> {
        let request =
            Request::post("/").body(Body::new(Full::new(Bytes::new()).map_err(|never| match never {}))).unwrap();
        let response: Response<Body> =
            channel.ready().await.unwrap().call(request).await.map_err(|error| error.to_string())?;
        let body = response.into_body().collect().await.map_err(|error| error.to_string())?;
        Ok(String::from_utf8(body.to_bytes().to_vec()).unwrap())
    }

    #[tokio::test]
    async fn calls_go_to_all_addresses_of_the_name_and_follow_it() {
        let mut tasks = tokio::task::JoinSet::new();
        let (first, second) = (server(&mut tasks).await, server(&mut tasks).await);
        let addresses = Arc::new(Mutex::new(BTreeSet::from([first, second])));
        let dns = Arc::clone(&addresses);
        let target = Target::new(&PeerConfig::plain("http://evaluator.mesh:7402")).unwrap();
        let (mut channel, balance) = balanced("peer", target, Duration::from_millis(10), move |name, port| {
            assert_eq!((name.as_str(), port), ("evaluator.mesh", 7402));
            std::future::ready(Ok(dns.lock().unwrap().clone()))
        });
        balance.reachable().await.unwrap();
        let mut seen = BTreeSet::new();
        tokio::time::timeout(Duration::from_secs(10), async {
            while seen.len() < 2 {
                seen.insert(ask(&mut channel).await.unwrap());
            }
        })
        .await
        .unwrap();
        addresses.lock().unwrap().remove(&first);
        // The one that has vanished from the name is left alone after a moment: 20 calls in a row go to the other.
        tokio::time::timeout(Duration::from_secs(10), async {
            let mut others = 0;
            while others < 20 {
                others = if ask(&mut channel).await.unwrap() == second.to_string() { others + 1 } else { 0 };
                tokio::task::yield_now().await;
            }
        })
        .await
        .unwrap();
    }

    #[tokio::test]
    async fn a_name_without_address_is_unreachable_until_it_has_one() {
        let mut tasks = tokio::task::JoinSet::new();
        let address = server(&mut tasks).await;
        let addresses = Arc::new(Mutex::new(BTreeSet::new()));
        let dns = Arc::clone(&addresses);
        let target = Target::new(&PeerConfig::plain("http://evaluator.mesh:7402")).unwrap();
        let (mut channel, balance) = balanced("peer", target, Duration::from_millis(10), move |_, _| {
            std::future::ready(Ok(dns.lock().unwrap().clone()))
        });
        assert!(balance.reachable().await.is_err());
        addresses.lock().unwrap().insert(address);
        tokio::time::timeout(Duration::from_secs(10), async {
            while balance.reachable().await.is_err() {
                tokio::task::yield_now().await;
            }
        })
        .await
        .unwrap();
        assert_eq!(ask(&mut channel).await.unwrap(), address.to_string());
    }
}
