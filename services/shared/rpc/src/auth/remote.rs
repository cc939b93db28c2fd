//! A key set behind a URL.

use std::path::PathBuf;
use std::time::Duration;

use bytes::Bytes;
use http::header::{AUTHORIZATION, HeaderValue};
use http::{Request, StatusCode};
use http_body_util::Full;
use jsonwebtoken::jwk::JwkSet;
use throughline_http::Client;
use tokio::sync::Mutex;
use tokio::time::Instant;

use super::IssuerConfig;

/// Longest key set taken, bytes.
const MAX_BYTES: usize = 1 << 20;
const TIMEOUT: Duration = Duration::from_secs(5);
/// Tokens with unknown keys cost the issuer at most one request in this time.
const MIN_INTERVAL: Duration = Duration::from_secs(10);
/// First wait after a failure; it doubles.
const FIRST_RETRY: Duration = Duration::from_secs(1);
const MAX_RETRY: Duration = Duration::from_secs(30);

/// Where the keys are.
pub(super) struct Remote {
    url: String,
    ca_file: Option<PathBuf>,
    token_file: Option<PathBuf>,
    refresh: Duration,
    /// When it was asked last; held while it is asked, so that one request serves all who wait.
    asked: Mutex<Option<Instant>>,
}

impl Remote {
    pub(super) fn new(url: &str, config: &IssuerConfig) -> Self {
        Self {
            url: url.to_owned(),
            ca_file: config.jwks_ca_file.clone(),
            token_file: config.jwks_token_file.clone(),
            refresh: config.jwks_refresh,
            asked: Mutex::default(),
        }
    }

    /// How long to wait before asking again, after so many failures in a row.
    pub(super) fn wait(&self, failures: u32) -> Duration {
        match failures.checked_sub(1) {
            None => self.refresh,
            Some(doublings) => FIRST_RETRY.saturating_mul(1 << doublings.min(10)).min(MAX_RETRY).min(self.refresh),
        }
    }

    /// Asks, unless it was asked a moment ago: then None.
    pub(super) async fn fetch_for_unknown_key(&self) -> Option<Result<JwkSet, String>> {
        let mut asked = self.asked.lock().await;
        if asked.is_some_and(|at| at.elapsed() < MIN_INTERVAL) {
            return None;
        }
        *asked = Some(Instant::now());
        Some(self.get().await)
    }

    /// Asks.
    pub(super) async fn fetch(&self) -> Result<JwkSet, String> {
        let mut asked = self.asked.lock().await;
        *asked = Some(Instant::now());
        self.get().await
    }

    async fn get(&self) -> Result<JwkSet, String> {
        // The files are read each time, which is seldom: both are rotated.
        let read = |path: &PathBuf| std::fs::read(path).map_err(|error| format!("{}: {error}", path.display()));
        let authorities = self.ca_file.as_ref().map(read).transpose()?;
        let client = Client::new(authorities.as_deref()).map_err(|error| error.to_string())?;
        let mut request = Request::get(&self.url).body(Full::<Bytes>::default()).map_err(|error| error.to_string())?;
        if let Some(token) = self.token_file.as_ref().map(read).transpose()? {
            let bearer = [b"Bearer ", token.trim_ascii()].concat();
            let mut bearer = HeaderValue::from_bytes(&bearer).map_err(|error| error.to_string())?;
            bearer.set_sensitive(true);
            request.headers_mut().insert(AUTHORIZATION, bearer);
        }
        let answer = tokio::time::timeout(TIMEOUT, client.send(request, StatusCode::OK, MAX_BYTES)).await;
        let answer = answer.map_err(|_| "no answer in time".to_owned())?.map_err(|error| error.to_string())?;
        if answer.status() != StatusCode::OK {
            return Err(format!("answered {}", answer.status()));
        }
        parse(answer.body())
    }
}

/// Reads a key set; keys of kinds that are not known here are left out, since an issuer may have some for others.
pub(super) fn parse(bytes: &[u8]) -> Result<JwkSet, String> {
    #[derive(serde::Deserialize)]
    struct Any {
        keys: Vec<serde_json::Value>,
    }
    let any: Any = serde_json::from_slice(bytes).map_err(|error| error.to_string())?;
    let keys: Vec<_> = any.keys.into_iter().filter_map(|key| serde_json::from_value(key).ok()).collect();
    if keys.is_empty() { Err("no usable key in it".to_owned()) } else { Ok(JwkSet { keys }) }
}
