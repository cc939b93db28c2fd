//! The UploadService: recordings that come in pieces and go on where they broke off.

mod write;

use std::time::Duration;

use async_trait::async_trait;
use throughline_objects::Stored;
use throughline_proto::transcription::v1 as pb;
use throughline_proto::transcription::v1::upload_service_server::{UploadService, UploadServiceServer};
use throughline_rpc::auth::{Principal, principal};
use throughline_rpc::{Error, Reason, Violations, name};
use throughline_store::Idempotent;
use tonic::{Request, Response, Status, Streaming};

use super::{Transcription, convert, errors, upload};
use crate::domain::engine::Mode;
use crate::parts::{Owner, Parts};
use crate::store::entity::upload::Model;
use crate::store::uploads;
use crate::store::work::CallKey;

/// Most uploads of a call that are not finished.
const MAX_OPEN: u64 = 8;

/// What the service stands on.
#[derive(Clone)]
pub struct Uploads {
    pub transcription: Transcription,
    pub parts: Parts,
    /// An upload to which nothing is added for this long is given up.
    pub expire_after: Duration,
}

/// An upload by name.
struct UploadKey {
    call: CallKey,
    id: String,
}

impl UploadKey {
    fn parse(field: &str, name: &str) -> Result<Self, Error> {
        let mut violations = Violations::new();
        let parsed = name::UPLOAD.require(&mut violations, field, name);
        violations.finish()?;
        let [workspace, call, id] = parsed.unwrap_or_default();
        Ok(Self { call: CallKey { workspace, call }, id })
    }

    fn name(&self) -> String {
        name::UPLOAD.format([&self.call.workspace, &self.call.call, &self.id])
    }

    fn not_found(&self) -> Error {
        Error::not_found(name::UPLOAD.kind, self.name())
    }

    fn owner(&self) -> Owner<'_> {
        Owner { workspace: &self.call.workspace, call: &self.call.call, upload: &self.id }
    }
}

impl Uploads {
    /// The service to add to a server.
    pub fn server(self) -> UploadServiceServer<Self> {
        UploadServiceServer::new(self)
    }

    /// The upload, if the caller may see its call.
    async fn visible(&self, principal: &Principal, key: &UploadKey) -> Result<Model, Error> {
        self.transcription.visible(principal, &key.call.workspace, &key.call.call).await?;
        let found = uploads::find(self.transcription.db.conn(), &key.call, &key.id, self.transcription.clock.now());
        found.await?.ok_or_else(|| key.not_found())
    }

    async fn create(&self, request: Request<pb::CreateUploadRequest>) -> Result<pb::Upload, Error> {
        let principal = principal(&request)?;
        let request = request.into_inner();
        let mut violations = Violations::new();
        let parsed = name::CALL.require(&mut violations, "parent", &request.parent);
        violations.check(request.upload.is_some(), "upload", "is required");
        let pb::Upload { size_bytes, sha256, .. } = request.upload.clone().unwrap_or_default();
        let fits = u64::try_from(size_bytes).is_ok_and(|size| (1..=upload::MAX_BYTES).contains(&size));
        violations.check(fits, "upload.size_bytes", "must be 1 to 2 GiB");
        upload::check_sha256(&mut violations, "upload.sha256", &sha256);
        violations.finish()?;
        let [workspace, id] = parsed.unwrap_or_default();
        let service = &self.transcription;
        service.visible(&principal, &workspace, &id).await?;
        // A missing model is better known before hours of audio are sent.
        service.engine(&workspace, Mode::Batch).prepare().await.map_err(|e| errors::engine_error(&e))?;

        let key = CallKey { workspace, call: id };
        let now = service.clock.now();
        let idempotent = Idempotent::new(&key.workspace, "CreateUpload", &request.request_id, &request);
        let tx = service.db.begin().await?;
        if let Some(answer) = idempotent.replay(&tx, now).await? {
            return Ok(answer);
        }
        let found = crate::store::calls::find_for_update(&tx, &key.workspace, &key.call).await?;
        let call = found.ok_or_else(|| Error::not_found(name::CALL.kind, request.parent.clone()))?;
        upload::accepts(&call)?;
        service.consent.require(&tx, &call).await?;
        if uploads::count(&tx, &key).await? >= MAX_OPEN {
            let message = format!("{} has {MAX_OPEN} open uploads; finish or delete one", request.parent);
            let error = Error::resource_exhausted(Reason::LimitExceeded, message, None);
            return Err(error.with_metadata("limit", MAX_OPEN.to_string()));
        }
        let row = Model {
            workspace: key.workspace,
            call: key.call,
            id: service.ids.next().to_string(),
            size_bytes,
            sha256,
            stored_bytes: 0,
            parts: 0,
            created_at: now,
            expires_at: now + self.expire_after,
        };
        uploads::insert(&tx, &row).await?;
        let answer = convert::upload_out(&row);
        idempotent.record(&tx, &answer, now).await?;
        tx.commit().await?;
        Ok(answer)
    }

