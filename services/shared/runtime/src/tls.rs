//! TLS of the server: certificates are read again when their files change, handshakes are made beside each other.

use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context as _, bail};
use futures::{Stream, StreamExt as _};
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::server::WebPkiClientVerifier;
use rustls::{RootCertStore, ServerConfig};
use throughline_rpc::files::Watched;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::sync::watch;
use tokio_rustls::TlsAcceptor;
use tokio_rustls::server::TlsStream;
use tokio_util::sync::CancellationToken;

use crate::config::TlsConfig;

/// Longest handshake.
const HANDSHAKE_TIMEOUT: Duration = Duration::from_secs(10);
/// Handshakes under way at a time; more connections wait in the listener's backlog.
const MAX_HANDSHAKES: usize = 1_024;

/// The certificates of a server.
pub struct Tls {
    files: Watched,
    current: watch::Sender<Arc<ServerConfig>>,
    /// Section of the configuration, for errors.
    section: &'static str,
    protocol: &'static [u8],
}

impl Tls {
    /// Reads the certificates that `section` of the configuration names, for a server that speaks `protocol` (as ALPN
    /// names it: `h2`, `http/1.1`).
    ///
    /// # Errors
    /// When a file can't be read or used.
    pub fn open(config: &TlsConfig, section: &'static str, protocol: &'static [u8]) -> anyhow::Result<Self> {
        let TlsConfig { cert_file, key_file, client_ca_file } = config;
        let paths = [Some(cert_file), Some(key_file), client_ca_file.as_ref()];
        let files = Watched::open(paths.into_iter().flatten()).map_err(anyhow::Error::msg).context(section)?;
        let current = watch::channel(read(&files, protocol).context(section)?).0;
        Ok(Self { files, current, section, protocol })
    }

    /// Wraps connections; those whose handshake fails are left out.
    pub fn accept<I, IO, IE>(
        &self,
        incoming: I,
    ) -> impl Stream<Item = Result<TlsStream<IO>, IE>> + Send + use<I, IO, IE>
    where
        I: Stream<Item = Result<IO, IE>> + Send,
        IO: AsyncRead + AsyncWrite + Unpin + Send,
        IE: Send,
    {
        let current = self.current.subscribe();
        let handshakes = incoming.map(move |connection| {
            let acceptor = TlsAcceptor::from(Arc::clone(&current.borrow()));
            async move {
                let connection = match connection {
                    Ok(connection) => connection,
                    Err(error) => return Some(Err(error)),
                };
                match tokio::time::timeout(HANDSHAKE_TIMEOUT, acceptor.accept(connection)).await {
                    Ok(Ok(stream)) => return Some(Ok(stream)),
                    Ok(Err(error)) => tracing::debug!(%error, "a TLS handshake failed"),
                    Err(_) => tracing::debug!("a TLS handshake took too long"),
                }
                None
            }
        });
        handshakes.buffer_unordered(MAX_HANDSHAKES).filter_map(std::future::ready)
    }

    /// Takes what is new in the files until `shutdown`; what can't be used is passed over.
    pub async fn keep_fresh(mut self, shutdown: CancellationToken) {
        loop {
            tokio::select! {
                () = self.files.changed() => {}
                () = shutdown.cancelled() => return,
            }
            match read(&self.files, self.protocol) {
                Ok(fresh) => {
                    self.current.send_replace(fresh);
                    tracing::info!("new certificates in use for new connections");
                }
                Err(error) => {
                    let error = format!("{error:#}");
                    let section = self.section;
                    tracing::warn!(error, "{section}: new certificates can't be used; the old ones stay in use");
                }
            }
        }
    }
}

fn read(files: &Watched, protocol: &[u8]) -> anyhow::Result<Arc<ServerConfig>> {
    let [certificates, key, authorities @ ..] = files.contents() else { bail!("no certificate and key") };
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let builder = ServerConfig::builder_with_provider(Arc::clone(&provider)).with_safe_default_protocol_versions()?;
    let builder = match authorities {
        [] => builder.with_no_client_auth(),
        [pem, ..] => {
            let mut roots = RootCertStore::empty();
            for certificate in CertificateDer::pem_slice_iter(pem) {
                roots.add(certificate.context("client_ca_file")?).context("client_ca_file")?;
            }
            let verifier = WebPkiClientVerifier::builder_with_provider(Arc::new(roots), provider).build();
            builder.with_client_cert_verifier(verifier.context("client_ca_file")?)
        }
    };
    let chain = CertificateDer::pem_slice_iter(certificates).collect::<Result<Vec<_>, _>>().context("cert_file")?;
    let key = PrivateKeyDer::from_pem_slice(key).context("key_file")?;
    let mut config = builder.with_single_cert(chain, key).context("cert_file and key_file")?;
    config.alpn_protocols.push(protocol.to_vec());
    Ok(Arc::new(config))
}
