use super::*;
use crate::domain::fixtures::*;
use crate::domain::log::Log;
use crate::domain::norms::Norms;

fn of(log: &LogOf, n: i64) -> WinProbability {
    let index = Log::new(&log.0);
    let norms = Norms::of(&index, day(n), &requirements());
    probability(&index.view(&deal("a"), day(n)).unwrap(), &norms.rates)
}

#[test]
fn too_little_history_gives_no_number() {
    let log = LogOf::default().past("p", "smb", 19, 9, 20).record("a", 0, record("discovery"));
    let p = of(&log, 30);
    assert_eq!((p.method, p.estimate, p.tally.n()), (Method::InsufficientHistory, None, 19));
}

#[test]
fn an_export_of_winners_only_gives_no_number() {
    let log = LogOf::default().past("p", "smb", 100, 100, 20).record("a", 0, record("discovery"));
    assert_eq!(of(&log, 30).method, Method::InsufficientHistory);
}

#[test]
fn a_base_rate_comes_with_its_interval_and_its_counts() {
    let log = LogOf::default().past("p", "smb", 100, 40, 20).record("a", 0, record("discovery"));
    let p = of(&log, 30);
    let e = p.estimate.unwrap();
    assert_eq!((p.method, p.tally), (Method::BaseRate, Tally { won: 40, lost: 60 }));
    assert_eq!((p.stage.as_deref(), p.segment.as_deref()), (Some("discovery"), Some("smb")));
    assert!((e.value - 0.40).abs() < 0.01 && e.lower < 0.34 && e.upper > 0.46, "{e:?}");
}

#[test]
fn nothing_that_became_known_later_enters() {
    let log =
        LogOf::default().past("p", "smb", 40, 10, 20).past("q", "smb", 40, 40, 50).record("a", 0, record("discovery"));
    let (before, after) = (of(&log, 30), of(&log, 60));
    assert_eq!((before.tally.n(), after.tally.n()), (40, 80));
    assert!(before.estimate.unwrap().value < 0.3 && after.estimate.unwrap().value > 0.5);
    assert_eq!(of(&log, 10).method, Method::InsufficientHistory);
}

#[test]
fn a_small_segment_is_drawn_to_the_rate_of_its_stage() {
    let log = LogOf::default().past("p", "enterprise", 200, 60, 20).past("q", "smb", 2, 2, 20).record(
        "a",
        0,
        record("discovery"),
    );
    let p = of(&log, 30);
    let (e, prior) = (p.estimate.unwrap(), p.prior.unwrap());
    assert_eq!(p.tally, Tally { won: 2, lost: 0 });
    assert!((prior.mean - 0.307).abs() < 0.01);
    assert!(e.value > prior.mean && e.value < 0.5, "{e:?}");
}

#[test]
fn a_segment_without_a_past_shows_the_prior_as_such() {
    let log = LogOf::default().past("p", "enterprise", 200, 60, 20).record("a", 0, record("discovery"));
    let p = of(&log, 30);
    assert_eq!(p.tally.n(), 0);
    assert!((p.estimate.unwrap().value - p.prior.unwrap().mean).abs() < 1e-12);
}

#[test]
fn a_stage_without_a_past_gets_the_rate_over_all_stages() {
    let log = LogOf::default().past("p", "smb", 100, 40, 20).record("a", 0, record("negotiation"));
    let p = of(&log, 30);
    assert_eq!((p.stage, p.tally.n()), (None, 100));
}

#[test]
fn decided_deals_are_certain() {
    let log = LogOf::default().record("a", 0, record("won"));
    let p = of(&log, 1);
    assert_eq!((p.method, p.estimate.unwrap().value), (Method::Closed, 1.0));
}
