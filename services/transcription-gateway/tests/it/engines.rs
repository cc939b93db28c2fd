//! Speech engines as workspaces declare them, and what becomes of calls when engines are away.

use std::sync::atomic::{AtomicU32, Ordering};

use prost_types::FieldMask;
use rstest::rstest;
use throughline_proto::transcription::v1::speech_engine::Kind;
use throughline_proto::transcription::v1::speech_engine_health::State;
use throughline_proto::transcription::v1::speech_engine_service_client::SpeechEngineServiceClient;
use throughline_proto::transcription::v1::transcription_service_client::TranscriptionServiceClient;
use throughline_proto::transcription::v1::upload_recording_request::Message;
use throughline_proto::transcription::v1::{
    CallState, CreateSpeechEngineRequest, DeleteSpeechEngineRequest, EmbeddedEngine, GetSpeechEngineRequest,
    ListSpeechEnginesRequest, OpenAiEngine, RivaEngine, SpeechEngine, SpeechRoute, TranscriptionMode,
    UpdateSpeechEngineRequest, UploadRecordingHeader, UploadRecordingRequest, WhisperEngine,
};
use throughline_rpc::client::Peer;
use throughline_runtime::config::Overrides;
use throughline_testkit::{Backend, eventually};
use tonic::{Code, Response, Status};

use crate::sound::fixture;
use crate::world::{PARENT, World, reason, violations};

const EMBEDDED: &str = "workspaces/demo/speechEngines/embedded";

type Client = SpeechEngineServiceClient<Peer>;

fn client(world: &World, role: &str) -> Client {
    SpeechEngineServiceClient::new(world.served.peer(world.harness.token("ada@brightledger.example", &[role])))
}

async fn open(backend: Backend) -> (World, Client) {
    let settings: Overrides = vec![
        ("speech.allowed_hosts[0]", "speech.example".to_owned()),
        ("speech.allowed_hosts[1]", "127.0.0.1".to_owned()),
        ("speech.reload_interval", "50ms".to_owned()),
        ("recordings.engine_backoff", "20ms".to_owned()),
        ("recordings.engine_max_backoff", "20ms".to_owned()),
        ("speech.recording_patience", "100ms".to_owned()),
    ];
    let world = World::with(backend, settings).await;
    let client = client(&world, "admin");
    (world, client)
}

fn openai(base_url: &str) -> SpeechEngine {
    let kind = OpenAiEngine { base_url: base_url.to_owned(), model: "whisper-1".to_owned(), credential: String::new() };
    SpeechEngine { kind: Some(Kind::Openai(kind)), ..Default::default() }
}

fn embedded_off() -> SpeechEngine {
    let kind = Some(Kind::Embedded(EmbeddedEngine::default()));
    SpeechEngine { kind, enabled: Some(false), ..Default::default() }
}

fn creation(id: &str, engine: SpeechEngine) -> CreateSpeechEngineRequest {
    CreateSpeechEngineRequest {
        parent: PARENT.to_owned(),
        speech_engine: Some(engine),
        speech_engine_id: id.to_owned(),
        ..Default::default()
    }
}

async fn create(client: &mut Client, id: &str, engine: SpeechEngine) -> Result<SpeechEngine, Status> {
    client.create_speech_engine(creation(id, engine)).await.map(Response::into_inner)
}

async fn get(client: &mut Client, name: &str) -> Result<SpeechEngine, Status> {
    client.get_speech_engine(GetSpeechEngineRequest { name: name.to_owned() }).await.map(Response::into_inner)
}

async fn names(client: &mut Client, page_size: i32) -> Vec<String> {
    let mut names = Vec::new();
    let mut page_token = String::new();
    loop {
        let request = ListSpeechEnginesRequest { parent: PARENT.to_owned(), page_size, page_token };
        let page = client.list_speech_engines(request).await.unwrap().into_inner();
        names.extend(page.speech_engines.into_iter().map(|engine| engine.name));
        page_token = page.next_page_token;
        if page_token.is_empty() {
            return names;
        }
    }
}

async fn delete(client: &mut Client, name: &str) -> Result<(), Status> {
    let request = DeleteSpeechEngineRequest { name: name.to_owned(), ..Default::default() };
    client.delete_speech_engine(request).await.map(Response::into_inner)
}

