//! UploadRecording: bytes into the store, a look at what they are, and the call waits for its transcript.

use std::sync::Arc;
use std::time::Duration;

use sea_orm::ActiveValue::Set;
use throughline_objects::Stored;
use throughline_proto::transcription::v1 as pb;
use throughline_proto::transcription::v1::upload_recording_request::Message;
use throughline_rpc::auth::principal;
use throughline_rpc::{Error, Reason, Violations, name, trace};
use throughline_store::Idempotent;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::task::spawn_blocking;
use tonic::{Request, Status, Streaming};

use super::import::conflict;
use super::{Transcription, convert, errors};
use crate::audio::{AudioError, Info, Reader};
use crate::domain::engine::Mode;
use crate::domain::state::CallState;
use crate::purge::refuse_if_held;
use crate::recordings::storage_error;
use crate::store::row::{self, StoredCall};
use crate::store::work::CallKey;
use crate::store::{calls, uploads, work};

/// Largest chunk.
pub const MAX_CHUNK: usize = 32 * 1024;
/// Largest recording.
pub const MAX_BYTES: u64 = 2 * 1024 * 1024 * 1024;

/// When a writer who found no room should come again.
const RETRY_AFTER: Duration = Duration::from_secs(2);

/// Room for those who send recordings, in one piece or several: each holds a part in memory.
#[derive(Clone, Debug)]
pub struct Writers {
    pub room: Arc<Semaphore>,
    /// A writer that sends nothing for this long has gone.
    pub idle_timeout: Duration,
}

impl Writers {
    /// Room for one more, until it is dropped.
    ///
    /// # Errors
    /// QUEUE_FULL.
    pub fn admit(&self) -> Result<OwnedSemaphorePermit, Error> {
        Arc::clone(&self.room).try_acquire_owned().map_err(|_| {
            let message = "as many uploads are written as this service can hold; try again later";
            Error::resource_exhausted(Reason::QueueFull, message, Some(RETRY_AFTER))
        })
    }
}

pub async fn upload(
    service: &Transcription,
    request: Request<Streaming<pb::UploadRecordingRequest>>,
) -> Result<pb::Call, Status> {
    let principal = principal(&request)?;
    let mut messages = request.into_inner();
    let header = match messages.message().await?.and_then(|first| first.message) {
        Some(Message::Header(header)) => header,
        _ => return Err(Error::invalid_field("header", "must be the first message").into()),
    };
    let [workspace, id] = check(&header)?;
    let call = service.visible(&principal, &workspace, &id).await?;
    // A repeat finds the call in the state the first one left; only its request id tells it from a second upload.
    if header.request_id.is_empty() {
        accepts(&call)?;
    }
    service.consent.require(service.db.conn(), &call).await?;
    // A missing model is better known before hours of audio are sent.
    service.engine(&workspace, Mode::Batch).prepare().await.map_err(|e| errors::engine_error(&e))?;
    let _room = service.writers.admit()?;
    let mut complete = receive(service, (&workspace, &id), messages).await?;
    let fingerprint = format!("{}\n{}", header.call, complete.sha256);
    let idempotent = Idempotent::with_body(&workspace, "UploadRecording", &header.request_id, fingerprint.as_bytes());
    let stored = async {
        check_announced(&header, &complete)?;
        let info = look_at(service, &complete).await?;
        store(service, &idempotent, CallKey { workspace, call: id }, &mut complete, &info, None).await
    };
    let answer = stored.await;
    discard(complete).await;
    Ok(answer?)
}

fn check(header: &pb::UploadRecordingHeader) -> Result<[String; 2], Error> {
    let mut violations = Violations::new();
    let parsed = name::CALL.require(&mut violations, "header.call", &header.call);
    let size = u64::try_from(header.size_bytes);
    violations.check(size.is_ok_and(|size| size <= MAX_BYTES), "header.size_bytes", "must be 0 to 2 GiB");
    check_sha256(&mut violations, "header.sha256", &header.sha256);
    violations.finish()?;
    Ok(parsed.unwrap_or_default())
}

/// A checksum may be left out.
pub fn check_sha256(violations: &mut Violations, field: &str, sha256: &str) {
    let hex = |text: &str| text.bytes().all(|b| b.is_ascii_digit() || (b'a'..=b'f').contains(&b));
    let valid = sha256.is_empty() || (sha256.len() == 64 && hex(sha256));
    violations.check(valid, field, "must be 64 lower-case hexadecimal digits");
}

