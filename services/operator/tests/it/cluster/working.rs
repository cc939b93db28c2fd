//! The operator at work with a real API server and a pretended evaluator.

use k8s_openapi::api::coordination::v1::Lease;
use k8s_openapi::api::core::v1::ConfigMap;
use k8s_openapi::api::events::v1::Event;
use kube::api::{DeleteParams, ListParams, Patch, PatchParams};
use kube::{Api, Client, ResourceExt as _};
use operator::config::Config;
use operator::playbook::{Playbook, PlaybookSpec};
use operator::serve::Operator;
use serde_json::{Value, json};
use throughline_rpc::Clock;
use throughline_rpc::auth::TokenSource;
use throughline_rpc::client::{Peer, PeerConfig};
use throughline_testkit::eventually;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

use super::server::Server;
use crate::evaluator::Evaluator;
use crate::world::inline;

const ONE: &str = "id: p\ntitle: One";
const TWO: &str = "id: p\ntitle: Two";

/// A replica of the operator that watches one namespace.
struct Replica {
    shutdown: CancellationToken,
    task: JoinHandle<anyhow::Result<()>>,
}

impl Replica {
    #[expect(clippy::disallowed_methods, reason = "the replica holds the handle")]
    async fn start(server: &Server, namespace: &str, evaluator: &Evaluator) -> Self {
        let overrides = [
            ("server.admin_listen", ""),
            ("lease.duration", "2s"),
            ("lease.renew_deadline", "1s"),
            ("lease.retry_period", "100ms"),
            ("kubernetes.resync_interval", "1s"),
            ("backoff.evaluator_first", "50ms"),
        ];
        let config = Config::load(None, false, overrides.map(|(key, value)| (key, value.to_owned())).to_vec()).unwrap();
        config.check().unwrap();
        let client = server.operator(namespace).await;
        let (peer, serving) = evaluator.serve().await;
        // No SpeechEngine is declared in these namespaces.
        let nobody = PeerConfig::plain("http://127.0.0.1:1");
        let gateway = Peer::connect("transcription-gateway", &nobody, TokenSource::Anonymous).unwrap();
        let shutdown = CancellationToken::new();
        let running = Operator::over(config, client, Clock::system(), (peer, gateway)).run(shutdown.clone());
        let task = tokio::task::spawn(async move {
            let ended = running.await;
            serving.abort();
            ended
        });
        Self { shutdown, task }
    }

    async fn stop(self) {
        self.shutdown.cancel();
        self.task.await.unwrap().unwrap();
    }
}

async fn declare(client: &Client, name: &str, spec: Value) {
    let spec: PlaybookSpec = serde_json::from_value(spec).unwrap();
    let api = Api::<Playbook>::default_namespaced(client.clone());
    let mut playbook = Playbook::new(name, spec);
    playbook.metadata.managed_fields = None;
    api.patch(name, &PatchParams::apply("person").force(), &Patch::Apply(&playbook)).await.unwrap();
}

/// The playbook once `Ready` has this reason for the generation that is declared now.
async fn ready(client: &Client, name: &str, reason: &str) -> Playbook {
    let api = Api::<Playbook>::default_namespaced(client.clone());
    eventually(&format!("{name} to be {reason}"), || async {
        let playbook = api.get(name).await.unwrap();
        let status = playbook.status.clone()?;
        let ready = status.conditions.iter().find(|condition| condition.type_ == "Ready")?;
        (ready.reason == reason && ready.observed_generation == playbook.metadata.generation).then_some(playbook)
    })
    .await
}

async fn holder(client: &Client) -> Option<String> {
    let leases = Api::<Lease>::default_namespaced(client.clone());
    leases.get("throughline-operator").await.unwrap().spec.unwrap().holder_identity
}

