//! One engine as the router asks it: with a bounded queue, a deadline, a breaker, and what is measured.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use chrono::{DateTime, Utc};
use throughline_rpc::Clock;
use tokio::sync::{Semaphore, SemaphorePermit};
use tokio::time::{Instant, timeout};
use tracing::Instrument as _;
use tracing::field::Empty;

use super::breaker::{Breaker, Limits, Pass, State};
use super::metrics::{Labels, Metrics, Outcome};
use crate::domain::engine::{BUILT_IN, Spec};
use crate::engine::{Capabilities, EngineError, Recognition, Request, SpeechEngine, Urgency};

/// When to come again to an engine whose queue is full.
const BUSY_RETRY: Duration = Duration::from_secs(1);
/// Most characters of an engine's error that are kept.
const MAX_ERROR: usize = 500;

/// An engine and its health in this process.
pub struct Gate {
    id: String,
    engine: Result<Arc<dyn SpeechEngine>, EngineError>,
    /// None for engines in this process, which have a queue and a pace of their own.
    remote: Option<Remote>,
    kind: &'static str,
    clock: Clock,
    metrics: Metrics,
    labels: Labels,
    inner: Mutex<Inner>,
}

/// What bounds a server elsewhere.
struct Remote {
    running: Semaphore,
    /// Those that run and those that wait.
    places: Semaphore,
    deadline: Duration,
}

struct Inner {
    breaker: Breaker,
    in_flight: u32,
    queued: u32,
    last_error: String,
    shown: State,
    since: Option<DateTime<Utc>>,
}

/// How an engine is doing.
#[derive(Debug, Clone, PartialEq)]
pub struct Health {
    /// None where it can't be set up.
    pub state: Option<State>,
    pub since: Option<DateTime<Utc>>,
    pub last_error: String,
    pub real_time_factor: Option<f64>,
    pub in_flight: u32,
    pub queued: u32,
}

impl Gate {
    /// In front of an engine, or of the reason why there is none.
    pub fn new(
        (workspace, id): (&str, &str),
        spec: &Spec,
        engine: Result<Arc<dyn SpeechEngine>, EngineError>,
        limits: Limits,
        (clock, metrics): (Clock, Metrics),
    ) -> Self {
        let running = usize::from(spec.max_concurrent.max(1));
        let remote = spec.kind.is_remote().then(|| Remote {
            running: Semaphore::new(running),
            places: Semaphore::new(running * 2),
            deadline: spec.timeout(),
        });
        let last_error = engine.as_ref().err().map(ToString::to_string).unwrap_or_default();
        let inner = Inner {
            breaker: Breaker::new(limits),
            in_flight: 0,
            queued: 0,
            last_error,
            shown: State::Unknown,
            since: None,
        };
        let kind = spec.kind.label();
        let labels = Labels::new(workspace, id, kind);
        Self { id: id.to_owned(), engine, remote, kind, clock, metrics, labels, inner: Mutex::new(inner) }
    }

    /// Its id.
    pub fn id(&self) -> &str {
        &self.id
    }

    /// Its name as it stands in a transcript.
    pub fn name(&self) -> String {
        match &self.engine {
            Ok(engine) if self.id == BUILT_IN => engine.name().into_owned(),
            Ok(engine) => format!("{} ({})", self.id, engine.name()),
            Err(_) => self.id.clone(),
        }
    }

    /// What it can do; `None` where it can't be set up.
    pub fn capabilities(&self) -> Option<Capabilities> {
        self.engine.as_ref().ok().map(|engine| engine.capabilities())
    }

    /// Makes it ready.
    pub async fn prepare(&self) -> Result<(), EngineError> {
        let result = match &self.engine {
            Ok(engine) => engine.prepare().await,
            Err(error) => Err(error.clone()),
        };
        if let Err(error) = &result {
            self.lock().last_error = text_of(error);
        }
        result
    }

    /// Whether a segment would be taken at once.
    pub fn has_room(&self, urgency: Urgency) -> bool {
        let free = self.remote.as_ref().is_none_or(|remote| remote.running.available_permits() > 0);
        let engine = self.engine.as_ref().is_ok_and(|engine| urgency == Urgency::Recording || engine.has_room());
        free && engine && self.is_away().is_none()
    }

    /// Asks the engine, waiting in its queue at most for `patience`.
    pub async fn recognise(&self, request: Request, patience: Duration) -> Result<Recognition, EngineError> {
        let engine = match &self.engine {
            Ok(engine) => engine,
            Err(error) => return Err(error.clone()),
        };
        // Nobody queues up for an engine that is away.
        self.is_away().map_or(Ok(()), Err)?;
        let room = self.room(request.urgency, patience).await?;
        let pass = self.lock().breaker.admit(Instant::now()).map_err(|wait| self.away(wait))?;
        let audio = Duration::from_millis(request.audio_ms());
        let span = tracing::debug_span!(
            "recognise",
            throughline.engine = self.id,
            throughline.engine.kind = self.kind,
            audio_ms = request.audio_ms(),
            outcome = Empty,
        );
        let trial = Trial::begin(self, pass, audio);
        let asked = engine.recognise(request).instrument(span.clone());
        let result = match &self.remote {
            None => asked.await,
            Some(remote) => timeout(remote.deadline, asked).await.unwrap_or_else(|_| {
                Err(EngineError::unavailable(format!("no answer within {} ms", remote.deadline.as_millis())))
            }),
        };
        drop(room);
        span.record("outcome", Outcome::of(&result).name());
        trial.end(&result);
        result
    }

