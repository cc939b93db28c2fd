//! Whatever fails in whatever order, each event takes effect once, and those of a key in order.

use std::time::Duration;

use proptest::prelude::*;
use throughline_testkit::Backend;
use tokio_util::sync::CancellationToken;
use tonic::Code;

use crate::consumer::Fault;
use crate::mesh::{Mesh, of_key, quick};

#[derive(Clone, Debug)]
struct Step {
    key: u8,
    faults: Vec<Fault>,
    /// The relay is killed this many milliseconds after the event was published, and another one started.
    kill_after_ms: Option<u64>,
}

fn fault() -> impl Strategy<Value = Fault> {
    prop_oneof![
        3 => Just(Fault::Refuse(Code::Unavailable)),
        2 => Just(Fault::Refuse(Code::Internal)),
        3 => Just(Fault::LoseAnswer),
        1 => Just(Fault::Hang),
    ]
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let step = (0_u8..3, prop::collection::vec(fault(), 0..3), prop::option::weighted(0.3, 0_u64..12))
        .prop_map(|(key, faults, kill_after_ms)| Step { key, faults, kill_after_ms });
    prop::collection::vec(step, 1..12)
}

async fn run(backend: Backend, steps: &[Step]) -> Vec<(String, String)> {
    let mesh = Mesh::start(backend).await;
    // Kills count as tries, so nothing is parked within these.
    let config = throughline_events::RelayConfig { tries_unavailable: 1000, tries_failing: 1000, ..quick() };
    let mut relay = mesh.spawn_relay(&config, CancellationToken::new());
    for (n, step) in steps.iter().enumerate() {
        let what = format!("{n:02}");
        mesh.keeper.fail(&what, step.faults.iter().copied());
        mesh.publish(&step.key.to_string(), &what).await;
        if let Some(ms) = step.kill_after_ms {
            tokio::time::sleep(Duration::from_millis(ms)).await;
            relay.shutdown().await;
            relay = mesh.spawn_relay(&config, CancellationToken::new());
        }
    }
    mesh.relay_until_settled(&config, 0).await;
    relay.shutdown().await;
    mesh.keeper.applied().await
}

fn check(backend: Backend, steps: &[Step]) -> Result<(), TestCaseError> {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
    let applied = runtime.block_on(run(backend, steps));
    for key in 0..3_u8 {
        let published: Vec<String> =
            steps.iter().enumerate().filter(|(_, step)| step.key == key).map(|(n, _)| format!("{n:02}")).collect();
        prop_assert_eq!(of_key(&applied, &key.to_string()), published);
    }
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 16, max_shrink_iters: 20, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn any_interleaving_of_failures_delivers_once_and_in_order_on_sqlite(steps in steps()) {
        check(Backend::Sqlite, &steps)?;
    }

    #[test]
    fn any_interleaving_of_failures_delivers_once_and_in_order_on_postgres(steps in steps()) {
        check(Backend::Postgres, &steps)?;
    }
}
