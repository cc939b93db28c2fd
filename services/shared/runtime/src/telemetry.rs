//! Traces, metrics and logs: OTLP where an endpoint is configured, metrics also as text for Prometheus, and a readable log
//! on stderr.

use std::io::IsTerminal as _;
use std::sync::OnceLock;

use anyhow::Context as _;
use opentelemetry::trace::TracerProvider as _;
use opentelemetry::{KeyValue, global};
use opentelemetry_appender_tracing::layer::OpenTelemetryTracingBridge;
use opentelemetry_otlp::WithExportConfig as _;
use opentelemetry_sdk::Resource;
use opentelemetry_sdk::logs::SdkLoggerProvider;
use opentelemetry_sdk::metrics::SdkMeterProvider;
use opentelemetry_sdk::propagation::TraceContextPropagator;
use opentelemetry_sdk::trace::SdkTracerProvider;
use prometheus::process_collector::ProcessCollector;
use prometheus::{Registry, TextEncoder};
use serde::{Deserialize, Serialize};
use tracing_subscriber::layer::SubscriberExt as _;
use tracing_subscriber::util::SubscriberInitExt as _;
use tracing_subscriber::{EnvFilter, Layer as _};

/// `[telemetry]`.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TelemetryConfig {
    /// OTLP gRPC endpoint for traces, metrics and logs, for example `http://collector:4317`; empty for none.
    #[serde(default)]
    pub otlp_endpoint: String,
    /// Filter of the log on stderr, for example `info,playbook_evaluator=debug`.
    pub log: String,
    /// Form of the log on stderr.
    #[serde(default)]
    pub log_format: LogFormat,
}

/// Form of the log on stderr.
#[derive(Debug, Clone, Copy, Default, Serialize, Deserialize, PartialEq, Eq)]
#[serde(rename_all = "lowercase")]
pub enum LogFormat {
    /// For people.
    #[default]
    Text,
    /// One JSON object a line.
    Json,
}

/// The providers of this process; flushed by [`Telemetry::shutdown`].
pub struct Telemetry {
    traces: SdkTracerProvider,
    metrics: SdkMeterProvider,
    logs: Option<SdkLoggerProvider>,
}

/// What never goes to OTLP: the exporter's own calls would be traced for ever.
const EXPORT_FILTER: &str = "info,h2=off,hyper=off,tonic=off,tower=off,opentelemetry=off,sqlx=warn,sea_orm=warn";

/// Sets up telemetry for the process. Call it once, inside the tokio runtime.
///
/// # Errors
/// When the endpoint or the filter is malformed, or telemetry was set up before.
pub fn init(service: &'static str, config: &TelemetryConfig) -> anyhow::Result<Telemetry> {
    global::set_text_map_propagator(TraceContextPropagator::new());
    let filter = EnvFilter::try_new(&config.log).context("telemetry.log")?;
    let stderr = match config.log_format {
        LogFormat::Text => {
            let colours = std::io::stderr().is_terminal();
            tracing_subscriber::fmt::layer().with_writer(std::io::stderr).with_ansi(colours).with_target(false).boxed()
        }
        LogFormat::Json => tracing_subscriber::fmt::layer().json().with_writer(std::io::stderr).boxed(),
    };
    let registry = tracing_subscriber::registry().with(stderr.with_filter(filter));
    let endpoint = (!config.otlp_endpoint.is_empty()).then_some(config.otlp_endpoint.as_str());
    let telemetry = providers(service, endpoint)?;
    let tracer = telemetry.traces.tracer(service);
    let bridge = telemetry.logs.as_ref().map(OpenTelemetryTracingBridge::new);
    registry
        .with(tracing_opentelemetry::layer().with_tracer(tracer).with_filter(EnvFilter::new(EXPORT_FILTER)))
        .with(bridge.map(|bridge| bridge.with_filter(EnvFilter::new(EXPORT_FILTER))))
        .try_init()
        .context("telemetry")?;
    Ok(telemetry)
}

/// Without an endpoint spans still get ids, so that answers and logs can name a trace, and metrics are there to be asked for.
fn providers(service: &'static str, endpoint: Option<&str>) -> anyhow::Result<Telemetry> {
    let mut traces = SdkTracerProvider::builder().with_resource(resource(service));
    let mut metrics = SdkMeterProvider::builder().with_resource(resource(service)).with_reader(for_prometheus()?);
    let mut logs = None;
    if let Some(endpoint) = endpoint {
        let spans = opentelemetry_otlp::SpanExporter::builder().with_tonic().with_endpoint(endpoint).build();
        traces = traces.with_batch_exporter(spans.context("telemetry.otlp_endpoint")?);
        let measures = opentelemetry_otlp::MetricExporter::builder().with_tonic().with_endpoint(endpoint).build();
        metrics = metrics.with_periodic_exporter(measures.context("telemetry.otlp_endpoint")?);
        let records = opentelemetry_otlp::LogExporter::builder().with_tonic().with_endpoint(endpoint).build();
        let builder = SdkLoggerProvider::builder().with_resource(resource(service));
        logs = Some(builder.with_batch_exporter(records.context("telemetry.otlp_endpoint")?).build());
    }
    let metrics = metrics.build();
    global::set_meter_provider(metrics.clone());
    Ok(Telemetry { traces: traces.build(), metrics, logs })
}

/// What GET /metrics answers; it belongs to the process, as the global meter provider does.
static REGISTRY: OnceLock<Registry> = OnceLock::new();

fn for_prometheus() -> anyhow::Result<opentelemetry_prometheus::PrometheusExporter> {
    let registry = Registry::new();
    registry.register(Box::new(ProcessCollector::for_self())).context("process metrics")?;
    let reader = opentelemetry_prometheus::exporter().with_registry(registry.clone()).build().context("metrics")?;
    let _ = REGISTRY.set(registry);
    Ok(reader)
}

/// The metrics of this process in the text format of Prometheus.
pub(crate) fn metrics() -> Result<String, String> {
    let registry = REGISTRY.get().ok_or("telemetry was not set up")?;
    TextEncoder::new().encode_to_string(&registry.gather()).map_err(|error| error.to_string())
}

fn resource(service: &'static str) -> Resource {
    Resource::builder()
        .with_service_name(service)
        .with_attributes([
            KeyValue::new("service.namespace", "throughline"),
            KeyValue::new("service.version", env!("CARGO_PKG_VERSION")),
        ])
        .build()
}

impl Telemetry {
    /// Sends what is still queued. Blocks; failures are said on stderr, since the log goes the same way.
    pub fn shutdown(self) {
        let Self { traces, metrics, logs } = self;
        let results = [traces.shutdown(), metrics.shutdown(), logs.map_or(Ok(()), |provider| provider.shutdown())];
        for error in results.into_iter().filter_map(Result::err) {
            eprintln!("telemetry: {error}");
        }
    }
}
