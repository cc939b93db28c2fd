//! The transcription gateway: where calls and transcripts are read from.

use throughline_proto::transcription::v1 as pb;
use throughline_proto::transcription::v1::transcription_service_client::TranscriptionServiceClient;
use throughline_rpc::client::Peer;
use throughline_rpc::{Error, name};

use crate::convert;
use crate::domain::call::{Call, Transcript};

/// Largest transcript taken, bytes: about 100,000 turns.
const MAX_TRANSCRIPT_BYTES: usize = 64 << 20;

/// A call with its words, as the domain reads it and as it is passed on.
pub struct Talk {
    pub call: Call,
    pub transcript: Transcript,
    pub source: pb::Call,
}

/// Reads calls and transcripts.
#[derive(Clone)]
pub struct Gateway {
    peer: Peer,
    client: TranscriptionServiceClient<Peer>,
}

impl Gateway {
    /// Over a connection to the gateway.
    pub fn new(peer: Peer) -> Self {
        let client = TranscriptionServiceClient::new(peer.clone()).max_decoding_message_size(MAX_TRANSCRIPT_BYTES);
        Self { peer, client }
    }

    /// Fetches a transcript and its call.
    ///
    /// # Errors
    /// The peer's error, translated.
    pub async fn talk(&self, transcript: &str) -> Result<Talk, Error> {
        let Some([workspace, call, _]) = name::TRANSCRIPT.parse(transcript) else {
            return Err(Error::not_found(name::TRANSCRIPT.kind, transcript));
        };
        let call = pb::GetCallRequest { name: name::CALL.format([&workspace, &call]) };
        let transcript = pb::GetTranscriptRequest { name: transcript.to_owned() };
        let (mut one, mut other) = (self.client.clone(), self.client.clone());
        let (source, transcript) = futures::try_join!(one.get_call(call), other.get_transcript(transcript))
            .map_err(|status| self.peer.error(&status))?;
        let (source, transcript) = (source.into_inner(), transcript.into_inner());
        Ok(Talk { call: convert::call(&source), transcript: convert::transcript(&transcript), source })
    }

    /// Whether the call of a transcript that is not there was purged.
    ///
    /// # Errors
    /// The peer's error, translated.
    pub async fn was_purged(&self, transcript: &str) -> Result<bool, Error> {
        let Some([workspace, call, _]) = name::TRANSCRIPT.parse(transcript) else { return Ok(false) };
        let call = pb::GetCallRequest { name: name::CALL.format([&workspace, &call]) };
        match self.client.clone().get_call(call).await {
            Ok(call) => Ok(call.into_inner().state() == pb::CallState::Purged),
            Err(status) if status.code() == tonic::Code::NotFound => Ok(false),
            Err(status) => Err(self.peer.error(&status)),
        }
    }
}