    async fn get(&self, request: Request<pb::GetUploadRequest>) -> Result<pb::Upload, Error> {
        let principal = principal(&request)?;
        let key = UploadKey::parse("name", &request.get_ref().name)?;
        Ok(convert::upload_out(&self.visible(&principal, &key).await?))
    }

    async fn finish(&self, request: Request<pb::FinishUploadRequest>) -> Result<pb::Call, Error> {
        let principal = principal(&request)?;
        let request = request.into_inner();
        let key = UploadKey::parse("name", &request.name)?;
        let service = &self.transcription;
        let call = service.visible(&principal, &key.call.workspace, &key.call.call).await?;
        let idempotent = Idempotent::new(&key.call.workspace, "FinishUpload", &request.request_id, &request);
        // Of a repeat the upload is gone.
        let tx = service.db.begin().await?;
        if let Some(answer) = idempotent.replay(&tx, service.clock.now()).await? {
            return Ok(answer);
        }
        tx.rollback().await?;
        let row = self.visible(&principal, &key).await?;
        if row.stored_bytes < row.size_bytes {
            let message = format!("{} of {} bytes are stored; send the rest first", row.stored_bytes, row.size_bytes);
            let error = Error::failed_precondition(Reason::StateConflict, message);
            return Err(error
                .with_metadata("state", "incomplete")
                .with_metadata("offset", row.stored_bytes.to_string()));
        }
        upload::accepts(&call)?;
        service.engine(&key.call.workspace, Mode::Batch).prepare().await.map_err(|e| errors::engine_error(&e))?;
        let mut complete = self.put_together(&row).await?;
        let call = CallKey { workspace: key.call.workspace.clone(), call: key.call.call.clone() };
        let stored = async {
            check_announced(&row, &complete)?;
            let info = upload::look_at(service, &complete).await?;
            upload::store(service, &idempotent, call, &mut complete, &info, Some(&key.id)).await
        };
        let answer = stored.await;
        upload::discard(complete).await;
        let answer = answer?;
        self.parts.remove_all(key.owner()).await;
        Ok(answer)
    }

    /// The pieces as one recording.
    async fn put_together(&self, row: &Model) -> Result<Stored, Error> {
        let service = &self.transcription;
        let mut incoming = service.recordings.begin(&row.workspace, &row.call, &service.ids.next().to_string())?;
        for key in uploads::part_keys(self.transcription.db.conn(), row).await? {
            incoming.write(&self.parts.get(&key).await?).await?;
        }
        incoming.finish().await
    }

    async fn delete(&self, request: Request<pb::DeleteUploadRequest>) -> Result<pb::Upload, Error> {
        let principal = principal(&request)?;
        let request = request.into_inner();
        let key = UploadKey::parse("name", &request.name)?;
        let service = &self.transcription;
        service.visible(&principal, &key.call.workspace, &key.call.call).await?;
        let now = service.clock.now();
        let idempotent = Idempotent::new(&key.call.workspace, "DeleteUpload", &request.request_id, &request);
        let tx = service.db.begin().await?;
        if let Some(answer) = idempotent.replay(&tx, now).await? {
            return Ok(answer);
        }
        let found = uploads::find_for_update(&tx, &key.call, &key.id, now).await?;
        let answer = convert::upload_out(&found.ok_or_else(|| key.not_found())?);
        uploads::delete(&tx, &key.call, &key.id).await?;
        idempotent.record(&tx, &answer, now).await?;
        tx.commit().await?;
        self.parts.remove_all(key.owner()).await;
        Ok(answer)
    }
}

/// Whether it is what was announced.
fn check_announced(row: &Model, complete: &Stored) -> Result<(), Error> {
    if i64::try_from(complete.bytes).ok() != Some(row.size_bytes) {
        return Err(Error::internal(format!("the parts of upload {} have {} bytes", row.id, complete.bytes)));
    }
    if !row.sha256.is_empty() && row.sha256 != complete.sha256 {
        let problem = format!("is not that of the bytes that came, {}", complete.sha256);
        return Err(Error::invalid_field("upload.sha256", problem));
    }
    Ok(())
}

#[async_trait]
impl UploadService for Uploads {
    async fn create_upload(&self, request: Request<pb::CreateUploadRequest>) -> Result<Response<pb::Upload>, Status> {
        Ok(Response::new(self.create(request).await?))
    }

    async fn get_upload(&self, request: Request<pb::GetUploadRequest>) -> Result<Response<pb::Upload>, Status> {
        Ok(Response::new(self.get(request).await?))
    }

    async fn write_upload(
        &self,
        request: Request<Streaming<pb::WriteUploadRequest>>,
    ) -> Result<Response<pb::WriteUploadResponse>, Status> {
        Ok(Response::new(write::write(self, request).await?))
    }

    async fn finish_upload(&self, request: Request<pb::FinishUploadRequest>) -> Result<Response<pb::Call>, Status> {
        Ok(Response::new(self.finish(request).await?))
    }

    async fn delete_upload(&self, request: Request<pb::DeleteUploadRequest>) -> Result<Response<pb::Upload>, Status> {
        Ok(Response::new(self.delete(request).await?))
    }
}
