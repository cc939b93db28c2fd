//! Recordings are played as they were brought, by whoever may see the call.

use rstest::rstest;
use throughline_proto::transcription::v1::read_recording_response::Message;
use throughline_proto::transcription::v1::recording_service_client::RecordingServiceClient;
use throughline_proto::transcription::v1::{PurgeCallRequest, ReadRecordingHeader, ReadRecordingRequest};
use throughline_rpc::auth::TokenSource;
use throughline_testkit::{Backend, eventually};
use tonic::{Code, Status};

use crate::sound::{fixture, talk_wav, wav};
use crate::world::{REP, World, reason, violations};

/// The header, the bytes, and the size of the largest chunk.
pub async fn play(
    world: &World,
    token: TokenSource,
    call: &str,
    (offset, length): (i64, i64),
) -> Result<(ReadRecordingHeader, Vec<u8>, usize), Status> {
    let request = ReadRecordingRequest { name: format!("{call}/recording"), offset, length };
    let mut answers = RecordingServiceClient::new(world.served.peer(token)).read_recording(request).await?.into_inner();
    let Some(Message::Header(header)) = answers.message().await?.and_then(|first| first.message) else {
        panic!("no header")
    };
    let (mut bytes, mut largest) = (Vec::new(), 0);
    while let Some(answer) = answers.message().await? {
        let Some(Message::Chunk(chunk)) = answer.message else { panic!("no chunk") };
        largest = largest.max(chunk.len());
        bytes.extend(chunk);
    }
    Ok((header, bytes, largest))
}

#[rstest]
#[tokio::test]
async fn a_recording_is_played_whole_and_in_ranges(#[values(Backend::Sqlite, Backend::Postgres)] backend: Backend) {
    let world = World::start(backend).await;
    let call = world.call("c1").await;
    let wav = talk_wav(20);
    world.upload(&call, &wav).await.unwrap();
    let recording = world.settled(&call).await.recording.unwrap();
    let rep = || world.harness.token(REP, &["rep"]);
    let (header, bytes, largest) = play(&world, rep(), &call, (0, 0)).await.unwrap();
    assert!(bytes == wav && largest <= 32 * 1024);
    assert_eq!((header.size_bytes, header.length), (wav.len() as i64, wav.len() as i64));
    assert_eq!(
        (header.media_type.as_str(), header.codec, header.sha256),
        ("audio/wav", recording.codec, recording.sha256)
    );
    let (header, bytes, _) = play(&world, rep(), &call, (600_000, 100)).await.unwrap();
    assert!(bytes == wav[600_000..600_100]);
    assert_eq!((header.offset, header.length), (600_000, 100));
    let (header, bytes, _) = play(&world, rep(), &call, (wav.len() as i64 - 5, 100)).await.unwrap();
    assert_eq!((header.length, bytes), (5, wav[wav.len() - 5..].to_vec()));
}

#[tokio::test]
async fn whoever_may_not_see_the_call_may_not_hear_it() {
    let world = World::start(Backend::Sqlite).await;
    let call = world.call("c1").await;
    let manager = || world.harness.token("mia@brightledger.example", &["manager"]);
    let status = play(&world, manager(), &call, (0, 0)).await.unwrap_err();
    assert_eq!((status.code(), reason(&status).as_str()), (Code::NotFound, "RESOURCE_NOT_FOUND"));
    world.upload(&call, &fixture("pcm.wav")).await.unwrap();
    world.settled(&call).await;
    let other = world.harness.token("jo.lind@brightledger.example", &["rep"]);
    let status = play(&world, other, &call, (0, 0)).await.unwrap_err();
    assert_eq!((status.code(), reason(&status).as_str()), (Code::PermissionDenied, "ROLE_REQUIRED"));
    let status = play(&world, manager(), &call, (-1, -1)).await.unwrap_err();
    assert_eq!(violations(&status).len(), 2);
    let status = play(&world, manager(), &call, (1 << 40, 0)).await.unwrap_err();
    assert!(violations(&status)[0].starts_with("offset: is behind the end"), "{status:?}");
}

#[rstest]
#[tokio::test]
async fn a_recording_that_is_purged_while_it_is_read_is_no_defect(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let world = World::start(backend).await;
    let call = world.call("c1").await;
    // More than is on its way to a caller who does not read; that it is silent saves its transcription.
    world.upload(&call, &wav(2, 16_000, &vec![0; 10_000_000])).await.unwrap();
    world.settled(&call).await;
    let request = ReadRecordingRequest { name: format!("{call}/recording"), ..Default::default() };
    let mut api = RecordingServiceClient::new(world.served.peer(world.admin()));
    let mut answers = api.read_recording(request).await.unwrap().into_inner();
    answers.message().await.unwrap().unwrap();
    let purge = PurgeCallRequest { call, reason: "asked for".to_owned(), ..PurgeCallRequest::default() };
    world.retention().purge_call(purge).await.unwrap();
    eventually("its bytes are gone", || async { (world.files() == 0).then_some(()) }).await;
    let status = loop {
        match answers.message().await {
            Ok(message) => assert!(message.is_some(), "all of it was on its way"),
            Err(status) => break status,
        }
    };
    assert_eq!((status.code(), reason(&status).as_str()), (Code::Aborted, "STATE_CONFLICT"));
}

#[tokio::test]
async fn a_recording_is_not_played_before_it_is_transcribed() {
    let world = World::start(Backend::Sqlite).await;
    let call = world.call("c1").await;
    world.upload(&call, &talk_wav(60)).await.unwrap();
    let status = play(&world, world.admin(), &call, (0, 0)).await.unwrap_err();
    assert_eq!((status.code(), reason(&status).as_str()), (Code::FailedPrecondition, "STATE_CONFLICT"));
}
