//! Where the token of outgoing calls comes from.

use std::path::PathBuf;
use std::sync::Arc;

use super::DevIssuer;

/// A source of bearer tokens.
#[derive(Clone)]
pub enum TokenSource {
    /// None is sent.
    Anonymous,
    /// A given one.
    Fixed(Arc<str>),
    /// Read from a file at each call, so that it can be rotated (a projected service account token).
    File(Arc<PathBuf>),
    /// Made by the development issuer, for a service.
    Issuer(Arc<DevIssuer>, &'static str),
}

impl TokenSource {
    /// The token to send now.
    #[must_use]
    pub fn bearer(&self) -> Option<String> {
        match self {
            Self::Anonymous => None,
            Self::Fixed(token) => Some(token.to_string()),
            Self::File(path) => match std::fs::read_to_string(path.as_path()) {
                Ok(token) => Some(token.trim().to_owned()),
                Err(error) => {
                    tracing::warn!(path = %path.display(), %error, "the service token can't be read");
                    None
                }
            },
            Self::Issuer(issuer, service) => match issuer.service_token(service) {
                Ok(token) => Some(token),
                Err(error) => {
                    tracing::warn!(%error, "the development issuer can't sign");
                    None
                }
            },
        }
    }
}
