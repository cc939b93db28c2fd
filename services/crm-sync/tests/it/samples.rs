//! The export that ships loads clean and holds the sample deal.

use rstest::rstest;
use throughline_proto::crm::v1 as pb;
use throughline_testkit::Backend;

use crate::export::Export;
use crate::world::World;

#[rstest]
#[tokio::test]
async fn the_sample_export_loads_without_a_warning(#[values(Backend::Sqlite, Backend::Postgres)] backend: Backend) {
    let world = World::start(backend).await;
    let done = world.import(&Export::sample()).await.unwrap();
    assert_eq!(done.warnings, Vec::<String>::new());
    assert_eq!((done.accounts, done.contacts, done.deals, done.users, done.stage_changes), (12, 25, 38, 5, 130));
    let deal = world.deal("D-104").await;
    assert_eq!(deal.display_name, "Northmoor – Payment operations");
    assert_eq!((deal.stage.as_str(), deal.amount, deal.currency.as_str()), ("discovery", Some(180_000.0), "GBP"));
    assert_eq!((deal.close_date.as_str(), deal.segment.as_str()), ("2026-06-30", "regulated_enterprise"));
    assert_eq!(deal.owner, "workspaces/demo/reps/priya-raman");
    let account = pb::GetAccountRequest { name: deal.account };
    let account = world.records().get_account(account).await.unwrap().into_inner();
    assert_eq!((account.employees, account.regulated), (Some(2_300), Some(true)));
    assert_eq!(account.domains, ["northmoor.example"]);
    let deals = world.changes_after(0).await.deals;
    let count = |stage: &str| deals.iter().filter(|deal| deal.stage == stage).count();
    assert_eq!((count("won"), count("lost"), deals.iter().filter(|deal| deal.open).count()), (13, 14, 11));
}
