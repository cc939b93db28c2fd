//! The engine against a server that speaks the same proto and answers as a test says.

use std::sync::{Arc, Mutex};

use futures::stream::BoxStream;
use throughline_proto::nvidia::riva::asr::riva_speech_recognition_config_response::Config;
use throughline_proto::nvidia::riva::asr::riva_speech_recognition_server::{
    RivaSpeechRecognition, RivaSpeechRecognitionServer,
};
use throughline_proto::nvidia::riva::asr::{
    RecognizeResponse, RivaSpeechRecognitionConfigResponse, SpeechRecognitionAlternative, SpeechRecognitionResult,
    StreamingRecognitionResult, StreamingRecognizeResponse, WordInfo,
};
use throughline_testkit::serve_peer;
use tokio::task::JoinHandle;
use tonic::{Response, Status, Streaming};

use super::*;

/// What the server was asked: configuration, guesses wanted, bytes of sound, token.
#[derive(Debug, Clone)]
struct Asked {
    config: RecognitionConfig,
    interim: bool,
    bytes: usize,
    token: Option<String>,
    whole: bool,
}

type Script = dyn Fn(usize) -> Vec<Result<StreamingRecognizeResponse, Status>> + Send + Sync;

#[derive(Clone)]
struct Scripted {
    /// `type` and `language_code` of the models; none answers UNIMPLEMENTED.
    models: Option<Vec<(&'static str, &'static str)>>,
    script: Arc<Script>,
    asked: Arc<Mutex<Vec<Asked>>>,
}

impl Scripted {
    fn note(
        &self,
        config: RecognitionConfig,
        interim: bool,
        bytes: usize,
        token: Option<String>,
        whole: bool,
    ) -> usize {
        let mut asked = self.asked.lock().unwrap();
        asked.push(Asked { config, interim, bytes, token, whole });
        asked.len() - 1
    }
}

fn token<T>(call: &Call<T>) -> Option<String> {
    call.metadata().get("authorization").map(|value| value.to_str().unwrap().to_owned())
}

#[async_trait]
impl RivaSpeechRecognition for Scripted {
    type StreamingRecognizeStream = BoxStream<'static, Result<StreamingRecognizeResponse, Status>>;

    async fn recognize(&self, call: Call<RecognizeRequest>) -> Result<Response<RecognizeResponse>, Status> {
        let token = token(&call);
        let RecognizeRequest { config, audio, id: _ } = call.into_inner();
        let number = self.note(config.unwrap(), false, audio.len(), token, true);
        let mut results = Vec::new();
        for message in (self.script)(number) {
            for StreamingRecognitionResult { alternatives, .. } in message?.results {
                results.push(SpeechRecognitionResult { alternatives, ..Default::default() });
            }
        }
        Ok(Response::new(RecognizeResponse { results, id: None }))
    }

    async fn streaming_recognize(
        &self,
        call: Call<Streaming<StreamingRecognizeRequest>>,
    ) -> Result<Response<Self::StreamingRecognizeStream>, Status> {
        let token = token(&call);
        let mut messages = call.into_inner();
        let Some(StreamingRequest::StreamingConfig(opening)) = messages.message().await?.unwrap().streaming_request
        else {
            return Err(Status::invalid_argument("no configuration"));
        };
        let mut bytes = 0;
        while let Some(message) = messages.message().await? {
            let Some(StreamingRequest::AudioContent(sound)) = message.streaming_request else { panic!("no sound") };
            assert!(sound.len() <= CHUNK_BYTES);
            bytes += sound.len();
        }
        let number = self.note(opening.config.unwrap(), opening.interim_results, bytes, token, false);
        Ok(Response::new(futures::stream::iter((self.script)(number)).boxed()))
    }

