//! Lists in pages.

use rstest::rstest;
use throughline_proto::forecast::v1::{Deal, ListDealLogEntriesRequest, ListDealsRequest, ListDealsResponse};
use throughline_testkit::Backend;
use tonic::{Code, Status};

use crate::told::{closed, deal, evaluation};
use crate::world::World;

async fn page(world: &World, open_only: bool, page_token: &str) -> Result<ListDealsResponse, Status> {
    let request = ListDealsRequest {
        parent: "workspaces/demo".to_owned(),
        page_size: 3,
        page_token: page_token.to_owned(),
        open_only,
        as_of: None,
    };
    world.manager().list_deals(request).await.map(tonic::Response::into_inner)
}

fn ids(deals: &[Deal]) -> Vec<&str> {
    deals.iter().map(|d| d.name.trim_start_matches("workspaces/demo/deals/")).collect()
}

#[rstest]
#[tokio::test]
async fn pages_are_one_picture_of_one_moment(#[values(Backend::Sqlite, Backend::Postgres)] backend: Backend) {
    let world = World::start(backend).await;
    world.deliver(world.imported((1..=7).map(|i| deal(&format!("D-{i}"), "proposal", "2026-11-01")))).await;
    let first = page(&world, false, "").await.unwrap();
    // One is lost and one comes new between the pages.
    let mut lost = deal("D-5", "lost", "2026-11-25");
    (lost.open, lost.version) = (false, 2);
    world.deliver(world.changed(lost)).await;
    world.deliver(world.changed(deal("D-45", "proposal", "2026-11-25"))).await;
    let second = page(&world, false, &first.next_page_token).await.unwrap();
    let third = page(&world, false, &second.next_page_token).await.unwrap();
    assert_eq!(ids(&first.deals), ["D-1", "D-2", "D-3"]);
    assert_eq!(ids(&second.deals), ["D-4", "D-5", "D-6"]);
    assert_eq!((ids(&third.deals), third.next_page_token.as_str()), (vec!["D-7"], ""));
    let all = [first.deals, second.deals, third.deals].concat();
    assert!(all.iter().all(|d| d.as_of == all[0].as_of && d.stage == "proposal"));
}

#[rstest]
#[tokio::test]
async fn only_open_deals_when_asked_and_no_token_of_another_list(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let world = World::start(backend).await;
    let open = (1..=5).map(|i| deal(&format!("D-{i}"), "proposal", "2026-11-01"));
    let decided = [closed("A-1", "won", "2026-03-01", "2026-05-01", "2026-11-20")];
    world.deliver(world.imported(open.chain(decided))).await;
    assert_eq!(ids(&page(&world, false, "").await.unwrap().deals), ["A-1", "D-1", "D-2"]);
    let first = page(&world, true, "").await.unwrap();
    assert_eq!(ids(&first.deals), ["D-1", "D-2", "D-3"]);
    assert_eq!(page(&world, false, &first.next_page_token).await.unwrap_err().code(), Code::InvalidArgument);
    assert_eq!(page(&world, true, "nonsense").await.unwrap_err().code(), Code::InvalidArgument);
}

#[rstest]
#[tokio::test]
async fn the_log_pages_and_filters_by_call(#[values(Backend::Sqlite, Backend::Postgres)] backend: Backend) {
    let world = World::start(backend).await;
    world.deliver(world.changed(deal("D-1", "validation", "2026-11-02"))).await;
    for call in ["c1", "c2"] {
        world.deliver(world.associated(call, "D-1", "2026-11-20")).await;
        let evaluated = evaluation(&format!("e-{call}"), call, "2026-11-20", "2026-12-01");
        world.deliver(world.evaluated(evaluated)).await;
    }
    let request = |page_size, page_token: &str, call: &str| ListDealLogEntriesRequest {
        parent: "workspaces/demo/deals/D-1".to_owned(),
        page_size,
        page_token: page_token.to_owned(),
        as_of: None,
        call: call.to_owned(),
    };
    let (mut token, mut positions) = (String::new(), Vec::new());
    loop {
        let answer = world.manager().list_deal_log_entries(request(4, &token, "")).await.unwrap().into_inner();
        positions.extend(answer.entries.iter().map(|entry| entry.position));
        token = answer.next_page_token;
        if token.is_empty() {
            break;
        }
    }
    assert_eq!(positions, [1, 2, 3, 4, 5, 6]);
    let one = request(0, "", "workspaces/demo/calls/c2");
    let of_call = world.manager().list_deal_log_entries(one).await.unwrap().into_inner().entries;
    assert_eq!(of_call.iter().map(|e| e.kind.as_str()).collect::<Vec<_>>(), ["call_associated", "call_evaluated"]);
    let evaluated = of_call.last().unwrap();
    assert_eq!(
        (evaluated.deal.as_str(), evaluated.call.as_str()),
        ("workspaces/demo/deals/D-1", "workspaces/demo/calls/c2")
    );
    assert!(evaluated.text.contains("1 behaviors observed and 1 missed"), "{}", evaluated.text);
    let elsewhere = request(0, "", "workspaces/acme/calls/c2");
    assert_eq!(world.manager().list_deal_log_entries(elsewhere).await.unwrap_err().code(), Code::InvalidArgument);
}
