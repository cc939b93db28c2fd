//! Nudges: chosen by expected gain, never over the budget, each with what became of it.

use std::collections::HashMap;

use futures::future::try_join_all;
use rstest::rstest;
use throughline_proto::coaching::v1::{ListNudgesRequest, Nudge, NudgeOutcome};
use throughline_testkit::Backend;
use tonic::Code;

use crate::talk::Talk;
use crate::world::World;

fn of_call<'a>(nudges: &'a [Nudge], call: &str) -> Vec<&'a str> {
    let call = format!("workspaces/demo/calls/{call}");
    let mut found: Vec<&str> = nudges.iter().filter(|n| n.call == call).map(|n| n.behavior.as_str()).collect();
    found.reverse();
    found
}

#[rstest]
#[tokio::test]
async fn a_call_gives_two_nudges_of_most_gain(#[values(Backend::Sqlite, Backend::Postgres)] backend: Backend) {
    let world = World::start(backend).await;
    world.evaluated(&Talk::on("c1", 0).observed("agenda_set").missed_all(4)).await;
    let nudges = world.nudges().await;
    assert_eq!(of_call(&nudges, "c1"), ["b1", "b2"]);
    let first = nudges.last().unwrap();
    // One call, missed: Beta(1, 1) becomes Beta(1, 2). It applied in the one call there is.
    assert!((first.adoption - 1.0 / 3.0).abs() < 1e-12);
    assert!((first.expected_gain - 4.0 * (2.0 / 3.0) * first.applies_probability).abs() < 1e-12);
    assert_eq!(first.outcome(), NudgeOutcome::Pending);
    assert!(first.text.starts_with("In your next call: The rep does b1."), "{}", first.text);
}

#[rstest]
#[tokio::test]
async fn a_week_gives_five_nudges(#[values(Backend::Sqlite, Backend::Postgres)] backend: Backend) {
    let world = World::start(backend).await;
    for n in 0..4 {
        world.evaluated(&Talk::on(&format!("c{n}"), n).missed_all(12)).await;
    }
    let nudges = world.nudges().await;
    let each: Vec<usize> = (0..4).map(|n| of_call(&nudges, &format!("c{n}")).len()).collect();
    assert_eq!(each, [2, 2, 1, 0]);
    // Another rep has a week of its own, and so has Priya a week later.
    world.evaluated(&Talk::on("x1", 3).by("Jo Lind").missed_all(12)).await;
    world.evaluated(&Talk::on("c8", 8).missed_all(12)).await;
    let nudges = world.nudges().await;
    assert_eq!((of_call(&nudges, "x1").len(), of_call(&nudges, "c8").len()), (2, 2));
}

#[rstest]
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn calls_evaluated_at_the_same_time_share_the_budget(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let world = World::start(backend).await;
    let talks: Vec<Talk> = (0..16).map(|n| Talk::on(&format!("c{n}"), n % 5).missed_all(12)).collect();
    talks.iter().for_each(|talk| world.shelve(talk));
    try_join_all(talks.iter().map(|talk| world.deliver(world.event(talk)))).await.unwrap();
    let nudges = world.nudges().await;
    assert_eq!(nudges.len(), 5);
    let mut by_call: HashMap<&str, u32> = HashMap::new();
    nudges.iter().for_each(|nudge| *by_call.entry(nudge.call.as_str()).or_default() += 1);
    assert!(by_call.values().all(|count| *count <= 2));
    assert_eq!(world.profile("priya-raman").await.calls, 16);
}

#[rstest]
#[tokio::test]
async fn a_workspace_sets_its_own_budget(#[values(Backend::Sqlite, Backend::Postgres)] backend: Backend) {
    let own =
        vec![("nudges.workspaces.demo.per_call", "1".to_owned()), ("nudges.workspaces.demo.per_week", "1".to_owned())];
    let world = World::with(backend, own).await;
    world.evaluated(&Talk::on("c1", 0).missed_all(4)).await;
    world.evaluated(&Talk::on("c2", 1).missed_all(4)).await;
    assert_eq!(world.nudges().await.len(), 1);
}

