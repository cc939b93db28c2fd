//! A purged call leaves no words behind, in whatever order events come; what it counts for stays.

use forecast::store::SCHEMA;
use rstest::rstest;
use throughline_proto::common::v1::Evidence;
use throughline_proto::forecast::v1::{Deal, HealthPart, Warning};
use throughline_proto::playbook::v1::{Evaluation, Stakeholder};
use throughline_testkit::Backend;
use throughline_testkit::database::holding;

use crate::told::{deal, evaluation, noon, proposal, quote};
use crate::world::World;

/// What `told` says on its calls, and who; the name in a proposal's evidence as well.
const SAID: [&str; 5] =
    ["shall we start with your goals", "our security people will ask", "works for me", "Ada Okafor", "Martin Cole"];

/// With a step and people whose texts are found nowhere else.
fn talk(id: &str, call: &str, day: &str) -> Evaluation {
    let mut talk = evaluation(id, call, day, "2026-12-01");
    let facts = talk.facts.as_mut().unwrap();
    facts.stakeholders = vec![Stakeholder {
        name: "Martin Cole".to_owned(),
        role: "technical".to_owned(),
        present: true,
        evidence: vec![quote(call, 30, "I run the platform team")],
        ..Stakeholder::default()
    }];
    talk
}

async fn held(world: &World) -> Vec<String> {
    holding(&world.database(), SCHEMA, &SAID.map(str::to_owned)).await
}

fn evidence(deal: &Deal) -> Vec<&Evidence> {
    let parts = deal.health.iter().flat_map(|health| &health.parts).flat_map(|part| &part.evidence);
    parts.chain(deal.warnings.iter().flat_map(|warning| &warning.evidence)).collect()
}

fn is_erased(evidence: &&Evidence) -> bool {
    evidence.quote.is_empty() && evidence.speaker.is_empty() && evidence.purge_time.is_some() && evidence.turn > 0
}

/// Health, what it is made of, and warnings.
type Counted = (Option<f64>, Vec<(String, Option<f64>)>, Vec<String>);

/// What a deal's picture comes down to without words.
fn counted(deal: &Deal) -> Counted {
    let health = deal.health.clone().unwrap();
    let part = |part: &HealthPart| (part.id.clone(), part.score);
    let warning = |warning: &Warning| warning.id.clone();
    (health.score, health.parts.iter().map(part).collect(), deal.warnings.iter().map(warning).collect())
}

#[rstest]
#[tokio::test]
async fn the_words_of_a_purged_call_go_and_what_they_counted_for_stays(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let world = World::start(backend).await;
    world.peers.hold(|held| held.proposals.push(proposal("D-1", "2026-11-22", None)));
    world.deliver(world.changed(deal("D-1", "validation", "2026-11-02"))).await;
    for (id, call, day) in [("e1", "c1", "2026-11-18"), ("e2", "c2", "2026-11-20")] {
        world.deliver(world.associated(call, "D-1", day)).await;
        world.deliver(world.evaluated(talk(id, call, day))).await;
    }
    let as_of = Some(noon("2026-11-24"));
    let before = world.try_deal("D-1", as_of).await.unwrap();
    assert!(held(&world).await.len() >= SAID.len(), "words are found where they stand");

    for call in ["c1", "c2"] {
        let purge = world.purge(call, None);
        world.deliver(purge.clone()).await;
        world.deliver(purge).await;
        world.deliver(world.purge(call, None)).await;
        // After the first the same people still count once.
        assert_eq!(counted(&world.try_deal("D-1", as_of).await.unwrap()), counted(&before));
    }
    assert_eq!(held(&world).await, Vec::<String>::new());
    let after = world.try_deal("D-1", as_of).await.unwrap();
    assert_eq!(after.calls, before.calls);
    assert_eq!(evidence(&after).len(), evidence(&before).len());
    assert!(!evidence(&after).is_empty() && evidence(&after).iter().all(is_erased));
    let log = world.log("D-1").await;
    let told = log.iter().find(|entry| entry.kind == "call_evaluated").unwrap();
    assert!(told.text.contains("1 behaviors observed") && told.text.contains("erased with its call"), "{}", told.text);
}

#[rstest]
#[tokio::test]
async fn what_comes_after_the_purge_has_no_words(#[values(Backend::Sqlite, Backend::Postgres)] backend: Backend) {
    let world = World::start(backend).await;
    world.deliver(world.purge("c1", Some(1))).await;
    world.peers.hold(|held| held.proposals.push(proposal("D-1", "2026-11-22", None)));
    world.deliver(world.changed(deal("D-1", "validation", "2026-11-02"))).await;
    world.deliver(world.associated("c1", "D-1", "2026-11-20")).await;
    world.deliver(world.evaluated(talk("e1", "c1", "2026-11-20"))).await;
    assert_eq!(held(&world).await, Vec::<String>::new());
    let late = world.deal("D-1").await;
    assert_eq!(late.calls, ["workspaces/demo/calls/c1"]);
    assert!(!evidence(&late).is_empty() && evidence(&late).iter().all(is_erased));
    // Recorded anew: those words are not gone.
    let mut anew = talk("e2", "c1", "2026-11-20");
    anew.transcript = "workspaces/demo/calls/c1/transcripts/2".to_owned();
    world.deliver(world.evaluated(anew)).await;
    assert!(evidence(&world.deal("D-1").await).iter().all(|evidence| !evidence.quote.is_empty()));
}
