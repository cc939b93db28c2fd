//! Nothing is stored before consent is there, and all of it goes when it is taken back.

use futures::stream;
use rstest::rstest;
use throughline_proto::transcription::v1::consent_service_client::ConsentServiceClient;
use throughline_proto::transcription::v1::stream_audio_request::Message;
use throughline_proto::transcription::v1::transcription_settings_service_client::TranscriptionSettingsServiceClient;
use throughline_proto::transcription::v1::upload_service_client::UploadServiceClient;
use throughline_proto::transcription::v1::{
    Call, CallState, Consent, ConsentMethod, ConsentRule, ConsentState, CreateCallRequest, CreateUploadRequest,
    GetTranscriptRequest, ListPurgeReceiptsRequest, PurgeCause, RecordConsentRequest, RecordConsentResponse,
    SetLegalHoldRequest, StreamAudioHeader, StreamAudioRequest, TranscriptionSettings,
    UpdateTranscriptionSettingsRequest, Upload,
};
use throughline_testkit::{Backend, eventually};
use tonic::{Code, Response, Status};
use tonic_types::StatusExt as _;

use crate::sound::{fixture, sample};
use crate::world::{PARENT, World, people, reason, violations};

pub async fn asking(backend: Backend, rule: &str) -> World {
    World::with(backend, vec![("consent.rule", rule.to_owned())]).await
}

pub fn said(participant: &str, state: ConsentState) -> Consent {
    Consent {
        participant: participant.to_owned(),
        state: state.into(),
        method: ConsentMethod::Verbal.into(),
        ..Consent::default()
    }
}

pub fn request(call: &str, consents: Vec<Consent>) -> RecordConsentRequest {
    RecordConsentRequest { call: call.to_owned(), consents, ..Default::default() }
}

pub async fn record(world: &World, request: RecordConsentRequest) -> Result<RecordConsentResponse, Status> {
    let token = world.harness.token("mia@brightledger.example", &["manager"]);
    let mut api = ConsentServiceClient::new(world.served.peer(token));
    api.record_consent(request).await.map(Response::into_inner)
}

pub async fn both_granted(world: &World, call: &str) {
    let both = vec![said("s1", ConsentState::Granted), said("s2", ConsentState::Granted)];
    assert!(record(world, request(call, both)).await.unwrap().fulfilled);
}

pub fn missing(status: &Status) -> (Code, String, String) {
    let info = status.get_error_details().error_info().unwrap().clone();
    (status.code(), info.reason, info.metadata["participants"].clone())
}

async fn begin_upload(world: &World, call: &str) -> Result<Upload, Status> {
    let token = world.harness.token("mia@brightledger.example", &["manager"]);
    let upload = Some(Upload { size_bytes: 100, ..Upload::default() });
    let request = CreateUploadRequest { parent: call.to_owned(), upload, ..Default::default() };
    UploadServiceClient::new(world.served.peer(token)).create_upload(request).await.map(Response::into_inner)
}

pub fn live(call: &str) -> StreamAudioRequest {
    let header = StreamAudioHeader {
        call: call.to_owned(),
        sample_rate_hz: 16_000,
        channels: 2,
        partials: true,
        ..Default::default()
    };
    StreamAudioRequest { message: Some(Message::Header(header)) }
}

#[rstest]
#[tokio::test]
async fn no_way_in_stores_anything_before_all_have_agreed(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let world = asking(backend, "all").await;
    let call = world.call("c1").await;
    record(&world, request(&call, vec![said("s1", ConsentState::Granted)])).await.unwrap();
    let refused = [
        world.upload(&call, &fixture("pcm.wav")).await.unwrap_err(),
        world.import(&call, &sample("discovery.vtt")).await.unwrap_err(),
        begin_upload(&world, &call).await.unwrap_err(),
        world.manager().stream_audio(stream::iter([live(&call)])).await.err().unwrap(),
    ];
    let expected = (Code::FailedPrecondition, "CONSENT_MISSING".to_owned(), "s2".to_owned());
    for status in &refused {
        assert_eq!(missing(status), expected, "{status:?}");
        assert!(status.message().contains("s2 (Tom Ashworth)"), "{}", status.message());
    }
    assert_eq!((world.files(), world.get(&call).await.state()), (0, CallState::Created));
    record(&world, request(&call, vec![said("s2", ConsentState::Granted)])).await.unwrap();
    world.import(&call, &sample("discovery.vtt")).await.unwrap();
}

