//! A finished transcript becomes one evaluation for each released playbook that is meant for it, and one event each.

use rstest::rstest;
use throughline_proto::common::v1::Side;
use throughline_proto::events::v1::event::Body;
use throughline_proto::events::v1::{Event, RecordChanged};
use throughline_proto::playbook::v1::behavior_result::Outcome;
use throughline_proto::transcription::v1::CallState;
use throughline_testkit::Backend;
use tonic::Code;

use crate::documents;
use crate::talk::{Talk, evidence, ungrounded};
use crate::world::{World, refusal};

const CONSUMERS: [&str; 4] = ["coaching-engine", "crm-sync", "forecast", "transcription-gateway"];

#[rstest]
#[tokio::test]
async fn a_transcript_is_evaluated_with_grounded_evidence(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let world = World::start(backend).await;
    let revision = world.released(&documents::sample()).await;
    for talk in [Talk::negotiation(), Talk::validation()] {
        world.finalized(&talk).await;
        let evaluation = &world.all_evaluations().await[0];
        assert_eq!((&evaluation.call, &evaluation.transcript), (&talk.call.name, &talk.transcript.name));
        assert_eq!(evaluation.revision, revision.name);
        assert_eq!(evaluation.rep, "workspaces/demo/reps/priya-raman");
        assert_eq!((&evaluation.account, &evaluation.deal), (&talk.call.account, &talk.call.deal));
        assert_eq!((evaluation.behaviors.len(), evaluation.signals.len(), evaluation.risks.len()), (12, 10, 6));
        assert!(evidence(evaluation).len() > 10);
        assert_eq!(ungrounded(evaluation, &talk.transcript), None);
        for behavior in &evaluation.behaviors {
            assert_eq!(behavior.outcome() == Outcome::Observed, !behavior.evidence.is_empty(), "{behavior:?}");
        }
        let signals = evaluation.signals.iter().flat_map(|signal| &signal.evidence);
        assert!(signals.into_iter().all(|evidence| evidence.side() == Side::Buyer));
    }
}

#[rstest]
#[tokio::test]
async fn a_repeated_event_changes_nothing(#[values(Backend::Sqlite, Backend::Postgres)] backend: Backend) {
    let world = World::start(backend).await;
    world.released(&documents::small("p")).await;
    let talk = Talk::negotiation();
    world.shelve(&talk);
    let event = world.event(&talk);
    world.deliver(event.clone()).await.unwrap();
    let first = world.all_evaluations().await;
    world.deliver(event).await.unwrap();
    // Another event about the same transcript is no news either.
    world.deliver(world.event(&talk)).await.unwrap();
    assert_eq!((first.len(), world.all_evaluations().await), (1, first.clone()));
    let announced = world.announced().await;
    let mut consumers = announced[0].1.clone();
    consumers.sort();
    assert_eq!((announced.len(), consumers), (1, CONSUMERS.map(str::to_owned).to_vec()));
    assert_eq!((&announced[0].0.evaluation, &announced[0].0.call), (&first[0].name, &first[0].call));
}

#[rstest]
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn events_at_once_make_one_evaluation(#[values(Backend::Sqlite, Backend::Postgres)] backend: Backend) {
    let world = World::start(backend).await;
    world.released(&documents::small("p")).await;
    let talk = Talk::negotiation();
    world.shelve(&talk);
    let (event, other) = (world.event(&talk), world.event(&talk));
    let (a, b, c) = tokio::join!(world.deliver(event.clone()), world.deliver(event), world.deliver(other));
    a.and(b).and(c).unwrap();
    assert_eq!(world.all_evaluations().await.len(), 1);
    assert_eq!(world.announced().await.len(), 1);
}

#[rstest]
#[tokio::test]
async fn without_a_released_playbook_nothing_happens(#[values(Backend::Sqlite, Backend::Postgres)] backend: Backend) {
    let mut world = World::start(backend).await;
    world.created(&documents::small("p")).await;
    world.finalized(&Talk::negotiation()).await;
    // Not even the gateway is needed for it.
    world.stop_gateway().await;
    world.deliver(world.event(&Talk::validation())).await.unwrap();
    assert_eq!(world.all_evaluations().await, []);
    assert_eq!(world.announced().await, []);
}

