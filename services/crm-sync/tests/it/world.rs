//! The service with its database and its peers, and callers of every kind.

use std::sync::atomic::{AtomicU32, Ordering};

use crm_sync::CrmSync;
use throughline_proto::crm::v1 as pb;
use throughline_proto::crm::v1::proposal_service_client::ProposalServiceClient;
use throughline_proto::crm::v1::record_service_client::RecordServiceClient;
use throughline_proto::events::v1::event_sink_service_client::EventSinkServiceClient;
use throughline_proto::events::v1::event_sink_service_server::EventSinkServiceServer;
use throughline_proto::events::v1::{
    CallAssociated, CallPurged, DeliverEventRequest, EvaluationCompleted, Event, RecordChanged, event::Body,
};
use throughline_proto::playbook::v1::evaluation_service_server::EvaluationServiceServer;
use throughline_proto::playbook::v1::playbook_service_server::PlaybookServiceServer;
use throughline_rpc::auth::TokenSource;
use throughline_rpc::client::Peer;
use throughline_runtime::config::Overrides;
use throughline_store::DatabaseConfig;
use throughline_testkit::{Backend, Harness, Served, TestDb, eventually, serve_peer};
use tokio::task::JoinHandle;
use tonic::{Request, Status};

use crate::export::Export;
use crate::peers::{Shelf, Told};
use crate::talk::Talk;

/// The seller of the tests.
pub const PRIYA: &str = "priya.raman@brightledger.example";

/// Everything around the service under test.
pub struct World {
    pub harness: Harness,
    pub served: Served,
    pub told: Told,
    shelf: Shelf,
    events: AtomicU32,
    _peers: [JoinHandle<()>; 2],
    db: TestDb,
}

impl World {
    pub async fn start(backend: Backend) -> Self {
        Self::with(backend, Vec::new()).await
    }

    pub async fn with(backend: Backend, mut overrides: Overrides) -> Self {
        let harness = Harness::at("2026-06-01T08:00:00Z");
        let db = TestDb::start(backend).await;
        let (shelf, told) = (Shelf::default(), Told::default());
        let routes = tonic::service::Routes::new(EvaluationServiceServer::new(shelf.clone()))
            .add_service(PlaybookServiceServer::new(shelf.clone()));
        let (evaluator, evaluator_task) = serve_peer(routes).await;
        let (forecast, forecast_task) =
            serve_peer(tonic::service::Routes::new(EventSinkServiceServer::new(told.clone()))).await;
        overrides.push(("peers.playbook_evaluator.url", evaluator));
        overrides.push(("peers.forecast.url", forecast));
        let served = harness.start::<CrmSync>(&db.config_for("crm_sync"), overrides).await;
        let events = AtomicU32::new(1);
        Self { harness, served, told, shelf, events, _peers: [evaluator_task, forecast_task], db }
    }

    pub fn token(&self, subject: &str, role: &str) -> TokenSource {
        self.harness.token(subject, &[role])
    }

    pub fn records_as(&self, token: TokenSource) -> RecordServiceClient<Peer> {
        RecordServiceClient::new(self.served.peer(token))
    }

    pub fn proposals_as(&self, token: TokenSource) -> ProposalServiceClient<Peer> {
        ProposalServiceClient::new(self.served.peer(token))
    }

    pub fn records(&self) -> RecordServiceClient<Peer> {
        self.records_as(self.token("olu@brightledger.example", "revops"))
    }

    pub fn proposals(&self) -> ProposalServiceClient<Peer> {
        self.proposals_as(self.token(PRIYA, "manager"))
    }

    pub async fn import(&self, export: &Export) -> Result<pb::ImportRecordsResponse, Status> {
        let stream = tokio_stream::iter(export.messages());
        Ok(self.records().import_records(Request::new(stream)).await?.into_inner())
    }

    pub async fn deal(&self, id: &str) -> pb::Deal {
        self.find_deal(id).await.unwrap()
    }

    pub async fn find_deal(&self, id: &str) -> Result<pb::Deal, Status> {
        let name = format!("workspaces/demo/deals/{id}");
        Ok(self.records().get_deal(pb::GetDealRequest { name }).await?.into_inner())
    }

    /// The value of a field of a deal; empty when it was never set.
    pub async fn field(&self, deal: &str, id: &str) -> String {
        let fields = self.deal(deal).await.fields;
        fields.into_iter().find(|field| field.id == id).map(|field| field.value).unwrap_or_default()
    }

    /// A person sets a field of a deal.
    pub async fn set(&self, deal: &str, id: &str, value: &str) -> pb::Deal {
        let field = pb::Field { id: id.to_owned(), value: value.to_owned(), ..Default::default() };
        let name = format!("workspaces/demo/deals/{deal}");
        let request = pb::UpdateDealRequest {
            deal: Some(pb::Deal { name, fields: vec![field], ..Default::default() }),
            update_mask: vec![format!("fields.{id}")],
            ..Default::default()
        };
        self.records().update_deal(request).await.unwrap().into_inner()
    }