#[tokio::test]
async fn a_call_without_participants_is_not_stored_where_consent_is_asked_for() {
    for rule in ["all", "one"] {
        let world = asking(Backend::Sqlite, rule).await;
        let create = CreateCallRequest {
            parent: PARENT.to_owned(),
            call: Some(Call::default()),
            call_id: "c1".to_owned(),
            ..Default::default()
        };
        let call = world.manager().create_call(create).await.unwrap().into_inner().name;
        let status = world.upload(&call, &fixture("pcm.wav")).await.unwrap_err();
        assert_eq!(missing(&status).2, "", "{status:?}");
        assert_eq!(status.get_error_details().error_info().unwrap().metadata["rule"], rule);
    }
}

#[rstest]
#[tokio::test]
async fn consent_told_at_creation_counts_and_says_who_told_it(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let world = asking(backend, "all").await;
    let consents = vec![said("s1", ConsentState::Granted), said("s2", ConsentState::Granted)];
    let call = Call { participants: people(), consents, ..Call::default() };
    let create = CreateCallRequest { parent: PARENT.to_owned(), call: Some(call), ..Default::default() };
    let created = world.manager().create_call(create).await.unwrap().into_inner();
    assert_eq!(created.consents[0].recorded_by, "mia@brightledger.example");
    assert!(created.consents[0].time.is_some());
    world.upload(&created.name, &fixture("pcm.wav")).await.unwrap();
    let stranger =
        Call { participants: people(), consents: vec![said("s9", ConsentState::Granted)], ..Call::default() };
    let create = CreateCallRequest { parent: PARENT.to_owned(), call: Some(stranger), ..Default::default() };
    let status = world.manager().create_call(create).await.unwrap_err();
    assert_eq!(violations(&status), ["call.consents[0].participant: `s9` is not the id of a participant"]);
}

#[rstest]
#[tokio::test]
async fn the_rule_of_the_workspace_wins_over_that_of_the_installation(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let world = asking(backend, "all").await;
    let call = world.call("c1").await;
    let admin = world.harness.token("ada@brightledger.example", &["admin"]);
    let mut settings = TranscriptionSettingsServiceClient::new(world.served.peer(admin));
    let one = TranscriptionSettings {
        name: format!("{PARENT}/transcriptionSettings"),
        consent_rule: ConsentRule::One.into(),
        ..Default::default()
    };
    let update = UpdateTranscriptionSettingsRequest {
        settings: Some(one),
        update_mask: Some(prost_types::FieldMask { paths: vec!["consent_rule".to_owned()] }),
        ..Default::default()
    };
    settings.update_transcription_settings(update).await.unwrap();
    assert_eq!(reason(&world.upload(&call, &fixture("pcm.wav")).await.unwrap_err()), "CONSENT_MISSING");
    let answer = record(&world, request(&call, vec![said("s1", ConsentState::Granted)])).await.unwrap();
    assert_eq!((answer.rule(), answer.fulfilled), (ConsentRule::One, true));
    world.upload(&call, &fixture("pcm.wav")).await.unwrap();
}

