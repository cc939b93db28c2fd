//! Traces, metrics and logs: OTLP where an endpoint is configured, and a readable log on stderr.

use std::io::IsTerminal as _;

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
    traces: Option<SdkTracerProvider>,
    metrics: Option<SdkMeterProvider>,
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
    if config.otlp_endpoint.is_empty() {
        // Without an exporter spans still get ids, so that answers and logs can name a trace.
        let traces = SdkTracerProvider::builder().with_resource(resource(service)).build();
        let tracer = traces.tracer(service);
        registry
            .with(tracing_opentelemetry::layer().with_tracer(tracer).with_filter(EnvFilter::new(EXPORT_FILTER)))
            .try_init()
            .context("telemetry")?;
        return Ok(Telemetry { traces: Some(traces), metrics: None, logs: None });
    }
    let telemetry = exporters(service, &config.otlp_endpoint)?;
    let tracer = telemetry.traces.as_ref().map(|provider| provider.tracer(service));
    let bridge = telemetry.logs.as_ref().map(OpenTelemetryTracingBridge::new);
    registry
        .with(tracer.map(|tracer| {
            tracing_opentelemetry::layer().with_tracer(tracer).with_filter(EnvFilter::new(EXPORT_FILTER))
        }))
        .with(bridge.map(|bridge| bridge.with_filter(EnvFilter::new(EXPORT_FILTER))))
        .try_init()
        .context("telemetry")?;
    Ok(telemetry)
}

fn exporters(service: &'static str, endpoint: &str) -> anyhow::Result<Telemetry> {
    let spans = opentelemetry_otlp::SpanExporter::builder().with_tonic().with_endpoint(endpoint).build();
    let metrics = opentelemetry_otlp::MetricExporter::builder().with_tonic().with_endpoint(endpoint).build();
    let logs = opentelemetry_otlp::LogExporter::builder().with_tonic().with_endpoint(endpoint).build();
    let traces = SdkTracerProvider::builder()
        .with_batch_exporter(spans.context("telemetry.otlp_endpoint")?)
        .with_resource(resource(service))
        .build();
    let metrics = SdkMeterProvider::builder()
        .with_periodic_exporter(metrics.context("telemetry.otlp_endpoint")?)
        .with_resource(resource(service))
        .build();
    global::set_meter_provider(metrics.clone());
    let logs = SdkLoggerProvider::builder()
        .with_batch_exporter(logs.context("telemetry.otlp_endpoint")?)
        .with_resource(resource(service))
        .build();
    Ok(Telemetry { traces: Some(traces), metrics: Some(metrics), logs: Some(logs) })
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
        let results = [
            traces.map(|provider| provider.shutdown()),
            metrics.map(|provider| provider.shutdown()),
            logs.map(|provider| provider.shutdown()),
        ];
        for error in results.into_iter().flatten().filter_map(Result::err) {
            eprintln!("telemetry: {error}");
        }
    }
}
