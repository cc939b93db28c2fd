//! A pretended crm-sync and a pretended evaluator: they answer from what the test puts in.

use std::collections::HashMap;
use std::sync::{Arc, Mutex};

use throughline_proto::crm::v1 as crm;
use throughline_proto::crm::v1::proposal_service_server::{ProposalService, ProposalServiceServer};
use throughline_proto::crm::v1::record_service_server::{RecordService, RecordServiceServer};
use throughline_proto::playbook::v1 as playbook;
use throughline_proto::playbook::v1::evaluation_service_server::{EvaluationService, EvaluationServiceServer};
use tonic::service::Routes;
use tonic::{Request, Response, Status, Streaming, async_trait};

/// What the peers hold.
#[derive(Default)]
pub struct Held {
    pub deals: Vec<crm::Deal>,
    pub proposals: Vec<crm::Proposal>,
    pub evaluations: HashMap<String, playbook::Evaluation>,
    /// `after_sequence` of every page that was asked for.
    pub pages: Vec<i64>,
    /// Pages still answered before crm-sync is away; `None` for as many as are asked for.
    pub pages_left: Option<usize>,
    /// The evaluator is away.
    pub evaluator_away: bool,
}

#[derive(Clone, Default)]
pub struct Peers(pub Arc<Mutex<Held>>);

impl Peers {
    pub fn routes(&self) -> Routes {
        Routes::new(RecordServiceServer::new(self.clone()))
            .add_service(ProposalServiceServer::new(self.clone()))
            .add_service(EvaluationServiceServer::new(self.clone()))
    }

    pub fn hold<T>(&self, change: impl FnOnce(&mut Held) -> T) -> T {
        change(&mut self.0.lock().unwrap())
    }

    /// Puts a deal in as its newest change, and answers its sequence.
    pub fn change(&self, mut deal: crm::Deal) -> i64 {
        self.hold(|held| {
            let sequence = held.deals.iter().map(|d| d.sequence).max().unwrap_or(0) + 1;
            deal.sequence = sequence;
            held.deals.retain(|d| d.name != deal.name);
            held.deals.push(deal);
            sequence
        })
    }
}

fn not_used<T>() -> Result<Response<T>, Status> {
    Err(Status::unimplemented("not used by forecast"))
}

#[async_trait]
impl RecordService for Peers {
    async fn list_deal_changes(
        &self,
        request: Request<crm::ListDealChangesRequest>,
    ) -> Result<Response<crm::ListDealChangesResponse>, Status> {
        assert!(request.metadata().contains_key("authorization") && request.metadata().contains_key("grpc-timeout"));
        let crm::ListDealChangesRequest { parent, after_sequence, page_size } = request.into_inner();
        assert_eq!(parent, "workspaces/demo");
        let size = usize::try_from(page_size).unwrap();
        assert!((1..=500).contains(&size));
        self.hold(|held| {
            match &mut held.pages_left {
                Some(0) => return Err(Status::unavailable("gone for a while")),
                Some(left) => *left -= 1,
                None => {}
            }
            held.pages.push(after_sequence);
            let newer = held.deals.iter().filter(|d| d.sequence > after_sequence);
            let deals: Vec<_> = newer.clone().take(size).cloned().collect();
            let more = newer.count() > deals.len();
            Ok(Response::new(crm::ListDealChangesResponse { deals, more }))
        })
    }

    async fn import_records(
        &self,
        _: Request<Streaming<crm::ImportRecordsRequest>>,
    ) -> Result<Response<crm::ImportRecordsResponse>, Status> {
        not_used()
    }

    async fn get_account(&self, _: Request<crm::GetAccountRequest>) -> Result<Response<crm::Account>, Status> {
        not_used()
    }

    async fn list_contacts(
        &self,
        _: Request<crm::ListContactsRequest>,
    ) -> Result<Response<crm::ListContactsResponse>, Status> {
        not_used()
    }

    async fn search_people(
        &self,
        _: Request<crm::SearchPeopleRequest>,
    ) -> Result<Response<crm::SearchPeopleResponse>, Status> {
        not_used()
    }

