//! The speech recognition of NVIDIA Riva, served over the engines of this gateway: for programs that speak Riva already.
//!
//! Transcription only: sound comes in, words go out, nothing is stored, no call and no consent is known here. Which
//! engine hears it is found as for any stream or recording of the workspace. Owns: what of Riva's API is offered and how
//! it is answered. Does not own: recognition (see `speech`), or who may call (a list in `throughline_rpc::methods`, since
//! Riva's proto can't carry our option).

mod render;
mod stream;
mod wanted;
mod whole;

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use futures::stream::BoxStream;
use throughline_proto::nvidia::riva::asr::riva_speech_recognition_server::{
    RivaSpeechRecognition, RivaSpeechRecognitionServer,
};
use throughline_proto::nvidia::riva::asr::{
    RecognizeRequest, RecognizeResponse, RivaSpeechRecognitionConfigRequest, RivaSpeechRecognitionConfigResponse,
    StreamingRecognizeRequest, StreamingRecognizeResponse,
};
use throughline_rpc::Error;
use throughline_rpc::auth::principal;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio_util::sync::CancellationToken;
use tonic::{Request, Response, Status, Streaming};

use super::stream::room;
use crate::domain::engine::Mode;
use crate::engine::SpeechEngine;
use crate::engine::router::{Ask, Router};
use crate::worker::tasks::Tasks;
use wanted::Wanted;

/// The one model that is listed; which engine is behind it is the workspace's affair.
pub const MODEL: &str = "throughline";
/// Metadata by which a service says for which workspace it calls; a token for one workspace needs none.
pub const WORKSPACE: &str = "x-throughline-workspace";
/// Largest message; a whole recording of two minutes at 16 kHz.
const MAX_MESSAGE_BYTES: usize = 4 << 20;

/// What it stands on.
#[derive(Clone)]
pub struct RivaEdge {
    pub router: Arc<Router>,
    /// Room for live streams, shared with all others.
    pub streams: Arc<Semaphore>,
    pub tasks: Tasks,
    pub idle_timeout: Duration,
    /// A caller that takes no answer for this long is ended.
    pub slow_timeout: Duration,
    /// Cancelled when the service drains.
    pub shutdown: CancellationToken,
}

impl RivaEdge {
    /// The service to add to a server.
    pub fn server(self) -> RivaSpeechRecognitionServer<Self> {
        RivaSpeechRecognitionServer::new(self).max_decoding_message_size(MAX_MESSAGE_BYTES)
    }

    /// The engines of a workspace for what is wanted.
    fn engine(&self, workspace: &str, mode: Mode, wanted: &Wanted) -> Arc<dyn SpeechEngine> {
        let (language, vocabulary) = (wanted.language.clone(), Arc::clone(&wanted.vocabulary));
        self.router.session(Ask { language, vocabulary, ..Ask::new(workspace, mode) })
    }

    fn room(&self, engine: &dyn SpeechEngine) -> Result<OwnedSemaphorePermit, Error> {
        room(&self.streams, engine)
    }
}

/// The workspace that is called for: the token's, or the one that a service names.
fn workspace<T>(request: &Request<T>) -> Result<String, Error> {
    let principal = principal(request)?;
    let named = request.metadata().get(WORKSPACE).and_then(|value| value.to_str().ok());
    let workspace = named.or(principal.workspace()).ok_or_else(|| {
        Error::invalid_field(WORKSPACE, "is required as metadata where the token is not for one workspace")
    })?;
    principal.authorize_workspace(workspace)?;
    Ok(workspace.to_owned())
}

#[async_trait]
impl RivaSpeechRecognition for RivaEdge {
    type StreamingRecognizeStream = BoxStream<'static, Result<StreamingRecognizeResponse, Status>>;

    async fn recognize(&self, request: Request<RecognizeRequest>) -> Result<Response<RecognizeResponse>, Status> {
        let workspace = workspace(&request)?;
        Ok(Response::new(whole::recognize(self, &workspace, request.into_inner()).await?))
    }

    async fn streaming_recognize(
        &self,
        request: Request<Streaming<StreamingRecognizeRequest>>,
    ) -> Result<Response<Self::StreamingRecognizeStream>, Status> {
        let workspace = workspace(&request)?;
        Ok(Response::new(stream::open(self, &workspace, request.into_inner()).await?))
    }

    async fn get_riva_speech_recognition_config(
        &self,
        request: Request<RivaSpeechRecognitionConfigRequest>,
    ) -> Result<Response<RivaSpeechRecognitionConfigResponse>, Status> {
        let workspace = workspace(&request)?;
        let asked = request.into_inner().model_name;
        let ways = [(Mode::Live, "online"), (Mode::Batch, "offline")];
        let listed = ways.into_iter().filter(|_| asked.is_empty() || asked == MODEL).filter_map(|(mode, kind)| {
            render::model(kind, &self.engine(&workspace, mode, &Wanted::default()).capabilities())
        });
        Ok(Response::new(RivaSpeechRecognitionConfigResponse { model_config: listed.collect() }))
    }
}