pub async fn documents_are_applied_and_shown(server: &Server) {
    let evaluator = Evaluator::default();
    let replica = Replica::start(server, "field", &evaluator).await;
    let client = server.admin("field").await;
    declare(&client, "inline", inline(ONE)).await;
    let playbook = ready(&client, "inline", "Released").await;
    let owners: Vec<_> = playbook.managed_fields().iter().filter(|field| field.subresource.is_some()).collect();
    assert_eq!(owners.len(), 1);
    assert_eq!(owners[0].manager.as_deref(), Some("throughline-operator"));
    let table = server.kubectl(&["get", "pb", "--namespace=field"]);
    let rows: Vec<Vec<&str>> = table.lines().map(|line| line.split_whitespace().collect()).collect();
    assert_eq!(rows[0], ["NAME", "PLAYBOOK", "REVISION", "RELEASED", "READY", "REASON", "AGE"]);
    assert_eq!(rows[1][..6], ["inline", "p", "1", "1", "True", "Released"]);
    assert!(server.kubectl(&["get", "throughline", "--namespace=field"]).contains("inline"), "the category");

    // The ConfigMap comes after what refers to it, and changes.
    let source = json!({ "configMapKeyRef": { "name": "books", "key": "q.yaml" } });
    declare(&client, "mapped", json!({ "workspace": "demo", "documentFrom": source })).await;
    ready(&client, "mapped", "DocumentMissing").await;
    let maps = Api::<ConfigMap>::default_namespaced(client.clone());
    let map = |text: &str| json!({ "apiVersion": "v1", "kind": "ConfigMap", "metadata": { "name": "books" }, "data": { "q.yaml": text } });
    for (text, reason) in [("id: q", "Released"), ("id: q\nplan: bad", "LintFailed"), ("id: q\nv: 2", "Released")] {
        maps.patch("books", &PatchParams::apply("person"), &Patch::Apply(map(text))).await.unwrap();
        ready(&client, "mapped", reason).await;
    }
    assert_eq!(evaluator.stored()["q"].released, Some(2));

    evaluator.by_hand(|playbooks| playbooks.get_mut("p").unwrap().released = None);
    eventually("the drift to be put right", || async { evaluator.stored()["p"].released }).await;

    // Deletion waits for the evaluator.
    declare(&client, "going", json!({ "workspace": "demo", "document": "id: r", "deletionPolicy": "Withdraw" })).await;
    ready(&client, "going", "Released").await;
    evaluator.away(true);
    let api = Api::<Playbook>::default_namespaced(client.clone());
    api.delete("going", &DeleteParams::default()).await.unwrap();
    ready(&client, "inline", "EvaluatorUnavailable").await;
    assert!(api.get("going").await.unwrap().metadata.deletion_timestamp.is_some());
    evaluator.away(false);
    eventually("the resource to go", || async { api.get_opt("going").await.unwrap().is_none().then_some(()) }).await;
    assert_eq!(evaluator.stored()["r"].released, None);
    ready(&client, "inline", "Released").await;

    let events = Api::<Event>::default_namespaced(client).list(&ListParams::default()).await.unwrap();
    let reasons: Vec<String> = events.into_iter().filter_map(|event| event.reason).collect();
    for reason in ["RevisionCreated", "Released", "DocumentMissing", "LintFailed", "DriftCorrected", "Withdrawn"] {
        assert!(reasons.iter().any(|found| found == reason), "{reason} is not in {reasons:?}");
    }
    replica.stop().await;
}

pub async fn what_is_settled_is_left_alone(server: &Server) {
    let evaluator = Evaluator::default();
    let replica = Replica::start(server, "calm", &evaluator).await;
    let client = server.admin("calm").await;
    declare(&client, "one", inline(ONE)).await;
    let version = ready(&client, "one", "Released").await.resource_version();
    evaluator.writes();
    let reads = evaluator.reads();
    eventually("some resyncs", || async { (evaluator.reads() >= reads + 3).then_some(()) }).await;
    // A restart finds nothing to do either.
    replica.stop().await;
    let reads = evaluator.reads();
    let replica = Replica::start(server, "calm", &evaluator).await;
    eventually("a reconcile after the restart", || async { (evaluator.reads() >= reads + 2).then_some(()) }).await;
    replica.stop().await;
    assert_eq!(ready(&client, "one", "Released").await.resource_version(), version);
    assert_eq!(evaluator.writes(), Vec::<String>::new());
}

pub async fn a_dead_replica_is_followed(server: &Server) {
    let evaluator = Evaluator::default();
    let client = server.admin("crash").await;
    let first = Replica::start(server, "crash", &evaluator).await;
    declare(&client, "one", inline(ONE)).await;
    ready(&client, "one", "Released").await;
    let before = holder(&client).await;
    let second = Replica::start(server, "crash", &evaluator).await;
    first.task.abort();
    assert!(first.task.await.is_err());
    declare(&client, "one", inline(TWO)).await;
    ready(&client, "one", "Released").await;
    let after = holder(&client).await;
    assert!(before.is_some() && after.is_some() && before != after);
    second.stop().await;
    assert_eq!(holder(&client).await, None, "given back");
}

pub async fn a_stop_lets_what_runs_finish(server: &Server) {
    let evaluator = Evaluator::default();
    let client = server.admin("stop").await;
    let replica = Replica::start(server, "stop", &evaluator).await;
    evaluator.hold(true);
    declare(&client, "one", inline(ONE)).await;
    eventually("a revision to be asked for", || async { (evaluator.held() > 0).then_some(()) }).await;
    replica.shutdown.cancel();
    assert!(!replica.task.is_finished());
    assert!(holder(&client).await.is_some(), "held while something runs");
    evaluator.hold(false);
    replica.stop().await;
    let playbook = Api::<Playbook>::default_namespaced(client.clone()).get("one").await.unwrap();
    assert_eq!(playbook.status.unwrap().released_revision, Some(1));
    assert_eq!(holder(&client).await, None);
}
