//! A producer with an outbox, a consumer behind gRPC and auth, and relays between them.

use std::sync::Arc;
use std::time::Duration;

use sea_orm::{ColumnTrait, EntityTrait, PaginatorTrait, QueryFilter, QueryOrder};
use throughline_events::entity::outbox_delivery::{Column, Entity, Model, State};
use throughline_events::{Body, Deliveries, EventType, NewEvent, Outbox, Relay, RelayConfig, Sink, Subscriptions};
use throughline_proto::events::v1::TranscriptFinalized;
use throughline_proto::events::v1::delivery_service_client::DeliveryServiceClient;
use throughline_rpc::auth::{AuthConfig, AuthLayer, TokenSource, Verifier};
use throughline_rpc::client::{Peer, PeerConfig};
use throughline_rpc::methods::Methods;
use throughline_rpc::trace::TraceLayer;
use throughline_rpc::{Clock, DeadlineLayer, Ids};
use throughline_store::Db;
use throughline_testkit::{Backend, Harness, TestDb, eventually};
use tokio::net::TcpListener;
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;
use tonic::transport::Server;
use tonic::transport::server::TcpIncoming;

use crate::consumer::{self, Keeper};

pub const PRODUCER: &str = "transcription_gateway";

/// The clock moves a millisecond a reading, so these waits pass in a few turns of a lane.
pub fn quick() -> RelayConfig {
    RelayConfig {
        poll_interval: Duration::from_millis(5),
        concurrency: 8,
        delivery_timeout: Duration::from_millis(150),
        lease: Duration::from_millis(160),
        first_backoff: Duration::from_millis(1),
        max_backoff: Duration::from_millis(4),
        tries_unavailable: 10,
        tries_failing: 4,
        tries_refused: 2,
    }
}

pub struct Mesh {
    pub db: Db,
    pub outbox: Outbox,
    pub keeper: Keeper,
    pub harness: Harness,
    pub ids: Ids,
    url: String,
    // Dropped last: servers end with the set, databases with their guard.
    servers: JoinSet<()>,
    _test_db: TestDb,
}

impl Mesh {
    pub async fn start(backend: Backend) -> Self {
        let harness = Harness::at("2026-03-02T12:00:00Z");
        let test_db = TestDb::start(backend).await;
        let db = test_db.migrated(PRODUCER, Vec::new).await;
        let consumer_db = test_db.migrated(consumer::NAME, consumer::migrations).await;
        let ids = Ids::counting();
        let subscriptions = Subscriptions::new().with(consumer::NAME, [EventType::TranscriptFinalized]);
        let outbox = Outbox::new(subscriptions, ids.clone());
        let keeper = Keeper::new(consumer_db, harness.clock());
        let mut servers = JoinSet::new();
        let deliveries = Deliveries::server(db.clone(), outbox.clone(), harness.clock());
        let routes = tonic::service::Routes::new(Sink::server(keeper.clone())).add_service(deliveries);
        let url = serve(&harness, routes, &mut servers).await;
        Self { db, outbox, keeper, harness, ids, url, servers, _test_db: test_db }
    }

    pub fn clock(&self) -> Clock {
        self.harness.clock()
    }

    fn peer(&self, token: TokenSource) -> Peer {
        Peer::connect(consumer::NAME, &PeerConfig::plain(&self.url), token).unwrap()
    }

    pub fn deliveries(&self, roles: &[&str]) -> DeliveryServiceClient<Peer> {
        DeliveryServiceClient::new(self.peer(self.harness.token("ops@x.example", roles)))
    }

    /// One transaction for each event.
    pub async fn publish(&self, key: &str, what: &str) {
        let tx = self.db.begin().await.unwrap();
        self.outbox.publish(&tx, event(key, what), self.clock().now()).await.unwrap();
        tx.commit().await.unwrap();
    }

    pub fn relay(&self, config: &RelayConfig) -> Relay {
        let peer = self.peer(self.harness.service_token("transcription-gateway"));
        Relay::new(self.db.clone(), self.outbox.clone(), [peer], config, &self.clock(), &self.ids).unwrap()
    }

    /// Runs a relay until every delivery is settled as `parked` says, then stops it in good order.
    pub async fn relay_until_settled(&self, config: &RelayConfig, parked: u64) {
        let stop = CancellationToken::new();
        let relay = self.relay(config).run(stop.clone());
        let settled = async {
            eventually("every delivery settled", || async {
                (self.count(State::Pending).await == self.held_back().await
                    && self.count(State::Parked).await == parked)
                    .then_some(())
            })
            .await;
            stop.cancel();
        };
        tokio::join!(relay, settled);
    }

    pub async fn count(&self, state: State) -> u64 {
        Entity::find().filter(Column::State.eq(state)).count(self.db.conn()).await.unwrap()
    }

    pub async fn rows(&self) -> Vec<Model> {
        Entity::find().order_by_asc(Column::Position).all(self.db.conn()).await.unwrap()
    }

    /// Pending behind a parked one of the same key.
    async fn held_back(&self) -> u64 {
        let rows = self.rows().await;
        let behind = |row: &&Model| {
            row.state == State::Pending
                && rows.iter().any(|ahead| {
                    ahead.ordering_key == row.ordering_key
                        && ahead.position < row.position
                        && ahead.state == State::Parked
                })
        };
        rows.iter().filter(behind).count() as u64
    }

    /// Starts a relay that is killed with the set.
    pub fn spawn_relay(&self, config: &RelayConfig, stop: CancellationToken) -> JoinSet<()> {
        let mut set = JoinSet::new();
        set.spawn(self.relay(config).run(stop));
        set
    }

    /// Takes the consumer away.
    pub async fn stop_servers(&mut self) {
        self.servers.shutdown().await;
    }
}

pub fn event(key: &str, what: &str) -> NewEvent {
    let body = TranscriptFinalized { call: what.to_owned(), transcript: String::new() };
    NewEvent { workspace: "demo".to_owned(), ordering_key: key.to_owned(), body: Body::TranscriptFinalized(body) }
}

async fn serve(harness: &Harness, routes: tonic::service::Routes, servers: &mut JoinSet<()>) -> String {
    let issuer = harness.issuer();
    let config = AuthConfig::development(&issuer, vec!["demo".to_owned()]);
    let verifier = Arc::new(Verifier::open(config, harness.clock()).unwrap());
    let methods = Arc::new(Methods::from_pool(throughline_proto::descriptors().unwrap(), None).unwrap());
    let listener = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let server = Server::builder()
        .layer(TraceLayer::new(consumer::NAME))
        .layer(AuthLayer::new(verifier, methods))
        .layer(DeadlineLayer)
        .add_routes(routes);
    let incoming = TcpIncoming::from(listener).with_nodelay(Some(true));
    servers.spawn(async move {
        server.serve_with_incoming(incoming).await.unwrap();
    });
    url
}

/// The contents applied under one key, in order.
pub fn of_key<'a>(applied: &'a [(String, String)], key: &str) -> Vec<&'a str> {
    applied.iter().filter(|(k, _)| k == key).map(|(_, what)| what.as_str()).collect()
}
