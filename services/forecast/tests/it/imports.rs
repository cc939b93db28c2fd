//! Imports come as one event and are taken in page by page.

use std::time::Instant;

use rstest::rstest;
use throughline_proto::crm::v1::Deal;
use throughline_testkit::Backend;
use tonic::Code;

use crate::told::{closed, deal, noon};
use crate::world::World;

/// Deals as a CRM export has them: three in four closed.
fn export(count: u32) -> impl Iterator<Item = Deal> {
    (0..count).map(|i| {
        let id = format!("X-{i:05}");
        let mut made = match i % 8 {
            0..4 => closed(&id, "won", "2026-01-05", &format!("2026-{:02}-{:02}", 3 + i % 9, 1 + i % 20), "2026-11-24"),
            4..6 => {
                closed(&id, "lost", "2026-02-05", &format!("2026-{:02}-{:02}", 4 + i % 7, 1 + i % 20), "2026-11-24")
            }
            _ => deal(&id, "discovery", "2026-10-01"),
        };
        made.owner = format!("workspaces/demo/reps/rep{}", i % 35);
        made.segment = ["smb", "mid_market", "enterprise"][(i % 3) as usize].to_owned();
        made.amount = Some(f64::from(500 + (i * 7_919) % 26_000));
        made
    })
}

#[rstest]
#[tokio::test]
async fn an_export_of_thousands_is_taken_in_by_pages_and_rolled_up(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let world = World::start(backend).await;
    let started = Instant::now();
    world.deliver(world.imported(export(8_800))).await;
    let taken_in = started.elapsed();
    let pages = world.peers.hold(|held| held.pages.clone());
    assert_eq!(pages, (0..18).map(|page| page * 500).collect::<Vec<_>>());
    let started = Instant::now();
    let forecast = world.forecast("2026-10-01", "2026-12-31", None).await;
    let first = started.elapsed();
    let started = Instant::now();
    assert_eq!(world.forecast("2026-10-01", "2026-12-31", forecast.as_of).await, forecast);
    let again = started.elapsed();
    println!("{backend:?}: 8,800 deals taken in in {taken_in:?}, forecast in {first:?}, again in {again:?}");
    let whole = &forecast.rollups[0];
    assert_eq!((forecast.won, forecast.lost), (4_400, 2_200));
    assert!(whole.deals > 2_000 && whole.won > 0.0, "{whole:?}");
    assert!(whole.p10 < whole.p50 && whole.p50 < whole.p90);
}

#[rstest]
#[tokio::test]
async fn an_import_that_breaks_off_goes_on_where_it_stopped(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let world = World::start(backend).await;
    let event = world.imported(export(1_200));
    world.peers.hold(|held| held.pages_left = Some(1));
    assert_eq!(world.try_deliver(event.clone()).await.unwrap_err().code(), Code::Unavailable);
    // The first page is in.
    assert!(world.try_deal("X-00499", None).await.is_ok());
    assert_eq!(world.try_deal("X-00500", None).await.unwrap_err().code(), Code::NotFound);
    world.peers.hold(|held| held.pages_left = None);
    world.deliver(event).await;
    assert!(world.try_deal("X-01199", None).await.is_ok());
    assert_eq!(world.peers.hold(|held| held.pages.clone()), [0, 500, 1_000]);
    assert_eq!(world.log("X-00000").await.len(), 3);
}

#[rstest]
#[tokio::test]
async fn a_first_import_brings_the_deals_past_and_later_ones_do_not_change_it(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let world = World::start(backend).await;
    world.deliver(world.imported([closed("D-1", "won", "2026-03-01", "2026-05-01", "2026-11-20")])).await;
    let then = world.try_deal("D-1", Some(noon("2026-04-01"))).await.unwrap();
    // The stage was in the CRM's history; the amount of the time is in no export.
    assert_eq!((then.stage.as_str(), then.amount), ("discovery", None));
    let after = world.try_deal("D-1", Some(noon("2026-05-02"))).await.unwrap();
    assert_eq!((after.stage.as_str(), after.amount), ("won", Some(100_000.0)));
    // A later import claims another past.
    let mut other = closed("D-1", "won", "2026-03-01", "2026-05-01", "2026-11-24");
    other.stage_history[0].stage = "prospecting".to_owned();
    (other.version, other.amount) = (2, Some(5.0));
    world.deliver(world.changed(other)).await;
    assert_eq!(world.try_deal("D-1", Some(noon("2026-04-01"))).await.unwrap(), then);
    assert_eq!(world.try_deal("D-1", Some(noon("2026-05-02"))).await.unwrap(), after);
    assert_eq!(world.deal("D-1").await.amount, Some(5.0));
}
