//! The deliveries to one consumer: several keys at a time, one event of a key at a time.

use std::time::Duration;

use chrono::{DateTime, Utc};
use futures::stream::FuturesUnordered;
use futures::{FutureExt as _, StreamExt as _};
use throughline_proto::events::v1::DeliverEventRequest;
use throughline_proto::events::v1::event_sink_service_client::EventSinkServiceClient;
use throughline_rpc::client::Peer;
use throughline_rpc::{Clock, trace};
use throughline_store::{Db, Result};
use tokio::sync::watch;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;
use tonic::{Code, Request, Status};
use tonic_types::StatusExt as _;
use tracing::Instrument as _;
use uuid::Uuid;

use crate::RelayConfig;
use crate::policy::{Verdict, verdict};
use crate::queue::{self, Claimed, Lease};

/// When to come again for an answer that can't be noted because a publisher holds the row until its commit.
const HELD_ROW_WAIT: Duration = Duration::from_millis(5);
/// Longest error text that is kept.
const MAX_ERROR_CHARS: usize = 500;

pub(super) struct Lane {
    db: Db,
    consumer: &'static str,
    client: EventSinkServiceClient<Peer>,
    config: RelayConfig,
    clock: Clock,
    /// Marks our leases.
    owner: String,
    /// Decides the jitter.
    seed: u64,
}

/// A delivery that was tried.
struct Finished {
    claimed: Claimed,
    answer: std::result::Result<(), Status>,
}

impl Lane {
    pub(super) fn new(db: Db, peer: Peer, config: RelayConfig, clock: Clock, owner: Uuid) -> Self {
        let consumer = peer.name();
        let client = EventSinkServiceClient::new(peer);
        Self { db, consumer, client, config, clock, owner: owner.to_string(), seed: owner.as_u64_pair().1 }
    }

    pub(super) async fn run(&self, mut commits: watch::Receiver<u64>, shutdown: CancellationToken) {
        let mut under_way = FuturesUnordered::new();
        let mut finished: Vec<Finished> = Vec::new();
        let mut next_retry = None;
        loop {
            // Answers that came while the last turn ran are noted in one transaction.
            while let Some(Some(done)) = under_way.next().now_or_never() {
                finished.push(done);
            }
            let stopping = shutdown.is_cancelled();
            if stopping && under_way.is_empty() && finished.is_empty() {
                return;
            }
            commits.borrow_and_update();
            let room = if stopping { 0 } else { self.room(under_way.len() + finished.len()) };
            let wait = match self.turn(&mut finished, room, &mut next_retry).await {
                Ok(claimed) => {
                    under_way.extend(claimed.into_iter().map(|claimed| self.deliver(claimed)));
                    if finished.is_empty() { self.wait(next_retry) } else { HELD_ROW_WAIT }
                }
                Err(error) if stopping => {
                    tracing::warn!(consumer = self.consumer, %error, "answers are lost; those events are delivered again");
                    return;
                }
                Err(error) => {
                    tracing::warn!(consumer = self.consumer, %error, "the outbox can't be read; trying again");
                    self.config.poll_interval
                }
            };
            let has_room = self.room(under_way.len()) > 0;
            tokio::select! {
                Some(done) = under_way.next(), if !under_way.is_empty() => finished.push(done),
                _ = commits.changed(), if has_room && !stopping => {}
                () = shutdown.cancelled(), if !stopping => {}
                () = tokio::time::sleep(wait) => {}
            }
        }
    }

    fn room(&self, under_way: usize) -> u32 {
        self.config.concurrency.saturating_sub(u32::try_from(under_way).unwrap_or(u32::MAX))
    }

    /// How long nothing will be due that we know of.
    fn wait(&self, next_retry: Option<DateTime<Utc>>) -> Duration {
        let until = next_retry.map(|at| (at - self.clock.now()).to_std().unwrap_or_default());
        until.map_or(self.config.poll_interval, |until| until.min(self.config.poll_interval))
    }

