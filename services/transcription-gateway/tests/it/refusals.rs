//! Uploads that are refused at once: with a clear reason, and nothing left behind.

use rstest::rstest;
use throughline_proto::transcription::v1::upload_recording_request::Message;
use throughline_proto::transcription::v1::{CallState, UploadRecordingHeader, UploadRecordingRequest};
use throughline_testkit::{Backend, eventually};
use tokio::sync::mpsc;
use tokio_stream::wrappers::ReceiverStream;
use tonic::Code;
use tonic_types::StatusExt as _;

use crate::sound::{fixture, sample, talk_wav, tone};
use crate::world::{World, reason, violations};

#[rstest]
#[case::empty(Vec::new(), "the file is empty")]
#[case::three_channels(tone(3, 16_000), "the file has 3 channels; one or two are accepted")]
#[case::forty_channels(tone(40, 8_000), "the file has 40 channels; one or two are accepted")]
#[case::too_high(tone(1, 96_000), "the sample rate is 96000 Hz; 8000 to 48000 Hz are accepted")]
#[case::too_low(tone(1, 4_000), "the sample rate is 4000 Hz; 8000 to 48000 Hz are accepted")]
#[case::gsm(fixture("gsm.wav"), "GSM 06.10 in wav is not supported")]
#[case::text(sample("discovery.vtt"), "this is no audio file in a known format")]
#[tokio::test]
async fn a_file_that_is_no_usable_recording_is_refused(#[case] content: Vec<u8>, #[case] why: &str) {
    let world = World::start(Backend::Sqlite).await;
    let call = world.call("c1").await;
    let status = world.upload(&call, &content).await.unwrap_err();
    assert_eq!((status.code(), reason(&status).as_str()), (Code::InvalidArgument, "AUDIO_UNSUPPORTED"));
    assert!(status.message().starts_with(why), "{}", status.message());
    assert_eq!((world.files(), world.get(&call).await.state()), (0, CallState::Created));
}

fn header(call: &str) -> Message {
    Message::Header(UploadRecordingHeader { call: call.to_owned(), ..Default::default() })
}

#[tokio::test]
async fn messages_in_the_wrong_order_or_too_large_are_refused() {
    let world = World::start(Backend::Sqlite).await;
    let call = world.call("c1").await;
    let chunk = |bytes: usize| Message::Chunk(vec![0; bytes]);
    for messages in [vec![], vec![chunk(10)], vec![header(&call), header(&call)]] {
        let status = world.upload_messages(messages).await.unwrap_err();
        assert!(violations(&status)[0].starts_with("header: must be"), "{status:?}");
    }
    let status = world.upload_messages(vec![header(&call), chunk(32 * 1024 + 1)]).await.unwrap_err();
    assert_eq!(violations(&status), ["chunk: must have at most 32768 bytes"]);
    let bad = UploadRecordingHeader {
        call: "calls/1".to_owned(),
        size_bytes: -1,
        sha256: "ABC".to_owned(),
        ..Default::default()
    };
    let status = world.upload_messages(vec![Message::Header(bad)]).await.unwrap_err();
    assert_eq!(violations(&status).len(), 3, "{status:?}");
    let status = world.upload("workspaces/demo/calls/none", &fixture("pcm.wav")).await.unwrap_err();
    assert_eq!(status.code(), Code::NotFound);
    assert_eq!(world.files(), 0);
}

#[tokio::test]
async fn an_upload_that_breaks_off_leaves_nothing() {
    let world = World::start(Backend::Sqlite).await;
    let call = world.call("c1").await;
    let (sender, receiver) = mpsc::channel(4);
    let message = |message| UploadRecordingRequest { message: Some(message) };
    sender.send(message(header(&call))).await.unwrap();
    let mut api = world.manager();
    let uploading = tokio::task::spawn(async move { api.upload_recording(ReceiverStream::new(receiver)).await });
    // More than one part of what goes to the store at once.
    for _ in 0..200 {
        sender.send(message(Message::Chunk(vec![1; 32 * 1024]))).await.unwrap();
    }
    eventually("the upload begins", || async { world.has_sound().then_some(()) }).await;
    uploading.abort();
    let _ = uploading.await;
    eventually("what came is removed", || async { (world.files() == 0).then_some(()) }).await;
    assert_eq!(world.get(&call).await.state(), CallState::Created);
    drop(sender);
}

#[tokio::test]
async fn a_missing_model_names_the_command_that_gets_it() {
    let empty = tempfile::tempdir().unwrap();
    let models = vec![("speech.models_dir", empty.path().display().to_string())];
    let world = World::with(Backend::Sqlite, models).await;
    let call = world.call("c1").await;
    let status = world.upload(&call, &fixture("pcm.wav")).await.unwrap_err();
    assert_eq!((status.code(), reason(&status).as_str()), (Code::FailedPrecondition, "MODEL_MISSING"));
    let info = status.get_error_details().error_info().unwrap().clone();
    assert_eq!(info.metadata["command"], "throughline models pull");
    assert_eq!(info.metadata["model"], "moonshine-tiny-en");
    assert!(status.message().contains("throughline models pull"), "{}", status.message());
    // Transcripts need no model.
    world.import(&call, &sample("discovery.vtt")).await.unwrap();
}

#[tokio::test]
async fn a_model_with_a_wrong_checksum_is_not_used() {
    let models = tempfile::tempdir().unwrap();
    let folder = models.path().join("moonshine-tiny-en");
    std::fs::create_dir(&folder).unwrap();
    for name in ["encoder_model.ort", "decoder_model_merged.ort", "tokenizer.bin"] {
        std::fs::write(folder.join(name), "not the model").unwrap();
    }
    let settings = vec![("speech.models_dir", models.path().display().to_string())];
    let world = World::with(Backend::Sqlite, settings).await;
    let call = world.call("c1").await;
    let status = world.upload(&call, &fixture("pcm.wav")).await.unwrap_err();
    assert_eq!(reason(&status), "MODEL_MISSING");
    assert!(status.message().contains("wrong checksum"), "{}", status.message());
}

#[tokio::test]
async fn a_folder_that_cannot_be_written_is_said_and_nothing_lost() {
    let world = World::start(Backend::Sqlite).await;
    let call = world.call("c1").await;
    // A file in the folder's place: as root, tests can't take the right to write away.
    let folder = world.recordings().join("demo");
    std::fs::write(&folder, "").unwrap();
    let status = world.upload(&call, &fixture("pcm.wav")).await.unwrap_err();
    assert_eq!((status.code(), reason(&status).as_str()), (Code::FailedPrecondition, "STORAGE_READ_ONLY"));
    std::fs::remove_file(&folder).unwrap();
    world.upload(&call, &fixture("pcm.wav")).await.unwrap();
    assert_eq!(world.settled(&call).await.state(), CallState::Transcribed);
}

#[tokio::test]
async fn one_source_of_words_at_a_time() {
    let world = World::start(Backend::Sqlite).await;
    let call = world.call("c1").await;
    world.upload(&call, &talk_wav(60)).await.unwrap();
    let upload = world.upload(&call, &fixture("pcm.wav")).await.unwrap_err();
    let import = world.import(&call, &sample("discovery.vtt")).await.unwrap_err();
    for status in [upload, import] {
        assert_eq!((status.code(), reason(&status).as_str()), (Code::FailedPrecondition, "STATE_CONFLICT"));
    }
}
