//! crm-sync: mirrored deals and applied proposals, and how they become entries of the log.

use chrono::{DateTime, Utc};
use throughline_proto::crm::v1 as pb;
use throughline_proto::crm::v1::proposal_service_client::ProposalServiceClient;
use throughline_proto::crm::v1::record_service_client::RecordServiceClient;
use throughline_rpc::client::Peer;
use throughline_rpc::{Error, name};

use super::evaluation::all;
use super::moment;
use crate::domain::entry::{AppliedProposal, DealRecord, Entry, Fact, Source};
use crate::domain::ids::{DealId, ProposalId};
use crate::domain::money::{Currency, Micros};
use crate::domain::stage::{Stage, Status};

/// Deals of one page; a page of large ones stays far under the message limit of 4 MiB.
const PAGE: i32 = 500;
const PROPOSALS: i32 = 200;

/// crm-sync as a peer.
#[derive(Clone)]
pub struct Crm {
    peer: Peer,
}

impl Crm {
    pub fn new(peer: Peer) -> Self {
        Self { peer }
    }

    /// The next page of deals that changed after a sequence.
    pub async fn changes(&self, workspace: &str, after_sequence: i64) -> Result<pb::ListDealChangesResponse, Error> {
        let mut client = RecordServiceClient::new(self.peer.clone());
        let parent = name::WORKSPACE.format([workspace]);
        let request = pb::ListDealChangesRequest { parent, after_sequence, page_size: PAGE };
        let response = client.list_deal_changes(request).await.map_err(|status| self.peer.error(&status))?;
        Ok(response.into_inner())
    }

    /// Proposals of a deal that were written to the CRM, those taken back included.
    pub async fn written_proposals(&self, workspace: &str, deal: &str) -> Result<Vec<pb::Proposal>, Error> {
        let mut client = ProposalServiceClient::new(self.peer.clone());
        let mut found = Vec::new();
        for state in [pb::ProposalState::Applied, pb::ProposalState::Undone] {
            let mut page_token = String::new();
            loop {
                let request = pb::ListProposalsRequest {
                    parent: name::WORKSPACE.format([workspace]),
                    page_size: PROPOSALS,
                    page_token,
                    deal: deal.to_owned(),
                    call: String::new(),
                    state: state.into(),
                };
                let response = client.list_proposals(request).await.map_err(|status| self.peer.error(&status))?;
                let page = response.into_inner();
                found.extend(page.proposals);
                page_token = page.next_page_token;
                if page_token.is_empty() {
                    break;
                }
            }
        }
        Ok(found)
    }
}

/// A deal's record and stage history as entries.
///
/// The first time the log meets a deal it trusts the CRM's own history: a stage was known when it was entered, and the record of
/// a closed deal when it closed. That is what lets a first import be asked about moments before it. From then on a change is known
/// when crm-sync learnt of it, so that what was said of the deal's past stays said.
///
/// # Errors
/// INTERNAL where a name or time is not what the API says, which is a defect of crm-sync.
pub fn record_entries(deal: &pb::Deal, met_before: bool) -> Result<Vec<Entry>, Error> {
    let defect = |what: &str| Error::internal(format!("deal {}: {what}", deal.name));
    let [_, id] = name::DEAL.parse(&deal.name).ok_or_else(|| defect("bad name"))?;
    let learnt = moment(deal.update_time.as_ref()).ok_or_else(|| defect("no update_time"))?;
    let record = record(deal);
    let mut entries = Vec::with_capacity(deal.stage_history.len() + 1);
    let mut closed_at: Option<DateTime<Utc>> = None;
    for (index, change) in deal.stage_history.iter().enumerate() {
        let (Some(to), Some(entered_at)) = (Stage::parse(&change.stage), moment(change.enter_time.as_ref())) else {
            continue;
        };
        // Of the present stage the record says what it means; of those before only the name is left.
        let is_present = index + 1 == deal.stage_history.len() && record.stage.as_ref() == Some(&to);
        let status = if is_present { record.status } else { Status::of_stage(&to) };
        closed_at = status.is_closed().then_some(entered_at);
        let key = format!("stage:{id}:{}:{}", entered_at.timestamp_micros(), to.as_str());
        let known_at = if met_before { learnt } else { entered_at.min(learnt) };
        let fact = Fact::StageChanged { deal: DealId(id.clone()), to, status };
        entries.push(Entry { source: Source::Crm, key, occurred_at: entered_at, known_at, fact });
    }
    let since_close = closed_at.filter(|at| !met_before && record.status.is_closed() && *at < learnt);
    let observed_at = since_close.unwrap_or(learnt);
    let key = format!("deal:{id}@{}", deal.version);
    let fact = Fact::RecordObserved { deal: DealId(id), record: Box::new(record) };
    entries.push(Entry { source: Source::Crm, key, occurred_at: observed_at, known_at: observed_at, fact });
    Ok(entries)
}

fn record(deal: &pb::Deal) -> DealRecord {
    let stage = Stage::parse(&deal.stage);
    let by_stage = stage.as_ref().map_or(Status::Open, Status::of_stage);
    let amount = deal.amount.and_then(|units| {
        let amount = Micros::from_units(units);
        if amount.is_none() {
            tracing::warn!(deal = deal.name, units, "amount is out of bounds and left empty");
        }
        amount
    });
    DealRecord {
        title: deal.display_name.clone(),
        account: name::ACCOUNT.parse(&deal.account).map(|[_, account]| account).unwrap_or_default(),
        segment: deal.segment.clone(),
        owner: name::REP.parse(&deal.owner).map(|[_, rep]| rep).unwrap_or_default(),
        stage,
        // The CRM's word on whether the deal is decided goes before what a stage is called.
        status: match (deal.open, by_stage) {
            (true, _) => Status::Open,
            (false, Status::Open) => Status::Closed,
            (false, decided) => decided,
        },
        amount,
        currency: Currency::new(&deal.currency),
        close_date: deal.close_date.parse().ok(),
        created_at: moment(deal.open_time.as_ref()),
        category: deal.forecast_category.clone(),
        version: deal.version.to_string(),
    }
}

/// What a proposal wrote and took back, one entry a receipt.
///
/// # Errors
/// INTERNAL where a name or time is not what the API says, which is a defect of crm-sync.
pub fn proposal_entries(proposal: &pb::Proposal) -> Result<Vec<Entry>, Error> {
    let defect = |what: &str| Error::internal(format!("proposal {}: {what}", proposal.name));
    let [_, id] = name::PROPOSAL.parse(&proposal.name).ok_or_else(|| defect("bad name"))?;
    let [_, deal] = name::DEAL.parse(&proposal.deal).ok_or_else(|| defect("bad deal"))?;
    let entry = |(index, receipt): (usize, &pb::Receipt)| {
        let written_at = moment(receipt.time.as_ref()).ok_or_else(|| defect("a receipt has no time"))?;
        let applied = AppliedProposal {
            proposal: ProposalId(id.clone()),
            field: proposal.field.clone(),
            old_value: receipt.old_value.clone(),
            new_value: receipt.new_value.clone(),
            undone: index > 0,
            decided_by: receipt.decided_by.clone(),
            evidence: all(&proposal.evidence),
        };
        let key = format!("proposal:{id}@{index}");
        let fact = Fact::ProposalApplied { deal: DealId(deal.clone()), proposal: Box::new(applied) };
        Ok(Entry { source: Source::Crm, key, occurred_at: written_at, known_at: written_at, fact })
    };
    proposal.receipts.iter().enumerate().map(entry).collect()
}
