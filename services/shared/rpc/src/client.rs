//! Calls to a peer of the mesh: token, deadline and trace context go with each.

use std::future::Future;
use std::path::PathBuf;
use std::pin::Pin;
use std::sync::LazyLock;
use std::task::{Context, Poll};
use std::time::Duration;

use http::{HeaderValue, Request, Response};
use serde::{Deserialize, Serialize};
use tonic::body::Body;
use tonic::transport::{Certificate, Channel, ClientTlsConfig, Endpoint, Identity};
use tower::Service;
use tracing::{Instrument as _, Span};

use crate::auth::TokenSource;
use crate::body::{Traced, record_status};
use crate::methods::Methods;
use crate::{Error, deadline, trace};

/// Where a peer is.
#[derive(Debug, Clone, Serialize, Deserialize, PartialEq, Eq)]
#[serde(deny_unknown_fields)]
pub struct PeerConfig {
    /// `http://host:port` or `https://host:port`.
    pub url: String,
    /// PEM file of the authorities to trust for https.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ca_file: Option<PathBuf>,
    /// PEM file of the client certificate, for mutual TLS.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cert_file: Option<PathBuf>,
    /// PEM file of the client key, for mutual TLS.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub key_file: Option<PathBuf>,
}

impl PeerConfig {
    /// A peer without TLS.
    pub fn plain(url: impl Into<String>) -> Self {
        Self { url: url.into(), ca_file: None, cert_file: None, key_file: None }
    }
}

/// Deadline of unary calls that set none and have no caller that waits.
const DEFAULT_TIMEOUT: Duration = Duration::from_secs(30);
const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);

/// The methods of the whole API: read once, whatever the number of peers.
static METHODS: LazyLock<Result<Methods, String>> = LazyLock::new(|| {
    let pool = throughline_proto::descriptors().map_err(ToString::to_string)?;
    Methods::from_pool(pool, None).map_err(|error| error.to_string())
});

/// A connection to a peer; cheap to clone. Use it as the channel of a generated client.
#[derive(Clone)]
pub struct Peer {
    name: &'static str,
    channel: Channel,
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
        let endpoint = endpoint(config).map_err(|cause| PeerError { name, url: config.url.clone(), cause })?;
        Self::over(name, endpoint.connect_lazy(), token).map_err(|cause| PeerError {
            name,
            url: config.url.clone(),
            cause,
        })
    }

    /// Uses a channel that exists, for example one over a duplex pipe.
    ///
    /// # Errors
    /// When the descriptors that were compiled in can't be read.
    pub fn over(name: &'static str, channel: Channel, token: TokenSource) -> Result<Self, String> {
        let methods = METHODS.as_ref().map_err(Clone::clone)?;
        Ok(Self { name, channel, token, methods, traced: true })
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

fn endpoint(config: &PeerConfig) -> Result<Endpoint, String> {
    let endpoint = Endpoint::from_shared(config.url.clone()).map_err(|e| e.to_string())?;
    let endpoint = endpoint
        .connect_timeout(CONNECT_TIMEOUT)
        .http2_keep_alive_interval(Duration::from_secs(20))
        .keep_alive_timeout(Duration::from_secs(10))
        .tcp_nodelay(true);
    if !config.url.starts_with("https://") {
        return Ok(endpoint);
    }
    let read = |path: &PathBuf| std::fs::read(path).map_err(|e| format!("{}: {e}", path.display()));
    let mut tls = ClientTlsConfig::new();
    if let Some(path) = &config.ca_file {
        tls = tls.ca_certificate(Certificate::from_pem(read(path)?));
    }
    if let (Some(cert), Some(key)) = (&config.cert_file, &config.key_file) {
        tls = tls.identity(Identity::from_pem(read(cert)?, read(key)?));
    }
    endpoint.tls_config(tls).map_err(|e| format!("{e:?}"))
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
        let default = (!self.methods.is_streaming(path)).then_some(DEFAULT_TIMEOUT);
        deadline::write(request.headers_mut(), default);
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
        let response = self.channel.call(request);
        let call_span = span.clone();
        Box::pin(
            async move {
                let response = response.await.inspect_err(|_| {
                    span.record("otel.status_code", "ERROR");
                })?;
                record_status(&span, response.headers());
                Ok(response.map(|body| Traced::wrap(body, span)))
            }
            .instrument(call_span),
        )
    }
}
