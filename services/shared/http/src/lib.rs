//! HTTP and HTTPS to what stands outside the mesh: issuers, language models, object stores. It owns the connections, whom they trust
//! and the size of what is taken; deadlines and what an answer means belong to the caller.

use std::error::Error as _;
use std::time::Duration;

use bytes::{Bytes, BytesMut};
use http::{Request, Response, response};
use http_body_util::{BodyExt as _, Full, LengthLimitError, Limited};
use hyper::body::Incoming;
use hyper_rustls::{HttpsConnector, HttpsConnectorBuilder};
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::{TokioExecutor, TokioTimer};
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject as _;
use rustls::{ClientConfig, RootCertStore};

const MAX_IDLE_CONNECTIONS: usize = 4;
const IDLE_TIMEOUT: Duration = Duration::from_secs(30);
/// A host that does not answer a connection in this time is away.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);

/// TCP, and TLS over it.
pub type Connector = HttpsConnector<HttpConnector>;

/// Why there is no answer.
#[derive(Debug, Clone, thiserror::Error)]
pub enum Error {
    /// The authorities can't be used.
    #[error("{0}")]
    Authorities(String),
    /// The connection failed.
    #[error("{0}")]
    Unreachable(String),
    /// The answer is longer than that many bytes.
    #[error("the answer is longer than {0} bytes")]
    TooLong(usize),
}

/// A client with a small pool of connections; cheap to clone.
#[derive(Debug, Clone)]
pub struct Client(hyper_util::client::legacy::Client<Connector, Full<Bytes>>);

impl Client {
    /// Trusts the authorities of a PEM file for https and no other; without one, those that browsers trust.
    ///
    /// # Errors
    /// When the PEM holds no certificate.
    pub fn new(authorities: Option<&[u8]>) -> Result<Self, Error> {
        Ok(Self::over(connector(authorities, true)?))
    }

    /// Trusts those that browsers trust and, with a PEM file, its authorities too.
    ///
    /// # Errors
    /// When the PEM holds no certificate.
    pub fn trusting_also(authorities: Option<&[u8]>) -> Result<Self, Error> {
        let roots = authorities.map_or_else(|| Ok(public()), |pem| with(public(), pem))?;
        Ok(Self::over(trusting(roots, true)?))
    }

    fn over(connector: Connector) -> Self {
        let client = hyper_util::client::legacy::Client::builder(TokioExecutor::new())
            .pool_timer(TokioTimer::new())
            .pool_idle_timeout(IDLE_TIMEOUT)
            .pool_max_idle_per_host(MAX_IDLE_CONNECTIONS)
            .build(connector);
        Self(client)
    }

    /// Sends a request; the body of the answer is read when it has `status`, up to `max_bytes`, and else left alone.
    ///
    /// # Errors
    /// When there is no answer, or one that is too long.
    pub async fn send(
        &self,
        request: Request<Full<Bytes>>,
        status: http::StatusCode,
        max_bytes: usize,
    ) -> Result<Response<Bytes>, Error> {
        let answer = self.open(request).await?;
        if answer.parts.status != status {
            return Ok(Response::from_parts(answer.parts, Bytes::new()));
        }
        answer.whole(max_bytes).await
    }

    /// Sends a request and returns once the head of the answer is there.
    ///
    /// # Errors
    /// When there is no answer.
    pub async fn open(&self, request: Request<Full<Bytes>>) -> Result<Answer, Error> {
        let response = self.0.request(request).await.map_err(|error| {
            let cause = error.source().map_or_else(String::new, |cause| format!(": {cause}"));
            Error::Unreachable(format!("{error}{cause}"))
        })?;
        let (parts, body) = response.into_parts();
        Ok(Answer { parts, body })
    }
}

/// An answer whose body was not read yet; when dropped unread, its connection is closed.
#[derive(Debug)]
pub struct Answer {
    parts: response::Parts,
    body: Incoming,
}

impl Answer {
    /// Its status.
    #[must_use]
    pub fn status(&self) -> http::StatusCode {
        self.parts.status
    }

    /// Its headers.
    #[must_use]
    pub fn headers(&self) -> &http::HeaderMap {
        &self.parts.headers
    }

    /// Reads the body to its end.
    ///
    /// # Errors
    /// When it is longer than `max_bytes`, or ends before it should.
    pub async fn whole(self, max_bytes: usize) -> Result<Response<Bytes>, Error> {
        let body = Limited::new(self.body, max_bytes).collect().await.map_err(|error| {
            if error.is::<LengthLimitError>() {
                Error::TooLong(max_bytes)
            } else {
                Error::Unreachable(error.to_string())
            }
        })?;
        Ok(Response::from_parts(self.parts, body.to_bytes()))
    }

    /// The first `max_bytes` of the body, or as many as came: enough to say what an error was about.
    pub async fn start(mut self, max_bytes: usize) -> Bytes {
        let mut start = BytesMut::new();
        while start.len() < max_bytes
            && let Some(Ok(frame)) = self.body.frame().await
        {
            if let Some(data) = frame.data_ref() {
                start.extend_from_slice(data);
            }
        }
        start.truncate(max_bytes);
        start.freeze()
    }
}

/// Connections for clients that have bodies or pools of their own: trusts the authorities of a PEM file and no other;
/// without one, those that browsers trust. Takes `http://` only if `plain`.
///
/// # Errors
/// When the PEM holds no certificate.
pub fn connector(authorities: Option<&[u8]>, plain: bool) -> Result<Connector, Error> {
    let roots = authorities.map_or_else(|| Ok(public()), |pem| with(RootCertStore::empty(), pem))?;
    trusting(roots, plain)
}

fn trusting(roots: RootCertStore, plain: bool) -> Result<Connector, Error> {
    let provider = rustls::crypto::aws_lc_rs::default_provider();
    let config = ClientConfig::builder_with_provider(provider.into())
        .with_safe_default_protocol_versions()
        .map_err(|error| Error::Authorities(error.to_string()))?
        .with_root_certificates(roots)
        .with_no_client_auth();
    let mut tcp = HttpConnector::new();
    tcp.enforce_http(false);
    tcp.set_connect_timeout(Some(CONNECT_TIMEOUT));
    let builder = HttpsConnectorBuilder::new().with_tls_config(config);
    let builder = if plain { builder.https_or_http() } else { builder.https_only() };
    Ok(builder.enable_http1().wrap_connector(tcp))
}

fn public() -> RootCertStore {
    webpki_roots::TLS_SERVER_ROOTS.iter().cloned().collect()
}

/// Adds the certificates of a PEM file, of which there must be one.
fn with(mut roots: RootCertStore, pem: &[u8]) -> Result<RootCertStore, Error> {
    let known = roots.len();
    for certificate in CertificateDer::pem_slice_iter(pem) {
        let certificate = certificate.map_err(|error| Error::Authorities(error.to_string()))?;
        roots.add(certificate).map_err(|error| Error::Authorities(error.to_string()))?;
    }
    if roots.len() == known { Err(Error::Authorities("no certificate in it".to_owned())) } else { Ok(roots) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_without_certificates_is_refused() {
        assert!(Client::new(Some(b"nothing")).is_err());
        assert!(Client::trusting_also(Some(b"nothing")).is_err());
        assert!(Client::new(None).is_ok() && Client::trusting_also(None).is_ok());
    }
}
