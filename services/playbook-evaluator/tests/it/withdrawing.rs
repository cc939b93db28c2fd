//! A withdrawn playbook is kept, and calls are no longer evaluated against it.

use rstest::rstest;
use throughline_proto::playbook::v1::{GetPlaybookRequest, GetRevisionRequest, Playbook, WithdrawPlaybookRequest};
use throughline_testkit::Backend;
use tonic::Code;

use crate::documents;
use crate::talk::Talk;
use crate::world::{PARENT, World, fields, refusal, release};

fn withdraw(id: &str, request_id: &str) -> WithdrawPlaybookRequest {
    WithdrawPlaybookRequest { name: format!("{PARENT}/playbooks/{id}"), request_id: request_id.to_owned() }
}

async fn withdrawn(world: &World, id: &str) -> Playbook {
    world.enablement().withdraw_playbook(withdraw(id, "")).await.unwrap().into_inner()
}

#[rstest]
#[tokio::test]
async fn what_is_withdrawn_is_kept_and_evaluates_nothing(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let world = World::start(backend).await;
    let one = world.released(&documents::titled("p", "One")).await;
    let two = world.created(&documents::titled("p", "Two")).await;
    let other = world.released(&documents::small("q")).await;
    let playbook = withdrawn(&world, "p").await;
    assert_eq!((playbook.released_revision.as_str(), playbook.title.as_str()), ("", "Two"));
    assert_eq!(playbook.latest_revision, two.name);
    let request = GetPlaybookRequest { name: playbook.name.clone() };
    assert_eq!(world.enablement().get_playbook(request).await.unwrap().into_inner(), playbook);
    let request = GetRevisionRequest { name: one.name.clone() };
    let kept = world.enablement().get_revision(request).await.unwrap().into_inner();
    assert!(!kept.released && kept.release_time.is_some());

    world.finalized(&Talk::negotiation()).await;
    let revisions: Vec<String> = world.all_evaluations().await.into_iter().map(|found| found.revision).collect();
    assert_eq!(revisions, [other.name]);
    assert!(world.release(&one.name).await.released);
}

#[rstest]
#[tokio::test]
async fn withdrawing_twice_changes_nothing(#[values(Backend::Sqlite, Backend::Postgres)] backend: Backend) {
    let world = World::start(backend).await;
    world.released(&documents::small("p")).await;
    let first = withdrawn(&world, "p").await;
    assert_eq!(withdrawn(&world, "p").await, first);
    assert_eq!(refusal(world.enablement().withdraw_playbook(withdraw("none", "")).await).0, Code::NotFound);
    let nameless = world.enablement().withdraw_playbook(WithdrawPlaybookRequest::default()).await.unwrap_err();
    assert_eq!((nameless.code(), fields(&nameless)), (Code::InvalidArgument, vec!["name".to_owned()]));
}

#[rstest]
#[tokio::test]
async fn a_repeat_gets_the_first_answer(#[values(Backend::Sqlite, Backend::Postgres)] backend: Backend) {
    let world = World::start(backend).await;
    let revision = world.released(&documents::small("p")).await;
    world.released(&documents::small("q")).await;
    let first = world.enablement().withdraw_playbook(withdraw("p", "r-1")).await.unwrap().into_inner();
    world.release(&revision.name).await;
    let again = world.enablement().withdraw_playbook(withdraw("p", "r-1")).await.unwrap().into_inner();
    assert_eq!(again, first);
    let request = GetPlaybookRequest { name: first.name };
    let playbook = world.enablement().get_playbook(request).await.unwrap().into_inner();
    assert_eq!(playbook.released_revision, revision.name, "a repeat must not withdraw again");
    assert_eq!(refusal(world.enablement().withdraw_playbook(withdraw("q", "r-1")).await).1, "REQUEST_ID_REUSED");
}

#[rstest]
#[tokio::test]
async fn only_enablement_and_services_withdraw(#[values(Backend::Sqlite, Backend::Postgres)] backend: Backend) {
    let world = World::start(backend).await;
    let revision = world.released(&documents::small("p")).await;
    for role in ["rep", "manager", "revops"] {
        let mut client = world.playbooks(world.harness.token("someone@brightledger.example", &[role]));
        let denied = (Code::PermissionDenied, "ROLE_REQUIRED".to_owned());
        assert_eq!(refusal(client.withdraw_playbook(withdraw("p", "")).await), denied);
    }
    let mut service = world.playbooks(world.harness.service_token("operator"));
    assert_eq!(service.withdraw_playbook(withdraw("p", "")).await.unwrap().into_inner().released_revision, "");
    assert!(service.release_revision(release(&revision.name)).await.unwrap().into_inner().released);
}
