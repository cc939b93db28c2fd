//! A deal as it is read: parts with evidence, warnings, probability, moments.

use rstest::rstest;
use throughline_proto::forecast::v1::ProbabilityMethod;
use throughline_testkit::Backend;
use tonic::Code;
use tonic_types::StatusExt as _;

use crate::told::{at, closed, deal, evaluation, noon, quote};
use crate::world::World;

/// A deal with one evaluated call on 2026-11-20.
async fn with_call(world: &World) {
    world.deliver(world.changed(deal("D-1", "validation", "2026-11-02"))).await;
    world.deliver(world.associated("c1", "D-1", "2026-11-20")).await;
    world.deliver(world.evaluated(evaluation("e1", "c1", "2026-11-20", "2026-12-01"))).await;
}

#[rstest]
#[tokio::test]
async fn every_known_part_opens_into_quotes_and_unknown_ones_do_not_count(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let world = World::start(backend).await;
    with_call(&world).await;
    let found = world.deal("D-1").await;
    let health = found.health.unwrap();
    let part = |id: &str| health.parts.iter().find(|part| part.id == id).unwrap();
    assert_eq!(part("behaviors").score, Some(50.0));
    assert_eq!(part("behaviors").evidence, [quote("c1", 2, "shall we start with your goals")]);
    assert_eq!(part("plan").score, Some(100.0));
    assert_eq!(part("risks").score, Some(0.0));
    assert_eq!(part("risks").evidence, [quote("c1", 20, "our security people will ask")]);
    assert_eq!((part("momentum").score, part("momentum").weight), (None, 0.0));
    assert!(part("momentum").explanation.contains("under 5 gaps"), "{}", part("momentum").explanation);
    // Known: stakeholders 20, plan 20, behaviors 25, risks 15 of 100.
    assert!((health.coverage - 0.8).abs() < 1e-12);
    let weights: f64 = health.parts.iter().map(|part| part.weight).sum();
    assert!((weights - 1.0).abs() < 1e-12);
    let expected = (20.0 * part("stakeholders").score.unwrap() + 20.0 * 100.0 + 25.0 * 50.0) / 80.0;
    assert!((health.score.unwrap() - expected).abs() < 1e-9);
    let ids: Vec<_> = found.warnings.iter().map(|warning| warning.id.as_str()).collect();
    assert_eq!(ids, ["too_few_contacts", "no_power"]);
    assert!(found.warnings.iter().all(|w| !w.clears_when.is_empty() && w.precision.unwrap().share.is_none()));
}

#[rstest]
#[tokio::test]
async fn the_amount_changes_nothing_but_the_amount(#[values(Backend::Sqlite, Backend::Postgres)] backend: Backend) {
    let world = World::start(backend).await;
    with_call(&world).await;
    let before = world.deal("D-1").await;
    let mut dearer = deal("D-1", "validation", "2026-11-02");
    (dearer.amount, dearer.version) = (Some(9_999_999.0), 2);
    world.deliver(world.changed(dearer)).await;
    let after = world.deal("D-1").await;
    assert_eq!((before.amount, after.amount), (Some(100_000.0), Some(9_999_999.0)));
    assert_eq!(before.health, after.health);
    assert_eq!((before.warnings, before.win_probability), (after.warnings, after.win_probability));
}

#[rstest]
#[tokio::test]
async fn a_moment_shows_what_was_known_then_and_no_more(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let world = World::start(backend).await;
    with_call(&world).await;
    let before = world.try_deal("D-1", Some(noon("2026-11-19"))).await.unwrap();
    assert!(before.calls.is_empty() && before.health.unwrap().score.is_none());
    // The call was at noon and evaluated an hour later.
    let between = world.try_deal("D-1", Some(at("2026-11-20T12:30:00Z"))).await.unwrap();
    assert!(between.calls.is_empty());
    let after = world.try_deal("D-1", Some(at("2026-11-20T13:00:00Z"))).await.unwrap();
    assert_eq!(after.calls.len(), 1);
    let unknown = world.try_deal("D-1", Some(noon("2026-11-01"))).await.unwrap_err();
    assert_eq!(unknown.code(), Code::NotFound);
    assert_eq!(unknown.get_error_details().resource_info().unwrap().resource_name, "workspaces/demo/deals/D-1");
    let future = world.try_deal("D-1", Some(noon("2026-11-27"))).await.unwrap_err();
    assert_eq!(future.code(), Code::InvalidArgument);
}

#[rstest]
#[tokio::test]
async fn an_answer_can_be_asked_for_again_by_its_moment(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let world = World::start(backend).await;
    with_call(&world).await;
    let answered = world.deal("D-1").await;
    let mut lost = deal("D-1", "lost", "2026-11-02");
    (lost.open, lost.version, lost.update_time) = (false, 2, Some(at("2026-11-25T10:30:00Z")));
    world.deliver(world.changed(lost)).await;
    // Known later than the answer, whatever the CRM's clock says: the log was told after it.
    let again = world.try_deal("D-1", answered.as_of).await.unwrap();
    assert_eq!(again, answered);
}

#[rstest]
#[tokio::test]
async fn a_probability_is_called_a_base_rate_or_is_not_given(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let world = World::start(backend).await;
    world.deliver(world.changed(deal("D-1", "discovery", "2026-11-02"))).await;
    let none = world.deal("D-1").await.win_probability.unwrap();
    assert_eq!((none.method(), none.value, none.won), (ProbabilityMethod::InsufficientHistory, None, 0));
    let past = (0..40).map(|i| {
        let end = if i < 10 { "won" } else { "lost" };
        closed(&format!("P-{i}"), end, "2026-03-01", "2026-05-01", "2026-11-10")
    });
    world.deliver(world.imported(past)).await;
    let rate = world.deal("D-1").await.win_probability.unwrap();
    assert_eq!((rate.method(), rate.won, rate.lost), (ProbabilityMethod::BaseRate, 10, 30));
    assert_eq!((rate.stage.as_str(), rate.segment.as_str()), ("discovery", "mid_market"));
    let (value, lower, upper) = (rate.value.unwrap(), rate.lower.unwrap(), rate.upper.unwrap());
    assert!(lower < value && value < upper && (0.2..0.3).contains(&value), "{rate:?}");
    assert!(rate.explanation.contains("base rate") && rate.explanation.contains("No model is used"));
    let won = world.deal("P-0").await;
    assert_eq!(won.win_probability.unwrap().method(), ProbabilityMethod::Closed);
    assert!(won.health.is_none() && won.warnings.is_empty());
}
