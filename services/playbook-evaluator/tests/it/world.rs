//! The service with its database, a pretended gateway beside it, and callers of every kind.

use std::collections::{BTreeMap, HashMap};
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::sync::{Arc, Mutex};

use playbook_evaluator::PlaybookEvaluator;
use throughline_proto::events::v1::delivery_service_client::DeliveryServiceClient;
use throughline_proto::events::v1::event_sink_service_client::EventSinkServiceClient;
use throughline_proto::events::v1::{
    CallPurged, DeliverEventRequest, Delivery, EvaluationCompleted, Event, ListDeliveriesRequest, TranscriptFinalized,
    event::Body,
};
use throughline_proto::playbook::v1::evaluation_service_client::EvaluationServiceClient;
use throughline_proto::playbook::v1::playbook_service_client::PlaybookServiceClient;
use throughline_proto::playbook::v1::{
    CreateRevisionRequest, EvaluateTranscriptRequest, Evaluation, ListEvaluationsRequest, ReleaseRevisionRequest,
    Revision,
};
use throughline_proto::transcription::v1 as gateway;
use throughline_proto::transcription::v1::transcription_service_server::{
    TranscriptionService, TranscriptionServiceServer,
};
use throughline_rpc::Error;
use throughline_rpc::auth::TokenSource;
use throughline_rpc::client::Peer;
use throughline_runtime::config::Overrides;
use throughline_store::DatabaseConfig;
use throughline_testkit::{Backend, Harness, Served, TestDb, serve_peer};
use tokio::task::JoinHandle;
use tonic::{Code, Request, Response, Status, Streaming, async_trait};
use tonic_types::StatusExt as _;

use crate::talk::Talk;

pub const PARENT: &str = "workspaces/demo";

type Shelf = Arc<Mutex<HashMap<String, Talk>>>;

/// Everything around the service under test.
pub struct World {
    pub harness: Harness,
    served: Served,
    /// By the name of the transcript.
    shelf: Shelf,
    events: AtomicU32,
    gateway: JoinHandle<()>,
    away: Arc<AtomicBool>,
    db: TestDb,
}

impl World {
    pub async fn start(backend: Backend) -> Self {
        Self::with(backend, Vec::new()).await
    }

    /// With other configuration.
    pub async fn with(backend: Backend, more: Overrides) -> Self {
        let harness = Harness::at("2026-06-01T08:00:00Z");
        let db = TestDb::start(backend).await;
        let shelf = Shelf::default();
        let away = Arc::default();
        let pretended = PretendedGateway { shelf: Arc::clone(&shelf), away: Arc::clone(&away) };
        let pretended = TranscriptionServiceServer::new(pretended);
        let (url, gateway) = serve_peer(tonic::service::Routes::new(pretended)).await;
        // Nobody takes the events: they stay in the outbox, where they are looked at.
        let nobody = || "http://127.0.0.1:1".to_owned();
        let mut overrides: Overrides = vec![
            // Rules alone unless a test is about learning: training takes seconds.
            ("embeddings.enabled", "false".to_owned()),
            ("peers.transcription_gateway.url", url),
            ("peers.coaching_engine.url", nobody()),
            ("peers.crm_sync.url", nobody()),
            ("peers.forecast.url", nobody()),
        ];
        overrides.extend(more);
        let served = harness.start::<PlaybookEvaluator>(&db.config_for("playbook_evaluator"), overrides).await;
        Self { harness, served, shelf, events: AtomicU32::new(1), gateway, away, db }
    }

    /// The gateway has it.
    pub fn shelve(&self, talk: &Talk) {
        self.shelf.lock().unwrap().insert(talk.transcript.name.clone(), talk.clone());
    }

    /// The gateway has it, and says so.
    pub async fn finalized(&self, talk: &Talk) {
        self.shelve(talk);
        self.deliver(self.event(talk)).await.unwrap();
    }

    /// A new event about a transcript.
    pub fn event(&self, talk: &Talk) -> Event {
        let finalized = TranscriptFinalized { call: talk.call.name.clone(), transcript: talk.transcript.name.clone() };
        Event {
            id: format!("event-{}", self.events.fetch_add(1, Ordering::Relaxed)),
            workspace: "demo".to_owned(),
            ordering_key: talk.call.name.clone(),
            create_time: talk.call.start_time,
            traceparent: String::new(),
            body: Some(Body::TranscriptFinalized(finalized)),
        }
    }

