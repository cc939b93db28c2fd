//! One replica works at a time: they agree by a Lease, as client-go's leader election does. The library crates for it
//! are made for earlier versions of kube.
//!
//! Clocks of machines are never compared. A holder counts as silent when the Lease has not changed for its duration by
//! the observer's own clock; a holder that can't renew stops `duration - renew_deadline` before that.

use std::future::Future;
use std::pin::pin;
use std::time::Duration;

use k8s_openapi::api::coordination::v1::{Lease, LeaseSpec};
use k8s_openapi::apimachinery::pkg::apis::meta::v1::MicroTime;
use k8s_openapi::jiff::Timestamp;
use kube::api::{ObjectMeta, PostParams};
use kube::{Api, ResourceExt as _};
use serde::{Deserialize, Serialize};
use throughline_rpc::Clock;
use tokio::sync::watch;
use tokio::time::{Instant, sleep, timeout, timeout_at};
use tokio_util::sync::CancellationToken;

use crate::FIELD_MANAGER;

/// `[lease]`.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LeaseConfig {
    /// Name of the Lease.
    pub name: String,
    /// Its namespace; empty for the operator's own.
    pub namespace: String,
    /// How long the others wait for a holder that is silent; whole seconds.
    #[serde(with = "humantime_serde")]
    pub duration: Duration,
    /// A holder that can't renew for this long stops working.
    #[serde(with = "humantime_serde")]
    pub renew_deadline: Duration,
    /// How often the holder renews and the others look.
    #[serde(with = "humantime_serde")]
    pub retry_period: Duration,
}

/// Where this replica stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Standing {
    /// It has not heard of the Lease yet.
    Unknown,
    /// Another works.
    Waiting,
    /// It works.
    Leading,
}

/// A replica that may hold the Lease.
pub struct Candidate {
    api: Api<Lease>,
    identity: String,
    config: LeaseConfig,
    clock: Clock,
    standing: watch::Sender<Standing>,
}

/// What became of one try.
#[derive(Debug, PartialEq, Eq)]
enum Claim {
    /// The Lease is ours.
    Held,
    /// It is another's.
    Taken,
    /// Somebody wrote at the same time.
    Overtaken,
}

/// The Lease as it was last seen to change.
struct Seen {
    version: Option<String>,
    at: Instant,
}

impl Candidate {
    /// A candidate with an identity that no other has.
    #[must_use]
    pub fn new(api: Api<Lease>, identity: String, config: LeaseConfig, clock: Clock) -> Self {
        Self { api, identity, config, clock, standing: watch::Sender::new(Standing::Unknown) }
    }

    /// Where it stands, to be watched.
    #[must_use]
    pub fn standing(&self) -> watch::Receiver<Standing> {
        self.standing.subscribe()
    }

    /// Runs `work` whenever the Lease is held, until `shutdown`. The token that `work` gets is cancelled when it has to
    /// end: it may finish what it does, and is dropped if it is not done when the Lease runs out. At shutdown the Lease
    /// is renewed until `work` has ended, then given back.
    ///
    /// # Errors
    /// What `work` fails with, or that it ended by itself.
    pub async fn run<W, F>(&self, shutdown: &CancellationToken, work: W) -> anyhow::Result<()>
    where
        W: Fn(CancellationToken) -> F,
        F: Future<Output = anyhow::Result<()>>,
    {
        let mut seen = None;
        loop {
            tokio::select! {
                () = shutdown.cancelled() => {
                    // It may have been granted in this very moment.
                    self.release().await;
                    return Ok(());
                }
                () = self.acquire(&mut seen) => {}
            }
            self.stands(Standing::Leading);
            let stop = shutdown.child_token();
            let mut working = pin!(work(stop.clone()));
            tokio::select! {
                result = &mut working => {
                    self.release().await;
                    self.stands(Standing::Waiting);
                    anyhow::ensure!(result.is_err() || shutdown.is_cancelled(), "the controllers ended by themselves");
                    return result;
                }
                expires = self.keep(&mut seen) => {
                    stop.cancel();
                    self.stands(Standing::Waiting);
                    if timeout_at(expires, working).await.is_err() {
                        tracing::warn!("dropped what was still running when the lease ran out");
                    }
                }
            }
        }
    }

    async fn acquire(&self, seen: &mut Option<Seen>) {
        loop {
            match timeout(self.config.renew_deadline, self.attempt(seen)).await {
                Ok(Ok(Claim::Held)) => return,
                Ok(Ok(Claim::Taken | Claim::Overtaken)) => self.stands(Standing::Waiting),
                Ok(Err(error)) => tracing::warn!(%error, "the lease can't be read or written"),
                Err(_) => tracing::warn!("no answer about the lease"),
            }
            sleep(self.config.retry_period).await;
        }
    }

