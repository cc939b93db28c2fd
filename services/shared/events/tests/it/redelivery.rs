//! Whoever is killed between commit and delivery, nothing is lost and nothing happens twice.

use std::time::Duration;

use rstest::rstest;
use throughline_events::RelayConfig;
use throughline_events::entity::outbox_delivery::State;
use throughline_testkit::{Backend, eventually};
use tokio_util::sync::CancellationToken;

use crate::consumer::Fault;
use crate::mesh::{Mesh, event, of_key, quick};

#[rstest]
#[tokio::test]
async fn what_was_rolled_back_is_never_delivered(#[values(Backend::Sqlite, Backend::Postgres)] backend: Backend) {
    let mesh = Mesh::start(backend).await;
    let tx = mesh.db.begin().await.unwrap();
    mesh.outbox.publish(&tx, event("a", "lost"), mesh.clock().now()).await.unwrap();
    tx.rollback().await.unwrap();
    mesh.publish("a", "kept").await;
    mesh.relay_until_settled(&quick(), 0).await;
    assert_eq!(of_key(&mesh.keeper.applied().await, "a"), ["kept"]);
}

#[rstest]
#[tokio::test]
async fn a_commit_is_delivered_at_once_without_waiting_for_the_poll(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let mesh = Mesh::start(backend).await;
    let config = RelayConfig { poll_interval: Duration::from_secs(3600), ..RelayConfig::default() };
    let stop = CancellationToken::new();
    let mut relay = mesh.spawn_relay(&config, stop.clone());
    for n in 0..5 {
        mesh.publish("a", &n.to_string()).await;
        eventually("delivered", || async { (mesh.count(State::Delivered).await == n + 1).then_some(()) }).await;
    }
    stop.cancel();
    while relay.join_next().await.is_some() {}
}

#[rstest]
#[tokio::test]
async fn a_lost_answer_leads_to_a_second_delivery_that_changes_nothing(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let mesh = Mesh::start(backend).await;
    mesh.keeper.fail("a0", [Fault::LoseAnswer, Fault::LoseAnswer]);
    mesh.publish("a", "a0").await;
    mesh.publish("a", "a1").await;
    mesh.relay_until_settled(&quick(), 0).await;
    assert_eq!(of_key(&mesh.keeper.applied().await, "a"), ["a0", "a1"]);
    assert_eq!(mesh.rows().await[0].attempts, 3);
}

#[rstest]
#[tokio::test]
async fn a_silent_consumer_runs_into_the_deadline_and_gets_it_again(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let mesh = Mesh::start(backend).await;
    mesh.keeper.fail("a0", [Fault::Hang]);
    mesh.publish("a", "a0").await;
    mesh.relay_until_settled(&quick(), 0).await;
    let row = mesh.rows().await.remove(0);
    assert_eq!(row.attempts, 2);
    assert!(row.last_error.unwrap().starts_with("DeadlineExceeded"));
}

/// The relay dies while the consumer has the event and hasn't answered.
#[rstest]
#[tokio::test]
async fn a_killed_relay_loses_nothing_and_doubles_nothing(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let mesh = Mesh::start(backend).await;
    mesh.keeper.fail("a0", [Fault::Hang]);
    mesh.publish("a", "a0").await;
    mesh.publish("a", "a1").await;
    let mut relay = mesh.spawn_relay(
        &RelayConfig { delivery_timeout: Duration::from_millis(159), ..quick() },
        CancellationToken::new(),
    );
    eventually("leased", || async { mesh.rows().await[0].lease_owner.clone() }).await;
    relay.shutdown().await;
    assert!(mesh.keeper.applied().await.is_empty());
    mesh.relay_until_settled(&quick(), 0).await;
    assert_eq!(of_key(&mesh.keeper.applied().await, "a"), ["a0", "a1"]);
}

/// A lease that nobody renews is waited for on PostgreSQL, where it may be another replica's, and taken at once on
/// SQLite, where it can only be that of the process that was killed.
#[tokio::test]
async fn after_a_kill_sqlite_does_not_wait_for_the_lease() {
    let mesh = Mesh::start(Backend::Sqlite).await;
    mesh.keeper.fail("a0", [Fault::Hang]);
    mesh.publish("a", "a0").await;
    let long = RelayConfig { lease: Duration::from_secs(3600), ..quick() };
    let mut relay = mesh.spawn_relay(&long, CancellationToken::new());
    eventually("leased", || async { mesh.rows().await[0].lease_owner.clone() }).await;
    relay.shutdown().await;
    mesh.relay_until_settled(&long, 0).await;
    assert_eq!(of_key(&mesh.keeper.applied().await, "a"), ["a0"]);
}

#[rstest]
#[tokio::test]
async fn a_relay_that_is_told_to_stop_notes_what_is_under_way(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let mesh = Mesh::start(backend).await;
    mesh.keeper.fail("a0", [Fault::Hang]);
    mesh.publish("a", "a0").await;
    let stop = CancellationToken::new();
    let mut relay = mesh.spawn_relay(&quick(), stop.clone());
    eventually("leased", || async { mesh.rows().await[0].lease_owner.clone() }).await;
    stop.cancel();
    while relay.join_next().await.is_some() {}
    let row = mesh.rows().await.remove(0);
    assert_eq!((row.state, row.lease_owner), (State::Pending, None));
    assert!(row.last_error.unwrap().starts_with("DeadlineExceeded"));
}
