//! Consent that goes, or turns out to be missing, while something is under way.

use rstest::rstest;
use throughline_proto::common::v1::Participant;
use throughline_proto::transcription::v1::stream_audio_request::Message;
use throughline_proto::transcription::v1::transcription_service_client::TranscriptionServiceClient;
use throughline_proto::transcription::v1::{
    Call, CallState, ConsentState, SetLegalHoldRequest, StreamAudioRequest, StreamAudioResponse, UpdateCallRequest,
};
use throughline_rpc::client::Peer;
use throughline_testkit::{Backend, eventually};
use tokio::sync::mpsc;
use tokio_stream::wrappers::ReceiverStream;
use tonic::{Code, Status, Streaming};

use crate::consents::{asking, both_granted, live, missing, record, request, said};
use crate::sound::{talk, talk_wav};
use crate::uploads;
use crate::world::{World, people, reason};

/// A live stream in which something was understood.
async fn talking(
    mut api: TranscriptionServiceClient<Peer>,
    call: &str,
) -> (mpsc::Sender<StreamAudioRequest>, Streaming<StreamAudioResponse>) {
    let (audio, receiver) = mpsc::channel(4);
    audio.send(live(call)).await.unwrap();
    let mut answers = api.stream_audio(ReceiverStream::new(receiver)).await.unwrap().into_inner();
    let bytes: Vec<u8> = talk(8).iter().flat_map(|sample| sample.to_le_bytes()).collect();
    for chunk in bytes.chunks(6_400) {
        audio.send(StreamAudioRequest { message: Some(Message::Audio(chunk.to_vec())) }).await.unwrap();
    }
    answers.message().await.unwrap().unwrap();
    (audio, answers)
}

/// How a stream ends that has no transcript.
async fn end(mut answers: Streaming<StreamAudioResponse>) -> Status {
    loop {
        match answers.message().await {
            Ok(message) => assert!(message.is_some(), "the stream ended without a status"),
            Err(status) => return status,
        }
    }
}

#[rstest]
#[tokio::test]
async fn a_live_stream_is_stopped_at_once_and_nothing_of_it_kept(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let world = asking(backend, "all").await;
    let call = world.call("c1").await;
    both_granted(&world, &call).await;
    let (_audio, answers) = talking(world.manager(), &call).await;
    let answer = record(&world, request(&call, vec![said("s2", ConsentState::Revoked)])).await.unwrap();
    assert!(answer.removed);
    let status = end(answers).await;
    assert_eq!((status.code(), reason(&status).as_str()), (Code::FailedPrecondition, "CONSENT_MISSING"));
    let after = world.get(&call).await;
    assert!(after.transcript.is_empty() && after.state() != CallState::Live, "{after:?}");
}

fn held(call: &str) -> SetLegalHoldRequest {
    let reason = "matter 17".to_owned();
    SetLegalHoldRequest { call: call.to_owned(), held: true, reason, ..SetLegalHoldRequest::default() }
}

#[rstest]
#[tokio::test]
async fn a_legal_hold_keeps_no_stream_going_at_any_replica(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let world = asking(backend, "all").await;
    let call = world.call("c1").await;
    both_granted(&world, &call).await;
    world.retention().set_legal_hold(held(&call)).await.unwrap();
    let token = world.harness.token("mia@brightledger.example", &["manager"]);
    let (_other, api) = match backend {
        Backend::Sqlite => (None, world.manager()),
        Backend::Postgres => {
            let other = world.replica().await;
            let api = TranscriptionServiceClient::new(other.peer(token));
            (Some(other), api)
        }
    };
    let (_audio, answers) = talking(api, &call).await;
    record(&world, request(&call, vec![said("s2", ConsentState::Revoked)])).await.unwrap();
    let status = end(answers).await;
    assert_eq!((status.code(), reason(&status).as_str()), (Code::FailedPrecondition, "CONSENT_MISSING"));
    let after = world.get(&call).await;
    assert_eq!((after.state(), after.transcript.as_str()), (CallState::Failed, ""));
    assert_eq!(after.failure, "a participant took the consent to being recorded back");
}

#[rstest]
#[tokio::test]
async fn no_piece_of_an_upload_is_stored_after_consent_was_taken_back(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    const PIECE: usize = 4 * 1024 * 1024;
    let world = asking(backend, "all").await;
    let call = world.call("c1").await;
    both_granted(&world, &call).await;
    world.retention().set_legal_hold(held(&call)).await.unwrap();
    let content = vec![7; PIECE + 1_000];
    let upload = uploads::begin(&world, &call, &content).await.unwrap().name;
    let (sender, receiver) = mpsc::channel(content.len() / (32 * 1024) + 2);
    let messages = uploads::messages(&upload, 0, &content);
    let (first, rest) = messages.split_at(PIECE / (32 * 1024) + 1);
    for message in first {
        sender.send(message.clone()).await.unwrap();
    }
    let mut api = uploads::api(&world);
    let writing = tokio::task::spawn(async move { api.write_upload(ReceiverStream::new(receiver)).await });
    let stored = || async { (uploads::offset(&world, &upload).await == PIECE as i64).then_some(()) };
    eventually("the first piece is stored", stored).await;
    record(&world, request(&call, vec![said("s2", ConsentState::Revoked)])).await.unwrap();
    for message in rest {
        sender.send(message.clone()).await.unwrap();
    }
    drop(sender);
    let status = writing.await.unwrap().unwrap_err();
    assert_eq!((status.code(), reason(&status).as_str()), (Code::FailedPrecondition, "CONSENT_MISSING"));
    assert_eq!(uploads::offset(&world, &upload).await, PIECE as i64);
}

async fn somebody_joins(world: &World, call: &str) {
    let third = Participant { id: "s3".to_owned(), name: "Noor Haddad".to_owned(), ..Participant::default() };
    let participants = people().into_iter().chain([third]).collect();
    let request = UpdateCallRequest {
        call: Some(Call { name: call.to_owned(), participants, ..Call::default() }),
        update_mask: Some(prost_types::FieldMask { paths: vec!["participants".to_owned()] }),
        ..Default::default()
    };
    world.manager().update_call(request).await.unwrap();
}

#[rstest]
#[tokio::test]
async fn of_a_stream_that_somebody_joined_without_consent_nothing_is_kept(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let world = asking(backend, "all").await;
    let call = world.call("c1").await;
    both_granted(&world, &call).await;
    let (audio, answers) = talking(world.manager(), &call).await;
    somebody_joins(&world, &call).await;
    drop(audio);
    let status = end(answers).await;
    assert_eq!(missing(&status), (Code::FailedPrecondition, "CONSENT_MISSING".to_owned(), "s3".to_owned()));
    let after = world.get(&call).await;
    assert_eq!((after.state(), after.transcript.as_str()), (CallState::Failed, ""));
    assert!(after.failure.contains("s3 (Noor Haddad)"), "{}", after.failure);
}

#[rstest]
#[tokio::test]
async fn a_recording_is_not_transcribed_after_somebody_was_added_without_consent(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let world = asking(backend, "all").await;
    let call = world.call("c1").await;
    both_granted(&world, &call).await;
    world.upload(&call, &talk_wav(60)).await.unwrap();
    somebody_joins(&world, &call).await;
    let done = world.settled(&call).await;
    assert_eq!((done.state(), done.transcript.as_str()), (CallState::Failed, ""), "{done:?}");
    assert!(done.failure.contains("s3 (Noor Haddad)"), "{}", done.failure);
}
