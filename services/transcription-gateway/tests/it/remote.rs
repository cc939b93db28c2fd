//! A speech engine on the other side of HTTP that answers everything but what it should: nothing is lost, nothing is
//! said twice.

use std::collections::HashSet;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use rstest::rstest;
use throughline_proto::transcription::v1::speech_engine::Kind;
use throughline_proto::transcription::v1::{CallState, OpenAiEngine, SpeechEngine, Transcript};
use throughline_testkit::Backend;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinSet;

use crate::riva::declare;
use crate::sound::talk_wav;
use crate::world::World;

const SECONDS: usize = 40;

/// What the server does with each segment.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Does {
    TooMany,
    Fails,
    Garbage,
    Empty,
    Nothing,
    HangsUp,
    /// Answers the first two as it should and fails from then on.
    DiesOnTheWay,
    /// Says these, segment by segment, and nothing of interest from then on.
    Says(&'static [&'static str]),
}

pub struct Server {
    pub base_url: String,
    asked: Arc<AtomicUsize>,
    _task: JoinSet<()>,
}

impl Server {
    pub async fn start(does: Does) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let base_url = format!("http://{}/v1", listener.local_addr().unwrap());
        let asked = Arc::new(AtomicUsize::new(0));
        let (count, mut task) = (Arc::clone(&asked), JoinSet::new());
        task.spawn(async move {
            let mut served = JoinSet::new();
            loop {
                let (stream, _) = listener.accept().await.unwrap();
                let count = Arc::clone(&count);
                served.spawn(async move {
                    // A client that goes away is no failure of the server.
                    let _ = serve(stream, does, &count).await;
                });
            }
        });
        Self { base_url, asked, _task: task }
    }
}

/// Answers one request and hangs up.
async fn serve(mut stream: TcpStream, does: Does, asked: &AtomicUsize) -> std::io::Result<()> {
    let mut bytes = Vec::new();
    loop {
        let text = String::from_utf8_lossy(&bytes).to_lowercase();
        let length: Option<usize> = text.lines().find_map(|line| line.strip_prefix("content-length: ")?.parse().ok());
        let head = bytes.windows(4).position(|four| four == b"\r\n\r\n");
        if let (Some(head), Some(length)) = (head, length)
            && bytes.len() >= head + 4 + length
        {
            break;
        }
        if stream.read_buf(&mut bytes).await? == 0 {
            return Ok(());
        }
    }
    let number = asked.fetch_add(1, Ordering::SeqCst);
    let answer = |status: &str, body: &str| {
        let length = body.len();
        format!("HTTP/1.1 {status}\r\ncontent-length: {length}\r\nretry-after: 1\r\nconnection: close\r\n\r\n{body}")
    };
    let text = match does {
        Does::TooMany => answer("429 Too Many Requests", ""),
        Does::Fails => answer("500 Internal Server Error", "out of memory"),
        Does::Garbage => "\u{1}\u{2}\u{3}".repeat(1_000),
        Does::Empty => answer("200 OK", ""),
        Does::Nothing => std::future::pending().await,
        Does::HangsUp => String::new(),
        Does::DiesOnTheWay if number < 2 => answer("200 OK", &format!(r#"{{"text": "Segment {number} from there."}}"#)),
        Does::DiesOnTheWay => answer("503 Service Unavailable", ""),
        Does::Says(said) => {
            let text = said.get(number).copied().unwrap_or("And so on.");
            answer("200 OK", &format!(r#"{{"text": "{text}"}}"#))
        }
    };
    stream.write_all(text.as_bytes()).await
}

async fn transcribed(world: &World) -> Transcript {
    let call = world.call("c1").await;
    world.upload(&call, &talk_wav(SECONDS)).await.unwrap();
    let done = world.settled(&call).await;
    assert_eq!((done.state(), done.failure.as_str()), (CallState::Transcribed, ""));
    world.transcript(&done.transcript).await
}

fn spoken(transcript: &Transcript) -> Vec<(i32, String)> {
    transcript.turns.iter().map(|turn| (turn.start_ms, turn.text.clone())).collect()
}

pub async fn with_engine(base_url: &str) -> World {
    let world = World::with(Backend::Sqlite, vec![("speech.allowed_hosts[0]", "127.0.0.1".to_owned())]).await;
    let (base_url, model) = (base_url.to_owned(), "large".to_owned());
    let kind = Kind::Openai(OpenAiEngine { base_url, model, credential: String::new() });
    let timeout = Some(prost_types::Duration { seconds: 0, nanos: 300_000_000 });
    declare(&world, "there", SpeechEngine { kind: Some(kind), timeout, max_concurrent: 1, ..Default::default() }).await;
    world
}

#[rstest]
#[tokio::test]
async fn what_a_failing_engine_does_not_hear_another_one_does(
    #[values(Does::TooMany, Does::Fails, Does::Garbage, Does::Empty, Does::Nothing, Does::HangsUp)] does: Does,
) {
    let alone = transcribed(&World::start(Backend::Sqlite).await).await;
    let server = Server::start(does).await;
    let world = with_engine(&server.base_url).await;
    let helped = transcribed(&world).await;
    assert!(server.asked.load(Ordering::SeqCst) > 0, "it was asked first");
    assert_eq!(helped.engine, "moonshine-tiny-en");
    assert_eq!(spoken(&helped), spoken(&alone));
}

#[tokio::test]
async fn an_engine_that_dies_in_the_middle_of_a_recording_leaves_no_gap_and_no_doubled_word() {
    let alone = transcribed(&World::start(Backend::Sqlite).await).await;
    let server = Server::start(Does::DiesOnTheWay).await;
    let world = with_engine(&server.base_url).await;
    let both = transcribed(&world).await;
    assert!(both.engine.contains("there (large)") && both.engine.contains("moonshine-tiny-en"), "{}", both.engine);
    let text = both.turns.iter().map(|turn| turn.text.as_str()).collect::<Vec<_>>().join(" ");
    for number in 0..2 {
        assert_eq!(text.matches(&format!("Segment {number} from there.")).count(), 1, "{text}");
    }
    // Every stretch of speech is there once, whoever heard it.
    let starts = |transcript: &Transcript| transcript.turns.iter().map(|turn| turn.start_ms).collect::<Vec<_>>();
    let unique: HashSet<i32> = starts(&both).into_iter().collect();
    assert_eq!((starts(&both), unique.len()), (starts(&alone), both.turns.len()));
}