    async fn get_riva_speech_recognition_config(
        &self,
        _: Call<RivaSpeechRecognitionConfigRequest>,
    ) -> Result<Response<RivaSpeechRecognitionConfigResponse>, Status> {
        let models = self.models.as_ref().ok_or_else(|| Status::unimplemented("no list"))?;
        let config = |(kind, language): &(&str, &str)| Config {
            model_name: "conformer".to_owned(),
            parameters: [("type", *kind), ("language_code", *language)]
                .map(|(k, v)| (k.to_owned(), v.to_owned()))
                .into(),
        };
        Ok(Response::new(RivaSpeechRecognitionConfigResponse { model_config: models.iter().map(config).collect() }))
    }
}

struct World {
    server: Scripted,
    engine: Riva,
    _task: JoinHandle<()>,
}

async fn world(
    models: Option<Vec<(&'static str, &'static str)>>,
    script: impl Fn(usize) -> Vec<Result<StreamingRecognizeResponse, Status>> + Send + Sync + 'static,
) -> World {
    let server = Scripted { models, script: Arc::new(script), asked: Arc::default() };
    let (url, task) = serve_peer(tonic::service::Routes::new(RivaSpeechRecognitionServer::new(server.clone()))).await;
    let engine = engine(url.trim_start_matches("http://"), None);
    World { server, engine, _task: task }
}

fn engine(address: &str, credential: Option<Secret>) -> Riva {
    let (address, model) = (address.to_owned(), String::new());
    Riva::new(Settings { address, tls: false, authorities: None, model, credential }).unwrap()
}

fn seconds(seconds: usize, urgency: Urgency) -> Request {
    Request::new(vec![0.1; seconds * 16_000], urgency)
}

fn said(text: &str, is_final: bool, words: &[(&str, i32, i32)]) -> Result<StreamingRecognizeResponse, Status> {
    let word = |(word, start_time, end_time): &(&str, i32, i32)| WordInfo {
        word: (*word).to_owned(),
        start_time: *start_time,
        end_time: *end_time,
        confidence: 0.9,
        ..WordInfo::default()
    };
    let best = SpeechRecognitionAlternative {
        transcript: text.to_owned(),
        words: words.iter().map(word).collect(),
        ..Default::default()
    };
    let result = StreamingRecognitionResult { alternatives: vec![best], is_final, ..Default::default() };
    Ok(StreamingRecognizeResponse { results: vec![result], id: None })
}

#[tokio::test]
async fn a_live_segment_is_streamed_with_all_that_is_known_and_its_words_come_back() {
    let world = world(Some(vec![("online", "en-US")]), |_| {
        vec![
            said("good", false, &[]),
            said("Good morning. ", true, &[("Good", 80, 400), ("morning.", 400, 900)]),
            said("Tom.", true, &[("Tom.", 2_000, 2_300)]),
        ]
    })
    .await;
    world.engine.prepare().await.unwrap();
    let can = world.engine.capabilities();
    assert_eq!((can.languages, can.live, can.partials, can.word_times), (vec!["en-US".to_owned()], true, true, true));
    let vocabulary = ["Quillon"].map(str::to_owned).into();
    let request = Request { language: Some("en".to_owned()), vocabulary, ..seconds(3, Urgency::Live) };
    let heard = world.engine.recognise(request).await.unwrap();
    assert_eq!(heard.text, "Good morning. Tom.");
    let words: Vec<_> = heard.words.iter().map(|word| (word.text.as_str(), word.start_ms, word.end_ms)).collect();
    assert_eq!(words, [("Good", 80, 400), ("morning.", 400, 900), ("Tom.", 2_000, 2_300)]);
    let asked = world.server.asked.lock().unwrap().remove(0);
    assert_eq!((asked.bytes, asked.interim, asked.whole, asked.token), (96_000, false, false, None));
    let config = asked.config;
    assert_eq!(
        (config.encoding(), config.sample_rate_hertz, config.language_code.as_str()),
        (AudioEncoding::LinearPcm, 16_000, "en-US")
    );
    assert!(config.enable_word_time_offsets && config.enable_automatic_punctuation);
    assert_eq!(config.speech_contexts[0].phrases, ["Quillon"]);
}

