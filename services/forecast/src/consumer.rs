//! Takes events and writes what they tell of into the log.
//!
//! Each kind of event adds entries of its own and needs nothing of the others, so they may come in any order: a call's evaluation waits
//! in the log for the deal it belongs to, and the other way round. Entries are named after their facts, so an event that comes again
//! adds nothing; the inbox row only saves the work.

use async_trait::async_trait;
use throughline_events::{Body, Consumer, Event, purge};
use throughline_proto::crm::v1::Deal;
use throughline_proto::events::v1::{CallAssociated, CallPurged, EvaluationCompleted, RecordChanged};
use throughline_rpc::{Clock, Error, name};
use throughline_store::{Db, inbox};

use crate::clients::{Crm, Evaluator, evaluation_entry, moment, proposal_entries, record_entries};
use crate::domain::entry::{Entry, Fact, Source};
use crate::domain::ids::{CallId, DealId};
use crate::store::{Reader, SCHEMA, Writer};

/// The consumer of this service.
pub struct Intake {
    db: Db,
    clock: Clock,
    evaluator: Evaluator,
    crm: Crm,
    reader: Reader,
}

impl Intake {
    /// Reads what events tell of from the two peers.
    pub fn new(db: Db, clock: Clock, evaluator: Evaluator, crm: Crm) -> Self {
        Self { reader: Reader::new(db.clone()), db, clock, evaluator, crm }
    }

    async fn evaluated(&self, event: &Event, completed: &EvaluationCompleted) -> Result<(), Error> {
        let field = "event.evaluation_completed.evaluation";
        in_workspace(name::EVALUATION, field, &event.workspace, &completed.evaluation)?;
        // Fetched before the transaction: nothing waits for the network while the log is held.
        let evaluation = self.evaluator.evaluation(&completed.evaluation).await?;
        self.append(event, vec![evaluation_entry(evaluation)?]).await
    }

    async fn associated(&self, event: &Event, associated: &CallAssociated) -> Result<(), Error> {
        let call = CallId(in_workspace(name::CALL, "event.call_associated.call", &event.workspace, &associated.call)?);
        let fact = if associated.deal.is_empty() {
            Fact::CallDissociated { call }
        } else {
            let field = "event.call_associated.deal";
            let deal = DealId(in_workspace(name::DEAL, field, &event.workspace, &associated.deal)?);
            Fact::CallAssociated { call, deal }
        };
        // Decided, and known, when the event was written.
        let at = moment(event.create_time.as_ref()).unwrap_or_else(|| self.clock.now());
        let key = format!("association:{}", event.id);
        self.append(event, vec![Entry { source: Source::Crm, key, occurred_at: at, known_at: at, fact }]).await
    }

    async fn record_changed(&self, event: &Event, changed: &RecordChanged) -> Result<(), Error> {
        self.follow_crm(&event.workspace, changed.sequence).await?;
        if changed.deal.is_empty() {
            return self.append(event, Vec::new()).await;
        }
        in_workspace(name::DEAL, "event.record_changed.deal", &event.workspace, &changed.deal)?;
        let proposals = self.crm.written_proposals(&event.workspace, &changed.deal).await?;
        let entries: Result<Vec<_>, Error> = proposals.iter().map(proposal_entries).collect();
        self.append(event, entries?.into_iter().flatten().collect()).await
    }

    /// Takes in the CRM's changes up to a sequence, a page and a transaction at a time: what was taken in stays so if the delivery
    /// runs out of time, and memory holds one page whatever an import brings.
    async fn follow_crm(&self, workspace: &str, sequence: i64) -> Result<(), Error> {
        loop {
            let after = self.reader.crm_sequence(workspace).await?;
            if after >= sequence {
                return Ok(());
            }
            let page = self.crm.changes(workspace, after).await?;
            let last = page.deals.iter().map(|deal| deal.sequence).max();
            let reached = match (last, page.more) {
                (Some(last), true) if last > after => last,
                (_, true) => return Err(Error::internal("crm-sync says there are more changes and lists none")),
                // Everything was listed, so whatever the sequence stood for is in.
                (last, false) => last.unwrap_or(after).max(sequence),
            };
            self.take_in(workspace, after, reached, &page.deals).await?;
        }
    }

    async fn take_in(&self, workspace: &str, after: i64, reached: i64, deals: &[Deal]) -> Result<(), Error> {
        let now = self.clock.now();
        let ids: Vec<String> = deals.iter().filter_map(|d| name::DEAL.parse(&d.name)).map(|[_, id]| id).collect();
        let tx = self.db.begin().await?;
        let mut writer = Writer::open(&tx, workspace).await?;
        if writer.crm_sequence() > after {
            // Another delivery was faster; the loop goes on from where that one came to.
            return Ok(());
        }
        let met = writer.known_deals(&ids).await?;
        let mut entries = Vec::with_capacity(2 * deals.len());
        for deal in deals {
            let met_before = name::DEAL.parse(&deal.name).is_some_and(|[_, id]| met.contains(&id));
            entries.extend(record_entries(deal, met_before)?);
        }
        writer.append(entries, now).await?;
        writer.advance_crm(reached).await?;
        Ok(tx.commit().await?)
    }

    /// The one event that changes entries: what they count for stays, the words in them go.
    async fn purged(&self, event: &Event, purged: &CallPurged) -> Result<(), Error> {
        let now = self.clock.now();
        let purge = purge(event, purged, now)?;
        let tx = self.db.begin().await?;
        if inbox::first_delivery(&tx, SCHEMA, &event.id, now).await? {
            Writer::open(&tx, &event.workspace).await?.purge(&purge).await?;
            tx.commit().await?;
        }
        Ok(())
    }

    async fn append(&self, event: &Event, entries: Vec<Entry>) -> Result<(), Error> {
        let now = self.clock.now();
        let tx = self.db.begin().await?;
        if inbox::first_delivery(&tx, SCHEMA, &event.id, now).await? {
            if !entries.is_empty() {
                Writer::open(&tx, &event.workspace).await?.append(entries, now).await?;
            }
            tx.commit().await?;
        }
        Ok(())
    }
}

#[async_trait]
impl Consumer for Intake {
    async fn handle(&self, event: Event) -> Result<(), Error> {
        match &event.body {
            Some(Body::EvaluationCompleted(completed)) => self.evaluated(&event, completed).await,
            Some(Body::RecordChanged(changed)) => self.record_changed(&event, changed).await,
            Some(Body::CallAssociated(associated)) => self.associated(&event, associated).await,
            Some(Body::CallPurged(purged)) => self.purged(&event, purged).await,
            // Another event says nothing of deals; taking it keeps its key from being held up.
            Some(Body::TranscriptFinalized(_)) | None => Ok(()),
        }
    }
}

/// The id in a name that must be of the event's workspace.
fn in_workspace(pattern: name::Pattern<2>, field: &str, workspace: &str, name: &str) -> Result<String, Error> {
    match pattern.parse(name) {
        Some([of, id]) if of == workspace => Ok(id),
        _ => {
            let expected = format!("must be the name of a {} of the event's workspace", pattern.kind.to_lowercase());
            Err(Error::invalid_field(field, expected))
        }
    }
}
