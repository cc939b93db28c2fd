//! The service with its database, pretended peers beside it, and callers of every kind.

use std::sync::atomic::{AtomicU32, Ordering};

use forecast::Forecast;
use prost_types::Timestamp;
use throughline_proto::crm::v1::Deal as CrmDeal;
use throughline_proto::events::v1::event::Body;
use throughline_proto::events::v1::event_sink_service_client::EventSinkServiceClient;
use throughline_proto::events::v1::{
    CallAssociated, CallPurged, DeliverEventRequest, EvaluationCompleted, Event, RecordChanged,
};
use throughline_proto::forecast::v1::forecast_service_client::ForecastServiceClient;
use throughline_proto::forecast::v1::{
    ComputeForecastRequest, Deal, DealLogEntry, Forecast as PeriodForecast, GetDealRequest, ListDealLogEntriesRequest,
};
use throughline_proto::playbook::v1::Evaluation;
use throughline_rpc::auth::TokenSource;
use throughline_rpc::client::Peer;
use throughline_store::DatabaseConfig;
use throughline_testkit::{Backend, Harness, Served, TestDb, serve_peer};
use tokio::task::JoinHandle;
use tonic::Status;

use crate::peers::Peers;
use crate::told::noon;

/// Everything around the service under test. It is 2026-11-25.
pub struct World {
    pub harness: Harness,
    pub peers: Peers,
    served: Served,
    events: AtomicU32,
    _peer_server: JoinHandle<()>,
    db: TestDb,
}

impl World {
    pub async fn start(backend: Backend) -> Self {
        let harness = Harness::at("2026-11-25T10:00:00Z");
        let db = TestDb::start(backend).await;
        let peers = Peers::default();
        let (url, _peer_server) = serve_peer(peers.routes()).await;
        let overrides = vec![("peers.playbook_evaluator.url", url.clone()), ("peers.crm_sync.url", url)];
        let served = harness.start::<Forecast>(&db.config_for("forecast"), overrides).await;
        Self { harness, peers, served, events: AtomicU32::new(1), _peer_server, db }
    }

    pub fn event(&self, body: Body, written: Timestamp) -> Event {
        Event {
            id: format!("event-{}", self.events.fetch_add(1, Ordering::Relaxed)),
            workspace: "demo".to_owned(),
            ordering_key: "key".to_owned(),
            create_time: Some(written),
            traceparent: String::new(),
            body: Some(body),
        }
    }

    /// The evaluator has it; the event that says so.
    pub fn evaluated(&self, evaluation: Evaluation) -> Event {
        let body = EvaluationCompleted { evaluation: evaluation.name.clone(), call: evaluation.call.clone() };
        let written = evaluation.create_time.unwrap();
        self.peers.hold(|held| held.evaluations.insert(evaluation.name.clone(), evaluation));
        self.event(Body::EvaluationCompleted(body), written)
    }

    /// crm-sync decided it on a day; an empty deal gives the call up.
    pub fn associated(&self, call: &str, deal: &str, day: &str) -> Event {
        let deal = if deal.is_empty() { String::new() } else { format!("workspaces/demo/deals/{deal}") };
        let body = CallAssociated { call: format!("workspaces/demo/calls/{call}"), deal };
        self.event(Body::CallAssociated(body), noon(day))
    }

    /// crm-sync has it; the event that says so.
    pub fn changed(&self, deal: CrmDeal) -> Event {
        let (name, written) = (deal.name.clone(), deal.update_time.unwrap());
        let sequence = self.peers.change(deal);
        self.event(Body::RecordChanged(RecordChanged { sequence, deal: name }), written)
    }

    /// An import of many deals with one event.
    pub fn imported(&self, deals: impl IntoIterator<Item = CrmDeal>) -> Event {
        let sequence = self.peers.hold(|held| {
            let mut sequence = held.deals.iter().map(|d| d.sequence).max().unwrap_or(0);
            for mut deal in deals {
                sequence += 1;
                deal.sequence = sequence;
                held.deals.push(deal);
            }
            sequence
        });
        self.event(Body::RecordChanged(RecordChanged { sequence, deal: String::new() }), noon("2026-11-24"))
    }

    /// A call was purged; up to a revision of its transcript, where more may come.
    pub fn purge(&self, call: &str, last_transcript: Option<i32>) -> Event {
        let call = format!("workspaces/demo/calls/{call}");
        self.event(Body::CallPurged(CallPurged { call, last_transcript, ..CallPurged::default() }), noon("2026-11-24"))
    }

    /// Where the service keeps its rows.
    pub fn database(&self) -> DatabaseConfig {
        self.db.config_for("forecast")
    }

    pub async fn try_deliver(&self, event: Event) -> Result<(), Status> {
        let mut sink = EventSinkServiceClient::new(self.served.peer(self.harness.service_token("crm-sync")));
        sink.deliver_event(DeliverEventRequest { event: Some(event) }).await.map(|_| ())
    }

    pub async fn deliver(&self, event: Event) {
        self.try_deliver(event).await.unwrap();
    }

    pub fn api(&self, token: TokenSource) -> ForecastServiceClient<Peer> {
        ForecastServiceClient::new(self.served.peer(token))
    }

    pub fn manager(&self) -> ForecastServiceClient<Peer> {
        self.api(self.harness.token("mia@example.com", &["manager"]))
    }

    pub fn rep(&self, name: &str) -> ForecastServiceClient<Peer> {
        self.api(self.harness.token(&format!("{name}@example.com"), &["rep"]))
    }

    pub fn anonymous(&self) -> ForecastServiceClient<tonic::transport::Channel> {
        ForecastServiceClient::new(self.served.anonymous())
    }

    pub async fn try_deal(&self, id: &str, as_of: Option<Timestamp>) -> Result<Deal, Status> {
        let request = GetDealRequest { name: format!("workspaces/demo/deals/{id}"), as_of };
        self.manager().get_deal(request).await.map(tonic::Response::into_inner)
    }

    pub async fn deal(&self, id: &str) -> Deal {
        self.try_deal(id, None).await.unwrap()
    }

    pub async fn log(&self, id: &str) -> Vec<DealLogEntry> {
        let parent = format!("workspaces/demo/deals/{id}");
        let request = ListDealLogEntriesRequest { parent, page_size: 200, ..Default::default() };
        self.manager().list_deal_log_entries(request).await.unwrap().into_inner().entries
    }

    pub async fn forecast(&self, first: &str, last: &str, as_of: Option<Timestamp>) -> PeriodForecast {
        let request = ComputeForecastRequest {
            parent: "workspaces/demo".to_owned(),
            start_date: first.to_owned(),
            end_date: last.to_owned(),
            as_of,
        };
        self.manager().compute_forecast(request).await.unwrap().into_inner()
    }
}
