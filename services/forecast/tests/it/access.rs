//! Who may ask for what.

use throughline_proto::forecast::v1::{
    ComputeForecastRequest, GetDealRequest, ListDealLogEntriesRequest, ListDealsRequest,
};
use throughline_testkit::Backend;
use tonic::{Code, Response};

use crate::told::deal;
use crate::world::World;

async fn two_reps(world: &World) {
    let mut of_sam = deal("D-2", "proposal", "2026-11-01");
    of_sam.owner = "workspaces/demo/reps/sam".to_owned();
    world.deliver(world.imported([deal("D-1", "proposal", "2026-11-01"), of_sam])).await;
}

#[tokio::test]
async fn a_rep_sees_its_own_deals_and_no_others() {
    let world = World::start(Backend::Sqlite).await;
    two_reps(&world).await;
    let get = |id: &str| GetDealRequest { name: format!("workspaces/demo/deals/{id}"), as_of: None };
    assert!(world.rep("kim").get_deal(get("D-1")).await.is_ok());
    assert_eq!(world.rep("kim").get_deal(get("D-2")).await.unwrap_err().code(), Code::PermissionDenied);
    let log = ListDealLogEntriesRequest { parent: "workspaces/demo/deals/D-2".to_owned(), ..Default::default() };
    assert_eq!(world.rep("kim").list_deal_log_entries(log).await.unwrap_err().code(), Code::PermissionDenied);
    let list = ListDealsRequest { parent: "workspaces/demo".to_owned(), ..Default::default() };
    let own = world.rep("sam").list_deals(list.clone()).await.map(Response::into_inner).unwrap().deals;
    assert_eq!(own.iter().map(|d| d.name.as_str()).collect::<Vec<_>>(), ["workspaces/demo/deals/D-2"]);
    assert_eq!(world.manager().list_deals(list).await.unwrap().into_inner().deals.len(), 2);
}

#[tokio::test]
async fn a_forecast_is_for_managers_and_revenue_operations() {
    let world = World::start(Backend::Sqlite).await;
    let request = || ComputeForecastRequest {
        parent: "workspaces/demo".to_owned(),
        start_date: "2026-10-01".to_owned(),
        end_date: "2026-12-31".to_owned(),
        as_of: None,
    };
    assert_eq!(world.rep("kim").compute_forecast(request()).await.unwrap_err().code(), Code::PermissionDenied);
    let revops = world.harness.token("ana@example.com", &["revops"]);
    assert!(world.api(revops).compute_forecast(request()).await.is_ok());
    assert_eq!(world.anonymous().compute_forecast(request()).await.unwrap_err().code(), Code::Unauthenticated);
    let expired = world.harness.token_for("mia@example.com", "demo", &["manager"], chrono::Duration::hours(-1));
    assert_eq!(world.api(expired).compute_forecast(request()).await.unwrap_err().code(), Code::Unauthenticated);
    let elsewhere = world.harness.token_for("mia@example.com", "acme", &["manager"], chrono::Duration::hours(1));
    assert_eq!(world.api(elsewhere).compute_forecast(request()).await.unwrap_err().code(), Code::PermissionDenied);
    let unknown = ComputeForecastRequest { parent: "workspaces/nowhere".to_owned(), ..request() };
    let service = world.api(world.harness.service_token("throughline"));
    assert_eq!({ service }.compute_forecast(unknown).await.unwrap_err().code(), Code::NotFound);
}
