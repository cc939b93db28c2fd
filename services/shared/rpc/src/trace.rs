//! Trace context over gRPC metadata and stored events (W3C trace context), one span a call on either side, and the
//! measures of each call that is served.

use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll};

use http::{HeaderMap, HeaderName, HeaderValue, Request, Response};
use opentelemetry::propagation::{Extractor, Injector};
use opentelemetry::trace::TraceContextExt as _;
use opentelemetry::{Context as OtelContext, global};
use tonic::body::Body;
use tower::{Layer, Service};
use tracing::field::Empty;
use tracing::{Instrument as _, Span};
use tracing_opentelemetry::OpenTelemetrySpanExt as _;

use crate::body::{Traced, record_status};
use crate::metrics::ServerMetrics;

/// Opens a server span for each call, as a child of the caller's, and measures it.
#[derive(Debug, Clone)]
pub struct TraceLayer {
    service: &'static str,
    metrics: ServerMetrics,
}

impl TraceLayer {
    /// Spans carry `service` as `throughline.service`, so that five services in one process stay apart.
    /// Measures go to the meter provider that is set by now.
    #[must_use]
    pub fn new(service: &'static str) -> Self {
        Self { service, metrics: ServerMetrics::new() }
    }
}

impl<S> Layer<S> for TraceLayer {
    type Service = TraceService<S>;

    fn layer(&self, inner: S) -> Self::Service {
        TraceService { inner, service: self.service, metrics: self.metrics.clone() }
    }
}

/// See [`TraceLayer`].
#[derive(Debug, Clone)]
pub struct TraceService<S> {
    inner: S,
    service: &'static str,
    metrics: ServerMetrics,
}

impl<S> Service<Request<Body>> for TraceService<S>
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
        let path = request.uri().path();
        // Probes come every few seconds and would drown everything else.
        if path.starts_with("/grpc.health.") || path.starts_with("/grpc.reflection.") {
            return Box::pin(self.inner.call(request));
        }
        let method = path.trim_start_matches('/');
        let span = tracing::info_span!(
            "rpc.server",
            otel.name = method,
            otel.kind = "server",
            otel.status_code = Empty,
            rpc.system.name = "grpc",
            rpc.method = method,
            rpc.response.status_code = Empty,
            throughline.service = self.service,
        );
        let mut measured = self.metrics.begin(path);
        let parent = extract(request.headers());
        if parent.span().span_context().is_valid() {
            // Fails only where no OpenTelemetry layer is installed, and then there is nothing to connect.
            let _ = span.set_parent(parent);
        }
        let response = span.in_scope(|| self.inner.call(request));
        let call_span = span.clone();
        Box::pin(
            async move {
                let response = response.await?;
                if let Some(code) = record_status(&span, response.headers()) {
                    measured.ended(code);
                }
                Ok(response.map(|body| Traced::wrap(body, span, Some(measured))))
            }
            .instrument(call_span),
        )
    }
}

/// A client span for a call to `method` (`package.Service/Method`).
pub(crate) fn client_span(method: &str, peer: &str) -> Span {
    tracing::info_span!(
        "rpc.client",
        otel.name = method,
        otel.kind = "client",
        otel.status_code = Empty,
        rpc.system.name = "grpc",
        rpc.method = method,
        rpc.response.status_code = Empty,
        throughline.peer = peer,
    )
}

/// Writes the context of `span` into the headers of an outgoing call.
pub(crate) fn inject(span: &Span, headers: &mut HeaderMap) {
    let context = span.context();
    global::get_text_map_propagator(|propagator| propagator.inject_context(&context, &mut Headers(headers)));
}

/// Tells the peer not to sample: a valid context whose sampled flag is off.
pub(crate) fn inject_unsampled(headers: &mut HeaderMap) {
    headers.insert("traceparent", HeaderValue::from_static("00-00000000000000000000000000000001-0000000000000001-00"));
}

fn extract(headers: &HeaderMap) -> OtelContext {
    global::get_text_map_propagator(|propagator| propagator.extract(&HeaderView(headers)))
}

/// The W3C `traceparent` of the current span, to be stored with an event; empty where nothing is traced.
#[must_use]
pub fn current_traceparent() -> String {
    let mut headers = HeaderMap::new();
    inject(&Span::current(), &mut headers);
    headers.get("traceparent").and_then(|value| value.to_str().ok()).unwrap_or_default().to_owned()
}

/// Makes `span` a child of a stored `traceparent`.
pub fn continue_from(span: &Span, traceparent: &str) {
    let Ok(value) = HeaderValue::from_str(traceparent) else { return };
    let mut headers = HeaderMap::new();
    headers.insert(HeaderName::from_static("traceparent"), value);
    let parent = extract(&headers);
    if parent.span().span_context().is_valid() {
        let _ = span.set_parent(parent);
    }
}

/// The trace id of the current span in hex, empty where nothing is traced.
#[must_use]
pub fn current_trace_id() -> String {
    let context = Span::current().context();
    let span = context.span();
    let span_context = span.span_context();
    if span_context.is_valid() { span_context.trace_id().to_string() } else { String::new() }
}

struct Headers<'a>(&'a mut HeaderMap);

impl Injector for Headers<'_> {
    fn set(&mut self, key: &str, value: String) {
        if let (Ok(name), Ok(value)) = (HeaderName::from_bytes(key.as_bytes()), HeaderValue::from_str(&value)) {
            self.0.insert(name, value);
        }
    }
}

struct HeaderView<'a>(&'a HeaderMap);

impl Extractor for HeaderView<'_> {
    fn get(&self, key: &str) -> Option<&str> {
        self.0.get(key).and_then(|value| value.to_str().ok())
    }

    fn keys(&self) -> Vec<&str> {
        self.0.keys().map(HeaderName::as_str).collect()
    }
}
