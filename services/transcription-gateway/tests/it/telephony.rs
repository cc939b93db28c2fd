//! A telephony system that streams a call over a WebSocket.

use data_encoding::BASE64;
use futures::{SinkExt as _, StreamExt as _};
use rstest::rstest;
use serde_json::{Value, json};
use throughline_proto::transcription::v1::{CallState, TranscriptSource};
use throughline_runtime::config::Overrides;
use throughline_testkit::{Backend, eventually};
use tokio::net::TcpStream;
use tokio_tungstenite::tungstenite::client::IntoClientRequest as _;
use tokio_tungstenite::tungstenite::protocol::CloseFrame;
use tokio_tungstenite::tungstenite::{Error, Message};
use tokio_tungstenite::{WebSocketStream, client_async};

use crate::sound::{mulaw, talk_8khz};
use crate::world::{PARENT, World};

type Socket = WebSocketStream<TcpStream>;

async fn listening(backend: Backend, extra: Overrides) -> World {
    let mut overrides: Overrides = vec![("telephony.listen", "127.0.0.1:0".to_owned())];
    overrides.extend(extra);
    World::with(backend, overrides).await
}

async fn connect(world: &World, path: &str, signature: Option<&str>) -> Result<Socket, Error> {
    let address = world.served.address_of("telephony").unwrap();
    let mut request = format!("ws://{address}{path}").into_client_request()?;
    if let Some(signature) = signature {
        request.headers_mut().insert("x-twilio-signature", signature.parse().unwrap());
    }
    let stream = TcpStream::connect(address).await.unwrap();
    client_async(request, stream).await.map(|(socket, _)| socket)
}

fn token(world: &World) -> String {
    world.harness.issuer().token("dialer", "demo", &["manager"], chrono::Duration::hours(1)).unwrap()
}

fn start(tracks: &[&str], parameters: Value) -> Message {
    let frame = json!({"event": "start", "sequenceNumber": "1", "streamSid": "MZ1", "start": {
        "accountSid": "AC1", "streamSid": "MZ1", "callSid": "CA0a1b", "tracks": tracks, "customParameters": parameters,
        "mediaFormat": {"encoding": "audio/x-mulaw", "sampleRate": 8000, "channels": 1}}});
    Message::text(frame.to_string())
}

fn media(track: &str, number: usize, samples: &[u8]) -> Message {
    let frame = json!({"event": "media", "sequenceNumber": (number + 2).to_string(), "streamSid": "MZ1", "media": {
        "track": track, "chunk": (number + 1).to_string(), "timestamp": (number * 20).to_string(),
        "payload": BASE64.encode(samples)}});
    Message::text(frame.to_string())
}

fn stop() -> Message {
    Message::text(
        json!({"event": "stop", "sequenceNumber": "9999", "streamSid": "MZ1", "stop": {"callSid": "CA0a1b"}})
            .to_string(),
    )
}

/// The sample call as two tracks in frames of 20 ms.
fn frames(seconds: usize) -> Vec<Message> {
    frames_from(0, seconds)
}

/// A stretch of it, as a stream of its own.
fn frames_from(start: usize, end: usize) -> Vec<Message> {
    let [rep, buyer] = talk_8khz(end).map(|samples| mulaw(samples.get(start * 8_000..).unwrap().to_vec()));
    let pairs = rep.chunks(160).zip(buyer.chunks(160)).enumerate();
    pairs.flat_map(|(n, (rep, buyer))| [media("inbound", n, rep), media("outbound", n, buyer)]).collect()
}

fn parameters(world: &World) -> Value {
    json!({"token": token(world), "call": format!("{PARENT}/calls/c1"), "segments": "true",
        "inbound_name": "Priya Raman", "inbound_side": "rep", "inbound_email": "priya.raman@brightledger.example",
        "outbound_name": "Tom Ashworth", "outbound_side": "buyer"})
}

/// Sends all of it and returns the frames that come back, and how the connection was closed.
async fn talk(mut socket: Socket, messages: Vec<Message>) -> (Vec<Value>, CloseFrame) {
    for message in messages {
        if socket.send(message).await.is_err() {
            break;
        }
    }
    let mut answers = Vec::new();
    loop {
        match socket.next().await.unwrap().unwrap() {
            Message::Text(text) => answers.push(serde_json::from_str(&text).unwrap()),
            Message::Close(close) => return (answers, close.unwrap()),
            _ => {}
        }
    }
}

