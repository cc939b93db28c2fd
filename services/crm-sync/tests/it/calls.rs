//! Calls meet deals, and what was said meets fields.

use rstest::rstest;
use throughline_proto::crm::v1::{AssociationState, FieldAuthor, ProposalState};
use throughline_testkit::{Backend, eventually};
use tonic::Code;

use crate::export::Export;
use crate::talk::Talk;
use crate::world::World;

async fn world_with_sample(backend: Backend) -> World {
    let world = World::start(backend).await;
    world.import(&Export::sample()).await.unwrap();
    world
}

#[rstest]
#[tokio::test]
async fn a_call_finds_its_deal_by_a_participants_address(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let world = world_with_sample(backend).await;
    world.evaluated(&Talk::on("c1", "2026-03-10").with_tom()).await;
    let association = world.association("c1").await;
    assert_eq!(association.deal, "workspaces/demo/deals/D-104");
    assert_eq!((association.state(), association.version), (AssociationState::Inferred, 1));
    assert!(association.confidence > 0.9 && !association.candidates[0].reasons.is_empty());
    let told = world.told_associations(1).await;
    assert_eq!(
        (told[0].call.as_str(), told[0].deal.as_str()),
        ("workspaces/demo/calls/c1", "workspaces/demo/deals/D-104")
    );
}

#[rstest]
#[tokio::test]
async fn a_call_that_nothing_leads_from_has_no_deal_and_that_is_told(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let world = world_with_sample(backend).await;
    world
        .evaluated(&Talk::on("c1", "2026-03-10").with_buyer("Tom Ashworth", "").next_step("Review", "2026-03-19"))
        .await;
    let association = world.association("c1").await;
    assert_eq!((association.state(), association.deal.as_str()), (AssociationState::None, ""));
    assert!(!association.candidates.is_empty(), "what was weighed is shown");
    assert_eq!(world.told_associations(1).await[0].deal, "");
    assert_eq!(world.all_proposals().await, [], "nothing is proposed to a deal that is not known");
}

#[rstest]
#[tokio::test]
async fn what_was_said_is_written_or_proposed_by_the_policy(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let world = world_with_sample(backend).await;
    let talk =
        Talk::on("c1", "2026-03-10").with_tom().next_step("Security review", "2026-03-19").competitor("Ledgerline");
    world.evaluated(&talk.budget(200_000.0, "").decision("2026-09-30").economic_buyer("Martin Cole")).await;
    let by_field = async |field: &str| {
        let proposal = world.proposal_for(field).await;
        (proposal.state(), proposal.old_value, proposal.new_value)
    };
    let applied = ProposalState::Applied;
    let pending = ProposalState::Pending;
    assert_eq!(by_field("next_step").await, (applied, String::new(), "Security review (Tom Ashworth)".to_owned()));
    assert_eq!(by_field("next_step_date").await, (applied, String::new(), "2026-03-19".to_owned()));
    assert_eq!(by_field("competitors").await, (pending, String::new(), "Ledgerline".to_owned()));
    assert_eq!(by_field("amount").await, (pending, "180000 GBP".to_owned(), "200000 GBP".to_owned()));
    assert_eq!(by_field("close_date").await, (pending, "2026-06-30".to_owned(), "2026-09-30".to_owned()), "never AUTO");
    assert_eq!(by_field("economic_buyer").await.0, pending);
    let proposal = world.proposal_for("next_step").await;
    assert_eq!(proposal.evidence[0].quote, "Thursday at ten, I'll bring Helen.");
    assert_eq!(proposal.receipts[0].decided_by, "policy");
    let deal = world.deal("D-104").await;
    let field = deal.fields.iter().find(|field| field.id == "next_step").unwrap();
    assert_eq!((field.author(), field.version), (FieldAuthor::Machine, proposal.receipts[0].field_version));
    assert_eq!(world.told_change_of("D-104").await.sequence, 39);
}

#[rstest]
#[tokio::test]
async fn a_deal_that_only_calls_name_is_recorded_from_them(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let world = World::start(backend).await;
    let call = |id: &str, day: &str, stage: &str, amount| {
        Talk::on(id, day).account("Dunmarrow Plastics").deal("D-41", stage, amount)
    };
    world.evaluated(&call("c2", "2026-03-26", "validation", 220_000.0)).await;
    world.evaluated(&call("c1", "2026-03-02", "discovery", 240_000.0).next_step("Demo", "2026-03-12")).await;
    let deal = world.deal("D-41").await;
    assert_eq!(
        (deal.stage.as_str(), deal.amount, deal.segment.as_str()),
        ("validation", Some(220_000.0), "regulated_enterprise")
    );
    assert_eq!(deal.owner, "workspaces/demo/reps/priya-raman");
    assert_eq!(
        deal.stage_history.iter().map(|change| change.stage.as_str()).collect::<Vec<_>>(),
        ["discovery", "validation"]
    );
    assert!(deal.fields.iter().filter(|field| field.id == "amount").all(|field| field.author() == FieldAuthor::Call));
    assert_eq!(world.association("c1").await.deal, "workspaces/demo/deals/D-41");
    assert_eq!(world.field("D-41", "next_step").await, "Demo (Tom Ashworth)");
    // An import takes it over, the history too.
    let export = Export::new()
        .file(
            "deals.csv",
            "id,name,stage,amount,currency,account\nD-41,Presses,proposal,250000,GBP,Dunmarrow Plastics\n",
        )
        .file("stage_history.csv", "id,stage,entered_at\nD-41,discovery,2026-02-20\nD-41,proposal,2026-05-04\n");
    world.import(&export).await.unwrap();
    world.evaluated(&call("c3", "2026-05-20", "negotiation", 1.0)).await;
    let deal = world.deal("D-41").await;
    assert_eq!(
        (deal.display_name.as_str(), deal.stage.as_str(), deal.amount),
        ("Presses", "proposal", Some(250_000.0))
    );
    assert_eq!(deal.account, "workspaces/demo/accounts/dunmarrow-plastics");
    assert_eq!(
        deal.stage_history.iter().map(|change| change.stage.as_str()).collect::<Vec<_>>(),
        ["discovery", "proposal"]
    );
}