    /// Room in front of the engine; a guess takes what is free or nothing.
    async fn room(
        &self,
        urgency: Urgency,
        patience: Duration,
    ) -> Result<Option<(SemaphorePermit<'_>, SemaphorePermit<'_>)>, EngineError> {
        let Some(Remote { running, places, deadline: _ }) = &self.remote else { return Ok(None) };
        let busy = || EngineError::Busy { retry_after: BUSY_RETRY };
        let turned_away = |error| {
            self.metrics.turned_away(&self.labels);
            error
        };
        let place = places.try_acquire().map_err(|_| turned_away(busy()))?;
        if let Ok(permit) = running.try_acquire() {
            return Ok(Some((place, permit)));
        }
        if urgency == Urgency::Partial || patience.is_zero() {
            return Err(turned_away(busy()));
        }
        let _waiting = Waiting::begin(self);
        match timeout(patience, running.acquire()).await {
            Ok(Ok(permit)) => Ok(Some((place, permit))),
            _ => Err(turned_away(busy())),
        }
    }

    /// Why it would not be asked now, whatever its queue.
    pub fn is_away(&self) -> Option<EngineError> {
        let wait = self.lock().breaker.wait(Instant::now())?;
        Some(self.away(wait))
    }

    fn away(&self, wait: Duration) -> EngineError {
        let cause = format!("{} failed repeatedly and is left alone for now", self.id);
        EngineError::Unavailable { cause, retry_after: Some(wait) }
    }

    /// Another engine recognised what this one did not.
    pub fn helped_out(&self) {
        self.metrics.failed_over(&self.labels);
    }

    /// How it is doing.
    pub fn health(&self) -> Health {
        let mut inner = self.lock();
        let now = Instant::now();
        self.show(&mut inner, now);
        Health {
            state: self.engine.is_ok().then_some(inner.shown),
            since: inner.since,
            last_error: inner.last_error.clone(),
            real_time_factor: inner.breaker.real_time_factor(now),
            in_flight: inner.in_flight,
            queued: inner.queued,
        }
    }

    /// Reports what dashboards show.
    pub fn measure(&self) {
        let health = self.health();
        self.metrics.measure(&self.labels, &health);
    }

    /// Ends an engine that is no longer declared.
    pub async fn stop(&self) {
        self.metrics.gone(&self.labels);
        if let Ok(engine) = &self.engine {
            engine.stop().await;
        }
    }

    fn show(&self, inner: &mut Inner, now: Instant) {
        let state = inner.breaker.state(now);
        if state != inner.shown {
            if state == State::Open {
                tracing::warn!(
                    engine = self.id,
                    error = inner.last_error,
                    "a speech engine keeps failing and is left alone"
                );
            } else if inner.shown == State::Open {
                tracing::info!(engine = self.id, "a speech engine answers again");
            }
            inner.shown = state;
            inner.since = (state != State::Unknown).then(|| self.clock.now());
        }
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Inner> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn text_of(error: &EngineError) -> String {
    error.to_string().chars().take(MAX_ERROR).collect()
}

/// A segment that waits for the engine.
struct Waiting<'a>(&'a Gate);

impl<'a> Waiting<'a> {
    fn begin(gate: &'a Gate) -> Self {
        gate.lock().queued += 1;
        Self(gate)
    }
}

impl Drop for Waiting<'_> {
    fn drop(&mut self) {
        let mut inner = self.0.lock();
        inner.queued = inner.queued.saturating_sub(1);
    }
}

/// A segment that the engine is at. Dropped without an end it was given up by whoever asked.
struct Trial<'a> {
    gate: &'a Gate,
    pass: Option<Pass>,
    begun: Instant,
    audio: Duration,
}

impl<'a> Trial<'a> {
    fn begin(gate: &'a Gate, pass: Pass, audio: Duration) -> Self {
        gate.lock().in_flight += 1;
        Self { gate, pass: Some(pass), begun: Instant::now(), audio }
    }

    fn end(mut self, result: &Result<Recognition, EngineError>) {
        let Some(pass) = self.pass.take() else { return };
        let Self { gate, begun, audio, .. } = &self;
        let now = Instant::now();
        let took = now - *begun;
        let mut inner = gate.lock();
        match result {
            Ok(_) => inner.breaker.succeeded(pass, now, took, *audio),
            Err(error) => {
                inner.last_error = text_of(error);
                if error.is_a_fault() {
                    inner.breaker.failed(pass, now, error.retry_after());
                } else {
                    inner.breaker.given_up(pass, now);
                }
            }
        }
        gate.show(&mut inner, now);
        drop(inner);
        gate.metrics.asked(&gate.labels, Outcome::of(result), took, *audio);
    }
}

impl Drop for Trial<'_> {
    fn drop(&mut self) {
        let now = Instant::now();
        let mut inner = self.gate.lock();
        inner.in_flight = inner.in_flight.saturating_sub(1);
        if let Some(pass) = self.pass.take() {
            inner.breaker.given_up(pass, now);
            drop(inner);
            self.gate.metrics.asked(&self.gate.labels, Outcome::GivenUp, now - self.begun, self.audio);
        }
    }
}
