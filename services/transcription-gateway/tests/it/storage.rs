//! Where recordings lie: in S3 as in a folder, sealed, in line with the database, and what is said when the store is
//! full, failing, silent or away.

use std::path::PathBuf;
use std::time::{Duration, SystemTime};

use data_encoding::BASE64;
use rstest::rstest;
use throughline_proto::transcription::v1::CallState;
use throughline_runtime::config::Overrides;
use throughline_testkit::s3::{ACCESS_KEY, BUCKET, Mood, S3Server, SECRET_KEY};
use throughline_testkit::{Backend, eventually};
use tonic::Code;

use crate::sound::{fixture, talk_wav};
use crate::uploads;
use crate::world::{World, reason};

fn key(id: &str, byte: u8) -> String {
    format!("{id} {}\n", BASE64.encode(&[byte; 32]))
}

/// Credentials and keys in a folder of their own, and the settings that name them.
struct Files(tempfile::TempDir);

impl Files {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let credentials = folder.path().join("credentials");
        std::fs::create_dir(&credentials).unwrap();
        std::fs::write(credentials.join("aws_access_key_id"), ACCESS_KEY).unwrap();
        std::fs::write(credentials.join("aws_secret_access_key"), SECRET_KEY).unwrap();
        Self(folder)
    }

    fn keys(&self) -> PathBuf {
        self.0.path().join("keys")
    }

    fn sealed(&self, keys: &str) -> Overrides {
        std::fs::write(self.keys(), keys).unwrap();
        vec![("recordings.keys_file", self.keys().display().to_string())]
    }

    fn s3(&self, server: &S3Server) -> Overrides {
        vec![
            ("recordings.url", format!("s3://{BUCKET}/gateway")),
            ("recordings.access.endpoint", server.endpoint()),
            ("recordings.access.region", "eu-central-1".to_owned()),
            ("recordings.access.credentials_dir", self.0.path().join("credentials").display().to_string()),
            ("recordings.access.timeout", "2s".to_owned()),
        ]
    }
}

#[rstest]
#[tokio::test]
async fn a_recording_is_kept_in_s3_sealed_and_transcribed_from_there(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let (server, files) = (S3Server::start().await, Files::new());
    let world = World::with(backend, [files.s3(&server), files.sealed(&key("k1", 1))].concat()).await;
    let call = world.call("c1").await;
    let wav = talk_wav(11);
    world.upload(&call, &wav).await.unwrap();
    let done = world.settled(&call).await;
    assert_eq!((done.state(), done.failure.as_str(), done.processed_ms), (CallState::Transcribed, "", 11_000));
    let lie: Vec<PathBuf> =
        server.files().into_iter().filter(|file| file.to_string_lossy().contains("/demo/c1/")).collect();
    assert_eq!(lie.len(), 2, "{lie:?}");
    assert!(lie.iter().all(|file| !std::fs::read(file).unwrap().windows(8).any(|part| part == &wav[1_000..1_008])));
    assert_eq!(world.files(), 0, "nothing is left on this machine");
}

#[rstest]
#[case::full(Mood::Full, Code::ResourceExhausted, "STORAGE_FULL")]
#[case::failing(Mood::Failing, Code::Unavailable, "STORAGE_UNAVAILABLE")]
#[case::silent(Mood::Silent, Code::Unavailable, "STORAGE_UNAVAILABLE")]
#[tokio::test]
async fn a_store_in_trouble_is_said_and_nothing_is_half_stored(
    #[case] mood: Mood,
    #[case] code: Code,
    #[case] expected: &str,
) {
    let (server, files) = (S3Server::start().await, Files::new());
    let world = World::with(Backend::Sqlite, files.s3(&server)).await;
    let call = world.call("c1").await;
    server.set(mood);
    let status = world.upload(&call, &fixture("pcm.wav")).await.unwrap_err();
    assert_eq!((status.code(), reason(&status).as_str()), (code, expected), "{status:?}");
    assert!(!status.message().contains("127.0.0.1"), "{}", status.message());
    assert_eq!(world.get(&call).await.state(), CallState::Created);
    server.set(Mood::Serving);
    world.upload(&call, &fixture("pcm.wav")).await.unwrap();
    assert_eq!(world.settled(&call).await.state(), CallState::Transcribed);
}

#[tokio::test]
async fn a_recording_waits_for_a_store_that_is_away() {
    let (server, files) = (S3Server::start().await, Files::new());
    let world =
        World::with(Backend::Sqlite, [files.s3(&server), vec![("recordings.at_once", "1".to_owned())]].concat()).await;
    let (busy, waiting) = (world.call("c1").await, world.call("c2").await);
    world.upload(&busy, &talk_wav(30)).await.unwrap();
    world.upload(&waiting, &fixture("pcm.wav")).await.unwrap();
    server.set(Mood::Failing);
    eventually("it was looked at in vain", || async {
        let states = [world.get(&busy).await.state(), world.get(&waiting).await.state()];
        (!states.contains(&CallState::Transcribing)).then_some(())
    })
    .await;
    server.set(Mood::Serving);
    for call in [busy, waiting] {
        let done = world.settled(&call).await;
        assert_eq!((done.state(), done.failure.as_str()), (CallState::Transcribed, ""));
    }
}