#[rstest]
#[tokio::test]
async fn a_call_over_media_streams_gets_live_segments_and_a_transcript_of_two_sides(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let world = listening(backend, Vec::new()).await;
    let socket = connect(&world, "/media-streams", None).await.unwrap();
    let connected = Message::text(json!({"event": "connected", "protocol": "Call", "version": "1.0.0"}).to_string());
    let mut messages = vec![connected, start(&["inbound", "outbound"], parameters(&world))];
    messages.extend(frames(11));
    messages
        .push(Message::text(json!({"event": "dtmf", "dtmf": {"track": "inbound_track", "digit": "1"}}).to_string()));
    messages.push(stop());
    let (answers, close) = talk(socket, messages).await;
    assert_eq!(u16::from(close.code), 1000, "{close:?}");
    let (last, segments) = answers.split_last().unwrap();
    assert_eq!(last["event"], "transcript");
    let text = |side: &str| {
        let of_side =
            segments.iter().filter(|frame| frame["segment"]["side"] == side && frame["segment"]["final"] == true);
        of_side.map(|frame| frame["segment"]["text"].as_str().unwrap().to_lowercase()).collect::<Vec<_>>().join(" ")
    };
    assert!(text("rep").contains("good morning"), "{segments:?}");
    assert!(text("buyer").contains("hear you"), "{segments:?}");
    let call = world.get(&format!("{PARENT}/calls/c1")).await;
    assert_eq!(
        (call.state(), call.transcript.as_str()),
        (CallState::Transcribed, last["transcript"].as_str().unwrap())
    );
    assert_eq!(call.participants[1].name, "Tom Ashworth");
    let transcript = world.transcript(&call.transcript).await;
    assert_eq!(transcript.source(), TranscriptSource::Live);
    assert_eq!(world.told(1).await[0].transcript, call.transcript);
}

#[tokio::test]
async fn frames_that_overtake_each_other_or_are_lost_do_no_harm_and_nothing_is_sent_unasked() {
    let world = listening(Backend::Sqlite, Vec::new()).await;
    let socket = connect(&world, &format!("/media-streams?token={}", token(&world)), None).await.unwrap();
    // The call is named by Twilio's id where `call` is not given; the token stands in the address.
    let named = json!({"workspace": "demo"});
    let mut messages = vec![start(&["inbound"], named)];
    let [rep, _] = talk_8khz(6);
    let mut media: Vec<Message> =
        mulaw(rep).chunks(160).enumerate().map(|(n, samples)| media("inbound", n, samples)).collect();
    for pair in media.chunks_exact_mut(2) {
        pair.swap(0, 1);
    }
    media.remove(40);
    messages.extend(media);
    messages.push(stop());
    let (answers, close) = talk(socket, messages).await;
    assert_eq!((answers.len(), u16::from(close.code)), (0, 1000), "{close:?}");
    let call = world.get(&format!("{PARENT}/calls/ca0a1b")).await;
    let transcript = world.transcript(&call.transcript).await;
    assert!(transcript.turns[0].text.to_lowercase().contains("good morning"), "{transcript:?}");
    assert_eq!(transcript.turns[0].participant, "inbound");
}

#[rstest]
#[case::garbage(Message::text("hello"), 1008, "INVALID_FIELDS: frame: no frame of Media Streams")]
#[case::binary(Message::binary(vec![1, 2, 3]), 1008, "INVALID_FIELDS: frame: frames of Media Streams are texts")]
#[case::giant(Message::text(" ".repeat(70_000)), 1009, "LIMIT_EXCEEDED: a frame has at most 64 KiB")]
#[case::other_track(media("outbound", 0, &[0; 160]), 1008, "INVALID_FIELDS: frame: media of a track")]
#[tokio::test]
async fn frames_that_are_none_are_answered_and_end_the_stream(
    #[case] frame: Message,
    #[case] code: u16,
    #[case] why: &str,
) {
    let world = listening(Backend::Sqlite, Vec::new()).await;
    let socket = connect(&world, "/media-streams", None).await.unwrap();
    let (_, close) = talk(socket, vec![start(&["inbound"], parameters(&world)), frame]).await;
    assert_eq!(u16::from(close.code), code, "{close:?}");
    assert!(close.reason.starts_with(why), "{close:?}");
    let call = format!("{PARENT}/calls/c1");
    eventually("the call is not live any more", || async {
        (world.get(&call).await.state() == CallState::Failed).then_some(())
    })
    .await;
}

