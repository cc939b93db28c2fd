//! What others wrote, run by hand: `docs/speech-engines.md` says how each is had.
//!
//! `cargo test -p transcription-gateway --test it -- --ignored outside`

use std::process::Command;

use throughline_proto::transcription::v1::speech_engine::Kind;
use throughline_proto::transcription::v1::speech_engine_service_client::SpeechEngineServiceClient;
use throughline_proto::transcription::v1::{
    CallState, GetSpeechEngineRequest, OpenAiEngine, SpeechEngine, WhisperEngine,
};
use throughline_testkit::Backend;
use tokio::task::spawn_blocking;

use crate::riva::{behind, declare};
use crate::sound::{talk, talk_wav, wav};
use crate::world::World;

fn given(variable: &str) -> String {
    std::env::var(variable).unwrap_or_else(|_| panic!("{variable} is not set"))
}

/// With `RIVA_PYTHON`, an interpreter that has nvidia-riva-client.
#[tokio::test]
#[ignore = "needs NVIDIA's client for Python"]
async fn nvidias_own_client_is_answered() {
    let world = World::start(Backend::Sqlite).await;
    let (url, _server) = behind(&world).await;
    let sound = world.harness.folder().join("rep.wav");
    let rep: Vec<i16> = talk(11).chunks(2).map(|frame| frame[0]).collect();
    std::fs::write(&sound, wav(1, 16_000, &rep)).unwrap();
    let token = world.harness.token("mia@brightledger.example", &["manager"]).bearer().unwrap();
    let script = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/fixtures/riva_client.py");
    let address = url.trim_start_matches("http://").to_owned();
    let run = move || Command::new(given("RIVA_PYTHON")).arg(script).args([&address, &token]).arg(sound).output();
    let output = spawn_blocking(run).await.unwrap().unwrap();
    let said = String::from_utf8_lossy(&output.stdout).into_owned();
    println!("{said}{}", String::from_utf8_lossy(&output.stderr));
    assert!(output.status.success());
    assert_eq!(said.to_lowercase().matches("good morning").count(), 2, "once whole, once streamed");
}

/// With `OPENAI_BASE_URL` of a running server, `OPENAI_MODEL`, and `OPENAI_HOST` as `speech.allowed_hosts` has it.
#[tokio::test]
#[ignore = "needs a server that speaks OpenAI's transcription API"]
async fn a_real_server_transcribes_the_sample_call() {
    let world = World::with(Backend::Sqlite, vec![("speech.allowed_hosts[0]", given("OPENAI_HOST"))]).await;
    let (base_url, model) = (given("OPENAI_BASE_URL"), given("OPENAI_MODEL"));
    heard_by(&world, Kind::Openai(OpenAiEngine { base_url, model, credential: String::new() })).await;
}

/// With `WHISPER_MODEL`, the id of a model in the models folder; needs `--features whisper`.
#[tokio::test]
#[ignore = "needs a Whisper model and the feature `whisper`"]
async fn whisper_transcribes_the_sample_call() {
    let world = World::start(Backend::Sqlite).await;
    heard_by(&world, Kind::Whisper(WhisperEngine { model: given("WHISPER_MODEL") })).await;
}

async fn heard_by(world: &World, kind: Kind) {
    // The first segment waits until the server has loaded its model.
    let timeout = Some(prost_types::Duration { seconds: 60, nanos: 0 });
    // All segments at once: none is to find the engine busy and go to the next.
    declare(world, "other", SpeechEngine { kind: Some(kind), timeout, max_concurrent: 16, ..Default::default() }).await;
    let call = world.call("c1").await;
    world.upload(&call, &talk_wav(40)).await.unwrap();
    let done = world.settled(&call).await;
    let token = world.harness.token("ada@brightledger.example", &["admin"]);
    let mut engines = SpeechEngineServiceClient::new(world.served.peer(token));
    let name = "workspaces/demo/speechEngines/other".to_owned();
    let engine = engines.get_speech_engine(GetSpeechEngineRequest { name }).await.unwrap().into_inner();
    println!("{:?}\n{:?}", engine.capabilities, engine.health);
    assert_eq!((done.state(), done.failure.as_str()), (CallState::Transcribed, ""));
    let transcript = world.transcript(&done.transcript).await;
    println!("{} in {}", transcript.engine, transcript.language);
    for turn in &transcript.turns {
        let words: Vec<String> = turn.words.iter().map(|word| format!("{}@{}", word.text, word.start_ms)).collect();
        println!("{:>6} {:?} {}\n       {}", turn.start_ms, turn.side(), turn.text, words.join(" "));
    }
    assert!(transcript.engine.starts_with("other ("), "{}", transcript.engine);
    assert!(transcript.turns[0].text.to_lowercase().contains("good morning"));
}