    /// Notes what was answered and leases what fits, in one transaction. Leaves in `finished` what a publisher holds.
    async fn turn(
        &self,
        finished: &mut Vec<Finished>,
        room: u32,
        next_retry: &mut Option<DateTime<Utc>>,
    ) -> Result<Vec<Claimed>> {
        if finished.is_empty() && room == 0 {
            return Ok(Vec::new());
        }
        let tx = self.db.begin().await?;
        // Read after the wait for the write lock, so that a lease isn't shorter than it says.
        let now = self.clock.now();
        let lease = Lease { consumer: self.consumer, owner: &self.owner, now, until: now + self.config.lease };
        let positions = finished.iter().map(|done| done.claimed.position).collect();
        let free = queue::lock_free(&tx, self.consumer, positions).await?;
        let mut delivered = Vec::new();
        let mut retries: Vec<DateTime<Utc>> = next_retry.iter().copied().filter(|at| *at > now).collect();
        for Finished { claimed, answer } in finished.iter().filter(|done| free.contains(&done.claimed.position)) {
            match answer {
                Ok(()) => delivered.push(claimed.position),
                Err(status) => {
                    let retry_at = self.judge(claimed, status, now);
                    queue::failed(&tx, lease, claimed.position, &describe(status), retry_at).await?;
                    retries.extend(retry_at);
                }
            }
        }
        queue::delivered(&tx, self.consumer, &delivered, now).await?;
        let claimed = if room == 0 { Vec::new() } else { queue::claim(&tx, lease, room).await? };
        tx.commit().await?;
        finished.retain(|done| !free.contains(&done.claimed.position));
        *next_retry = retries.into_iter().min();
        Ok(claimed)
    }

    /// When to try again; `None` parks it.
    fn judge(&self, claimed: &Claimed, status: &Status, now: DateTime<Utc>) -> Option<DateTime<Utc>> {
        let retry_after = status.get_error_details().retry_info().and_then(|info| info.retry_delay);
        let entropy = self.seed ^ claimed.position.unsigned_abs().rotate_left(32) ^ u64::from(claimed.attempt);
        let Claimed { position, attempt, event_type, event } = claimed;
        match verdict(&self.config, status.code(), *attempt, retry_after, entropy) {
            Verdict::Retry(wait) => {
                tracing::debug!(consumer = self.consumer, event_type, event = event.id, position, attempt, code = ?status.code(), ?wait, "delivery failed, trying again");
                Some(now + wait)
            }
            Verdict::Park => {
                tracing::warn!(consumer = self.consumer, event_type, event = event.id, position, attempt, code = ?status.code(), message = status.message(), "delivery parked; later events of its key wait for RetryDelivery");
                None
            }
        }
    }

    async fn deliver(&self, claimed: Claimed) -> Finished {
        let span = tracing::info_span!(
            "event.deliver",
            otel.name = format!("deliver {}", claimed.event_type),
            otel.kind = "producer",
            messaging.system = "throughline",
            messaging.operation.name = "deliver",
            messaging.message.id = claimed.event.id,
            messaging.destination.name = self.consumer,
            throughline.attempt = claimed.attempt,
        );
        // The trace goes on where the event was written, not where the relay happens to be.
        trace::continue_from(&span, &claimed.event.traceparent);
        let mut request = Request::new(DeliverEventRequest { event: Some(claimed.event.clone()) });
        request.set_timeout(self.config.delivery_timeout);
        let mut client = self.client.clone();
        let call = async move { client.deliver_event(request).await.map(drop) };
        let deadline = Instant::now() + self.config.delivery_timeout;
        // The server ends the call in time by itself; this is for one that is silent.
        let answer = match tokio::time::timeout_at(deadline, call.instrument(span)).await {
            // What the channel makes of its own timeout.
            Ok(Err(status)) if status.code() == Code::Cancelled && Instant::now() >= deadline => Err(too_late()),
            Ok(answer) => answer,
            Err(_) => Err(too_late()),
        };
        Finished { claimed, answer }
    }
}

fn too_late() -> Status {
    Status::new(Code::DeadlineExceeded, "no answer in time")
}

/// `INTERNAL: internal error (trace 4bf92f…)`, for whoever lists deliveries.
fn describe(status: &Status) -> String {
    let details = status.get_error_details();
    let info = details.error_info();
    let reason = info.map(|info| format!(" {}", info.reason)).unwrap_or_default();
    let trace = info.and_then(|info| info.metadata.get("trace_id")).filter(|id| !id.is_empty());
    let trace = trace.map(|id| format!(" (trace {id})")).unwrap_or_default();
    let text = format!("{:?}{reason}: {}{trace}", status.code(), status.message());
    text.chars().take(MAX_ERROR_CHARS).collect()
}
