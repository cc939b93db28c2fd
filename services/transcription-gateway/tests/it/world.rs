//! The service with its database and folders, a pretended evaluator beside it, and callers of every kind.

use std::path::PathBuf;
use std::sync::{Arc, Mutex};

use futures::stream;
use sea_orm::ConnectionTrait as _;
use throughline_proto::common::v1::{Participant, Side};
use throughline_proto::events::v1::event::Body;
use throughline_proto::events::v1::event_sink_service_server::{EventSinkService, EventSinkServiceServer};
use throughline_proto::events::v1::{CallPurged, DeliverEventRequest, DeliverEventResponse, TranscriptFinalized};
use throughline_proto::transcription::v1::retention_service_client::RetentionServiceClient;
use throughline_proto::transcription::v1::transcription_service_client::TranscriptionServiceClient;
use throughline_proto::transcription::v1::upload_recording_request::Message;
use throughline_proto::transcription::v1::{
    Call, CallState, CreateCallRequest, GetCallRequest, GetTranscriptRequest, ImportTranscriptRequest, Transcript,
    UploadRecordingHeader, UploadRecordingRequest,
};
use throughline_rpc::auth::TokenSource;
use throughline_rpc::client::Peer;
use throughline_runtime::config::Overrides;
use throughline_store::Db;
use throughline_testkit::{Backend, Harness, Served, TestDb, eventually, serve_peer};
use tokio::task::JoinHandle;
use tonic::{Request, Response, Status, async_trait};
use tonic_types::StatusExt as _;
use transcription_gateway::TranscriptionGateway;

use crate::evaluator::Shelf;

pub const PARENT: &str = "workspaces/demo";
pub const REP: &str = "priya.raman@brightledger.example";

type Told = Arc<Mutex<Vec<TranscriptFinalized>>>;
type Purged = Arc<Mutex<Vec<CallPurged>>>;

async fn carry_out(db: &Db, sql: &str) {
    let tx = db.begin().await.unwrap();
    tx.execute_unprepared(sql).await.unwrap();
    tx.commit().await.unwrap();
}

/// Everything around the service under test.
pub struct World {
    pub harness: Harness,
    pub db: TestDb,
    pub served: Served,
    overrides: Overrides,
    told: Told,
    purged: Purged,
    pub shelf: Shelf,
    _evaluator: JoinHandle<()>,
}

impl World {
    pub async fn start(backend: Backend) -> Self {
        Self::with(backend, Vec::new()).await
    }

    /// `extra` wins over the settings of the tests.
    pub async fn with(backend: Backend, extra: Overrides) -> Self {
        let harness = Harness::at("2026-06-01T08:00:00Z");
        let db = TestDb::start(backend).await;
        let told = Told::default();
        let purged = Purged::default();
        let sink = EventSinkServiceServer::new(PretendedEvaluator(Arc::clone(&told), Arc::clone(&purged)));
        let shelf = Shelf::default();
        let routes = tonic::service::Routes::new(sink).add_service(shelf.server());
        let (url, evaluator) = serve_peer(routes).await;
        let mut overrides: Overrides = vec![
            ("peers.playbook_evaluator.url", url),
            ("recordings.dir", harness.folder().join("recordings").display().to_string()),
            ("recordings.poll_interval", "50ms".to_owned()),
            ("speech.models_dir", models_dir().display().to_string()),
            ("speech.workers", "1".to_owned()),
            // Tests that are about consent ask for it.
            ("consent.rule", "none".to_owned()),
            ("watch.poll_interval", "20ms".to_owned()),
            ("search.backlog_interval", "50ms".to_owned()),
        ];
        overrides.extend(extra);
        let served = harness.start::<TranscriptionGateway>(&config(&db), overrides.clone()).await;
        Self { harness, db, served, overrides, told, purged, shelf, _evaluator: evaluator }
    }

    /// Stops the service and starts it again on the same database and folders.
    pub async fn restart(mut self) -> Self {
        let Self { served, .. } = self;
        served.stop().await;
        self.served = self.harness.start::<TranscriptionGateway>(&config(&self.db), self.overrides.clone()).await;
        self
    }

