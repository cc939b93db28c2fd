//! An OTLP collector that writes what a test looks for in a trace: a JSON object a span.

use data_encoding::HEXLOWER;
use std::io::Write as _;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};

use anyhow::Context as _;
use clap::Args;
use opentelemetry_proto::tonic::collector::logs::v1::logs_service_server::{LogsService, LogsServiceServer};
use opentelemetry_proto::tonic::collector::logs::v1::{ExportLogsServiceRequest, ExportLogsServiceResponse};
use opentelemetry_proto::tonic::collector::metrics::v1::metrics_service_server::{
    MetricsService, MetricsServiceServer,
};
use opentelemetry_proto::tonic::collector::metrics::v1::{ExportMetricsServiceRequest, ExportMetricsServiceResponse};
use opentelemetry_proto::tonic::collector::trace::v1::trace_service_server::{TraceService, TraceServiceServer};
use opentelemetry_proto::tonic::collector::trace::v1::{ExportTraceServiceRequest, ExportTraceServiceResponse};
use opentelemetry_proto::tonic::common::v1::KeyValue;
use opentelemetry_proto::tonic::common::v1::any_value::Value;
use tonic::{Request, Response, Status};

#[derive(Args)]
pub struct Arguments {
    /// Address to listen on.
    #[arg(long)]
    listen: SocketAddr,
    /// File to append to.
    #[arg(long)]
    out: PathBuf,
}

pub async fn run(arguments: Arguments) -> anyhow::Result<()> {
    let file = std::fs::OpenOptions::new().create(true).append(true).open(&arguments.out);
    let file = file.with_context(|| arguments.out.display().to_string())?;
    let collector = TraceServiceServer::new(Collector(Arc::new(Mutex::new(file))));
    tonic::transport::Server::builder()
        .add_service(LogsServiceServer::new(Dropped).max_decoding_message_size(64 << 20))
        .add_service(MetricsServiceServer::new(Dropped).max_decoding_message_size(64 << 20))
        .add_service(collector.max_decoding_message_size(64 << 20))
        .serve(arguments.listen)
        .await
        .context("collector")
}

struct Collector(Arc<Mutex<std::fs::File>>);

#[tonic::async_trait]
impl TraceService for Collector {
    async fn export(
        &self,
        request: Request<ExportTraceServiceRequest>,
    ) -> Result<Response<ExportTraceServiceResponse>, Status> {
        let mut lines = String::new();
        for resource in request.into_inner().resource_spans {
            let attributes = resource.resource.map(|resource| resource.attributes).unwrap_or_default();
            let (service, instance) = (text(&attributes, "service.name"), text(&attributes, "service.instance.id"));
            for span in resource.scope_spans.into_iter().flat_map(|scope| scope.spans) {
                let line = serde_json::json!({
                    "trace_id": HEXLOWER.encode(&span.trace_id), "span_id": HEXLOWER.encode(&span.span_id), "parent_id": HEXLOWER.encode(&span.parent_span_id),
                    "name": span.name, "service": service, "instance": instance,
                });
                lines.push_str(&format!("{line}\n"));
            }
        }
        let mut file = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        file.write_all(lines.as_bytes()).map_err(|error| Status::unavailable(error.to_string()))?;
        Ok(Response::new(ExportTraceServiceResponse::default()))
    }
}

/// Logs and metrics are taken, so that nobody complains, and looked at by no test.
struct Dropped;

#[tonic::async_trait]
impl LogsService for Dropped {
    async fn export(
        &self,
        _: Request<ExportLogsServiceRequest>,
    ) -> Result<Response<ExportLogsServiceResponse>, Status> {
        Ok(Response::new(ExportLogsServiceResponse::default()))
    }
}

#[tonic::async_trait]
impl MetricsService for Dropped {
    async fn export(
        &self,
        _: Request<ExportMetricsServiceRequest>,
    ) -> Result<Response<ExportMetricsServiceResponse>, Status> {
        Ok(Response::new(ExportMetricsServiceResponse::default()))
    }
}

fn text(attributes: &[KeyValue], key: &str) -> String {
    let found = attributes.iter().find(|attribute| attribute.key == key);
    match found.and_then(|attribute| attribute.value.as_ref()).and_then(|value| value.value.as_ref()) {
        Some(Value::StringValue(text)) => text.clone(),
        _ => String::new(),
    }
}