#[rstest]
#[tokio::test]
async fn an_engine_is_declared_read_changed_and_removed(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let (_world, mut client) = open(backend).await;
    let route =
        SpeechRoute { languages: vec!["EN-ie".to_owned()], modes: vec![TranscriptionMode::Batch.into()], priority: 7 };
    let given = SpeechEngine { routes: vec![route], ..openai("https://speech.example/v1") };
    let created = create(&mut client, "gpu", given).await.unwrap();
    assert_eq!((created.name.as_str(), created.etag.as_str()), ("workspaces/demo/speechEngines/gpu", "1"));
    assert_eq!((created.display_name.as_str(), created.enabled, created.max_concurrent), ("gpu", Some(true), 4));
    assert_eq!(created.routes[0].languages, ["en-IE"]);
    assert_eq!(created.timeout.unwrap().seconds, 10);
    assert!(created.create_time.is_some());
    let again = create(&mut client, "gpu", openai("https://speech.example/v1")).await.unwrap_err();
    assert_eq!((again.code(), reason(&again)), (Code::AlreadyExists, "RESOURCE_EXISTS".to_owned()));

    let change = SpeechEngine {
        name: created.name.clone(),
        display_name: "The big one".to_owned(),
        max_concurrent: 9,
        etag: "1".to_owned(),
        ..Default::default()
    };
    let mask = Some(FieldMask { paths: vec!["display_name".to_owned()] });
    let request = UpdateSpeechEngineRequest { speech_engine: Some(change), update_mask: mask, ..Default::default() };
    let changed = client.update_speech_engine(request.clone()).await.unwrap().into_inner();
    assert_eq!((changed.display_name.as_str(), changed.max_concurrent, changed.etag.as_str()), ("The big one", 4, "2"));
    assert_eq!((changed.kind, changed.routes), (created.kind, created.routes));
    let stale = client.update_speech_engine(request).await.unwrap_err();
    assert_eq!((stale.code(), reason(&stale)), (Code::Aborted, "VERSION_MISMATCH".to_owned()));

    assert_eq!(names(&mut client, 1).await, [EMBEDDED, created.name.as_str()]);
    delete(&mut client, &created.name).await.unwrap();
    assert_eq!(get(&mut client, &created.name).await.unwrap_err().code(), Code::NotFound);
    assert_eq!(delete(&mut client, &created.name).await.unwrap_err().code(), Code::NotFound);
    assert_eq!(names(&mut client, 0).await, [EMBEDDED]);
}

#[rstest]
#[tokio::test]
async fn a_repeat_gets_the_first_answer_and_a_check_stores_nothing(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let (_world, mut client) = open(backend).await;
    let check = CreateSpeechEngineRequest { validate_only: true, ..creation("a", openai("http://127.0.0.1:9/v1")) };
    assert_eq!(client.create_speech_engine(check).await.unwrap().into_inner().name, "workspaces/demo/speechEngines/a");
    assert_eq!(names(&mut client, 0).await, [EMBEDDED]);
    let request =
        CreateSpeechEngineRequest { request_id: "r1".to_owned(), ..creation("a", openai("http://127.0.0.1:9/v1")) };
    let first = client.create_speech_engine(request.clone()).await.unwrap().into_inner();
    assert_eq!(client.create_speech_engine(request).await.unwrap().into_inner(), first);
    let gone =
        DeleteSpeechEngineRequest { name: first.name.clone(), request_id: "r2".to_owned(), ..Default::default() };
    client.delete_speech_engine(gone.clone()).await.unwrap();
    client.delete_speech_engine(gone).await.unwrap();
    let unasked = DeleteSpeechEngineRequest { name: first.name, allow_missing: true, ..Default::default() };
    client.delete_speech_engine(unasked).await.unwrap();
}

