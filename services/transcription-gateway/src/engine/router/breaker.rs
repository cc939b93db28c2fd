//! A circuit breaker: an engine that keeps failing is left alone, and tried again ever more rarely until it answers.
//!
//! Pure: it is told the time. It counts over a sliding window, so that an engine that fails now and then stays in use and
//! its segments go to another one, while one that is away is not waited for again and again.

use std::collections::VecDeque;
use std::time::Duration;

use tokio::time::Instant;

/// How a breaker decides.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// Failures in a row that open it.
    pub failures_in_a_row: usize,
    /// Age after which an outcome counts no more.
    pub window: Duration,
    /// How long it is open at first; doubled each time a probe fails.
    pub first_backoff: Duration,
    /// How long it is open at most.
    pub max_backoff: Duration,
}

/// Outcomes that are remembered at most.
const MAX_OUTCOMES: usize = 256;
/// Outcomes from which a share of failures says something.
const MIN_OUTCOMES: usize = 10;

/// One answer of an engine, or none.
#[derive(Debug, Clone, Copy)]
struct Outcome {
    at: Instant,
    failed: bool,
    took: Duration,
    audio: Duration,
}

/// Whether it lets work through.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Circuit {
    Closed,
    /// Until then nothing is let through; after it, one probe.
    Open {
        until: Instant,
        backoff: Duration,
    },
    /// A probe is under way.
    Probing {
        backoff: Duration,
    },
}

/// What is shown of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum State {
    /// Nothing in the window.
    Unknown,
    Healthy,
    /// Some fail.
    Degraded,
    /// Left alone, or being probed.
    Open,
}

/// Leave to send one segment; its outcome must be told.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Pass {
    probe: bool,
}

/// The breaker of one engine.
#[derive(Debug)]
pub struct Breaker {
    limits: Limits,
    circuit: Circuit,
    outcomes: VecDeque<Outcome>,
    in_a_row: usize,
}

impl Breaker {
    /// A closed one.
    pub fn new(limits: Limits) -> Self {
        Self { limits, circuit: Circuit::Closed, outcomes: VecDeque::new(), in_a_row: 0 }
    }

    /// Leave to send a segment, or how long to wait before asking again.
    pub fn admit(&mut self, now: Instant) -> Result<Pass, Duration> {
        if let Some(wait) = self.wait(now) {
            return Err(wait);
        }
        match self.circuit {
            Circuit::Open { backoff, .. } => {
                self.circuit = Circuit::Probing { backoff };
                Ok(Pass { probe: true })
            }
            Circuit::Closed | Circuit::Probing { .. } => Ok(Pass { probe: false }),
        }
    }

    /// How long to wait before [`admit`](Self::admit) lets something through; `None` if it would now.
    pub fn wait(&self, now: Instant) -> Option<Duration> {
        match self.circuit {
            Circuit::Closed => None,
            Circuit::Open { until, .. } => Some(until.saturating_duration_since(now)).filter(|wait| !wait.is_zero()),
            // How long the probe takes is not known.
            Circuit::Probing { .. } => Some(self.limits.first_backoff),
        }
    }

    /// The engine answered.
    pub fn succeeded(&mut self, pass: Pass, now: Instant, took: Duration, audio: Duration) {
        if pass.probe {
            self.circuit = Circuit::Closed;
            // What failed while it was away must not open it again at the first stumble.
            self.outcomes.clear();
        }
        self.in_a_row = 0;
        self.note(Outcome { at: now, failed: false, took, audio });
    }

    /// The engine failed. `retry_after` is when it asked to be tried again.
    pub fn failed(&mut self, pass: Pass, now: Instant, retry_after: Option<Duration>) {
        self.note(Outcome { at: now, failed: true, took: Duration::ZERO, audio: Duration::ZERO });
        self.in_a_row += 1;
        let backoff = match (pass.probe, self.circuit) {
            (true, Circuit::Probing { backoff }) => backoff.saturating_mul(2).min(self.limits.max_backoff),
            // Work that was let through before it opened says nothing new.
            (false, Circuit::Open { .. } | Circuit::Probing { .. }) => return,
            _ => self.limits.first_backoff,
        };
        let mostly_fails = self.outcomes.len() >= MIN_OUTCOMES && self.failures() * 4 >= self.outcomes.len() * 3;
        if pass.probe || retry_after.is_some() || mostly_fails || self.in_a_row >= self.limits.failures_in_a_row {
            let wait = retry_after.unwrap_or(backoff).clamp(backoff, self.limits.max_backoff);
            self.circuit = Circuit::Open { until: now + wait, backoff };
        }
    }

    /// The segment was given up by whoever asked, or the failure was none of the engine's health.
    pub fn given_up(&mut self, pass: Pass, now: Instant) {
        if let (true, Circuit::Probing { backoff }) = (pass.probe, self.circuit) {
            // The next one is the probe.
            self.circuit = Circuit::Open { until: now, backoff };
        }
    }

    /// What is shown of it.
    pub fn state(&mut self, now: Instant) -> State {
        self.forget(now);
        match (self.circuit, self.outcomes.len(), self.failures()) {
            (Circuit::Open { .. } | Circuit::Probing { .. }, ..) => State::Open,
            (Circuit::Closed, 0, _) => State::Unknown,
            // One in twenty: what a network loses now and then is no reason to look.
            (Circuit::Closed, all, failed) if failed * 20 > all => State::Degraded,
            (Circuit::Closed, ..) => State::Healthy,
        }
    }

    /// Time taken over length of sound in the window; `None` where nothing was answered.
    pub fn real_time_factor(&mut self, now: Instant) -> Option<f64> {
        self.forget(now);
        let answered = self.outcomes.iter().filter(|outcome| !outcome.failed);
        let (took, audio) = answered.fold((Duration::ZERO, Duration::ZERO), |(took, audio), outcome| {
            (took + outcome.took, audio + outcome.audio)
        });
        (!audio.is_zero()).then(|| took.as_secs_f64() / audio.as_secs_f64())
    }

    fn failures(&self) -> usize {
        self.outcomes.iter().filter(|outcome| outcome.failed).count()
    }

    fn note(&mut self, outcome: Outcome) {
        self.forget(outcome.at);
        if self.outcomes.len() == MAX_OUTCOMES {
            self.outcomes.pop_front();
        }
        self.outcomes.push_back(outcome);
    }

    fn forget(&mut self, now: Instant) {
        let window = self.limits.window;
        let old = |outcome: &Outcome| now.saturating_duration_since(outcome.at) > window;
        while self.outcomes.front().is_some_and(old) {
            self.outcomes.pop_front();
        }
    }
}

#[cfg(test)]
#[path = "breaker_tests.rs"]
mod tests;