    /// As [`restart`](Self::restart), with a statement carried out while nothing runs.
    pub async fn restart_after(mut self, sql: &str) -> Self {
        let Self { served, .. } = self;
        served.stop().await;
        carry_out(&self.db.connect(transcription_gateway::store::SCHEMA).await, sql).await;
        self.served = self.harness.start::<TranscriptionGateway>(&config(&self.db), self.overrides.clone()).await;
        self
    }

    /// Another replica of the service, on the same database and folders.
    pub async fn replica(&self) -> Served {
        self.harness.start::<TranscriptionGateway>(&config(&self.db), self.overrides.clone()).await
    }

    /// As [`restart`](Self::restart), with further settings.
    pub async fn restart_with(mut self, extra: Overrides) -> Self {
        self.overrides.extend(extra);
        self.restart().await
    }

    /// As [`restart_with`](Self::restart_with), for settings that are refused.
    pub async fn try_restart_with(mut self, extra: Overrides) -> Result<(), String> {
        self.overrides.extend(extra);
        self.served.stop().await;
        let started = self.harness.try_start::<TranscriptionGateway>(&config(&self.db), self.overrides.clone()).await;
        started.map(|_| ()).map_err(|error| format!("{error:#}"))
    }

    /// The database behind the service.
    pub async fn connect(&self) -> Db {
        self.db.connect(transcription_gateway::store::SCHEMA).await
    }

    /// Carries a statement out behind the back of the service.
    pub async fn execute(&self, sql: &str) {
        carry_out(&self.connect().await, sql).await;
    }

    pub fn api(&self, token: TokenSource) -> TranscriptionServiceClient<Peer> {
        TranscriptionServiceClient::new(self.served.peer(token))
    }

    pub fn manager(&self) -> TranscriptionServiceClient<Peer> {
        self.api(self.harness.token("mia@brightledger.example", &["manager"]))
    }

    pub fn admin(&self) -> TokenSource {
        self.harness.token("ada@brightledger.example", &["admin"])
    }

    pub fn retention(&self) -> RetentionServiceClient<Peer> {
        RetentionServiceClient::new(self.served.peer(self.admin()))
    }

    pub fn rep(&self, email: &str) -> TranscriptionServiceClient<Peer> {
        self.api(self.harness.token(email, &["rep"]))
    }

    pub fn recordings(&self) -> PathBuf {
        self.harness.folder().join("recordings")
    }

    /// Whether sound lies in a file of the folder of recordings.
    pub fn has_sound(&self) -> bool {
        fn any(dir: &std::path::Path) -> bool {
            let mut entries = std::fs::read_dir(dir).into_iter().flatten().flatten();
            entries.any(|entry| match entry.metadata() {
                Ok(metadata) if metadata.is_dir() => any(&entry.path()),
                Ok(metadata) => metadata.len() > 0,
                Err(_) => false,
            })
        }
        any(&self.recordings())
    }

    /// Files in the folder of recordings, finished or not, but for the note whose it is.
    pub fn stored(&self) -> Vec<PathBuf> {
        fn walk(dir: &std::path::Path, found: &mut Vec<PathBuf>) {
            for entry in std::fs::read_dir(dir).into_iter().flatten().flatten() {
                if entry.path().is_dir() { walk(&entry.path(), found) } else { found.push(entry.path()) }
            }
        }
        let mut found = Vec::new();
        walk(&self.recordings(), &mut found);
        found.retain(|path| {
            !path.file_name().is_some_and(|name| name.to_string_lossy().starts_with("throughline-inst"))
        });
        found
    }

    /// How many.
    pub fn files(&self) -> usize {
        self.stored().len()
    }

    /// A call with the two people of the sample, each on a channel.
    pub async fn call(&self, id: &str) -> String {
        let call = Call { participants: people(), ..Call::default() };
        let request = CreateCallRequest {
            parent: PARENT.to_owned(),
            call: Some(call),
            call_id: id.to_owned(),
            ..Default::default()
        };
        self.manager().create_call(request).await.unwrap().into_inner().name
    }

    pub async fn get(&self, name: &str) -> Call {
        self.manager().get_call(GetCallRequest { name: name.to_owned() }).await.unwrap().into_inner()
    }

