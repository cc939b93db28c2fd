//! Whatever happened: what is settled is settled, and the status tells the truth.

use operator::failure::Class;
use proptest::prelude::*;
use serde_json::json;

use crate::world::{World, settled};

#[derive(Clone, Debug)]
enum Step {
    Declare { document: usize, release: bool, withdraw: bool },
    ReleaseByHand,
    WithdrawByHand,
    Forget,
    Away,
    Back,
    Restart,
    Delete,
    Crash(i64),
}

const DOCUMENTS: [&str; 5] = ["id: p\ntitle: One", "id: p\ntitle: Two", "id: q", "id: p\nbad", "id: p\nodd"];

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        6 => (0..DOCUMENTS.len(), any::<bool>(), any::<bool>())
            .prop_map(|(document, release, withdraw)| Step::Declare { document, release, withdraw }),
        2 => Just(Step::ReleaseByHand),
        1 => Just(Step::WithdrawByHand),
        1 => Just(Step::Forget),
        1 => Just(Step::Away),
        2 => Just(Step::Back),
        1 => Just(Step::Restart),
        1 => Just(Step::Delete),
        2 => (1..6_i64).prop_map(Step::Crash),
    ]
}

async fn take(world: &mut World, step: Step) {
    match step {
        Step::Declare { document, release, withdraw } => {
            let policy = if withdraw { "Withdraw" } else { "Retain" };
            let document = DOCUMENTS[document];
            let spec =
                json!({ "workspace": "demo", "document": document, "release": release, "deletionPolicy": policy });
            world.declare("one", spec);
        }
        Step::ReleaseByHand => world.evaluator.by_hand(|playbooks| {
            for stored in playbooks.values_mut() {
                stored.revisions.push("by hand".to_owned());
                stored.released = Some(stored.revisions.len());
            }
        }),
        Step::WithdrawByHand => {
            world.evaluator.by_hand(|playbooks| playbooks.values_mut().for_each(|stored| stored.released = None));
        }
        Step::Forget => world.evaluator.forget(),
        Step::Away => world.evaluator.away(true),
        Step::Back => world.evaluator.away(false),
        Step::Restart => world.restart(),
        Step::Delete => world.api.delete("playbooks/one"),
        Step::Crash(effect) => {
            world.crash("one", effect).await;
        }
    }
}

fn truth(world: &World, result: &Result<kube::runtime::controller::Action, operator::failure::Failure>) {
    let Some(playbook) = world.playbook("one") else { return };
    let status = playbook.status.clone().unwrap_or_default();
    let away = result.as_ref().is_err_and(|failure| failure.class == Class::Away);
    if away || status.playbook.is_none() {
        return;
    }
    let stored = world.evaluator.stored();
    let stored = stored.get(status.playbook.as_deref().unwrap()).cloned().unwrap_or_default();
    assert_eq!(status.released_revision, stored.released.map(|number| number as i64), "{status:?}");
    if *result == settled() && playbook.metadata.deletion_timestamp.is_none() {
        let number = usize::try_from(status.revision.unwrap()).unwrap();
        assert_eq!(stored.revisions.get(number - 1), playbook.spec.document.as_ref());
        assert!(!playbook.spec.release || stored.released == Some(number), "{status:?}");
        assert_eq!(status.observed_generation, playbook.metadata.generation);
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 60, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn twice_is_once_and_the_status_is_true(steps in prop::collection::vec(step(), 1..10)) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(async {
            let mut world = World::start().await;
            world.inline("one", DOCUMENTS[0]);
            for step in steps {
                take(&mut world, step).await;
                let result = world.settle("one").await;
                truth(&world, &result);
                world.writes();
                let _ = world.reconcile("one").await;
                world.restart();
                let _ = world.reconcile("one").await;
                assert_eq!(world.writes(), Vec::<String>::new());
            }
        });
    }
}