    /// The gateway purged a call at nine; up to a revision of its transcript, where more may come.
    pub fn purge(&self, talk: &Talk, last_transcript: Option<i32>) -> Event {
        let number = self.events.fetch_add(1, Ordering::Relaxed);
        let receipt = format!("{PARENT}/purgeReceipts/r{number}");
        let purged = CallPurged { call: talk.call.name.clone(), receipt: receipt.clone(), last_transcript };
        Event {
            id: format!("event-{number}"),
            ordering_key: receipt,
            create_time: Some(prost_types::Timestamp { seconds: 1_780_304_400, nanos: 0 }),
            body: Some(Body::CallPurged(purged)),
            ..self.event(talk)
        }
    }

    pub async fn deliver(&self, event: Event) -> Result<(), Status> {
        let token = self.harness.service_token("transcription-gateway");
        let mut sink = EventSinkServiceClient::new(self.served.peer(token));
        sink.deliver_event(DeliverEventRequest { event: Some(event) }).await.map(|_| ())
    }

    /// The gateway is gone: it takes no connections, and answers UNAVAILABLE on those that are open.
    pub async fn stop_gateway(&mut self) {
        self.away.store(true, Ordering::SeqCst);
        self.gateway.abort();
        let _ = (&mut self.gateway).await;
    }

    /// Where the service keeps its rows.
    pub fn database(&self) -> DatabaseConfig {
        self.db.config_for("playbook_evaluator")
    }

    /// Drains and stops the service under test.
    pub async fn stop(self) {
        self.served.stop().await;
    }

    pub fn playbooks(&self, token: TokenSource) -> PlaybookServiceClient<Peer> {
        PlaybookServiceClient::new(self.served.peer(token))
    }

    pub fn evaluations(&self, token: TokenSource) -> EvaluationServiceClient<Peer> {
        EvaluationServiceClient::new(self.served.peer(token))
    }

    /// Who writes playbooks.
    pub fn enablement(&self) -> PlaybookServiceClient<Peer> {
        self.playbooks(self.harness.token("eva@brightledger.example", &["enablement"]))
    }

    /// Who reads everybody's evaluations.
    pub fn manager(&self) -> EvaluationServiceClient<Peer> {
        self.evaluations(self.harness.token("mia@brightledger.example", &["manager"]))
    }

    pub fn rep(&self, email: &str) -> EvaluationServiceClient<Peer> {
        self.evaluations(self.harness.token(email, &["rep"]))
    }

    pub fn anonymous(&self) -> tonic::transport::Channel {
        self.served.anonymous()
    }

    pub async fn created(&self, document: &str) -> Revision {
        self.enablement().create_revision(create(document)).await.unwrap().into_inner()
    }

    pub async fn release(&self, revision: &str) -> Revision {
        self.enablement().release_revision(release(revision)).await.unwrap().into_inner()
    }

    /// Creates and releases.
    pub async fn released(&self, document: &str) -> Revision {
        let revision = self.created(document).await;
        self.release(&revision.name).await
    }

    /// Newest first.
    pub async fn all_evaluations(&self) -> Vec<Evaluation> {
        let request = ListEvaluationsRequest { parent: PARENT.to_owned(), page_size: 100, ..Default::default() };
        self.manager().list_evaluations(request).await.unwrap().into_inner().evaluations
    }

    /// Everything in the outbox, oldest first.
    pub async fn deliveries(&self) -> Vec<Delivery> {
        let token = self.harness.token("rae@brightledger.example", &["revops"]);
        let mut deliveries = DeliveryServiceClient::new(self.served.peer(token));
        let request = ListDeliveriesRequest { parent: PARENT.to_owned(), page_size: 200, ..Default::default() };
        deliveries.list_deliveries(request).await.unwrap().into_inner().deliveries
    }

    /// What the outbox tells the coaching engine, the CRM sync, the forecast and the gateway: each event with its consumers.
    pub async fn announced(&self) -> Vec<(EvaluationCompleted, Vec<String>)> {
        let mut events: BTreeMap<String, (EvaluationCompleted, Vec<String>)> = BTreeMap::new();
        for delivery in self.deliveries().await {
            let event = delivery.event.unwrap();
            let Some(Body::EvaluationCompleted(completed)) = event.body else { continue };
            events.entry(event.id).or_insert_with(|| (completed, Vec::new())).1.push(delivery.consumer);
        }
        events.into_values().collect()
    }
}

