//! Where a peer is, as it was configured, and the endpoint of each of its addresses.

use std::net::{IpAddr, SocketAddr};
use std::path::PathBuf;
use std::time::Duration;

use http::Uri;
use serde::{Deserialize, Serialize};
use tonic::transport::{Certificate, ClientTlsConfig, Endpoint, Identity};

use crate::files::Watched;

/// Longest wait for a connection, and for the handshake on it.
pub(super) const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);

/// Where a peer is.
#[derive(Debug, Clone, Serialize, Deserialize, PartialEq, Eq)]
#[serde(deny_unknown_fields)]
pub struct PeerConfig {
    /// `http://host:port` or `https://host:port`. Calls are balanced over all addresses that the host has.
    pub url: String,
    /// PEM file of the authorities to trust for https. These files are looked at again every few seconds.
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

/// A peer that can be connected to.
pub(super) struct Target {
    uri: Uri,
    host: String,
    port: u16,
    tls: Option<Tls>,
}

struct Tls {
    files: Watched,
    authorities: bool,
    identity: bool,
    config: ClientTlsConfig,
}

impl Target {
    pub(super) fn new(config: &PeerConfig) -> Result<Self, String> {
        let uri: Uri = config.url.parse().map_err(|error: http::uri::InvalidUri| error.to_string())?;
        let host = uri.host().ok_or("no host in it")?.to_owned();
        let (default_port, encrypted) = match uri.scheme_str() {
            Some("https") => (443, true),
            Some("http") => (80, false),
            _ => return Err("must start with http:// or https://".to_owned()),
        };
        let port = uri.port_u16().unwrap_or(default_port);
        let tls = encrypted.then(|| Tls::open(config)).transpose()?;
        let target = Self { uri, host, port, tls };
        // So that a certificate that can't be used is said at start.
        target.endpoint(None)?;
        Ok(target)
    }

    /// The name to look up; none where the URL says the address. `localhost` has several of which one is listened on,
    /// and connecting tries them in turn.
    pub(super) fn name(&self) -> Option<(&str, u16)> {
        let literal = self.host.trim_start_matches('[').trim_end_matches(']').parse::<IpAddr>().is_ok();
        (!literal && self.host != "localhost").then_some((self.host.as_str(), self.port))
    }

    /// The endpoint at an address, or as the URL says.
    pub(super) fn endpoint(&self, address: Option<SocketAddr>) -> Result<Endpoint, String> {
        let endpoint = match address {
            None => Endpoint::from(self.uri.clone()),
            Some(address) => {
                let scheme = if self.tls.is_some() { "https" } else { "http" };
                let uri: Uri =
                    format!("{scheme}://{address}").parse().map_err(|e: http::uri::InvalidUri| e.to_string())?;
                Endpoint::from(uri).origin(self.uri.clone())
            }
        };
        let endpoint = endpoint
            .connect_timeout(CONNECT_TIMEOUT)
            .http2_keep_alive_interval(Duration::from_secs(20))
            .keep_alive_timeout(Duration::from_secs(10))
            .tcp_nodelay(true);
        match &self.tls {
            None => Ok(endpoint),
            Some(tls) => endpoint.tls_config(tls.config.clone()).map_err(|error| format!("{error:?}")),
        }
    }

    /// Does anything of it change over time?
    pub(super) fn is_fixed(&self) -> bool {
        self.name().is_none() && self.tls.as_ref().is_none_or(|tls| tls.files.contents().is_empty())
    }

    /// Ends once its certificates have changed and the new ones are in use; never without TLS.
    pub(super) async fn renewed(&mut self, peer: &str) {
        let Some(tls) = &mut self.tls else { return std::future::pending().await };
        loop {
            tls.files.changed().await;
            let fresh = tls.read(&self.host);
            match Endpoint::from(self.uri.clone()).tls_config(fresh.clone()) {
                Ok(_) => {
                    tls.config = fresh;
                    tracing::info!(peer, "new certificates in use");
                    return;
                }
                Err(error) => tracing::warn!(peer, ?error, "new certificates can't be used; the old ones stay in use"),
            }
        }
    }
}

impl Tls {
    fn open(config: &PeerConfig) -> Result<Self, String> {
        let PeerConfig { url, ca_file, cert_file, key_file } = config;
        let identity = match (cert_file, key_file) {
            (Some(cert), Some(key)) => vec![cert, key],
            (None, None) => Vec::new(),
            _ => return Err("cert_file and key_file belong together".to_owned()),
        };
        let files = Watched::open(ca_file.iter().chain(identity.iter().copied()))?;
        let (authorities, identity) = (ca_file.is_some(), !identity.is_empty());
        let mut tls = Self { files, authorities, identity, config: ClientTlsConfig::new() };
        let host = url.parse::<Uri>().ok().and_then(|uri| uri.host().map(str::to_owned)).unwrap_or_default();
        tls.config = tls.read(&host);
        Ok(tls)
    }

    fn read(&self, host: &str) -> ClientTlsConfig {
        // The certificate is that of the name, whatever address is connected to.
        let host = host.trim_start_matches('[').trim_end_matches(']');
        let mut config = ClientTlsConfig::new().domain_name(host).timeout(CONNECT_TIMEOUT);
        let (authorities, identity) = self.files.contents().split_at(usize::from(self.authorities));
        for pem in authorities {
            config = config.ca_certificate(Certificate::from_pem(pem));
        }
        if let (true, [cert, key]) = (self.identity, identity) {
            config = config.identity(Identity::from_pem(cert, key));
        }
        config
    }
}
