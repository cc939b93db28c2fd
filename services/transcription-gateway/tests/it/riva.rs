//! The speech recognition of NVIDIA Riva: served to its clients, and called as an engine. The server that is called is
//! another gateway of ours.

use async_trait::async_trait;
use futures::StreamExt as _;
use futures::future::ready;
use futures::stream::{self, BoxStream};
use rstest::rstest;
use throughline_proto::nvidia::riva::asr::riva_speech_recognition_client::RivaSpeechRecognitionClient;
use throughline_proto::nvidia::riva::asr::riva_speech_recognition_server::{
    RivaSpeechRecognition, RivaSpeechRecognitionServer,
};
use throughline_proto::nvidia::riva::asr::streaming_recognize_request::StreamingRequest;
use throughline_proto::nvidia::riva::asr::{
    RecognitionConfig, RecognizeRequest, RecognizeResponse, RivaSpeechRecognitionConfigRequest,
    RivaSpeechRecognitionConfigResponse, StreamingRecognitionConfig, StreamingRecognitionResult,
    StreamingRecognizeRequest, StreamingRecognizeResponse,
};
use throughline_proto::nvidia::riva::{AudioEncoding, RequestId};
use throughline_proto::transcription::v1::speech_engine::Kind;
use throughline_proto::transcription::v1::speech_engine_service_client::SpeechEngineServiceClient;
use throughline_proto::transcription::v1::{
    CallState, CreateSpeechEngineRequest, RivaEngine, SpeechEngine, SpeechRoute,
};
use throughline_rpc::client::Peer;
use throughline_testkit::{Backend, serve_peer};
use tokio::sync::mpsc;
use tokio::task::JoinHandle;
use tokio_stream::wrappers::ReceiverStream;
use tonic::transport::Channel;
use tonic::{Code, Request, Response, Status, Streaming};

use crate::sound::{fixture, talk, talk_wav};
use crate::world::{PARENT, World, reason, violations};

type Client = RivaSpeechRecognitionClient<Peer>;

fn client(world: &World) -> Client {
    RivaSpeechRecognitionClient::new(world.served.peer(world.harness.token("mia@brightledger.example", &["manager"])))
}

fn config() -> RecognitionConfig {
    RecognitionConfig {
        encoding: AudioEncoding::LinearPcm.into(),
        sample_rate_hertz: 16_000,
        language_code: "en-US".to_owned(),
        max_alternatives: 1,
        audio_channel_count: 1,
        enable_word_time_offsets: true,
        ..RecognitionConfig::default()
    }
}

/// The rep's channel of the sample call.
fn rep(seconds: usize) -> Vec<u8> {
    talk(seconds).chunks(2).flat_map(|frame| frame[0].to_le_bytes()).collect()
}

fn messages(config: RecognitionConfig, interim_results: bool, sound: &[u8]) -> Vec<StreamingRecognizeRequest> {
    let opening = StreamingRecognitionConfig { config: Some(config), interim_results };
    let message = |message| StreamingRecognizeRequest {
        streaming_request: Some(message),
        id: Some(RequestId { value: "r-1".to_owned() }),
        ..Default::default()
    };
    let sound = sound.chunks(6_400).map(|chunk| StreamingRequest::AudioContent(chunk.to_vec()));
    std::iter::once(StreamingRequest::StreamingConfig(opening)).chain(sound).map(message).collect()
}

async fn streamed(
    client: &mut Client,
    messages: Vec<StreamingRecognizeRequest>,
) -> Result<Vec<StreamingRecognitionResult>, Status> {
    let mut answers = client.streaming_recognize(stream::iter(messages)).await?.into_inner();
    let mut results = Vec::new();
    while let Some(answer) = answers.message().await? {
        assert_eq!(answer.id.unwrap().value, "r-1");
        results.extend(answer.results);
    }
    Ok(results)
}

