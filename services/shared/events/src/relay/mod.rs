//! Delivers the outbox: a lane for each consumer, so that one that is slow or away holds up no other. Beside the lanes, what
//! waits is measured.

mod lane;

use futures::future::join_all;
use throughline_rpc::client::Peer;
use throughline_rpc::{Clock, Ids};
use throughline_store::{Backend, Db};
use tokio_util::sync::CancellationToken;

use crate::gauges::Gauges;
use crate::{Outbox, RelayConfig, queue};
use lane::Lane;

/// The worker that delivers. One per process; replicas share the work by leases.
pub struct Relay {
    db: Db,
    outbox: Outbox,
    lanes: Vec<Lane>,
    gauges: Gauges,
}

/// Why a relay can't be made.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum RelayError {
    /// Settings that don't fit.
    #[error("relay configuration: {0}")]
    Config(String),
    /// A consumer has subscribed for which there is no peer.
    #[error("no peer `{0}` to deliver events to")]
    NoPeer(String),
}

impl Relay {
    /// `peers` are the consumers of the outbox's subscriptions, by [`Peer::name`].
    ///
    /// # Errors
    /// When the configuration doesn't fit, or a consumer has no peer.
    pub fn new(
        db: Db,
        outbox: Outbox,
        peers: impl IntoIterator<Item = Peer>,
        config: &RelayConfig,
        clock: &Clock,
        ids: &Ids,
    ) -> Result<Self, RelayError> {
        let violations = config.violations();
        if !violations.is_empty() {
            let all: Vec<_> = violations.into_iter().map(|(field, what)| format!("{field} {what}")).collect();
            return Err(RelayError::Config(all.join("; ")));
        }
        let peers: Vec<Peer> = peers.into_iter().collect();
        let owner = ids.next();
        let lanes = outbox
            .subscriptions()
            .consumers()
            .map(|consumer| {
                let peer = peers.iter().find(|peer| peer.name() == consumer);
                let peer = peer.cloned().ok_or_else(|| RelayError::NoPeer(consumer.to_owned()))?;
                Ok(Lane::new(db.clone(), peer, config.clone(), clock.clone(), owner))
            })
            .collect::<Result<_, _>>()?;
        let consumers = outbox.subscriptions().consumers().map(str::to_owned).collect();
        let gauges = Gauges::new(db.clone(), clock.clone(), consumers);
        Ok(Self { db, outbox, lanes, gauges })
    }

    /// Delivers until `shutdown`; then takes nothing new, waits for what is under way and notes it.
    pub async fn run(self, shutdown: CancellationToken) {
        if self.db.backend() == Backend::Sqlite
            && let Err(error) = queue::release_all(&self.db).await
        {
            tracing::warn!(%error, "leases of the previous process stay until they end by themselves");
        }
        let Self { db: _, outbox, lanes, gauges } = self;
        let deliver = join_all(lanes.iter().map(|lane| lane.run(outbox.watch(), shutdown.clone())));
        futures::future::join(deliver, gauges.run(shutdown.clone())).await;
    }
}
