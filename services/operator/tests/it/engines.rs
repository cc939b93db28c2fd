//! Speech engines as resources, through the real gateway, in this process, on SQLite.

use operator::failure::Class;
use operator::gateway::Gateway;
use operator::speech_engine::{SpeechEngine, SpeechEngineStatus, SpeechEngines};
use serde_json::{Value, json};
use throughline_proto::transcription::v1 as pb;
use throughline_proto::transcription::v1::speech_engine_service_client::SpeechEngineServiceClient;
use throughline_rpc::auth::TokenSource;
use throughline_rpc::client::{Peer, PeerConfig};
use throughline_rpc::{Clock, FixedClock};
use throughline_testkit::{Backend, Harness, Served, TestDb};
use transcription_gateway::TranscriptionGateway;

use crate::api::Api;
use crate::driver::{Driver, settled};
use crate::fuse::Fuse;

const FINALIZER: &str = "throughline.io/remove";

struct World {
    harness: Harness,
    served: Served,
    api: Api,
    clock: Clock,
    driver: Driver<SpeechEngine>,
    _db: TestDb,
}

impl World {
    async fn start() -> Self {
        let harness = Harness::at("2026-06-01T08:00:00Z");
        let db = TestDb::start(Backend::Sqlite).await;
        let overrides = vec![
            ("peers.playbook_evaluator.url", "http://127.0.0.1:1".to_owned()),
            ("recordings.dir", harness.folder().join("recordings").display().to_string()),
            ("speech.models_dir", harness.folder().join("models").display().to_string()),
            ("speech.allowed_hosts[0]", "speech.example".to_owned()),
        ];
        let database = db.config_for(transcription_gateway::store::SCHEMA);
        let served = harness.start::<TranscriptionGateway>(&database, overrides).await;
        let api = Api::new(Fuse::default());
        let clock = Clock::new(FixedClock::new("2026-06-01T08:00:00Z".parse().unwrap()));
        let driver = driver(&api, &clock, served.peer(harness.service_token("operator")));
        Self { harness, served, api, clock, driver, _db: db }
    }

    /// The operator starts anew, with the gateway at `peer`.
    fn restart(&mut self, peer: Peer) {
        self.driver = driver(&self.api, &self.clock, peer);
    }

    fn gateway(&self) -> Peer {
        self.served.peer(self.harness.service_token("operator"))
    }

    fn declare(&self, name: &str, minute: u32, spec: Value) {
        let object = json!({
            "apiVersion": "throughline.io/v1alpha1",
            "kind": "SpeechEngine",
            "metadata": {
                "name": name,
                "namespace": "field",
                "uid": format!("{name}-0000"),
                "creationTimestamp": format!("2026-05-01T08:{minute:02}:00Z"),
            },
            "spec": spec,
        });
        self.api.put(&format!("speechengines/{name}"), object);
    }

    fn status(&self, name: &str) -> SpeechEngineStatus {
        self.driver.object(name).unwrap().status.unwrap_or_default()
    }

    fn condition(&self, name: &str, type_: &str) -> (String, String, String) {
        let status = self.status(name);
        let found = status.conditions.iter().find(|condition| condition.type_ == type_).unwrap();
        (found.status.clone(), found.reason.clone(), found.message.clone())
    }

    fn administrator(&self) -> SpeechEngineServiceClient<Peer> {
        let token = self.harness.token("ada@brightledger.example", &["admin"]);
        SpeechEngineServiceClient::new(self.served.peer(token))
    }

    async fn stored(&self, id: &str) -> Option<pb::SpeechEngine> {
        let name = format!("workspaces/demo/speechEngines/{id}");
        let found = self.administrator().get_speech_engine(pb::GetSpeechEngineRequest { name }).await;
        found.ok().map(tonic::Response::into_inner).filter(|engine| !engine.etag.is_empty())
    }
}

fn driver(api: &Api, clock: &Clock, peer: Peer) -> Driver<SpeechEngine> {
    let world = |store| SpeechEngines { gateway: Gateway::new(peer), known: vec![store] };
    Driver::new(api, "speechengines", clock, world)
}

