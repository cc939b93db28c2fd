//! StreamAudio: opens a live stream. What happens in it is the business of `worker::live`.

use std::sync::Arc;

use bytes::Bytes;
use futures::stream::BoxStream;
use futures::{Stream, StreamExt as _};
use sea_orm::ActiveValue::Set;
use throughline_proto::transcription::v1 as pb;
use throughline_proto::transcription::v1::stream_audio_request::Message;
use throughline_proto::transcription::v1::stream_audio_response::Message as Answered;
use throughline_rpc::auth::{Principal, principal};
use throughline_rpc::{Error, Reason, Violations, name, trace};
use tokio::sync::{OwnedSemaphorePermit, Semaphore, mpsc};
use tokio_stream::wrappers::ReceiverStream;
use tonic::{Request, Status, Streaming};
use tracing::Instrument as _;

use super::{Transcription, convert, errors, import};
use crate::audio::Encoding;
use crate::domain::attribution::Channels;
use crate::domain::call::Participant;
use crate::domain::engine::Mode;
use crate::domain::state::CallState;
use crate::engine::SpeechEngine;
use crate::speech::live::{End, Format};
use crate::store::work::CallKey;
use crate::store::{calls, work};
use crate::worker::live::{Answer, Begun};

const MAX_CHUNK: usize = 32 * 1024;
const PCM_RATES_HZ: [i32; 4] = [8_000, 16_000, 44_100, 48_000];
const OPUS_RATES_HZ: [i32; 4] = [8_000, 16_000, 24_000, 48_000];
/// Answers between the stream and its connection.
const ANSWERS_AHEAD: usize = 32;
/// When a caller who found no room should come again.
const RETRY_AFTER: std::time::Duration = std::time::Duration::from_secs(5);

pub async fn open(
    service: &Transcription,
    request: Request<Streaming<pb::StreamAudioRequest>>,
) -> Result<BoxStream<'static, Result<pb::StreamAudioResponse, Status>>, Status> {
    let principal = principal(&request)?;
    let mut messages = request.into_inner();
    let header = match messages.message().await?.and_then(|first| first.message) {
        Some(Message::Header(header)) => header,
        _ => return Err(Error::invalid_field("header", "must be the first message").into()),
    };
    let ([workspace, id], format) = check(&header)?;
    let key = CallKey { workspace, call: id };
    let how = How { format, resume: header.resume };
    let Opened { channels, answers } = start(service, &principal, key, how, audio(messages)).await?;
    Ok(ReceiverStream::new(answers).map(move |answer| Ok(render(answer?, &channels, &header.call))).boxed())
}

/// How a stream is sent.
#[derive(Debug, Clone, Copy)]
pub struct How {
    pub format: Format,
    /// It goes on where the call broke off.
    pub resume: bool,
}

/// A live stream that runs.
pub struct Opened {
    pub channels: Channels,
    /// What is understood, in the end the transcript or an error.
    pub answers: mpsc::Receiver<Result<Answer, Error>>,
}

/// Opens a live stream of a call: the way in of all that is heard live. An `Err` in `audio` says why it ends early.
///
/// # Errors
/// Why it can't be opened; nothing has changed then.
pub async fn start(
    service: &Transcription,
    principal: &Principal,
    key: CallKey,
    How { format, resume }: How,
    audio: impl Stream<Item = Result<Bytes, End>> + Send + 'static,
) -> Result<Opened, Error> {
    let call = service.visible(principal, &key.workspace, &key.call).await?;
    import::accepts(&call)?;
    service.consent.require(service.db.conn(), &call).await?;
    let engine = service.engine(&key.workspace, Mode::Live);
    engine.prepare().await.map_err(|e| errors::engine_error(&e))?;
    let room = room(&service.streams, engine.as_ref())?;
    let (channels, participants) = begin(service, &key, format).await?;
    let begun = Begun { channels: channels.clone(), participants, resumes_at: resume.then(|| service.clock.now()) };
    let (sender, answers) = mpsc::channel(ANSWERS_AHEAD + 1);
    let task = {
        let live = service.live.clone();
        async move {
            live.run(key, format, begun, audio, sender).await;
            drop(room);
        }
    };
    service.tasks.run(task.instrument(tracing::Span::current())).await?;
    Ok(Opened { channels, answers })
}

