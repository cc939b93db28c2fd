//! Prefixes that are watched: what appears in them becomes calls.

use std::path::{Path, PathBuf};

use object_store::{Attribute, Attributes, ObjectStore as _, PutOptions};
use rstest::rstest;
use throughline_objects::{Access, Location};
use throughline_proto::transcription::v1::import_service_client::ImportServiceClient;
use throughline_proto::transcription::v1::{
    CallState, Import, ImportItem, ImportItemState, ListImportItemsRequest, ListImportsRequest, ListTranscriptsRequest,
    PurgeCallRequest,
};
use throughline_rpc::client::Peer;
use throughline_runtime::config::Overrides;
use throughline_testkit::s3::{ACCESS_KEY, BUCKET, S3Server, SECRET_KEY};
use throughline_testkit::{Backend, eventually};
use tonic::Code;

use crate::sound::{fixture, sample};
use crate::world::{PARENT, World, reason};

/// A folder with a few files in it.
struct Watched(tempfile::TempDir);

impl Watched {
    fn new() -> Self {
        Self(tempfile::tempdir().unwrap())
    }

    fn put(&self, key: &str, content: &[u8]) {
        let path = self.0.path().join(key);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        // As one should: whole under its name.
        let hidden = path.with_extension("partial");
        std::fs::write(&hidden, content).unwrap();
        std::fs::rename(hidden, path).unwrap();
    }
}

fn watching(folder: &Path) -> Overrides {
    vec![
        ("imports.dropbox.url", format!("file://{}", folder.display())),
        ("imports.dropbox.workspace", "demo".to_owned()),
        ("imports.dropbox.poll_interval", "50ms".to_owned()),
        ("imports.dropbox.settle", "0s".to_owned()),
    ]
}

fn api(world: &World) -> ImportServiceClient<Peer> {
    ImportServiceClient::new(world.served.peer(world.harness.token("mia@brightledger.example", &["manager"])))
}

async fn import(world: &World) -> Import {
    let request = ListImportsRequest { parent: PARENT.to_owned() };
    api(world).list_imports(request).await.unwrap().into_inner().imports.remove(0)
}

/// The prefix, once `settled` objects were imported or given up.
async fn settled(world: &World, imported: i64, failed: i64) -> Import {
    eventually("what lies there is imported", || async {
        let import = import(world).await;
        ((import.imported_count, import.failed_count, import.pending_count) == (imported, failed, 0)).then_some(import)
    })
    .await
}

async fn items(world: &World, state: ImportItemState) -> Vec<ImportItem> {
    let request = ListImportItemsRequest {
        parent: format!("{PARENT}/imports/dropbox"),
        state: state.into(),
        ..Default::default()
    };
    api(world).list_import_items(request).await.unwrap().into_inner().items
}

const SIDE: &[u8] = br#"{"title": "First call", "call_type": "discovery", "participants": [
    {"id": "s1", "name": "Priya Raman", "side": "rep", "channel": 0}, {"id": "s2", "name": "Tom Ashworth", "side": "buyer"}],
    "consents": [{"participant": "s1", "state": "granted"}, {"participant": "s2", "state": "granted", "method": "written"}]}"#;

