//! Pages cover everything once and do not fit another list.

use rstest::rstest;
use throughline_proto::crm::v1 as pb;
use throughline_testkit::Backend;
use tonic::Code;

use crate::export::Export;
use crate::talk::Talk;
use crate::world::World;

#[rstest]
#[tokio::test]
async fn pages_of_deals_and_contacts_cover_all_once(#[values(Backend::Sqlite, Backend::Postgres)] backend: Backend) {
    let world = World::start(backend).await;
    world.import(&Export::sample()).await.unwrap();
    let (mut token, mut ids) = (String::new(), Vec::new());
    loop {
        let request = pb::ListDealsRequest {
            parent: "workspaces/demo".into(),
            page_size: 7,
            page_token: token,
            ..Default::default()
        };
        let page = world.records().list_deals(request).await.unwrap().into_inner();
        ids.extend(page.deals.into_iter().map(|deal| deal.name));
        token = page.next_page_token;
        if token.is_empty() {
            break;
        }
    }
    assert_eq!(ids.len(), 38);
    assert!(ids.is_sorted());
    let (mut token, mut names) = (String::new(), Vec::new());
    loop {
        let request = pb::ListContactsRequest {
            parent: "workspaces/demo".into(),
            page_size: 4,
            page_token: token,
            ..Default::default()
        };
        let page = world.records().list_contacts(request).await.unwrap().into_inner();
        names.extend(page.contacts.into_iter().map(|contact| contact.display_name));
        token = page.next_page_token;
        if token.is_empty() {
            break;
        }
    }
    assert_eq!(names.len(), 25);
    names.dedup();
    assert_eq!(names.len(), 25);
}

#[rstest]
#[tokio::test]
async fn lists_are_narrowed(#[values(Backend::Sqlite, Backend::Postgres)] backend: Backend) {
    let world = World::start(backend).await;
    world.import(&Export::sample()).await.unwrap();
    let account = "workspaces/demo/accounts/northmoor".to_owned();
    let deals = |open_only| pb::ListDealsRequest {
        parent: "workspaces/demo".into(),
        account: account.clone(),
        open_only,
        ..Default::default()
    };
    let ids = async |request| {
        let deals = world.records().list_deals(request).await.unwrap().into_inner().deals;
        deals.into_iter().map(|deal| deal.name.rsplit('/').next().unwrap().to_owned()).collect::<Vec<_>>()
    };
    assert_eq!(ids(deals(false)).await, ["D-058", "D-104"]);
    assert_eq!(ids(deals(true)).await, ["D-104"]);
    let contacts = pb::ListContactsRequest { parent: "workspaces/demo".into(), account, ..Default::default() };
    let contacts = world.records().list_contacts(contacts).await.unwrap().into_inner().contacts;
    let names: Vec<_> = contacts.iter().map(|contact| contact.display_name.as_str()).collect();
    assert_eq!(names, ["Anita Desai", "Helen Sykes", "Martin Cole", "Tom Ashworth"]);
}

#[rstest]
#[tokio::test]
async fn a_page_token_of_another_filter_is_refused(#[values(Backend::Sqlite, Backend::Postgres)] backend: Backend) {
    let world = World::start(backend).await;
    world.import(&Export::sample()).await.unwrap();
    let first = pb::ListDealsRequest { parent: "workspaces/demo".into(), page_size: 5, ..Default::default() };
    let page_token = world.records().list_deals(first).await.unwrap().into_inner().next_page_token;
    let other =
        pb::ListDealsRequest { parent: "workspaces/demo".into(), page_token, open_only: true, ..Default::default() };
    assert_eq!(world.records().list_deals(other).await.unwrap_err().code(), Code::InvalidArgument);
}

#[rstest]
#[tokio::test]
async fn pages_of_proposals_are_newest_first(#[values(Backend::Sqlite, Backend::Postgres)] backend: Backend) {
    let world = World::start(backend).await;
    world.import(&Export::sample()).await.unwrap();
    for day in 10..16 {
        let talk = Talk::on(&format!("c{day}"), &format!("2026-03-{day}")).with_tom();
        world.evaluated(&talk.next_step(&format!("Step {day}"), "2026-04-01").decision("2026-09-30")).await;
    }
    let all = world.all_proposals().await;
    let (mut token, mut paged) = (String::new(), Vec::new());
    loop {
        let request = pb::ListProposalsRequest {
            parent: "workspaces/demo".into(),
            page_size: 4,
            page_token: token,
            ..Default::default()
        };
        let page = world.proposals().list_proposals(request).await.unwrap().into_inner();
        paged.extend(page.proposals);
        token = page.next_page_token;
        if token.is_empty() {
            break;
        }
    }
    assert_eq!(paged, all);
    let pending = all.iter().filter(|proposal| proposal.state() == pb::ProposalState::Pending).count();
    assert_eq!(pending, 1, "one close date waits, that of the latest call");
    let request = pb::ListProposalsRequest {
        parent: "workspaces/demo".into(),
        call: "workspaces/demo/calls/c12".into(),
        ..Default::default()
    };
    let of_call = world.proposals().list_proposals(request).await.unwrap().into_inner().proposals;
    assert!(!of_call.is_empty() && of_call.iter().all(|proposal| proposal.call.ends_with("/c12")));
}
