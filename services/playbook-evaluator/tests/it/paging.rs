//! Lists come in pages that hold every item once.

use rstest::rstest;
use throughline_proto::playbook::v1::{ListEvaluationsRequest, ListPlaybooksRequest, ListRevisionsRequest};
use throughline_testkit::Backend;
use tonic::Code;

use crate::documents;
use crate::talk::Talk;
use crate::world::{PARENT, World, fields, refusal};

#[rstest]
#[tokio::test]
async fn playbooks_come_by_id(#[values(Backend::Sqlite, Backend::Postgres)] backend: Backend) {
    let world = World::start(backend).await;
    for id in ["d", "b", "e", "a", "c"] {
        world.created(&documents::small(id)).await;
    }
    let (mut token, mut seen) = (String::new(), Vec::new());
    loop {
        let request = ListPlaybooksRequest { parent: PARENT.to_owned(), page_size: 2, page_token: token };
        let page = world.enablement().list_playbooks(request).await.unwrap().into_inner();
        assert!(page.playbooks.len() <= 2);
        seen.extend(page.playbooks.into_iter().map(|playbook| playbook.name));
        token = page.next_page_token;
        if token.is_empty() {
            break;
        }
    }
    assert_eq!(seen, ["a", "b", "c", "d", "e"].map(|id| format!("{PARENT}/playbooks/{id}")));
}

#[rstest]
#[tokio::test]
async fn revisions_come_newest_first_without_documents(#[values(Backend::Sqlite, Backend::Postgres)] backend: Backend) {
    let world = World::start(backend).await;
    for n in 1..=11 {
        world.created(&documents::titled("p", &format!("Title {n}"))).await;
    }
    let (mut token, mut seen) = (String::new(), Vec::new());
    loop {
        let parent = format!("{PARENT}/playbooks/p");
        let request = ListRevisionsRequest { parent, page_size: 4, page_token: token };
        let page = world.enablement().list_revisions(request).await.unwrap().into_inner();
        assert!(page.revisions.iter().all(|revision| revision.document.is_empty() && revision.behaviors.len() == 1));
        seen.extend(page.revisions.into_iter().map(|revision| revision.title));
        token = page.next_page_token;
        if token.is_empty() {
            break;
        }
    }
    assert_eq!(seen, (1..=11).rev().map(|n| format!("Title {n}")).collect::<Vec<_>>());
}

#[rstest]
#[tokio::test]
async fn evaluations_come_newest_first(#[values(Backend::Sqlite, Backend::Postgres)] backend: Backend) {
    let world = World::start(backend).await;
    world.released(&documents::small("p")).await;
    for id in ["c1", "c2", "c3"] {
        world.finalized(&Talk::negotiation().named(id)).await;
    }
    let request = |token: &str| ListEvaluationsRequest {
        parent: PARENT.to_owned(),
        page_size: 2,
        page_token: token.to_owned(),
        ..Default::default()
    };
    let first = world.manager().list_evaluations(request("")).await.unwrap().into_inner();
    let last = world.manager().list_evaluations(request(&first.next_page_token)).await.unwrap().into_inner();
    assert_eq!((first.evaluations.len(), last.evaluations.len(), last.next_page_token.as_str()), (2, 1, ""));
    let seen: Vec<_> = first.evaluations.iter().chain(&last.evaluations).map(|e| e.call.as_str()).collect();
    assert_eq!(seen, ["c3", "c2", "c1"].map(|id| format!("{PARENT}/calls/{id}")));

    let of_c1 = ListEvaluationsRequest { call: format!("{PARENT}/calls/c1"), ..request("") };
    let found = world.manager().list_evaluations(of_c1.clone()).await.unwrap().into_inner();
    assert_eq!((found.evaluations.len(), found.next_page_token.as_str()), (1, ""));
    let foreign = ListEvaluationsRequest { page_token: first.next_page_token, ..of_c1 };
    let invalid = (Code::InvalidArgument, "PAGE_TOKEN_INVALID".to_owned());
    assert_eq!(refusal(world.manager().list_evaluations(foreign).await), invalid);
    assert_eq!(refusal(world.manager().list_evaluations(request("!!")).await), invalid);
}

#[rstest]
#[tokio::test]
async fn a_filter_of_another_workspace_or_call_is_refused(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let world = World::start(backend).await;
    let request = ListEvaluationsRequest {
        parent: PARENT.to_owned(),
        call: "workspaces/other/calls/c1".to_owned(),
        transcript: "workspaces/other/calls/c2/transcripts/1".to_owned(),
        ..Default::default()
    };
    let status = world.manager().list_evaluations(request).await.unwrap_err();
    assert_eq!(
        (status.code(), fields(&status)),
        (Code::InvalidArgument, vec!["call".to_owned(), "transcript".to_owned(), "transcript".to_owned()])
    );
}