#[tokio::test]
async fn who_does_not_say_who_it_is_or_what_it_wants_is_told() {
    let world = listening(Backend::Sqlite, Vec::new()).await;
    let refused = async |parameters: Value| {
        let socket = connect(&world, "/media-streams", None).await.unwrap();
        let (_, close) = talk(socket, vec![start(&["inbound"], parameters)]).await;
        (u16::from(close.code), close.reason.to_string())
    };
    let (code, why) = refused(json!({"call": "workspaces/demo/calls/c1"})).await;
    assert!(code == 1008 && why.starts_with("TOKEN_MISSING"), "{why}");
    let (_, why) = refused(json!({"token": "x", "call": "workspaces/demo/calls/c1"})).await;
    assert!(why.starts_with("TOKEN_INVALID"), "{why}");
    let (_, why) = refused(json!({"token": token(&world), "call": "workspaces/other/calls/c1"})).await;
    assert!(why.starts_with("WORKSPACE_DENIED"), "{why}");
    let enablement = world.harness.issuer().token("eva", "demo", &["enablement"], chrono::Duration::hours(1)).unwrap();
    let (_, why) = refused(json!({"token": enablement, "call": "workspaces/demo/calls/c1"})).await;
    assert!(why.starts_with("ROLE_REQUIRED"), "{why}");
    let wrong = json!({"token": token(&world), "call": "c1", "segments": "maybe", "inbound_side": "left"});
    let (_, why) = refused(wrong).await;
    assert!(why.contains("customParameters.call: must have the form") && why.contains("and 2 more"), "{why}");
    let socket = connect(&world, "/media-streams", None).await.unwrap();
    let (_, close) = talk(socket, vec![media("inbound", 0, &[0; 160])]).await;
    assert!(close.reason.contains("a start frame must come first"), "{close:?}");
    assert!(matches!(connect(&world, "/elsewhere", None).await, Err(Error::Http(answer)) if answer.status() == 404));
}

#[tokio::test]
async fn silence_and_a_stream_that_says_nothing_more_are_ended() {
    let world = listening(Backend::Sqlite, vec![("live.idle_timeout", "300ms".to_owned())]).await;
    let socket = connect(&world, "/media-streams", None).await.unwrap();
    let (_, close) = talk(socket, vec![start(&["inbound"], parameters(&world))]).await;
    assert!(close.reason.starts_with("DEADLINE_EXCEEDED: the stream broke off"), "{close:?}");
    let socket = connect(&world, "/media-streams", None).await.unwrap();
    let mut messages = vec![start(&["inbound"], parameters(&world))];
    messages.extend((0..100).map(|n| media("inbound", n, &[0xff; 160])));
    messages.push(stop());
    let (_, close) = talk(socket, messages).await;
    assert!(close.reason.starts_with("AUDIO_UNSUPPORTED: no speech was found"), "{close:?}");
}

#[tokio::test]
async fn a_connection_that_breaks_leaves_a_transcript_of_what_was_heard() {
    let world = listening(Backend::Sqlite, Vec::new()).await;
    let mut socket = connect(&world, "/media-streams", None).await.unwrap();
    socket.send(start(&["inbound", "outbound"], parameters(&world))).await.unwrap();
    for frame in frames(8) {
        socket.send(frame).await.unwrap();
    }
    socket.next().await.unwrap().unwrap();
    drop(socket);
    let done = world.settled(&format!("{PARENT}/calls/c1")).await;
    assert_eq!(done.state(), CallState::Transcribed);
    assert!(done.failure.starts_with("the live stream broke off"), "{}", done.failure);
}

