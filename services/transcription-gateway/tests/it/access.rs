//! Who may see and do what.

use chrono::Duration;
use rstest::rstest;
use throughline_proto::transcription::v1::transcription_service_client::TranscriptionServiceClient;
use throughline_proto::transcription::v1::{
    Call, CreateCallRequest, GetCallRequest, GetTranscriptRequest, ListCallsRequest,
};
use throughline_testkit::Backend;
use tonic::{Code, Status};

use crate::sound::sample;
use crate::world::{PARENT, REP, World, people, reason};

const OTHER: &str = "jo.lind@brightledger.example";

fn list() -> ListCallsRequest {
    ListCallsRequest { parent: PARENT.to_owned(), ..Default::default() }
}

fn refusal<T>(answer: Result<T, Status>) -> (Code, String) {
    let status = answer.err().unwrap();
    (status.code(), reason(&status))
}

#[tokio::test]
async fn without_a_valid_token_nobody_comes_in() {
    let world = World::start(Backend::Sqlite).await;
    let mut anonymous = TranscriptionServiceClient::new(world.served.anonymous());
    assert_eq!(refusal(anonymous.list_calls(list()).await), (Code::Unauthenticated, "TOKEN_MISSING".to_owned()));
    let expired = world.harness.token_for("mia@b.example", "demo", &["manager"], Duration::hours(-1));
    assert_eq!(
        refusal(world.api(expired).list_calls(list()).await),
        (Code::Unauthenticated, "TOKEN_EXPIRED".to_owned())
    );
}

#[tokio::test]
async fn role_and_workspace_are_asked_for() {
    let world = World::start(Backend::Sqlite).await;
    let enablement = world.harness.token("eva@b.example", &["enablement"]);
    let create = CreateCallRequest { parent: PARENT.to_owned(), call: Some(Call::default()), ..Default::default() };
    let refused = refusal(world.api(enablement).create_call(create).await);
    assert_eq!(refused, (Code::PermissionDenied, "ROLE_REQUIRED".to_owned()));
    let stranger = world.harness.token_for("sam@other.example", "other", &["manager"], Duration::hours(1));
    assert_eq!(
        refusal(world.api(stranger).list_calls(list()).await),
        (Code::PermissionDenied, "WORKSPACE_DENIED".to_owned())
    );
    let service = world.harness.service_token("playbook-evaluator");
    let unknown = ListCallsRequest { parent: "workspaces/nowhere".to_owned(), ..list() };
    assert_eq!(refusal(world.api(service).list_calls(unknown).await), (Code::NotFound, "WORKSPACE_UNKNOWN".to_owned()));
}

#[rstest]
#[tokio::test]
async fn a_rep_sees_the_calls_it_was_on_or_created(#[values(Backend::Sqlite, Backend::Postgres)] backend: Backend) {
    let world = World::start(backend).await;
    let name = world.call("c1").await;
    world.import(&name, &sample("discovery.vtt")).await.unwrap();
    let get = || GetCallRequest { name: name.clone() };
    assert!(world.rep(REP).get_call(get()).await.is_ok());
    assert_eq!(refusal(world.rep(OTHER).get_call(get()).await), (Code::PermissionDenied, "ROLE_REQUIRED".to_owned()));
    let transcript = GetTranscriptRequest { name: format!("{name}/transcripts/1") };
    assert!(world.rep(REP).get_transcript(transcript.clone()).await.is_ok());
    assert_eq!(refusal(world.rep(OTHER).get_transcript(transcript).await).0, Code::PermissionDenied);

    let own = CreateCallRequest {
        parent: PARENT.to_owned(),
        call: Some(Call::default()),
        call_id: "c2".to_owned(),
        ..Default::default()
    };
    world.rep(OTHER).create_call(own).await.unwrap();
    let seen = |calls: Vec<Call>| calls.into_iter().map(|call| call.name).collect::<Vec<_>>();
    assert_eq!(
        seen(world.rep(OTHER).list_calls(list()).await.unwrap().into_inner().calls),
        ["workspaces/demo/calls/c2"]
    );
    assert_eq!(seen(world.rep(REP).list_calls(list()).await.unwrap().into_inner().calls), ["workspaces/demo/calls/c1"]);
    assert_eq!(world.manager().list_calls(list()).await.unwrap().into_inner().calls.len(), 2);
}

#[tokio::test]
async fn a_rep_may_not_upload_to_anothers_call() {
    let world = World::start(Backend::Sqlite).await;
    let call = Call { participants: people(), ..Call::default() };
    let create = CreateCallRequest {
        parent: PARENT.to_owned(),
        call: Some(call),
        call_id: "c1".to_owned(),
        ..Default::default()
    };
    let name = world.manager().create_call(create).await.unwrap().into_inner().name;
    let header = throughline_proto::transcription::v1::UploadRecordingHeader { call: name, ..Default::default() };
    let message = throughline_proto::transcription::v1::upload_recording_request::Message::Header(header);
    let request = throughline_proto::transcription::v1::UploadRecordingRequest { message: Some(message) };
    let answer = world.rep(OTHER).upload_recording(futures::stream::iter([request])).await;
    assert_eq!(refusal(answer).0, Code::PermissionDenied);
}
