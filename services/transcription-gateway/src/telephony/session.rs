//! One connection that speaks Media Streams, from its handshake to its close.

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use futures::stream::{SplitSink, SplitStream};
use futures::{SinkExt as _, StreamExt as _};
use serde_json::json;
use throughline_rpc::{Error, Reason, name};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::sync::mpsc;
use tokio_stream::wrappers::ReceiverStream;
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::protocol::CloseFrame;
use tokio_tungstenite::tungstenite::protocol::frame::coding::CloseCode;
use tokio_tungstenite::tungstenite::{Error as SocketError, Message, Utf8Bytes};

use super::Edge;
use super::frame::{self, Frame, Start};
use super::mixer::Mixer;
use super::opening::{self, Opening};
use crate::domain::call::Details;
use crate::grpc::stream::How;
use crate::grpc::{calls as grpc_calls, convert, stream};
use crate::speech::live::End;
use crate::worker::live::Answer;

/// How long a connection may take to say what it streams.
const START_WITHIN: Duration = Duration::from_secs(10);
/// How long a close frame may take to go out.
const CLOSE_WITHIN: Duration = Duration::from_secs(5);
/// Messages between the socket and the stream.
const AUDIO_AHEAD: usize = 64;
/// Longest message into the stream.
const MAX_CHUNK: usize = 32 * 1024;
/// Frames before the start frame that are passed over.
const MAX_BEFORE_START: usize = 16;

/// Serves a connection whose handshake is done. `token` is that of the address.
pub async fn serve<S>(edge: Arc<Edge>, socket: WebSocketStream<S>, token: Option<String>)
where
    S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
{
    let (mut sink, mut frames) = socket.split();
    let result = converse(&edge, &mut sink, &mut frames, token.as_deref()).await;
    if let Err(error) = &result {
        tracing::info!(%error, "a Media Streams connection ended");
    }
    let close = Message::Close(Some(close_frame(&result)));
    let goodbye = async {
        let _ = sink.send(close).await;
        let _ = sink.close().await;
    };
    let _ = tokio::time::timeout(CLOSE_WITHIN, goodbye).await;
}

type Sink<S> = SplitSink<WebSocketStream<S>, Message>;
type Frames<S> = SplitStream<WebSocketStream<S>>;

async fn converse<S>(edge: &Edge, sink: &mut Sink<S>, frames: &mut Frames<S>, token: Option<&str>) -> Result<(), Error>
where
    S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
{
    let start = tokio::time::timeout(START_WITHIN, first(frames)).await.map_err(|_| {
        let message = "no start frame came within ten seconds";
        Error::new(tonic::Code::DeadlineExceeded, Reason::DeadlineExceeded, message)
    })??;
    let Opening { principal, key, format, details, segments } = opening::read(&start, token, &edge.verifier)?;
    let details = Details { start_time: Some(edge.transcription.clock.now()), ..details };
    let who = (principal.subject(), principal.only_as_rep());
    grpc_calls::ensure(&edge.transcription, &key, who, details).await?;
    let (audio, incoming) = mpsc::channel(AUDIO_AHEAD);
    let call = name::CALL.format([&key.workspace, &key.call]);
    // What a telephony system sends is live: whoever connects again goes on with the call.
    let how = How { format, resume: true };
    let opened = stream::start(&edge.transcription, &principal, key, how, ReceiverStream::new(incoming)).await?;
    let stream::Opened { channels, mut answers } = opened;
    let mut reading = std::pin::pin!(read(frames, Mixer::new(&start.tracks), audio));
    let slow_timeout = edge.transcription.live.slow_timeout;
    let mut writing = std::pin::pin!(async {
        // Twilio warns of frames it does not know: only whoever asks for them gets them. Who does not take them any more
        // has a transcript all the same.
        let mut wanted = segments;
        while let Some(answer) = answers.recv().await {
            let text = match answer? {
                Answer::Update(update) => segment(&start.stream_sid, convert::segment_out(*update, &channels)),
                Answer::Transcript(number) => {
                    let transcript = format!("{call}/transcripts/{number}");
                    json!({"event": "transcript", "streamSid": start.stream_sid, "transcript": transcript}).to_string()
                }
            };
            if wanted {
                let sent = tokio::time::timeout(slow_timeout, sink.send(Message::text(text))).await;
                wanted = matches!(sent, Ok(Ok(())));
            }
        }
        Ok::<_, Error>(())
    });
    // What ended the stream first is what its sender needs to know.
    tokio::select! {
        said = &mut reading => {
            let written = (&mut writing).await;
            said.and(written)
        }
        written = &mut writing => written,
    }
}

