//! Corrections by people.

use playbook_evaluator::domain::evaluation::Outcome as Found;
use playbook_evaluator::domain::target::Target as Of;
use playbook_evaluator::store::{SCHEMA, labels};
use rstest::rstest;
use throughline_proto::common::v1::Side;
use throughline_proto::playbook::v1::behavior_result::Outcome;
use throughline_proto::playbook::v1::evaluation_service_client::EvaluationServiceClient;
use throughline_proto::playbook::v1::label_evaluation_request::Target;
use throughline_proto::playbook::v1::{
    DeleteLabelRequest, Evaluation, Label, LabelEvaluationRequest, ListLabelsRequest,
};
use throughline_rpc::client::Peer;
use throughline_store::Db;
use throughline_testkit::Backend;
use tonic::{Code, Status};

use crate::documents;
use crate::talk::Talk;
use crate::world::{PARENT, World, fields, refusal};

fn behavior(id: &str) -> Option<Target> {
    Some(Target::Behavior(id.to_owned()))
}

fn missed(evaluation: &Evaluation, id: &str) -> LabelEvaluationRequest {
    LabelEvaluationRequest {
        name: evaluation.name.clone(),
        target: behavior(id),
        outcome: Outcome::Missed.into(),
        ..Default::default()
    }
}

async fn label(mut client: EvaluationServiceClient<Peer>, request: LabelEvaluationRequest) -> Result<Label, Status> {
    client.label_evaluation(request).await.map(tonic::Response::into_inner)
}

/// A world with one evaluation, of a talk and of a behavior of it.
async fn evaluated(backend: Backend) -> (World, Evaluation, String) {
    let world = World::start(backend).await;
    world.released(&documents::sample()).await;
    world.finalized(&Talk::negotiation()).await;
    let evaluation = world.all_evaluations().await.remove(0);
    let observed = evaluation.behaviors.iter().find(|b| b.outcome() == Outcome::Observed).unwrap().id.clone();
    (world, evaluation, observed)
}

async fn listed(world: &World, history: bool) -> Vec<Label> {
    let request = ListLabelsRequest { parent: PARENT.to_owned(), show_history: history, ..Default::default() };
    world.manager().list_labels(request).await.unwrap().into_inner().labels
}

fn enablement(world: &World) -> EvaluationServiceClient<Peer> {
    world.evaluations(world.harness.token("eva@brightledger.example", &["enablement"]))
}

async fn agreed(world: &World) -> Vec<labels::Agreed> {
    let db = Db::connect(&world.database(), SCHEMA).await.unwrap();
    labels::of_workspace(db.conn(), "demo").await.unwrap()
}

#[rstest]
#[tokio::test]
async fn a_label_says_who_corrected_what_and_leaves_the_evaluation_as_it_is(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let (world, evaluation, observed) = evaluated(backend).await;
    let request = LabelEvaluationRequest { note: " he only mentions it ".to_owned(), ..missed(&evaluation, &observed) };
    let made = label(world.manager(), request).await.unwrap();
    assert_eq!((made.outcome(), made.previous_outcome(), made.counts), (Outcome::Missed, Outcome::Observed, true));
    assert_eq!((made.author.as_str(), made.note.as_str()), ("mia@brightledger.example", "he only mentions it"));
    assert_eq!(made.evaluation, evaluation.name);
    assert_eq!((&made.call, &made.transcript), (&evaluation.call, &evaluation.transcript));
    assert!(made.create_time.is_some() && made.delete_time.is_none());
    assert_eq!(world.all_evaluations().await, [evaluation]);
    assert_eq!(listed(&world, false).await, [made]);
    assert_eq!(world.announced().await.len(), 1, "only the evaluation itself was announced");
}

#[rstest]
#[tokio::test]
async fn the_latest_label_of_an_author_counts_and_the_history_stays(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let (world, evaluation, id) = evaluated(backend).await;
    let first = label(world.manager(), missed(&evaluation, &id)).await.unwrap();
    let unknown = LabelEvaluationRequest { outcome: Outcome::Unknown.into(), ..missed(&evaluation, &id) };
    let second = label(world.manager(), unknown).await.unwrap();
    assert_eq!(second.previous_outcome(), Outcome::Missed);
    let other = label(enablement(&world), missed(&evaluation, &id)).await.unwrap();
    assert_eq!(other.previous_outcome(), Outcome::Observed, "another author starts from the evaluation");
    assert_eq!(listed(&world, false).await, [other.clone(), second.clone()]);
    let replaced = Label { counts: false, ..first };
    assert_eq!(listed(&world, true).await, [other, second, replaced]);
}

