//! People decide on proposals, and nothing a person entered is lost.

use rstest::rstest;
use throughline_proto::crm::v1::{self as pb, FieldAuthor, ProposalState};
use throughline_testkit::Backend;
use tonic::{Code, Status};
use tonic_types::StatusExt as _;

use crate::export::Export;
use crate::talk::Talk;
use crate::world::{PRIYA, World};

/// D-104 with a pending proposal for its close date.
async fn proposed(backend: Backend) -> (World, pb::Proposal) {
    let world = World::start(backend).await;
    world.import(&Export::sample()).await.unwrap();
    world.evaluated(&Talk::on("c1", "2026-03-10").with_tom().decision("2026-09-30")).await;
    let proposal = world.proposal_for("close_date").await;
    (world, proposal)
}

impl World {
    pub async fn approve(&self, name: &str) -> Result<pb::Proposal, Status> {
        let request = pb::ApproveProposalRequest { name: name.to_owned(), request_id: String::new() };
        Ok(self.proposals().approve_proposal(request).await?.into_inner())
    }

    pub async fn reject(&self, name: &str, reason: &str) -> Result<pb::Proposal, Status> {
        let request =
            pb::RejectProposalRequest { name: name.to_owned(), reason: reason.to_owned(), request_id: String::new() };
        Ok(self.proposals().reject_proposal(request).await?.into_inner())
    }

    pub async fn undo(&self, name: &str) -> Result<pb::Proposal, Status> {
        let request = pb::UndoProposalRequest { name: name.to_owned(), request_id: String::new() };
        Ok(self.proposals().undo_proposal(request).await?.into_inner())
    }
}

fn reason(status: &Status) -> String {
    status.get_details_error_info().unwrap().reason
}

#[rstest]
#[tokio::test]
async fn an_approved_value_is_the_persons_own(#[values(Backend::Sqlite, Backend::Postgres)] backend: Backend) {
    let (world, proposal) = proposed(backend).await;
    let done = world.approve(&proposal.name).await.unwrap();
    assert_eq!(
        (done.state(), done.receipts.len(), done.receipts[0].decided_by.as_str()),
        (ProposalState::Applied, 1, PRIYA)
    );
    let deal = world.deal("D-104").await;
    assert_eq!(deal.close_date, "2026-09-30");
    let field = deal.fields.iter().find(|field| field.id == "close_date").unwrap();
    assert_eq!((field.author(), field.version), (FieldAuthor::Person, done.receipts[0].field_version));
    assert_eq!(world.approve(&proposal.name).await.unwrap(), done, "approving twice writes once");
    assert_eq!(world.told_change_of("D-104").await.sequence, deal.sequence);
    assert_eq!(world.import(&Export::sample()).await.unwrap().kept, 1, "an import keeps it");
}

#[rstest]
#[tokio::test]
async fn approval_of_a_field_that_changed_is_aborted(#[values(Backend::Sqlite, Backend::Postgres)] backend: Backend) {
    let (world, proposal) = proposed(backend).await;
    world.set("D-104", "close_date", "2026-08-15").await;
    let status = world.approve(&proposal.name).await.unwrap_err();
    assert_eq!((status.code(), reason(&status).as_str()), (Code::Aborted, "FIELD_CHANGED"));
    let metadata = status.get_details_error_info().unwrap().metadata;
    assert_eq!((metadata["field"].as_str(), metadata["current_value"].as_str()), ("close_date", "2026-08-15"));
    assert_eq!(world.deal("D-104").await.close_date, "2026-08-15");
    assert_eq!(world.proposal_for("close_date").await.state(), ProposalState::Stale);
    // The same words again, after a person's: still nothing.
    world.evaluated(&Talk::on("c1", "2026-03-10").with_tom().again(2).decision("2026-09-30")).await;
    let again = world.proposal_for("close_date").await;
    assert_eq!((again.name.as_str(), again.state()), (proposal.name.as_str(), ProposalState::Stale));
    assert!(again.reason.contains("a person set the field"), "{}", again.reason);
}

#[rstest]
#[tokio::test]
async fn an_import_with_news_outdates_what_waits(#[values(Backend::Sqlite, Backend::Postgres)] backend: Backend) {
    let (world, proposal) = proposed(backend).await;
    world.import(&Export::new().file("deals.csv", "id,stage,close_date\nD-104,discovery,2026-07-31\n")).await.unwrap();
    assert_eq!(world.approve(&proposal.name).await.unwrap_err().code(), Code::Aborted);
    // Said again: it counts from what stands there now.
    world.evaluated(&Talk::on("c1", "2026-03-10").with_tom().again(2).decision("2026-09-30")).await;
    let again = world.proposal_for("close_date").await;
    assert_eq!((again.state(), again.old_value.as_str()), (ProposalState::Pending, "2026-07-31"));
    world.approve(&again.name).await.unwrap();
    assert_eq!(world.deal("D-104").await.close_date, "2026-09-30");
}

