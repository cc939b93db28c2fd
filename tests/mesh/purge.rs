//! A purged call leaves no words in any database of the mesh.

use std::collections::BTreeSet;
use std::path::Path;

use throughline_proto::common::v1::{AccountContext, DealContext};
use throughline_proto::events::v1::delivery_service_client::DeliveryServiceClient;
use throughline_proto::events::v1::{DeliveryState, ListDeliveriesRequest};
use throughline_proto::forecast::v1::GetDealRequest;
use throughline_proto::forecast::v1::forecast_service_client::ForecastServiceClient;
use throughline_proto::playbook::v1::evaluation_service_client::EvaluationServiceClient;
use throughline_proto::playbook::v1::playbook_service_client::PlaybookServiceClient;
use throughline_proto::playbook::v1::{CreateRevisionRequest, ListEvaluationsRequest, ReleaseRevisionRequest};
use throughline_proto::transcription::v1::retention_service_client::RetentionServiceClient;
use throughline_proto::transcription::v1::transcription_service_client::TranscriptionServiceClient;
use throughline_proto::transcription::v1::{
    Call, CreateCallRequest, GetTranscriptRequest, ImportTranscriptRequest, PurgeCallRequest, Transcript,
    TranscriptFormat,
};
use throughline_store::DatabaseConfig;
use throughline_testkit::database::holding;
use throughline_testkit::eventually;

use crate::program::{Up, repository};

const PARENT: &str = "workspaces/demo";
const DEAL: &str = "workspaces/demo/deals/D-1";
const SERVICES: [&str; 5] = ["transcription-gateway", "playbook-evaluator", "coaching-engine", "crm-sync", "forecast"];

/// The sample playbook, without what is learned from examples: that takes a while in a debug build.
async fn release_playbook(up: &Up) -> String {
    let document = std::fs::read_to_string(repository("samples/playbooks/regulated-enterprise.yaml")).unwrap();
    let mut playbooks = PlaybookServiceClient::new(up.peer(1));
    let request = CreateRevisionRequest { parent: PARENT.to_owned(), document: document.clone(), ..Default::default() };
    let mut request = tonic::Request::new(request);
    request.set_timeout(std::time::Duration::from_secs(300));
    let revision = playbooks.create_revision(request).await.unwrap().into_inner();
    let request = ReleaseRevisionRequest { name: revision.name, ..Default::default() };
    playbooks.release_revision(request).await.unwrap();
    document
}

async fn import(up: &Up) -> Transcript {
    let mut transcription = TranscriptionServiceClient::new(up.peer(0));
    let call = Call {
        title: "discovery".to_owned(),
        start_time: Some(prost_types::Timestamp { seconds: 1_775_000_000, nanos: 0 }),
        account: Some(AccountContext { name: "Northmoor".to_owned(), regulated: Some(true), ..Default::default() }),
        deal: Some(DealContext { id: "D-1".to_owned(), stage: "validation".to_owned(), ..Default::default() }),
        ..Default::default()
    };
    let request = CreateCallRequest {
        parent: PARENT.to_owned(),
        call: Some(call),
        call_id: "discovery".to_owned(),
        ..Default::default()
    };
    let call = transcription.create_call(request).await.unwrap().into_inner();
    let content = std::fs::read(repository("samples/calls/discovery.vtt")).unwrap();
    let format = TranscriptFormat::Webvtt.into();
    let request = ImportTranscriptRequest { call: call.name, content, format, ..Default::default() };
    let name = transcription.import_transcript(request).await.unwrap().into_inner().name;
    transcription.get_transcript(GetTranscriptRequest { name }).await.unwrap().into_inner()
}

/// Every delivery of gateway, evaluator and crm-sync is made.
async fn settled(up: &Up) {
    eventually("every delivery", || async {
        for service in [0, 1, 3] {
            for state in [DeliveryState::Pending, DeliveryState::Parked] {
                let request =
                    ListDeliveriesRequest { parent: PARENT.to_owned(), state: state.into(), ..Default::default() };
                let listed = DeliveryServiceClient::new(up.peer(service)).list_deliveries(request).await.unwrap();
                if !listed.into_inner().deliveries.is_empty() {
                    return None;
                }
            }
        }
        Some(())
    })
    .await;
}

/// Sentences of the call, of five words and more, that nobody else says: a shorter one could be anybody's.
fn sentences(transcript: &Transcript, document: &str) -> Vec<String> {
    let all = transcript.turns.iter().flat_map(|turn| turn.text.split(['.', '?', '!', '"']));
    let long = all.map(str::trim).filter(|sentence| sentence.split_whitespace().count() >= 5);
    let own: BTreeSet<String> = long.filter(|sentence| !document.contains(sentence)).map(str::to_owned).collect();
    own.into_iter().collect()
}

/// Which sentences stand where, by service and table.
async fn standing(data: &Path, sentences: &[String]) -> Vec<String> {
    let mut found = Vec::new();
    for service in SERVICES {
        let config = DatabaseConfig::new(format!("sqlite://{}", data.join(format!("{service}.db")).display()));
        let held = holding(&config, &service.replace('-', "_"), sentences).await;
        found.extend(held.into_iter().map(|place| format!("{service} {place}")));
    }
    found
}

#[tokio::test]
async fn a_purged_call_leaves_no_words_in_any_table_of_any_service() {
    let data = tempfile::tempdir().unwrap();
    let up = Up::start(data.path()).await;
    let document = release_playbook(&up).await;
    let transcript = import(&up).await;
    settled(&up).await;
    let deal = async || {
        let request = GetDealRequest { name: DEAL.to_owned(), as_of: None };
        ForecastServiceClient::new(up.peer(4)).get_deal(request).await.unwrap().into_inner()
    };
    let before = deal().await;
    let sentences = sentences(&transcript, &document);
    assert!(sentences.len() > 30, "{sentences:?}");
    let held = standing(data.path(), &sentences).await;
    for service in SERVICES {
        assert!(held.iter().any(|place| place.starts_with(service)), "{service} keeps words of a call: {held:#?}");
    }
    // What was written into the CRM is the CRM's.
    let is_written = |place: &&String| place.starts_with("crm-sync record: ");
    let written: Vec<&str> =
        held.iter().filter(is_written).filter_map(|place| place.split_once(": ")).map(|p| p.1).collect();

    let request = PurgeCallRequest {
        call: transcript.call.clone(),
        reason: "asked for by the customer".to_owned(),
        ..Default::default()
    };
    RetentionServiceClient::new(up.peer(0)).purge_call(request).await.unwrap();
    settled(&up).await;

    let left = standing(data.path(), &sentences).await;
    let left: Vec<&String> = left.iter().filter(|place| !written.iter().any(|words| place.ends_with(words))).collect();
    assert!(left.is_empty(), "{left:#?}");
    assert!(written.len() * 10 < sentences.len(), "most of the call was looked for: {written:#?}");

    let request = ListEvaluationsRequest { parent: PARENT.to_owned(), ..Default::default() };
    let mut evaluations = EvaluationServiceClient::new(up.peer(1)).max_decoding_message_size(64 << 20);
    let evaluations = evaluations.list_evaluations(request).await.unwrap().into_inner().evaluations;
    assert_eq!((evaluations.len(), evaluations[0].purge_time.is_some()), (1, true));
    let after = deal().await;
    assert_eq!(after.calls, before.calls);
    assert_eq!(after.health.unwrap().score, before.health.unwrap().score, "what was concluded stays");
}
