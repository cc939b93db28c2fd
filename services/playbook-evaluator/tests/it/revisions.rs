//! Revisions are immutable, numbered and released; what is refused is refused with every error.

use rstest::rstest;
use throughline_proto::playbook::v1::{
    CreateRevisionRequest, GetPlaybookRequest, GetRevisionRequest, ListRevisionsRequest, Playbook, Revision,
};
use throughline_testkit::Backend;
use tonic::Code;

use crate::documents;
use crate::world::{PARENT, World, create, fields, refusal, release};

async fn playbook(world: &World, id: &str) -> Playbook {
    let request = GetPlaybookRequest { name: format!("{PARENT}/playbooks/{id}") };
    world.enablement().get_playbook(request).await.unwrap().into_inner()
}

async fn revision(world: &World, name: &str) -> Revision {
    world.enablement().get_revision(GetRevisionRequest { name: name.to_owned() }).await.unwrap().into_inner()
}

async fn count(world: &World, id: &str) -> usize {
    let request = ListRevisionsRequest { parent: format!("{PARENT}/playbooks/{id}"), ..Default::default() };
    world.enablement().list_revisions(request).await.unwrap().into_inner().revisions.len()
}

#[rstest]
#[tokio::test]
async fn the_sample_is_stored_as_it_was_given(#[values(Backend::Sqlite, Backend::Postgres)] backend: Backend) {
    let world = World::start(backend).await;
    let created = world.created(&documents::sample()).await;
    assert_eq!(created.name, "workspaces/demo/playbooks/regulated-enterprise/revisions/1");
    assert_eq!((created.behaviors.len(), created.signals.len(), created.fields.len()), (12, 10, 7));
    assert_eq!((created.document.as_str(), created.released), (documents::sample().as_str(), false));
    assert_eq!(revision(&world, &created.name).await, created);
}

#[rstest]
#[tokio::test]
async fn every_error_is_named_by_its_path(#[values(Backend::Sqlite, Backend::Postgres)] backend: Backend) {
    let world = World::start(backend).await;
    let status = world.enablement().create_revision(create(&documents::broken())).await.unwrap_err();
    let mut named = fields(&status);
    named.sort();
    let expected =
        ["behaviors[0].critcal", "behaviors[1].id", "behaviors[1].not_applicable", "colour", "plan", "segment"];
    assert_eq!(named, expected);
    assert_eq!(refusal::<()>(Err(status)), (Code::InvalidArgument, "PLAYBOOK_INVALID".to_owned()));
    let missing = GetPlaybookRequest { name: format!("{PARENT}/playbooks/broken") };
    assert_eq!(refusal(world.enablement().get_playbook(missing).await).0, Code::NotFound);
}

#[rstest]
#[tokio::test]
async fn more_than_twenty_behaviors_are_refused(#[values(Backend::Sqlite, Backend::Postgres)] backend: Backend) {
    let world = World::start(backend).await;
    let status = world.enablement().create_revision(create(&documents::with_behaviors(21))).await.unwrap_err();
    assert_eq!((status.code(), fields(&status)), (Code::InvalidArgument, vec!["behaviors".to_owned()]));
    let created = world.created(&documents::with_behaviors(20)).await;
    let warned: Vec<_> = created.warnings.iter().map(|warning| warning.rule.as_str()).collect();
    assert_eq!(warned, ["many-behaviors"]);
}

#[rstest]
#[tokio::test]
async fn a_refusal_with_very_many_errors_arrives(#[values(Backend::Sqlite)] backend: Backend) {
    let world = World::start(backend).await;
    let keys: String = (0..3_000).map(|n| format!("{}{n}: 1\n", "long-key-".repeat(12))).collect();
    let long = format!("segment: account.name == '{}' &&", "🙂".repeat(50_000));
    let longest = format!("{}: 1", "é".repeat(100_000));
    for bad in [keys, long, longest] {
        let document = format!("{}{bad}\n", documents::small("p"));
        let status = world.enablement().create_revision(create(&document)).await.unwrap_err();
        assert!(!fields(&status).is_empty(), "{status:?}");
        assert_eq!(refusal::<()>(Err(status)), (Code::InvalidArgument, "PLAYBOOK_INVALID".to_owned()));
    }
}

#[rstest]
#[tokio::test]
async fn the_same_document_twice_is_one_revision(#[values(Backend::Sqlite, Backend::Postgres)] backend: Backend) {
    let world = World::start(backend).await;
    let first = world.created(&documents::titled("p", "One")).await;
    assert_eq!(world.created(&documents::titled("p", "One")).await, first);
    let second = world.created(&documents::titled("p", "Two")).await;
    assert_eq!(second.name, "workspaces/demo/playbooks/p/revisions/2");
    // What was once and is not the latest is a step back, which has a number of its own.
    assert!(world.created(&documents::titled("p", "One")).await.name.ends_with("/3"));
    assert_eq!(count(&world, "p").await, 3);
}

