//! The TranscriptionService: parse, authorise, call, render.

pub mod calls;
pub mod consents;
pub mod convert;
pub mod corrections;
pub mod engines;
pub mod errors;
pub mod import;
pub mod imports;
mod recordings;
mod retention;
pub mod riva;
pub mod search;
pub mod settings;
pub mod stream;
mod transcripts;
mod update;
pub mod upload;
pub mod uploads;
pub mod voices;
pub mod watch;

pub use recordings::Playback;
pub use retention::Retention;

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use chrono::{DateTime, TimeDelta, Utc};
use futures::stream::BoxStream;
use sea_orm::ConnectionTrait;
use throughline_events::Outbox;
use throughline_proto::transcription::v1 as pb;
use throughline_proto::transcription::v1::transcription_service_server::{
    TranscriptionService, TranscriptionServiceServer,
};
use throughline_rpc::auth::Principal;
use throughline_rpc::{Clock, Error, Ids, name};
use throughline_store::Db;
use tokio::sync::{Notify, Semaphore};
use tonic::{Request, Response, Status, Streaming};

use crate::clients::Crm;
use crate::consent::ConsentGate;
use crate::domain::call::Details;
use crate::domain::engine::Mode;
use crate::engine::SpeechEngine;
use crate::engine::router::{Ask, Router};
use crate::recordings::Recordings;
use crate::store::calls as stored;
use crate::store::row::StoredCall;
use crate::store::settings as settings_of;
use crate::worker::live::LiveCalls;
use crate::worker::tasks::Tasks;
use upload::Writers;

/// What the service stands on.
#[derive(Clone)]
pub struct Transcription {
    pub db: Db,
    pub outbox: Outbox,
    pub recordings: Recordings,
    pub engines: Arc<Router>,
    pub clock: Clock,
    pub ids: Ids,
    pub consent: ConsentGate,
    pub crm: Crm,
    /// Told when a recording was taken in.
    pub wake: Arc<Notify>,
    pub live: LiveCalls,
    /// Room for live streams.
    pub streams: Arc<Semaphore>,
    pub writers: Writers,
    pub tasks: Tasks,
    /// How long calls are kept where their workspace does not say; `None` for ever.
    pub retention: Option<Duration>,
    /// Told when a call was purged: its objects are to be removed.
    pub purged: Arc<Notify>,
}

impl Transcription {
    /// The service to add to a server.
    pub fn server(self) -> TranscriptionServiceServer<Self> {
        TranscriptionServiceServer::new(self)
    }

    /// All engines of a workspace for a recording or a stream, as one.
    fn engine(&self, workspace: &str, mode: Mode) -> Arc<dyn SpeechEngine> {
        self.engines.session(Ask::new(workspace, mode))
    }

    /// Gives a side to every participant who has none and whom the CRM knows.
    pub async fn complete_sides(&self, workspace: &str, details: &mut Details) {
        let sides = self.crm.sides(workspace, &details.participants).await;
        sides.complete(&mut details.participants, None);
    }

    /// When a call of a workspace that took place at `moment` is purged; `None` for never.
    pub async fn deadline(
        &self,
        conn: &impl ConnectionTrait,
        workspace: &str,
        moment: DateTime<Utc>,
    ) -> Result<Option<DateTime<Utc>>, Error> {
        let own = settings_of::find(conn, workspace).await?.settings.retention;
        let kept = own.or(self.retention).and_then(|kept| TimeDelta::from_std(kept).ok());
        Ok(kept.and_then(|kept| moment.checked_add_signed(kept)))
    }

    /// The call `name` leads to, if the caller may see it.
    pub async fn visible(&self, principal: &Principal, workspace: &str, id: &str) -> Result<StoredCall, Error> {
        principal.authorize_workspace(workspace)?;
        let found = stored::find(self.db.conn(), workspace, id).await?;
        let call = found.ok_or_else(|| Error::not_found(name::CALL.kind, name::CALL.format([workspace, id])))?;
        if let Some(rep) = principal.only_as_rep()
            && !stored::is_of_rep(self.db.conn(), workspace, id, rep).await?
        {
            // Nobody's id: what is refused is seeing another's call.
            principal.authorize_rep("")?;
        }
        Ok(call)
    }
}

#[async_trait]
impl TranscriptionService for Transcription {
    type StreamAudioStream = BoxStream<'static, Result<pb::StreamAudioResponse, Status>>;

    async fn create_call(&self, request: Request<pb::CreateCallRequest>) -> Result<Response<pb::Call>, Status> {
        Ok(Response::new(calls::create(self, request).await?))
    }

    async fn update_call(&self, request: Request<pb::UpdateCallRequest>) -> Result<Response<pb::Call>, Status> {
        Ok(Response::new(update::update(self, request).await?))
    }

    async fn get_call(&self, request: Request<pb::GetCallRequest>) -> Result<Response<pb::Call>, Status> {
        Ok(Response::new(calls::get(self, request).await?))
    }

    async fn list_calls(
        &self,
        request: Request<pb::ListCallsRequest>,
    ) -> Result<Response<pb::ListCallsResponse>, Status> {
        Ok(Response::new(calls::list(self, request).await?))
    }

    async fn upload_recording(
        &self,
        request: Request<Streaming<pb::UploadRecordingRequest>>,
    ) -> Result<Response<pb::Call>, Status> {
        Ok(Response::new(upload::upload(self, request).await?))
    }

    async fn import_transcript(
        &self,
        request: Request<pb::ImportTranscriptRequest>,
    ) -> Result<Response<pb::Transcript>, Status> {
        Ok(Response::new(import::import(self, request).await?))
    }

    async fn get_transcript(
        &self,
        request: Request<pb::GetTranscriptRequest>,
    ) -> Result<Response<pb::Transcript>, Status> {
        Ok(Response::new(transcripts::get(self, request).await?))
    }

    async fn list_transcripts(
        &self,
        request: Request<pb::ListTranscriptsRequest>,
    ) -> Result<Response<pb::ListTranscriptsResponse>, Status> {
        Ok(Response::new(transcripts::list(self, request).await?))
    }

    async fn stream_audio(
        &self,
        request: Request<Streaming<pb::StreamAudioRequest>>,
    ) -> Result<Response<Self::StreamAudioStream>, Status> {
        Ok(Response::new(stream::open(self, request).await?))
    }
}
