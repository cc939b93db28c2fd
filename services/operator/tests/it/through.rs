//! Through the real evaluator, in this process, on SQLite.

use std::sync::Arc;

use playbook_evaluator::PlaybookEvaluator;
use serde_json::json;
use throughline_proto::playbook::v1::playbook_service_client::PlaybookServiceClient;
use throughline_proto::playbook::v1::{GetPlaybookRequest, ReleaseRevisionRequest};
use throughline_rpc::auth::TokenSource;
use throughline_testkit::{Backend, Harness, Served, TestDb};

use crate::world::{World, settled};

const SAMPLE: &str = include_str!("../../../../samples/playbooks/regulated-enterprise.yaml");
const NAME: &str = "workspaces/demo/playbooks/regulated-enterprise";

struct Real {
    harness: Harness,
    served: Served,
    world: World,
    _db: TestDb,
}

impl Real {
    async fn start() -> Self {
        let harness = Harness::at("2026-06-01T08:00:00Z");
        let db = TestDb::start(Backend::Sqlite).await;
        let nobody = || "http://127.0.0.1:1".to_owned();
        let overrides = vec![
            // Rules alone: training takes seconds.
            ("embeddings.enabled", "false".to_owned()),
            ("peers.transcription_gateway.url", nobody()),
            ("peers.coaching_engine.url", nobody()),
            ("peers.crm_sync.url", nobody()),
            ("peers.forecast.url", nobody()),
        ];
        let served = harness.start::<PlaybookEvaluator>(&db.config_for("playbook_evaluator"), overrides).await;
        // The token of the operator as it has it in a pod: in a file.
        let file = harness.folder().join("token");
        let TokenSource::Issuer(issuer, name) = harness.service_token("operator") else { panic!("an issuer") };
        std::fs::write(&file, format!("{}\n", issuer.service_token(name).unwrap())).unwrap();
        let peer = served.peer(TokenSource::File(Arc::new(file)));
        let world = World::real(peer);
        Self { harness, served, world, _db: db }
    }

    async fn released(&self) -> String {
        let token = self.harness.token("eva@brightledger.example", &["enablement"]);
        let mut client = PlaybookServiceClient::new(self.served.peer(token));
        let request = GetPlaybookRequest { name: NAME.to_owned() };
        client.get_playbook(request).await.unwrap().into_inner().released_revision
    }
}

#[tokio::test]
async fn the_sample_is_stored_released_changed_and_withdrawn() {
    let mut real = Real::start().await;
    let declare = |world: &World, document: &str| {
        world.declare("one", json!({ "workspace": "demo", "document": document, "deletionPolicy": "Withdraw" }));
    };
    declare(&real.world, SAMPLE);
    assert_eq!(real.world.settle("one").await, settled());
    assert_eq!(real.world.status("one").playbook.as_deref(), Some("regulated-enterprise"));
    assert_eq!(real.released().await, format!("{NAME}/revisions/1"));
    real.world.api.writes();
    real.world.restart();
    assert_eq!(real.world.reconcile("one").await, settled());
    assert_eq!(real.world.api.writes(), Vec::<String>::new());

    declare(&real.world, &SAMPLE.replace("new business", "expansion"));
    assert_eq!(real.world.settle("one").await, settled());
    assert_eq!(real.released().await, format!("{NAME}/revisions/2"));

    // A person rolls back; the resource says otherwise.
    let token = real.harness.token("eva@brightledger.example", &["enablement"]);
    let request = ReleaseRevisionRequest { name: format!("{NAME}/revisions/1"), request_id: String::new() };
    PlaybookServiceClient::new(real.served.peer(token)).release_revision(request).await.unwrap();
    assert_eq!(real.world.settle("one").await, settled());
    assert_eq!(real.released().await, format!("{NAME}/revisions/2"));
    assert!(real.world.api.events().contains(&"DriftCorrected".to_owned()));

    declare(&real.world, &SAMPLE.replace("motion:", "motoin:"));
    assert_eq!(real.world.settle("one").await.unwrap_err().reason, "LintFailed");
    assert!(real.world.status("one").findings.iter().any(|finding| finding.path == "motoin" && finding.line > 0));

    real.world.api.delete("playbooks/one");
    real.world.settle("one").await.unwrap();
    assert!(real.world.playbook("one").is_none());
    assert_eq!(real.released().await, "");
    real.served.stop().await;
}

#[tokio::test]
async fn an_unknown_workspace_is_told() {
    let mut real = Real::start().await;
    real.world.declare("one", json!({ "workspace": "elsewhere", "document": SAMPLE }));
    assert_eq!(real.world.settle("one").await.unwrap_err().reason, "WorkspaceUnknown");
    assert!(real.world.condition("one", "Ready").2.contains("elsewhere"));
}