#[tokio::test]
async fn every_mistake_in_a_declaration_is_named_at_once() {
    let (_world, mut client) = open(Backend::Sqlite).await;
    let route = SpeechRoute { languages: vec!["e".to_owned()], modes: vec![0], priority: 1001 };
    let kind = OpenAiEngine {
        base_url: "http://169.254.169.254/latest".to_owned(),
        model: String::new(),
        credential: "none".to_owned(),
    };
    let engine = SpeechEngine {
        display_name: "x".repeat(201),
        kind: Some(Kind::Openai(kind)),
        routes: vec![route],
        max_concurrent: 257,
        timeout: Some(prost_types::Duration { seconds: 0, nanos: 1_000_000 }),
        ..Default::default()
    };
    let refused = create(&mut client, "Big", engine).await.unwrap_err();
    assert_eq!(refused.code(), Code::InvalidArgument);
    let found: Vec<String> =
        violations(&refused).iter().map(|text| text.split(':').next().unwrap_or_default().to_owned()).collect();
    let expected = [
        "speech_engine_id",
        "speech_engine.display_name",
        "speech_engine.openai.model",
        "speech_engine.openai.base_url",
        "speech_engine.openai.credential",
        "speech_engine.routes[0].languages",
        "speech_engine.routes[0].modes",
        "speech_engine.routes[0].priority",
        "speech_engine.max_concurrent",
        "speech_engine.timeout",
    ];
    assert_eq!(found, expected, "{:?}", violations(&refused));
    let riva = RivaEngine { address: "speech.example".to_owned(), ..Default::default() };
    let riva = SpeechEngine { kind: Some(Kind::Riva(riva)), ..Default::default() };
    assert!(violations(&create(&mut client, "r", riva).await.unwrap_err())[0].contains("host:port"));
    let none = create(&mut client, "n", SpeechEngine::default()).await.unwrap_err();
    assert!(violations(&none)[0].starts_with("speech_engine.kind: one of"), "{:?}", violations(&none));
    let other = create(&mut client, "embedded", openai("http://127.0.0.1:9/v1")).await.unwrap_err();
    assert!(violations(&other)[0].contains("must be embedded"));
}

#[tokio::test]
async fn administrators_and_services_declare_and_everybody_reads() {
    let (world, mut admin) = open(Backend::Sqlite).await;
    for role in ["rep", "manager", "enablement", "revops"] {
        let mut client = client(&world, role);
        assert_eq!(get(&mut client, EMBEDDED).await.unwrap().name, EMBEDDED, "{role}");
        let refused = create(&mut client, "a", openai("http://127.0.0.1:9/v1")).await.unwrap_err();
        assert_eq!(reason(&refused), "ROLE_REQUIRED", "{role}");
    }
    let elsewhere = "workspaces/other/speechEngines/embedded";
    assert_eq!(get(&mut admin, elsewhere).await.unwrap_err().code(), Code::PermissionDenied);
}

#[rstest]
#[tokio::test]
async fn the_embedded_engine_is_there_unasked_is_switched_off_by_its_name_and_comes_back(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let (world, mut client) = open(backend).await;
    let built_in = get(&mut client, EMBEDDED).await.unwrap();
    assert_eq!((built_in.etag.as_str(), built_in.create_time, built_in.enabled), ("", None, Some(true)));
    let can = built_in.capabilities.unwrap();
    assert_eq!((can.languages, can.word_times, can.partials), (vec!["en".to_owned()], false, true));
    assert_eq!(built_in.routes[0].priority, 0);

    let change = SpeechEngine { name: EMBEDDED.to_owned(), ..embedded_off() };
    let upsert = UpdateSpeechEngineRequest { speech_engine: Some(change), allow_missing: true, ..Default::default() };
    let off = client.update_speech_engine(upsert).await.unwrap().into_inner();
    assert_eq!((off.enabled, off.etag.as_str(), off.routes[0].priority), (Some(false), "1", 0));
    let call = world.call("c1").await;
    let refused = world.upload(&call, &fixture("pcm.wav")).await.unwrap_err();
    assert_eq!((refused.code(), reason(&refused)), (Code::FailedPrecondition, "NO_SPEECH_ENGINE".to_owned()));

    delete(&mut client, EMBEDDED).await.unwrap();
    world.upload(&call, &fixture("pcm.wav")).await.unwrap();
    assert_eq!(world.settled(&call).await.state(), CallState::Transcribed);
    let health = get(&mut client, EMBEDDED).await.unwrap().health.unwrap();
    assert_eq!(health.state(), State::Healthy);
    assert!(health.real_time_factor > 0.0 && health.since.is_some(), "{health:?}");
}

