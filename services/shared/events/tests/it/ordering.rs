//! Events of a key arrive in the order of their commits.

use futures::future::join_all;
use rstest::rstest;
use throughline_store::lock;
use throughline_testkit::{Backend, eventually};
use tokio_util::sync::CancellationToken;

use crate::consumer::Fault;
use crate::mesh::{Mesh, event, of_key, quick};

#[rstest]
#[tokio::test]
async fn each_key_is_in_order_and_every_event_arrives_once(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let mesh = Mesh::start(backend).await;
    for n in 0..10 {
        for key in ["a", "b", "c"] {
            mesh.publish(key, &format!("{key}{n}")).await;
        }
    }
    mesh.relay_until_settled(&quick(), 0).await;
    let applied = mesh.keeper.applied().await;
    assert_eq!(applied.len(), 30);
    for key in ["a", "b", "c"] {
        let expected: Vec<String> = (0..10).map(|n| format!("{key}{n}")).collect();
        assert_eq!(of_key(&applied, key), expected);
    }
}

#[rstest]
#[tokio::test]
async fn a_failing_event_holds_back_its_key_and_no_other(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let mesh = Mesh::start(backend).await;
    mesh.keeper.fail("a0", [Fault::Refuse(tonic::Code::Unavailable); 5]);
    for what in ["a0", "a1", "b0", "b1"] {
        mesh.publish(&what[..1], what).await;
    }
    mesh.relay_until_settled(&quick(), 0).await;
    let applied = mesh.keeper.applied().await;
    assert_eq!(of_key(&applied, "a"), ["a0", "a1"]);
    assert_eq!(of_key(&applied, "b"), ["b0", "b1"]);
    assert_eq!(applied.last().unwrap().1, "a1");
}

#[rstest]
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn replicas_share_the_work_and_keep_the_order(#[values(Backend::Sqlite, Backend::Postgres)] backend: Backend) {
    let mesh = Mesh::start(backend).await;
    let stop = CancellationToken::new();
    let others: Vec<_> = (0..2).map(|_| mesh.spawn_relay(&quick(), stop.clone())).collect();
    for n in 0..30 {
        mesh.publish(["a", "b", "c"][n % 3], &format!("{n:02}")).await;
    }
    mesh.relay_until_settled(&quick(), 0).await;
    stop.cancel();
    for mut other in others {
        while other.join_next().await.is_some() {}
    }
    let applied = mesh.keeper.applied().await;
    assert_eq!(applied.len(), 30);
    for key in ["a", "b", "c"] {
        assert!(of_key(&applied, key).is_sorted(), "{applied:?}");
    }
}

/// The order that counts is that of the commits: here each writer numbers its event under a lock of its own that it
/// holds until its commit, as a service does with the row it changes.
#[rstest]
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn concurrent_publishers_of_one_key_do_not_overtake_each_other(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let mesh = Mesh::start(backend).await;
    let stop = CancellationToken::new();
    let mut relay = mesh.spawn_relay(&quick(), stop.clone());
    let next = std::sync::atomic::AtomicU32::new(0);
    let writer = |_| async {
        for _ in 0..10 {
            let tx = mesh.db.begin().await.unwrap();
            lock::name(&tx, "test", "numbering").await.unwrap();
            let n = next.fetch_add(1, std::sync::atomic::Ordering::SeqCst);
            mesh.outbox.publish(&tx, event("a", &format!("{n:02}")), mesh.clock().now()).await.unwrap();
            tx.commit().await.unwrap();
        }
    };
    join_all((0..4).map(writer)).await;
    mesh.relay_until_settled(&quick(), 0).await;
    stop.cancel();
    while relay.join_next().await.is_some() {}
    let expected: Vec<String> = (0..40).map(|n| format!("{n:02}")).collect();
    assert_eq!(of_key(&mesh.keeper.applied().await, "a"), expected);
}

/// The answer to the first event comes while a transaction is open that has just published the second.
#[tokio::test]
async fn an_event_published_while_its_predecessor_is_answered_is_not_left_behind() {
    let mesh = Mesh::start(Backend::Postgres).await;
    mesh.keeper.fail("a0", [Fault::Hang]);
    mesh.publish("a", "a0").await;
    let stop = CancellationToken::new();
    let mut relay = mesh.spawn_relay(&quick(), stop.clone());
    eventually("leased", || async { mesh.rows().await[0].lease_owner.clone() }).await;
    let tx = mesh.db.begin().await.unwrap();
    mesh.outbox.publish(&tx, event("a", "a1"), mesh.clock().now()).await.unwrap();
    // The other key still flows while the answer for the first can't be noted.
    mesh.publish("b", "b0").await;
    eventually("the other key", || async { (!mesh.keeper.applied().await.is_empty()).then_some(()) }).await;
    tx.commit().await.unwrap();
    mesh.relay_until_settled(&quick(), 0).await;
    stop.cancel();
    while relay.join_next().await.is_some() {}
    assert_eq!(of_key(&mesh.keeper.applied().await, "a"), ["a0", "a1"]);
}