#[rstest]
#[tokio::test]
async fn recordings_and_transcripts_appear_as_calls_and_what_cannot_be_read_is_listed(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let folder = Watched::new();
    folder.put("a/first.json", SIDE);
    folder.put("a/first.wav", &fixture("pcm.wav"));
    folder.put("b/second.vtt", &sample("discovery.vtt"));
    folder.put("third.json", &sample("validation.json"));
    folder.put("bad/broken.vtt", b"WEBVTT\n\n00:05.000 --> 00:04.000\na");
    folder.put("bad/noise.wav", b"no sound at all");
    folder.put("notes.pdf", b"left alone");
    let world = World::with(backend, watching(folder.0.path())).await;
    settled(&world, 3, 2).await;
    let round = eventually("the round is over", || async {
        let round = import(&world).await;
        (!round.cursor.is_empty() && round.poll_time.is_some()).then_some(round)
    })
    .await;
    assert_eq!((round.name.as_str(), round.last_error.as_str()), ("workspaces/demo/imports/dropbox", ""));
    let done = items(&world, ImportItemState::Imported).await;
    let keys: Vec<&str> = done.iter().map(|item| item.key.as_str()).collect();
    assert_eq!(keys, ["a/first.wav", "b/second.vtt", "third.json"]);
    let call = world.settled(&done[0].call).await;
    assert_eq!((call.title.as_str(), call.state()), ("First call", CallState::Transcribed));
    assert_eq!((call.participants.len(), call.consents[0].recorded_by.as_str()), (2, "imports/dropbox"));
    let call = world.get(&done[1].call).await;
    assert_eq!((call.title.as_str(), call.state()), ("second", CallState::Transcribed));
    assert_eq!(world.get(&done[2].call).await.deal.unwrap().id, "D-104");
    let failed = items(&world, ImportItemState::Failed).await;
    assert!(failed[0].reason.starts_with("line 3: the cue ends"), "{failed:?}");
    assert!(failed[1].reason.starts_with("this is no audio file"), "{failed:?}");
    assert!(failed.iter().all(|item| item.attempts == 1), "not tried for ever: {failed:?}");
    // A file that comes later is found, and a restart brings nothing in twice.
    folder.put("c/fourth.vtt", &sample("discovery.vtt"));
    settled(&world, 4, 2).await;
    let world = world.restart().await;
    folder.put("c/fifth.vtt", &sample("discovery.vtt"));
    settled(&world, 5, 2).await;
    for item in items(&world, ImportItemState::Imported).await {
        let list = ListTranscriptsRequest { parent: item.call.clone(), ..Default::default() };
        world.settled(&item.call).await;
        let revisions = world.manager().list_transcripts(list).await.unwrap().into_inner().transcripts;
        assert_eq!(revisions.len(), 1, "{item:?}");
    }
}

#[tokio::test]
async fn two_replicas_bring_each_object_in_once() {
    let folder = Watched::new();
    let world = World::with(Backend::Postgres, watching(folder.0.path())).await;
    let other = world.replica().await;
    for n in 0..20 {
        folder.put(&format!("{n:02}.vtt"), &sample("discovery.vtt"));
    }
    settled(&world, 20, 0).await;
    let told = world.told(20).await;
    let mut calls: Vec<String> = told.iter().map(|event| event.call.clone()).collect();
    calls.sort();
    calls.dedup();
    assert_eq!((told.len(), calls.len()), (20, 20));
    assert!(told.iter().all(|event| event.transcript.ends_with("/transcripts/1")));
    other.stop().await;
}

#[rstest]
#[tokio::test]
async fn without_consent_nothing_comes_in_until_the_side_file_tells_of_it(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let folder = Watched::new();
    folder.put("call.vtt", &sample("discovery.vtt"));
    let mut settings = watching(folder.0.path());
    settings.push(("consent.rule", "all".to_owned()));
    let world = World::with(backend, settings).await;
    settled(&world, 0, 1).await;
    let failed = items(&world, ImportItemState::Failed).await;
    assert!(failed[0].reason.contains("consent"), "{failed:?}");
    assert_eq!(world.files(), 0);
    folder.put("call.json", SIDE);
    settled(&world, 1, 0).await;
    assert_eq!(world.get(&failed[0].call).await.state(), CallState::Transcribed);
}

