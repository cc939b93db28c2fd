//! Who may do and see what.

use chrono::Duration;
use rstest::rstest;
use throughline_proto::playbook::v1::playbook_service_client::PlaybookServiceClient;
use throughline_proto::playbook::v1::{
    GetEvaluationRequest, LintPlaybookRequest, ListEvaluationsRequest, ListPlaybooksRequest,
};
use throughline_testkit::Backend;
use tonic::Code;

use crate::documents;
use crate::talk::Talk;
use crate::world::{PARENT, World, create, evaluate, refusal, release};

const PRIYA: &str = "priya.raman@brightledger.example";
const JO: &str = "jo.lind@brightledger.example";

fn list(parent: &str) -> ListPlaybooksRequest {
    ListPlaybooksRequest { parent: parent.to_owned(), ..Default::default() }
}

#[rstest]
#[tokio::test]
async fn only_enablement_writes_and_releases(#[values(Backend::Sqlite, Backend::Postgres)] backend: Backend) {
    let world = World::start(backend).await;
    let revision = world.created(&documents::small("p")).await;
    for role in ["rep", "manager", "revops"] {
        let mut client = world.playbooks(world.harness.token("someone@brightledger.example", &[role]));
        let denied = (Code::PermissionDenied, "ROLE_REQUIRED".to_owned());
        assert_eq!(refusal(client.create_revision(create(&documents::small("q"))).await), denied);
        assert_eq!(refusal(client.release_revision(release(&revision.name)).await), denied);
        assert_eq!(client.list_playbooks(list(PARENT)).await.unwrap().into_inner().playbooks.len(), 1);
    }
    let talk = Talk::negotiation();
    world.shelve(&talk);
    let asked = world.rep(PRIYA).evaluate_transcript(evaluate(&talk, &revision.name)).await;
    assert_eq!(refusal(asked), (Code::PermissionDenied, "ROLE_REQUIRED".to_owned()));
}

#[rstest]
#[tokio::test]
async fn a_caller_needs_a_token_of_the_workspace(#[values(Backend::Sqlite, Backend::Postgres)] backend: Backend) {
    let world = World::start(backend).await;
    let anonymous = PlaybookServiceClient::new(world.anonymous()).list_playbooks(list(PARENT)).await;
    assert_eq!(refusal(anonymous), (Code::Unauthenticated, "TOKEN_MISSING".to_owned()));
    let late = world.harness.token_for("eva@x.example", "demo", &["enablement"], Duration::hours(-1));
    let late = world.playbooks(late).list_playbooks(list(PARENT)).await;
    assert_eq!(refusal(late), (Code::Unauthenticated, "TOKEN_EXPIRED".to_owned()));
    let other = world.harness.token_for("eva@x.example", "other", &["enablement"], Duration::hours(1));
    let mut other = world.playbooks(other);
    let denied = (Code::PermissionDenied, "WORKSPACE_DENIED".to_owned());
    assert_eq!(refusal(other.list_playbooks(list(PARENT)).await), denied);
    assert_eq!(refusal(other.create_revision(create(&documents::small("p"))).await), denied);
    let lint = LintPlaybookRequest { parent: PARENT.to_owned(), document: String::new() };
    assert_eq!(refusal(other.lint_playbook(lint).await), denied);
    let unknown = (Code::NotFound, "WORKSPACE_UNKNOWN".to_owned());
    assert_eq!(refusal(other.list_playbooks(list("workspaces/other")).await), unknown);
}

#[rstest]
#[tokio::test]
async fn a_rep_sees_its_own_evaluations_only(#[values(Backend::Sqlite, Backend::Postgres)] backend: Backend) {
    let world = World::start(backend).await;
    world.released(&documents::small("p")).await;
    world.finalized(&Talk::negotiation().named("c1")).await;
    world.finalized(&Talk::negotiation().named("c2").by("Jo Lind", JO)).await;
    let all = world.all_evaluations().await;
    let reps: Vec<&str> = all.iter().map(|evaluation| evaluation.rep.as_str()).collect();
    assert_eq!(reps, ["workspaces/demo/reps/jo-lind", "workspaces/demo/reps/priya-raman"]);
    let request = || ListEvaluationsRequest { parent: PARENT.to_owned(), ..Default::default() };
    let own = world.rep(PRIYA).list_evaluations(request()).await.unwrap().into_inner().evaluations;
    assert_eq!(own, all[1..]);
    let of_jo = ListEvaluationsRequest { call: all[0].call.clone(), ..request() };
    assert_eq!(world.rep(PRIYA).list_evaluations(of_jo).await.unwrap().into_inner().evaluations, []);
    let get = |name: &str| GetEvaluationRequest { name: name.to_owned() };
    assert_eq!(world.rep(PRIYA).get_evaluation(get(&all[1].name)).await.unwrap().into_inner(), all[1]);
    assert_eq!(refusal(world.rep(PRIYA).get_evaluation(get(&all[0].name)).await).0, Code::PermissionDenied);
    assert_eq!(world.rep(JO).get_evaluation(get(&all[0].name)).await.unwrap().into_inner(), all[0]);
}
