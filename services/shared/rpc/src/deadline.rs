//! Deadlines: taken from `grpc-timeout`, enforced, and passed on to whatever the call calls.

use std::task::{Context, Poll};
use std::time::Duration;

use futures::FutureExt as _;
use futures::future::{Either, Map};
use http::{HeaderMap, HeaderValue, Request, Response};
use tokio::task::futures::TaskLocalFuture;
use tokio::time::error::Elapsed;
use tokio::time::{Instant, Timeout, timeout_at};
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

type Answer<E> = Result<Response<Body>, E>;
type InTime<E> = fn(Result<Answer<E>, Elapsed>) -> Answer<E>;
type Timed<F, E> = TaskLocalFuture<Instant, Map<Timeout<F>, InTime<E>>>;

impl<S> Service<Request<Body>> for DeadlineService<S>
where
    S: Service<Request<Body>, Response = Response<Body>>,
{
    type Response = Response<Body>;
    type Error = S::Error;
    type Future = Either<S::Future, Timed<S::Future, S::Error>>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), S::Error>> {
        self.inner.poll_ready(cx)
    }

    fn call(&mut self, request: Request<Body>) -> Self::Future {
        let timeout = read(request.headers());
        let response = self.inner.call(request);
        let Some(timeout) = timeout else { return Either::Left(response) };
        let deadline = Instant::now() + timeout;
        let in_time: InTime<S::Error> = in_time;
        Either::Right(DEADLINE.scope(deadline, timeout_at(deadline, response).map(in_time)))
    }
}

fn in_time<E>(answer: Result<Answer<E>, Elapsed>) -> Answer<E> {
    answer.unwrap_or_else(|_| {
        let message = "the deadline of the call passed";
        let late = Error::new(tonic::Code::DeadlineExceeded, Reason::DeadlineExceeded, message);
        Ok(Status::from(late).into_http())
    })
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
pub(crate) fn write(headers: &mut HeaderMap, default: Option<Duration>) -> Option<Duration> {
    let own = read(headers);
    let timeout = [own.or(default), remaining()].into_iter().flatten().min()?;
    let millis = timeout.as_millis().min(99_999_999);
    if let Ok(value) = HeaderValue::from_str(&format!("{millis}m")) {
        headers.insert(HEADER, value);
    }
    Some(timeout)
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