fn text(results: &[StreamingRecognitionResult]) -> String {
    let finals = results.iter().filter(|result| result.is_final);
    finals.map(|result| result.alternatives[0].transcript.to_lowercase()).collect::<Vec<_>>().join(" ")
}

#[tokio::test]
async fn a_client_of_riva_streams_and_gets_guesses_and_finals() {
    let world = World::start(Backend::Sqlite).await;
    let sound = rep(8);
    let mut early = messages(config(), true, &sound);
    // Three seconds: in the middle of a sentence.
    let late = early.split_off(1 + 3 * 32_000 / 6_400);
    let (sender, receiver) = mpsc::channel(early.len() + late.len());
    for message in early {
        sender.send(message).await.unwrap();
    }
    let mut client = client(&world);
    let mut answers = client.streaming_recognize(ReceiverStream::new(receiver)).await.unwrap().into_inner();
    let guess = answers.message().await.unwrap().unwrap().results.remove(0);
    assert!(!guess.is_final && guess.stability < 1.0, "{guess:?}");
    for message in late {
        sender.send(message).await.unwrap();
    }
    drop(sender);
    let mut results = Vec::new();
    while let Some(answer) = answers.message().await.unwrap() {
        results.extend(answer.results);
    }
    assert!(text(&results).contains("good morning"), "{results:?}");
    let last = results.last().unwrap();
    assert_eq!((last.is_final, last.channel_tag, last.stability), (true, 1, 1.0));
    assert!(last.alternatives[0].words.is_empty(), "the engine has no word times, so none are made up");
    assert_eq!(last.alternatives[0].language_code, ["en"]);
    assert_eq!(world.files(), 0, "nothing is stored");
}

#[tokio::test]
async fn telephone_sound_and_two_channels_are_understood() {
    let world = World::start(Backend::Sqlite).await;
    let both: Vec<u8> = talk(11).into_iter().flat_map(i16::to_le_bytes).collect();
    let stereo = RecognitionConfig { audio_channel_count: 2, ..config() };
    let results = streamed(&mut client(&world), messages(stereo, false, &both)).await.unwrap();
    assert!(results.iter().all(|result| result.is_final));
    let of = |tag: i32| text(&results.iter().filter(|result| result.channel_tag == tag).cloned().collect::<Vec<_>>());
    assert!(of(1).contains("good morning") && of(2).contains("hear you"), "{results:?}");
    // µ-law at 8 kHz: the samples of a file behind its header.
    let file = fixture("mulaw.wav");
    let data = file.windows(4).position(|four| four == b"data").unwrap() + 8;
    let telephone = RecognitionConfig {
        encoding: AudioEncoding::Mulaw.into(),
        sample_rate_hertz: 8_000,
        audio_channel_count: 2,
        ..config()
    };
    let results = streamed(&mut client(&world), messages(telephone, false, &file[data..])).await.unwrap();
    assert!(text(&results).contains("good morning"), "{results:?}");
}

#[rstest]
#[case::a_file(fixture("opus.ogg"), RecognitionConfig::default())]
#[case::samples(rep(8), config())]
#[tokio::test]
async fn a_whole_recording_is_recognised_in_one_call(#[case] audio: Vec<u8>, #[case] config: RecognitionConfig) {
    let world = World::start(Backend::Sqlite).await;
    let request = RecognizeRequest { config: Some(config), audio, id: Some(RequestId { value: "r-2".to_owned() }) };
    let answer = client(&world).recognize(request).await.unwrap().into_inner();
    let said = answer.results[0].alternatives[0].transcript.to_lowercase();
    assert!(said.contains("good morning"), "{answer:?}");
    assert_eq!(answer.id.unwrap().value, "r-2");
    assert_eq!(world.files(), 0, "nothing is stored");
}

