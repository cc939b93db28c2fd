//! Calls to a peer of the mesh: token, deadline and trace context go with each. Calls are balanced over the addresses of
//! the peer, and those that only read are sent again where it is away for a moment.

mod balance;
mod retry;
mod target;

use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use http::{HeaderValue, Request, Response};
use tokio::time::Instant;
use tonic::Status;
use tonic::body::Body;
use tonic::transport::Channel;
use tower::Service;
use tracing::{Instrument as _, Span};

pub use retry::PREVIOUS_ATTEMPTS;
pub use target::PeerConfig;

use crate::auth::TokenSource;
use crate::body::{Traced, record_status};
use crate::methods::Methods;
use crate::{Error, Reason, deadline, trace};
use balance::Balance;
use retry::Retries;
use target::Target;

/// Deadline of unary calls that set none and have no caller that waits.
pub(crate) const DEFAULT_TIMEOUT: Duration = Duration::from_secs(30);

/// A connection to a peer; cheap to clone. Use it as the channel of a generated client.
#[derive(Clone)]
pub struct Peer {
    name: &'static str,
    channel: Channel,
    balance: Balance,
    retries: Retries,
    token: TokenSource,
    methods: &'static Methods,
    traced: bool,
}

impl Peer {
    /// Prepares the connection; it is made at the first call and again after it breaks.
    ///
    /// # Errors
    /// When the address or a certificate file is wrong.
    pub fn connect(name: &'static str, config: &PeerConfig, token: TokenSource) -> Result<Self, PeerError> {
        let (channel, balance) = Target::new(config)
            .and_then(|target| balance::channel(name, target))
            .map_err(|cause| PeerError { name, url: config.url.clone(), cause })?;
        let peer = Self::over(name, channel, token);
        let peer = peer.map_err(|cause| PeerError { name, url: config.url.clone(), cause })?;
        Ok(Self { balance, ..peer })
    }

    /// Uses a channel that exists, for example one over a duplex pipe.
    ///
    /// # Errors
    /// When the descriptors that were compiled in can't be read.
    pub fn over(name: &'static str, channel: Channel, token: TokenSource) -> Result<Self, String> {
        let methods = Methods::api()?;
        Ok(Self { name, channel, balance: Balance::fixed(), retries: Retries::default(), token, methods, traced: true })
    }

    /// The same connection for asking again and again: its calls leave no spans, neither here nor at the peer.
    #[must_use]
    pub fn untraced(mut self) -> Self {
        self.traced = false;
        self
    }

    /// Name of the peer, as errors give it.
    #[must_use]
    pub fn name(&self) -> &'static str {
        self.name
    }

    /// Translates a status that this peer answered.
    #[must_use]
    pub fn error(&self, status: &tonic::Status) -> Error {
        Error::from_peer(self.name, status)
    }
}

/// Why a peer can't be configured.
#[derive(Debug, Clone)]
pub struct PeerError {
    name: &'static str,
    url: String,
    cause: String,
}

impl std::fmt::Display for PeerError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "peers.{} at {}: {}", self.name, self.url, self.cause)
    }
}

impl std::error::Error for PeerError {}

impl Service<Request<Body>> for Peer {
    type Response = Response<Body>;
    type Error = tonic::transport::Error;
    type Future = Pin<Box<dyn Future<Output = Result<Self::Response, Self::Error>> + Send>>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), Self::Error>> {
        Service::poll_ready(&mut self.channel, cx)
    }

    fn call(&mut self, mut request: Request<Body>) -> Self::Future {
        let path = request.uri().path();
        let span = if self.traced { trace::client_span(path.trim_start_matches('/'), self.name) } else { Span::none() };
        let method = self.methods.get(path);
        let default = method.filter(|method| !method.streaming).map(|_| DEFAULT_TIMEOUT);
        let (unary, reads) = method.map_or((false, false), |method| (!method.streaming, method.reads));
        let timeout = deadline::write(request.headers_mut(), default);
        if self.traced {
            trace::inject(&span, request.headers_mut());
        } else {
            trace::inject_unsampled(request.headers_mut());
        }
        if let Some(token) = self.token.bearer()
            && let Ok(mut value) = HeaderValue::from_str(&format!("Bearer {token}"))
        {
            value.set_sensitive(true);
            request.headers_mut().insert(http::header::AUTHORIZATION, value);
        }
        // The clone takes the place of the channel that is ready.
        let clone = self.channel.clone();
        let channel = std::mem::replace(&mut self.channel, clone);
        let (balance, retries, name) = (self.balance.clone(), self.retries.clone(), self.name);
        let answer = async move {
            if balance.reachable().await.is_err() {
                return Ok(away(name).into_http());
            }
            let deadline = timeout.map(|timeout| Instant::now() + timeout);
            if unary { retries.call(channel, request, reads, deadline).await } else { once(channel, request).await }
        };
        let call_span = span.clone();
        Box::pin(
            async move {
                let answer = match timeout {
                    // The peer says so itself unless it is gone.
                    Some(timeout) => tokio::time::timeout(timeout, answer).await.unwrap_or_else(|_| Ok(late(name))),
                    None => answer.await,
                };
                let response = answer.inspect_err(|_| {
                    span.record("otel.status_code", "ERROR");
                })?;
                record_status(&span, response.headers());
                Ok(response.map(|body| Traced::wrap(body, span, None)))
            }
            .instrument(call_span),
        )
    }
}

async fn once(mut channel: Channel, request: Request<Body>) -> Result<Response<Body>, tonic::transport::Error> {
    channel.call(request).await
}

fn away(peer: &str) -> Status {
    Error::unavailable(Reason::PeerUnavailable, format!("{peer} is away: its name has no address"))
        .with_metadata("peer", peer)
        .into()
}

fn late(peer: &str) -> Response<Body> {
    let message = format!("{peer} did not answer in time");
    let late = Error::new(tonic::Code::DeadlineExceeded, Reason::DeadlineExceeded, message);
    Status::from(late.with_metadata("peer", peer)).into_http()
}
