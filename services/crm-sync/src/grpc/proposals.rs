//! `ProposalService`.

use chrono::{DateTime, Utc};
use prost::Message;
use throughline_proto::crm::v1 as pb;
use throughline_proto::crm::v1::proposal_service_server::{ProposalService, ProposalServiceServer};
use throughline_rpc::auth::{Principal, principal};
use throughline_rpc::{Error, Violations, name, page};
use throughline_store::Idempotent;
use tonic::{Request, Response, Status, async_trait};

use super::{parse, render};
use crate::crm::{Crm, Decision, Person};
use crate::domain::record::RecordKey;
use crate::domain::schema::RecordKind;
use crate::store::{associations, facts, proposals, records};

/// Longest reason, characters.
const REASON_MAX_CHARS: usize = 500;

/// Answers from the proposals and associations.
#[derive(Clone)]
pub struct Proposals {
    crm: Crm,
}

impl Proposals {
    /// The service to add to a server.
    pub fn server(crm: Crm) -> ProposalServiceServer<Self> {
        ProposalServiceServer::new(Self { crm })
    }

    async fn association(
        &self,
        caller: &Principal,
        request: pb::GetAssociationRequest,
    ) -> Result<pb::Association, Error> {
        let [workspace, call] = parse::require(name::ASSOCIATION, "name", &request.name)?;
        caller.authorize_workspace(&workspace)?;
        let conn = self.crm.db().conn();
        let log = associations::log(conn, &workspace, &call).await?;
        if log.is_empty() {
            return Err(Error::not_found(name::ASSOCIATION.kind, request.name));
        }
        for facts in facts::of_call(conn, &workspace, &call).await?.iter().take(1) {
            Person::new(caller).may_place(&facts.context)?;
        }
        Ok(render::association(&workspace, &log))
    }

    async fn confirm(&self, caller: &Principal, request: pb::SetAssociationRequest) -> Result<pb::Association, Error> {
        let mut violations = Violations::new();
        let ids = name::ASSOCIATION.require(&mut violations, "name", &request.name);
        let workspace = ids.as_ref().map(|[workspace, _]| workspace.as_str()).unwrap_or_default();
        let deal = parse::optional_id(&mut violations, workspace, "deal", name::DEAL, &request.deal);
        violations.finish()?;
        let [workspace, call] = ids.ok_or_else(|| Error::internal("a name without violations has ids"))?;
        caller.authorize_workspace(&workspace)?;
        let repeat = Idempotent::new(&workspace, "SetAssociation", &request.request_id, &request);
        let render = |log: &[_]| render::association(&workspace, log);
        self.crm.confirm(&workspace, &call, deal.as_deref(), Person::new(caller), repeat, render).await
    }

    async fn proposal(&self, caller: &Principal, request: pb::GetProposalRequest) -> Result<pb::Proposal, Error> {
        let [workspace, id] = parse::require(name::PROPOSAL, "name", &request.name)?;
        caller.authorize_workspace(&workspace)?;
        let conn = self.crm.db().conn();
        let found = proposals::get(conn, &workspace, &id).await?;
        let found = found.ok_or_else(|| Error::not_found(name::PROPOSAL.kind, request.name))?;
        if caller.only_as_rep().is_some() {
            let key = RecordKey::new(RecordKind::Deal, found.deal.clone());
            let (deal, _) = records::get(conn, &workspace, &key)
                .await?
                .ok_or_else(|| Error::internal("a proposal without its deal"))?;
            Person::new(caller).may_change(&deal)?;
        }
        Ok(render::proposal(&workspace, &found))
    }