#[rstest]
#[tokio::test]
async fn a_purge_takes_the_names_out_of_why_an_object_did_not_come_in(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let folder = Watched::new();
    folder.put("call.json", br#"{"participants": [{"id": "s2", "name": "Tom Ashworth", "side": "buyer"}]}"#);
    folder.put("call.wav", &fixture("pcm.wav"));
    let mut settings = watching(folder.0.path());
    settings.push(("consent.rule", "all".to_owned()));
    let world = World::with(backend, settings).await;
    settled(&world, 0, 1).await;
    let failed = items(&world, ImportItemState::Failed).await.remove(0);
    assert!(failed.reason.contains("Tom Ashworth"), "{failed:?}");
    let request = PurgeCallRequest { call: failed.call, reason: "asked for".to_owned(), ..PurgeCallRequest::default() };
    world.retention().purge_call(request).await.unwrap();
    assert_eq!(items(&world, ImportItemState::Failed).await[0].reason, "the call was purged");
}

#[tokio::test]
async fn a_side_file_with_mistakes_is_told_with_every_place() {
    let folder = Watched::new();
    folder.put("call.json", br#"{"time_zone": "Mars", "deal": {"amount": -1}}"#);
    folder.put("call.vtt", &sample("discovery.vtt"));
    let world = World::with(Backend::Sqlite, watching(folder.0.path())).await;
    settled(&world, 0, 1).await;
    let failed = items(&world, ImportItemState::Failed).await;
    assert!(failed[0].reason.starts_with("call.json: time_zone: must be an IANA time zone"), "{failed:?}");
}

#[tokio::test]
async fn a_bucket_is_watched_with_what_its_objects_metadata_tell() {
    let server = S3Server::start().await;
    let credentials = tempfile::tempdir().unwrap();
    std::fs::write(credentials.path().join("aws_access_key_id"), ACCESS_KEY).unwrap();
    std::fs::write(credentials.path().join("aws_secret_access_key"), SECRET_KEY).unwrap();
    let access = Access {
        endpoint: server.endpoint(),
        region: "us-east-1".to_owned(),
        credentials_dir: PathBuf::from(credentials.path()),
        ..Access::default()
    };
    let bucket = Location::new(format!("s3://{BUCKET}/calls"), access).connect().unwrap();
    let mut attributes = Attributes::new();
    attributes.insert(Attribute::Metadata("title".into()), "From the bucket".into());
    let put = PutOptions { attributes, ..PutOptions::default() };
    let place = bucket.prefix.clone().join("2026").join("call.vtt");
    bucket.store.put_opts(&place, sample("discovery.vtt").into(), put).await.unwrap();
    let settings = vec![
        ("imports.dropbox.url", format!("s3://{BUCKET}/calls")),
        ("imports.dropbox.workspace", "demo".to_owned()),
        ("imports.dropbox.poll_interval", "50ms".to_owned()),
        ("imports.dropbox.settle", "0s".to_owned()),
        ("imports.dropbox.access.endpoint", server.endpoint()),
        ("imports.dropbox.access.region", "us-east-1".to_owned()),
        ("imports.dropbox.access.credentials_dir", credentials.path().display().to_string()),
    ];
    let world = World::with(Backend::Sqlite, settings).await;
    settled(&world, 1, 0).await;
    let done = items(&world, ImportItemState::Imported).await;
    assert_eq!(done[0].key, "2026/call.vtt");
    assert_eq!(world.get(&done[0].call).await.title, "From the bucket");
    // While the store is away, that is said, and it goes on when it is back.
    server.set(throughline_testkit::s3::Mood::Failing);
    eventually("the trouble is told", || async { (!import(&world).await.last_error.is_empty()).then_some(()) }).await;
    server.set(throughline_testkit::s3::Mood::Serving);
    eventually("the trouble is over", || async { import(&world).await.last_error.is_empty().then_some(()) }).await;
}

#[tokio::test]
async fn wrong_settings_and_unknown_names_are_refused_by_name() {
    let world = World::start(Backend::Sqlite).await;
    let unknown = ListImportItemsRequest { parent: format!("{PARENT}/imports/none"), ..Default::default() };
    let status = api(&world).list_import_items(unknown).await.unwrap_err();
    assert_eq!((status.code(), reason(&status).as_str()), (Code::NotFound, "RESOURCE_NOT_FOUND"));
    let wrong = vec![
        ("imports.dropbox.url", "ftp://somewhere".to_owned()),
        ("imports.dropbox.workspace", "nowhere".to_owned()),
        ("imports.dropbox.poll_interval", "1ms".to_owned()),
    ];
    let refused = world.try_restart_with(wrong).await.unwrap_err();
    for field in ["imports.dropbox.url", "imports.dropbox.workspace", "imports.dropbox.poll_interval"] {
        assert!(refused.contains(field), "{refused}");
    }
}
