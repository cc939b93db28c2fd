//! Which times an entry carries.

use rstest::rstest;
use throughline_testkit::Backend;

use crate::told::{at, deal, evaluation, noon};
use crate::world::World;

#[rstest]
#[tokio::test]
async fn an_entry_says_when_it_happened_when_it_was_known_and_when_it_was_written(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let world = World::start(backend).await;
    world.deliver(world.associated("c1", "D-1", "2026-11-21")).await;
    world.deliver(world.evaluated(evaluation("e1", "c1", "2026-11-20", "2026-12-01"))).await;
    let evaluated = world.log("D-1").await.pop().unwrap();
    assert_eq!(evaluated.kind, "call_evaluated");
    assert_eq!(evaluated.evaluation, "workspaces/demo/evaluations/e1");
    assert_eq!(evaluated.occur_time, Some(noon("2026-11-20")));
    assert_eq!(evaluated.know_time, Some(at("2026-11-20T13:00:00Z")));
    assert!(evaluated.record_time.unwrap().seconds >= at("2026-11-25T10:00:00Z").seconds);
}

#[rstest]
#[tokio::test]
async fn nothing_is_known_later_than_it_was_written(#[values(Backend::Sqlite, Backend::Postgres)] backend: Backend) {
    let world = World::start(backend).await;
    let mut ahead = deal("D-1", "proposal", "2026-11-02");
    // crm-sync's clock runs ahead of ours.
    ahead.update_time = Some(noon("2026-11-26"));
    world.deliver(world.changed(ahead)).await;
    assert_eq!(world.deal("D-1").await.amount, Some(100_000.0));
    let record = world.log("D-1").await.into_iter().find(|entry| entry.kind == "record").unwrap();
    assert_eq!(record.know_time, record.record_time);
}
