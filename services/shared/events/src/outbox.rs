//! Writes events in the transaction of the change they tell of.

use std::sync::Arc;

use chrono::{DateTime, Utc};
use prost::Message;
use sea_orm::{ActiveValue::NotSet, ActiveValue::Set, EntityTrait};
use throughline_proto::events::v1::Event;
use throughline_proto::events::v1::event::Body;
use throughline_rpc::{Ids, timestamp, trace};
use throughline_store::{Result, Transaction, lock};
use tokio::sync::watch;

use crate::entity::outbox_delivery::{self, State};
use crate::entity::outbox_event;
use crate::{EventType, Subscriptions, queue};

/// An event to be written.
#[derive(Clone, Debug, PartialEq)]
pub struct NewEvent {
    /// Workspace id.
    pub workspace: String,
    /// Events of one key reach each consumer in the order they were committed: a call or deal name. A purge has the name
    /// of its receipt, so that no parked event of the call holds it up.
    pub ordering_key: String,
    /// What happened; ids, not copies.
    pub body: Body,
}

/// The outbox of a service. Cheap to clone; all clones wake the same relay.
#[derive(Clone, Debug)]
pub struct Outbox {
    subscriptions: Arc<Subscriptions>,
    ids: Ids,
    /// Counts commits with events; lanes of the relay watch it.
    commits: watch::Sender<u64>,
}

impl Outbox {
    /// An outbox whose events go to these consumers.
    pub fn new(subscriptions: Subscriptions, ids: Ids) -> Self {
        Self { subscriptions: Arc::new(subscriptions), ids, commits: watch::Sender::new(0) }
    }

    /// Who wants what.
    pub fn subscriptions(&self) -> &Subscriptions {
        &self.subscriptions
    }

    /// Writes `event` and a delivery for each subscriber in `tx`; the relay is woken when `tx` is committed. Returns
    /// the event's id.
    ///
    /// The current span becomes the parent of the deliveries. Transactions that publish under one key wait for each
    /// other from here to their end, so publish late, and several keys in a fixed order.
    ///
    /// # Errors
    /// The mapped database error.
    pub async fn publish(&self, tx: &Transaction, event: NewEvent, now: DateTime<Utc>) -> Result<String> {
        let NewEvent { workspace, ordering_key, body } = event;
        // Without it, two transactions could commit in another order than that of their positions, and the later
        // position be delivered first.
        lock::name(tx, "outbox", &format!("{workspace}\0{ordering_key}")).await?;
        let event_type = EventType::of(&body);
        let event = Event {
            id: self.ids.next().to_string(),
            workspace: workspace.clone(),
            ordering_key: ordering_key.clone(),
            create_time: Some(timestamp(now)),
            traceparent: trace::current_traceparent(),
            body: Some(body),
        };
        let row = outbox_event::ActiveModel {
            position: NotSet,
            event_id: Set(event.id.clone()),
            workspace: Set(workspace.clone()),
            ordering_key: Set(ordering_key.clone()),
            event_type: Set(event_type.as_str().to_owned()),
            body: Set(event.encode_to_vec()),
            traceparent: Set(event.traceparent),
            created_at: Set(now),
        };
        let position = outbox_event::Entity::insert(row).exec(tx).await?.last_insert_id;
        let mut deliveries = Vec::new();
        for consumer in self.subscriptions.of(event_type) {
            deliveries.push(outbox_delivery::ActiveModel {
                consumer: Set(consumer.to_owned()),
                position: Set(position),
                workspace: Set(workspace.clone()),
                ordering_key: Set(ordering_key.clone()),
                state: Set(State::Pending),
                attempts: Set(0),
                blocked_by: Set(queue::last_open(tx, consumer, &workspace, &ordering_key).await?),
                next_attempt_at: Set(now),
                lease_owner: Set(None),
                lease_until: Set(None),
                last_error: Set(None),
                settled_at: Set(None),
            });
        }
        if !deliveries.is_empty() {
            outbox_delivery::Entity::insert_many(deliveries).exec_without_returning(tx).await?;
            let outbox = self.clone();
            tx.after_commit(move || outbox.wake());
        }
        Ok(event.id)
    }

    /// Makes the relay look for work now.
    pub(crate) fn wake(&self) {
        self.commits.send_modify(|count| *count = count.wrapping_add(1));
    }

    pub(crate) fn watch(&self) -> watch::Receiver<u64> {
        self.commits.subscribe()
    }
}
