//! One POST over HTTP or HTTPS: status, size, and the one second try.

use std::time::Duration;

use anyhow::Context as _;
use bytes::Bytes;
use http::header::{AUTHORIZATION, CONTENT_TYPE, HeaderValue, RETRY_AFTER};
use http::{HeaderMap, Request, Response, StatusCode, Uri};
use http_body_util::Full;
use throughline_http::{Client, Error};

use super::JudgeError;

/// Longest body taken, bytes.
const MAX_BODY_BYTES: usize = 64 << 10;
/// Longest wait that an endpoint may ask for before a second try, seconds.
const MAX_RETRY_AFTER_S: u64 = 2;

/// Where questions go.
#[derive(Debug)]
pub(super) struct Endpoint {
    client: Client,
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
        Ok(Self { client: Client::new(None)?, uri, bearer })
    }

    /// Posts a JSON body and returns the one of the answer. The deadline is the caller's.
    pub(super) async fn post(&self, body: Bytes) -> Result<Bytes, JudgeError> {
        let mut response = self.send(body.clone()).await?;
        if let Some(wait) = second_try(&response) {
            tokio::time::sleep(wait).await;
            response = self.send(body).await?;
        }
        match response.status() {
            StatusCode::OK => Ok(response.into_body()),
            StatusCode::TOO_MANY_REQUESTS => Err(JudgeError::Busy),
            other => Err(JudgeError::Status(other.as_u16())),
        }
    }

    async fn send(&self, body: Bytes) -> Result<Response<Bytes>, JudgeError> {
        let mut request = Request::post(self.uri.clone())
            .header(CONTENT_TYPE, "application/json")
            .body(Full::new(body))
            .map_err(|error| JudgeError::Unreachable(error.to_string()))?;
        if let Some(bearer) = &self.bearer {
            request.headers_mut().insert(AUTHORIZATION, bearer.clone());
        }
        self.client.send(request, StatusCode::OK, MAX_BODY_BYTES).await.map_err(|error| match error {
            Error::TooLong(bytes) => JudgeError::TooLong(bytes),
            Error::Unreachable(cause) | Error::Authorities(cause) => JudgeError::Unreachable(cause),
        })
    }
}

/// How long to wait for a second try, where the endpoint asks for one soon.
fn second_try<B>(response: &Response<B>) -> Option<Duration> {
    let wait = |headers: &HeaderMap| headers.get(RETRY_AFTER)?.to_str().ok()?.trim().parse::<u64>().ok();
    let wait = wait(response.headers()).filter(|seconds| *seconds <= MAX_RETRY_AFTER_S)?;
    (response.status() == StatusCode::TOO_MANY_REQUESTS).then(|| Duration::from_secs(wait))
}
