//! A purged call leaves no words behind that were not written into the CRM, in whatever order events come.

use crm_sync::store::SCHEMA;
use rstest::rstest;
use throughline_proto::crm::v1::{Proposal, ProposalState};
use throughline_testkit::Backend;
use throughline_testkit::database::holding;

use crate::export::Export;
use crate::talk::Talk;
use crate::world::World;

/// What `Talk` quotes for each of its facts, and a name that was said and that the CRM does not have.
const SAID: [&str; 5] = [
    "Thursday at ten",
    "we also look at Ledgerline",
    "we have two hundred thousand set aside",
    "the board decides at the end of September",
    "Gwen Harding",
];

fn talk() -> Talk {
    Talk::on("c1", "2026-03-10")
        .with_tom()
        .next_step("Security review", "2026-03-19")
        .competitor("Ledgerline")
        .budget(200_000.0, "GBP")
        .decision("2026-09-30")
        .economic_buyer("Gwen Harding")
}

async fn held(world: &World) -> Vec<String> {
    holding(&world.database(), SCHEMA, &SAID.map(str::to_owned)).await
}

fn is_erased(proposal: &Proposal) -> bool {
    let mut evidence = proposal.evidence.iter();
    evidence.all(|e| (e.turn, e.start_ms) == (40, 300_000) && e.quote.is_empty() && e.purge_time.is_some())
}

#[rstest]
#[tokio::test]
async fn proposals_of_a_purged_call_lose_their_words_and_what_was_written_stays(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let world = World::start(backend).await;
    world.import(&Export::sample()).await.unwrap();
    let talk = talk();
    world.evaluated(&talk).await;
    let association = world.association("c1").await;
    assert!(held(&world).await.len() >= SAID.len(), "words are found where they stand");

    let purge = world.purge(&talk, None);
    world.deliver(purge.clone()).await.unwrap();
    world.deliver(purge).await.unwrap();
    world.deliver(world.purge(&talk, None)).await.unwrap();

    assert_eq!(held(&world).await, Vec::<String>::new());
    let all = world.all_proposals().await;
    assert_eq!(all.len(), 6);
    assert!(all.iter().all(|proposal| !proposal.evidence.is_empty() && is_erased(proposal)), "{all:?}");
    let of = |field: &str| all.iter().find(|proposal| proposal.field == field).unwrap();
    assert_eq!(
        (of("next_step").state(), of("next_step").new_value.as_str()),
        (ProposalState::Applied, "Security review (Tom Ashworth)")
    );
    assert_eq!(world.field("D-104", "next_step").await, "Security review (Tom Ashworth)", "it is the CRM's");
    let buyer = of("economic_buyer");
    assert_eq!((buyer.state(), buyer.new_value.as_str()), (ProposalState::Stale, ""));
    assert_eq!(buyer.reason, "its words were erased with their call");
    let close = of("close_date");
    assert_eq!((close.state(), close.new_value.as_str()), (ProposalState::Pending, "2026-09-30"));
    world.approve(&close.name).await.unwrap();
    assert_eq!(world.deal("D-104").await.close_date, "2026-09-30");
    assert_eq!(world.association("c1").await, association);
}

#[rstest]
#[tokio::test]
async fn an_evaluation_that_comes_after_the_purge_has_no_words(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let world = World::start(backend).await;
    world.import(&Export::sample()).await.unwrap();
    world.deliver(world.purge(&talk(), Some(1))).await.unwrap();
    world.evaluated(&talk().deal("D-104", "discovery", 1.0)).await;
    assert_eq!(held(&world).await, Vec::<String>::new());
    assert_eq!(world.association("c1").await.deal, "workspaces/demo/deals/D-104");
    let close = world.proposal_for("close_date").await;
    assert_eq!((close.new_value.as_str(), is_erased(&close)), ("2026-09-30", true));
    // Recorded anew: those words are not gone.
    let mut anew = talk().again(2).economic_buyer("Gwen Harding");
    anew.evaluation.transcript = "workspaces/demo/calls/c1/transcripts/2".to_owned();
    world.evaluated(&anew).await;
    let buyer = world.proposal_for("economic_buyer").await;
    assert_eq!(
        (buyer.new_value.as_str(), buyer.evidence[0].quote.as_str()),
        ("Gwen Harding (CFO)", "Martin signs that off")
    );
}

#[rstest]
#[tokio::test]
async fn words_that_are_said_again_are_proposed_again(#[values(Backend::Sqlite, Backend::Postgres)] backend: Backend) {
    let world = World::start(backend).await;
    world.import(&Export::sample()).await.unwrap();
    world.evaluated(&talk()).await;
    world.deliver(world.purge(&talk(), Some(1))).await.unwrap();
    let gone = world.proposal_for("economic_buyer").await;
    assert_eq!((gone.state(), gone.new_value.as_str()), (ProposalState::Stale, ""));
    let mut anew = talk().again(2).economic_buyer("Gwen Harding");
    anew.evaluation.transcript = "workspaces/demo/calls/c1/transcripts/2".to_owned();
    world.evaluated(&anew).await;
    let again = world.proposal_for("economic_buyer").await;
    assert_eq!(
        (&again.name, again.state(), again.new_value.as_str()),
        (&gone.name, ProposalState::Pending, "Gwen Harding (CFO)")
    );
    assert_eq!(again.evidence[0].quote, "Martin signs that off");
}
