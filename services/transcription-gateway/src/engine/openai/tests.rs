//! The engine against a server that answers as a test says, byte by byte: what a real one does when it fails, too.

use std::future::pending;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use rstest::rstest;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinSet;

use super::super::Urgency;
use super::*;

/// What the server does with the n-th request, from 0.
#[derive(Clone)]
enum Does {
    Answer(String),
    /// Says this and hangs up.
    Cut(String),
    /// And keeps the connection.
    Nothing,
}

struct Server {
    url: String,
    /// Head and form of each request, the sound in it as text with losses.
    seen: Arc<Mutex<Vec<String>>>,
    connections: Arc<Mutex<usize>>,
    _task: JoinSet<()>,
}

impl Server {
    async fn start(script: impl Fn(usize) -> Does + Send + Sync + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let (seen, connections) = (Arc::<Mutex<Vec<String>>>::default(), Arc::<Mutex<usize>>::default());
        let (log, count, script) = (Arc::clone(&seen), Arc::clone(&connections), Arc::new(script));
        let mut task = JoinSet::new();
        task.spawn(async move {
            let mut served = JoinSet::new();
            loop {
                let (stream, _) = listener.accept().await.unwrap();
                *count.lock().unwrap() += 1;
                served.spawn(serve(stream, Arc::clone(&script), Arc::clone(&log)));
            }
        });
        Self { url, seen, connections, _task: task }
    }

    async fn saying(status: &str, body: &str) -> Self {
        let answer = response(status, "", body);
        Self::start(move |_| Does::Answer(answer.clone())).await
    }

    fn engine(&self) -> OpenAi {
        engine(&self.url, None)
    }

    fn seen(&self) -> Vec<String> {
        self.seen.lock().unwrap().clone()
    }
}

async fn serve(mut stream: TcpStream, script: Arc<impl Fn(usize) -> Does>, log: Arc<Mutex<Vec<String>>>) {
    while let Some(request) = request(&mut stream).await {
        let number = {
            let mut log = log.lock().unwrap();
            log.push(request);
            log.len() - 1
        };
        match script(number) {
            Does::Answer(text) => stream.write_all(text.as_bytes()).await.unwrap(),
            Does::Cut(text) => return stream.write_all(text.as_bytes()).await.unwrap(),
            Does::Nothing => pending().await,
        }
    }
}

async fn request(stream: &mut TcpStream) -> Option<String> {
    let mut bytes = Vec::new();
    loop {
        let text = String::from_utf8_lossy(&bytes).into_owned();
        if let Some(head) = bytes.windows(4).position(|four| four == b"\r\n\r\n") {
            let length =
                text.to_lowercase().lines().find_map(|line| line.strip_prefix("content-length: ")?.parse().ok());
            if bytes.len() >= head + 4 + length.unwrap_or(0) {
                return Some(text);
            }
        }
        if stream.read_buf(&mut bytes).await.ok()? == 0 {
            return None;
        }
    }
}

fn response(status: &str, headers: &str, body: &str) -> String {
    format!(
        "HTTP/1.1 {status}\r\ncontent-type: application/json\r\n{headers}content-length: {}\r\n\r\n{body}",
        body.len()
    )
}

fn engine(url: &str, credential: Option<Secret>) -> OpenAi {
    let (base_url, model) = (format!("{url}/v1"), "large".to_owned());
    OpenAi::new(Settings { base_url, model, credential, authorities: None }).unwrap()
}

fn second() -> Request {
    Request::new(vec![0.1; 16_000], Urgency::Live)
}

const GOOD: &str = r#"{"text": "Good morning.", "language": "english",
    "words": [{"word": "Good", "start": 0.1, "end": 0.4}, {"word": "morning", "start": 0.4, "end": 0.9}]}"#;

#[tokio::test]
async fn a_segment_is_posted_with_all_that_is_known_and_its_words_come_back() {
    let server = Server::saying("200 OK", GOOD).await;
    let engine = server.engine();
    assert!(!engine.capabilities().word_times, "nothing is promised before it was seen");
    let vocabulary = ["Quillon", "Clonferry"].map(str::to_owned);
    let request = Request { language: Some("en-IE".to_owned()), vocabulary: vocabulary.into(), ..second() };
    let heard = engine.recognise(request).await.unwrap();
    assert_eq!((heard.text.as_str(), heard.words.len(), heard.words[1].end_ms), ("Good morning.", 2, 900));
    assert!(engine.capabilities().word_times);
    let seen = server.seen().remove(0);
    assert!(seen.starts_with("POST /v1/audio/transcriptions HTTP/1.1\r\n"), "{seen}");
    for (name, value) in [
        ("model", "large"),
        ("response_format", "verbose_json"),
        ("timestamp_granularities[]", "word"),
        ("language", "en"),
        ("prompt", "Clonferry, Quillon"),
    ] {
        assert!(seen.contains(&format!("name=\"{name}\"\r\n\r\n{value}\r\n")), "{name} in {seen}");
    }
    assert!(seen.contains("filename=\"segment.wav\"\r\nContent-Type: audio/wav\r\n\r\nRIFF"));
}

#[tokio::test]
async fn one_connection_serves_many_segments() {
    let server = Server::saying("200 OK", GOOD).await;
    let engine = server.engine();
    for _ in 0..3 {
        engine.recognise(second()).await.unwrap();
    }
    assert_eq!((*server.connections.lock().unwrap(), server.seen().len()), (1, 3));
}

