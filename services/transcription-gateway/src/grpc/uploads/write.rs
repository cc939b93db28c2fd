//! WriteUpload: chunks become stored pieces, each at its place or not at all.
//!
//! It runs to its end even if the caller goes away, so that what came before a line broke is kept.

use bytes::{Bytes, BytesMut};
use throughline_proto::transcription::v1 as pb;
use throughline_proto::transcription::v1::write_upload_request::Message;
use throughline_rpc::auth::principal;
use throughline_rpc::{Error, Reason};
use tokio::sync::oneshot;
use tonic::{Code, Request, Status, Streaming};
use tracing::Instrument as _;

use super::{UploadKey, Uploads};
use crate::grpc::upload::MAX_CHUNK;
use crate::store::entity::upload::Model;
use crate::store::work::CallKey;
use crate::store::{calls, uploads};

/// A piece is stored when it has this size, or when the stream ends.
const PART_BYTES: usize = 4 * 1024 * 1024;
/// Most pieces of an upload: whoever sends a few bytes at a time fills the database and not the disk.
const MAX_PARTS: i32 = 10_000;

pub async fn write(
    service: &Uploads,
    request: Request<Streaming<pb::WriteUploadRequest>>,
) -> Result<pb::WriteUploadResponse, Status> {
    let principal = principal(&request)?;
    let mut messages = request.into_inner();
    let header = match messages.message().await?.and_then(|first| first.message) {
        Some(Message::Header(header)) => header,
        _ => return Err(Error::invalid_field("header", "must be the first message").into()),
    };
    let key = UploadKey::parse("header.upload", &header.upload)?;
    let upload = service.visible(&principal, &key).await?;
    let call = service.transcription.visible(&principal, &key.call.workspace, &key.call.call).await?;
    service.transcription.consent.require(service.transcription.db.conn(), &call).await?;
    if header.offset != upload.stored_bytes {
        let message = format!("the upload goes on at {}, not at {}", upload.stored_bytes, header.offset);
        return Err(mismatch(Code::OutOfRange, message, upload.stored_bytes).into());
    }
    let room = service.transcription.writers.admit()?;
    let (answer, answered) = oneshot::channel();
    let mut writer = Writer { service: service.clone(), key, upload, buffer: BytesMut::new() };
    let task = async move {
        let end = writer.read(messages).await;
        let stored = writer.store().await;
        drop(room);
        let offset = writer.upload.stored_bytes;
        let result = match end.and(stored) {
            Ok(()) => Ok(pb::WriteUploadResponse { offset }),
            Err(error) => Err(error.with_metadata("offset", offset.to_string())),
        };
        // Nobody listens where the line is broken; GetUpload tells them.
        let _ = answer.send(result);
    };
    service.transcription.tasks.run(task.instrument(tracing::Span::current())).await?;
    Ok(answered.await.map_err(Error::internal)??)
}

struct Writer {
    service: Uploads,
    key: UploadKey,
    /// As it was when the last piece was stored.
    upload: Model,
    buffer: BytesMut,
}

impl Writer {
    /// Takes the stream in until it ends, in one way or another.
    async fn read(&mut self, mut messages: Streaming<pb::WriteUploadRequest>) -> Result<(), Error> {
        let idle_timeout = self.service.transcription.writers.idle_timeout;
        loop {
            let message = match tokio::time::timeout(idle_timeout, messages.message()).await {
                Ok(Ok(Some(message))) => message.message,
                Ok(Ok(None)) => return Ok(()),
                Ok(Err(status)) => {
                    let error = Error::new(Code::Cancelled, Reason::DeadlineExceeded, "the stream broke off");
                    return Err(error.caused_by(status));
                }
                Err(_) => {
                    let message = "nothing came for too long; ask for the offset and go on there";
                    return Err(Error::new(Code::DeadlineExceeded, Reason::DeadlineExceeded, message));
                }
            };
            let chunk = match message {
                Some(Message::Chunk(chunk)) => chunk,
                Some(Message::Header(_)) => return Err(Error::invalid_field("header", "must be sent once")),
                None => continue,
            };
            if chunk.len() > MAX_CHUNK {
                return Err(Error::invalid_field("chunk", format!("must have at most {MAX_CHUNK} bytes")));
            }
            let end = self.upload.stored_bytes.saturating_add_unsigned((self.buffer.len() + chunk.len()) as u64);
            if end > self.upload.size_bytes {
                let problem = format!("goes beyond the {} bytes that were announced", self.upload.size_bytes);
                return Err(Error::invalid_field("chunk", problem));
            }
            self.buffer.extend_from_slice(&chunk);
            if self.buffer.len() >= PART_BYTES {
                self.store().await?;
            }
        }
    }

    /// Stores what has come as a piece.
    async fn store(&mut self) -> Result<(), Error> {
        let bytes = self.buffer.split().freeze();
        if bytes.is_empty() {
            return Ok(());
        }
        let id = self.service.transcription.ids.next().to_string();
        let size = bytes.len() as u64;
        let part = self.service.parts.put(self.key.owner(), &id, Bytes::clone(&bytes)).await?;
        match self.append(part.clone(), size).await {
            Ok(upload) => {
                self.upload = upload;
                Ok(())
            }
            Err(error) => {
                self.service.parts.remove(&part).await;
                Err(error)
            }
        }
    }

    /// Notes a piece, unless somebody else has moved the end meanwhile.
    async fn append(&mut self, part: String, bytes: u64) -> Result<Model, Error> {
        let service = &self.service.transcription;
        let now = service.clock.now();
        let tx = service.db.begin().await?;
        let found = uploads::find_for_update(&tx, &self.key.call, &self.key.id, now).await?;
        let current = found.ok_or_else(|| self.key.not_found())?;
        if current.stored_bytes != self.upload.stored_bytes {
            let message = format!("another writer was faster; the upload goes on at {}", current.stored_bytes);
            self.upload = current;
            return Err(mismatch(Code::Aborted, message, self.upload.stored_bytes));
        }
        if current.parts >= MAX_PARTS {
            let message = "the upload came in too many pieces; send more in each stream";
            let error = Error::resource_exhausted(Reason::LimitExceeded, message, None);
            return Err(error.with_metadata("limit", MAX_PARTS.to_string()));
        }
        // It may have been taken back since the stream began.
        let CallKey { workspace, call } = &self.key.call;
        let call = calls::find(&tx, workspace, call).await?.ok_or_else(|| self.key.not_found())?;
        service.consent.require(&tx, &call).await?;
        let appended = uploads::append(&tx, &current, part, bytes, now + self.service.expire_after).await?;
        tx.commit().await?;
        Ok(appended)
    }
}

fn mismatch(code: Code, message: String, offset: i64) -> Error {
    Error::new(code, Reason::OffsetMismatch, message).with_metadata("offset", offset.to_string())
}
