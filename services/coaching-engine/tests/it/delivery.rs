//! Events are applied once, and what keeps one from being applied is said so that the relay knows what to do.

use rstest::rstest;
use throughline_proto::common::v1::ErrorReason;
use throughline_proto::events::v1::RecordChanged;
use throughline_proto::events::v1::event::Body;
use throughline_testkit::Backend;
use tonic::Code;
use tonic_types::StatusExt as _;

use crate::talk::Talk;
use crate::world::World;

#[rstest]
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_repeated_event_changes_nothing(#[values(Backend::Sqlite, Backend::Postgres)] backend: Backend) {
    let world = World::start(backend).await;
    let talk = Talk::on("c1", 0).missed_all(6);
    world.shelve(&talk);
    let event = world.event(&talk);
    let (a, b) = tokio::join!(world.deliver(event.clone()), world.deliver(event.clone()));
    a.and(b).unwrap();
    world.deliver(event).await.unwrap();
    // Another event about the same evaluation is no news either.
    world.deliver(world.event(&talk)).await.unwrap();
    assert_eq!(world.nudges().await.len(), 2);
    assert_eq!(world.profile("priya-raman").await.calls, 1);
}

#[rstest]
#[tokio::test]
async fn an_evaluation_that_is_not_there_yet_can_be_delivered_later(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let world = World::start(backend).await;
    let talk = Talk::on("c1", 0).missed("asks");
    let event = world.event(&talk);
    assert!(world.deliver(event.clone()).await.is_err());
    world.shelve(&talk);
    world.deliver(event).await.unwrap();
    assert_eq!(world.nudges().await.len(), 1);
}

#[rstest]
#[tokio::test]
async fn an_evaluator_that_is_away_is_said_to_be(#[values(Backend::Sqlite, Backend::Postgres)] backend: Backend) {
    let mut world = World::start(backend).await;
    world.stop_evaluator().await;
    let status = world.deliver(world.event(&Talk::on("c1", 0))).await.unwrap_err();
    assert_eq!(status.code(), Code::Unavailable);
    let info = status.get_details_error_info().unwrap();
    assert_eq!(info.reason, ErrorReason::PeerUnavailable.as_str_name().trim_start_matches("ERROR_REASON_"));
}

#[rstest]
#[tokio::test]
async fn an_evaluation_that_breaks_the_contract_is_not_applied(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let world = World::start(backend).await;
    let mut talk = Talk::on("c1", 0).observed("asks");
    talk.evaluation.behaviors[0].evidence.clear();
    world.shelve(&talk);
    assert_eq!(world.deliver(world.event(&talk)).await.unwrap_err().code(), Code::Internal);
    assert_eq!(world.nudges().await, []);
}

#[rstest]
#[tokio::test]
async fn events_that_do_not_concern_coaching_are_taken(#[values(Backend::Sqlite, Backend::Postgres)] backend: Backend) {
    let world = World::start(backend).await;
    let mut event = world.event(&Talk::on("c1", 0));
    event.body = Some(Body::RecordChanged(RecordChanged::default()));
    world.deliver(event).await.unwrap();
}

#[rstest]
#[tokio::test]
async fn an_event_of_another_workspaces_evaluation_is_refused(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let world = World::start(backend).await;
    let mut event = world.event(&Talk::on("c1", 0));
    if let Some(Body::EvaluationCompleted(completed)) = &mut event.body {
        completed.evaluation = "workspaces/other/evaluations/e1".to_owned();
    }
    assert_eq!(world.deliver(event).await.unwrap_err().code(), Code::InvalidArgument);
}
