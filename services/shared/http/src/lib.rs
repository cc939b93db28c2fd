//! HTTP and HTTPS to what stands outside the mesh: issuers, language models, object stores. It owns the connections, whom they trust
//! and the size of what is taken; deadlines and what an answer means belong to the caller.

use std::error::Error as _;
use std::time::Duration;

use bytes::Bytes;
use http::{Request, Response};
use http_body_util::{BodyExt as _, Full, LengthLimitError, Limited};
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
        let client = hyper_util::client::legacy::Client::builder(TokioExecutor::new())
            .pool_timer(TokioTimer::new())
            .pool_idle_timeout(IDLE_TIMEOUT)
            .pool_max_idle_per_host(MAX_IDLE_CONNECTIONS)
            .build(connector(authorities, true)?);
        Ok(Self(client))
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
        let response = self.0.request(request).await.map_err(|error| {
            let cause = error.source().map_or_else(String::new, |cause| format!(": {cause}"));
            Error::Unreachable(format!("{error}{cause}"))
        })?;
        let (parts, body) = response.into_parts();
        if parts.status != status {
            return Ok(Response::from_parts(parts, Bytes::new()));
        }
        let body = Limited::new(body, max_bytes).collect().await.map_err(|error| {
            if error.is::<LengthLimitError>() {
                Error::TooLong(max_bytes)
            } else {
                Error::Unreachable(error.to_string())
            }
        })?;
        Ok(Response::from_parts(parts, body.to_bytes()))
    }
}

/// Connections for clients that have bodies or pools of their own: trusts the authorities of a PEM file and no other;
/// without one, those that browsers trust. Takes `http://` only if `plain`.
///
/// # Errors
/// When the PEM holds no certificate.
pub fn connector(authorities: Option<&[u8]>, plain: bool) -> Result<Connector, Error> {
    let builder = HttpsConnectorBuilder::new();
    let provider = rustls::crypto::aws_lc_rs::default_provider();
    let refuse = |error: rustls::Error| Error::Authorities(error.to_string());
    let builder = match authorities {
        None => builder.with_provider_and_webpki_roots(provider).map_err(refuse)?,
        Some(pem) => {
            let config = ClientConfig::builder_with_provider(provider.into())
                .with_safe_default_protocol_versions()
                .map_err(refuse)?
                .with_root_certificates(roots(pem)?)
                .with_no_client_auth();
            builder.with_tls_config(config)
        }
    };
    let mut tcp = HttpConnector::new();
    tcp.enforce_http(false);
    tcp.set_connect_timeout(Some(CONNECT_TIMEOUT));
    let builder = if plain { builder.https_or_http() } else { builder.https_only() };
    Ok(builder.enable_http1().wrap_connector(tcp))
}

fn roots(pem: &[u8]) -> Result<RootCertStore, Error> {
    let mut roots = RootCertStore::empty();
    for certificate in CertificateDer::pem_slice_iter(pem) {
        let certificate = certificate.map_err(|error| Error::Authorities(error.to_string()))?;
        roots.add(certificate).map_err(|error| Error::Authorities(error.to_string()))?;
    }
    if roots.is_empty() { Err(Error::Authorities("no certificate in it".to_owned())) } else { Ok(roots) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_without_certificates_is_refused() {
        assert!(Client::new(Some(b"nothing")).is_err());
        assert!(Client::new(None).is_ok());
    }
}
