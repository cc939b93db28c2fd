//! A declared document is stored and released, and stays so.

use serde_json::json;

use crate::evaluator::Stored;
use crate::world::{World, inline, settled};

const ONE: &str = "id: p\ntitle: One";
const TWO: &str = "id: p\ntitle: Two";

fn keyed(map: &str, key: &str) -> serde_json::Value {
    json!({ "workspace": "demo", "documentFrom": { "configMapKeyRef": { "name": map, "key": key } } })
}

#[tokio::test]
async fn a_document_is_stored_and_released() {
    let mut world = World::start().await;
    world.inline("one", ONE);
    assert_eq!(world.settle("one").await, settled());
    let status = world.status("one");
    assert_eq!((status.playbook.as_deref(), status.observed_generation), (Some("p"), Some(1)));
    assert_eq!((status.revision, status.released_revision), (Some(1), Some(1)));
    assert_eq!(status.sha256.as_ref().map(String::len), Some(64));
    assert_eq!(world.ready("one"), ("True".to_owned(), "Released".to_owned()));
    assert_eq!(world.condition("one", "Released").0, "True");
    assert_eq!(world.condition("one", "LintFailed").0, "False");
    assert_eq!(world.evaluator.stored()["p"], Stored { revisions: vec![ONE.to_owned()], released: Some(1) });
    assert_eq!(world.api.events(), ["RevisionCreated", "Released"]);
    assert_eq!(world.playbook("one").unwrap().metadata.finalizers, None, "what is retained waits for nobody");
}

#[tokio::test]
async fn what_is_settled_is_not_written_again() {
    let mut world = World::start().await;
    world.inline("one", ONE);
    world.settle("one").await.unwrap();
    assert!(!world.writes().is_empty());
    for _ in 0..3 {
        assert_eq!(world.reconcile("one").await, settled());
    }
    world.restart();
    assert_eq!(world.reconcile("one").await, settled());
    assert_eq!(world.writes(), Vec::<String>::new());
    assert_eq!(world.api.events().len(), 2);
}

#[tokio::test]
async fn a_changed_document_is_the_next_revision() {
    let mut world = World::start().await;
    world.inline("one", ONE);
    world.settle("one").await.unwrap();
    let since = world.status("one").conditions[0].last_transition_time.clone();
    world.inline("one", TWO);
    assert_eq!(world.settle("one").await, settled());
    let status = world.status("one");
    assert_eq!((status.revision, status.released_revision, status.observed_generation), (Some(2), Some(2), Some(2)));
    assert!(status.conditions.iter().all(|condition| condition.observed_generation == Some(2)), "{status:?}");
    assert_eq!(status.conditions[0].last_transition_time, since);
}

#[tokio::test]
async fn what_is_not_to_be_released_is_only_stored() {
    let mut world = World::start().await;
    world.declare("one", json!({ "workspace": "demo", "document": ONE, "release": false }));
    assert_eq!(world.settle("one").await, settled());
    assert_eq!(world.evaluator.stored()["p"].released, None);
    assert_eq!(world.ready("one"), ("True".to_owned(), "Stored".to_owned()));
    assert_eq!(world.condition("one", "Released").1, "NotRequested");
    // A person releases it, and the status says so.
    world.evaluator.by_hand(|playbooks| playbooks.get_mut("p").unwrap().released = Some(1));
    assert_eq!(world.settle("one").await, settled());
    assert_eq!(
        (world.condition("one", "Released").0.as_str(), world.status("one").released_revision),
        ("True", Some(1))
    );
    world.inline("one", ONE);
    world.writes();
    assert_eq!(world.settle("one").await, settled());
    assert!(!world.writes().iter().any(|write| write.starts_with("release")));
}

