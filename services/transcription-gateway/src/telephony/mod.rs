//! The edge that telephony systems stream to: a WebSocket listener that speaks the frames of Twilio's Media Streams.
//!
//! Owns: handshakes, frames, putting tracks side by side. Does not own: what a live stream is and becomes
//! (`worker::live`), nor who may stream (`grpc::stream` asks the same of every caller).

pub mod frame;
pub mod mixer;
mod opening;
mod session;
mod signature;

use std::sync::Arc;
use std::time::Duration;

use futures::{Stream, StreamExt as _};
use throughline_rpc::Error;
use throughline_rpc::auth::{AuthConfig, Verifier};
use throughline_runtime::{Parts, Tls, bind};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpListener;
use tokio::task::JoinSet;
use tokio_stream::wrappers::TcpListenerStream;
use tokio_tungstenite::accept_hdr_async_with_config;
use tokio_tungstenite::tungstenite::handshake::server::{ErrorResponse, Request, Response};
use tokio_tungstenite::tungstenite::http::StatusCode;
use tokio_tungstenite::tungstenite::protocol::WebSocketConfig;
use tokio_util::sync::CancellationToken;

use signature::Signatures;

use crate::config::TelephonyConfig;
use crate::grpc::Transcription;

/// Where it listens.
const PATH: &str = "/media-streams";
/// Largest frame.
const MAX_FRAME: usize = 64 * 1024;
/// Longest handshake.
const HANDSHAKE_TIMEOUT: Duration = Duration::from_secs(10);
/// Twilio's header.
const SIGNATURE: &str = "x-twilio-signature";

/// The edge with its port taken, before it serves.
pub struct Bound {
    edge: Edge,
    listener: TcpListener,
    tls: Option<Tls>,
}

/// Takes the port and reads what the edge needs; `None` where it is switched off.
///
/// # Errors
/// When the port can't be taken, or certificates or issuers can't be used.
pub async fn open(
    config: TelephonyConfig,
    auth: AuthConfig,
    transcription: Transcription,
) -> anyhow::Result<Option<Bound>> {
    let TelephonyConfig { listen, max_connections, public_url, twilio_auth_token_file, tls } = config;
    let Some(address) = listen else { return Ok(None) };
    let listener = bind("transcription-gateway (telephony.listen)", address).await?;
    let tls = tls.as_ref().map(|tls| Tls::open(tls, "telephony.tls", b"http/1.1")).transpose()?;
    // Tokens come in frames, past the layer that checks those of gRPC calls.
    let verifier = Arc::new(Verifier::open(auth, transcription.clock.clone())?);
    let signatures = twilio_auth_token_file.map(|auth_token_file| Signatures { auth_token_file, public_url });
    Ok(Some(Bound { edge: Edge { transcription, verifier, signatures, max_connections }, listener, tls }))
}

impl Bound {
    /// Adds the edge to the parts of the service.
    ///
    /// # Errors
    /// When the listener does not know its address.
    pub fn join(self, parts: Parts) -> anyhow::Result<Parts> {
        let Self { edge, listener, tls } = self;
        let verifier = Arc::clone(&edge.verifier);
        let address = listener.local_addr()?;
        tracing::info!(%address, tls = tls.is_some(), "Media Streams are taken");
        Ok(parts
            .listens("telephony", address)
            .worker("telephony", |shutdown| async move {
                edge.run(listener, tls, shutdown).await;
                Ok(())
            })
            .worker("telephony auth", |shutdown| async move {
                verifier.keep_fresh(shutdown).await;
                Ok(())
            }))
    }
}

/// What the edge stands on.
struct Edge {
    transcription: Transcription,
    verifier: Arc<Verifier>,
    /// Asked for where the auth token is configured.
    signatures: Option<Signatures>,
    /// Connections at a time; more are closed at once.
    max_connections: usize,
}

