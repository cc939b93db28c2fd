//! Events between services: written with the change they tell of (outbox), delivered at least once and in order per
//! key, applied once (inbox). This is the `direct` transport: the relay calls the consumers over gRPC.
//!
//! ```text
//! producer: tx { change; Outbox::publish } ── commit wakes ──> Relay ── DeliverEvent ──> Sink ──> Consumer (consumer)
//! ```
//! A consumer applies an event in one transaction that starts with
//! [`inbox::first_delivery`](throughline_store::inbox::first_delivery). What a relay does with its answer stands in
//! [`policy`].

pub mod config;
mod deliveries;
pub mod entity;
mod event;
mod gauges;
mod housekeeping;
mod outbox;
pub mod policy;
mod purge;
mod queue;
mod relay;
mod sink;

pub use config::{HousekeepingConfig, RelayConfig};
pub use deliveries::Deliveries;
pub use event::{EventType, Subscriptions};
pub use gauges::{Backlog, backlogs};
pub use housekeeping::Housekeeping;
pub use outbox::{NewEvent, Outbox};
pub use purge::purge;
pub use relay::{Relay, RelayError};
pub use sink::{Consumer, Sink};
pub use throughline_proto::events::v1::Event;
pub use throughline_proto::events::v1::event::Body;
