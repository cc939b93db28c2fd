//! How many events a second the relay delivers and a consumer applies; run by hand:
//! `cargo test -p throughline-events --test it -- --ignored --nocapture figures`

use std::time::Instant;

use rstest::rstest;
use throughline_events::RelayConfig;
use throughline_events::entity::outbox_delivery::State;
use throughline_testkit::{Backend, Harness, eventually};
use tokio_util::sync::CancellationToken;

use crate::mesh::{Mesh, event};

const EVENTS: usize = 4_000;

#[rstest]
#[case(1)]
#[case(100)]
#[case(EVENTS)]
#[tokio::test(flavor = "multi_thread")]
#[ignore = "prints figures, proves nothing"]
async fn figures(#[values(Backend::Sqlite, Backend::Postgres)] backend: Backend, #[case] keys: usize) {
    let mesh = Mesh::with(backend, Harness::real_time()).await;
    let started = Instant::now();
    for n in 0..EVENTS {
        let tx = mesh.db.begin().await.unwrap();
        mesh.outbox.publish(&tx, event(&(n % keys).to_string(), &n.to_string()), mesh.clock().now()).await.unwrap();
        tx.commit().await.unwrap();
    }
    let publishing = started.elapsed();
    let started = Instant::now();
    let stop = CancellationToken::new();
    let mut relay = mesh.spawn_relay(&RelayConfig::default(), stop.clone());
    let all = EVENTS as u64;
    eventually("everything delivered", || async { (mesh.count(State::Delivered).await == all).then_some(()) }).await;
    let delivering = started.elapsed();
    stop.cancel();
    while relay.join_next().await.is_some() {}
    let rate = |time: std::time::Duration| EVENTS as f64 / time.as_secs_f64();
    println!(
        "{backend:?}, {keys} keys: {:.0} published/s one a transaction, {:.0} delivered and applied/s",
        rate(publishing),
        rate(delivering)
    );
}