#[rstest]
#[tokio::test]
async fn each_playbook_gives_an_evaluation(#[values(Backend::Sqlite, Backend::Postgres)] backend: Backend) {
    let world = World::start(backend).await;
    let (p, q) = (world.released(&documents::small("p")).await, world.released(&documents::for_regulated("q")).await);
    world.finalized(&Talk::negotiation()).await;
    let mut revisions: Vec<_> = world.all_evaluations().await.into_iter().map(|e| e.revision).collect();
    revisions.sort();
    assert_eq!((revisions, world.announced().await.len()), (vec![p.name, q.name], 2));
}

#[rstest]
#[tokio::test]
async fn a_playbook_for_others_is_left_out(#[values(Backend::Sqlite, Backend::Postgres)] backend: Backend) {
    let world = World::start(backend).await;
    world.released(&documents::for_unregulated("others")).await;
    let meant = world.released(&documents::small("p")).await;
    world.finalized(&Talk::negotiation()).await;
    let found = world.all_evaluations().await;
    assert_eq!((found.len(), &found[0].revision, found[0].notes.len()), (1, &meant.name, 0));
}

#[rstest]
#[tokio::test]
async fn where_no_playbook_is_meant_for_the_account_all_are_used_and_say_so(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let world = World::start(backend).await;
    world.released(&documents::for_unregulated("others")).await;
    world.finalized(&Talk::negotiation()).await;
    let found = world.all_evaluations().await;
    assert_eq!(found.len(), 1);
    assert!(found[0].notes.iter().any(|note| note.contains("outside the segment")), "{:?}", found[0].notes);
}

#[rstest]
#[tokio::test]
async fn a_new_transcript_is_evaluated_against_what_is_released_then(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let world = World::start(backend).await;
    let one = world.released(&documents::titled("p", "One")).await;
    world.finalized(&Talk::negotiation()).await;
    let two = world.released(&documents::titled("p", "Two")).await;
    world.finalized(&Talk::negotiation().revised(2)).await;
    world.release(&one.name).await;
    world.finalized(&Talk::negotiation().revised(3)).await;
    let revisions: Vec<_> = world.all_evaluations().await.into_iter().map(|e| e.revision).collect();
    assert_eq!(revisions, [one.name.clone(), two.name, one.name]);
}

#[rstest]
#[tokio::test]
async fn a_gateway_that_is_away_is_said_to_be_and_the_event_can_come_again(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let mut world = World::start(backend).await;
    world.released(&documents::small("p")).await;
    let talk = Talk::negotiation();
    let event = world.event(&talk);
    assert_eq!(refusal(world.deliver(event.clone()).await).0, Code::NotFound);
    world.shelve(&talk);
    world.deliver(event).await.unwrap();
    assert_eq!(world.all_evaluations().await.len(), 1);
    world.stop_gateway().await;
    let away = world.deliver(world.event(&Talk::validation())).await;
    assert_eq!(refusal(away), (Code::Unavailable, "PEER_UNAVAILABLE".to_owned()));
}

#[rstest]
#[tokio::test]
async fn a_call_that_was_purged_meanwhile_holds_nothing_up(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let world = World::start(backend).await;
    world.released(&documents::small("p")).await;
    let talk = Talk::negotiation();
    let event = world.event(&talk);
    let mut tombstone = talk.clone();
    tombstone.transcript.name.push('0');
    tombstone.call.set_state(CallState::Purged);
    world.shelve(&tombstone);
    world.deliver(event).await.unwrap();
    world.deliver(world.purge(&talk, None)).await.unwrap();
    assert_eq!(world.all_evaluations().await.len(), 0);
}

#[rstest]
#[tokio::test]
async fn other_events_are_taken_and_foreign_transcripts_refused(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let world = World::start(backend).await;
    let mut event = world.event(&Talk::negotiation());
    event.body = Some(Body::RecordChanged(RecordChanged::default()));
    world.deliver(event).await.unwrap();
    let mut event = world.event(&Talk::negotiation());
    if let Some(Body::TranscriptFinalized(finalized)) = &mut event.body {
        finalized.transcript = "workspaces/other/calls/c1/transcripts/1".to_owned();
    }
    assert_eq!(refusal(world.deliver(event).await).0, Code::InvalidArgument);
}

#[rstest]
#[tokio::test]
async fn an_event_that_only_a_newer_version_knows_is_left_to_that(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let world = World::start(backend).await;
    let event = Event { body: None, ..world.event(&Talk::negotiation()) };
    let refused = refusal(world.deliver(event).await);
    assert_eq!((refused.0, refused.1.as_str()), (Code::Unimplemented, "EVENT_KIND_UNKNOWN"));
}
