//! How a watch ends, and that it can be gone on with.

use chrono::{DateTime, Utc};
use rstest::rstest;
use sea_orm::EntityTrait as _;
use throughline_proto::transcription::v1::CallChangeKind;
use throughline_testkit::{Backend, eventually};
use tonic::Code;
use transcription_gateway::store::changes;
use transcription_gateway::store::entity::call_change_mark;

use crate::watch::{after, everything};
use crate::world::{World, reason};

#[rstest]
#[tokio::test]
async fn a_token_older_than_the_kept_changes_is_refused_with_the_way_out(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let world = World::start(backend).await;
    world.call("c0").await;
    let world = world.restart_after("DELETE FROM call_change_mark").await;
    let db = world.connect().await;
    // From then on no change is forgotten but by this test: the service looks when it starts, and ten minutes later.
    eventually("the service itself has looked how far the log goes", || async {
        call_change_mark::Entity::find().one(db.conn()).await.unwrap()
    })
    .await;
    let begin = world.watch(everything()).await.unwrap().standing().await.token;
    world.call("c1").await;
    let at = |hour: u32| -> DateTime<Utc> { format!("2026-07-01T{hour:02}:00:00Z").parse().unwrap() };
    changes::forget(&db, at(1), at(0)).await.unwrap();
    world.call("c2").await;
    // What is old is counted from when the log was seen to reach it.
    assert_eq!(changes::forget(&db, at(2), at(0)).await.unwrap(), 0);
    assert_eq!(world.watch(after(&begin)).await.unwrap().changes(2).await.len(), 2);
    let between = {
        let mut watching = world.watch(after(&begin)).await.unwrap();
        watching.changes(1).await;
        watching.token
    };
    assert_eq!(changes::forget(&db, at(3), at(1) + chrono::Duration::minutes(1)).await.unwrap(), 1);
    let status = world.watch(after(&begin)).await.err().unwrap();
    assert_eq!((status.code(), reason(&status).as_str()), (Code::OutOfRange, "RESUME_TOKEN_EXPIRED"));
    assert!(status.message().contains("initial_state"), "{status:?}");
    // Up to where changes are kept, nothing is lost.
    let kept = world.watch(after(&between)).await.unwrap().changes(1).await;
    assert_eq!(kept, [("c2".to_owned(), CallChangeKind::Created)]);
    // A token of a database that is further than this one.
    world.execute("UPDATE call_change_head SET sequence = 0").await;
    let status = world.watch(after(&between)).await.err().unwrap();
    assert_eq!(reason(&status), "RESUME_TOKEN_EXPIRED");
}

#[rstest]
#[tokio::test]
async fn a_stopping_service_says_so_and_the_watch_goes_on_at_the_next(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let world = World::start(backend).await;
    let mut watching = world.watch(everything()).await.unwrap().standing().await;
    let stopping = async {
        let world = world.restart().await;
        world.call("c1").await;
        world
    };
    let (world, ended) = tokio::join!(stopping, watching.next());
    let status = ended.unwrap_err();
    assert_eq!((status.code(), reason(&status).as_str()), (Code::Unavailable, "DRAINING"));
    let told = world.watch(after(&watching.token)).await.unwrap().changes(1).await;
    assert_eq!(told, [("c1".to_owned(), CallChangeKind::Created)]);
}

#[rstest]
#[tokio::test]
async fn who_takes_nothing_is_ended_and_may_go_on(#[values(Backend::Sqlite, Backend::Postgres)] backend: Backend) {
    // More than the connection takes ahead, two megabytes.
    const CHANGES: usize = 600;
    let extra = vec![("watch.slow_timeout", "300ms".to_owned()), ("watch.max_streams", "1".to_owned())];
    let world = World::with(backend, extra).await;
    world.call("c1").await;
    let mut watching = world.watch(everything()).await.unwrap().standing().await;
    let db = world.connect().await;
    let tx = db.begin().await.unwrap();
    let change = format!("UPDATE call SET version = version + 1, failure = '{}'", "x".repeat(8_000));
    for _ in 0..CHANGES {
        sea_orm::ConnectionTrait::execute_unprepared(&tx, &change).await.unwrap();
    }
    tx.commit().await.unwrap();
    // Its room is free again once it is ended, though nothing was read of it.
    eventually("room for another watch", || async { world.watch(everything()).await.ok().map(drop) }).await;
    let mut taken = 0;
    let status = loop {
        match watching.next().await {
            Ok(_) => taken += 1,
            Err(status) => break status,
        }
    };
    assert_eq!((status.code(), reason(&status).as_str()), (Code::ResourceExhausted, "QUEUE_FULL"));
    assert!(taken < CHANGES);
    let mut rest = eventually("room again", || async { world.watch(after(&watching.token)).await.ok() }).await;
    let rest = rest.changes(CHANGES - taken).await;
    assert_eq!(rest.len() + taken, CHANGES);
}

#[tokio::test]
async fn an_idle_watch_lives_and_there_is_room_for_so_many() {
    let extra = vec![("watch.heartbeat", "30ms".to_owned()), ("watch.max_streams", "1".to_owned())];
    let world = World::with(Backend::Sqlite, extra).await;
    let watching = world.watch(everything()).await.unwrap().standing().await.standing().await.standing().await;
    let status = world.watch(everything()).await.err().unwrap();
    assert_eq!((status.code(), reason(&status).as_str()), (Code::ResourceExhausted, "QUEUE_FULL"));
    drop(watching);
    eventually("room again", || async { world.watch(everything()).await.ok() }).await;
}