fn gpu() -> Value {
    json!({
        "workspace": "demo",
        "openai": { "baseUrl": "https://speech.example/v1", "model": "whisper-1" },
        "routes": [{ "languages": ["de"], "modes": ["Batch"], "priority": 200 }],
    })
}

#[tokio::test]
async fn a_declared_engine_is_at_the_gateway_and_shown() {
    let mut world = World::start().await;
    world.declare("gpu", 1, gpu());
    assert_eq!(world.driver.settle("gpu").await, settled());
    let stored = world.stored("gpu").await.unwrap();
    assert_eq!((stored.max_concurrent, stored.enabled, stored.timeout.unwrap().seconds), (4, Some(true), 10));
    assert_eq!((stored.routes[0].languages.as_slice(), stored.routes[0].priority), (&["de".to_owned()][..], 200));
    let status = world.status("gpu");
    assert_eq!((status.engine.as_deref(), status.kind.as_deref()), (Some("gpu"), Some("openai")));
    assert_eq!((status.etag.as_deref(), status.applied_generation), (Some("1"), Some(1)));
    assert_eq!(world.condition("gpu", "Ready").1, "Applied");
    assert_ne!(world.condition("gpu", "Healthy").0, "True", "nobody asked it");
    assert_eq!(world.api.events(), ["Applied"]);
    assert_eq!(world.driver.object("gpu").unwrap().metadata.finalizers.unwrap(), [FINALIZER]);

    world.api.writes();
    for _ in 0..3 {
        assert_eq!(world.driver.reconcile("gpu").await, settled());
    }
    world.restart(world.gateway());
    assert_eq!(world.driver.reconcile("gpu").await, settled());
    assert_eq!((world.api.writes(), world.api.events().len()), (Vec::<String>::new(), 1));
    assert_eq!(world.stored("gpu").await.unwrap().etag, "1");

    let mut changed = gpu();
    changed["enabled"] = json!(false);
    world.declare("gpu", 1, changed);
    assert_eq!(world.driver.settle("gpu").await, settled());
    assert_eq!(
        (world.stored("gpu").await.unwrap().enabled, world.condition("gpu", "Ready").1),
        (Some(false), "Disabled".to_owned())
    );
}

#[tokio::test]
async fn what_is_changed_or_removed_by_hand_is_put_right() {
    let mut world = World::start().await;
    world.declare("gpu", 1, gpu());
    world.driver.settle("gpu").await.unwrap();
    let name = "workspaces/demo/speechEngines/gpu".to_owned();
    let by_hand = pb::SpeechEngine { name: name.clone(), max_concurrent: 77, ..Default::default() };
    let request = pb::UpdateSpeechEngineRequest { speech_engine: Some(by_hand), ..Default::default() };
    world.administrator().update_speech_engine(request).await.unwrap();
    assert_eq!(world.driver.settle("gpu").await, settled());
    assert_eq!(world.stored("gpu").await.unwrap().max_concurrent, 4);
    let request = pb::DeleteSpeechEngineRequest { name, ..Default::default() };
    world.administrator().delete_speech_engine(request).await.unwrap();
    assert_eq!(world.driver.settle("gpu").await, settled());
    assert!(world.stored("gpu").await.is_some());
    assert_eq!(world.api.events(), ["Applied", "DriftCorrected", "DriftCorrected"]);
}

#[tokio::test]
async fn an_operator_that_died_before_it_wrote_the_status_says_no_drift() {
    let mut world = World::start().await;
    world.declare("gpu", 1, gpu());
    // Claimed and applied, but the status was lost on the way.
    world.driver.reconcile("gpu").await.unwrap();
    world.driver.reconcile("gpu").await.unwrap();
    let mut object = world.api.get("speechengines/gpu").unwrap();
    let status = json!({ "engine": "gpu", "observedGeneration": 1 });
    world.driver.settle("gpu").await.unwrap();
    object["status"] = status;
    world.api.put("speechengines/gpu", object);
    world.restart(world.gateway());
    assert_eq!(world.driver.settle("gpu").await, settled());
    assert_eq!(world.stored("gpu").await.unwrap().etag, "1");
    assert_eq!(world.api.events(), ["Applied"]);
}