    async fn list(
        &self,
        caller: &Principal,
        request: pb::ListProposalsRequest,
    ) -> Result<pb::ListProposalsResponse, Error> {
        let [workspace] = parse::require(name::WORKSPACE, "parent", &request.parent)?;
        caller.authorize_workspace(&workspace)?;
        let mut filter = parse::proposal_filter(&workspace, &request)?;
        filter.owner = caller.only_as_rep().map(str::to_owned);
        let bound = ["ListProposals", &workspace, &format!("{filter:?}")];
        let page = page::Request::parse(page::USUAL, request.page_size, &request.page_token, &bound)?;
        let after = page.after.as_deref().and_then(cursor);
        let mut found = proposals::list(self.crm.db().conn(), &workspace, &filter, after, page.limit + 1).await?;
        let next_page_token = page.cut(&mut found, |last| format!("{}\0{}", last.created_at.to_rfc3339(), last.id));
        let proposals = found.iter().map(|proposal| render::proposal(&workspace, proposal)).collect();
        Ok(pb::ListProposalsResponse { proposals, next_page_token })
    }

    async fn decide(
        &self,
        caller: &Principal,
        name: &str,
        decision: Decision,
        method: &str,
        request_id: &str,
        request: &impl Message,
    ) -> Result<pb::Proposal, Error> {
        let [workspace, id] = parse::require(name::PROPOSAL, "name", name)?;
        caller.authorize_workspace(&workspace)?;
        let repeat = Idempotent::new(&workspace, method, request_id, request);
        let render = |found: &_| render::proposal(&workspace, found);
        self.crm.decide(&workspace, &id, decision, Person::new(caller), repeat, render).await
    }
}

/// Where a page ended: when a proposal was made, and its id.
fn cursor(after: &str) -> Option<(DateTime<Utc>, &str)> {
    let (at, id) = after.split_once('\0')?;
    Some((DateTime::parse_from_rfc3339(at).ok()?.to_utc(), id))
}

#[async_trait]
impl ProposalService for Proposals {
    async fn get_association(
        &self,
        request: Request<pb::GetAssociationRequest>,
    ) -> Result<Response<pb::Association>, Status> {
        let caller = principal(&request)?;
        Ok(Response::new(self.association(&caller, request.into_inner()).await?))
    }

    async fn set_association(
        &self,
        request: Request<pb::SetAssociationRequest>,
    ) -> Result<Response<pb::Association>, Status> {
        let caller = principal(&request)?;
        Ok(Response::new(self.confirm(&caller, request.into_inner()).await?))
    }

    async fn get_proposal(&self, request: Request<pb::GetProposalRequest>) -> Result<Response<pb::Proposal>, Status> {
        let caller = principal(&request)?;
        Ok(Response::new(self.proposal(&caller, request.into_inner()).await?))
    }

    async fn list_proposals(
        &self,
        request: Request<pb::ListProposalsRequest>,
    ) -> Result<Response<pb::ListProposalsResponse>, Status> {
        let caller = principal(&request)?;
        Ok(Response::new(self.list(&caller, request.into_inner()).await?))
    }

    async fn approve_proposal(
        &self,
        request: Request<pb::ApproveProposalRequest>,
    ) -> Result<Response<pb::Proposal>, Status> {
        let caller = principal(&request)?;
        let request = request.into_inner();
        let (name, id) = (&request.name, &request.request_id);
        Ok(Response::new(self.decide(&caller, name, Decision::Approve, "ApproveProposal", id, &request).await?))
    }

    async fn reject_proposal(
        &self,
        request: Request<pb::RejectProposalRequest>,
    ) -> Result<Response<pb::Proposal>, Status> {
        let caller = principal(&request)?;
        let request = request.into_inner();
        if request.reason.chars().count() > REASON_MAX_CHARS {
            return Err(Error::invalid_field("reason", "must have at most 500 characters").into());
        }
        let decision = Decision::Reject { reason: request.reason.trim().to_owned() };
        let (name, id) = (&request.name, &request.request_id);
        Ok(Response::new(self.decide(&caller, name, decision, "RejectProposal", id, &request).await?))
    }

    async fn undo_proposal(&self, request: Request<pb::UndoProposalRequest>) -> Result<Response<pb::Proposal>, Status> {
        let caller = principal(&request)?;
        let request = request.into_inner();
        let (name, id) = (&request.name, &request.request_id);
        Ok(Response::new(self.decide(&caller, name, Decision::Undo, "UndoProposal", id, &request).await?))
    }
}