#[rstest]
#[tokio::test]
async fn recording_deals_from_calls_can_be_switched_off(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let world = World::with(backend, vec![("association.create_missing_deals", "false".to_owned())]).await;
    world.evaluated(&Talk::on("c1", "2026-03-02").deal("D-41", "discovery", 1.0)).await;
    assert_eq!(world.association("c1").await.state(), AssociationState::None);
    assert_eq!(world.find_deal("D-41").await.unwrap_err().code(), Code::NotFound);
}

#[rstest]
#[tokio::test]
async fn calls_without_a_deal_are_looked_at_again_when_records_come(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let world = World::start(backend).await;
    world.evaluated(&Talk::on("c1", "2026-03-10").with_tom().next_step("Security review", "2026-03-19")).await;
    assert_eq!(world.association("c1").await.deal, "");
    world.import(&Export::sample()).await.unwrap();
    let association = eventually("the call to find its deal", || async {
        Some(world.association("c1").await).filter(|association| !association.deal.is_empty())
    })
    .await;
    assert_eq!((association.deal.as_str(), association.version), ("workspaces/demo/deals/D-104", 2));
    assert_eq!(world.field("D-104", "next_step").await, "Security review (Tom Ashworth)");
    assert_eq!(world.told_associations(2).await[1].deal, "workspaces/demo/deals/D-104");
}

#[rstest]
#[tokio::test]
async fn a_correction_moves_the_proposals_and_stays(#[values(Backend::Sqlite, Backend::Postgres)] backend: Backend) {
    let world = world_with_sample(backend).await;
    let talk = Talk::on("c1", "2026-03-10").with_tom().competitor("Ledgerline");
    world.evaluated(&talk).await;
    assert_eq!(world.associate("c1", "workspaces/demo/deals/D-999").await.unwrap_err().code(), Code::NotFound);
    assert_eq!(world.associate("c9", "workspaces/demo/deals/D-098").await.unwrap_err().code(), Code::NotFound);
    let corrected = world.associate("c1", "workspaces/demo/deals/D-112").await.unwrap();
    assert_eq!((corrected.state(), corrected.version, corrected.confidence), (AssociationState::Confirmed, 2, 1.0));
    assert_eq!(corrected.call_time.unwrap().seconds, talk.evaluation.call_time.unwrap().seconds, "when it happened");
    assert_eq!(corrected.decided_by, crate::world::PRIYA);
    let earlier = &corrected.earlier[0];
    assert_eq!((earlier.deal.as_str(), earlier.state()), ("workspaces/demo/deals/D-104", AssociationState::Inferred));
    assert!(earlier.update_time.unwrap().nanos != corrected.update_time.unwrap().nanos, "both times are kept");
    assert!(corrected.update_time.unwrap().seconds > corrected.call_time.unwrap().seconds, "when we knew");
    let proposals = world.all_proposals().await;
    let states: Vec<_> = proposals.iter().map(|p| (p.deal.rsplit('/').next().unwrap(), p.state())).collect();
    assert_eq!(states, [("D-112", ProposalState::Pending), ("D-104", ProposalState::Stale)]);
    // The next evaluation does not undo what a person said.
    world.evaluated(&talk.again(2).competitor("Kronmeyer")).await;
    assert_eq!(world.association("c1").await, corrected);
    assert_eq!(world.proposal_for("competitors").await.deal, "workspaces/demo/deals/D-112");
    let none = world.associate("c1", "").await.unwrap();
    assert_eq!((none.state(), none.deal.as_str()), (AssociationState::Confirmed, ""));
    let told: Vec<String> = world.told_associations(3).await.into_iter().map(|told| told.deal).collect();
    assert_eq!(told, ["workspaces/demo/deals/D-104", "workspaces/demo/deals/D-112", ""]);
}

#[rstest]
#[tokio::test]
async fn the_latest_evaluation_of_a_call_counts_once(#[values(Backend::Sqlite, Backend::Postgres)] backend: Backend) {
    let world = world_with_sample(backend).await;
    let talk = Talk::on("c1", "2026-03-10").with_tom().competitor("Ledgerline").budget(200_000.0, "GBP");
    let later = talk.clone().again(2).competitor("Ledgerline");
    world.evaluated(&later).await;
    // An earlier one that comes late says nothing any more.
    world.evaluated(&talk).await;
    let proposals = world.all_proposals().await;
    assert_eq!(proposals.len(), 1);
    assert_eq!((proposals[0].field.as_str(), proposals[0].state()), ("competitors", ProposalState::Pending));
}
