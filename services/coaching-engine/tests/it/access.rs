//! Who may see what.

use rstest::rstest;
use throughline_proto::coaching::v1::{GetRepProfileRequest, GetSummaryRequest, ListNudgesRequest, ListRepsRequest};
use throughline_testkit::Backend;
use tonic::{Code, Status};
use tonic_types::StatusExt as _;

use crate::talk::Talk;
use crate::world::World;

const PRIYA: &str = "priya.raman@brightledger.example";
const JO: &str = "jo.lind@brightledger.example";

async fn world_of_two(backend: Backend) -> World {
    let world = World::start(backend).await;
    world.evaluated(&Talk::on("c1", 0).missed_all(3)).await;
    world.evaluated(&Talk::on("c2", 0).by("Jo Lind").missed_all(3)).await;
    world
}

fn summary_of(call: &str) -> GetSummaryRequest {
    GetSummaryRequest { name: format!("workspaces/demo/calls/{call}/summary") }
}

fn profile_of(rep: &str) -> GetRepProfileRequest {
    GetRepProfileRequest { name: format!("workspaces/demo/reps/{rep}"), ..Default::default() }
}

fn nudges(rep: &str) -> ListNudgesRequest {
    ListNudgesRequest { parent: "workspaces/demo".to_owned(), rep: rep.to_owned(), ..Default::default() }
}

fn code<T>(answer: Result<T, Status>) -> Option<Code> {
    answer.err().map(|status| status.code())
}

#[rstest]
#[tokio::test]
async fn a_rep_sees_its_own_coaching_only(#[values(Backend::Sqlite, Backend::Postgres)] backend: Backend) {
    let world = world_of_two(backend).await;
    let mut priya = world.rep(PRIYA);
    assert_eq!(code(priya.get_summary(summary_of("c1")).await), None);
    assert_eq!(code(priya.get_summary(summary_of("c2")).await), Some(Code::PermissionDenied));
    assert_eq!(code(priya.get_rep_profile(profile_of("priya-raman")).await), None);
    assert_eq!(code(priya.get_rep_profile(profile_of("jo-lind")).await), Some(Code::PermissionDenied));
    assert_eq!(code(priya.list_nudges(nudges("workspaces/demo/reps/jo-lind")).await), Some(Code::PermissionDenied));
    assert_eq!(
        code(priya.list_reps(ListRepsRequest { parent: "workspaces/demo".to_owned(), ..Default::default() }).await),
        Some(Code::PermissionDenied)
    );
    let own = world.rep(JO).list_nudges(nudges("")).await.unwrap().into_inner().nudges;
    assert_eq!(own.len(), 2);
    assert!(own.iter().all(|nudge| nudge.rep == "workspaces/demo/reps/jo-lind"));
}

#[rstest]
#[tokio::test]
async fn a_rep_does_not_see_a_call_whose_rep_is_not_known(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let world = World::start(backend).await;
    world.evaluated(&Talk::on("c3", 0).by_nobody_known()).await;
    assert_eq!(code(world.rep(PRIYA).get_summary(summary_of("c3")).await), Some(Code::PermissionDenied));
    assert_eq!(world.summary("c3").await.rep, "");
}

#[rstest]
#[tokio::test]
async fn a_manager_sees_the_team(#[values(Backend::Sqlite, Backend::Postgres)] backend: Backend) {
    let world = world_of_two(backend).await;
    assert_eq!(world.nudges().await.len(), 4);
    let jo = world.manager().list_nudges(nudges("workspaces/demo/reps/jo-lind")).await.unwrap().into_inner().nudges;
    assert_eq!(jo.len(), 2);
    let from_call = ListNudgesRequest { call: "workspaces/demo/calls/c1".to_owned(), ..nudges("") };
    assert_eq!(world.manager().list_nudges(from_call).await.unwrap().into_inner().nudges.len(), 2);
    assert_eq!(code(world.manager().get_rep_profile(profile_of("nobody")).await), Some(Code::NotFound));
}

#[rstest]
#[tokio::test]
async fn a_caller_without_token_role_or_workspace_is_refused(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let world = world_of_two(backend).await;
    assert_eq!(code(world.anonymous().get_summary(summary_of("c1")).await), Some(Code::Unauthenticated));
    let enablement = world.harness.token("eva@brightledger.example", &["enablement"]);
    assert_eq!(code(world.api(enablement).list_nudges(nudges("")).await), Some(Code::PermissionDenied));
    let elsewhere = world.harness.token_for("mia@other.example", "other", &["manager"], chrono::Duration::hours(1));
    assert_eq!(code(world.api(elsewhere).get_summary(summary_of("c1")).await), Some(Code::PermissionDenied));
}

#[rstest]
#[tokio::test]
async fn every_violation_of_a_request_is_reported(#[values(Backend::Sqlite, Backend::Postgres)] backend: Backend) {
    let world = World::start(backend).await;
    let request =
        ListNudgesRequest { rep: "priya-raman".to_owned(), call: "workspaces/other/calls/c1".to_owned(), ..nudges("") };
    let status = world.manager().list_nudges(request).await.unwrap_err();
    let details = status.get_details_bad_request().unwrap();
    let fields: Vec<&str> = details.field_violations.iter().map(|v| v.field.as_str()).collect();
    assert_eq!((status.code(), fields), (Code::InvalidArgument, vec!["rep", "call"]));
}