/// The start frame.
async fn first<S>(frames: &mut Frames<S>) -> Result<Start, Error>
where
    S: AsyncRead + AsyncWrite + Unpin,
{
    for _ in 0..MAX_BEFORE_START {
        match next(frames).await? {
            Some(Frame::Start(start)) => return Ok(start),
            Some(Frame::Connected | Frame::Passing | Frame::Unknown) => {}
            Some(Frame::Media(_) | Frame::Stop) => return Err(invalid("a start frame must come first")),
            None => return Err(invalid("the connection ended before a start frame")),
        }
    }
    Err(invalid("a start frame must come first"))
}

/// Takes media in until the stream ends. A stream that ends without `stop` has broken off.
async fn read<S>(frames: &mut Frames<S>, mut mixer: Mixer, audio: mpsc::Sender<Result<Bytes, End>>) -> Result<(), Error>
where
    S: AsyncRead + AsyncWrite + Unpin,
{
    let end = loop {
        match next(frames).await {
            Ok(Some(Frame::Media(media))) => {
                if let Err(problem) = mixer.push(&media) {
                    break Err(invalid(problem));
                }
                // A stream that takes no more has ended; why, its answers tell.
                if !send(&audio, mixer.take()).await {
                    return Ok(());
                }
            }
            Ok(Some(Frame::Stop)) => break Ok(()),
            Ok(Some(Frame::Start(_))) => break Err(invalid("a second start frame")),
            Ok(Some(Frame::Connected | Frame::Passing | Frame::Unknown)) => {}
            Ok(None) => break Err(invalid("the connection ended without a stop frame")),
            Err(error) => break Err(error),
        }
    };
    send(&audio, mixer.finish()).await;
    if end.is_err() {
        let _ = audio.send(Err(End::BrokenOff)).await;
    }
    end
}

async fn send(audio: &mpsc::Sender<Result<Bytes, End>>, samples: Vec<u8>) -> bool {
    let samples = Bytes::from(samples);
    let mut rest = samples;
    while !rest.is_empty() {
        let chunk = rest.split_to(rest.len().min(MAX_CHUNK));
        if audio.send(Ok(chunk)).await.is_err() {
            return false;
        }
    }
    true
}

/// The next frame; `None` when the connection has ended.
async fn next<S>(frames: &mut Frames<S>) -> Result<Option<Frame>, Error>
where
    S: AsyncRead + AsyncWrite + Unpin,
{
    loop {
        let message = match frames.next().await {
            Some(Ok(message)) => message,
            Some(Err(SocketError::Capacity(_))) => {
                let message = "a frame has at most 64 KiB";
                return Err(Error::resource_exhausted(Reason::LimitExceeded, message, None));
            }
            Some(Err(_)) | None => return Ok(None),
        };
        match message {
            Message::Text(text) => return frame::parse(&text).map(Some).map_err(|problem| invalid(&problem)),
            Message::Binary(_) => return Err(invalid("frames of Media Streams are texts")),
            Message::Close(_) => return Ok(None),
            Message::Ping(_) | Message::Pong(_) | Message::Frame(_) => {}
        }
    }
}

fn invalid(problem: &str) -> Error {
    Error::invalid_field("frame", problem)
}

fn segment(stream_sid: &str, segment: throughline_proto::transcription::v1::Segment) -> String {
    let side = segment.side().as_str_name().trim_start_matches("SIDE_").to_ascii_lowercase();
    json!({
        "event": "segment",
        "streamSid": stream_sid,
        "segment": {
            "index": segment.index,
            "final": segment.r#final,
            "channel": segment.channel,
            "participant": segment.participant,
            "side": side,
            "startMs": segment.start_ms,
            "endMs": segment.end_ms,
            "text": segment.text,
            "stableBytes": segment.stable_bytes,
            "unintelligible": segment.unintelligible,
        },
    })
    .to_string()
}

fn close_frame(result: &Result<(), Error>) -> CloseFrame {
    let Err(error) = result else { return CloseFrame { code: CloseCode::Normal, reason: Utf8Bytes::default() } };
    let code = match error.code() {
        tonic::Code::ResourceExhausted if error.reason() == Reason::LimitExceeded => CloseCode::Size,
        tonic::Code::ResourceExhausted | tonic::Code::Unavailable => CloseCode::Again,
        tonic::Code::Internal => CloseCode::Error,
        _ => CloseCode::Policy,
    };
    let name = error.reason().as_str_name().trim_start_matches("ERROR_REASON_");
    // The caller gets no more of an internal error than its name; a close frame holds 123 bytes.
    let mut reason = format!("{name}: {}", error.message());
    let mut end = reason.len().min(120);
    while !reason.is_char_boundary(end) {
        end -= 1;
    }
    reason.truncate(end);
    CloseFrame { code, reason: reason.into() }
}