pub fn create(document: &str) -> CreateRevisionRequest {
    CreateRevisionRequest { parent: PARENT.to_owned(), document: document.to_owned(), ..Default::default() }
}

pub fn release(revision: &str) -> ReleaseRevisionRequest {
    ReleaseRevisionRequest { name: revision.to_owned(), request_id: String::new() }
}

pub fn evaluate(talk: &Talk, revision: &str) -> EvaluateTranscriptRequest {
    EvaluateTranscriptRequest {
        parent: PARENT.to_owned(),
        transcript: talk.transcript.name.clone(),
        revision: revision.to_owned(),
        request_id: String::new(),
    }
}

/// Code and reason of a refusal.
pub fn refusal<T: std::fmt::Debug>(answer: Result<T, Status>) -> (Code, String) {
    let status = answer.unwrap_err();
    let reason = status.get_details_error_info().map(|info| info.reason).unwrap_or_default();
    (status.code(), reason)
}

/// The fields that a refusal names, in its order.
pub fn fields(status: &Status) -> Vec<String> {
    let violations = status.get_details_bad_request().map(|details| details.field_violations).unwrap_or_default();
    violations.into_iter().map(|violation| violation.field).collect()
}

/// Gives out the talks on its shelf.
struct PretendedGateway {
    shelf: Shelf,
    away: Arc<AtomicBool>,
}

impl PretendedGateway {
    fn find<T>(&self, kind: &str, name: &str, of: impl Fn(&Talk) -> Option<T>) -> Result<Response<T>, Status> {
        if self.away.load(Ordering::SeqCst) {
            return Err(Status::unavailable("going away"));
        }
        let found = self.shelf.lock().unwrap().values().find_map(of);
        found.map(Response::new).ok_or_else(|| Error::not_found(kind, name).into())
    }
}

fn not_here<T>() -> Result<Response<T>, Status> {
    Err(Status::unimplemented("not here"))
}

#[async_trait]
impl TranscriptionService for PretendedGateway {
    type StreamAudioStream = futures::stream::Empty<Result<gateway::StreamAudioResponse, Status>>;

    async fn get_call(&self, request: Request<gateway::GetCallRequest>) -> Result<Response<gateway::Call>, Status> {
        let name = request.into_inner().name;
        self.find("Call", &name, |talk| (talk.call.name == name).then(|| talk.call.clone()))
    }

    async fn get_transcript(
        &self,
        request: Request<gateway::GetTranscriptRequest>,
    ) -> Result<Response<gateway::Transcript>, Status> {
        let name = request.into_inner().name;
        self.find("Transcript", &name, |talk| (talk.transcript.name == name).then(|| talk.transcript.clone()))
    }

    async fn update_call(&self, _: Request<gateway::UpdateCallRequest>) -> Result<Response<gateway::Call>, Status> {
        not_here()
    }

    async fn create_call(&self, _: Request<gateway::CreateCallRequest>) -> Result<Response<gateway::Call>, Status> {
        not_here()
    }

    async fn list_calls(
        &self,
        _: Request<gateway::ListCallsRequest>,
    ) -> Result<Response<gateway::ListCallsResponse>, Status> {
        not_here()
    }

    async fn upload_recording(
        &self,
        _: Request<Streaming<gateway::UploadRecordingRequest>>,
    ) -> Result<Response<gateway::Call>, Status> {
        not_here()
    }

    async fn import_transcript(
        &self,
        _: Request<gateway::ImportTranscriptRequest>,
    ) -> Result<Response<gateway::Transcript>, Status> {
        not_here()
    }

    async fn list_transcripts(
        &self,
        _: Request<gateway::ListTranscriptsRequest>,
    ) -> Result<Response<gateway::ListTranscriptsResponse>, Status> {
        not_here()
    }

    async fn stream_audio(
        &self,
        _: Request<Streaming<gateway::StreamAudioRequest>>,
    ) -> Result<Response<Self::StreamAudioStream>, Status> {
        not_here()
    }
}