#[rstest]
#[tokio::test]
async fn the_next_call_where_it_applied_decides(#[values(Backend::Sqlite, Backend::Postgres)] backend: Backend) {
    let world = World::start(backend).await;
    world.evaluated(&Talk::on("c1", 0).missed("asks")).await;
    // The later call is evaluated first; then one between the two turns up.
    world.evaluated(&Talk::on("c3", 20).observed("asks")).await;
    let first = world.nudges().await.pop().unwrap();
    assert_eq!((first.outcome(), first.outcome_call.as_str()), (NudgeOutcome::Shown, "workspaces/demo/calls/c3"));
    world.evaluated(&Talk::on("c2", 10).missed("asks")).await;
    let first = world.nudges().await.pop().unwrap();
    assert_eq!((first.outcome(), first.outcome_call.as_str()), (NudgeOutcome::NotShown, "workspaces/demo/calls/c2"));
    // That one gave a nudge itself, and c3 was there already.
    let second = world.nudges().await.remove(0);
    assert_eq!((second.call.as_str(), second.outcome()), ("workspaces/demo/calls/c2", NudgeOutcome::Shown));
}

#[rstest]
#[tokio::test]
async fn a_call_evaluated_again_decides_again(#[values(Backend::Sqlite, Backend::Postgres)] backend: Backend) {
    let world = World::start(backend).await;
    world.evaluated(&Talk::on("c1", 0).missed("asks")).await;
    let next = Talk::on("c2", 3).missed("asks");
    world.evaluated(&next).await;
    world.evaluated(&next.clone().again(9).observed("asks")).await;
    let first = world.nudges().await.pop().unwrap();
    assert_eq!(first.outcome(), NudgeOutcome::Shown);
    // It turns out to have been somebody else's call.
    world.evaluated(&next.again(12).by("Jo Lind").observed("asks")).await;
    let first = world.nudges().await.pop().unwrap();
    assert_eq!((first.outcome(), first.outcome_call.as_str()), (NudgeOutcome::Pending, ""));
}

#[rstest]
#[tokio::test]
async fn an_example_is_the_reps_own_earlier_moment(#[values(Backend::Sqlite, Backend::Postgres)] backend: Backend) {
    let world = World::start(backend).await;
    world.evaluated(&Talk::on("c1", 0).observed("asks")).await;
    world.evaluated(&Talk::on("c2", 10).missed("asks")).await;
    let nudge = world.nudges().await.remove(0);
    assert_eq!(nudge.example.len(), 1);
    assert_eq!(nudge.example[0].call, "workspaces/demo/calls/c1");
}

#[rstest]
#[tokio::test]
async fn nobody_is_told_twice_while_it_still_waits_for_its_occasion(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    use throughline_proto::playbook::v1::Polarity::Seek;
    use throughline_proto::playbook::v1::behavior_result::Outcome::NotApplicable;
    let world = World::start(backend).await;
    world.evaluated(&Talk::on("c1", 0).missed("asks")).await;
    world.evaluated(&Talk::on("c2", 10).outcome("asks", NotApplicable, Seek)).await;
    assert_eq!(of_call(&world.nudges().await, "c2"), [""; 0]);
    world.evaluated(&Talk::on("c3", 20).missed("asks")).await;
    assert_eq!(of_call(&world.nudges().await, "c3"), ["asks"]);
}

#[rstest]
#[tokio::test]
async fn pages_hold_every_nudge_once_and_their_tokens_one_filter(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let world = World::start(backend).await;
    for n in 0..5 {
        world.evaluated(&Talk::on(&format!("c{n}"), n * 10).missed_all(2)).await;
    }
    let all: Vec<String> = world.nudges().await.into_iter().map(|nudge| nudge.name).collect();
    let mut request = ListNudgesRequest { parent: "workspaces/demo".to_owned(), page_size: 3, ..Default::default() };
    let mut seen = Vec::new();
    loop {
        let page = world.manager().list_nudges(request.clone()).await.unwrap().into_inner();
        seen.extend(page.nudges.into_iter().map(|nudge| nudge.name));
        if page.next_page_token.is_empty() {
            break;
        }
        request.page_token = page.next_page_token;
    }
    assert_eq!(seen, all);
    assert!(!request.page_token.is_empty());
    request.rep = "workspaces/demo/reps/priya-raman".to_owned();
    assert_eq!(world.manager().list_nudges(request).await.unwrap_err().code(), Code::InvalidArgument);
}