#[tokio::test]
async fn silence_is_no_result_and_what_is_no_sound_is_refused() {
    let world = World::start(Backend::Sqlite).await;
    let mut client = client(&world);
    let ask = |audio: Vec<u8>, config| RecognizeRequest { config: Some(config), audio, id: None };
    assert_eq!(client.recognize(ask(vec![0; 64_000], config())).await.unwrap().into_inner().results, []);
    let status = client.recognize(ask(Vec::new(), config())).await.unwrap_err();
    assert_eq!(violations(&status), ["audio: is required"]);
    let no_rate = RecognitionConfig { sample_rate_hertz: 0, ..config() };
    let status = client.recognize(ask(b"hello".to_vec(), no_rate)).await.unwrap_err();
    assert_eq!(violations(&status), ["config.sample_rate_hertz: must be 8000 to 48000"]);
    for (audio, config) in [(fixture("gsm.wav"), config()), (b"hello".to_vec(), RecognitionConfig::default())] {
        let status = client.recognize(ask(audio, config)).await.unwrap_err();
        assert_eq!((status.code(), reason(&status).as_str()), (Code::InvalidArgument, "AUDIO_UNSUPPORTED"));
    }
    let first = messages(config(), false, &rep(1)).split_off(1);
    let status = streamed(&mut client, first).await.unwrap_err();
    assert_eq!(violations(&status), ["streaming_config: must be the first message"]);
}

#[tokio::test]
async fn the_models_are_listed_as_clients_of_riva_look_for_them() {
    let world = World::start(Backend::Sqlite).await;
    let ask = RivaSpeechRecognitionConfigRequest { model_name: String::new() };
    let listed = client(&world).get_riva_speech_recognition_config(ask).await.unwrap().into_inner().model_config;
    let types: Vec<_> = listed.iter().map(|model| model.parameters["type"].as_str()).collect();
    assert_eq!(types, ["online", "offline"]);
    assert!(listed.iter().all(|model| model.parameters["language_code"] == "en"), "{listed:?}");
}

#[tokio::test]
async fn who_may_call_and_for_which_workspace_is_asked_like_everywhere() {
    let world = World::start(Backend::Sqlite).await;
    let ask = || RivaSpeechRecognitionConfigRequest::default();
    let mut anonymous = RivaSpeechRecognitionClient::new(world.served.anonymous());
    let status = anonymous.get_riva_speech_recognition_config(ask()).await.unwrap_err();
    assert_eq!((status.code(), reason(&status).as_str()), (Code::Unauthenticated, "TOKEN_MISSING"));
    let token = world.harness.token("eva@b.example", &["enablement"]);
    let mut enablement = RivaSpeechRecognitionClient::new(world.served.peer(token));
    let status = enablement.get_riva_speech_recognition_config(ask()).await.unwrap_err();
    assert_eq!(reason(&status), "ROLE_REQUIRED");
    let token = world.harness.service_token("playbook-evaluator");
    let mut service = RivaSpeechRecognitionClient::new(world.served.peer(token));
    let status = service.get_riva_speech_recognition_config(ask()).await.unwrap_err();
    assert_eq!(violations(&status).len(), 1, "{status:?}");
    let mut named = Request::new(ask());
    named.metadata_mut().insert("x-throughline-workspace", "demo".parse().unwrap());
    assert!(service.get_riva_speech_recognition_config(named).await.is_ok());
    let mut other = Request::new(ask());
    other.metadata_mut().insert("x-throughline-workspace", "nowhere".parse().unwrap());
    let status = client(&world).get_riva_speech_recognition_config(other).await.unwrap_err();
    assert_eq!(reason(&status), "WORKSPACE_DENIED");
}

#[tokio::test]
async fn a_stream_takes_the_room_of_a_live_stream() {
    let world = World::with(Backend::Sqlite, vec![("live.max_streams", "0".to_owned())]).await;
    let status = streamed(&mut client(&world), messages(config(), false, &rep(1))).await.unwrap_err();
    assert_eq!((status.code(), reason(&status).as_str()), (Code::ResourceExhausted, "QUEUE_FULL"));
}

/// A gateway behind a port: what it is asked is passed on as it came.
struct Behind(RivaSpeechRecognitionClient<Channel>);

