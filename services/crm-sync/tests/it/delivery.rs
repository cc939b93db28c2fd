//! Events are applied once, and what keeps one from being applied is said so that the relay knows what to do.

use rstest::rstest;
use throughline_proto::events::v1::RecordChanged;
use throughline_proto::events::v1::event::Body;
use throughline_testkit::{Backend, eventually};
use tonic::Code;

use crate::export::Export;
use crate::talk::Talk;
use crate::world::World;

#[rstest]
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_repeated_event_changes_nothing(#[values(Backend::Sqlite, Backend::Postgres)] backend: Backend) {
    let world = World::start(backend).await;
    world.import(&Export::sample()).await.unwrap();
    let talk = Talk::on("c1", "2026-03-10").with_tom().next_step("Review", "2026-03-19").competitor("Ledgerline");
    world.shelve(&talk);
    let event = world.event(&talk);
    let (a, b) = tokio::join!(world.deliver(event.clone()), world.deliver(event.clone()));
    a.and(b).unwrap();
    let (before, deal) = (world.all_proposals().await, world.deal("D-104").await);
    world.deliver(event).await.unwrap();
    // Another event about the same evaluation is no news either.
    world.deliver(world.event(&talk)).await.unwrap();
    assert_eq!((world.all_proposals().await, world.deal("D-104").await), (before, deal));
    assert_eq!((world.told_associations(1).await.len(), world.told_changes(2).await.len()), (1, 2));
}

#[rstest]
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn calls_of_one_missing_deal_at_once_record_it_once(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let world = World::start(backend).await;
    let talks: Vec<Talk> = (10..18)
        .map(|day| {
            Talk::on(&format!("c{day}"), &format!("2026-03-{day}")).account("Dunmarrow").deal(
                "D-41",
                "discovery",
                1_000.0,
            )
        })
        .collect();
    let all = talks.iter().map(|talk| world.evaluated(talk));
    futures::future::join_all(all).await;
    let deal = world.deal("D-41").await;
    assert_eq!(deal.stage_history.len(), 1);
    assert_eq!(deal.stage_history[0].enter_time.unwrap().seconds, talks[0].evaluation.call_time.unwrap().seconds);
    let told = world.told_associations(8).await;
    assert!(told.iter().all(|told| told.deal == "workspaces/demo/deals/D-41"));
}

#[rstest]
#[tokio::test]
async fn an_evaluation_that_is_not_there_yet_can_be_delivered_later(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let world = World::start(backend).await;
    let talk = Talk::on("c1", "2026-03-10").deal("D-41", "discovery", 1.0);
    let event = world.event(&talk);
    assert_eq!(world.deliver(event.clone()).await.unwrap_err().code(), Code::NotFound);
    world.shelve(&talk);
    world.deliver(event).await.unwrap();
    assert_eq!(world.association("c1").await.deal, "workspaces/demo/deals/D-41");
}

#[rstest]
#[tokio::test]
async fn an_evaluation_that_breaks_the_contract_is_not_applied(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let world = World::start(backend).await;
    let mut talk = Talk::on("c1", "2026-03-10").decision("the thirtieth");
    talk.evaluation.call_time = None;
    world.shelve(&talk);
    assert_eq!(world.deliver(world.event(&talk)).await.unwrap_err().code(), Code::Internal);
}

#[rstest]
#[tokio::test]
async fn events_of_others_are_taken_and_of_other_workspaces_refused(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let world = World::start(backend).await;
    let mut event = world.event(&Talk::on("c1", "2026-03-10"));
    event.body = Some(Body::RecordChanged(RecordChanged::default()));
    world.deliver(event).await.unwrap();
    let mut talk = Talk::on("c1", "2026-03-10");
    talk.evaluation.name = "workspaces/other/evaluations/e1".to_owned();
    world.shelve(&talk);
    assert_eq!(world.deliver(world.event(&talk)).await.unwrap_err().code(), Code::InvalidArgument);
}

#[rstest]
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn imports_edits_and_calls_at_once_wait_for_each_other_and_lose_nothing(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let world = World::start(backend).await;
    world.import(&Export::sample()).await.unwrap();
    let imports = (0..4).map(|round| {
        let row = format!(
            "id,stage,close_date\nD-104,discovery,2026-07-{:02}\nD-112,validation,2026-08-{:02}\n",
            10 + round,
            10 + round
        );
        let export = Export::new().file("deals.csv", row);
        let world = &world;
        async move { world.import(&export).await.map(drop) }
    });
    let edits = (0..8).map(|round| {
        let world = &world;
        async move {
            world.set("D-104", "product", &format!("Product {round}")).await;
            Ok(())
        }
    });
    let calls = (10..18).map(|day| {
        let talk = Talk::on(&format!("c{day}"), &format!("2026-03-{day}")).with_tom();
        let talk = talk.next_step(&format!("Step {day}"), "2026-04-01").decision("2026-09-30");
        let world = &world;
        async move {
            world.shelve(&talk);
            world.deliver(world.event(&talk)).await
        }
    });
    let (imports, edits, calls) = tokio::join!(
        futures::future::join_all(imports),
        futures::future::join_all(edits),
        futures::future::join_all(calls)
    );
    assert!(imports.iter().chain(&edits).chain(&calls).all(Result::is_ok), "{imports:?} {edits:?} {calls:?}");
    assert_eq!(world.field("D-104", "next_step").await, "Step 17 (Tom Ashworth)", "the latest call speaks");
    let deal = world.deal("D-104").await;
    assert!(deal.fields.iter().all(|field| field.version <= deal.version));
    let last = world.changes_after(0).await.deals.into_iter().map(|deal| deal.sequence).max().unwrap();
    // How many calls write depends on the order they came in; the last change is told in any case.
    eventually("the last change to be told", || async {
        world.told_changes(13).await.into_iter().find(|told| told.sequence == last)
    })
    .await;
}
