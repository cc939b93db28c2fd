//! What stands in the way is told once, and tried again as its class asks.

use http::StatusCode;
use operator::failure::Class;
use operator::playbook::MAX_FINDINGS;
use serde_json::json;

use crate::world::{World, settled};

const ONE: &str = "id: p\ntitle: One";

#[tokio::test]
async fn errors_of_the_linter_stand_in_the_status() {
    let mut world = World::start().await;
    world.inline("one", "id: p\nplan: bad\nnotes: odd");
    let failure = world.settle("one").await.unwrap_err();
    assert_eq!((failure.class, failure.reason), (Class::Waits, "LintFailed"));
    let status = world.status("one");
    assert_eq!((status.errors, status.warnings, status.findings.len()), (1, 1, 2));
    assert_eq!((status.findings[0].path.as_str(), status.findings[0].line), ("plan", 2));
    assert_eq!(world.ready("one"), ("False".to_owned(), "LintFailed".to_owned()));
    assert_eq!(world.condition("one", "LintFailed").0, "True");
    assert!(world.condition("one", "Ready").2.starts_with("1 error, 1 warning; line 2, plan: "));
    assert!(world.evaluator.stored().is_empty());
    world.writes();
    world.reconcile("one").await.unwrap_err();
    assert_eq!((world.writes().len(), world.api.events()), (0, vec!["LintFailed".to_owned()]));

    world.inline("one", "id: p\nnotes: odd");
    assert_eq!(world.settle("one").await, settled());
    assert_eq!((world.status("one").errors, world.status("one").warnings), (0, 1));
    assert_eq!(world.condition("one", "LintFailed").1, "WarningsOnly");
}

#[tokio::test]
async fn a_bad_change_leaves_what_is_released() {
    let mut world = World::start().await;
    world.inline("one", ONE);
    world.settle("one").await.unwrap();
    world.inline("one", "id: p\nplan: bad");
    world.settle("one").await.unwrap_err();
    let status = world.status("one");
    assert_eq!((status.revision, status.released_revision), (Some(1), Some(1)));
    assert_eq!((world.ready("one").0.as_str(), world.condition("one", "Released").0.as_str()), ("False", "True"));
}

#[tokio::test]
async fn many_findings_are_counted_and_some_are_shown() {
    let mut world = World::start().await;
    let document: String = (0..300).map(|n| format!("key{n}: bad {}\n", "x".repeat(1_000))).collect();
    world.inline("one", &format!("id: p\n{document}"));
    world.settle("one").await.unwrap_err();
    let status = world.status("one");
    assert_eq!((status.errors, status.findings.len()), (300, MAX_FINDINGS));
    assert!(serde_json::to_string(&status).unwrap().len() < 20_000);
}

#[tokio::test]
async fn an_evaluator_that_is_away_is_waited_for() {
    let mut world = World::start().await;
    world.inline("one", ONE);
    world.settle("one").await.unwrap();
    world.evaluator.away(true);
    world.writes();
    let failure = world.settle("one").await.unwrap_err();
    assert_eq!((failure.class, failure.reason), (Class::Away, "EvaluatorUnavailable"));
    assert_eq!(world.ready("one"), ("Unknown".to_owned(), "EvaluatorUnavailable".to_owned()));
    assert_eq!(world.writes().len(), 1, "the status is written once, whatever the evaluator says each time");
    assert_eq!(world.condition("one", "Released").0, "True");
    world.evaluator.away(false);
    assert_eq!(world.settle("one").await, settled());
    assert_eq!(world.ready("one").0, "True");
}

#[tokio::test]
async fn an_unknown_workspace_is_refused() {
    let mut world = World::start().await;
    world.declare("one", json!({ "workspace": "nowhere", "document": ONE }));
    assert_eq!(world.settle("one").await.unwrap_err().class, Class::Refused);
    assert_eq!(world.ready("one"), ("False".to_owned(), "WorkspaceUnknown".to_owned()));
}

#[tokio::test]
async fn a_document_over_the_limit_is_not_sent() {
    let mut world = World::start().await;
    // 300,000 characters, 600,000 bytes.
    world.inline("one", &format!("id: p\ntitle: {}", "é".repeat(300_000)));
    assert_eq!(world.settle("one").await.unwrap_err().class, Class::Waits);
    assert_eq!(world.ready("one"), ("False".to_owned(), "DocumentTooLarge".to_owned()));
}

#[tokio::test]
async fn a_write_that_was_overtaken_is_tried_again_at_once() {
    let mut world = World::start().await;
    world.inline("one", ONE);
    world.api.refuse_next(StatusCode::CONFLICT);
    assert_eq!(world.reconcile("one").await.unwrap_err().class, Class::Conflict);
    assert_eq!(world.settle("one").await, settled());
}

#[tokio::test]
async fn a_server_that_fails_does_no_harm() {
    let mut world = World::start().await;
    world.inline("one", ONE);
    world.api.refuse_next(StatusCode::INTERNAL_SERVER_ERROR);
    assert_eq!(world.reconcile("one").await.unwrap_err().class, Class::Away);
    assert_eq!(world.settle("one").await, settled());
    assert_eq!(world.evaluator.stored()["p"].revisions.len(), 1);
}
