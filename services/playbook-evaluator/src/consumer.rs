//! Takes `TranscriptFinalized`: has the transcript evaluated against every released playbook. Takes `CallPurged`: has the
//! words of the call erased.

use std::sync::Arc;

use async_trait::async_trait;
use throughline_events::{Body, Consumer, Event};
use throughline_rpc::{Error, name};

use crate::assess::Assessor;
use crate::purge::Purges;

/// The consumer of this service.
pub struct Transcripts {
    assessor: Arc<Assessor>,
    purges: Purges,
}

impl Transcripts {
    /// Hands finished transcripts to `assessor`, purged calls to `purges`.
    pub fn new(assessor: Arc<Assessor>, purges: Purges) -> Self {
        Self { assessor, purges }
    }

    async fn evaluate(&self, event: &Event, transcript: &str) -> Result<(), Error> {
        match name::TRANSCRIPT.parse(transcript) {
            Some([workspace, ..]) if workspace == event.workspace => {
                self.assessor.on_transcript(&event.id, &workspace, transcript).await
            }
            _ => {
                let field = "event.transcript_finalized.transcript";
                Err(Error::invalid_field(field, "must be a transcript of the event's workspace"))
            }
        }
    }
}

#[async_trait]
impl Consumer for Transcripts {
    async fn handle(&self, event: Event) -> Result<(), Error> {
        match &event.body {
            Some(Body::TranscriptFinalized(finalized)) => self.evaluate(&event, &finalized.transcript).await,
            Some(Body::CallPurged(purged)) => self.purges.apply(&event, purged).await,
            // Another event does not concern the evaluator; taking it keeps its key from being held up.
            _ => Ok(()),
        }
    }
}