    pub async fn transcript(&self, name: &str) -> Transcript {
        self.manager().get_transcript(GetTranscriptRequest { name: name.to_owned() }).await.unwrap().into_inner()
    }

    pub async fn import(&self, call: &str, content: &[u8]) -> Result<Transcript, Status> {
        let request =
            ImportTranscriptRequest { call: call.to_owned(), content: content.to_vec(), ..Default::default() };
        self.manager().import_transcript(request).await.map(Response::into_inner)
    }

    pub async fn upload(&self, call: &str, content: &[u8]) -> Result<Call, Status> {
        self.upload_with(UploadRecordingHeader { call: call.to_owned(), ..Default::default() }, content).await
    }

    pub async fn upload_with(&self, header: UploadRecordingHeader, content: &[u8]) -> Result<Call, Status> {
        let mut messages = vec![Message::Header(header)];
        messages.extend(content.chunks(32 * 1024).map(|chunk| Message::Chunk(chunk.to_vec())));
        self.upload_messages(messages).await
    }

    pub async fn upload_messages(&self, messages: Vec<Message>) -> Result<Call, Status> {
        let messages = messages.into_iter().map(|message| UploadRecordingRequest { message: Some(message) });
        self.manager().upload_recording(stream::iter(messages)).await.map(Response::into_inner)
    }

    /// The call, once nothing is under way on it any more.
    pub async fn settled(&self, name: &str) -> Call {
        eventually("the call is transcribed or failed", || async {
            let call = self.get(name).await;
            matches!(call.state(), CallState::Transcribed | CallState::Failed).then_some(call)
        })
        .await
    }

    /// What the evaluator was told, once it is `count` events.
    pub async fn told(&self, count: usize) -> Vec<TranscriptFinalized> {
        eventually("the evaluator is told", || async {
            let told = self.told.lock().unwrap().clone();
            (told.len() >= count).then_some(told)
        })
        .await
    }

    /// Which calls the evaluator was told to forget, once it is `count` of them.
    pub async fn purged(&self, count: usize) -> Vec<CallPurged> {
        eventually("the evaluator is told of purges", || async {
            let purged = self.purged.lock().unwrap().clone();
            (purged.len() >= count).then_some(purged)
        })
        .await
    }
}

fn config(db: &TestDb) -> throughline_store::DatabaseConfig {
    db.config_for(transcription_gateway::store::SCHEMA)
}

pub fn models_dir() -> PathBuf {
    let given = std::env::var_os("THROUGHLINE_MODELS").map(PathBuf::from);
    given.or_else(throughline_models::default_dir).unwrap()
}

pub fn people() -> Vec<Participant> {
    let person = |id: &str, name: &str, email: &str, side: Side, channel| Participant {
        id: id.to_owned(),
        name: name.to_owned(),
        side: side.into(),
        email: email.to_owned(),
        title: String::new(),
        channel: Some(channel),
    };
    vec![
        person("s1", "Priya Raman", REP, Side::Rep, 0),
        person("s2", "Tom Ashworth", "tom.ashworth@northmoor.example", Side::Buyer, 1),
    ]
}

/// Reason of an error, for example `INVALID_FIELDS`.
pub fn reason(status: &Status) -> String {
    status.get_error_details().error_info().map(|info| info.reason.clone()).unwrap_or_default()
}

/// `field: description` of each violation.
pub fn violations(status: &Status) -> Vec<String> {
    let details = status.get_error_details();
    let found = details.bad_request().map(|bad| bad.field_violations.clone()).unwrap_or_default();
    found.into_iter().map(|violation| format!("{}: {}", violation.field, violation.description)).collect()
}

struct PretendedEvaluator(Told, Purged);

#[async_trait]
impl EventSinkService for PretendedEvaluator {
    async fn deliver_event(
        &self,
        request: Request<DeliverEventRequest>,
    ) -> Result<Response<DeliverEventResponse>, Status> {
        match request.into_inner().event.and_then(|event| event.body) {
            Some(Body::TranscriptFinalized(body)) => self.0.lock().unwrap().push(body),
            Some(Body::CallPurged(body)) => self.1.lock().unwrap().push(body),
            _ => {}
        }
        Ok(Response::new(DeliverEventResponse {}))
    }
}