#[tokio::test]
async fn what_the_gateway_refuses_is_told_and_tried_again() {
    let mut world = World::start().await;
    let kind = json!({ "baseUrl": "https://10.0.0.1/v1", "model": "whisper-1" });
    world.declare("gpu", 1, json!({ "workspace": "demo", "openai": kind }));
    let failure = world.driver.settle("gpu").await.unwrap_err();
    assert_eq!((failure.class, failure.reason), (Class::Refused, "EngineRefused"));
    let (status, reason, message) = world.condition("gpu", "Ready");
    assert_eq!((status.as_str(), reason.as_str()), ("False", "EngineRefused"));
    assert!(message.contains("speech.allowed_hosts"), "{message}");
    assert_eq!(world.api.events(), ["EngineRefused"]);
    world.declare("gpu", 1, json!({ "workspace": "elsewhere", "embedded": {} }));
    assert!(world.driver.settle("gpu").await.is_err());
}

#[tokio::test]
async fn a_gateway_that_is_away_is_waited_for_and_deletion_waits_too() {
    let mut world = World::start().await;
    world.declare("gpu", 1, gpu());
    let away = Peer::connect("transcription-gateway", &PeerConfig::plain("http://127.0.0.1:1"), TokenSource::Anonymous);
    world.restart(away.unwrap());
    let failure = world.driver.settle("gpu").await.unwrap_err();
    assert_eq!((failure.class, failure.reason), (Class::Away, "GatewayUnavailable"));
    assert_eq!(world.condition("gpu", "Ready").0, "Unknown");
    world.restart(world.gateway());
    assert_eq!(world.driver.settle("gpu").await, settled());

    world.api.delete("speechengines/gpu");
    let away = Peer::connect("transcription-gateway", &PeerConfig::plain("http://127.0.0.1:1"), TokenSource::Anonymous);
    world.restart(away.unwrap());
    assert_eq!(world.driver.reconcile("gpu").await.unwrap_err().class, Class::Away);
    assert!(world.driver.object("gpu").is_some() && world.stored("gpu").await.is_some());
    world.restart(world.gateway());
    world.driver.settle("gpu").await.unwrap();
    assert!(world.driver.object("gpu").is_none() && world.stored("gpu").await.is_none());
    assert_eq!(world.api.events().last().unwrap(), "Removed");
}

#[tokio::test]
async fn what_is_retained_stays_and_of_two_the_older_has_it() {
    let mut world = World::start().await;
    let mut retained = gpu();
    retained["deletionPolicy"] = json!("Retain");
    world.declare("gpu", 1, retained);
    world.driver.settle("gpu").await.unwrap();
    let mut second = gpu();
    second["engineId"] = json!("gpu");
    world.declare("second", 2, second);
    let failure = world.driver.settle("second").await.unwrap_err();
    assert_eq!(failure.reason, "EngineTaken");
    world.api.delete("speechengines/second");
    world.driver.settle("second").await.unwrap();
    assert!(world.driver.object("second").is_none());
    assert!(world.stored("gpu").await.is_some(), "it was never the second one's");
    world.api.delete("speechengines/gpu");
    assert!(world.driver.object("gpu").is_none());
    assert!(world.stored("gpu").await.is_some());
}

#[tokio::test]
async fn the_engine_that_every_workspace_has_is_switched_off_and_comes_back() {
    let mut world = World::start().await;
    world.declare("off", 1, json!({ "workspace": "demo", "engineId": "embedded", "embedded": {}, "enabled": false }));
    assert_eq!(world.driver.settle("off").await, settled());
    assert_eq!(world.stored("embedded").await.unwrap().enabled, Some(false));
    assert_eq!(world.status("off").languages, ["en"]);
    world.api.delete("speechengines/off");
    world.driver.settle("off").await.unwrap();
    assert!(world.stored("embedded").await.is_none());
}