#[rstest]
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn revisions_made_at_once_get_numbers_of_their_own(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let world = World::start(backend).await;
    let documents: Vec<String> = (0..6).map(|n| documents::titled("p", &format!("Title {n}"))).collect();
    let created = futures::future::join_all(documents.iter().map(|document| world.created(document))).await;
    let mut names: Vec<String> = created.into_iter().map(|revision| revision.name).collect();
    names.sort();
    let expected: Vec<String> = (1..=6).map(|n| format!("{PARENT}/playbooks/p/revisions/{n}")).collect();
    assert_eq!(names, expected);
}

#[rstest]
#[tokio::test]
async fn releasing_an_older_revision_rolls_back(#[values(Backend::Sqlite, Backend::Postgres)] backend: Backend) {
    let world = World::start(backend).await;
    let one = world.created(&documents::titled("p", "One")).await;
    assert_eq!(playbook(&world, "p").await.released_revision, "");
    assert!(world.release(&one.name).await.released);
    let two = world.released(&documents::titled("p", "Two")).await;
    let now = playbook(&world, "p").await;
    assert_eq!((now.released_revision.as_str(), now.title.as_str()), (two.name.as_str(), "Two"));
    let back = world.release(&one.name).await;
    let seconds = |revision: &Revision| revision.release_time.map(|time| (time.seconds, time.nanos));
    assert!(back.released && seconds(&back) > seconds(&two));
    let now = playbook(&world, "p").await;
    assert_eq!(
        (now.released_revision, now.latest_revision, now.title),
        (one.name.clone(), two.name.clone(), "One".to_owned())
    );
    assert!(!revision(&world, &two.name).await.released);
    // Releasing what is released changes nothing.
    assert_eq!(world.release(&one.name).await, back);
}

#[rstest]
#[tokio::test]
async fn a_repeat_gets_the_first_answer(#[values(Backend::Sqlite, Backend::Postgres)] backend: Backend) {
    let world = World::start(backend).await;
    let request =
        |title: &str| CreateRevisionRequest { request_id: "r-1".to_owned(), ..create(&documents::titled("p", title)) };
    let first = world.enablement().create_revision(request("One")).await.unwrap().into_inner();
    world.created(&documents::titled("p", "Two")).await;
    let again = world.enablement().create_revision(request("One")).await.unwrap().into_inner();
    assert_eq!(again, first);
    assert_eq!(refusal(world.enablement().create_revision(request("Three")).await).1, "REQUEST_ID_REUSED");
    assert_eq!(count(&world, "p").await, 2);

    let released = |number: u32| {
        let name = format!("{PARENT}/playbooks/p/revisions/{number}");
        let mut request = release(&name);
        request.request_id = "r-2".to_owned();
        request
    };
    let first = world.enablement().release_revision(released(1)).await.unwrap().into_inner();
    world.release(&format!("{PARENT}/playbooks/p/revisions/2")).await;
    let again = world.enablement().release_revision(released(1)).await.unwrap().into_inner();
    assert_eq!(again, first);
    assert!(playbook(&world, "p").await.released_revision.ends_with("/2"), "a repeat must not release again");
    assert_eq!(refusal(world.enablement().release_revision(released(2)).await).1, "REQUEST_ID_REUSED");
}

#[rstest]
#[tokio::test]
async fn validating_stores_nothing(#[values(Backend::Sqlite, Backend::Postgres)] backend: Backend) {
    let world = World::start(backend).await;
    let request = CreateRevisionRequest { validate_only: true, ..create(&documents::small("p")) };
    let answer = world.enablement().create_revision(request).await.unwrap().into_inner();
    assert_eq!(answer.name, "workspaces/demo/playbooks/p/revisions/1");
    assert_eq!(refusal(world.enablement().release_revision(release(&answer.name)).await).0, Code::NotFound);
}

#[rstest]
#[tokio::test]
async fn bad_requests_name_their_fields(#[values(Backend::Sqlite, Backend::Postgres)] backend: Backend) {
    let world = World::start(backend).await;
    let request = CreateRevisionRequest { parent: "demo".to_owned(), ..Default::default() };
    let status = world.enablement().create_revision(request).await.unwrap_err();
    assert_eq!(
        (status.code(), fields(&status)),
        (Code::InvalidArgument, vec!["parent".to_owned(), "document".to_owned()])
    );
    world.created(&documents::small("p")).await;
    for number in ["0", "2", "01", "-1", "99999999999", "x"] {
        let name = format!("{PARENT}/playbooks/p/revisions/{number}");
        assert_eq!(refusal(world.enablement().release_revision(release(&name)).await).0, Code::NotFound, "{number}");
    }
}