#[rstest]
#[tokio::test]
async fn a_withdrawn_label_gives_way_to_the_one_before(#[values(Backend::Sqlite, Backend::Postgres)] backend: Backend) {
    let (world, evaluation, id) = evaluated(backend).await;
    let first = label(world.manager(), missed(&evaluation, &id)).await.unwrap();
    let unknown = LabelEvaluationRequest { outcome: Outcome::Unknown.into(), ..missed(&evaluation, &id) };
    let second = label(world.manager(), unknown).await.unwrap();
    let delete = || DeleteLabelRequest { name: second.name.clone(), request_id: String::new() };
    let other = world.evaluations(world.harness.token("max@brightledger.example", &["manager"]));
    let denied = refusal(other.clone().delete_label(delete()).await);
    assert_eq!(denied, (Code::PermissionDenied, "ROLE_REQUIRED".to_owned()));
    let gone = enablement(&world).delete_label(delete()).await.unwrap().into_inner();
    assert_eq!((gone.counts, gone.deleted_by.as_str()), (false, "eva@brightledger.example"));
    assert!(gone.delete_time.is_some());
    assert_eq!(world.manager().delete_label(delete()).await.unwrap().into_inner(), gone, "twice changes nothing");
    assert_eq!(listed(&world, false).await, std::slice::from_ref(&first));
    assert_eq!(listed(&world, true).await, [gone, first]);
    let absent = DeleteLabelRequest { name: format!("{PARENT}/labels/none"), request_id: String::new() };
    assert_eq!(refusal(world.manager().delete_label(absent).await).0, Code::NotFound);
}

#[rstest]
#[tokio::test]
async fn a_repeated_request_is_one_label_even_when_the_gateway_is_gone(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let (mut world, evaluation, id) = evaluated(backend).await;
    let shown = evaluation.behaviors.iter().find(|b| b.id == id).unwrap();
    let turns: Vec<i32> = shown.evidence.iter().map(|evidence| evidence.turn).collect();
    let request = LabelEvaluationRequest {
        outcome: Outcome::Observed.into(),
        turns: turns.iter().rev().copied().collect(),
        request_id: "r-1".to_owned(),
        ..missed(&evaluation, &id)
    };
    let first = label(world.manager(), request.clone()).await.unwrap();
    assert_eq!(first.turns, turns);
    world.stop_gateway().await;
    assert_eq!(label(world.manager(), request.clone()).await.unwrap(), first);
    let another = LabelEvaluationRequest { note: "x".to_owned(), ..request };
    assert_eq!(refusal(label(world.manager(), another.clone()).await).1, "REQUEST_ID_REUSED");
    let fresh = LabelEvaluationRequest { request_id: String::new(), ..another };
    assert_eq!(refusal(label(world.manager(), fresh).await).1, "PEER_UNAVAILABLE");
    assert_eq!(listed(&world, true).await, [first]);
}

#[rstest]
#[tokio::test]
async fn everything_that_is_wrong_with_a_label_is_told_at_once(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let (world, evaluation, id) = evaluated(backend).await;
    let refused = async |request: LabelEvaluationRequest| fields(&label(world.manager(), request).await.unwrap_err());
    assert_eq!(refused(LabelEvaluationRequest::default()).await, ["name", "target", "outcome"]);
    let turns = &Talk::negotiation().transcript.turns;
    let of_buyer = turns.iter().find(|turn| turn.side() == Side::Buyer).unwrap().index;
    let wrong = LabelEvaluationRequest {
        note: "x".repeat(2_001),
        turns: vec![of_buyer, 9_999, of_buyer],
        ..missed(&evaluation, &id)
    };
    assert_eq!(refused(wrong).await, ["note", "turns", "turns[2]", "turns[1]"]);
    let alone =
        LabelEvaluationRequest { outcome: Outcome::Observed.into(), turns: vec![of_buyer], ..missed(&evaluation, &id) };
    assert_eq!(refused(alone).await, ["turns"]);
    let unproven = LabelEvaluationRequest {
        target: Some(Target::Signal("nothing".to_owned())),
        outcome: Outcome::NotApplicable.into(),
        ..missed(&evaluation, &id)
    };
    assert_eq!(refused(unproven).await, ["outcome", "signal"]);
    assert_eq!(refused(missed(&evaluation, "nothing")).await, ["behavior"]);
    let absent = Evaluation { name: format!("{PARENT}/evaluations/none"), ..evaluation };
    assert_eq!(refusal(label(world.manager(), missed(&absent, &id)).await).0, Code::NotFound);
}

