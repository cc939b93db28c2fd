//! Who may do what.

use rstest::rstest;
use throughline_proto::crm::v1 as pb;
use throughline_proto::crm::v1::record_service_client::RecordServiceClient;
use throughline_testkit::Backend;
use tonic::{Code, Request, Status};

use crate::export::Export;
use crate::talk::Talk;
use crate::world::{PRIYA, World};

const DANIEL: &str = "daniel.okafor@brightledger.example";

fn code<T>(answer: Result<T, Status>) -> Code {
    answer.err().map_or(Code::Ok, |status| status.code())
}

fn deal_104() -> pb::GetDealRequest {
    pb::GetDealRequest { name: "workspaces/demo/deals/D-104".to_owned() }
}

#[rstest]
#[tokio::test]
async fn no_token_a_wrong_role_or_another_workspace_are_refused(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let world = World::start(backend).await;
    let mut anonymous = RecordServiceClient::new(world.served.anonymous());
    assert_eq!(code(anonymous.get_deal(deal_104()).await), Code::Unauthenticated);
    let expired = world.harness.token_for(PRIYA, "demo", &["manager"], chrono::Duration::hours(-1));
    assert_eq!(code(world.records_as(expired).get_deal(deal_104()).await), Code::Unauthenticated);
    let stream = || Request::new(tokio_stream::iter(Export::sample().messages()));
    assert_eq!(
        code(world.records_as(world.token(PRIYA, "rep")).import_records(stream()).await),
        Code::PermissionDenied
    );
    let elsewhere = world.harness.token_for("eve", "other", &["revops"], chrono::Duration::hours(1));
    assert_eq!(code(world.records_as(elsewhere.clone()).import_records(stream()).await), Code::PermissionDenied);
    assert_eq!(code(world.records_as(elsewhere).get_deal(deal_104()).await), Code::PermissionDenied);
    let mut export = Export::sample();
    export.header.parent = "workspaces/nowhere".to_owned();
    assert_eq!(world.import(&export).await.unwrap_err().code(), Code::PermissionDenied);
    let changes = pb::ListDealChangesRequest { parent: "workspaces/demo".to_owned(), ..Default::default() };
    assert_eq!(code(world.records().list_deal_changes(changes).await), Code::PermissionDenied, "services only");
}

#[rstest]
#[tokio::test]
async fn a_rep_decides_on_its_own_deals_only(#[values(Backend::Sqlite, Backend::Postgres)] backend: Backend) {
    let world = World::start(backend).await;
    world.import(&Export::sample()).await.unwrap();
    world.evaluated(&Talk::on("c1", "2026-03-10").with_tom().decision("2026-09-30")).await;
    let name = world.proposal_for("close_date").await.name;
    let mut daniel = world.proposals_as(world.token(DANIEL, "rep"));
    let list = || pb::ListProposalsRequest { parent: "workspaces/demo".to_owned(), ..Default::default() };
    assert_eq!(daniel.list_proposals(list()).await.unwrap().into_inner().proposals, []);
    let get = pb::GetProposalRequest { name: name.clone() };
    assert_eq!(code(daniel.get_proposal(get.clone()).await), Code::PermissionDenied);
    let approve = pb::ApproveProposalRequest { name, request_id: String::new() };
    assert_eq!(code(daniel.approve_proposal(approve.clone()).await), Code::PermissionDenied);
    let association = pb::GetAssociationRequest { name: "workspaces/demo/calls/c1/association".to_owned() };
    assert_eq!(code(daniel.get_association(association.clone()).await), Code::PermissionDenied);
    let place = pb::SetAssociationRequest { name: association.name.clone(), ..Default::default() };
    assert_eq!(code(daniel.set_association(place).await), Code::PermissionDenied);
    let deal = pb::Deal { name: deal_104().name, close_date: "2026-07-01".to_owned(), ..Default::default() };
    let edit =
        pb::UpdateDealRequest { deal: Some(deal), update_mask: vec!["close_date".to_owned()], ..Default::default() };
    assert_eq!(code(world.records_as(world.token(DANIEL, "rep")).update_deal(edit).await), Code::PermissionDenied);
    let mut priya = world.proposals_as(world.token(PRIYA, "rep"));
    assert_eq!(priya.list_proposals(list()).await.unwrap().into_inner().proposals.len(), 1);
    assert_eq!(code(priya.get_association(association).await), Code::Ok);
    assert_eq!(code(priya.get_proposal(get).await), Code::Ok);
    assert_eq!(code(priya.approve_proposal(approve).await), Code::Ok);
}
