//! People change deals.

use rstest::rstest;
use throughline_proto::crm::v1 as pb;
use throughline_testkit::Backend;
use tonic::Code;
use tonic_types::StatusExt as _;

use crate::export::Export;
use crate::world::World;

fn update(deal: pb::Deal, mask: &[&str]) -> pb::UpdateDealRequest {
    let deal = pb::Deal { name: "workspaces/demo/deals/D-104".to_owned(), ..deal };
    let update_mask = mask.iter().map(|path| (*path).to_owned()).collect();
    pb::UpdateDealRequest { deal: Some(deal), update_mask, ..Default::default() }
}

async fn world(backend: Backend) -> World {
    let world = World::start(backend).await;
    world.import(&Export::sample()).await.unwrap();
    world
}

#[rstest]
#[tokio::test]
async fn a_person_moves_a_deal_and_the_history_says_so(#[values(Backend::Sqlite, Backend::Postgres)] backend: Backend) {
    let world = world(backend).await;
    let deal = pb::Deal {
        stage: "Closed Won".to_owned(),
        amount: Some(175_000.5),
        currency: "gbp".to_owned(),
        close_date: "2026-06-02".to_owned(),
        ..Default::default()
    };
    let request = update(deal, &["stage", "amount", "currency", "close_date"]);
    let done = world.records().update_deal(request).await.unwrap().into_inner();
    assert_eq!((done.stage.as_str(), done.open, done.amount, done.version), ("won", false, Some(175_000.5), 2));
    assert_eq!(done.stage_history.last().unwrap().stage, "won");
    assert_eq!(done, world.deal("D-104").await);
    assert_eq!(world.told_change_of("D-104").await.sequence, done.sequence);
}

#[rstest]
#[tokio::test]
async fn every_mistake_of_an_edit_is_said_at_once(#[values(Backend::Sqlite, Backend::Postgres)] backend: Backend) {
    let world = world(backend).await;
    let deal = pb::Deal {
        stage: "legal".to_owned(),
        amount: Some(-1.0),
        currency: "GBP".to_owned(),
        close_date: "30.06.2026".to_owned(),
        forecast_category: "certain".to_owned(),
        ..Default::default()
    };
    let mask = [
        "stage",
        "amount",
        "close_date",
        "forecast_category",
        "owner",
        "fields.budget",
        "fields.account",
        "display_name",
    ];
    let status = world.records().update_deal(update(deal, &mask)).await.unwrap_err();
    assert_eq!(status.code(), Code::InvalidArgument);
    let fields: Vec<String> = status
        .get_details_bad_request()
        .unwrap()
        .field_violations
        .into_iter()
        .map(|violation| violation.field)
        .collect();
    let expected = [
        "deal.stage",
        "deal.amount",
        "deal.close_date",
        "deal.forecast_category",
        "update_mask[4]",
        "update_mask[5]",
        "update_mask[6]",
        "deal.display_name",
    ];
    assert_eq!(fields, expected);
    assert_eq!(world.deal("D-104").await.version, 1);
}

#[rstest]
#[tokio::test]
async fn a_version_that_is_not_the_current_one_is_aborted(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let world = world(backend).await;
    let deal = || pb::Deal { close_date: "2026-07-01".to_owned(), ..Default::default() };
    let at = |version| pb::UpdateDealRequest { expected_version: version, ..update(deal(), &["close_date"]) };
    world.records().update_deal(at(1)).await.unwrap();
    let status = world.records().update_deal(at(1)).await.unwrap_err();
    assert_eq!(status.code(), Code::Aborted);
    assert_eq!(status.get_details_error_info().unwrap().metadata["current_version"], "2");
    let again = world.records().update_deal(at(2)).await.unwrap().into_inner();
    assert_eq!(again.version, 2, "setting what stands there is no change");
}

#[rstest]
#[tokio::test]
async fn a_repeated_edit_gets_the_first_answer(#[values(Backend::Sqlite, Backend::Postgres)] backend: Backend) {
    let world = world(backend).await;
    let deal = pb::Deal { close_date: "2026-07-01".to_owned(), ..Default::default() };
    let request = pb::UpdateDealRequest { request_id: "r1".to_owned(), ..update(deal, &["close_date"]) };
    let first = world.records().update_deal(request.clone()).await.unwrap().into_inner();
    world.set("D-104", "close_date", "2026-08-01").await;
    assert_eq!(world.records().update_deal(request).await.unwrap().into_inner(), first);
    assert_eq!(world.deal("D-104").await.close_date, "2026-08-01");
}
