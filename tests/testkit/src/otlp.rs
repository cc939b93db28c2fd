//! An OTLP receiver that keeps the spans it is sent.

use data_encoding::HEXLOWER;
use std::sync::{Arc, Mutex};

use opentelemetry_proto::tonic::collector::trace::v1::trace_service_server::{TraceService, TraceServiceServer};
use opentelemetry_proto::tonic::collector::trace::v1::{ExportTraceServiceRequest, ExportTraceServiceResponse};
use opentelemetry_proto::tonic::common::v1::any_value::Value;
use opentelemetry_proto::tonic::trace::v1::Span;
use tokio::task::JoinHandle;
use tonic::{Request, Response, Status};

use crate::serve_peer;

/// What a test needs of a span.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SpanRecord {
    /// Hex.
    pub trace_id: String,
    /// Hex.
    pub span_id: String,
    /// Hex; empty for a root.
    pub parent_id: String,
    /// Name.
    pub name: String,
    /// `throughline.service`, empty where it is not set.
    pub service: String,
    /// `rpc.method`, empty where it is not set.
    pub rpc_method: String,
}

/// Receives spans on a loopback port; dropped with the test.
pub struct OtlpReceiver {
    url: String,
    spans: Arc<Mutex<Vec<SpanRecord>>>,
    server: JoinHandle<()>,
}

impl OtlpReceiver {
    /// Starts it.
    ///
    /// # Panics
    /// When no port is free.
    pub async fn start() -> Self {
        let spans = Arc::new(Mutex::new(Vec::new()));
        let service = TraceServiceServer::new(Collector(Arc::clone(&spans)));
        let (url, server) = serve_peer(tonic::service::Routes::new(service)).await;
        Self { url, spans, server }
    }

    /// The endpoint to configure.
    #[must_use]
    pub fn url(&self) -> &str {
        &self.url
    }

    /// The spans received so far.
    ///
    /// # Panics
    /// Never in practice: a poisoned lock is read all the same.
    #[must_use]
    pub fn spans(&self) -> Vec<SpanRecord> {
        self.spans.lock().unwrap_or_else(std::sync::PoisonError::into_inner).clone()
    }
}

impl Drop for OtlpReceiver {
    fn drop(&mut self) {
        self.server.abort();
    }
}

struct Collector(Arc<Mutex<Vec<SpanRecord>>>);

#[tonic::async_trait]
impl TraceService for Collector {
    async fn export(
        &self,
        request: Request<ExportTraceServiceRequest>,
    ) -> Result<Response<ExportTraceServiceResponse>, Status> {
        let resources = request.into_inner().resource_spans;
        let spans = resources.into_iter().flat_map(|r| r.scope_spans).flat_map(|s| s.spans).map(record);
        self.0.lock().unwrap_or_else(std::sync::PoisonError::into_inner).extend(spans);
        Ok(Response::new(ExportTraceServiceResponse::default()))
    }
}

fn record(span: Span) -> SpanRecord {
    let attribute = |key: &str| {
        let found = span.attributes.iter().find(|attribute| attribute.key == key);
        match found.and_then(|attribute| attribute.value.as_ref()).and_then(|value| value.value.as_ref()) {
            Some(Value::StringValue(text)) => text.clone(),
            _ => String::new(),
        }
    };
    SpanRecord {
        trace_id: HEXLOWER.encode(&span.trace_id),
        span_id: HEXLOWER.encode(&span.span_id),
        parent_id: HEXLOWER.encode(&span.parent_span_id),
        service: attribute("throughline.service"),
        rpc_method: attribute("rpc.method"),
        name: span.name,
    }
}