/// The same message to somebody else; of the metadata only the token goes on.
fn passed_on<T, U>(request: Request<T>, message: impl FnOnce(T) -> U) -> Request<U> {
    let token = request.metadata().get("authorization").cloned();
    let mut next = Request::new(message(request.into_inner()));
    if let Some(token) = token {
        next.metadata_mut().insert("authorization", token);
    }
    next
}

#[async_trait]
impl RivaSpeechRecognition for Behind {
    type StreamingRecognizeStream = BoxStream<'static, Result<StreamingRecognizeResponse, Status>>;

    async fn recognize(&self, request: Request<RecognizeRequest>) -> Result<Response<RecognizeResponse>, Status> {
        self.0.clone().recognize(passed_on(request, |message| message)).await
    }

    async fn streaming_recognize(
        &self,
        request: Request<Streaming<StreamingRecognizeRequest>>,
    ) -> Result<Response<Self::StreamingRecognizeStream>, Status> {
        let request = passed_on(request, |messages| messages.filter_map(|message| ready(message.ok())));
        Ok(self.0.clone().streaming_recognize(request).await?.map(|answers| answers.boxed()))
    }

    async fn get_riva_speech_recognition_config(
        &self,
        request: Request<RivaSpeechRecognitionConfigRequest>,
    ) -> Result<Response<RivaSpeechRecognitionConfigResponse>, Status> {
        self.0.clone().get_riva_speech_recognition_config(passed_on(request, |message| message)).await
    }
}

/// Where a gateway can be reached by others. Ends with the test.
pub async fn behind(world: &World) -> (String, JoinHandle<()>) {
    let client = RivaSpeechRecognitionClient::new(world.served.anonymous());
    serve_peer(tonic::service::Routes::new(RivaSpeechRecognitionServer::new(Behind(client)))).await
}

/// Declares an engine that is asked before all others.
pub async fn declare(world: &World, id: &str, engine: SpeechEngine) {
    let routes = vec![SpeechRoute { priority: 500, ..Default::default() }];
    let request = CreateSpeechEngineRequest {
        parent: PARENT.to_owned(),
        speech_engine: Some(SpeechEngine { routes, ..engine }),
        speech_engine_id: id.to_owned(),
        ..Default::default()
    };
    let admin = world.harness.token("ada@brightledger.example", &["admin"]);
    SpeechEngineServiceClient::new(world.served.peer(admin)).create_speech_engine(request).await.unwrap();
}

#[tokio::test]
async fn a_recording_is_recognised_by_a_server_that_speaks_riva() {
    let there = World::start(Backend::Sqlite).await;
    let (url, _server) = behind(&there).await;
    let token = there.harness.folder().join("token");
    std::fs::write(&token, there.harness.token("mia@brightledger.example", &["manager"]).bearer().unwrap()).unwrap();
    let settings = vec![
        ("speech.allowed_hosts[0]", "127.0.0.1".to_owned()),
        ("speech.credentials.there.file", token.display().to_string()),
    ];
    let here = World::with(Backend::Sqlite, settings).await;
    let address = url.trim_start_matches("http://").to_owned();
    let kind = Kind::Riva(RivaEngine { address, credential: "there".to_owned(), ..Default::default() });
    declare(&here, "there", SpeechEngine { kind: Some(kind), ..Default::default() }).await;
    let call = here.call("c1").await;
    here.upload(&call, &talk_wav(11)).await.unwrap();
    let done = here.settled(&call).await;
    assert_eq!((done.state(), done.failure.as_str()), (CallState::Transcribed, ""));
    let transcript = here.transcript(&done.transcript).await;
    assert_eq!(transcript.engine, "there (riva)");
    let said: Vec<String> = transcript.turns.iter().map(|turn| turn.text.to_lowercase()).collect();
    assert!(said[0].contains("good morning") && said[1].contains("hear you"), "{said:?}");
}
