//! The reconciler with a pretended API server and evaluator around it.

use kube::api::ObjectMeta;
use kube::runtime::controller::Action;
use operator::evaluator::Evaluator as Client;
use operator::failure::Failure;
use operator::playbook::{Playbook, PlaybookSpec, PlaybookStatus, Playbooks};
use serde_json::{Value, json};
use throughline_rpc::client::Peer;
use throughline_rpc::{Clock, FixedClock};
use tokio::task::JoinHandle;

use crate::api::Api;
use crate::driver::Driver;
pub use crate::driver::settled;
use crate::evaluator::Evaluator;
use crate::fuse::Fuse;

pub struct World {
    pub api: Api,
    /// The pretended one.
    pub evaluator: Evaluator,
    peer: Peer,
    _serving: Option<JoinHandle<()>>,
    driver: Driver<Playbook>,
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
        let driver = driver(&api, &peer, &clock);
        Self { api, evaluator: Evaluator::default(), peer, _serving: None, driver, clock }
    }

    /// The operator starts anew and knows what Kubernetes and the evaluator know.
    pub fn restart(&mut self) {
        self.driver = driver(&self.api, &self.peer, &self.clock);
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
        self.driver.object(name)
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
        self.driver.reconcile(name).await
    }

    /// Reconciles until nothing more is to be done now; answers with the last result.
    pub async fn settle(&mut self, name: &str) -> Result<Action, Failure> {
        self.driver.settle(name).await
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

fn driver(api: &Api, peer: &Peer, clock: &Clock) -> Driver<Playbook> {
    let (client, evaluator) = (api.client(), Client::new(peer.clone()));
    Driver::new(api, "playbooks", clock, |store| Playbooks { client, evaluator, known: vec![store] })
}

pub fn inline(document: &str) -> Value {
    json!({ "workspace": "demo", "document": document })
}

/// A resource outside any server.
pub fn bare(spec: Value) -> Playbook {
    let spec: PlaybookSpec = serde_json::from_value(spec).unwrap();
    Playbook { metadata: ObjectMeta::default(), spec, status: None }
}