#[rstest]
#[tokio::test]
async fn who_takes_consent_back_has_sound_and_words_removed(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let world = asking(backend, "all").await;
    let call = world.call("c1").await;
    both_granted(&world, &call).await;
    world.upload(&call, &fixture("pcm.wav")).await.unwrap();
    let transcript = world.settled(&call).await.transcript;
    let back = request(&call, vec![said("s2", ConsentState::Revoked)]);
    let would = record(&world, RecordConsentRequest { validate_only: true, ..back.clone() }).await.unwrap();
    assert!(would.removed && world.files() == 1, "nothing was changed");
    let back = RecordConsentRequest { request_id: "r-1".to_owned(), ..back };
    let answer = record(&world, back.clone()).await.unwrap();
    assert_eq!((answer.removed, answer.fulfilled, answer.missing.as_slice()), (true, false, &["s2".to_owned()][..]));
    assert_eq!(record(&world, back).await.unwrap(), answer, "a repeat");
    eventually("the recording is gone", || async { (world.files() == 0).then_some(()) }).await;
    let receipts = ListPurgeReceiptsRequest { parent: PARENT.to_owned(), call: call.clone(), ..Default::default() };
    let receipts = world.retention().list_purge_receipts(receipts).await.unwrap().into_inner().receipts;
    let [receipt] = receipts.as_slice() else { panic!("{receipts:?}") };
    assert_eq!((receipt.cause(), receipt.revisions, receipt.objects.len()), (PurgeCause::ConsentRevoked, 1, 1));
    assert_eq!(world.purged(1).await[0].call, call);
    let status = world.manager().get_transcript(GetTranscriptRequest { name: transcript }).await.unwrap_err();
    assert_eq!(status.code(), Code::NotFound);
    let after = world.get(&call).await;
    assert!(after.recording.is_none() && after.transcript.is_empty(), "{after:?}");
    let status = world.upload(&call, &fixture("pcm.wav")).await.unwrap_err();
    assert_eq!(reason(&status), "CONSENT_MISSING");
    let again = request(&call, vec![said("s2", ConsentState::Granted)]);
    assert!(record(&world, again).await.unwrap().fulfilled);
    let next = world.import(&call, &sample("discovery.vtt")).await.unwrap();
    assert!(next.name.ends_with("/2"), "a number is not given twice: {}", next.name);
}

#[rstest]
#[tokio::test]
async fn what_is_held_is_removed_when_the_hold_is_released(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let world = asking(backend, "all").await;
    let call = world.call("c1").await;
    both_granted(&world, &call).await;
    world.import(&call, &sample("discovery.vtt")).await.unwrap();
    let hold = |held| SetLegalHoldRequest {
        call: call.clone(),
        held,
        reason: "matter 17".to_owned(),
        ..SetLegalHoldRequest::default()
    };
    world.retention().set_legal_hold(hold(true)).await.unwrap();
    let answer = record(&world, request(&call, vec![said("s2", ConsentState::Revoked)])).await.unwrap();
    assert!(!answer.removed && !answer.fulfilled);
    assert!(world.get(&call).await.transcript.ends_with("/1"));
    let released = world.retention().set_legal_hold(hold(false)).await.unwrap().into_inner();
    assert_eq!(released.transcript, "");
    assert_eq!(world.purged(1).await[0].call, call);
}

#[tokio::test]
async fn a_refusal_counts_where_the_rule_asks_and_a_grant_removes_nothing() {
    let world = World::start(Backend::Sqlite).await;
    let call = world.call("c1").await;
    world.import(&call, &sample("discovery.vtt")).await.unwrap();
    // The installation asks nobody: a refusal is noted and no more.
    let answer = record(&world, request(&call, vec![said("s2", ConsentState::Denied)])).await.unwrap();
    assert_eq!((answer.removed, answer.fulfilled, answer.rule()), (false, true, ConsentRule::None));
    // What is taken back counts all the same.
    let answer = record(&world, request(&call, vec![said("s1", ConsentState::Revoked)])).await.unwrap();
    assert!(answer.removed);
    let answer = record(&world, request(&call, vec![said("s1", ConsentState::Granted)])).await.unwrap();
    assert!(!answer.removed && answer.fulfilled);
    world.import(&call, &sample("discovery.vtt")).await.unwrap();
}

#[tokio::test]
async fn what_is_wrong_with_entries_is_said_with_the_field() {
    let world = World::start(Backend::Sqlite).await;
    let call = world.call("c1").await;
    let status = record(&world, request("c1", Vec::new())).await.unwrap_err();
    assert_eq!(violations(&status).len(), 2, "{status:?}");
    let wrong = Consent { state: 0, method: 9, ..said("s9", ConsentState::Granted) };
    let status = record(&world, request(&call, vec![wrong])).await.unwrap_err();
    assert_eq!(violations(&status).len(), 2, "{status:?}");
    let status = record(&world, request(&call, vec![said("s9", ConsentState::Granted)])).await.unwrap_err();
    assert_eq!(violations(&status), ["consents[0].participant: `s9` is not the id of a participant"]);
}
