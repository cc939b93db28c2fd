//! Takes `EvaluationCompleted`: fetches what the evaluation found and has it applied. Takes `CallPurged`: has the words of the
//! call erased.

use async_trait::async_trait;
use throughline_events::{Body, Consumer, Event};
use throughline_proto::events::v1::EvaluationCompleted;
use throughline_rpc::{Error, name};

use crate::clients::Evaluator;
use crate::crm::Crm;

/// The consumer of this service.
pub struct Evaluations {
    evaluator: Evaluator,
    crm: Crm,
}

impl Evaluations {
    /// Reads evaluations from `evaluator` and has `crm` apply them.
    pub fn new(evaluator: Evaluator, crm: Crm) -> Self {
        Self { evaluator, crm }
    }

    async fn apply(&self, event_id: &str, workspace: &str, completed: &EvaluationCompleted) -> Result<(), Error> {
        let id = match name::EVALUATION.parse(&completed.evaluation) {
            Some([of, id]) if of == workspace => id,
            _ => {
                let field = "event.evaluation_completed.evaluation";
                return Err(Error::invalid_field(field, "must be an evaluation of the event's workspace"));
            }
        };
        // Fetched before the transaction: nothing waits for the network while rows are locked.
        let found = self.evaluator.facts(workspace, &id).await?;
        self.crm.evaluated(event_id, workspace, found).await
    }
}

#[async_trait]
impl Consumer for Evaluations {
    async fn handle(&self, event: Event) -> Result<(), Error> {
        match &event.body {
            Some(Body::EvaluationCompleted(completed)) => self.apply(&event.id, &event.workspace, completed).await,
            Some(Body::CallPurged(purged)) => self.crm.purged(&event, purged).await,
            // Another event does not concern the CRM; taking it keeps its key from being held up.
            _ => Ok(()),
        }
    }
}
