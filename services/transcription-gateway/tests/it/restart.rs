//! Work that a stopped or killed process left is taken up again.

use rstest::rstest;
use sea_orm::ActiveValue::Set;
use sea_orm::sea_query::Expr;
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter};
use throughline_proto::transcription::v1::CallState;
use throughline_testkit::Backend;
use transcription_gateway::store::entity::{call, work};

use crate::sound::{fixture, talk_wav};
use crate::world::World;

#[rstest]
#[tokio::test]
async fn a_restart_in_the_middle_of_a_recording_finishes_it_once(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let world = World::start(backend).await;
    let call = world.call("c1").await;
    world.upload(&call, &talk_wav(60)).await.unwrap();
    let world = world.restart().await;
    let done = world.settled(&call).await;
    assert_eq!((done.state(), done.transcript), (CallState::Transcribed, format!("{call}/transcripts/1")));
    assert_eq!(world.told(1).await.len(), 1);
}

/// Puts a call into the state in which a process that was killed left it.
async fn killed(world: &World, id: &str, kind: work::Kind, state: &str, attempts: i32) {
    let db = world.db.connect(transcription_gateway::store::SCHEMA).await;
    // Long past by the clock of the tests, as after the lease of a replica that died.
    let then = "2026-05-31T00:00:00Z".parse().unwrap();
    let row = work::ActiveModel {
        workspace: Set("demo".to_owned()),
        call: Set(id.to_owned()),
        kind: Set(kind),
        attempts: Set(attempts),
        waits: Set(0),
        due_at: Set(then),
        lease_owner: Set(Some("the dead".to_owned())),
        lease_until: Set(Some(then)),
        traceparent: Set(String::new()),
    };
    call::Entity::update_many()
        .col_expr(call::Column::State, Expr::val(state))
        .filter(call::Column::Id.eq(id))
        .exec(db.conn())
        .await
        .unwrap();
    work::Entity::insert(row).exec_without_returning(db.conn()).await.unwrap();
    db.close().await.unwrap();
}

#[rstest]
#[tokio::test]
async fn a_recording_whose_process_was_killed_is_taken_over(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let world = World::start(backend).await;
    let call = world.call("c1").await;
    world.upload(&call, &fixture("pcm.wav")).await.unwrap();
    world.settled(&call).await;
    killed(&world, "c1", work::Kind::Recording, "transcribing", 1).await;
    let done = throughline_testkit::eventually("it is transcribed again", || async {
        let call = world.get(&call).await;
        (call.state() == CallState::Transcribed && call.transcript.ends_with("/2")).then_some(call)
    })
    .await;
    assert_eq!(done.failure, "");
}

#[rstest]
#[tokio::test]
async fn a_live_call_whose_process_was_killed_does_not_stay_live(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let world = World::start(backend).await;
    let call = world.call("c1").await;
    killed(&world, "c1", work::Kind::Live, "live", 1).await;
    let failed = world.settled(&call).await;
    assert_eq!(failed.state(), CallState::Failed);
    assert!(failed.failure.contains("lost when the service ended unexpectedly"), "{}", failed.failure);
}

#[tokio::test]
async fn a_recording_that_keeps_breaking_the_process_is_given_up() {
    let world = World::start(Backend::Sqlite).await;
    let call = world.call("c1").await;
    world.upload(&call, &fixture("pcm.wav")).await.unwrap();
    world.settled(&call).await;
    killed(&world, "c1", work::Kind::Recording, "transcribing", 9).await;
    let failed = throughline_testkit::eventually("it is given up", || async {
        let call = world.get(&call).await;
        (call.state() == CallState::Failed).then_some(call)
    })
    .await;
    assert_eq!(failed.failure, "transcription was given up after 4 tries");
    assert!(failed.transcript.ends_with("/1"), "what was there stays");
}
