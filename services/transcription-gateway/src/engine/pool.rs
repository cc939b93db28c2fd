//! Recognisers in this process: a bounded queue and the threads that empty it, one recogniser each, loaded when its
//! thread first has work.

use std::marker::PhantomData;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use tokio::sync::{OnceCell, oneshot};
use tokio::task::spawn_blocking;
use tracing::{Span, debug_span, error};

use super::queue::{Job, Queue};
use super::{EngineError, Recognition, Request, Urgency};

/// Recognises, on a thread of its own.
pub(super) trait Recogniser: Sized + 'static {
    /// What the recognisers of one pool share.
    type Weights: Send + Sync + 'static;

    /// Loads what is one recogniser's own.
    fn load(weights: &Arc<Self::Weights>) -> Result<Self, EngineError>;

    /// Recognises one segment; blocks.
    fn recognise(&mut self, request: &Request) -> Result<Recognition, EngineError>;
}

/// How much a pool does at a time.
#[derive(Debug, Clone, Copy)]
pub(super) struct Size {
    /// Recognisers, each with its thread.
    pub workers: usize,
    /// Finished live segments that may wait.
    pub queue: usize,
    /// How long a finished live segment waits for room.
    pub wait: Duration,
}

/// The queue and its threads. Nothing is loaded before it is first needed, so that a gateway that only imports
/// transcripts needs no model, and a model that is pulled later is found without a restart.
pub(super) struct Pool<R: Recogniser> {
    size: Size,
    queue: Arc<Queue>,
    threads: OnceCell<Mutex<Vec<JoinHandle<()>>>>,
    recogniser: PhantomData<fn() -> R>,
}

impl<R: Recogniser> Pool<R> {
    pub fn new(size: Size) -> Self {
        let queue = Arc::new(Queue::new(size.queue, size.workers.max(1)));
        Self { size, queue, threads: OnceCell::new(), recogniser: PhantomData }
    }

    /// Loads the weights and starts the threads, the first time.
    pub async fn prepare(
        &self,
        weights: impl FnOnce() -> Result<R::Weights, EngineError> + Send + 'static,
    ) -> Result<(), EngineError> {
        let load = || async {
            let (queue, workers) = (Arc::clone(&self.queue), self.size.workers.max(1));
            spawn_blocking(move || start::<R>(workers, &queue, &Arc::new(weights()?)))
                .await
                .unwrap_or_else(|e| Err(EngineError::Failed(e.to_string())))
                .map(Mutex::new)
        };
        self.threads.get_or_try_init(load).await.map(|_| ())
    }

    /// Recognises once there is room. The pool must be prepared.
    pub async fn recognise(&self, request: Request) -> Result<Recognition, EngineError> {
        let busy = || EngineError::Busy { retry_after: self.size.wait };
        let urgency = request.urgency;
        let lane = Arc::clone(self.queue.room(urgency));
        let room = match urgency {
            Urgency::Partial => lane.try_acquire_owned().map_err(|_| busy())?,
            Urgency::Recording => lane.acquire_owned().await.map_err(|_| EngineError::Stopped)?,
            Urgency::Live => tokio::time::timeout(self.size.wait, lane.acquire_owned())
                .await
                .map_err(|_| busy())?
                .map_err(|_| EngineError::Stopped)?,
        };
        let (reply, answer) = oneshot::channel();
        self.queue.push(Job { request, reply, _room: room });
        answer.await.unwrap_or(Err(EngineError::Stopped))
    }

    /// Whether a new live stream would find room.
    pub fn has_room(&self) -> bool {
        self.queue.room(Urgency::Live).available_permits() > 0
    }

    /// Ends the threads, after the work at hand.
    pub async fn stop(&self) {
        self.queue.close();
        let Some(threads) = self.threads.get() else { return };
        let threads = std::mem::take(&mut *threads.lock().unwrap_or_else(PoisonError::into_inner));
        let joined = spawn_blocking(move || threads.into_iter().all(|thread| thread.join().is_ok()));
        if !joined.await.unwrap_or(false) {
            error!("a recogniser thread ended with a panic");
        }
    }
}

/// Starts `workers` threads over `queue`. They end when it is closed.
fn start<R: Recogniser>(
    workers: usize,
    queue: &Arc<Queue>,
    weights: &Arc<R::Weights>,
) -> Result<Vec<JoinHandle<()>>, EngineError> {
    (0..workers)
        .map(|index| {
            let (queue, weights) = (Arc::clone(queue), Arc::clone(weights));
            thread::Builder::new()
                .name(format!("speech-{index}"))
                .spawn(move || work::<R>(&queue, &weights))
                .map_err(|e| EngineError::Failed(format!("no thread could be started: {e}")))
        })
        .collect()
}

fn work<R: Recogniser>(queue: &Queue, weights: &Arc<R::Weights>) {
    let mut recogniser = None;
    while let Some(Job { request, reply, _room }) = queue.pop() {
        // Whoever asked may have gone: a stream that broke off, a call that ran out of time.
        if reply.is_closed() {
            continue;
        }
        let span = debug_span!("recognise", audio_ms = request.audio_ms(), took_ms = tracing::field::Empty);
        let result = span.in_scope(|| recognise::<R>(&mut recogniser, weights, &request, &span));
        let _ = reply.send(result);
    }
}

fn recognise<R: Recogniser>(
    recogniser: &mut Option<R>,
    weights: &Arc<R::Weights>,
    request: &Request,
    span: &Span,
) -> Result<Recognition, EngineError> {
    let started = Instant::now();
    let mut current = match recogniser.take() {
        Some(current) => current,
        None => R::load(weights)?,
    };
    // A defect in the native library must not take the thread, and with it every later segment, down.
    let result = catch_unwind(AssertUnwindSafe(|| current.recognise(request)));
    span.record("took_ms", started.elapsed().as_millis());
    match result {
        Ok(result) => {
            *recogniser = Some(current);
            result
        }
        Err(_) => {
            error!("the recogniser broke down on a segment and is loaded anew");
            Err(EngineError::Failed("the recogniser broke down on this segment".to_owned()))
        }
    }
}