#[tokio::test]
async fn consent_is_asked_for_and_may_come_with_the_start_frame() {
    let world = listening(Backend::Sqlite, vec![("consent.rule", "all".to_owned())]).await;
    let socket = connect(&world, "/media-streams", None).await.unwrap();
    let (_, close) = talk(socket, vec![start(&["inbound", "outbound"], parameters(&world))]).await;
    assert!(close.reason.starts_with("CONSENT_MISSING"), "{close:?}");
    let mut agreed = parameters(&world);
    agreed["call"] = json!(format!("{PARENT}/calls/c2"));
    agreed["inbound_consent"] = json!("granted");
    agreed["outbound_consent"] = json!("granted");
    let socket = connect(&world, "/media-streams", None).await.unwrap();
    let mut messages = vec![start(&["inbound", "outbound"], agreed)];
    messages.extend(frames(4));
    messages.push(stop());
    assert_eq!(u16::from(talk(socket, messages).await.1.code), 1000);
}

#[tokio::test]
async fn with_an_auth_token_only_what_twilio_signed_comes_in() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("token");
    std::fs::write(&file, "12345").unwrap();
    let settings = vec![
        ("telephony.public_url", "wss://voice.example.com".to_owned()),
        ("telephony.twilio_auth_token_file", file.display().to_string()),
    ];
    let world = listening(Backend::Sqlite, settings).await;
    for wrong in [None, Some("AAAA")] {
        let refused = connect(&world, "/media-streams", wrong).await;
        assert!(matches!(refused, Err(Error::Http(answer)) if answer.status() == 403));
    }
    let key = aws_lc_rs::hmac::Key::new(aws_lc_rs::hmac::HMAC_SHA1_FOR_LEGACY_USE_ONLY, b"12345");
    let signature = BASE64.encode(aws_lc_rs::hmac::sign(&key, b"wss://voice.example.com/media-streams").as_ref());
    connect(&world, "/media-streams", Some(&signature)).await.unwrap();
}

#[tokio::test]
async fn a_stop_of_the_service_ends_open_streams_with_what_was_heard() {
    let world = listening(Backend::Sqlite, Vec::new()).await;
    let mut socket = connect(&world, "/media-streams", None).await.unwrap();
    socket.send(start(&["inbound", "outbound"], parameters(&world))).await.unwrap();
    for frame in frames(8) {
        socket.send(frame).await.unwrap();
    }
    socket.next().await.unwrap().unwrap();
    let rest = talk(socket, Vec::new());
    let (world, (_, close)) = tokio::join!(world.restart(), rest);
    assert_eq!(u16::from(close.code), 1013, "{close:?}");
    assert!(close.reason.starts_with("DRAINING"), "{close:?}");
    assert_eq!(world.get(&format!("{PARENT}/calls/c1")).await.state(), CallState::Transcribed);
}

#[rstest]
#[tokio::test]
async fn a_telephony_system_that_connects_again_goes_on_with_the_call(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let world = listening(backend, Vec::new()).await;
    let mut socket = connect(&world, "/media-streams", None).await.unwrap();
    let tracks = ["inbound", "outbound"];
    socket.send(start(&tracks, parameters(&world))).await.unwrap();
    for message in frames(8) {
        socket.send(message).await.unwrap();
    }
    // Something was heard.
    socket.next().await.unwrap().unwrap();
    drop(socket);
    let call = format!("{PARENT}/calls/c1");
    let broken_off = world.transcript(&world.settled(&call).await.transcript).await;
    assert!(broken_off.break_off_time.is_some() && !broken_off.turns.is_empty());

    let socket = connect(&world, "/media-streams", None).await.unwrap();
    let mut messages = vec![start(&tracks, parameters(&world))];
    messages.extend(frames_from(8, 16));
    messages.push(stop());
    let (answers, close) = talk(socket, messages).await;
    assert_eq!(u16::from(close.code), 1000, "{close:?}");
    let whole = world.transcript(answers.last().unwrap()["transcript"].as_str().unwrap()).await;
    let (before, after) = whole.turns.split_at(broken_off.turns.len());
    assert!(before.iter().zip(&broken_off.turns).all(|(a, b)| a.text == b.text));
    assert!(!after.is_empty() && after.iter().all(|turn| turn.start_ms >= broken_off.duration_ms), "{whole:?}");
    assert_eq!(whole.break_off_time, None);
}
