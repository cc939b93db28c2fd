//! Decides whether a service is ready, from what it says of itself and never from what its peers do: replicas that drop
//! out together because of one peer would make its trouble everybody's.

use std::future::Future;
use std::pin::Pin;
use std::time::Duration;

use futures::future::join_all;

use crate::health::Health;

type Outcome = Pin<Box<dyn Future<Output = anyhow::Result<()>> + Send>>;

/// Wait after a round that passed, and after one that did not.
const INTERVAL: Duration = Duration::from_secs(5);
const AGAIN: Duration = Duration::from_secs(1);
/// A check that takes longer has failed.
const TIMEOUT: Duration = Duration::from_secs(3);
/// Rounds in a row that must fail before a ready service is not: one slow answer takes nobody out.
const FAILURES: u32 = 3;

/// Something that a service can't serve without.
pub(crate) struct Check {
    name: &'static str,
    run: Box<dyn Fn() -> Outcome + Send + Sync>,
}

impl Check {
    pub(crate) fn new<F, Fut>(name: &'static str, run: F) -> Self
    where
        F: Fn() -> Fut + Send + Sync + 'static,
        Fut: Future<Output = anyhow::Result<()>> + Send + 'static,
    {
        Self { name, run: Box::new(move || Box::pin(run())) }
    }

    async fn passes(&self) -> Result<(), String> {
        let outcome = tokio::time::timeout(TIMEOUT, (self.run)()).await;
        let outcome = outcome.unwrap_or_else(|_| Err(anyhow::anyhow!("no answer within {TIMEOUT:?}")));
        outcome.map_err(|error| format!("{}: {error:#}", self.name))
    }
}

/// The checks of a service and what came of them.
pub(crate) struct Readiness {
    service: &'static str,
    checks: Vec<Check>,
    damper: Damper,
    health: Health,
}

impl Readiness {
    pub(crate) fn new(service: &'static str, checks: Vec<Check>, health: Health) -> Self {
        Self { service, checks, damper: Damper::default(), health }
    }

    /// Looks once; how long to wait before the next time.
    pub(crate) async fn round(&mut self) -> Duration {
        let outcomes = join_all(self.checks.iter().map(Check::passes)).await;
        let failed: Vec<String> = outcomes.into_iter().filter_map(Result::err).collect();
        match self.damper.take(failed.is_empty()) {
            None if failed.is_empty() => {}
            None => tracing::debug!(service = self.service, causes = failed.join("; "), "a readiness check failed"),
            Some(true) => {
                tracing::info!(service = self.service, "ready");
                self.health.set_ready(true).await;
            }
            Some(false) => {
                tracing::warn!(service = self.service, causes = failed.join("; "), "not ready");
                self.health.set_ready(false).await;
            }
        }
        if failed.is_empty() { INTERVAL } else { AGAIN }
    }

    /// Looks again and again; never ends by itself.
    pub(crate) async fn keep_looking(&mut self, mut wait: Duration) {
        loop {
            tokio::time::sleep(wait).await;
            wait = self.round().await;
        }
    }
}

/// Ready at the first success, not ready after some failures in a row.
#[derive(Debug, Default)]
struct Damper {
    ready: bool,
    failures: u32,
}

impl Damper {
    /// What is new, if anything.
    fn take(&mut self, passed: bool) -> Option<bool> {
        self.failures = if passed { 0 } else { self.failures.saturating_add(1) };
        let ready = passed || (self.ready && self.failures < FAILURES);
        (std::mem::replace(&mut self.ready, ready) != ready).then_some(ready)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_way_out_is_damped() {
        let mut damper = Damper::default();
        let told: Vec<_> = [false, true, false, false, true, false, false, false, false, true, true]
            .into_iter()
            .map(|passed| damper.take(passed))
            .collect();
        let (ready, not_ready) = (Some(true), Some(false));
        assert_eq!(told, [None, ready, None, None, None, None, None, not_ready, None, ready, None]);
    }
}
