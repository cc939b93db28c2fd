//! One replica works at a time, and another takes over.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use k8s_openapi::api::coordination::v1::Lease;
use operator::lease::{Candidate, LeaseConfig, Standing};
use throughline_rpc::Clock;
use throughline_testkit::eventually;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

use crate::api::Api;

const LEASE: &str = "leases/operator";

/// Who works now, and how many at most did at once.
#[derive(Clone, Default)]
struct Working {
    now: Arc<Mutex<Vec<&'static str>>>,
    most: Arc<AtomicUsize>,
}

impl Working {
    fn names(&self) -> Vec<&'static str> {
        self.now.lock().unwrap().clone()
    }

    async fn until(&self, names: &[&'static str]) {
        eventually(&format!("{names:?} to work"), || async { (self.names() == names).then_some(()) }).await;
    }
}

/// Works from its making to its end.
struct Shift(Working, &'static str);

impl Shift {
    fn begin(working: &Working, name: &'static str) -> Self {
        let mut now = working.now.lock().unwrap();
        now.push(name);
        working.most.fetch_max(now.len(), Ordering::SeqCst);
        Self(working.clone(), name)
    }
}

impl Drop for Shift {
    fn drop(&mut self) {
        self.0.now.lock().unwrap().retain(|name| *name != self.1);
    }
}

struct Replica {
    shutdown: CancellationToken,
    standing: tokio::sync::watch::Receiver<Standing>,
    task: JoinHandle<anyhow::Result<()>>,
}

/// A replica that works until it is told to end, or, where `stubborn`, until it is dropped.
#[expect(clippy::disallowed_methods, reason = "Replica holds the handle")]
fn replica(api: &Api, name: &'static str, working: &Working, stubborn: bool) -> Replica {
    let config = LeaseConfig {
        name: "operator".to_owned(),
        namespace: String::new(),
        duration: Duration::from_secs(1),
        renew_deadline: Duration::from_millis(600),
        retry_period: Duration::from_millis(50),
    };
    let leases = kube::Api::<Lease>::namespaced(api.client(), "field");
    let candidate = Candidate::new(leases, name.to_owned(), config, Clock::system());
    let (shutdown, standing, working) = (CancellationToken::new(), candidate.standing(), working.clone());
    let token = shutdown.clone();
    let task = tokio::task::spawn(async move {
        let work = |stop: CancellationToken| {
            let working = working.clone();
            async move {
                let _shift = Shift::begin(&working, name);
                if stubborn {
                    std::future::pending::<()>().await;
                }
                stop.cancelled().await;
                Ok(())
            }
        };
        candidate.run(&token, work).await
    });
    Replica { shutdown, standing, task }
}

fn holder(api: &Api) -> Option<String> {
    api.get(LEASE)?["spec"]["holderIdentity"].as_str().map(str::to_owned)
}

fn transitions(api: &Api) -> Option<i64> {
    api.get(LEASE)?["spec"]["leaseTransitions"].as_i64()
}

#[tokio::test]
async fn the_first_works_and_gives_the_lease_back() {
    let (api, working) = (Api::default(), Working::default());
    let mut first = replica(&api, "a", &working, false);
    working.until(&["a"]).await;
    let mut second = replica(&api, "b", &working, false);
    second.standing.wait_for(|standing| *standing == Standing::Waiting).await.unwrap();
    first.standing.wait_for(|standing| *standing == Standing::Leading).await.unwrap();
    assert_eq!((holder(&api).as_deref(), transitions(&api)), (Some("a"), Some(0)));

    first.shutdown.cancel();
    first.task.await.unwrap().unwrap();
    working.until(&["b"]).await;
    assert_eq!((holder(&api).as_deref(), transitions(&api)), (Some("b"), Some(1)));
    assert_eq!(working.most.load(Ordering::SeqCst), 1);
    second.shutdown.cancel();
    second.task.await.unwrap().unwrap();
    assert_eq!(holder(&api), None);
}

#[tokio::test]
async fn a_dead_holder_is_followed_when_its_time_is_over() {
    let (api, working) = (Api::default(), Working::default());
    let first = replica(&api, "a", &working, true);
    working.until(&["a"]).await;
    let second = replica(&api, "b", &working, false);
    first.task.abort();
    let _ = first.task.await;
    assert_eq!(holder(&api).as_deref(), Some("a"), "a crash gives nothing back");
    working.until(&["b"]).await;
    assert_eq!(working.most.load(Ordering::SeqCst), 1);
    second.shutdown.cancel();
    second.task.await.unwrap().unwrap();
}

#[tokio::test]
async fn a_holder_that_can_not_renew_stops_before_another_may_start() {
    let (api, working) = (Api::default(), Working::default());
    let mut stubborn = replica(&api, "a", &working, true);
    working.until(&["a"]).await;
    api.away(true);
    stubborn.standing.wait_for(|standing| *standing == Standing::Waiting).await.unwrap();
    working.until(&[]).await;
    let other = replica(&api, "b", &working, false);
    api.away(false);
    eventually("somebody to work", || async { (!working.names().is_empty()).then_some(()) }).await;
    assert_eq!(working.most.load(Ordering::SeqCst), 1);
    other.shutdown.cancel();
    stubborn.shutdown.cancel();
    other.task.await.unwrap().unwrap();
    stubborn.task.abort();
}

#[tokio::test]
async fn work_that_ends_by_itself_is_a_failure() {
    let api = Api::default();
    let leases = kube::Api::<Lease>::namespaced(api.client(), "field");
    let config = operator::config::Config::load(None, false, Vec::new()).unwrap().lease;
    let candidate = Candidate::new(leases, "a".to_owned(), config, Clock::system());
    let shutdown = CancellationToken::new();
    assert!(candidate.run(&shutdown, |_| async { Ok(()) }).await.is_err());
    assert!(candidate.run(&shutdown, |_| async { anyhow::bail!("broken") }).await.is_err());
    assert!(api.get("leases/throughline-operator").unwrap()["spec"]["holderIdentity"].is_null(), "given back");
}
