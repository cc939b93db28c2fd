//! Which engine recognises a segment: by workspace, language and mode, in order of priority, and the next one when that
//! is away, full or failing.
//!
//! Owns: the engines of this process, their health, and failover. Health is a matter of each process: a replica may reach
//! a server that another one doesn't. Does not own: what is declared (see `store::engines`), which it is given anew at
//! every change.

mod breaker;
mod gate;
mod metrics;
mod session;
mod table;

use std::sync::{Arc, Mutex, PoisonError, RwLock};
use std::time::Duration;

use throughline_rpc::Clock;
use tokio::sync::Notify;
use tokio_util::sync::CancellationToken;

pub use breaker::{Limits, State};
pub use gate::{Gate, Health};
pub use session::{Ask, Session};
pub use table::Declared;

use super::{EngineError, SpeechEngine, Urgency, moonshine};
use crate::domain::engine::{BUILT_IN, Spec};
use metrics::Metrics;
use table::{Making, Table};

/// Makes the engine of a declaration of a workspace.
pub type Builder = Box<dyn Fn(&str, &Spec) -> Result<Arc<dyn SpeechEngine>, EngineError> + Send + Sync>;

/// How the router decides.
#[derive(Debug, Clone, Copy)]
pub struct Settings {
    pub breaker: Limits,
    /// How long a finished live segment is tried before its stream is ended.
    pub live_patience: Duration,
    /// How long a segment of a recording is tried before the recording is put off.
    pub recording_patience: Duration,
}

/// The engines of this process.
pub struct Router {
    settings: Settings,
    clock: Clock,
    metrics: Metrics,
    builder: Builder,
    /// The engine that every workspace has; shared, as its recognisers are.
    built_in: Arc<Gate>,
    table: RwLock<Arc<Table>>,
    /// No longer declared, but perhaps still at a segment.
    retired: Mutex<Vec<Arc<Gate>>>,
    changed: Notify,
    /// Held while what is declared is read and taken: what was read later is taken later.
    loading: tokio::sync::Mutex<()>,
}

impl std::fmt::Debug for Router {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Router").field("settings", &self.settings).finish_non_exhaustive()
    }
}

impl Router {
    /// A router that knows only the engine that every workspace has.
    pub fn new(settings: Settings, builder: Builder, clock: Clock) -> Self {
        let metrics = Metrics::new();
        let spec = built_in();
        let made = (clock.clone(), metrics.clone());
        let gate = Arc::new(Gate::new(("", BUILT_IN), &spec, builder("", &spec), settings.breaker, made));
        Self {
            settings,
            clock,
            metrics,
            builder,
            built_in: gate,
            table: RwLock::default(),
            retired: Mutex::default(),
            changed: Notify::new(),
            loading: tokio::sync::Mutex::default(),
        }
    }

    /// Takes what `load` reads. One that was begun earlier is waited for, so that nothing older is taken after it.
    ///
    /// # Errors
    /// That of `load`; nothing has changed then.
    pub async fn reload<F, E>(&self, load: impl FnOnce() -> F) -> Result<(), E>
    where
        F: Future<Output = Result<Vec<Declared>, E>>,
    {
        let _turn = self.loading.lock().await;
        self.declare(load().await?);
        Ok(())
    }

    /// Takes what is declared now, all of it. Engines whose declaration did not change in what they are keep their
    /// health.
    pub fn declare(&self, declared: Vec<Declared>) {
        let made = || (self.clock.clone(), self.metrics.clone());
        let making = Making { limits: self.settings.breaker, builder: &self.builder, made: &made };
        let mut table = self.table.write().unwrap_or_else(PoisonError::into_inner);
        let Some((next, retired)) = table.next(declared, &making) else { return };
        *table = Arc::new(next);
        drop(table);
        self.retired.lock().unwrap_or_else(PoisonError::into_inner).extend(retired);
        self.changed.notify_waiters();
    }

    /// The engine of a declaration, to look at. One that is not in use here yet is as it would be.
    pub fn look(&self, workspace: &str, id: &str, spec: &Spec) -> Arc<Gate> {
        if let Some(entry) = self.table().get(workspace, id).filter(|entry| table::is_same_engine(&entry.spec, spec)) {
            return Arc::clone(&entry.gate);
        }
        if id == BUILT_IN && *spec == built_in() {
            return Arc::clone(&self.built_in);
        }
        let made = (self.clock.clone(), self.metrics.clone());
        Arc::new(Gate::new((workspace, id), spec, (self.builder)(workspace, spec), self.settings.breaker, made))
    }

    /// All engines for one recording or stream, as one.
    pub fn session(self: &Arc<Self>, ask: Ask) -> Arc<Session> {
        Arc::new(Session::new(Arc::clone(self), ask))
    }

    /// Reports what dashboards show and ends engines that nobody uses any more.
    pub async fn tend(&self) {
        self.gates().iter().for_each(|gate| gate.measure());
        let unused: Vec<Arc<Gate>> = {
            let mut retired = self.retired.lock().unwrap_or_else(PoisonError::into_inner);
            retired.extract_if(.., |gate| Arc::strong_count(gate) == 1).collect()
        };
        for gate in unused {
            gate.stop().await;
        }
    }

    /// Calls `load` for what is declared every `interval` and tends the engines, until `shutdown`.
    pub async fn run<F, E>(&self, interval: Duration, mut load: impl FnMut() -> F, shutdown: CancellationToken)
    where
        F: Future<Output = Result<Vec<Declared>, E>>,
        E: std::fmt::Display,
    {
        loop {
            if let Err(error) = self.reload(&mut load).await {
                tracing::warn!(%error, "changes of speech engines are looked for again later");
            }
            self.tend().await;
            tokio::select! {
                () = shutdown.cancelled() => return,
                () = tokio::time::sleep(interval) => {}
            }
        }
    }

    /// Ends all engines, after the work at hand.
    pub async fn stop(&self) {
        let mut gates = self.gates();
        gates.append(&mut self.retired.lock().unwrap_or_else(PoisonError::into_inner));
        for gate in gates {
            gate.stop().await;
        }
    }

    fn gates(&self) -> Vec<Arc<Gate>> {
        let table = self.table();
        table.gates().chain([&self.built_in]).map(Arc::clone).collect()
    }

    fn table(&self) -> Arc<Table> {
        Arc::clone(&self.table.read().unwrap_or_else(PoisonError::into_inner))
    }

    fn patience(&self, urgency: Urgency) -> Duration {
        match urgency {
            Urgency::Live => self.settings.live_patience,
            Urgency::Recording => self.settings.recording_patience,
            Urgency::Partial => Duration::ZERO,
        }
    }
}

/// The engine that every workspace has.
pub fn built_in() -> Spec {
    Spec::built_in(moonshine::NAME)
}

#[cfg(test)]
mod tests;