fn check(header: &pb::StreamAudioHeader) -> Result<([String; 2], Format), Error> {
    let mut violations = Violations::new();
    let parsed = name::CALL.require(&mut violations, "header.call", &header.call);
    let encoding = convert::encoding_in(header.encoding, &mut violations);
    let (rates, which): (&[i32], _) = match encoding {
        Encoding::Pcm16 => (&PCM_RATES_HZ, "must be 8000, 16000, 44100 or 48000"),
        Encoding::MuLaw | Encoding::ALaw => (&[8_000], "must be 8000 for G.711"),
        Encoding::Opus => (&OPUS_RATES_HZ, "must be 8000, 16000, 24000 or 48000 for Opus"),
    };
    violations.check(rates.contains(&header.sample_rate_hz), "header.sample_rate_hz", which);
    violations.check((1..=2).contains(&header.channels), "header.channels", "must be 1 or 2");
    violations.finish()?;
    let format = Format {
        encoding,
        sample_rate_hz: u32::try_from(header.sample_rate_hz).map_err(Error::internal)?,
        channels: usize::try_from(header.channels).map_err(Error::internal)?,
        partials: header.partials,
    };
    Ok((parsed.unwrap_or_default(), format))
}

pub(super) fn room(streams: &Arc<Semaphore>, engine: &dyn SpeechEngine) -> Result<OwnedSemaphorePermit, Error> {
    let room = Arc::clone(streams).try_acquire_owned();
    let full = || {
        let message = "as many live streams are open as this service can follow; try again later";
        Error::resource_exhausted(Reason::QueueFull, message, Some(RETRY_AFTER))
    };
    let room = room.map_err(|_| full())?;
    if engine.has_room() { Ok(room) } else { Err(full()) }
}

/// Marks the call live.
async fn begin(service: &Transcription, key: &CallKey, format: Format) -> Result<(Channels, Vec<Participant>), Error> {
    let tx = service.db.begin().await?;
    let found = calls::find_for_update(&tx, &key.workspace, &key.call).await?;
    let call =
        found.ok_or_else(|| Error::not_found(name::CALL.kind, name::CALL.format([&key.workspace, &key.call])))?;
    import::accepts(&call)?;
    service.consent.require(&tx, &call).await?;
    let mut change = calls::change(&call);
    change.state = Set(CallState::Live.as_str().to_owned());
    change.failure = Set(String::new());
    let call = calls::update(&tx, change).await?;
    work::begin_live(&tx, key, &service.live.lease(), trace::current_traceparent()).await?;
    tx.commit().await?;
    let participants = call.details.participants;
    Ok((Channels::new(&participants, format.channels, false), participants))
}

/// The audio of the messages; anything else ends it.
fn audio(messages: Streaming<pb::StreamAudioRequest>) -> impl Stream<Item = Result<Bytes, End>> + Send {
    messages.map(|message| match message.map(|message| message.message) {
        Ok(Some(Message::Audio(audio))) if audio.len() <= MAX_CHUNK => Ok(Bytes::from(audio)),
        Ok(Some(Message::Audio(_))) => Err(End::Invalid("must have at most 32768 bytes a message")),
        Ok(Some(Message::Header(_)) | None) => Err(End::Invalid("must be in every message after the header")),
        Err(_) => Err(End::BrokenOff),
    })
}

fn render(answer: Answer, channels: &Channels, call: &str) -> pb::StreamAudioResponse {
    let message = match answer {
        Answer::Update(update) => Answered::Segment(convert::segment_out(*update, channels)),
        Answer::Transcript(number) => Answered::Transcript(format!("{call}/transcripts/{number}")),
    };
    pb::StreamAudioResponse { message: Some(message) }
}
