//! The reconciler with a pretended API server and evaluator around it.

use std::sync::Arc;
use std::time::Duration;

use kube::api::ObjectMeta;
use kube::runtime::controller::Action;
use kube::runtime::events::Reporter;
use kube::runtime::reflector::{self, store::Writer};
use kube::runtime::watcher;
use operator::backoff::{BackoffConfig, Backoffs};
use operator::config::Config;
use operator::evaluator::Evaluator as Client;
use operator::failure::{Class, Failure};
use operator::playbook::{Playbook, PlaybookSpec, PlaybookStatus, Playbooks};
use operator::reconcile::{Context, after_failure, reconcile};
use serde_json::{Value, json};
use throughline_rpc::client::Peer;
use throughline_rpc::{Clock, FixedClock};
use tokio::task::JoinHandle;

use crate::api::Api;
use crate::evaluator::Evaluator;
use crate::fuse::Fuse;

pub const RESYNC: Duration = Duration::from_secs(300);
/// More reconciles than any change needs.
const MANY: usize = 12;

pub struct World {
    pub api: Api,
    /// The pretended one.
    pub evaluator: Evaluator,
    peer: Peer,
    _serving: Option<JoinHandle<()>>,
    context: Arc<Context<Playbook>>,
    writer: Writer<Playbook>,
    clock: Clock,
}

impl World {
    pub async fn start() -> Self {
        let fuse = Fuse::default();
        let evaluator = Evaluator::new(fuse.clone());
        let (peer, serving) = evaluator.serve().await;
        Self { evaluator, _serving: Some(serving), ..Self::over(peer, fuse) }
    }

    /// With another evaluator.
    pub fn real(peer: Peer) -> Self {
        Self::over(peer, Fuse::default())
    }

    fn over(peer: Peer, fuse: Fuse) -> Self {
        let api = Api::new(fuse);
        let clock = Clock::new(FixedClock::new("2026-06-01T08:00:00Z".parse().unwrap()));
        let (context, writer) = context(&api, Client::new(peer.clone()), &clock);
        Self { api, evaluator: Evaluator::default(), peer, _serving: None, context, writer, clock }
    }

    /// The operator starts anew and knows what Kubernetes and the evaluator know.
    pub fn restart(&mut self) {
        let (context, writer) = context(&self.api, Client::new(self.peer.clone()), &self.clock);
        (self.context, self.writer) = (context, writer);
    }

    /// Declares a playbook, or declares it anew.
    pub fn declare(&self, name: &str, spec: Value) {
        let minute = name.len() + usize::from(name.as_bytes()[0] % 50);
        let object = json!({
            "apiVersion": "throughline.io/v1alpha1",
            "kind": "Playbook",
            "metadata": {
                "name": name,
                "namespace": "field",
                "uid": format!("{name}-0000"),
                "creationTimestamp": format!("2026-05-01T08:{minute:02}:00Z"),
            },
            "spec": spec,
        });
        self.api.put(&format!("playbooks/{name}"), object);
    }

    /// One with a document and nothing else said.
    pub fn inline(&self, name: &str, document: &str) {
        self.declare(name, inline(document));
    }

    pub fn config_map(&self, name: &str, data: Value) {
        let metadata = json!({ "name": name, "namespace": "field", "uid": "map" });
        let map = json!({ "apiVersion": "v1", "kind": "ConfigMap", "metadata": metadata, "data": data });
        self.api.put(&format!("configmaps/{name}"), map);
    }

    pub fn playbook(&self, name: &str) -> Option<Playbook> {
        self.api.get(&format!("playbooks/{name}")).map(|object| serde_json::from_value(object).unwrap())
    }

    pub fn status(&self, name: &str) -> PlaybookStatus {
        self.playbook(name).unwrap().status.unwrap_or_default()
    }

    /// Status, reason and message of a condition.
    pub fn condition(&self, name: &str, type_: &str) -> (String, String, String) {
        let status = self.status(name);
        let found = status.conditions.iter().find(|condition| condition.type_ == type_);
        let found = found.unwrap_or_else(|| panic!("no condition {type_} in {status:?}"));
        (found.status.clone(), found.reason.clone(), found.message.clone())
    }

    pub fn ready(&self, name: &str) -> (String, String) {
        let (status, reason, _) = self.condition(name, "Ready");
        (status, reason)
    }

    /// One reconcile, as the controller runs it.
    pub async fn reconcile(&mut self, name: &str) -> Result<Action, Failure> {
        let Some(object) = self.playbook(name) else { return Ok(Action::await_change()) };
        self.writer.apply_watcher_event(&watcher::Event::Apply(object.clone()));
        let object = Arc::new(object);
        let result = reconcile(Arc::clone(&object), Arc::clone(&self.context)).await;
        if let Err(failure) = &result {
            after_failure(object, failure, Arc::clone(&self.context));
        }
        result
    }

    /// Reconciles until nothing more is to be done now; answers with the last result.
    pub async fn settle(&mut self, name: &str) -> Result<Action, Failure> {
        let mut last = self.api.get(&format!("playbooks/{name}"));
        for _ in 0..MANY {
            let result = self.reconcile(name).await;
            let now = self.api.get(&format!("playbooks/{name}"));
            let conflict = result.as_ref().is_err_and(|failure| failure.class == Class::Conflict);
            if now == last && !conflict {
                return result;
            }
            last = now;
        }
        panic!("{name} does not settle: {:?}", last.map(|object| object["status"].clone()));
    }

    /// A reconcile that crashes at its n-th effect; did it get that far?
    pub async fn crash(&mut self, name: &str, effect: i64) -> bool {
        let fuse = self.api.fuse.clone();
        fuse.set(effect);
        let crashed = tokio::select! {
            () = fuse.blown() => true,
            _ = self.settle(name) => false,
        };
        fuse.set(0);
        self.restart();
        crashed
    }

    /// All that was written since it was last asked.
    pub fn writes(&self) -> Vec<String> {
        [self.api.writes(), self.evaluator.writes()].concat()
    }
}

fn context(api: &Api, evaluator: Client, clock: &Clock) -> (Arc<Context<Playbook>>, Writer<Playbook>) {
    let (store, writer) = reflector::store();
    let client = api.client();
    let backoff: BackoffConfig = Config::load(None, false, Vec::new()).unwrap().backoff;
    let context = Context {
        client: client.clone(),
        world: Playbooks { client, evaluator, known: vec![store] },
        clock: clock.clone(),
        backoffs: Backoffs::new(backoff, Some(1)),
        resync_interval: RESYNC,
        reporter: Reporter { controller: "throughline-operator".to_owned(), instance: Some("test".to_owned()) },
    };
    (Arc::new(context), writer)
}

pub fn inline(document: &str) -> Value {
    json!({ "workspace": "demo", "document": document })
}

pub fn settled() -> Result<Action, Failure> {
    Ok(Action::requeue(RESYNC))
}

/// A resource outside any server.
pub fn bare(spec: Value) -> Playbook {
    let spec: PlaybookSpec = serde_json::from_value(spec).unwrap();
    Playbook { metadata: ObjectMeta::default(), spec, status: None }
}
