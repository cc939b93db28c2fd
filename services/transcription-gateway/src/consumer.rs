//! Takes `EvaluationCompleted`: fetches the evaluation and keeps what it found of behaviors, to search by.

use async_trait::async_trait;
use throughline_events::{Body, Consumer, Event};
use throughline_proto::events::v1::EvaluationCompleted;
use throughline_rpc::{Clock, Error, name};
use throughline_store::{Db, inbox};

use crate::clients::Evaluator;
use crate::store::{SCHEMA, behaviors};

/// The consumer of this service.
pub struct Evaluations {
    db: Db,
    clock: Clock,
    evaluator: Evaluator,
}

impl Evaluations {
    /// Reads evaluations from `evaluator`.
    pub fn new(db: Db, clock: Clock, evaluator: Evaluator) -> Self {
        Self { db, clock, evaluator }
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
        let evaluated = self.evaluator.get(workspace, &id).await?;
        let now = self.clock.now();
        let tx = self.db.begin().await?;
        if inbox::first_delivery(&tx, SCHEMA, event_id, now).await? {
            if let Some(evaluated) = &evaluated {
                behaviors::replace(&tx, evaluated).await?;
            }
            tx.commit().await?;
        }
        Ok(())
    }
}

#[async_trait]
impl Consumer for Evaluations {
    async fn handle(&self, event: Event) -> Result<(), Error> {
        match &event.body {
            Some(Body::EvaluationCompleted(completed)) => self.apply(&event.id, &event.workspace, completed).await,
            // Another event is no news here; taking it keeps its key from being held up.
            _ => Ok(()),
        }
    }
}
