//! One trace goes from the transaction that wrote an event through the relay to the consumer.

use std::sync::{Arc, Mutex};

use opentelemetry::trace::{SpanId, TracerProvider as _};
use opentelemetry_sdk::error::OTelSdkResult;
use opentelemetry_sdk::propagation::TraceContextPropagator;
use opentelemetry_sdk::trace::{SdkTracerProvider, SpanData, SpanExporter};
use throughline_testkit::Backend;
use tracing::Instrument as _;
use tracing_subscriber::filter::LevelFilter;
use tracing_subscriber::layer::SubscriberExt as _;

use crate::mesh::{Mesh, quick};

#[derive(Clone, Debug, Default)]
struct Kept(Arc<Mutex<Vec<SpanData>>>);

impl SpanExporter for Kept {
    async fn export(&self, batch: Vec<SpanData>) -> OTelSdkResult {
        self.0.lock().unwrap().extend(batch);
        Ok(())
    }
}

#[tokio::test]
async fn a_delivery_continues_the_trace_of_the_transaction_that_wrote_the_event() {
    let kept = Kept::default();
    let provider = SdkTracerProvider::builder().with_simple_exporter(kept.clone()).build();
    opentelemetry::global::set_text_map_propagator(TraceContextPropagator::new());
    let layer = tracing_opentelemetry::layer().with_tracer(provider.tracer("test"));
    // For the whole process: whether a span is made at all is decided once, by the first thread that comes to it, and
    // that may be another test's.
    let subscriber = tracing_subscriber::registry().with(LevelFilter::INFO).with(layer);
    tracing::subscriber::set_global_default(subscriber).unwrap();

    let mesh = Mesh::start(Backend::Sqlite).await;
    mesh.keeper.fail("a0", [crate::consumer::Fault::LoseAnswer]);
    mesh.publish("a", "a0").instrument(tracing::info_span!("finalize")).await;
    mesh.relay_until_settled(&quick(), 0).await;
    provider.force_flush().unwrap();

    let spans = kept.0.lock().unwrap().clone();
    let root = spans.iter().find(|span| span.name == "finalize").unwrap();
    assert_eq!(root.parent_span_id, SpanId::INVALID);
    let of_trace: Vec<&SpanData> =
        spans.iter().filter(|span| span.span_context.trace_id() == root.span_context.trace_id()).collect();
    let children = |parent: &SpanData, name: &str| -> Vec<SpanData> {
        let ours = |span: &&&SpanData| span.parent_span_id == parent.span_context.span_id() && span.name == name;
        of_trace.iter().filter(ours).map(|span| (**span).clone()).collect()
    };
    // Two tries, each with its call, each call with its server side.
    let tries = children(root, "deliver transcript_finalized");
    assert_eq!(tries.len(), 2, "{:?}", of_trace.iter().map(|span| &span.name).collect::<Vec<_>>());
    for attempt in &tries {
        let method = "throughline.events.v1.EventSinkService/DeliverEvent";
        let call = children(attempt, method).remove(0);
        assert_eq!(children(&call, method).len(), 1);
    }
    // No span of the trace hangs in the air.
    for span in &of_trace {
        let parent = span.parent_span_id;
        assert!(
            parent == SpanId::INVALID || of_trace.iter().any(|other| other.span_context.span_id() == parent),
            "{} is an orphan",
            span.name
        );
    }
}
