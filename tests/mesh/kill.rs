//! kill -9 between commit and delivery: nothing is lost and nothing doubled.

use std::collections::HashMap;

use throughline_proto::common::v1::{AccountContext, DealContext};
use throughline_proto::crm::v1::GetAssociationRequest;
use throughline_proto::crm::v1::proposal_service_client::ProposalServiceClient;
use throughline_proto::events::v1::delivery_service_client::DeliveryServiceClient;
use throughline_proto::events::v1::{DeliveryState, ListDeliveriesRequest};
use throughline_proto::forecast::v1::ListDealLogEntriesRequest;
use throughline_proto::forecast::v1::forecast_service_client::ForecastServiceClient;
use throughline_proto::playbook::v1::evaluation_service_client::EvaluationServiceClient;
use throughline_proto::playbook::v1::playbook_service_client::PlaybookServiceClient;
use throughline_proto::playbook::v1::{CreateRevisionRequest, ListEvaluationsRequest, ReleaseRevisionRequest};
use throughline_proto::transcription::v1::transcription_service_client::TranscriptionServiceClient;
use throughline_proto::transcription::v1::{Call, CreateCallRequest, ImportTranscriptRequest, TranscriptFormat};
use throughline_testkit::eventually;

use crate::program::{Up, repository};

const CALLS: usize = 12;
const PARENT: &str = "workspaces/demo";
const DEAL: &str = "workspaces/demo/deals/D-1";

async fn release_playbook(up: &Up) {
    let document = std::fs::read_to_string(repository("samples/playbooks/regulated-enterprise.yaml")).unwrap();
    let mut playbooks = PlaybookServiceClient::new(up.peer(1));
    let mut request =
        tonic::Request::new(CreateRevisionRequest { parent: PARENT.to_owned(), document, ..Default::default() });
    // It learns from examples, which takes a while in a debug build.
    request.set_timeout(std::time::Duration::from_secs(300));
    let revision = playbooks.create_revision(request).await.unwrap().into_inner();
    let request = ReleaseRevisionRequest { name: revision.name, ..Default::default() };
    playbooks.release_revision(request).await.unwrap();
}

async fn import(up: &Up, id: usize) {
    let mut transcription = TranscriptionServiceClient::new(up.peer(0));
    let call = Call {
        title: format!("call {id}"),
        start_time: Some(prost_types::Timestamp { seconds: 1_775_000_000, nanos: 0 }),
        account: Some(AccountContext { name: "Northmoor".to_owned(), regulated: Some(true), ..Default::default() }),
        deal: Some(DealContext { id: "D-1".to_owned(), stage: "discovery".to_owned(), ..Default::default() }),
        ..Default::default()
    };
    let request = CreateCallRequest {
        parent: PARENT.to_owned(),
        call: Some(call),
        call_id: format!("call-{id}"),
        ..Default::default()
    };
    let call = transcription.create_call(request).await.unwrap().into_inner();
    let content = std::fs::read(repository("samples/calls/discovery.vtt")).unwrap();
    let format = TranscriptFormat::Webvtt.into();
    let request = ImportTranscriptRequest { call: call.name, content, format, ..Default::default() };
    transcription.import_transcript(request).await.unwrap();
}

/// The deliveries of gateway, evaluator and crm-sync that are not done.
async fn undelivered(up: &Up) -> usize {
    let mut left = 0;
    for service in [0, 1, 3] {
        for state in [DeliveryState::Pending, DeliveryState::Parked] {
            let request =
                ListDeliveriesRequest { parent: PARENT.to_owned(), state: state.into(), ..Default::default() };
            let listed = DeliveryServiceClient::new(up.peer(service)).list_deliveries(request).await.unwrap();
            left += listed.into_inner().deliveries.len();
        }
    }
    left
}

#[tokio::test]
async fn a_kill_between_commit_and_delivery_loses_nothing_and_doubles_nothing() {
    let data = tempfile::tempdir().unwrap();
    let mut up = Up::start(data.path()).await;
    release_playbook(&up).await;
    for id in 0..CALLS {
        import(&up, id).await;
    }
    // SIGKILL, as soon as the last import is committed: most deliveries are still to come.
    let left = undelivered(&up).await;
    up.child.kill().await.unwrap();
    assert!(left > 0, "the kill came too late to prove anything");

    let up = Up::start(data.path()).await;
    eventually("every delivery", || async { (undelivered(&up).await == 0).then_some(()) }).await;

    let request = ListEvaluationsRequest { parent: PARENT.to_owned(), page_size: 100, ..Default::default() };
    let mut evaluations = EvaluationServiceClient::new(up.peer(1)).max_decoding_message_size(64 << 20);
    let evaluations = evaluations.list_evaluations(request).await.unwrap().into_inner().evaluations;
    let mut by_call: HashMap<&str, usize> = HashMap::new();
    for evaluation in &evaluations {
        *by_call.entry(&evaluation.call).or_default() += 1;
    }
    assert_eq!((by_call.len(), evaluations.len()), (CALLS, CALLS));

    let request = ListDealLogEntriesRequest { parent: DEAL.to_owned(), page_size: 200, ..Default::default() };
    let entries =
        ForecastServiceClient::new(up.peer(4)).list_deal_log_entries(request).await.unwrap().into_inner().entries;
    for call in by_call.keys() {
        let name = format!("{call}/association");
        let association = ProposalServiceClient::new(up.peer(3)).get_association(GetAssociationRequest { name }).await;
        assert_eq!(association.unwrap().into_inner().deal, DEAL);
        for kind in ["call_evaluated", "call_associated"] {
            let count = entries.iter().filter(|entry| entry.kind == kind && entry.call == *call).count();
            assert_eq!(count, 1, "{kind} of {call}");
        }
    }
}