#[rstest]
#[tokio::test]
async fn a_rep_corrects_nothing_and_sees_the_labels_on_its_own_calls(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let (world, evaluation, id) = evaluated(backend).await;
    let made = label(world.manager(), missed(&evaluation, &id)).await.unwrap();
    let denied = (Code::PermissionDenied, "ROLE_REQUIRED".to_owned());
    let priya = world.rep("priya.raman@brightledger.example");
    assert_eq!(refusal(label(priya.clone(), missed(&evaluation, &id)).await), denied);
    let all = || ListLabelsRequest { parent: PARENT.to_owned(), ..Default::default() };
    assert_eq!(priya.clone().list_labels(all()).await.unwrap().into_inner().labels, [made]);
    let jo = world.rep("jo.lind@brightledger.example");
    assert_eq!(jo.clone().list_labels(all()).await.unwrap().into_inner().labels, []);
    // Another service is no person.
    let service = world.evaluations(world.harness.service_token("coaching-engine"));
    assert_eq!(refusal(label(service, missed(&evaluation, &id)).await), denied);
}

#[rstest]
#[tokio::test]
async fn labels_come_in_pages_by_call_and_evaluation(#[values(Backend::Sqlite, Backend::Postgres)] backend: Backend) {
    let (world, evaluation, _) = evaluated(backend).await;
    world.finalized(&Talk::validation()).await;
    let other = world.all_evaluations().await.remove(0);
    for behavior in evaluation.behaviors.iter().take(3) {
        label(world.manager(), missed(&evaluation, &behavior.id)).await.unwrap();
    }
    label(world.manager(), missed(&other, &evaluation.behaviors[0].id)).await.unwrap();
    let request = ListLabelsRequest {
        parent: PARENT.to_owned(),
        call: evaluation.call.clone(),
        page_size: 2,
        ..Default::default()
    };
    let first = world.manager().list_labels(request.clone()).await.unwrap().into_inner();
    let next = ListLabelsRequest { page_token: first.next_page_token.clone(), ..request.clone() };
    let last = world.manager().list_labels(next.clone()).await.unwrap().into_inner();
    assert_eq!((first.labels.len(), last.labels.len(), last.next_page_token.as_str()), (2, 1, ""));
    let foreign = ListLabelsRequest { call: String::new(), ..next };
    assert_eq!(refusal(world.manager().list_labels(foreign).await).1, "PAGE_TOKEN_INVALID");
    let of_other = ListLabelsRequest { call: String::new(), evaluation: other.name.clone(), ..request };
    let found = world.manager().list_labels(of_other).await.unwrap().into_inner().labels;
    assert_eq!((found.len(), &found[0].evaluation), (1, &other.name));
}

#[rstest]
#[tokio::test]
async fn training_reads_what_most_authors_say_with_their_turns(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let (world, evaluation, id) = evaluated(backend).await;
    let turns = &Talk::negotiation().transcript.turns;
    let of_rep: Vec<i32> = turns.iter().filter(|turn| turn.side() == Side::Rep).map(|turn| turn.index).collect();
    let shown = |turns: &[i32]| LabelEvaluationRequest {
        outcome: Outcome::Observed.into(),
        turns: turns.to_vec(),
        ..missed(&evaluation, &id)
    };
    label(world.manager(), missed(&evaluation, &id)).await.unwrap();
    assert_eq!(agreed(&world).await[0].outcome, Found::Missed);
    label(enablement(&world), shown(&[of_rep[2], of_rep[0]])).await.unwrap();
    let one = agreed(&world).await;
    assert_eq!((one[0].outcome, one[0].authors, one[0].of_authors), (Found::Observed, 1, 2), "the later of two");
    label(world.manager(), shown(&[of_rep[1], of_rep[0]])).await.unwrap();
    let [both] = agreed(&world).await.try_into().unwrap();
    let expected: Vec<u32> = of_rep[..3].iter().map(|turn| u32::try_from(*turn).unwrap()).collect();
    assert_eq!((both.turns, both.authors, both.target), (expected, 2, Of::Behavior(id)));
    assert_eq!((both.transcript.as_str(), both.playbook.as_str()), ("1", "regulated-enterprise"));
}