#[rstest]
#[tokio::test]
async fn undo_restores_the_old_value_and_its_author(#[values(Backend::Sqlite, Backend::Postgres)] backend: Backend) {
    let (world, proposal) = proposed(backend).await;
    assert_eq!(world.undo(&proposal.name).await.unwrap_err().code(), Code::FailedPrecondition);
    world.approve(&proposal.name).await.unwrap();
    let undone = world.undo(&proposal.name).await.unwrap();
    assert_eq!(
        (undone.state(), undone.receipts.len(), undone.receipts[1].new_value.as_str()),
        (ProposalState::Undone, 2, "2026-06-30")
    );
    let deal = world.deal("D-104").await;
    let field = deal.fields.iter().find(|field| field.id == "close_date").unwrap();
    assert_eq!((field.value.as_str(), field.author()), ("2026-06-30", FieldAuthor::Import));
    assert_eq!(world.undo(&proposal.name).await.unwrap(), undone, "undone twice is undone once");
}

#[rstest]
#[tokio::test]
async fn undo_after_somebody_changed_it_is_aborted(#[values(Backend::Sqlite, Backend::Postgres)] backend: Backend) {
    let (world, proposal) = proposed(backend).await;
    world.approve(&proposal.name).await.unwrap();
    world.set("D-104", "close_date", "2026-10-15").await;
    let status = world.undo(&proposal.name).await.unwrap_err();
    assert_eq!((status.code(), reason(&status).as_str()), (Code::Aborted, "FIELD_CHANGED"));
    assert_eq!(world.deal("D-104").await.close_date, "2026-10-15");
}

#[rstest]
#[tokio::test]
async fn a_refusal_is_kept_and_not_asked_again(#[values(Backend::Sqlite, Backend::Postgres)] backend: Backend) {
    let (world, proposal) = proposed(backend).await;
    let status = world.reject(&proposal.name, &"x".repeat(501)).await.unwrap_err();
    assert_eq!(status.code(), Code::InvalidArgument);
    let rejected = world.reject(&proposal.name, "only the committee, not the board").await.unwrap();
    assert_eq!(
        (rejected.state(), rejected.reason.as_str()),
        (ProposalState::Rejected, "only the committee, not the board")
    );
    assert_eq!(world.approve(&proposal.name).await.unwrap_err().code(), Code::FailedPrecondition);
    world.evaluated(&Talk::on("c1", "2026-03-10").with_tom().again(2).decision("2026-09-30")).await;
    assert_eq!(world.all_proposals().await, [rejected]);
}

#[rstest]
#[tokio::test]
async fn what_the_playbook_never_writes_is_shown_only(#[values(Backend::Sqlite, Backend::Postgres)] backend: Backend) {
    let world = World::start(backend).await;
    world.import(&Export::sample()).await.unwrap();
    world.evaluated(&Talk::on("c1", "2026-03-10").with_tom().economic_buyer("Martin Cole")).await;
    let proposal = world.proposal_for("economic_buyer").await;
    assert_eq!(proposal.new_value, "Martin Cole (CFO)");
    assert_eq!(world.approve(&proposal.name).await.unwrap_err().code(), Code::FailedPrecondition);
    assert_eq!(world.field("D-104", "economic_buyer").await, "");
}

#[rstest]
#[tokio::test]
async fn a_repeated_request_gets_the_first_answer(#[values(Backend::Sqlite, Backend::Postgres)] backend: Backend) {
    let (world, proposal) = proposed(backend).await;
    let request = pb::ApproveProposalRequest { name: proposal.name.clone(), request_id: "r1".to_owned() };
    let first = world.proposals().approve_proposal(request.clone()).await.unwrap().into_inner();
    world.undo(&proposal.name).await.unwrap();
    assert_eq!(world.proposals().approve_proposal(request).await.unwrap().into_inner(), first);
    let other = pb::ApproveProposalRequest { name: format!("{}x", proposal.name), request_id: "r1".to_owned() };
    let status = world.proposals().approve_proposal(other).await.unwrap_err();
    assert_eq!(reason(&status), "REQUEST_ID_REUSED");
}

#[rstest]
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn many_at_once_write_once(#[values(Backend::Sqlite, Backend::Postgres)] backend: Backend) {
    let (world, proposal) = proposed(backend).await;
    let all = (0..8).map(|_| world.approve(&proposal.name));
    let answers = futures::future::join_all(all).await;
    assert!(answers.iter().all(|answer| answer.as_ref().is_ok_and(|p| p.receipts.len() == 1)), "{answers:?}");
    assert_eq!(world.deal("D-104").await.version, 2);
}