impl Edge {
    /// Serves until `shutdown`; then open streams end with what was heard.
    async fn run(self, listener: TcpListener, tls: Option<Tls>, shutdown: CancellationToken) {
        let incoming = TcpListenerStream::new(listener);
        let edge = Arc::new(self);
        match tls {
            None => edge.accept(incoming, shutdown).await,
            Some(tls) => {
                let incoming = Box::pin(tls.accept(incoming));
                tokio::join!(edge.accept(incoming, shutdown.clone()), tls.keep_fresh(shutdown));
            }
        }
    }

    async fn accept<IO>(
        self: Arc<Self>,
        mut incoming: impl Stream<Item = std::io::Result<IO>> + Unpin,
        shutdown: CancellationToken,
    ) where
        IO: AsyncRead + AsyncWrite + Unpin + Send + 'static,
    {
        let mut sessions = JoinSet::new();
        loop {
            tokio::select! {
                connection = incoming.next() => match connection {
                    Some(Ok(connection)) if sessions.len() < self.max_connections => {
                        sessions.spawn(Arc::clone(&self).greet(connection));
                    }
                    Some(Ok(_)) => tracing::warn!("as many Media Streams connections are open as are configured"),
                    Some(Err(error)) => {
                        tracing::warn!(%error, "a connection could not be accepted");
                        // Out of file handles, say: what frees them needs time.
                        tokio::time::sleep(Duration::from_millis(100)).await;
                    }
                    None => break,
                },
                Some(ended) = sessions.join_next(), if !sessions.is_empty() => report(ended),
                () = shutdown.cancelled() => break,
            }
        }
        drop(incoming);
        while let Some(ended) = sessions.join_next().await {
            report(ended);
        }
    }

    /// The handshake, then the session.
    async fn greet<IO>(self: Arc<Self>, connection: IO)
    where
        IO: AsyncRead + AsyncWrite + Unpin + Send + 'static,
    {
        let mut token = None;
        let limits = WebSocketConfig::default().max_message_size(Some(MAX_FRAME)).max_frame_size(Some(MAX_FRAME));
        #[expect(clippy::result_large_err, reason = "the library says what a refusal is")]
        let look = |request: &Request, response: Response| {
            self.check(request).map_err(|(status, message)| refusal(status, message))?;
            token = query(request, "token");
            Ok(response)
        };
        let handshake = accept_hdr_async_with_config(connection, look, Some(limits));
        match tokio::time::timeout(HANDSHAKE_TIMEOUT, handshake).await {
            Ok(Ok(socket)) => session::serve(self, socket, token).await,
            Ok(Err(error)) => tracing::debug!(%error, "a WebSocket handshake failed"),
            Err(_) => tracing::debug!("a WebSocket handshake took too long"),
        }
    }

    fn check(&self, request: &Request) -> Result<(), (StatusCode, String)> {
        if request.uri().path() != PATH {
            return Err((StatusCode::NOT_FOUND, format!("Media Streams are at {PATH}")));
        }
        let Some(signatures) = &self.signatures else { return Ok(()) };
        let path = request.uri().path_and_query().map_or(PATH, |path| path.as_str());
        let signature = request.headers().get(SIGNATURE).map(|value| value.as_bytes());
        signatures.check(path, signature).map_err(|error: Error| (StatusCode::FORBIDDEN, error.message().to_owned()))
    }
}

fn refusal(status: StatusCode, message: String) -> ErrorResponse {
    let mut response = ErrorResponse::new(Some(message));
    *response.status_mut() = status;
    response
}

/// A value of the address's query; tokens need no decoding.
fn query(request: &Request, name: &str) -> Option<String> {
    let pairs = request.uri().query()?.split('&');
    pairs.filter_map(|pair| pair.split_once('=')).find(|(key, _)| *key == name).map(|(_, value)| value.to_owned())
}

fn report(ended: Result<(), tokio::task::JoinError>) {
    if let Err(error) = ended {
        tracing::error!(%error, "a Media Streams session ended with a panic");
    }
}
