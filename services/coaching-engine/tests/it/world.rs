//! The service with its database, a pretended evaluator beside it, and callers of every kind.

use std::collections::HashMap;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex};

use coaching_engine::CoachingEngine;
use throughline_proto::coaching::v1::coaching_service_client::CoachingServiceClient;
use throughline_proto::coaching::v1::{
    GetRepProfileRequest, GetSummaryRequest, ListNudgesRequest, Nudge, RepProfile, Summary,
};
use throughline_proto::events::v1::event_sink_service_client::EventSinkServiceClient;
use throughline_proto::events::v1::{CallPurged, DeliverEventRequest, EvaluationCompleted, Event, event::Body};
use throughline_proto::playbook::v1 as playbook;
use throughline_proto::playbook::v1::evaluation_service_server::{EvaluationService, EvaluationServiceServer};
use throughline_proto::playbook::v1::{
    EvaluateTranscriptRequest, Evaluation, GetEvaluationRequest, ListEvaluationsRequest, ListEvaluationsResponse,
};
use throughline_rpc::Error;
use throughline_rpc::auth::TokenSource;
use throughline_rpc::client::Peer;
use throughline_runtime::config::Overrides;
use throughline_store::DatabaseConfig;
use throughline_testkit::{Backend, Harness, Served, TestDb, serve_peer};
use tokio::task::JoinHandle;
use tonic::{Request, Response, Status, Streaming, async_trait};

use crate::talk::Talk;

type Shelf = Arc<Mutex<HashMap<String, Evaluation>>>;

/// Everything around the service under test.
pub struct World {
    pub harness: Harness,
    served: Served,
    shelf: Shelf,
    events: AtomicU32,
    evaluator: JoinHandle<()>,
    db: TestDb,
}

impl World {
    pub async fn start(backend: Backend) -> Self {
        Self::with(backend, Vec::new()).await
    }

    pub async fn with(backend: Backend, mut overrides: Overrides) -> Self {
        let harness = Harness::at("2026-06-01T08:00:00Z");
        let db = TestDb::start(backend).await;
        let shelf = Shelf::default();
        let routes = tonic::service::Routes::new(EvaluationServiceServer::new(PretendedEvaluator(Arc::clone(&shelf))));
        let (url, evaluator) = serve_peer(routes).await;
        overrides.push(("peers.playbook_evaluator.url", url));
        let served = harness.start::<CoachingEngine>(&db.config_for("coaching_engine"), overrides).await;
        Self { harness, served, shelf, events: AtomicU32::new(1), evaluator, db }
    }

    /// The evaluator has it, and says so.
    pub async fn evaluated(&self, talk: &Talk) {
        self.shelve(talk);
        self.deliver(self.event(talk)).await.unwrap();
    }

    pub fn shelve(&self, talk: &Talk) {
        self.shelf.lock().unwrap().insert(talk.evaluation.name.clone(), talk.evaluation.clone());
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
    pub fn purge(&self, call: &str, last_transcript: Option<i32>) -> Event {
        let purged =
            CallPurged { call: format!("workspaces/demo/calls/{call}"), last_transcript, ..CallPurged::default() };
        Event { body: Some(Body::CallPurged(purged)), ..self.event(&Talk::on(call, 90)) }
    }

    /// Where the service keeps its rows.
    pub fn database(&self) -> DatabaseConfig {
        self.db.config_for("coaching_engine")
    }

    pub async fn deliver(&self, event: Event) -> Result<(), Status> {
        let token = self.harness.service_token("playbook-evaluator");
        let mut sink = EventSinkServiceClient::new(self.served.peer(token));
        sink.deliver_event(DeliverEventRequest { event: Some(event) }).await.map(|_| ())
    }

    /// The evaluator is gone.
    pub async fn stop_evaluator(&mut self) {
        self.evaluator.abort();
        let _ = (&mut self.evaluator).await;
    }

    pub fn api(&self, token: TokenSource) -> CoachingServiceClient<Peer> {
        CoachingServiceClient::new(self.served.peer(token))
    }

    pub fn manager(&self) -> CoachingServiceClient<Peer> {
        self.api(self.harness.token("mia@brightledger.example", &["manager"]))
    }

    pub fn rep(&self, email: &str) -> CoachingServiceClient<Peer> {
        self.api(self.harness.token(email, &["rep"]))
    }

    pub fn anonymous(&self) -> CoachingServiceClient<tonic::transport::Channel> {
        CoachingServiceClient::new(self.served.anonymous())
    }

    pub async fn summary(&self, call: &str) -> Summary {
        let name = format!("workspaces/demo/calls/{call}/summary");
        self.manager().get_summary(GetSummaryRequest { name }).await.unwrap().into_inner()
    }

    /// Newest first, of all reps.
    pub async fn nudges(&self) -> Vec<Nudge> {
        let request = ListNudgesRequest { parent: "workspaces/demo".to_owned(), page_size: 200, ..Default::default() };
        self.manager().list_nudges(request).await.unwrap().into_inner().nudges
    }

    pub async fn profile(&self, rep: &str) -> RepProfile {
        let request = GetRepProfileRequest { name: format!("workspaces/demo/reps/{rep}"), ..Default::default() };
        self.manager().get_rep_profile(request).await.unwrap().into_inner()
    }
}

/// Gives out the evaluations on its shelf.
struct PretendedEvaluator(Shelf);

#[async_trait]
impl EvaluationService for PretendedEvaluator {
    type EvaluateStreamStream = futures::stream::Empty<Result<playbook::EvaluateStreamResponse, Status>>;

    async fn evaluate_transcript(&self, _: Request<EvaluateTranscriptRequest>) -> Result<Response<Evaluation>, Status> {
        Err(Status::unimplemented("not here"))
    }

    async fn get_evaluation(&self, request: Request<GetEvaluationRequest>) -> Result<Response<Evaluation>, Status> {
        let name = request.into_inner().name;
        let found = self.0.lock().unwrap().get(&name).cloned();
        found.map(Response::new).ok_or_else(|| Error::not_found("Evaluation", name).into())
    }

    async fn list_evaluations(
        &self,
        _: Request<ListEvaluationsRequest>,
    ) -> Result<Response<ListEvaluationsResponse>, Status> {
        Err(Status::unimplemented("not here"))
    }

    async fn evaluate_stream(
        &self,
        _: Request<Streaming<playbook::EvaluateStreamRequest>>,
    ) -> Result<Response<Self::EvaluateStreamStream>, Status> {
        Err(Status::unimplemented("not here"))
    }

    async fn label_evaluation(
        &self,
        _: Request<playbook::LabelEvaluationRequest>,
    ) -> Result<Response<playbook::Label>, Status> {
        Err(Status::unimplemented("not here"))
    }

    async fn list_labels(
        &self,
        _: Request<playbook::ListLabelsRequest>,
    ) -> Result<Response<playbook::ListLabelsResponse>, Status> {
        Err(Status::unimplemented("not here"))
    }

    async fn delete_label(
        &self,
        _: Request<playbook::DeleteLabelRequest>,
    ) -> Result<Response<playbook::Label>, Status> {
        Err(Status::unimplemented("not here"))
    }

    async fn explain_evaluation(
        &self,
        _: Request<playbook::ExplainEvaluationRequest>,
    ) -> Result<Response<playbook::Explanation>, Status> {
        Err(Status::unimplemented("not here"))
    }
}
