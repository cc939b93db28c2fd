//! A purged call leaves no words behind, in whatever order events come; what was concluded stays.

use playbook_evaluator::store::SCHEMA;
use rstest::rstest;
use throughline_proto::common::v1::Evidence;
use throughline_proto::events::v1::event::Body;
use throughline_proto::playbook::v1::behavior_result::Outcome;
use throughline_proto::playbook::v1::label_evaluation_request::Target;
use throughline_proto::playbook::v1::{Evaluation, LabelEvaluationRequest, ListLabelsRequest};
use throughline_testkit::Backend;
use throughline_testkit::database::holding;
use tonic::Code;

use crate::documents;
use crate::talk::{Talk, evidence};
use crate::world::{PARENT, World, evaluate, refusal};

/// What an evaluation quotes, where it is more than a word or two, which anybody could say, and no phrase of the playbook.
fn quotes(evaluation: &Evaluation) -> Vec<String> {
    let playbook = documents::sample();
    let quotes = evidence(evaluation).into_iter().map(|evidence| evidence.quote.clone());
    quotes.filter(|quote| quote.split_whitespace().count() > 3 && !playbook.contains(quote)).collect()
}

fn outcomes(evaluation: &Evaluation) -> Vec<(String, Outcome)> {
    evaluation.behaviors.iter().map(|behavior| (behavior.id.clone(), behavior.outcome())).collect()
}

/// Where evidence stands, without its words.
fn places(evaluation: &Evaluation) -> Vec<(i32, i32, i32)> {
    evidence(evaluation).into_iter().map(|evidence| (evidence.turn, evidence.start_ms, evidence.end_ms)).collect()
}

fn is_erased(evidence: &Evidence) -> bool {
    evidence.quote.is_empty() && evidence.speaker.is_empty() && evidence.purge_time.is_some()
}

fn of<'e>(all: &'e [Evaluation], talk: &Talk) -> &'e Evaluation {
    all.iter().find(|evaluation| evaluation.transcript == talk.transcript.name).unwrap()
}

async fn label(world: &World, evaluation: &Evaluation, note: &str) {
    let request = LabelEvaluationRequest {
        name: evaluation.name.clone(),
        target: Some(Target::Behavior(evaluation.behaviors[0].id.clone())),
        outcome: Outcome::Missed.into(),
        note: note.to_owned(),
        request_id: "r-1".to_owned(),
        ..Default::default()
    };
    world.manager().label_evaluation(request).await.unwrap();
}

#[rstest]
#[tokio::test]
async fn the_words_of_a_purged_call_go_and_what_was_concluded_stays(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let world = World::start(backend).await;
    world.released(&documents::sample()).await;
    let (talk, other) = (Talk::negotiation(), Talk::validation());
    world.finalized(&talk).await;
    world.finalized(&other).await;
    let before = world.all_evaluations().await;
    let words = quotes(of(&before, &talk));
    label(&world, of(&before, &talk), &format!("she only says: {}", words[0])).await;
    assert!(
        holding(&world.database(), SCHEMA, &words).await.len() > words.len() / 2,
        "words are found where they stand"
    );

    let purge = world.purge(&talk, None);
    world.deliver(purge.clone()).await.unwrap();
    world.deliver(purge).await.unwrap();
    world.deliver(world.purge(&talk, None)).await.unwrap();

    assert_eq!(holding(&world.database(), SCHEMA, &words).await, Vec::<String>::new());
    let after = world.all_evaluations().await;
    let (was, is) = (of(&before, &talk), of(&after, &talk));
    assert_eq!(is.purge_time.unwrap().seconds, 1_780_304_400);
    assert_eq!((outcomes(is), places(is), &is.statistics), (outcomes(was), places(was), &was.statistics));
    assert!(evidence(is).into_iter().all(is_erased));
    assert!(is.participants.iter().all(|person| person.name.is_empty() && person.email.is_empty()));
    let day = |evaluation: &Evaluation| evaluation.facts.clone().unwrap().decision_date.map(|decision| decision.date);
    assert_eq!(day(is), day(was));
    assert_eq!(of(&after, &other), of(&before, &other), "another call is as it was");
    let listed = ListLabelsRequest { parent: PARENT.to_owned(), ..Default::default() };
    let labels = world.manager().list_labels(listed).await.unwrap().into_inner().labels;
    assert_eq!((labels.len(), labels[0].outcome(), labels[0].note.as_str()), (1, Outcome::Missed, ""));
}

#[rstest]
#[tokio::test]
async fn what_comes_after_the_purge_has_no_words_but_those_of_later_transcripts(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let world = World::start(backend).await;
    let revision = world.released(&documents::sample()).await;
    let (first, second) = (Talk::negotiation(), Talk::negotiation().revised(2));
    world.deliver(world.purge(&first, Some(1))).await.unwrap();
    // As one that had fetched the words before they went.
    world.finalized(&first).await;
    let all = world.all_evaluations().await;
    assert!(evidence(&all[0]).len() > 10 && evidence(&all[0]).into_iter().all(is_erased));
    // Asked for again, it is the one that is there.
    let again = world.manager().evaluate_transcript(evaluate(&first, &revision.name)).await.unwrap().into_inner();
    assert_eq!(again, all[0]);
    world.finalized(&second).await;
    let fresh = world.all_evaluations().await.remove(0);
    assert_eq!((&fresh.transcript, fresh.purge_time), (&second.transcript.name, None));
    assert!(!quotes(&fresh).is_empty());
    world.deliver(world.purge(&first, None)).await.unwrap();
    assert_eq!(holding(&world.database(), SCHEMA, &quotes(&fresh)).await, Vec::<String>::new());
}

#[rstest]
#[tokio::test]
async fn a_purge_is_passed_on_once_to_those_who_read_evaluations(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let world = World::start(backend).await;
    let talk = Talk::negotiation();
    let purge = world.purge(&talk, Some(3));
    world.deliver(purge.clone()).await.unwrap();
    world.deliver(purge.clone()).await.unwrap();
    let mut told = Vec::new();
    for delivery in world.deliveries().await {
        let event = delivery.event.unwrap();
        assert_eq!((&event.body, &event.ordering_key), (&purge.body, &purge.ordering_key));
        told.push(delivery.consumer);
    }
    told.sort();
    assert_eq!(told, ["coaching-engine", "crm-sync", "forecast"]);
    let mut foreign = world.purge(&talk, None);
    if let Some(Body::CallPurged(purged)) = &mut foreign.body {
        purged.call = "workspaces/other/calls/c1".to_owned();
    }
    assert_eq!(refusal(world.deliver(foreign).await).0, Code::InvalidArgument);
}
