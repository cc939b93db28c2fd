//! Sends a unary call again: any call that never left for want of a connection, and one that only reads where the peer
//! answered UNAVAILABLE. A few times and within a budget, so that a peer in trouble is not asked more than a little more
//! often than before.

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use http::{HeaderMap, Request, Response};
use http_body_util::{BodyExt as _, Full};
use tokio::time::Instant;
use tonic::body::Body;
use tonic::transport::{Channel, Error};
use tonic::{Code, Status};
use tower::retry::budget::{Budget as _, TpsBudget};
use tower::{Service as _, ServiceExt as _};

/// How often a call was sent before: what a peer is told with it, and a caller with the answer (gRFC A6).
pub const PREVIOUS_ATTEMPTS: &str = "grpc-previous-rpc-attempts";

/// Waits before the second and the third try.
const BACKOFF: [Duration; 2] = [Duration::from_millis(50), Duration::from_millis(250)];
/// The budget: this many a second always, and a share of the calls of the last ten seconds.
const ALWAYS_PER_SECOND: u32 = 2;
const SHARE: f32 = 0.2;
const WINDOW: Duration = Duration::from_secs(10);

/// The budget of one peer.
#[derive(Clone)]
pub(super) struct Retries(Arc<TpsBudget>);

impl Default for Retries {
    fn default() -> Self {
        Self(Arc::new(TpsBudget::new(WINDOW, ALWAYS_PER_SECOND, SHARE)))
    }
}

impl Retries {
    /// Makes a call whose request is one message; one that `reads` may be carried out twice. No wait goes past `deadline`.
    /// `channel` must be ready.
    pub(super) async fn call(
        &self,
        mut channel: Channel,
        request: Request<Body>,
        reads: bool,
        deadline: Option<Instant>,
    ) -> Result<Response<Body>, Error> {
        self.0.deposit();
        let (parts, body) = request.into_parts();
        let body = match body.collect().await {
            Ok(body) => body.to_bytes(),
            Err(status) => return Ok(status.into_http()),
        };
        let request = || Request::from_parts(parts.clone(), whole(body.clone()));
        let mut answer = channel.call(request()).await;
        for (attempts, wait) in (1_u32..).zip(BACKOFF) {
            let again = never_left(&answer) || (reads && is_unavailable(&answer));
            let in_time = deadline.is_none_or(|deadline| Instant::now() + wait < deadline);
            if !again || !in_time || !self.0.withdraw() {
                break;
            }
            tokio::time::sleep(wait).await;
            let mut request = request();
            request.headers_mut().insert(PREVIOUS_ATTEMPTS, attempts.into());
            answer = channel.ready().await?.call(request).await;
            if let Ok(response) = &mut answer {
                response.headers_mut().insert(PREVIOUS_ATTEMPTS, attempts.into());
            }
        }
        answer
    }
}

fn whole(body: Bytes) -> Body {
    Body::new(Full::new(body).map_err(|never| -> Status { match never {} }))
}

/// Was there no connection to send it over?
fn never_left(answer: &Result<Response<Body>, Error>) -> bool {
    let first = answer.as_ref().err().map(|error| error as &dyn std::error::Error);
    std::iter::successors(first, |error| error.source()).any(|error| error.is::<tonic::ConnectError>())
}

/// Did the call fail on its way, or at a peer that can't serve now?
fn is_unavailable(answer: &Result<Response<Body>, Error>) -> bool {
    match answer {
        Ok(response) => code(response.headers()) == Some(Code::Unavailable),
        Err(_) => true,
    }
}

/// The status of an answer that is nothing else.
fn code(headers: &HeaderMap) -> Option<Code> {
    Some(Code::from_bytes(headers.get("grpc-status")?.as_bytes()))
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicU32, Ordering};

    use tonic::transport::server::TcpIncoming;
    use tonic::transport::{Endpoint, Server};

    use super::*;

    /// A channel to a server that is unavailable to a call that was sent less than `failures` times before, and the count of
    /// calls.
    async fn flaky(failures: u32, tasks: &mut tokio::task::JoinSet<()>) -> (Channel, Arc<AtomicU32>) {
        let calls = Arc::new(AtomicU32::new(0));
        let seen = Arc::clone(&calls);
        let app = axum::Router::new().fallback(async move |headers: HeaderMap| {
            seen.fetch_add(1, Ordering::SeqCst);
            let away = previous_attempts(&headers) < failures;
            let status = if away { Status::unavailable("draining") } else { Status::ok("") };
            status.into_http::<axum::body::Body>()
        });
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        tasks.spawn(async move {
            let server = Server::builder().add_routes(tonic::service::Routes::from(app));
            server.serve_with_incoming(TcpIncoming::from(listener)).await.unwrap();
        });
        (Endpoint::from_shared(url).unwrap().connect().await.unwrap(), calls)
    }

    fn previous_attempts(headers: &HeaderMap) -> u32 {
        headers.get(PREVIOUS_ATTEMPTS).map_or(0, |attempts| attempts.to_str().unwrap().parse().unwrap())
    }

    async fn call(retries: &Retries, channel: &Channel, reads: bool) -> HeaderMap {
        let mut channel = channel.clone();
        channel.ready().await.unwrap();
        let request = Request::post("/a.B/GetC").body(whole(Bytes::from_static(b"request"))).unwrap();
        retries.call(channel, request, reads, None).await.unwrap().into_parts().0.headers
    }

    #[tokio::test]
    async fn a_peer_that_comes_back_soon_is_not_noticed() {
        let mut tasks = tokio::task::JoinSet::new();
        let (channel, calls) = flaky(2, &mut tasks).await;
        let answer = call(&Retries::default(), &channel, true).await;
        assert_eq!((code(&answer), previous_attempts(&answer)), (Some(Code::Ok), 2));
        assert_eq!(calls.load(Ordering::SeqCst), 3);
    }

    #[tokio::test]
    async fn a_peer_that_stays_away_is_not_asked_much_more_often() {
        let mut tasks = tokio::task::JoinSet::new();
        let (channel, calls) = flaky(u32::MAX, &mut tasks).await;
        let retries = Retries(Arc::new(TpsBudget::new(WINDOW, 0, SHARE)));
        for _ in 0..20 {
            assert_eq!(code(&call(&retries, &channel, true).await), Some(Code::Unavailable));
        }
        assert!(calls.load(Ordering::SeqCst) <= 25, "{calls:?}");
    }

    #[tokio::test]
    async fn a_change_is_sent_again_only_when_it_never_left() {
        let mut tasks = tokio::task::JoinSet::new();
        let (channel, calls) = flaky(1, &mut tasks).await;
        let answer = call(&Retries::default(), &channel, false).await;
        assert_eq!((code(&answer), previous_attempts(&answer)), (Some(Code::Unavailable), 0));
        assert_eq!(calls.load(Ordering::SeqCst), 1);
        // Nobody listens on this port any more.
        let port = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        let mut nobody = Endpoint::from_shared(format!("http://127.0.0.1:{port}")).unwrap().connect_lazy();
        nobody.ready().await.unwrap();
        let answer = nobody.call(Request::post("/a.B/SetC").body(Body::empty()).unwrap()).await;
        assert!(never_left(&answer));
    }
}
