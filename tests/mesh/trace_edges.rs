//! One trace from `analyze` to the forecast, across the outbox, without an orphan.

use std::collections::{BTreeSet, HashMap};

use throughline_testkit::{OtlpReceiver, SpanRecord};

use crate::program::{repository, run, throughline};

#[tokio::test]
async fn one_trace_covers_a_transcript_from_import_to_forecast() {
    one_trace("samples/calls/validation.json", "ImportTranscript").await;
}

#[tokio::test]
async fn one_trace_covers_a_recording_from_upload_to_forecast() {
    one_trace("samples/calls/discovery.flac", "UploadRecording").await;
}

async fn one_trace(input: &str, sent_by: &str) {
    let receiver = OtlpReceiver::start().await;
    let printed =
        run(throughline().args(["analyze", "--format", "json", "--otlp", receiver.url()]).arg(repository(input))).await;
    assert_eq!(printed.code, Some(0), "{}", printed.stderr);
    let trace_id = printed.objects()[0]["trace_id"].as_str().unwrap().to_owned();
    let spans: Vec<SpanRecord> = receiver.spans().into_iter().filter(|span| span.trace_id == trace_id).collect();
    let by_id: HashMap<&str, &SpanRecord> = spans.iter().map(|span| (span.span_id.as_str(), span)).collect();

    let orphans: Vec<&SpanRecord> =
        spans.iter().filter(|s| !s.parent_id.is_empty() && !by_id.contains_key(s.parent_id.as_str())).collect();
    assert!(orphans.is_empty(), "{orphans:#?}");
    let roots: Vec<&str> = spans.iter().filter(|span| span.parent_id.is_empty()).map(|s| s.name.as_str()).collect();
    assert_eq!(roots, ["analyze"]);

    // The service of a span is its own, or that of the nearest span above it.
    let service_of = |span: &SpanRecord| {
        let mut at = Some(span);
        while let Some(here) = at {
            if !here.service.is_empty() {
                return here.service.clone();
            }
            at = by_id.get(here.parent_id.as_str()).copied();
        }
        "analyze".to_owned()
    };
    let served = spans.iter().filter(|span| !span.service.is_empty());
    let edges: BTreeSet<(String, String, String)> = served
        .map(|span| {
            let caller = by_id.get(span.parent_id.as_str()).map_or("analyze".to_owned(), |parent| service_of(parent));
            let method = span.rpc_method.rsplit('/').next().unwrap_or_default().to_owned();
            (caller, span.service.clone(), method)
        })
        .collect();
    for (caller, service, method) in [
        ("analyze", "transcription-gateway", "CreateCall"),
        ("analyze", "transcription-gateway", sent_by),
        ("transcription-gateway", "playbook-evaluator", "DeliverEvent"),
        ("playbook-evaluator", "transcription-gateway", "GetTranscript"),
        ("playbook-evaluator", "coaching-engine", "DeliverEvent"),
        ("playbook-evaluator", "crm-sync", "DeliverEvent"),
        ("playbook-evaluator", "forecast", "DeliverEvent"),
        ("playbook-evaluator", "transcription-gateway", "DeliverEvent"),
        ("transcription-gateway", "playbook-evaluator", "GetEvaluation"),
        ("coaching-engine", "playbook-evaluator", "GetEvaluation"),
        ("crm-sync", "playbook-evaluator", "GetEvaluation"),
        ("forecast", "playbook-evaluator", "GetEvaluation"),
        ("crm-sync", "forecast", "DeliverEvent"),
    ] {
        let edge = (caller.to_owned(), service.to_owned(), method.to_owned());
        assert!(edges.contains(&edge), "{edge:?} is missing among {edges:#?}");
    }
}