    pub async fn changes_after(&self, sequence: i64) -> pb::ListDealChangesResponse {
        let mut records = self.records_as(self.harness.service_token("forecast"));
        let request =
            pb::ListDealChangesRequest { parent: "workspaces/demo".into(), after_sequence: sequence, page_size: 0 };
        records.list_deal_changes(request).await.unwrap().into_inner()
    }

    pub async fn association(&self, call: &str) -> pb::Association {
        let name = format!("workspaces/demo/calls/{call}/association");
        self.proposals().get_association(pb::GetAssociationRequest { name }).await.unwrap().into_inner()
    }

    pub async fn associate(&self, call: &str, deal: &str) -> Result<pb::Association, Status> {
        let name = format!("workspaces/demo/calls/{call}/association");
        let request = pb::SetAssociationRequest { name, deal: deal.to_owned(), request_id: String::new() };
        Ok(self.proposals().set_association(request).await?.into_inner())
    }

    /// All proposals, newest first.
    pub async fn all_proposals(&self) -> Vec<pb::Proposal> {
        let request =
            pb::ListProposalsRequest { parent: "workspaces/demo".into(), page_size: 200, ..Default::default() };
        self.proposals().list_proposals(request).await.unwrap().into_inner().proposals
    }

    /// The newest proposal for a field.
    pub async fn proposal_for(&self, field: &str) -> pb::Proposal {
        self.all_proposals().await.into_iter().find(|proposal| proposal.field == field).unwrap()
    }

    /// The evaluator has it, and says so.
    pub async fn evaluated(&self, talk: &Talk) {
        self.shelve(talk);
        self.deliver(self.event(talk)).await.unwrap();
    }

    pub fn shelve(&self, talk: &Talk) {
        let (evaluation, revision) = (talk.evaluation.clone(), talk.revision.clone());
        self.shelf.evaluations.lock().unwrap().insert(evaluation.name.clone(), evaluation);
        self.shelf.revisions.lock().unwrap().insert(revision.name.clone(), revision);
    }

    /// A new event about an evaluation.
    pub fn event(&self, talk: &Talk) -> Event {
        let completed =
            EvaluationCompleted { evaluation: talk.evaluation.name.clone(), call: talk.evaluation.call.clone() };
        Event {
            id: format!("event-{}", self.events.fetch_add(1, Ordering::Relaxed)),
            workspace: "demo".to_owned(),
            ordering_key: talk.evaluation.call.clone(),
            create_time: talk.evaluation.create_time,
            traceparent: String::new(),
            body: Some(Body::EvaluationCompleted(completed)),
        }
    }

    /// A call was purged; up to a revision of its transcript, where more may come.
    pub fn purge(&self, talk: &Talk, last_transcript: Option<i32>) -> Event {
        let purged = CallPurged { call: talk.evaluation.call.clone(), last_transcript, ..CallPurged::default() };
        Event { body: Some(Body::CallPurged(purged)), ..self.event(talk) }
    }

    /// Where the service keeps its rows.
    pub fn database(&self) -> DatabaseConfig {
        self.db.config_for("crm_sync")
    }

    pub async fn deliver(&self, event: Event) -> Result<(), Status> {
        let token = self.harness.service_token("playbook-evaluator");
        let mut sink = EventSinkServiceClient::new(self.served.peer(token));
        sink.deliver_event(DeliverEventRequest { event: Some(event) }).await.map(|_| ())
    }

    /// The forecast has been told so many things of a kind.
    pub async fn told_changes(&self, count: usize) -> Vec<RecordChanged> {
        let take = |body| if let Body::RecordChanged(changed) = body { Some(changed) } else { None };
        eventually("changed records to be told", || async { self.told_of(take).filter(|told| told.len() >= count) })
            .await
    }

    /// The forecast has been told of a change of this deal alone. Events of different deals and imports come in any order.
    pub async fn told_change_of(&self, deal: &str) -> RecordChanged {
        let name = format!("workspaces/demo/deals/{deal}");
        eventually("the changed deal to be told", || async {
            self.told_changes(1).await.into_iter().find(|told| told.deal == name)
        })
        .await
    }

    pub async fn told_associations(&self, count: usize) -> Vec<CallAssociated> {
        let take = |body| if let Body::CallAssociated(associated) = body { Some(associated) } else { None };
        eventually("associations to be told", || async { self.told_of(take).filter(|told| told.len() >= count) }).await
    }

    fn told_of<T>(&self, take: impl Fn(Body) -> Option<T>) -> Option<Vec<T>> {
        let events = self.told.0.lock().unwrap();
        Some(events.iter().filter_map(|event| event.body.clone()).filter_map(take).collect())
    }
}