/// Writes the chunks into the store. Nothing is left of an upload that breaks off.
async fn receive(
    service: &Transcription,
    (workspace, call): (&str, &str),
    mut messages: Streaming<pb::UploadRecordingRequest>,
) -> Result<Stored, Status> {
    let mut incoming = service.recordings.begin(workspace, call, &service.ids.next().to_string())?;
    let idle_timeout = service.writers.idle_timeout;
    let silent = |_| {
        let message = "nothing came for too long; nothing of this upload was stored";
        Error::new(tonic::Code::DeadlineExceeded, Reason::DeadlineExceeded, message)
    };
    while let Some(message) = tokio::time::timeout(idle_timeout, messages.message()).await.map_err(silent)?? {
        let chunk = match message.message {
            Some(Message::Chunk(chunk)) => chunk,
            Some(Message::Header(_)) => return Err(Error::invalid_field("header", "must be sent once").into()),
            None => continue,
        };
        if chunk.len() > MAX_CHUNK {
            return Err(Error::invalid_field("chunk", format!("must have at most {MAX_CHUNK} bytes")).into());
        }
        if incoming.bytes() + chunk.len() as u64 > MAX_BYTES {
            let error = Error::resource_exhausted(Reason::LimitExceeded, "a recording has at most 2 GiB", None);
            return Err(error.with_metadata("limit", MAX_BYTES.to_string()).into());
        }
        incoming.write(&chunk).await?;
    }
    Ok(incoming.finish().await?)
}

/// Removes what is not kept: it was refused, or a repeat.
pub async fn discard(complete: Stored) {
    if let Err(error) = complete.discard().await {
        tracing::warn!(%error, "a recording that is not kept stays in the store until it is swept");
    }
}

fn check_announced(header: &pb::UploadRecordingHeader, complete: &Stored) -> Result<(), Error> {
    let mut violations = Violations::new();
    let announced = u64::try_from(header.size_bytes).unwrap_or(0);
    if announced != 0 && announced != complete.bytes {
        violations.add("header.size_bytes", format!("{announced} were announced and {} came", complete.bytes));
    }
    if !header.sha256.is_empty() && header.sha256 != complete.sha256 {
        violations.add("header.sha256", format!("is not that of the bytes that came, {}", complete.sha256));
    }
    violations.finish()
}

/// Says at once what need not wait for transcription: no audio, too many channels, a codec that is not supported.
pub async fn look_at(service: &Transcription, complete: &Stored) -> Result<Info, Error> {
    let recording = service.recordings.recording(&complete.key).await.map_err(storage_error)?;
    let looked = spawn_blocking(move || Reader::open(&recording).map(|reader| reader.info().clone())).await;
    let broken = |_| Err(AudioError::Damaged("the decoder broke down on it".to_owned()));
    looked.unwrap_or_else(broken).map_err(|error| errors::audio_error(&error))
}

/// Gives a recording its place and has it transcribed: the end of every way in for recordings. `upload` is the resumable
/// upload that it came by, which is gone then.
pub async fn store(
    service: &Transcription,
    idempotent: &Idempotent,
    key: CallKey,
    complete: &mut Stored,
    info: &Info,
    upload: Option<&str>,
) -> Result<pb::Call, Error> {
    let CallKey { workspace, call: id } = &key;
    let now = service.clock.now();
    let tx = service.db.begin().await?;
    if let Some(answer) = idempotent.replay(&tx, now).await? {
        return Ok(answer);
    }
    let found = calls::find_for_update(&tx, workspace, id).await?;
    let call = found.ok_or_else(|| Error::not_found(name::CALL.kind, name::CALL.format([workspace, id])))?;
    accepts(&call)?;
    if call.row.recording_key.is_some() {
        // The one that failed is removed when another takes its place.
        refuse_if_held(&call)?;
    }
    service.consent.require(&tx, &call).await?;
    if let Some(upload) = upload
        && !uploads::delete(&tx, &key, upload).await?
    {
        return Err(Error::not_found(name::UPLOAD.kind, name::UPLOAD.format([workspace, id, upload])));
    }
    let mut change = calls::change(&call);
    change.state = Set(CallState::Uploaded.as_str().to_owned());
    change.failure = Set(String::new());
    change.recording_key = Set(Some(complete.key.clone()));
    change.sealed_with = Set(complete.sealed_with.clone().unwrap_or_default());
    change.codec = Set(info.codec.clone());
    change.channels = Set(i32::try_from(info.channels).map_err(Error::internal)?);
    change.sample_rate_hz = Set(i32::try_from(info.sample_rate_hz).map_err(Error::internal)?);
    change.recording_ms = Set(row::ms(info.announced_ms.unwrap_or(0))?);
    change.size_bytes = Set(i64::try_from(complete.bytes).map_err(Error::internal)?);
    change.sha256 = Set(complete.sha256.clone());
    change.processed_ms = Set(0);
    let updated = calls::update(&tx, change).await?;
    work::enqueue(&tx, &key, now, trace::current_traceparent()).await?;
    let answer = convert::call_out(&updated);
    idempotent.record(&tx, &answer, now).await?;
    let wake = Arc::clone(&service.wake);
    tx.after_commit(move || wake.notify_one());
    // Before the commit: one whose answer is lost may have been made all the same, and then the call names the object.
    // If it was not, the object is swept.
    complete.keep();
    tx.commit().await?;
    if let Some(replaced) = &call.row.recording_key {
        service.recordings.remove(replaced).await;
    }
    Ok(answer)
}

/// Whether the call's state allows a recording.
pub fn accepts(call: &StoredCall) -> Result<(), Error> {
    call.state.accepts_recording(call.row.recording_key.is_some()).map_err(|why| conflict(call, why))
}
