//! A period's bookings over the API.

use rstest::rstest;
use throughline_proto::forecast::v1::{ComputeForecastRequest, ProbabilityMethod, RollupLevel};
use throughline_testkit::Backend;
use tonic::Code;
use tonic_types::StatusExt as _;

use crate::told::{closed, deal, noon};
use crate::world::World;

/// Forty decided deals of the spring, and three open ones of two reps.
async fn a_quarter(world: &World) {
    let past = (0..40).map(|i| {
        let end = if i < 20 { "won" } else { "lost" };
        closed(&format!("P-{i}"), end, "2026-03-01", "2026-05-01", "2026-11-10")
    });
    let mut open = [
        deal("D-1", "proposal", "2026-11-01"),
        deal("D-2", "proposal", "2026-11-01"),
        deal("D-3", "proposal", "2026-11-01"),
    ];
    open[1].owner = "workspaces/demo/reps/sam".to_owned();
    open[1].segment = "enterprise".to_owned();
    open[1].forecast_category = "commit".to_owned();
    open[2].close_date = "2027-02-01".to_owned();
    world.deliver(world.imported(past.chain(open))).await;
    world.deliver(world.imported([closed("W-1", "won", "2026-09-01", "2026-11-03", "2026-11-12")])).await;
}

#[rstest]
#[tokio::test]
async fn parts_add_up_to_the_whole_and_won_deals_are_certain(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let world = World::start(backend).await;
    a_quarter(&world).await;
    let forecast = world.forecast("2026-10-01", "2026-12-31", None).await;
    assert_eq!((forecast.method(), forecast.won, forecast.lost), (ProbabilityMethod::BaseRate, 21, 20));
    let of = |level: RollupLevel| forecast.rollups.iter().filter(move |r| r.level() == level);
    let whole = of(RollupLevel::Workspace).next().unwrap();
    assert_eq!((whole.deals, whole.won, whole.p10), (3, 100_000.0, Some(100_000.0)));
    assert_eq!((whole.p50, whole.p90, whole.resolution), (Some(200_000.0), Some(300_000.0), 0.0));
    assert_eq!((whole.commit, whole.best_case, whole.pipeline), (100_000.0, 0.0, 100_000.0));
    for level in [RollupLevel::Segment, RollupLevel::Rep] {
        assert_eq!(of(level).count(), 2);
        let sum: f64 = of(level).map(|r| r.mean.unwrap()).sum();
        assert!((sum - whole.mean.unwrap()).abs() < 1e-6);
    }
    let reps: Vec<_> = of(RollupLevel::Rep).map(|r| r.key.as_str()).collect();
    assert_eq!(reps, ["workspaces/demo/reps/kim", "workspaces/demo/reps/sam"]);
    assert!(forecast.notes.iter().any(|note| note.starts_with("1 open deals do not enter: people expect them")));
}

#[rstest]
#[tokio::test]
async fn a_forecast_of_a_past_moment_knows_nothing_later(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let world = World::start(backend).await;
    a_quarter(&world).await;
    let then = world.forecast("2026-10-01", "2026-12-31", Some(noon("2026-10-31"))).await;
    // W-1 was open then, and its amount and date were not in the CRM's history.
    assert_eq!((then.won, then.lost), (20, 20));
    assert!(then.rollups.iter().all(|r| r.won == 0.0 && r.deals <= 1), "{then:?}");
    let before = world.forecast("2026-04-01", "2026-06-30", Some(noon("2026-04-15"))).await;
    assert_eq!(before.method(), ProbabilityMethod::InsufficientHistory);
    assert_eq!(before.won + before.lost, 0);
}

#[rstest]
#[tokio::test]
async fn without_history_no_distribution_is_claimed(#[values(Backend::Sqlite, Backend::Postgres)] backend: Backend) {
    let world = World::start(backend).await;
    world.deliver(world.changed(deal("D-1", "proposal", "2026-11-01"))).await;
    let forecast = world.forecast("2026-10-01", "2026-12-31", None).await;
    assert_eq!(forecast.method(), ProbabilityMethod::InsufficientHistory);
    let whole = &forecast.rollups[0];
    assert_eq!((whole.deals, whole.mean, whole.p10, whole.pipeline), (1, None, None, 100_000.0));
    assert!(forecast.notes.iter().any(|note| note.contains("No probability is given")), "{:?}", forecast.notes);
}

#[rstest]
#[tokio::test]
async fn an_empty_workspace_has_an_empty_forecast(#[values(Backend::Sqlite, Backend::Postgres)] backend: Backend) {
    let world = World::start(backend).await;
    assert!(world.forecast("2026-10-01", "2026-12-31", None).await.rollups.is_empty());
}

#[tokio::test]
async fn every_wrong_field_is_named() {
    let world = World::start(Backend::Sqlite).await;
    let request = ComputeForecastRequest {
        parent: "demo".to_owned(),
        start_date: "1/10/2026".to_owned(),
        end_date: String::new(),
        as_of: None,
    };
    let status = world.manager().compute_forecast(request).await.unwrap_err();
    assert_eq!(status.code(), Code::InvalidArgument);
    let details = status.get_error_details();
    let fields: Vec<_> = details.bad_request().unwrap().field_violations.iter().map(|v| v.field.as_str()).collect();
    assert_eq!(fields, ["parent", "start_date", "end_date"]);
}