#[rstest]
#[tokio::test]
async fn keys_are_rotated_while_it_runs(#[values(Backend::Sqlite, Backend::Postgres)] backend: Backend) {
    let files = Files::new();
    let settings = [files.sealed(&key("k1", 1)), vec![("recordings.sweep_interval", "50ms".to_owned())]].concat();
    let world = World::with(backend, settings).await;
    let call = world.call("c1").await;
    world.upload(&call, &fixture("pcm.wav")).await.unwrap();
    world.settled(&call).await;
    let envelope = || {
        let stored = world.stored();
        let envelope = stored.iter().find(|file| file.extension().is_some_and(|end| end == "key")).unwrap();
        std::fs::read_to_string(envelope).unwrap()
    };
    assert!(envelope().contains("\"k1\""));
    std::fs::write(files.keys(), key("k2", 2) + &key("k1", 1)).unwrap();
    eventually("the data key is wrapped anew", || async { envelope().contains("\"k2\"").then_some(()) }).await;
    // The old key can go, and the recording is read all the same: another transcript can be made of it.
    std::fs::write(files.keys(), key("k2", 2)).unwrap();
    let world = world.restart().await;
    let request = throughline_proto::transcription::v1::ReadRecordingRequest {
        name: format!("{call}/recording"),
        ..Default::default()
    };
    let mut api = throughline_proto::transcription::v1::recording_service_client::RecordingServiceClient::new(
        world.served.peer(world.admin()),
    );
    let mut answers = api.read_recording(request.clone()).await.unwrap().into_inner();
    let mut messages = 0;
    while answers.message().await.unwrap().is_some() {
        messages += 1;
    }
    assert!(messages > 1);
    std::fs::write(files.keys(), key("k3", 3)).unwrap();
    let world = world.restart().await;
    let mut api = throughline_proto::transcription::v1::recording_service_client::RecordingServiceClient::new(
        world.served.peer(world.admin()),
    );
    let status = api.read_recording(request).await.unwrap_err();
    assert_eq!((status.code(), reason(&status).as_str()), (Code::FailedPrecondition, "STORAGE_KEY_MISSING"));
}

#[rstest]
#[tokio::test]
async fn an_upload_that_was_begun_under_the_old_key_is_finished_under_the_new_one(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let files = Files::new();
    let settings = [files.sealed(&key("k1", 1)), vec![("recordings.sweep_interval", "50ms".to_owned())]].concat();
    let world = World::with(backend, settings).await;
    let call = world.call("c1").await;
    let wav = fixture("pcm.wav");
    let upload = uploads::begin(&world, &call, &wav).await.unwrap().name;
    uploads::write(&world, &upload, 0, &wav[..1_000]).await.unwrap();
    std::fs::write(files.keys(), key("k2", 2) + &key("k1", 1)).unwrap();
    eventually("the piece's data key is wrapped anew", || async {
        let stored = world.stored();
        let envelope = stored.iter().find(|file| file.extension().is_some_and(|end| end == "key"))?;
        std::fs::read_to_string(envelope).ok()?.contains("\"k2\"").then_some(())
    })
    .await;
    std::fs::write(files.keys(), key("k2", 2)).unwrap();
    let world = world.restart().await;
    uploads::write(&world, &upload, 1_000, &wav[1_000..]).await.unwrap();
    uploads::finish(&world, &upload, "").await.unwrap();
    assert_eq!(world.settled(&call).await.state(), CallState::Transcribed);
}

#[rstest]
#[tokio::test]
async fn a_recording_waits_for_its_key(#[values(Backend::Sqlite, Backend::Postgres)] backend: Backend) {
    let files = Files::new();
    let world = World::with(backend, files.sealed(&key("k1", 1))).await;
    let call = world.call("c1").await;
    world.upload(&call, &fixture("pcm.wav")).await.unwrap();
    world.settled(&call).await;
    // As if it were still to be transcribed when the file lacks its key.
    std::fs::write(files.keys(), key("k2", 2)).unwrap();
    let world = world.restart().await;
    world.execute("UPDATE call SET state = 'uploaded'").await;
    let work = "INSERT INTO work (workspace, call, kind, attempts, waits, due_at, traceparent)
                VALUES ('demo', 'c1', 'recording', 3, 0, '2026-06-01T00:00:00Z', '')";
    world.execute(work).await;
    eventually("it is put off", || async {
        let call = world.get(&call).await;
        assert_ne!(call.state(), CallState::Failed, "{}", call.failure);
        (call.failure == "waits for the store of recordings").then_some(())
    })
    .await;
    std::fs::write(files.keys(), key("k2", 2) + &key("k1", 1)).unwrap();
    let done = world.settled(&call).await;
    assert_eq!((done.state(), done.failure.as_str()), (CallState::Transcribed, ""));
}

