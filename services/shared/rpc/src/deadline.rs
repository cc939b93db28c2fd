//! Deadlines: taken from `grpc-timeout`, enforced, and passed on to whatever the call calls.

use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use http::{HeaderMap, HeaderValue, Request, Response};
use tokio::time::Instant;
use tonic::Status;
use tonic::body::Body;
use tower::{Layer, Service};

use crate::{Error, Reason};

tokio::task_local! {
    static DEADLINE: Instant;
}

const HEADER: &str = "grpc-timeout";

/// How long the current call may still take; none where nobody waits.
#[must_use]
pub fn remaining() -> Option<Duration> {
    DEADLINE.try_with(|deadline| deadline.saturating_duration_since(Instant::now())).ok()
}

/// Enforces the caller's deadline and makes it known to [`remaining`].
#[derive(Debug, Clone, Copy, Default)]
pub struct DeadlineLayer;

impl<S> Layer<S> for DeadlineLayer {
    type Service = DeadlineService<S>;

    fn layer(&self, inner: S) -> Self::Service {
        DeadlineService { inner }
    }
}

/// See [`DeadlineLayer`].
#[derive(Debug, Clone)]
pub struct DeadlineService<S> {
    inner: S,
}

impl<S> Service<Request<Body>> for DeadlineService<S>
where
    S: Service<Request<Body>, Response = Response<Body>>,
    S::Future: Send + 'static,
    S::Error: 'static,
{
    type Response = Response<Body>;
    type Error = S::Error;
    type Future = Pin<Box<dyn Future<Output = Result<Response<Body>, S::Error>> + Send>>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), S::Error>> {
        self.inner.poll_ready(cx)
    }

    fn call(&mut self, request: Request<Body>) -> Self::Future {
        let timeout = read(request.headers());
        let response = self.inner.call(request);
        let Some(timeout) = timeout else { return Box::pin(response) };
        let deadline = Instant::now() + timeout;
        Box::pin(DEADLINE.scope(deadline, async move {
            match tokio::time::timeout_at(deadline, response).await {
                Ok(response) => response,
                Err(_) => Ok(Status::from(Error::new(
                    tonic::Code::DeadlineExceeded,
                    Reason::DeadlineExceeded,
                    "the deadline of the call passed",
                ))
                .into_http()),
            }
        }))
    }
}

/// Reads `grpc-timeout`: at most eight digits and a unit.
fn read(headers: &HeaderMap) -> Option<Duration> {
    let text = headers.get(HEADER)?.to_str().ok()?;
    let (digits, unit) = text.split_at_checked(text.len().checked_sub(1)?)?;
    let amount: u64 = (digits.len() <= 8).then(|| digits.parse().ok()).flatten()?;
    match unit {
        "H" => Some(Duration::from_secs(amount * 3600)),
        "M" => Some(Duration::from_secs(amount * 60)),
        "S" => Some(Duration::from_secs(amount)),
        "m" => Some(Duration::from_millis(amount)),
        "u" => Some(Duration::from_micros(amount)),
        "n" => Some(Duration::from_nanos(amount)),
        _ => None,
    }
}

/// Writes the deadline of an outgoing call: the smallest of what it asks for itself, what is left to our caller, and
/// `default` where neither is set. Streams get none of their own.
pub(crate) fn write(headers: &mut HeaderMap, default: Option<Duration>) {
    let own = read(headers);
    let Some(timeout) = [own.or(default), remaining()].into_iter().flatten().min() else { return };
    let millis = timeout.as_millis().min(99_999_999);
    if let Ok(value) = HeaderValue::from_str(&format!("{millis}m")) {
        headers.insert(HEADER, value);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn what_is_left_is_passed_on_and_never_more() {
        let deadline = Instant::now() + Duration::from_secs(2);
        DEADLINE
            .scope(deadline, async {
                let mut headers = HeaderMap::new();
                write(&mut headers, Some(Duration::from_secs(60)));
                assert!(read(&headers).unwrap() <= Duration::from_secs(2));
            })
            .await;
    }

    #[test]
    fn a_malformed_timeout_is_no_timeout() {
        for text in ["", "S", "12", "999999999S", "4x", "-1S"] {
            let mut headers = HeaderMap::new();
            headers.insert(HEADER, HeaderValue::from_str(text).unwrap());
            assert_eq!(read(&headers), None, "{text}");
        }
    }
}