    async fn get_deal(&self, _: Request<crm::GetDealRequest>) -> Result<Response<crm::Deal>, Status> {
        not_used()
    }

    async fn list_deals(&self, _: Request<crm::ListDealsRequest>) -> Result<Response<crm::ListDealsResponse>, Status> {
        not_used()
    }

    async fn update_deal(&self, _: Request<crm::UpdateDealRequest>) -> Result<Response<crm::Deal>, Status> {
        not_used()
    }
}

#[async_trait]
impl ProposalService for Peers {
    async fn list_proposals(
        &self,
        request: Request<crm::ListProposalsRequest>,
    ) -> Result<Response<crm::ListProposalsResponse>, Status> {
        let request = request.into_inner();
        let wanted = |p: &&crm::Proposal| p.deal == request.deal && p.state() == request.state();
        let proposals = self.hold(|held| held.proposals.iter().filter(wanted).cloned().collect());
        Ok(Response::new(crm::ListProposalsResponse { proposals, next_page_token: String::new() }))
    }

    async fn get_association(
        &self,
        _: Request<crm::GetAssociationRequest>,
    ) -> Result<Response<crm::Association>, Status> {
        not_used()
    }

    async fn set_association(
        &self,
        _: Request<crm::SetAssociationRequest>,
    ) -> Result<Response<crm::Association>, Status> {
        not_used()
    }

    async fn get_proposal(&self, _: Request<crm::GetProposalRequest>) -> Result<Response<crm::Proposal>, Status> {
        not_used()
    }

    async fn approve_proposal(
        &self,
        _: Request<crm::ApproveProposalRequest>,
    ) -> Result<Response<crm::Proposal>, Status> {
        not_used()
    }

    async fn reject_proposal(&self, _: Request<crm::RejectProposalRequest>) -> Result<Response<crm::Proposal>, Status> {
        not_used()
    }

    async fn undo_proposal(&self, _: Request<crm::UndoProposalRequest>) -> Result<Response<crm::Proposal>, Status> {
        not_used()
    }
}

#[async_trait]
impl EvaluationService for Peers {
    type EvaluateStreamStream = futures::stream::Empty<Result<playbook::EvaluateStreamResponse, Status>>;

    async fn get_evaluation(
        &self,
        request: Request<playbook::GetEvaluationRequest>,
    ) -> Result<Response<playbook::Evaluation>, Status> {
        let name = request.into_inner().name;
        if self.hold(|held| held.evaluator_away) {
            return Err(Status::unavailable("gone for a while"));
        }
        let found = self.hold(|held| held.evaluations.get(&name).cloned());
        found.map(Response::new).ok_or_else(|| throughline_rpc::Error::not_found("Evaluation", name).into())
    }

    async fn evaluate_transcript(
        &self,
        _: Request<playbook::EvaluateTranscriptRequest>,
    ) -> Result<Response<playbook::Evaluation>, Status> {
        not_used()
    }

    async fn list_evaluations(
        &self,
        _: Request<playbook::ListEvaluationsRequest>,
    ) -> Result<Response<playbook::ListEvaluationsResponse>, Status> {
        not_used()
    }

    async fn evaluate_stream(
        &self,
        _: Request<Streaming<playbook::EvaluateStreamRequest>>,
    ) -> Result<Response<Self::EvaluateStreamStream>, Status> {
        not_used()
    }

    async fn label_evaluation(
        &self,
        _: Request<playbook::LabelEvaluationRequest>,
    ) -> Result<Response<playbook::Label>, Status> {
        not_used()
    }

    async fn list_labels(
        &self,
        _: Request<playbook::ListLabelsRequest>,
    ) -> Result<Response<playbook::ListLabelsResponse>, Status> {
        not_used()
    }

    async fn delete_label(
        &self,
        _: Request<playbook::DeleteLabelRequest>,
    ) -> Result<Response<playbook::Label>, Status> {
        not_used()
    }

    async fn explain_evaluation(
        &self,
        _: Request<playbook::ExplainEvaluationRequest>,
    ) -> Result<Response<playbook::Explanation>, Status> {
        not_used()
    }
}