#[tokio::test]
async fn what_was_stored_plainly_is_read_once_there_are_keys() {
    let files = Files::new();
    std::fs::write(files.keys(), "").unwrap();
    let world = World::start(Backend::Sqlite).await;
    let call = world.call("c1").await;
    world.upload(&call, &fixture("pcm.wav")).await.unwrap();
    world.settled(&call).await;
    let world = world.restart_with(files.sealed(&key("k1", 1))).await;
    let mut api = throughline_proto::transcription::v1::recording_service_client::RecordingServiceClient::new(
        world.served.peer(world.admin()),
    );
    let request = throughline_proto::transcription::v1::ReadRecordingRequest {
        name: format!("{call}/recording"),
        ..Default::default()
    };
    let mut answers = api.read_recording(request).await.unwrap().into_inner();
    while answers.message().await.unwrap().is_some() {}
    let next = world.call("c2").await;
    world.upload(&next, &fixture("pcm.wav")).await.unwrap();
    assert_eq!(world.settled(&next).await.state(), CallState::Transcribed);
    assert_eq!(world.stored().iter().filter(|file| file.to_string_lossy().ends_with(".sealed")).count(), 1);
}

#[rstest]
#[tokio::test]
async fn what_no_call_knows_is_swept_after_its_grace_and_nothing_else(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let world = World::with(backend, vec![("recordings.sweep_interval", "20ms".to_owned())]).await;
    let call = world.call("c1").await;
    world.upload(&call, &fixture("pcm.wav")).await.unwrap();
    world.settled(&call).await;
    let known = world.stored();
    let id = "01980000-0000-7000-8000-00000000000";
    // By the clock of the tests: a month ago, and just now.
    let (old, new) = (
        SystemTime::UNIX_EPOCH + Duration::from_secs(1_777_000_000),
        SystemTime::UNIX_EPOCH + Duration::from_secs(1_780_300_000),
    );
    let lay = |path: String, modified: SystemTime| {
        let file = world.recordings().join(path);
        std::fs::create_dir_all(file.parent().unwrap()).unwrap();
        std::fs::write(&file, "left").unwrap();
        std::fs::File::options().write(true).open(&file).unwrap().set_modified(modified).unwrap();
        file
    };
    let gone = [
        lay(format!("demo/c1/{id}1"), old),
        lay(format!("demo/c1/{id}2.sealed"), old),
        lay(format!("demo/c9/{id}3.sealed"), old),
        lay(format!("demo/c9/{id}3.sealed.key"), old),
    ];
    let stay = [lay(format!("demo/c1/{id}4"), new), lay("holiday/2024/beach.jpg".to_owned(), old)];
    for file in &known {
        std::fs::File::options().write(true).open(file).unwrap().set_modified(old).unwrap();
    }
    eventually("it is swept", || async { gone.iter().all(|file| !file.exists()).then_some(()) }).await;
    assert!(stay.iter().chain(&known).all(|file| file.exists()));
}

#[tokio::test]
async fn the_store_of_another_installation_is_not_swept() {
    let settings = vec![("recordings.sweep_interval", "20ms".to_owned())];
    let world = World::with(Backend::Sqlite, settings.clone()).await;
    let note = world.recordings().join("throughline-installation");
    eventually("the store has an owner", || async { note.exists().then_some(()) }).await;
    let ours = std::fs::read(&note).unwrap();
    let orphan = world.recordings().join("demo/c1/01980000-0000-7000-8000-000000000001");
    std::fs::write(&note, "somebody else").unwrap();
    std::fs::create_dir_all(orphan.parent().unwrap()).unwrap();
    std::fs::write(&orphan, "theirs").unwrap();
    let old = SystemTime::UNIX_EPOCH + Duration::from_secs(1_777_000_000);
    std::fs::File::options().write(true).open(&orphan).unwrap().set_modified(old).unwrap();
    // A restart looks through the store before anything else; an upload and its transcript take longer than that.
    let world = world.restart().await;
    let call = world.call("c2").await;
    world.upload(&call, &fixture("pcm.wav")).await.unwrap();
    world.settled(&call).await;
    assert!(orphan.exists());
    std::fs::write(&note, ours).unwrap();
    eventually("it is swept once the store is ours again", || async { (!orphan.exists()).then_some(()) }).await;
}

#[tokio::test]
async fn keys_that_cannot_be_read_keep_the_service_from_starting() {
    let files = Files::new();
    let world = World::start(Backend::Sqlite).await;
    let error = world.try_restart_with(files.sealed("k1 short\n")).await.err().unwrap();
    assert!(error.contains("recordings.keys_file") && error.contains("line 1"), "{error}");
}
