//! A summary is of the call's latest evaluation, and each line has its quote.

use rstest::rstest;
use throughline_proto::coaching::v1::{GetSummaryRequest, SummarySection};
use throughline_proto::playbook::v1::{NextStep, RiskState, Statement};
use throughline_testkit::Backend;
use tonic::Code;

use crate::talk::Talk;
use crate::world::World;

fn discovery() -> Talk {
    let talk = Talk::on("c1", 0).observed("agenda_set");
    let (agreed, pain) = (talk.quote("Thursday next week at ten works for me"), talk.quote("by hand, every day"));
    talk.risk("Data residency", RiskState::Answered).risk("Exit plan", RiskState::NotRaised).facts(|facts| {
        facts.next_step = Some(NextStep {
            what: "Meet again with Helen".to_owned(),
            owner: "Priya Raman".to_owned(),
            date: "2026-03-19".to_owned(),
            date_text: "Thursday next week".to_owned(),
            evidence: vec![agreed],
        });
        facts.pains = vec![
            Statement { text: "Files are matched by hand".to_owned(), evidence: vec![pain] },
            Statement { text: "Nobody said this".to_owned(), evidence: Vec::new() },
        ];
    })
}

#[rstest]
#[tokio::test]
async fn each_line_has_its_quote_and_time(#[values(Backend::Sqlite, Backend::Postgres)] backend: Backend) {
    let world = World::start(backend).await;
    world.evaluated(&discovery()).await;
    let summary = world.summary("c1").await;
    assert_eq!(summary.name, "workspaces/demo/calls/c1/summary");
    assert_eq!(summary.evaluation, "workspaces/demo/evaluations/e-c1");
    assert_eq!(summary.rep, "workspaces/demo/reps/priya-raman");
    let lines: Vec<(SummarySection, &str, usize)> =
        summary.lines.iter().map(|line| (line.section(), line.text.as_str(), line.evidence.len())).collect();
    assert_eq!(
        lines,
        [
            (SummarySection::NextSteps, "Meet again with Helen (Priya Raman, by 2026-03-19 (“Thursday next week”))", 1),
            (SummarySection::Pains, "Files are matched by hand", 1),
            (SummarySection::Risks, "Data residency: answered", 1),
            (SummarySection::Risks, "Exit plan: not raised", 0),
        ]
    );
    let evidence = &summary.lines[0].evidence[0];
    assert_eq!(
        (evidence.call.as_str(), evidence.turn, evidence.start_ms, evidence.quote.as_str()),
        ("workspaces/demo/calls/c1", 7, 61_500, "Thursday next week at ten works for me")
    );
}

#[rstest]
#[tokio::test]
async fn the_latest_evaluation_of_a_call_is_summarised(#[values(Backend::Sqlite, Backend::Postgres)] backend: Backend) {
    let world = World::start(backend).await;
    let second = Talk::on("c1", 0).again(5).observed("agenda_set").risk("Exit plan", RiskState::Open);
    world.evaluated(&second).await;
    // The first evaluation was held up and arrives last.
    world.evaluated(&discovery()).await;
    let summary = world.summary("c1").await;
    assert_eq!(summary.evaluation, second.evaluation.name);
    assert_eq!(summary.lines.len(), 1);
}

#[rstest]
#[tokio::test]
async fn a_call_whose_rep_is_not_known_is_summarised_all_the_same(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let world = World::start(backend).await;
    world.evaluated(&discovery().by_nobody_known().missed("economic_buyer_asked")).await;
    assert_eq!(world.summary("c1").await.rep, "");
    assert_eq!(world.nudges().await, []);
}

#[rstest]
#[tokio::test]
async fn a_call_that_was_not_evaluated_has_no_summary(#[values(Backend::Sqlite, Backend::Postgres)] backend: Backend) {
    let world = World::start(backend).await;
    let ask = |name: &str| {
        let (mut api, name) = (world.manager(), name.to_owned());
        async move { api.get_summary(GetSummaryRequest { name }).await.unwrap_err().code() }
    };
    assert_eq!(ask("workspaces/demo/calls/c9/summary").await, Code::NotFound);
    assert_eq!(ask("workspaces/demo/calls/c9").await, Code::InvalidArgument);
    assert_eq!(ask("workspaces/elsewhere/calls/c9/summary").await, Code::PermissionDenied);
}
