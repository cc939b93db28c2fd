//! StreamingRecognize: the path of a live stream, without a call.

use bytes::Bytes;
use futures::stream::BoxStream;
use futures::{Stream, StreamExt as _};
use throughline_proto::nvidia::riva::asr::streaming_recognize_request::StreamingRequest;
use throughline_proto::nvidia::riva::asr::{StreamingRecognizeRequest, StreamingRecognizeResponse};
use throughline_proto::nvidia::riva::{AudioEncoding, RequestId};
use throughline_rpc::{Error, Reason};
use tokio::sync::{mpsc, oneshot};
use tokio_stream::wrappers::ReceiverStream;
use tokio_util::sync::CancellationToken;
use tonic::{Status, Streaming};
use tracing::Instrument as _;

use super::wanted::Wanted;
use super::{RivaEdge, render};
use crate::audio::Encoding;
use crate::domain::engine::Mode;
use crate::grpc::errors;
use crate::speech::live::{self, End, Format};
use crate::voices::Listening;
use crate::worker::live::{ending, forward, slow_caller};

/// Updates between recognition and the connection.
const UPDATES_AHEAD: usize = 32;
/// Whole frames of any encoding.
const PIECE_BYTES: usize = 32_000;

type Answers = BoxStream<'static, Result<StreamingRecognizeResponse, Status>>;

pub(super) async fn open(
    edge: &RivaEdge,
    workspace: &str,
    mut messages: Streaming<StreamingRecognizeRequest>,
) -> Result<Answers, Status> {
    let Some(StreamingRecognizeRequest {
        streaming_request: Some(StreamingRequest::StreamingConfig(opening)), id, ..
    }) = messages.message().await?
    else {
        return Err(Error::invalid_field("streaming_config", "must be the first message").into());
    };
    let wanted = Wanted::of_stream(opening.config.unwrap_or_default())?;
    let engine = edge.engine(workspace, Mode::Live, &wanted);
    engine.prepare().await.map_err(|error| errors::engine_error(&error))?;
    let room = edge.room(engine.as_ref())?;
    let format = Format {
        sample_rate_hz: wanted.sample_rate_hz,
        channels: wanted.channels,
        partials: opening.interim_results,
        encoding: match wanted.encoding {
            AudioEncoding::Mulaw => Encoding::MuLaw,
            AudioEncoding::Alaw => Encoding::ALaw,
            _ => Encoding::Pcm16,
        },
    };
    let (updates, heard) = mpsc::channel(UPDATES_AHEAD);
    let (over, ended) = oneshot::channel();
    let (answers, segments) = mpsc::channel(UPDATES_AHEAD);
    let (shutdown, slow_timeout) = (edge.shutdown.clone(), edge.slow_timeout);
    let enough = shutdown.child_token();
    let audio = ending(audio(messages), edge.idle_timeout, enough.clone());
    let task = async move {
        let show = |update| render::update(update, &wanted).map(|result| Ok(answer(result, id.clone())));
        let hearing = live::run(format, engine, Listening::default(), audio, updates);
        let (outcome, ()) = tokio::join!(hearing, forward(heard, &answers, show, (slow_timeout, &enough)));
        drop(room);
        // Whoever went away does not need to know.
        let _ = over.send(error(outcome.end, &shutdown, enough.is_cancelled()));
    };
    edge.tasks.run(task.instrument(tracing::Span::current())).await?;
    let segments = ReceiverStream::new(segments);
    // A task that was lost has no end to tell.
    let end = futures::stream::once(ended).filter_map(|end| {
        let lost = Some(Error::internal("a stream was lost"));
        futures::future::ready(end.unwrap_or(lost).map(|error| Err(error.into())))
    });
    Ok(segments.chain(end).boxed())
}

fn answer(
    result: throughline_proto::nvidia::riva::asr::StreamingRecognitionResult,
    id: Option<RequestId>,
) -> StreamingRecognizeResponse {
    StreamingRecognizeResponse { results: vec![result], id }
}

/// The sound of the messages, in pieces that a decoder takes; anything else ends it.
fn audio(messages: Streaming<StreamingRecognizeRequest>) -> impl Stream<Item = Result<Bytes, End>> + Send {
    messages.flat_map(|message| {
        let pieces: Vec<Result<Bytes, End>> = match message.map(|message| message.streaming_request) {
            Ok(Some(StreamingRequest::AudioContent(sound))) => {
                let sound = Bytes::from(sound);
                let starts = (0..sound.len()).step_by(PIECE_BYTES);
                starts.map(|at| Ok(sound.slice(at..sound.len().min(at + PIECE_BYTES)))).collect()
            }
            Ok(_) => vec![Err(End::Invalid("must be in every message after the configuration"))],
            Err(_) => vec![Err(End::BrokenOff)],
        };
        futures::stream::iter(pieces)
    })
}

/// What the sender is told of a stream that did not end well.
fn error(end: End, shutdown: &CancellationToken, slow: bool) -> Option<Error> {
    match end {
        End::Complete => None,
        End::BrokenOff if shutdown.is_cancelled() => {
            Some(Error::unavailable(Reason::Draining, "the service is stopping; open a new stream"))
        }
        End::BrokenOff if slow => Some(slow_caller("")),
        End::BrokenOff => Some(Error::new(
            tonic::Code::DeadlineExceeded,
            Reason::DeadlineExceeded,
            "the stream broke off: no sound came",
        )),
        End::Invalid(problem) => Some(Error::invalid_field("audio_content", problem)),
        End::TooLong => Some(
            Error::resource_exhausted(Reason::LimitExceeded, "a stream may last 4 hours", None)
                .with_metadata("limit", "4h"),
        ),
        End::Failed(error) => Some(errors::speech_error(&error)),
    }
}