#[rstest]
#[tokio::test]
async fn an_engine_that_can_not_be_set_up_says_why_and_others_do_the_work(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let (world, mut client) = open(backend).await;
    let kind = Kind::Whisper(WhisperEngine { model: "no-such-model".to_owned() });
    let engine = SpeechEngine { kind: Some(kind), ..Default::default() };
    create(&mut client, "whisper", engine).await.unwrap();
    let call = world.call("c1").await;
    world.upload(&call, &fixture("pcm.wav")).await.unwrap();
    let done = world.settled(&call).await;
    assert_eq!(world.transcript(&done.transcript).await.engine, "moonshine-tiny-en");
    let health = get(&mut client, "workspaces/demo/speechEngines/whisper").await.unwrap().health.unwrap();
    assert!(!health.last_error.is_empty());
}

#[rstest]
#[tokio::test]
async fn a_recording_waits_while_no_engine_can_be_had_and_goes_on_when_one_can(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let (world, mut client) = open(backend).await;
    let call = world.call("c1").await;
    // Nobody listens at that address; the recording is taken in all the same.
    create(&mut client, "embedded", embedded_off()).await.unwrap();
    create(&mut client, "away", openai("http://127.0.0.1:9/v1")).await.unwrap();
    world.upload(&call, &fixture("pcm.wav")).await.unwrap();
    let waiting = eventually("it waits", || async {
        let call = world.get(&call).await;
        (call.state() == CallState::Uploaded && !call.failure.is_empty()).then_some(call)
    })
    .await;
    assert_eq!(waiting.failure, "waits for a speech engine: the speech engine is not available");
    delete(&mut client, EMBEDDED).await.unwrap();
    let done = world.settled(&call).await;
    assert_eq!((done.state(), done.failure.as_str()), (CallState::Transcribed, ""));
}

#[rstest]
#[tokio::test]
async fn a_recording_fails_with_the_reason_after_the_tries_that_are_configured(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let settings: Overrides = vec![
        ("speech.allowed_hosts[0]", "127.0.0.1".to_owned()),
        ("speech.recording_patience", "50ms".to_owned()),
        ("recordings.engine_tries", "3".to_owned()),
        ("recordings.engine_backoff", "20ms".to_owned()),
        ("recordings.engine_max_backoff", "20ms".to_owned()),
    ];
    let world = World::with(backend, settings).await;
    let mut client = client(&world, "admin");
    create(&mut client, "embedded", embedded_off()).await.unwrap();
    create(&mut client, "away", openai("http://127.0.0.1:9/v1")).await.unwrap();
    let call = world.call("c1").await;
    world.upload(&call, &fixture("pcm.wav")).await.unwrap();
    let failed = world.settled(&call).await;
    assert_eq!(failed.state(), CallState::Failed);
    assert_eq!(failed.failure, "no speech engine could be had in 3 tries: the speech engine is not available");
    let health = get(&mut client, "workspaces/demo/speechEngines/away").await.unwrap().health.unwrap();
    assert!(matches!(health.state(), State::Degraded | State::Open) && !health.last_error.is_empty(), "{health:?}");
}

#[tokio::test]
async fn another_replica_sees_a_change_within_moments() {
    let (world, mut client) = open(Backend::Postgres).await;
    let other = world.replica().await;
    let token = world.harness.token("ada@brightledger.example", &["admin"]);
    let mut elsewhere = SpeechEngineServiceClient::new(other.peer(token));
    create(&mut client, "embedded", embedded_off()).await.unwrap();
    // What is stored every replica reads at once; what it uses follows.
    assert_eq!(get(&mut elsewhere, EMBEDDED).await.unwrap().enabled, Some(false));
    let tries = AtomicU32::new(0);
    let refused = eventually("the other replica knows", || async {
        // One that is taken in by then takes no second recording.
        let call = world.call(&format!("c{}", tries.fetch_add(1, Ordering::Relaxed))).await;
        let token = world.harness.token("mia@brightledger.example", &["manager"]);
        let mut api = TranscriptionServiceClient::new(other.peer(token));
        let header = Message::Header(UploadRecordingHeader { call, ..Default::default() });
        let wav = fixture("pcm.wav");
        let chunks = wav.chunks(32 * 1024).map(|chunk| Message::Chunk(chunk.to_vec()));
        let messages: Vec<_> = [header]
            .into_iter()
            .chain(chunks)
            .map(|message| UploadRecordingRequest { message: Some(message) })
            .collect();
        api.upload_recording(futures::stream::iter(messages)).await.err()
    })
    .await;
    assert_eq!(reason(&refused), "NO_SPEECH_ENGINE");
    other.stop().await;
}
