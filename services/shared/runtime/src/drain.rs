//! Ends what is still open when a service has to stop: a stream that sits idle would otherwise hold it up for ever.

use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll};

use bytes::Bytes;
use http::{HeaderMap, Request, Response};
use http_body::{Body as HttpBody, Frame, SizeHint};
use throughline_rpc::{Error, Reason};
use tokio_util::sync::{CancellationToken, WaitForCancellationFutureOwned};
use tonic::Status;
use tonic::body::Body;
use tower::{Layer, Service};

/// Ends responses and calls with UNAVAILABLE (DRAINING) once the token is cancelled.
#[derive(Clone)]
pub(crate) struct DrainLayer {
    cut: CancellationToken,
}

impl DrainLayer {
    pub(crate) fn new(cut: CancellationToken) -> Self {
        Self { cut }
    }
}

impl<S> Layer<S> for DrainLayer {
    type Service = DrainService<S>;

    fn layer(&self, inner: S) -> Self::Service {
        DrainService { inner, cut: self.cut.clone() }
    }
}

#[derive(Clone)]
pub(crate) struct DrainService<S> {
    inner: S,
    cut: CancellationToken,
}

fn draining() -> Status {
    Error::unavailable(Reason::Draining, "the service is stopping; open a new connection").into()
}

impl<S> Service<Request<Body>> for DrainService<S>
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
        let cut = self.cut.clone();
        let response = self.inner.call(request);
        Box::pin(async move {
            tokio::select! {
                biased;
                response = response => {
                    let cancelled = Box::pin(cut.cancelled_owned());
                    Ok(response?.map(|body| Body::new(Cut { inner: body, cancelled, done: false })))
                }
                () = cut.cancelled() => Ok(draining().into_http()),
            }
        })
    }
}

struct Cut {
    inner: Body,
    cancelled: Pin<Box<WaitForCancellationFutureOwned>>,
    done: bool,
}

impl HttpBody for Cut {
    type Data = Bytes;
    type Error = Status;

    fn poll_frame(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, Status>>> {
        let this = self.get_mut();
        if this.done {
            return Poll::Ready(None);
        }
        let frame = Pin::new(&mut this.inner).poll_frame(cx);
        if frame.is_pending() && this.cancelled.as_mut().poll(cx).is_ready() {
            this.done = true;
            let mut trailers = HeaderMap::new();
            return Poll::Ready(Some(match draining().add_header(&mut trailers) {
                Ok(()) => Ok(Frame::trailers(trailers)),
                Err(status) => Err(status),
            }));
        }
        frame
    }

    fn is_end_stream(&self) -> bool {
        self.done || self.inner.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        if self.done { SizeHint::with_exact(0) } else { self.inner.size_hint() }
    }
}