#[tokio::test]
async fn a_server_without_verbose_json_is_asked_for_json_and_only_once_for_the_other() {
    let server = Server::start(|number| {
        let refused = r#"{"error": {"message": "response_format 'verbose_json' is not compatible with model"}}"#;
        Does::Answer(if number == 0 {
            response("400 Bad Request", "", refused)
        } else {
            response("200 OK", "", r#"{"text": "Yes."}"#)
        })
    })
    .await;
    let engine = server.engine();
    for _ in 0..2 {
        assert_eq!(engine.recognise(second()).await.unwrap().text, "Yes.");
    }
    let formats: Vec<bool> = server.seen().iter().map(|seen| seen.contains("verbose_json")).collect();
    assert_eq!(formats, [true, false, false]);
    assert!(!engine.capabilities().word_times);
}

#[rstest]
#[case::too_much_to_do("429 Too Many Requests", "retry-after: 3\r\n", Some(3))]
#[case::going_down("503 Service Unavailable", "retry-after: 1\r\n", Some(1))]
#[case::broken("500 Internal Server Error", "", None)]
#[tokio::test]
async fn a_server_that_can_not_now_is_unavailable(
    #[case] status: &str,
    #[case] headers: &str,
    #[case] seconds: Option<u64>,
) {
    let answer = response(status, headers, "oh no");
    let server = Server::start(move |_| Does::Answer(answer.clone())).await;
    let error = server.engine().recognise(second()).await.unwrap_err();
    assert!(matches!(error, EngineError::Unavailable { .. }) && error.to_string().ends_with(": oh no"), "{error:?}");
    assert_eq!(error.retry_after(), seconds.map(Duration::from_secs));
}

#[rstest]
#[case::hangs_up(Does::Cut(String::new()), "connection")]
#[case::cut_in_the_head(Does::Cut("HTTP/1.1 200 OK\r\nconte".to_owned()), "connection")]
#[case::cut_in_the_body(Does::Cut("HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\n{\"text\": \"Good".to_owned()), "body")]
#[case::no_http(Does::Answer("\u{1}\u{2}garbage\r\n\r\n".to_owned()), "invalid HTTP")]
#[tokio::test]
async fn a_connection_that_fails_is_unavailable(#[case] does: Does, #[case] said: &str) {
    let server = Server::start(move |_| does.clone()).await;
    let error = server.engine().recognise(second()).await.unwrap_err();
    assert!(matches!(error, EngineError::Unavailable { .. }) && error.to_string().contains(said), "{error:?}");
}

#[rstest]
#[case::empty("")]
#[case::no_json("<html>busy</html>")]
#[case::other_json(r#"{"object": "list"}"#)]
#[tokio::test]
async fn an_answer_that_is_none_is_a_failure(#[case] body: &str) {
    let server = Server::saying("200 OK", body).await;
    let error = server.engine().recognise(second()).await.unwrap_err();
    assert!(matches!(error, EngineError::Failed(_)), "{error:?}");
}

#[tokio::test]
async fn an_answer_without_end_is_left() {
    let long = format!("HTTP/1.1 200 OK\r\ncontent-length: 3000000\r\n\r\n{}", " ".repeat(3_000_000));
    let server = Server::start(move |_| Does::Answer(long.clone())).await;
    let error = server.engine().recognise(second()).await.unwrap_err();
    assert!(matches!(&error, EngineError::Failed(cause) if cause.contains("2097152")), "{error:?}");
}

#[tokio::test]
async fn the_token_is_read_again_when_it_was_rotated() {
    let server = Server::saying("200 OK", GOOD).await;
    let file = tempfile::NamedTempFile::new().unwrap();
    let engine = engine(&server.url, Some(Secret::of(file.path())));
    for token in ["one", "two"] {
        std::fs::write(file.path(), format!("{token}\n")).unwrap();
        engine.recognise(second()).await.unwrap();
        assert!(server.seen().pop().unwrap().contains(&format!("\r\nauthorization: Bearer {token}\r\n")));
    }
    file.close().unwrap();
    let error = engine.recognise(second()).await.unwrap_err();
    assert!(matches!(error, EngineError::Rejected(_)), "{error:?}");
}

#[rstest]
#[case::nothing(Does::Nothing)]
#[case::half_an_answer(Does::Answer("HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\n{\"te".to_owned()))]
#[tokio::test]
async fn a_segment_that_is_given_up_leaves_its_connection(#[case] does: Does) {
    let server = Server::start(
        move |number| if number == 0 { does.clone() } else { Does::Answer(response("200 OK", "", GOOD)) },
    )
    .await;
    let engine = server.engine();
    // The router gives a segment up at its deadline; the next one must not be answered with what is left of it.
    assert!(tokio::time::timeout(Duration::from_millis(100), engine.recognise(second())).await.is_err());
    assert_eq!(engine.recognise(second()).await.unwrap().text, "Good morning.");
    assert_eq!(*server.connections.lock().unwrap(), 2);
}

#[test]
fn an_address_that_is_none_is_said_at_once() {
    for url in ["ftp://there", "there", "http://"] {
        let settings =
            Settings { base_url: url.to_owned(), model: "m".to_owned(), credential: None, authorities: None };
        assert!(OpenAi::new(settings).is_err(), "{url}");
    }
}
