//! Takes `TranscriptFinalized`: has the transcript evaluated against every released playbook.

use std::sync::Arc;

use async_trait::async_trait;
use throughline_events::{Body, Consumer, Event};
use throughline_rpc::{Error, name};

use crate::assess::Assessor;

/// The consumer of this service.
pub struct Transcripts {
    assessor: Arc<Assessor>,
}

impl Transcripts {
    /// Hands finished transcripts to `assessor`.
    pub fn new(assessor: Arc<Assessor>) -> Self {
        Self { assessor }
    }
}

#[async_trait]
impl Consumer for Transcripts {
    async fn handle(&self, event: Event) -> Result<(), Error> {
        // Another event does not concern the evaluator; taking it keeps its key from being held up.
        let Some(Body::TranscriptFinalized(finalized)) = &event.body else { return Ok(()) };
        match name::TRANSCRIPT.parse(&finalized.transcript) {
            Some([workspace, ..]) if workspace == event.workspace => {
                self.assessor.on_transcript(&event.id, &workspace, &finalized.transcript).await
            }
            _ => {
                let field = "event.transcript_finalized.transcript";
                Err(Error::invalid_field(field, "must be a transcript of the event's workspace"))
            }
        }
    }
}
