//! Events come in any order, more than once, and while peers are away.

use rstest::rstest;
use throughline_testkit::Backend;
use tonic::Code;

use crate::told::{deal, evaluation, noon, proposal};
use crate::world::World;

#[rstest]
#[tokio::test]
async fn the_order_of_events_makes_no_difference(#[values(Backend::Sqlite, Backend::Postgres)] backend: Backend) {
    let mut pictures = Vec::new();
    for order in [[0, 1, 2], [0, 2, 1], [1, 0, 2], [1, 2, 0], [2, 0, 1], [2, 1, 0]] {
        let world = World::start(backend).await;
        let events = [
            world.evaluated(evaluation("e1", "c1", "2026-11-20", "2026-12-01")),
            world.associated("c1", "D-1", "2026-11-20"),
            world.changed(deal("D-1", "validation", "2026-11-02")),
        ];
        for index in order {
            world.deliver(events[index].clone()).await;
        }
        pictures.push(world.try_deal("D-1", Some(noon("2026-11-24"))).await.unwrap());
    }
    let first = &pictures[0];
    assert!(first.health.as_ref().unwrap().score.is_some() && !first.warnings.is_empty());
    assert_eq!(first.calls, ["workspaces/demo/calls/c1"]);
    assert!(pictures.iter().all(|picture| picture == first));
}

#[rstest]
#[tokio::test]
async fn a_repeated_event_adds_nothing(#[values(Backend::Sqlite, Backend::Postgres)] backend: Backend) {
    let world = World::start(backend).await;
    let mut events = vec![
        world.changed(deal("D-1", "validation", "2026-11-02")),
        world.associated("c1", "D-1", "2026-11-20"),
        world.evaluated(evaluation("e1", "c1", "2026-11-20", "2026-12-01")),
    ];
    // The same evaluation and change told by other events.
    events.push(world.evaluated(evaluation("e1", "c1", "2026-11-20", "2026-12-01")));
    events.push(world.event(events[0].body.clone().unwrap(), noon("2026-11-02")));
    for event in events.iter().chain(&events) {
        world.deliver(event.clone()).await;
    }
    let kinds: Vec<_> = world.log("D-1").await.into_iter().map(|entry| entry.kind).collect();
    assert_eq!(kinds, ["stage", "record", "call_associated", "call_evaluated"]);
}

#[rstest]
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn simultaneous_deliveries_keep_the_log_without_gaps(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let world = World::start(backend).await;
    let events: Vec<_> = (0..24)
        .flat_map(|i| {
            let call = format!("c{i}");
            let evaluated = world.evaluated(evaluation(&format!("e{i}"), &call, "2026-11-20", "2026-12-01"));
            let changed = world.changed(deal(&format!("D-{}", i % 5), "validation", "2026-11-02"));
            [evaluated, world.associated(&call, "D-1", "2026-11-20"), changed]
        })
        .collect();
    futures::future::join_all(events.iter().chain(&events).map(|event| world.deliver(event.clone()))).await;
    let entries = world.log("D-1").await;
    assert_eq!(entries.iter().filter(|entry| entry.kind == "call_evaluated").count(), 24);
    assert!(entries.windows(2).all(|pair| pair[0].position < pair[1].position));
    assert_eq!(world.deal("D-1").await.calls.len(), 24);
}

#[rstest]
#[tokio::test]
async fn a_later_transcript_of_a_call_takes_the_place_of_the_first(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let world = World::start(backend).await;
    let mut second = evaluation("e2", "c1", "2026-11-20", "2026-12-01");
    second.transcript = "workspaces/demo/calls/c1/transcripts/2".to_owned();
    second.risks.clear();
    world.deliver(world.associated("c1", "D-1", "2026-11-20")).await;
    // The newer one may well come first.
    world.deliver(world.evaluated(second)).await;
    world.deliver(world.evaluated(evaluation("e1", "c1", "2026-11-20", "2026-12-01"))).await;
    let found = world.deal("D-1").await;
    let risks = found.health.unwrap().parts.into_iter().find(|part| part.id == "risks").unwrap();
    assert_eq!((risks.score, found.calls.len()), (None, 1));
}

#[rstest]
#[tokio::test]
async fn a_call_moves_when_its_association_is_corrected(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let world = World::start(backend).await;
    for id in ["D-1", "D-2"] {
        world.deliver(world.changed(deal(id, "validation", "2026-11-02"))).await;
    }
    world.deliver(world.evaluated(evaluation("e1", "c1", "2026-11-20", "2026-12-01"))).await;
    world.deliver(world.associated("c1", "D-1", "2026-11-20")).await;
    world.deliver(world.associated("c1", "D-2", "2026-11-22")).await;
    assert_eq!((world.deal("D-1").await.calls.len(), world.deal("D-2").await.calls.len()), (0, 1));
    let before = world.try_deal("D-1", Some(noon("2026-11-21"))).await.unwrap();
    assert_eq!(before.calls, ["workspaces/demo/calls/c1"]);
    world.deliver(world.associated("c1", "", "2026-11-23")).await;
    assert!(world.deal("D-2").await.calls.is_empty());
}

#[rstest]
#[tokio::test]
async fn what_proposals_wrote_and_took_back_is_in_the_log(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let world = World::start(backend).await;
    world.peers.hold(|held| held.proposals = vec![proposal("D-1", "2026-11-21", None)]);
    world.deliver(world.changed(deal("D-1", "validation", "2026-11-02"))).await;
    world.peers.hold(|held| held.proposals = vec![proposal("D-1", "2026-11-21", Some("2026-11-22"))]);
    let mut again = deal("D-1", "validation", "2026-11-22");
    again.version = 2;
    world.deliver(world.changed(again)).await;
    let texts: Vec<_> = world.log("D-1").await.into_iter().filter(|e| e.kind == "proposal").map(|e| e.text).collect();
    assert_eq!(texts.len(), 2);
    assert!(texts[0].contains("written") && texts[1].contains("taken back"), "{texts:?}");
}

#[rstest]
#[tokio::test]
async fn what_a_peer_does_not_have_or_sends_wrong_is_refused_and_nothing_is_stored(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let world = World::start(backend).await;
    let evaluated = world.evaluated(evaluation("e1", "c1", "2026-11-20", "2026-12-01"));
    world.peers.hold(|held| held.evaluations.clear());
    assert_eq!(world.try_deliver(evaluated.clone()).await.unwrap_err().code(), Code::NotFound);
    let mut elsewhere = world.associated("c1", "D-1", "2026-11-20");
    elsewhere.workspace = "acme".to_owned();
    assert_eq!(world.try_deliver(elsewhere).await.unwrap_err().code(), Code::NotFound);
    let mut timeless = evaluation("e1", "c1", "2026-11-20", "2026-12-01");
    timeless.call_time = None;
    world.evaluated(timeless);
    assert_eq!(world.try_deliver(evaluated.clone()).await.unwrap_err().code(), Code::Internal);
    world.peers.hold(|held| held.evaluator_away = true);
    assert_eq!(world.try_deliver(evaluated).await.unwrap_err().code(), Code::Unavailable);
    assert_eq!(world.try_deal("D-1", None).await.unwrap_err().code(), Code::NotFound);
}