#[tokio::test]
async fn a_guess_takes_what_is_not_final_yet() {
    let world = world(None, |_| vec![said("good", false, &[]), said("good mor", false, &[])]).await;
    assert_eq!(world.engine.recognise(seconds(1, Urgency::Partial)).await.unwrap().text, "good mor");
    assert!(world.server.asked.lock().unwrap()[0].interim);
    let error = world.engine.recognise(seconds(1, Urgency::Live)).await.unwrap_err();
    assert!(matches!(error, EngineError::Failed(_)), "{error:?}");
}

#[tokio::test]
async fn recordings_go_to_the_offline_model_where_there_is_one() {
    for (models, whole) in [(vec![("online", "en-US")], false), (vec![("online", "en-US"), ("offline", "en-US")], true)]
    {
        let world = world(Some(models), |_| vec![said("Yes.", true, &[])]).await;
        assert_eq!(world.engine.recognise(seconds(1, Urgency::Recording)).await.unwrap().text, "Yes.");
        assert_eq!(world.server.asked.lock().unwrap()[0].whole, whole);
    }
}

#[tokio::test]
async fn the_token_goes_with_each_segment_and_is_read_again() {
    let world = world(None, |_| vec![said("Yes.", true, &[])]).await;
    let file = tempfile::NamedTempFile::new().unwrap();
    let engine = engine(&world.engine.settings.address, Some(Secret::of(file.path())));
    for token in ["one", "two"] {
        std::fs::write(file.path(), token).unwrap();
        engine.recognise(seconds(1, Urgency::Live)).await.unwrap();
        let asked = world.server.asked.lock().unwrap().pop().unwrap();
        assert_eq!(asked.token, Some(format!("Bearer {token}")));
    }
}

#[tokio::test]
async fn a_stream_that_breaks_gives_no_half_of_a_segment() {
    let world = world(None, |number| {
        let broken = match number {
            0 => Status::unavailable("going down"),
            1 => Status::resource_exhausted("full"),
            2 => Status::invalid_argument("no model for en-US"),
            _ => Status::internal("triton"),
        };
        vec![said("Good morning.", true, &[]), Err(broken)]
    })
    .await;
    for expected in ["is not available", "is not available", "refuses", "failed"] {
        let error = world.engine.recognise(seconds(1, Urgency::Live)).await.unwrap_err();
        assert!(error.to_string().contains(expected), "{error}");
    }
}

#[tokio::test]
async fn a_server_that_is_away_is_unavailable_and_found_again() {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    drop(listener);
    let engine = engine(&address.to_string(), None);
    let error = engine.recognise(seconds(1, Urgency::Live)).await.unwrap_err();
    assert!(matches!(error, EngineError::Unavailable { .. }), "{error:?}");
    assert!(engine.prepare().await.is_err(), "what could not be learnt is not kept");
}

#[tokio::test]
async fn a_server_that_speaks_something_else_is_no_engine() {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let engine = engine(&listener.local_addr().unwrap().to_string(), None);
    let garbage = async {
        loop {
            let (mut stream, _) = listener.accept().await.unwrap();
            // A client that hung up already is fine.
            let _ = tokio::io::AsyncWriteExt::write_all(&mut stream, b"HTTP/1.1 400 Bad Request\r\n\r\n").await;
        }
    };
    let error = tokio::select! {
        result = engine.recognise(seconds(1, Urgency::Live)) => result.unwrap_err(),
        () = garbage => unreachable!(),
    };
    assert!(error.is_a_fault(), "{error:?}");
}

#[test]
fn an_address_is_a_host_and_a_port() {
    for address in ["there", "http://there:1", "there:1/x", ""] {
        let settings = Settings {
            address: address.to_owned(),
            tls: false,
            authorities: None,
            model: String::new(),
            credential: None,
        };
        assert!(Riva::new(settings).is_err(), "{address}");
    }
}
