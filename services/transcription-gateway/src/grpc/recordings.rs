//! The RecordingService: a recording's bytes, in ranges.

use std::sync::Arc;

use async_trait::async_trait;
use bytes::Bytes;
use futures::stream::BoxStream;
use futures::{StreamExt as _, stream};
use sea_orm::ConnectionTrait;
use throughline_objects::Error as StoreError;
use throughline_proto::transcription::v1 as pb;
use throughline_proto::transcription::v1::read_recording_response::Message;
use throughline_proto::transcription::v1::recording_service_server::{RecordingService, RecordingServiceServer};
use throughline_rpc::auth::principal;
use throughline_rpc::{Error, Reason, Violations, name};
use tonic::{Request, Response, Status};

use super::Transcription;
use crate::domain::state::CallState;
use crate::recordings::storage_error;
use crate::store::row::StoredCall;
use crate::store::{calls, settings, transcripts};

/// Largest chunk of an answer.
const MAX_CHUNK: usize = 32 * 1024;
/// Read from the store at once.
const PIECE: u64 = 512 * 1024;

type Answers = BoxStream<'static, Result<pb::ReadRecordingResponse, Status>>;

/// Plays recordings.
#[derive(Clone)]
pub struct Playback(Transcription);

impl Playback {
    /// The service to add to a server.
    pub fn server(service: Transcription) -> RecordingServiceServer<Self> {
        RecordingServiceServer::new(Self(service))
    }

    async fn read(&self, request: Request<pb::ReadRecordingRequest>) -> Result<Answers, Error> {
        let service = &self.0;
        let principal = principal(&request)?;
        let pb::ReadRecordingRequest { name: requested, offset, length } = request.into_inner();
        let mut violations = Violations::new();
        let parsed = name::RECORDING.require(&mut violations, "name", &requested);
        violations.check(offset >= 0, "offset", "must not be negative");
        violations.check(length >= 0, "length", "must not be negative");
        violations.finish()?;
        let [workspace, id] = parsed.unwrap_or_default();
        let call = service.visible(&principal, &workspace, &id).await?;
        let Some(key) = &call.row.recording_key else { return Err(Error::not_found(name::RECORDING.kind, requested)) };
        playable(service.db.conn(), &call).await?;
        let recording = match service.recordings.recording(key).await {
            Ok(recording) => recording,
            Err(error) => return Err(unreadable(service, &call, error).await),
        };
        let size = recording.object().bytes();
        let (offset, length) = (offset.unsigned_abs(), length.unsigned_abs());
        if offset > size {
            return Err(Error::invalid_field("offset", format!("is behind the end: the recording has {size} bytes")));
        }
        let end = if length == 0 { size } else { size.min(offset.saturating_add(length)) };
        let header = Message::Header(pb::ReadRecordingHeader {
            size_bytes: int(size),
            codec: call.row.codec.clone(),
            media_type: media_type(&call.row.codec).to_owned(),
            offset: int(offset),
            length: int(end - offset),
            sha256: call.row.sha256.clone(),
        });
        let (service, call) = (service.clone(), Arc::new(call));
        let chunks = recording.object().stream(offset..end, PIECE).flat_map(move |piece| match piece {
            Ok(piece) => stream::iter(in_chunks(piece)).boxed(),
            Err(error) => {
                let (service, call) = (service.clone(), Arc::clone(&call));
                stream::once(async move { Err(Status::from(unreadable(&service, &call, error).await)) }).boxed()
            }
        });
        let answer = |message| pb::ReadRecordingResponse { message: Some(message) };
        let first = stream::once(async { Ok(header) });
        Ok(first.chain(chunks).map(move |message| message.map(answer)).boxed())
    }
}

/// Why a recording can't be read: one that was replaced or removed since its call was looked at is no defect.
async fn unreadable(service: &Transcription, call: &StoredCall, error: StoreError) -> Error {
    if !matches!(error, StoreError::NotFound(_)) {
        return storage_error(error);
    }
    match calls::find(service.db.conn(), &call.workspace, &call.id).await {
        Ok(Some(now)) if now.row.recording_key == call.row.recording_key => storage_error(error),
        Ok(_) => {
            let message = "the recording was replaced or removed while it was read; read the call again";
            Error::aborted(Reason::StateConflict, message)
        }
        Err(error) => error.into(),
    }
}

/// Whether what is to be silenced in the recording is known by now, and silent.
async fn playable(conn: &impl ConnectionTrait, call: &StoredCall) -> Result<(), Error> {
    match call.state {
        CallState::Uploaded | CallState::Transcribing => {
            Err(not_playable(call, "its recording is being transcribed and can't be played before"))
        }
        _ if settings::find(conn, &call.workspace).await?.settings.redaction.is_empty() => Ok(()),
        _ if transcripts::is_recording_heard(conn, &call.workspace, &call.id).await? => Ok(()),
        // What was to be silenced was never heard, whatever else the call has words from.
        _ => Err(not_playable(call, "its recording has no transcript, and its workspace wants recordings redacted")),
    }
}

fn not_playable(call: &StoredCall, why: &str) -> Error {
    let message = format!("{} can't be played: {why}", name::RECORDING.format([&call.workspace, &call.id]));
    Error::failed_precondition(Reason::StateConflict, message).with_metadata("state", call.state.as_str())
}

fn in_chunks(piece: Bytes) -> Vec<Result<Message, Status>> {
    let starts = (0..piece.len()).step_by(MAX_CHUNK);
    starts.map(|at| Ok(Message::Chunk(piece[at..piece.len().min(at + MAX_CHUNK)].to_vec()))).collect()
}

/// What a player is told of a container, as our demuxers name it.
fn media_type(codec: &str) -> &'static str {
    match codec.split('/').next().unwrap_or_default() {
        "wave" => "audio/wav",
        "flac" => "audio/flac",
        "mp3" => "audio/mpeg",
        "ogg" => "audio/ogg",
        "isomp4" => "audio/mp4",
        _ => "application/octet-stream",
    }
}

/// A recording has at most 2 GiB.
fn int(bytes: u64) -> i64 {
    i64::try_from(bytes).unwrap_or(i64::MAX)
}

#[async_trait]
impl RecordingService for Playback {
    type ReadRecordingStream = Answers;

    async fn read_recording(
        &self,
        request: Request<pb::ReadRecordingRequest>,
    ) -> Result<Response<Self::ReadRecordingStream>, Status> {
        Ok(Response::new(self.read(request).await?))
    }
}
