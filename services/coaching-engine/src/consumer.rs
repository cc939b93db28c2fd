//! Takes `EvaluationCompleted`: fetches the evaluation and applies it. Takes `CallPurged`: erases the words of the call.

use async_trait::async_trait;
use throughline_events::{Body, Consumer, Event, purge};
use throughline_proto::events::v1::{CallPurged, EvaluationCompleted};
use throughline_rpc::{Clock, Error, name};
use throughline_store::{Db, inbox};

use crate::clients::Evaluator;
use crate::coach::Coach;
use crate::store::SCHEMA;

/// The consumer of this service.
pub struct Evaluations {
    db: Db,
    clock: Clock,
    evaluator: Evaluator,
    coach: Coach,
}

impl Evaluations {
    /// Reads evaluations from `evaluator` and has `coach` apply them.
    pub fn new(db: Db, clock: Clock, evaluator: Evaluator, coach: Coach) -> Self {
        Self { db, clock, evaluator, coach }
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
        let evaluation = self.evaluator.get(workspace, &id).await?;
        let now = self.clock.now();
        let tx = self.db.begin().await?;
        if inbox::first_delivery(&tx, SCHEMA, event_id, now).await? {
            self.coach.apply(&tx, workspace, &evaluation, now).await?;
            tx.commit().await?;
        }
        Ok(())
    }

    async fn purge(&self, event: &Event, purged: &CallPurged) -> Result<(), Error> {
        let now = self.clock.now();
        let purge = purge(event, purged, now)?;
        let tx = self.db.begin().await?;
        if inbox::first_delivery(&tx, SCHEMA, &event.id, now).await? {
            self.coach.purge(&tx, &event.workspace, &purge).await?;
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
            Some(Body::CallPurged(purged)) => self.purge(&event, purged).await,
            // Another event does not concern coaching; taking it keeps its key from being held up.
            _ => Ok(()),
        }
    }
}
