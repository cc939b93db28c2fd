//! The transcription gateway, where speech engines are declared.

use prost_types::FieldMask;
use throughline_proto::transcription::v1 as pb;
use throughline_proto::transcription::v1::speech_engine_service_client::SpeechEngineServiceClient;
use throughline_rpc::client::Peer;
use throughline_rpc::name;

use crate::failure::{Class, Failure};
use crate::peer::{QUICK, Terms, within};

const TERMS: Terms = Terms {
    peer: "the transcription gateway",
    // What hosts and keys engines may use is up to the gateway's configuration, which changes without the resource.
    invalid: (Class::Refused, "EngineRefused"),
    refused: "GatewayRefused",
    unavailable: "GatewayUnavailable",
};

/// Calls the gateway.
#[derive(Clone)]
pub struct Gateway {
    client: SpeechEngineServiceClient<Peer>,
}

impl Gateway {
    /// Over a connection.
    #[must_use]
    pub fn new(peer: Peer) -> Self {
        Self { client: SpeechEngineServiceClient::new(peer) }
    }

    /// The engine of this id; none where none is stored. The `embedded` that every workspace has is not stored.
    ///
    /// # Errors
    /// When the gateway is away or refuses.
    pub async fn engine(&self, workspace: &str, id: &str) -> Result<Option<pb::SpeechEngine>, Failure> {
        let request = pb::GetSpeechEngineRequest { name: name::SPEECH_ENGINE.format([workspace, id]) };
        let found = TERMS.found(self.client.clone().get_speech_engine(within(QUICK, request)).await)?;
        Ok(found.filter(|engine| !engine.etag.is_empty()))
    }

    /// Makes an engine what it is declared, whether it is there or not. Where it is that already, its etag stays.
    ///
    /// # Errors
    /// When the gateway is away or refuses.
    pub async fn apply(&self, engine: pb::SpeechEngine) -> Result<pb::SpeechEngine, Failure> {
        let request = pb::UpdateSpeechEngineRequest {
            speech_engine: Some(engine),
            update_mask: Some(FieldMask { paths: vec!["*".to_owned()] }),
            allow_missing: true,
            ..Default::default()
        };
        let answer = self.client.clone().update_speech_engine(within(QUICK, request)).await;
        Ok(answer.map_err(|status| TERMS.failure(status))?.into_inner())
    }

    /// Removes an engine; one that does not exist is removed.
    ///
    /// # Errors
    /// When the gateway is away or refuses.
    pub async fn remove(&self, workspace: &str, id: &str) -> Result<(), Failure> {
        let request = pb::DeleteSpeechEngineRequest {
            name: name::SPEECH_ENGINE.format([workspace, id]),
            allow_missing: true,
            ..Default::default()
        };
        TERMS.found(self.client.clone().delete_speech_engine(within(QUICK, request)).await).map(|_| ())
    }
}
