//! Recordings from upload to transcript.

use rstest::rstest;
use throughline_proto::common::v1::Side;
use throughline_proto::transcription::v1::{CallState, TranscriptSource, UploadRecordingHeader};
use throughline_testkit::Backend;

use crate::sound::{fixture, talk_wav};
use crate::world::{World, reason};

#[rstest]
#[tokio::test]
async fn a_recording_becomes_a_transcript_and_the_evaluator_is_told(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let world = World::start(backend).await;
    let call = world.call("c1").await;
    let wav = talk_wav(11);
    let uploaded = world.upload(&call, &wav).await.unwrap();
    assert_eq!(uploaded.state(), CallState::Uploaded);
    let recording = uploaded.recording.unwrap();
    assert_eq!((recording.channels, recording.sample_rate_hz, recording.duration_ms), (2, 16_000, 11_000));
    assert_eq!((recording.codec.as_str(), recording.size_bytes), ("wave/pcm_s16le", wav.len() as i64));

    let done = world.settled(&call).await;
    assert_eq!((done.state(), done.failure.as_str(), done.processed_ms), (CallState::Transcribed, "", 11_000));
    let transcript = world.transcript(&done.transcript).await;
    assert_eq!((transcript.source(), transcript.engine.as_str()), (TranscriptSource::Recording, "moonshine-tiny-en"));
    let [rep, buyer, ..] = transcript.turns.as_slice() else { panic!("{transcript:?}") };
    assert_eq!((rep.participant.as_str(), rep.side()), ("s1", Side::Rep));
    assert!(rep.text.to_lowercase().contains("good morning"), "{}", rep.text);
    assert_eq!((buyer.participant.as_str(), buyer.side()), ("s2", Side::Buyer));
    assert!(buyer.text.to_lowercase().contains("hear you"), "{}", buyer.text);
    assert!(rep.start_ms.abs_diff(900) < 200 && buyer.start_ms.abs_diff(6_097) < 200, "{:?}", transcript.turns);
    assert_eq!(world.told(1).await[0].transcript, done.transcript);
}

#[rstest]
#[tokio::test]
async fn each_format_is_transcribed(#[values("mulaw.wav", "flac.flac", "mp3.mp3", "opus.ogg", "aac.m4a")] name: &str) {
    let world = World::start(Backend::Sqlite).await;
    let call = world.call("c1").await;
    world.upload(&call, &fixture(name)).await.unwrap();
    let done = world.settled(&call).await;
    assert_eq!((done.state(), done.failure.as_str()), (CallState::Transcribed, ""), "{done:?}");
    let text = world.transcript(&done.transcript).await.turns[0].text.to_lowercase();
    assert!(text.contains("good morning"), "{name}: {text}");
}

#[rstest]
#[tokio::test]
async fn a_repeated_upload_stores_and_transcribes_once(#[values(Backend::Sqlite, Backend::Postgres)] backend: Backend) {
    let world = World::start(backend).await;
    let call = world.call("c1").await;
    let header = || UploadRecordingHeader { call: call.clone(), request_id: "r-1".to_owned(), ..Default::default() };
    let first = world.upload_with(header(), &fixture("pcm.wav")).await.unwrap();
    world.settled(&call).await;
    assert_eq!(world.upload_with(header(), &fixture("pcm.wav")).await.unwrap(), first);
    let status = world.upload_with(header(), &fixture("alaw.wav")).await.unwrap_err();
    assert_eq!(reason(&status), "REQUEST_ID_REUSED");
    let after = world.get(&call).await;
    assert_eq!(after.transcript, format!("{call}/transcripts/1"));
    assert_eq!(world.files(), 1);
}

#[tokio::test]
async fn size_and_checksum_of_the_header_are_compared() {
    let world = World::start(Backend::Sqlite).await;
    let call = world.call("c1").await;
    let wav = fixture("pcm.wav");
    let header = UploadRecordingHeader {
        call: call.clone(),
        size_bytes: wav.len() as i64 + 1,
        sha256: "0".repeat(64),
        ..Default::default()
    };
    let status = world.upload_with(header, &wav).await.unwrap_err();
    assert_eq!(crate::world::violations(&status).len(), 2);
    assert_eq!((world.files(), world.get(&call).await.state()), (0, CallState::Created));
}

#[rstest]
#[tokio::test]
async fn a_recording_without_a_transcript_says_why_and_may_be_replaced(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let world = World::start(backend).await;
    let call = world.call("c1").await;
    world.upload(&call, &crate::sound::wav(1, 16_000, &[0; 32_000])).await.unwrap();
    let failed = world.settled(&call).await;
    assert_eq!(failed.state(), CallState::Failed);
    assert!(failed.failure.starts_with("the recording is silent"), "{}", failed.failure);

    let mut truncated = talk_wav(4);
    truncated.truncate(truncated.len() / 2);
    world.upload(&call, &truncated).await.unwrap();
    let failed = world.settled(&call).await;
    assert_eq!(failed.failure, "the file is truncated: it ends at 0:01.999 of the 0:04 that its header announces");
    assert_eq!(failed.transcript, "");

    world.upload(&call, &talk_wav(8)).await.unwrap();
    let done = world.settled(&call).await;
    assert_eq!((done.state(), done.failure.as_str()), (CallState::Transcribed, ""));
    assert_eq!(world.files(), 1, "what was replaced is gone");
    let status = world.upload(&call, &talk_wav(8)).await.unwrap_err();
    assert_eq!(reason(&status), "STATE_CONFLICT");
}
