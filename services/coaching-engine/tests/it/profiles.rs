//! Profiles: the latest evaluation of a call counts once, and only where the behavior applied.

use rstest::rstest;
use throughline_proto::coaching::v1::{Adoption, GetRepProfileRequest, ListRepsRequest, RepProfile};
use throughline_proto::playbook::v1::Polarity::{Avoid, Seek};
use throughline_proto::playbook::v1::behavior_result::Outcome::{Missed, NotApplicable, Observed, Unknown};
use throughline_testkit::Backend;
use tonic::Code;

use crate::talk::Talk;
use crate::world::World;

fn adoption<'a>(profile: &'a RepProfile, behavior: &str) -> &'a Adoption {
    profile.adoption.iter().find(|one| one.behavior == behavior).unwrap()
}

fn counts(profile: &RepProfile, behavior: &str) -> (i32, i32) {
    let one = adoption(profile, behavior);
    (one.observed, one.applicable)
}

#[rstest]
#[tokio::test]
async fn unknown_and_not_applicable_calls_do_not_count(#[values(Backend::Sqlite, Backend::Postgres)] backend: Backend) {
    let world = World::start(backend).await;
    for (n, outcome) in [(0, Observed), (1, Missed), (2, Unknown), (3, NotApplicable)] {
        world.evaluated(&Talk::on(&format!("c{n}"), n).outcome("asks", outcome, Seek)).await;
    }
    let profile = world.profile("priya-raman").await;
    assert_eq!((profile.display_name.as_str(), profile.calls), ("Priya Raman", 4));
    assert_eq!(counts(&profile, "asks"), (1, 2));
    let asks = adoption(&profile, "asks");
    assert!((asks.mean - 0.5).abs() < 1e-12 && asks.lower < 0.5 && asks.upper > 0.5);
    assert_eq!((asks.prior_a, asks.prior_b), (1.0, 1.0));
    assert_eq!(asks.moments.len(), 1);
}

#[rstest]
#[tokio::test]
async fn an_avoid_behavior_counts_where_it_was_avoided(#[values(Backend::Sqlite, Backend::Postgres)] backend: Backend) {
    let world = World::start(backend).await;
    for (n, outcome) in [(0, Observed), (1, Missed), (2, Missed)] {
        world.evaluated(&Talk::on(&format!("c{n}"), n).outcome("premature_pricing", outcome, Avoid)).await;
    }
    let profile = world.profile("priya-raman").await;
    assert_eq!(counts(&profile, "premature_pricing"), (2, 3));
    // What was left unsaid has no words to show.
    assert_eq!(adoption(&profile, "premature_pricing").moments, []);
}

#[rstest]
#[tokio::test]
async fn the_latest_evaluation_of_a_call_counts_once(#[values(Backend::Sqlite, Backend::Postgres)] backend: Backend) {
    let world = World::start(backend).await;
    let call = Talk::on("c1", 0).missed("asks").observed("dropped");
    world.evaluated(&call).await;
    world.evaluated(&call.clone().again(5).observed("asks")).await;
    world.evaluated(&call.again(2).missed("asks").observed("dropped")).await;
    let profile = world.profile("priya-raman").await;
    assert_eq!(profile.calls, 1);
    assert_eq!(counts(&profile, "asks"), (1, 1));
    // The later revision has no such behavior any more.
    assert!(profile.adoption.iter().all(|one| one.behavior != "dropped"));
}

#[rstest]
#[tokio::test]
async fn two_playbooks_count_a_call_once(#[values(Backend::Sqlite, Backend::Postgres)] backend: Backend) {
    let world = World::start(backend).await;
    world.evaluated(&Talk::on("c1", 0).observed("asks")).await;
    let mut other = Talk::on("c1", 0).again(2).observed("asks").missed("plans");
    other.evaluation.revision = "workspaces/demo/playbooks/startups/revisions/4".to_owned();
    world.evaluated(&other).await;
    let profile = world.profile("priya-raman").await;
    assert_eq!(profile.calls, 1);
    assert_eq!((counts(&profile, "asks"), counts(&profile, "plans")), ((1, 1), (0, 1)));
}

