//! What goes with a resource, and what stays.

use operator::failure::Class;
use serde_json::{Value, json};

use crate::world::World;

const ONE: &str = "id: p\ntitle: One";
const FINALIZER: &str = "throughline.io/withdraw";

fn policy(policy: &str) -> Value {
    json!({ "workspace": "demo", "document": ONE, "deletionPolicy": policy })
}

fn finalizers(world: &World) -> Vec<String> {
    world.playbook("one").unwrap().metadata.finalizers.unwrap_or_default()
}

#[tokio::test]
async fn what_is_retained_goes_at_once_and_stays_released() {
    let mut world = World::start().await;
    world.declare("one", policy("Retain"));
    world.settle("one").await.unwrap();
    world.api.delete("playbooks/one");
    assert!(world.playbook("one").is_none());
    assert_eq!(world.evaluator.stored()["p"].released, Some(1));
}

#[tokio::test]
async fn what_is_withdrawn_waits_for_the_evaluator() {
    let mut world = World::start().await;
    world.declare("one", policy("Withdraw"));
    world.settle("one").await.unwrap();
    assert_eq!(finalizers(&world), [FINALIZER]);
    world.api.delete("playbooks/one");
    world.evaluator.away(true);
    for _ in 0..3 {
        assert_eq!(world.reconcile("one").await.unwrap_err().class, Class::Away);
    }
    assert_eq!(world.api.events().iter().filter(|reason| *reason == "EvaluatorUnavailable").count(), 1);
    world.evaluator.away(false);
    world.settle("one").await.unwrap();
    assert!(world.playbook("one").is_none());
    let stored = &world.evaluator.stored()["p"];
    assert_eq!((stored.released, stored.revisions.len()), (None, 1));
    assert_eq!(world.api.events().last().unwrap(), "Withdrawn");
}

#[tokio::test]
async fn a_change_to_retain_lets_a_waiting_resource_go() {
    let mut world = World::start().await;
    world.declare("one", policy("Withdraw"));
    world.settle("one").await.unwrap();
    world.declare("one", policy("Retain"));
    world.settle("one").await.unwrap();
    assert_eq!(finalizers(&world), Vec::<String>::new());

    world.declare("one", policy("Withdraw"));
    world.settle("one").await.unwrap();
    world.api.delete("playbooks/one");
    world.evaluator.away(true);
    world.reconcile("one").await.unwrap_err();
    world.declare("one", policy("Retain"));
    world.settle("one").await.unwrap();
    assert!(world.playbook("one").is_none());
}

#[tokio::test]
async fn what_was_never_applied_is_not_withdrawn() {
    let mut world = World::start().await;
    world.declare("one", json!({ "workspace": "demo", "document": "id: p\nbad", "deletionPolicy": "Withdraw" }));
    world.settle("one").await.unwrap_err();
    world.evaluator.by_hand(|playbooks| playbooks.entry("p".to_owned()).or_default().released = Some(1));
    world.api.delete("playbooks/one");
    world.settle("one").await.unwrap();
    assert!(world.playbook("one").is_none());
    assert_eq!(world.evaluator.stored()["p"].released, Some(1));
}

#[tokio::test]
async fn foreign_finalizers_are_left_alone() {
    let mut world = World::start().await;
    world.declare("one", policy("Withdraw"));
    world.settle("one").await.unwrap();
    let mut object = world.api.get("playbooks/one").unwrap();
    object["metadata"]["finalizers"] = json!(["example.com/other", FINALIZER]);
    world.api.put("playbooks/one", object);
    world.api.delete("playbooks/one");
    world.settle("one").await.unwrap();
    assert_eq!(finalizers(&world), ["example.com/other"]);
}
