//! One POST over HTTP or HTTPS: status, size, and the one second try.

use std::error::Error as _;
use std::time::Duration;

use anyhow::Context as _;
use bytes::Bytes;
use http::header::{AUTHORIZATION, CONTENT_TYPE, HeaderValue, RETRY_AFTER};
use http::{HeaderMap, Request, Response, StatusCode, Uri};
use http_body_util::{BodyExt as _, Full, LengthLimitError, Limited};
use hyper_rustls::{HttpsConnector, HttpsConnectorBuilder};
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::client::legacy::{Client, Error};
use hyper_util::rt::{TokioExecutor, TokioTimer};

use super::JudgeError;

/// Longest body taken, bytes.
const MAX_BODY_BYTES: usize = 64 << 10;
/// Longest wait that an endpoint may ask for before a second try, seconds.
const MAX_RETRY_AFTER_S: u64 = 2;
const MAX_IDLE_CONNECTIONS: usize = 4;
const IDLE_TIMEOUT: Duration = Duration::from_secs(30);

/// Where questions go.
#[derive(Debug)]
pub(super) struct Endpoint {
    client: Client<HttpsConnector<HttpConnector>, Full<Bytes>>,
    uri: Uri,
    bearer: Option<HeaderValue>,
}

impl Endpoint {
    /// Under a base URL; the certificate of an https one must come from a public authority.
    pub(super) fn new(base: &str, key: Option<&str>) -> anyhow::Result<Self> {
        let uri = format!("{}/chat/completions", base.trim_end_matches('/'));
        let uri: Uri = uri.parse().context("judge.endpoint is not a URL")?;
        let bearer = key.map(|key| HeaderValue::try_from(format!("Bearer {key}")));
        let mut bearer = bearer.transpose().context("judge.api_key_file holds what no header can")?;
        if let Some(bearer) = &mut bearer {
            bearer.set_sensitive(true);
        }
        let connector = HttpsConnectorBuilder::new()
            .with_provider_and_webpki_roots(rustls::crypto::aws_lc_rs::default_provider())?
            .https_or_http()
            .enable_http1()
            .build();
        let client = Client::builder(TokioExecutor::new())
            .pool_timer(TokioTimer::new())
            .pool_idle_timeout(IDLE_TIMEOUT)
            .pool_max_idle_per_host(MAX_IDLE_CONNECTIONS)
            .build(connector);
        Ok(Self { client, uri, bearer })
    }

    /// Posts a JSON body and returns the one of the answer. The deadline is the caller's.
    pub(super) async fn post(&self, body: Bytes) -> Result<Bytes, JudgeError> {
        let mut response = self.client.request(self.request(body.clone())?).await.map_err(unreachable)?;
        if let Some(wait) = second_try(&response) {
            tokio::time::sleep(wait).await;
            response = self.client.request(self.request(body)?).await.map_err(unreachable)?;
        }
        match response.status() {
            StatusCode::OK => {}
            StatusCode::TOO_MANY_REQUESTS => return Err(JudgeError::Busy),
            other => return Err(JudgeError::Status(other.as_u16())),
        }
        let body = Limited::new(response.into_body(), MAX_BODY_BYTES).collect().await.map_err(|error| {
            if error.is::<LengthLimitError>() {
                JudgeError::TooLong(MAX_BODY_BYTES)
            } else {
                JudgeError::Unreachable(error.to_string())
            }
        })?;
        Ok(body.to_bytes())
    }

    fn request(&self, body: Bytes) -> Result<Request<Full<Bytes>>, JudgeError> {
        let mut request = Request::post(self.uri.clone())
            .header(CONTENT_TYPE, "application/json")
            .body(Full::new(body))
            .map_err(|error| JudgeError::Unreachable(error.to_string()))?;
        if let Some(bearer) = &self.bearer {
            request.headers_mut().insert(AUTHORIZATION, bearer.clone());
        }
        Ok(request)
    }
}

/// The failure of a connection, with its cause.
fn unreachable(error: Error) -> JudgeError {
    let cause = error.source().map_or_else(String::new, |cause| format!(": {cause}"));
    JudgeError::Unreachable(format!("{error}{cause}"))
}

/// How long to wait for a second try, where the endpoint asks for one soon.
fn second_try<B>(response: &Response<B>) -> Option<Duration> {
    let wait = |headers: &HeaderMap| headers.get(RETRY_AFTER)?.to_str().ok()?.trim().parse::<u64>().ok();
    let wait = wait(response.headers()).filter(|seconds| *seconds <= MAX_RETRY_AFTER_S)?;
    (response.status() == StatusCode::TOO_MANY_REQUESTS).then(|| Duration::from_secs(wait))
}