#[rstest]
#[tokio::test]
async fn a_prior_is_fitted_once_there_is_a_team(#[values(Backend::Sqlite, Backend::Postgres)] backend: Backend) {
    let world = World::start(backend).await;
    for (rep, name) in ["Jo Lind", "Max Ore", "Ana Pol"].into_iter().enumerate() {
        for n in 0..6 {
            world.evaluated(&Talk::on(&format!("c{rep}{n}"), n * 8).by(name).observed("asks").missed("plans")).await;
        }
    }
    world.evaluated(&Talk::on("p1", 0).missed("asks").missed("plans")).await;
    let profile = world.profile("priya-raman").await;
    let (asks, plans) = (adoption(&profile, "asks"), adoption(&profile, "plans"));
    assert!(asks.prior_a > asks.prior_b && plans.prior_a < plans.prior_b);
    // One call does not outweigh what the whole team shows.
    assert!(asks.mean > 0.4 && plans.mean < 0.2, "{} {}", asks.mean, plans.mean);
    let (own, team) = (profile.execution_gap.unwrap(), profile.team_execution_gap.unwrap());
    assert!((own - (1.0 - f64::midpoint(asks.mean, plans.mean))).abs() < 1e-12);
    assert!(own > team);
}

#[rstest]
#[tokio::test]
async fn a_period_counts_the_calls_in_it(#[values(Backend::Sqlite, Backend::Postgres)] backend: Backend) {
    let world = World::start(backend).await;
    world.evaluated(&Talk::on("c1", 0).missed("asks")).await;
    world.evaluated(&Talk::on("c2", 30).observed("asks")).await;
    let ask = |start: &str, end: &str| {
        let request = GetRepProfileRequest {
            name: "workspaces/demo/reps/priya-raman".to_owned(),
            start_date: start.to_owned(),
            end_date: end.to_owned(),
        };
        let mut api = world.manager();
        async move { api.get_rep_profile(request).await.map(tonic::Response::into_inner) }
    };
    let march = ask("2026-03-01", "2026-04-01").await.unwrap();
    assert_eq!((march.calls, counts(&march, "asks")), (1, (0, 1)));
    let from_april = ask("2026-04-01", "").await.unwrap();
    assert_eq!((from_april.calls, counts(&from_april, "asks")), (1, (1, 1)));
    let before = ask("", "2026-01-01").await.unwrap();
    assert_eq!((before.calls, before.execution_gap), (0, None));
    assert_eq!(ask("2026-04-01", "2026-03-01").await.unwrap_err().code(), Code::InvalidArgument);
    assert_eq!(ask("April", "").await.unwrap_err().code(), Code::InvalidArgument);
}

#[rstest]
#[tokio::test]
async fn reps_are_listed_by_id_in_pages(#[values(Backend::Sqlite, Backend::Postgres)] backend: Backend) {
    let world = World::start(backend).await;
    for (n, name) in ["Max Ore", "Ana Pol", "Jo Lind"].into_iter().enumerate() {
        world.evaluated(&Talk::on(&format!("c{n}"), 0).by(name).observed("asks")).await;
    }
    let ask = |page_token: String| {
        let request = ListRepsRequest { parent: "workspaces/demo".to_owned(), page_size: 2, page_token };
        let mut api = world.manager();
        async move { api.list_reps(request).await.unwrap().into_inner() }
    };
    let first = ask(String::new()).await;
    let second = ask(first.next_page_token.clone()).await;
    let ids: Vec<&str> = first.reps.iter().chain(&second.reps).map(|rep| rep.name.as_str()).collect();
    assert_eq!(ids, ["workspaces/demo/reps/ana-pol", "workspaces/demo/reps/jo-lind", "workspaces/demo/reps/max-ore"]);
    assert_eq!(second.next_page_token, "");
    assert!(first.reps[0].execution_gap.is_some());
}
