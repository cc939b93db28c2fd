//! The operator dies after each effect that it has, and begins again: the end is the same as without a crash.

use rstest::rstest;
use serde_json::{Value, json};

use crate::world::World;

const ONE: &str = "id: p\ntitle: One";
const TWO: &str = "id: p\ntitle: Two";
/// More effects than any change has.
const MANY: i64 = 12;

fn withdrawing(document: &str) -> Value {
    json!({ "workspace": "demo", "document": document, "deletionPolicy": "Withdraw" })
}

/// What is so before, and what is then changed.
#[derive(Clone, Copy, Debug)]
enum Change {
    New,
    NewWithFinalizer,
    Document,
    OtherPlaybook,
    Drift,
    Delete,
    DeleteBeforeApplied,
    Errors,
}

impl Change {
    async fn before(self, world: &mut World) {
        match self {
            Self::New | Self::NewWithFinalizer | Self::DeleteBeforeApplied | Self::Errors => return,
            Self::Document | Self::Drift => world.inline("one", ONE),
            Self::OtherPlaybook | Self::Delete => world.declare("one", withdrawing(ONE)),
        }
        world.settle("one").await.unwrap();
    }

    async fn make(self, world: &mut World) {
        match self {
            Self::New => world.inline("one", ONE),
            Self::NewWithFinalizer => world.declare("one", withdrawing(ONE)),
            Self::Document => world.inline("one", TWO),
            Self::OtherPlaybook => world.declare("one", withdrawing("id: q")),
            Self::Drift => world.evaluator.by_hand(|playbooks| {
                let stored = playbooks.get_mut("p").unwrap();
                stored.revisions.push("id: p\ntitle: By hand".to_owned());
                stored.released = Some(2);
            }),
            Self::Delete => world.api.delete("playbooks/one"),
            Self::DeleteBeforeApplied => {
                world.declare("one", withdrawing(ONE));
                // The finalizer is there, nothing else.
                world.reconcile("one").await.unwrap();
                world.api.delete("playbooks/one");
            }
            Self::Errors => world.inline("one", "id: p\nplan: bad"),
        }
    }
}

/// Everything that outlives the operator, times apart.
fn end(world: &World) -> String {
    let mut status = world.playbook("one").map(|playbook| {
        let finalizers = playbook.metadata.finalizers.clone();
        (playbook.status.unwrap_or_default(), finalizers)
    });
    if let Some((status, _)) = &mut status {
        for condition in &mut status.conditions {
            condition.last_transition_time.0 = k8s_openapi::jiff::Timestamp::UNIX_EPOCH;
        }
    }
    format!("{:?}\n{status:?}", world.evaluator.stored())
}

#[rstest]
#[tokio::test]
async fn the_end_is_the_same(
    #[values(
        Change::New,
        Change::NewWithFinalizer,
        Change::Document,
        Change::OtherPlaybook,
        Change::Drift,
        Change::Delete,
        Change::DeleteBeforeApplied,
        Change::Errors
    )]
    change: Change,
) {
    let mut calm = World::start().await;
    change.before(&mut calm).await;
    change.make(&mut calm).await;
    let _ = calm.settle("one").await;
    let expected = end(&calm);

    let mut effects = 0;
    for effect in 1..MANY {
        let mut world = World::start().await;
        change.before(&mut world).await;
        change.make(&mut world).await;
        let crashed = world.crash("one", effect).await;
        let _ = world.settle("one").await;
        assert_eq!(end(&world), expected, "{change:?}, crashed at effect {effect}");
        if !crashed {
            effects = effect - 1;
            break;
        }
    }
    assert!((1..MANY - 1).contains(&effects), "{change:?} has {effects} effects");
}
