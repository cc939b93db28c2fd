//! The benchmark `events`: from the outbox of one service to the inbox of another, over real gRPC with tokens.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use anyhow::{Context as _, ensure};
use async_trait::async_trait;
use sea_orm::{ColumnTrait as _, EntityTrait as _, PaginatorTrait as _, QueryFilter as _};
use serde::Serialize;
use throughline_events::entity::outbox_delivery::{Column, Entity, State};
use throughline_events::{Body, Consumer, Event, EventType, NewEvent, Outbox, Relay, RelayConfig, Sink, Subscriptions};
use throughline_proto::events::v1::TranscriptFinalized;
use throughline_rpc::auth::{AuthConfig, AuthLayer, DevIssuer, TokenSource, Verifier};
use throughline_rpc::client::{Peer, PeerConfig};
use throughline_rpc::methods::Methods;
use throughline_rpc::trace::TraceLayer;
use throughline_rpc::{Clock, DeadlineLayer, Error, Ids};
use throughline_store::{Db, inbox};
use throughline_testkit::{Backend, TestDb};
use tokio::net::TcpListener;
use tokio::sync::watch;
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;
use tonic::transport::Server;
use tonic::transport::server::TcpIncoming;

use crate::figures::{PerDatabase, Report, keep, table, text};
use crate::local::WORKSPACE;

const EVENTS: usize = 4_000;
const KEYS: [usize; 3] = [1, 100, EVENTS];
const PRODUCER: &str = "transcription-gateway";
const CONSUMER: &str = "forecast";
const PAUSE: Duration = Duration::from_millis(5);
/// How long deliveries may take before the relay is taken for stuck.
const DEADLINE: Duration = Duration::from_secs(300);

/// Figures by the number of keys.
type ByKeys = BTreeMap<usize, Option<f64>>;

/// See `tests/bench/README.md` for what each is.
#[derive(Debug, Default, Serialize)]
pub struct Figures {
    published_per_s: PerDatabase<ByKeys>,
    delivered_per_s: PerDatabase<ByKeys>,
    problems: Vec<String>,
}

impl Figures {
    pub fn report(self) -> Report {
        let Self { published_per_s: published, delivered_per_s: delivered, problems: _ } = &self;
        let rows = [
            ("published_per_s.sqlite", &published.sqlite, "published, a transaction each"),
            ("published_per_s.postgres", &published.postgres, "published, a transaction each"),
            ("delivered_per_s.sqlite", &delivered.sqlite, "delivered and applied"),
            ("delivered_per_s.postgres", &delivered.postgres, "delivered and applied"),
        ];
        let rows = rows.into_iter().flat_map(|(name, figures, what)| {
            figures.iter().map(move |(keys, value)| {
                [format!("{name}.{keys}"), text(*value, 0), format!("events a second {what}; ordering keys: {keys}")]
            })
        });
        Report { figures: serde_json::json!(self), table: table(rows), problems: self.problems }
    }
}

/// Measures everything. What fails is left out and told.
pub async fn run() -> Figures {
    let mut figures = Figures::default();
    for backend in [Backend::Sqlite, Backend::Postgres] {
        for keys in KEYS {
            eprintln!("{EVENTS} events of {keys} keys, {backend:?}");
            let name = format!("{backend:?}, {keys} keys");
            let rates = keep(&mut figures.problems, &name, measure(backend, keys).await);
            let (published, delivered) = match backend {
                Backend::Sqlite => (&mut figures.published_per_s.sqlite, &mut figures.delivered_per_s.sqlite),
                Backend::Postgres => (&mut figures.published_per_s.postgres, &mut figures.delivered_per_s.postgres),
            };
            published.insert(keys, rates.as_ref().map(|rates| rates.published));
            delivered.insert(keys, rates.map(|rates| rates.delivered));
        }
    }
    figures
}

/// Events a second.
struct Rates {
    published: f64,
    delivered: f64,
}

async fn measure(backend: Backend, keys: usize) -> anyhow::Result<Rates> {
    let database = TestDb::start(backend).await;
    let db = database.migrated("producer", Vec::new).await;
    let (clock, ids) = (Clock::system(), Ids::Random);
    let subscriptions = Subscriptions::new().with(CONSUMER, [EventType::TranscriptFinalized]);
    let outbox = Outbox::new(subscriptions, ids.clone());
    let folder = tempfile::tempdir()?;
    let issuer = Arc::new(DevIssuer::open(folder.path(), clock.clone())?);
    let applied = Applied::new(database.migrated("consumer", Vec::new).await, clock.clone());
    let stop = CancellationToken::new();
    let mut tasks = JoinSet::new();
    let url = serve(&issuer, applied.clone(), &stop, &mut tasks).await?;
    let peer = Peer::connect(CONSUMER, &PeerConfig::plain(url), TokenSource::Issuer(issuer, PRODUCER))?;
    let relay = Relay::new(db.clone(), outbox.clone(), [peer], &RelayConfig::default(), &clock, &ids)?;

    let started = Instant::now();
    for number in 0..EVENTS {
        let tx = db.begin().await?;
        outbox.publish(&tx, event(number, keys), clock.now()).await?;
        tx.commit().await?;
    }
    let publishing = started.elapsed();
    let started = Instant::now();
    let relay_stop = CancellationToken::new();
    let delivering = async {
        let done = tokio::time::timeout(DEADLINE, all_delivered(&db, &applied)).await;
        let elapsed = started.elapsed();
        relay_stop.cancel();
        done.context("not every event was delivered in time")?.map(|()| elapsed)
    };
    let ((), delivering) = tokio::join!(relay.run(relay_stop.clone()), delivering);
    stop.cancel();
    while let Some(ended) = tasks.join_next().await {
        ended??;
    }
    let delivering = delivering?;
    check(&applied.all(), keys)?;
    let rate = |time: Duration| EVENTS as f64 / time.as_secs_f64();
    Ok(Rates { published: rate(publishing), delivered: rate(delivering) })
}