#[tokio::test]
async fn what_is_released_by_hand_is_put_right() {
    let mut world = World::start().await;
    world.inline("one", ONE);
    world.settle("one").await.unwrap();
    world.evaluator.by_hand(|playbooks| {
        let stored = playbooks.get_mut("p").unwrap();
        stored.revisions.push("id: p\ntitle: By hand".to_owned());
        stored.released = Some(2);
    });
    assert_eq!(world.settle("one").await, settled());
    let stored = &world.evaluator.stored()["p"];
    assert_eq!((stored.released, stored.revisions.len()), (Some(1), 2), "the document is not stored again");
    assert_eq!(world.api.events().last().unwrap(), "DriftCorrected");
    world.evaluator.by_hand(|playbooks| playbooks.get_mut("p").unwrap().released = None);
    assert_eq!(world.settle("one").await, settled());
    assert_eq!(world.evaluator.stored()["p"].released, Some(1));
}

#[tokio::test]
async fn an_evaluator_that_lost_its_memory_gets_everything_again() {
    let mut world = World::start().await;
    world.inline("one", ONE);
    world.settle("one").await.unwrap();
    world.inline("one", TWO);
    world.settle("one").await.unwrap();
    world.evaluator.forget();
    assert_eq!(world.settle("one").await, settled());
    assert_eq!(world.evaluator.stored()["p"], Stored { revisions: vec![TWO.to_owned()], released: Some(1) });
    assert_eq!((world.status("one").revision, world.status("one").released_revision), (Some(1), Some(1)));
}

#[tokio::test]
async fn a_document_is_read_from_a_config_map() {
    let mut world = World::start().await;
    world.declare("one", keyed("books", "p.yaml"));
    assert!(world.settle("one").await.is_err());
    assert_eq!(world.ready("one"), ("False".to_owned(), "DocumentMissing".to_owned()));
    world.config_map("books", json!({ "other.yaml": TWO }));
    assert!(world.settle("one").await.is_err());
    assert!(world.condition("one", "Ready").2.contains("no key p.yaml"));
    world.config_map("books", json!({ "p.yaml": ONE }));
    assert_eq!(world.settle("one").await, settled());
    world.config_map("books", json!({ "p.yaml": TWO }));
    assert_eq!(world.settle("one").await, settled());
    assert_eq!(world.evaluator.stored()["p"].revisions, [ONE, TWO]);
    // Without the ConfigMap what is released stays, and the status says both.
    world.api.delete("configmaps/books");
    assert!(world.settle("one").await.is_err());
    assert_eq!(world.evaluator.stored()["p"].released, Some(2));
    assert_eq!((world.ready("one").0.as_str(), world.condition("one", "Released").0.as_str()), ("False", "True"));
}

#[tokio::test]
async fn a_document_of_another_playbook_leaves_the_former() {
    let mut world = World::start().await;
    world.inline("one", ONE);
    world.settle("one").await.unwrap();
    world.inline("one", "id: q");
    assert_eq!(world.settle("one").await, settled());
    let stored = world.evaluator.stored();
    assert_eq!((stored["p"].released, stored["q"].released), (Some(1), Some(1)));
    assert!(world.api.events().contains(&"PlaybookLeft".to_owned()));
    // With the policy Withdraw it is withdrawn.
    let mut spec = inline("id: r");
    spec["deletionPolicy"] = json!("Withdraw");
    world.declare("one", spec);
    assert_eq!(world.settle("one").await, settled());
    let stored = world.evaluator.stored();
    assert_eq!((stored["p"].released, stored["q"].released, stored["r"].released), (Some(1), None, Some(1)));
}

#[tokio::test]
async fn of_two_that_name_a_playbook_the_older_has_it() {
    let mut world = World::start().await;
    // `older` is older than `the-younger`: its name is shorter and comes first.
    world.inline("older", ONE);
    world.inline("the-younger", TWO);
    assert_eq!(world.settle("older").await, settled());
    assert!(world.settle("the-younger").await.is_err());
    assert_eq!(world.ready("the-younger"), ("False".to_owned(), "PlaybookTaken".to_owned()));
    assert!(world.condition("the-younger", "Ready").2.contains("field/older"));
    assert_eq!(world.evaluator.stored()["p"], Stored { revisions: vec![ONE.to_owned()], released: Some(1) });
    // Its right ends with the older one.
    world.api.delete("playbooks/older");
    world.restart();
    assert_eq!(world.settle("the-younger").await, settled());
    assert_eq!(world.evaluator.stored()["p"].released, Some(2));
}
