//! Evaluations that somebody asks for.

use rstest::rstest;
use throughline_proto::playbook::v1::{EvaluateTranscriptRequest, Evaluation};
use throughline_testkit::Backend;
use tonic::{Code, Status};

use crate::documents;
use crate::talk::Talk;
use crate::world::{PARENT, World, evaluate, fields, refusal};

async fn ask(world: &World, request: EvaluateTranscriptRequest) -> Result<Evaluation, Status> {
    world.manager().evaluate_transcript(request).await.map(tonic::Response::into_inner)
}

#[rstest]
#[tokio::test]
async fn the_same_transcript_twice_is_one_evaluation(#[values(Backend::Sqlite, Backend::Postgres)] backend: Backend) {
    let mut world = World::start(backend).await;
    // A revision need not be released to be tried.
    let revision = world.created(&documents::sample()).await;
    let talk = Talk::negotiation();
    world.shelve(&talk);
    let first = ask(&world, evaluate(&talk, &revision.name)).await.unwrap();
    // What exists is answered without the gateway.
    world.stop_gateway().await;
    assert_eq!(ask(&world, evaluate(&talk, &revision.name)).await.unwrap(), first);
    assert_eq!(world.all_evaluations().await, [first]);
    assert_eq!(world.announced().await.len(), 1);
    let other = Talk::negotiation().named("c2");
    let away = (Code::Unavailable, "PEER_UNAVAILABLE".to_owned());
    assert_eq!(refusal(ask(&world, evaluate(&other, &revision.name)).await), away);
}

#[rstest]
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_request_and_an_event_at_once_make_one_evaluation(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let world = World::start(backend).await;
    let revision = world.released(&documents::small("p")).await;
    let talk = Talk::negotiation();
    world.shelve(&talk);
    let (a, b, delivered) = tokio::join!(
        ask(&world, evaluate(&talk, &revision.name)),
        ask(&world, evaluate(&talk, &revision.name)),
        world.deliver(world.event(&talk))
    );
    delivered.unwrap();
    assert_eq!((a.unwrap(), world.all_evaluations().await.len()), (b.unwrap(), 1));
    assert_eq!(world.announced().await.len(), 1);
}

#[rstest]
#[tokio::test]
async fn a_repeat_gets_the_first_answer(#[values(Backend::Sqlite, Backend::Postgres)] backend: Backend) {
    let world = World::start(backend).await;
    let revision = world.created(&documents::small("p")).await;
    let (one, other) = (Talk::negotiation().named("c1"), Talk::negotiation().named("c2"));
    world.shelve(&one);
    world.shelve(&other);
    let identified =
        |talk: &Talk| EvaluateTranscriptRequest { request_id: "r-1".to_owned(), ..evaluate(talk, &revision.name) };
    let first = ask(&world, identified(&one)).await.unwrap();
    assert_eq!(ask(&world, identified(&one)).await.unwrap(), first);
    assert_eq!(refusal(ask(&world, identified(&other)).await).1, "REQUEST_ID_REUSED");
    assert_eq!(world.all_evaluations().await.len(), 1);
}

#[rstest]
#[tokio::test]
async fn what_does_not_exist_is_not_found(#[values(Backend::Sqlite, Backend::Postgres)] backend: Backend) {
    let world = World::start(backend).await;
    let revision = world.created(&documents::small("p")).await;
    let talk = Talk::negotiation();
    assert_eq!(refusal(ask(&world, evaluate(&talk, &revision.name)).await).0, Code::NotFound);
    world.shelve(&talk);
    let second = format!("{PARENT}/playbooks/p/revisions/2");
    assert_eq!(refusal(ask(&world, evaluate(&talk, &second)).await).0, Code::NotFound);
}

#[rstest]
#[tokio::test]
async fn every_violation_of_a_request_is_reported(#[values(Backend::Sqlite, Backend::Postgres)] backend: Backend) {
    let world = World::start(backend).await;
    let status = ask(&world, EvaluateTranscriptRequest::default()).await.unwrap_err();
    assert_eq!(
        (status.code(), fields(&status)),
        (Code::InvalidArgument, ["parent", "transcript", "revision"].map(str::to_owned).to_vec())
    );
    let foreign = EvaluateTranscriptRequest {
        parent: PARENT.to_owned(),
        transcript: "workspaces/other/calls/c1/transcripts/1".to_owned(),
        revision: "workspaces/other/playbooks/p/revisions/1".to_owned(),
        request_id: String::new(),
    };
    let status = ask(&world, foreign).await.unwrap_err();
    assert_eq!(
        (status.code(), fields(&status)),
        (Code::InvalidArgument, ["transcript", "revision"].map(str::to_owned).to_vec())
    );
}
