//! What dashboards show of engines: rate, errors and duration of what they are asked, and how they are doing.

use std::sync::Arc;
use std::time::Duration;

use opentelemetry::metrics::{Counter, Gauge, Histogram};
use opentelemetry::{KeyValue, global};

use super::breaker::State;
use super::gate::Health;
use crate::engine::{EngineError, Recognition};

/// Seconds: a short segment on a quick engine takes 50 ms, one at its deadline 10 s and more.
const SECONDS: [f64; 12] = [0.025, 0.05, 0.1, 0.2, 0.4, 0.8, 1.5, 3.0, 6.0, 12.0, 30.0, 60.0];
/// Time over length of sound.
const FACTORS: [f64; 12] = [0.01, 0.02, 0.04, 0.08, 0.15, 0.25, 0.4, 0.6, 0.8, 1.0, 2.0, 5.0];

/// The instruments; cheap to clone.
#[derive(Debug, Clone)]
pub struct Metrics(Arc<Instruments>);

#[derive(Debug)]
struct Instruments {
    duration: Histogram<f64>,
    real_time_factor: Histogram<f64>,
    turned_away: Counter<u64>,
    failovers: Counter<u64>,
    in_flight: Gauge<u64>,
    queued: Gauge<u64>,
    breaker: Gauge<u64>,
}

/// What became of a segment at an engine.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    Ok,
    Missing,
    Busy,
    Unavailable,
    Rejected,
    Stopped,
    Failed,
    /// Whoever asked went away.
    GivenUp,
}

impl Outcome {
    /// Of an answer.
    pub fn of(result: &Result<Recognition, EngineError>) -> Self {
        match result {
            Ok(_) => Self::Ok,
            Err(EngineError::Missing(_) | EngineError::Unserved(_)) => Self::Missing,
            Err(EngineError::Busy { .. }) => Self::Busy,
            Err(EngineError::Unavailable { .. }) => Self::Unavailable,
            Err(EngineError::Rejected(_)) => Self::Rejected,
            Err(EngineError::Stopped) => Self::Stopped,
            Err(EngineError::Failed(_)) => Self::Failed,
        }
    }

    /// As metrics and traces name it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Ok => "ok",
            Self::Missing => "missing",
            Self::Busy => "busy",
            Self::Unavailable => "unavailable",
            Self::Rejected => "rejected",
            Self::Stopped => "stopped",
            Self::Failed => "failed",
            Self::GivenUp => "given_up",
        }
    }
}

impl Metrics {
    /// Of the meter provider that is set by now.
    pub fn new() -> Self {
        let meter = global::meter("throughline");
        Self(Arc::new(Instruments {
            duration: meter
                .f64_histogram("throughline.speech.recognise.duration")
                .with_unit("s")
                .with_description("Time of a speech engine for one segment, its queue included; by engine and outcome.")
                .with_boundaries(SECONDS.to_vec())
                .build(),
            real_time_factor: meter
                .f64_histogram("throughline.speech.real_time_factor")
                .with_description("Time of a speech engine for a segment over the length of its sound.")
                .with_boundaries(FACTORS.to_vec())
                .build(),
            turned_away: meter
                .u64_counter("throughline.speech.turned_away")
                .with_description("Segments that found the queue of an engine full.")
                .build(),
            failovers: meter
                .u64_counter("throughline.speech.failovers")
                .with_description("Segments that another engine recognised after this one did not.")
                .build(),
            in_flight: meter
                .u64_gauge("throughline.speech.in_flight")
                .with_description("Segments that an engine is at.")
                .build(),
            queued: meter
                .u64_gauge("throughline.speech.queue.depth")
                .with_description("Segments that wait for an engine.")
                .build(),
            breaker: meter
                .u64_gauge("throughline.speech.breaker.state")
                .with_description("0 not asked lately, 1 healthy, 2 degraded, 3 left alone, 4 can't be set up.")
                .build(),
        }))
    }

    /// An engine was asked.
    pub fn asked(&self, of: &Labels, outcome: Outcome, took: Duration, audio: Duration) {
        if outcome == Outcome::Ok && !audio.is_zero() {
            self.0.real_time_factor.record(took.as_secs_f64() / audio.as_secs_f64(), &of.0);
        }
        let [workspace, engine, kind] = of.0.clone();
        let attributes = [workspace, engine, kind, KeyValue::new("outcome", outcome.name())];
        self.0.duration.record(took.as_secs_f64(), &attributes);
    }

    /// A segment found no room.
    pub fn turned_away(&self, of: &Labels) {
        self.0.turned_away.add(1, &of.0);
    }

    /// Another engine helped out.
    pub fn failed_over(&self, from: &Labels) {
        self.0.failovers.add(1, &from.0);
    }

    /// Where an engine stands.
    pub fn measure(&self, of: &Labels, health: &Health) {
        let state = match health.state {
            Some(State::Unknown) => 0,
            Some(State::Healthy) => 1,
            Some(State::Degraded) => 2,
            Some(State::Open) => 3,
            None => 4,
        };
        self.0.in_flight.record(health.in_flight.into(), &of.0);
        self.0.queued.record(health.queued.into(), &of.0);
        self.0.breaker.record(state, &of.0);
    }

    /// An engine is no longer declared: it must not be shown for ever as it was last.
    pub fn gone(&self, of: &Labels) {
        for gauge in [&self.0.in_flight, &self.0.queued, &self.0.breaker] {
            gauge.record(0, &of.0);
        }
    }
}

impl Default for Metrics {
    fn default() -> Self {
        Self::new()
    }
}

/// What tells an engine from others. How many there are is bounded by what administrators declare.
#[derive(Debug, Clone)]
pub struct Labels([KeyValue; 3]);

impl Labels {
    /// Of an engine; `workspace` is empty for the one that all share.
    pub fn new(workspace: &str, engine: &str, kind: &'static str) -> Self {
        Self([
            KeyValue::new("workspace", workspace.to_owned()),
            KeyValue::new("engine", engine.to_owned()),
            KeyValue::new("kind", kind),
        ])
    }
}