/// The number of an event stands where a call's name would.
fn event(number: usize, keys: usize) -> NewEvent {
    let body = TranscriptFinalized { call: number.to_string(), transcript: String::new() };
    NewEvent {
        workspace: WORKSPACE.to_owned(),
        ordering_key: (number % keys).to_string(),
        body: Body::TranscriptFinalized(body),
    }
}

/// Waits until the consumer has all of them and the producer knows it.
async fn all_delivered(db: &Db, applied: &Applied) -> anyhow::Result<()> {
    applied.count.subscribe().wait_for(|count| *count >= EVENTS).await?;
    while Entity::find().filter(Column::State.eq(State::Delivered)).count(db.conn()).await? < EVENTS as u64 {
        tokio::time::sleep(PAUSE).await;
    }
    Ok(())
}

/// Each event must have taken effect once, and those of a key in the order they were published.
fn check(applied: &[usize], keys: usize) -> anyhow::Result<()> {
    let mut times = vec![0_u32; EVENTS];
    let mut last = BTreeMap::new();
    for number in applied {
        *times.get_mut(*number).with_context(|| format!("event {number} was never published"))? += 1;
        if let Some(before) = last.insert(number % keys, number) {
            ensure!(before <= number, "event {number} took effect after {before} of the same key");
        }
    }
    let of = |wrong: fn(u32) -> bool| times.iter().filter(|times| wrong(**times)).count();
    let (missing, doubled) = (of(|times| times == 0), of(|times| times > 1));
    ensure!((missing, doubled) == (0, 0), "{missing} events are missing and {doubled} took effect more than once");
    Ok(())
}

/// A consumer that keeps the numbers of the events that took effect. Clones share them.
#[derive(Clone)]
struct Applied {
    db: Db,
    clock: Clock,
    numbers: Arc<Mutex<Vec<usize>>>,
    count: watch::Sender<usize>,
}

impl Applied {
    fn new(db: Db, clock: Clock) -> Self {
        Self { db, clock, numbers: Arc::default(), count: watch::Sender::new(0) }
    }

    fn all(&self) -> Vec<usize> {
        self.numbers.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

#[async_trait]
impl Consumer for Applied {
    async fn handle(&self, event: Event) -> Result<(), Error> {
        let Some(Body::TranscriptFinalized(body)) = &event.body else {
            return Err(Error::invalid_field("event.body", "is not of interest"));
        };
        let number = body.call.parse().map_err(Error::internal)?;
        let tx = self.db.begin().await?;
        let first = inbox::first_delivery(&tx, CONSUMER, &event.id, self.clock.now()).await?;
        tx.commit().await?;
        if first {
            self.numbers.lock().unwrap_or_else(PoisonError::into_inner).push(number);
            self.count.send_modify(|count| *count += 1);
        }
        Ok(())
    }
}

/// The consumer behind the layers that every service has; the address to reach it.
async fn serve(
    issuer: &DevIssuer,
    applied: Applied,
    stop: &CancellationToken,
    tasks: &mut JoinSet<Result<(), tonic::transport::Error>>,
) -> anyhow::Result<String> {
    let config = AuthConfig::development(issuer, vec![WORKSPACE.to_owned()]);
    let verifier = Arc::new(Verifier::open(config, applied.clock.clone())?);
    let methods = Arc::new(Methods::from_pool(throughline_proto::descriptors()?, None)?);
    let listener = TcpListener::bind(("127.0.0.1", 0)).await?;
    let url = format!("http://{}", listener.local_addr()?);
    let server = Server::builder()
        .layer(TraceLayer::new(CONSUMER))
        .layer(AuthLayer::new(verifier, methods))
        .layer(DeadlineLayer)
        .add_service(Sink::server(applied))
        .serve_with_incoming_shutdown(
            TcpIncoming::from(listener).with_nodelay(Some(true)),
            stop.clone().cancelled_owned(),
        );
    tasks.spawn(server);
    Ok(url)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_missing_a_doubled_and_an_overtaken_event_are_wrong() {
        let all: Vec<usize> = (0..EVENTS).collect();
        assert!(check(&all, 1).is_ok());
        assert!(check(&all[1..], 100).is_err());
        assert!(check(&[&all[..], &all[7..8]].concat(), EVENTS).is_err());
        let mut swapped = all;
        swapped.swap(3, 4);
        assert!(check(&swapped, 1).is_err());
        assert!(check(&swapped, 2).is_ok());
    }
}