    /// Renews until that is no longer possible; answers with when others may take over.
    async fn keep(&self, seen: &mut Option<Seen>) -> Instant {
        let mut renewed = Instant::now();
        loop {
            sleep(self.config.retry_period).await;
            let tried = Instant::now();
            match timeout_at(renewed + self.config.renew_deadline, self.attempt(seen)).await {
                Ok(Ok(Claim::Held)) => renewed = tried,
                Ok(Ok(Claim::Taken)) => {
                    tracing::warn!("another replica holds the lease");
                    return tried;
                }
                Ok(Ok(Claim::Overtaken)) => {}
                Ok(Err(error)) => tracing::warn!(%error, "the lease can't be renewed"),
                Err(_) => tracing::warn!("no answer about the lease"),
            }
            if renewed.elapsed() >= self.config.renew_deadline {
                return renewed + self.config.duration;
            }
        }
    }

    async fn attempt(&self, seen: &mut Option<Seen>) -> Result<Claim, kube::Error> {
        let Some(lease) = self.api.get_opt(&self.config.name).await? else {
            let metadata = ObjectMeta { name: Some(self.config.name.clone()), ..ObjectMeta::default() };
            let lease = Lease { metadata, spec: Some(self.held(&LeaseSpec::default())) };
            return overtaken(self.api.create(&parameters(), &lease).await);
        };
        let version = lease.resource_version();
        let last = match seen.take() {
            Some(known) if known.version == version => known,
            _ => Seen { version, at: Instant::now() },
        };
        let silent = last.at.elapsed();
        *seen = Some(last);
        let spec = lease.spec.clone().unwrap_or_default();
        let holder = spec.holder_identity.as_deref().unwrap_or_default();
        let promised = spec.lease_duration_seconds.and_then(|seconds| u64::try_from(seconds).ok());
        let promised = promised.map_or(self.config.duration, Duration::from_secs);
        if !holder.is_empty() && holder != self.identity && silent < promised {
            return Ok(Claim::Taken);
        }
        let lease = Lease { spec: Some(self.held(&spec)), ..lease };
        overtaken(self.api.replace(&self.config.name, &parameters(), &lease).await)
    }

    /// The Lease as ours, after `before`.
    fn held(&self, before: &LeaseSpec) -> LeaseSpec {
        let now = Timestamp::from_microsecond(self.clock.now().timestamp_micros()).ok().map(MicroTime);
        let same = before.holder_identity.as_ref() == Some(&self.identity);
        let transitions = before.lease_transitions.unwrap_or_default();
        LeaseSpec {
            holder_identity: Some(self.identity.clone()),
            lease_duration_seconds: i32::try_from(self.config.duration.as_secs()).ok(),
            acquire_time: if same { before.acquire_time.clone() } else { now.clone() },
            renew_time: now,
            lease_transitions: Some(if same || before.acquire_time.is_none() { transitions } else { transitions + 1 }),
            ..before.clone()
        }
    }

    /// Gives the Lease back, so that the next replica need not wait. Where that fails it runs out by itself.
    async fn release(&self) {
        let give_back = async {
            let Some(mut lease) = self.api.get_opt(&self.config.name).await? else { return Ok(()) };
            let Some(spec) = lease.spec.as_mut() else { return Ok(()) };
            if spec.holder_identity.as_ref() == Some(&self.identity) {
                spec.holder_identity = None;
                self.api.replace(&self.config.name, &parameters(), &lease).await?;
                tracing::info!("gave the lease back");
            }
            Ok::<(), kube::Error>(())
        };
        match timeout(self.config.renew_deadline, give_back).await {
            Ok(Ok(())) => {}
            Ok(Err(error)) => tracing::warn!(%error, "the lease can't be given back"),
            Err(_) => tracing::warn!("no answer about the lease"),
        }
    }

    fn stands(&self, standing: Standing) {
        if self.standing.send_replace(standing) != standing {
            tracing::info!(?standing, identity = self.identity, lease = self.config.name, "leader election");
        }
    }
}

fn parameters() -> PostParams {
    PostParams { field_manager: Some(FIELD_MANAGER.to_owned()), ..PostParams::default() }
}

fn overtaken(written: Result<Lease, kube::Error>) -> Result<Claim, kube::Error> {
    match written {
        Ok(_) => Ok(Claim::Held),
        Err(kube::Error::Api(status)) if status.is_conflict() || status.is_already_exists() => Ok(Claim::Overtaken),
        Err(error) => Err(error),
    }
}
