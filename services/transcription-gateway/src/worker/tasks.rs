//! Tasks that must end well even if the caller goes away: a live stream whose connection breaks still has a transcript
//! to write. They are owned and awaited here.

use std::future::Future;
use std::pin::Pin;

use throughline_rpc::{Error, Reason};
use tokio::sync::mpsc;
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

type Task = Pin<Box<dyn Future<Output = ()> + Send>>;

/// Hands tasks to the worker.
#[derive(Clone, Debug)]
pub struct Tasks(mpsc::Sender<Task>);

/// The worker that runs them.
#[derive(Debug)]
pub struct TaskRunner(mpsc::Receiver<Task>);

/// A worker and the handle to it.
pub fn channel() -> (Tasks, TaskRunner) {
    let (sender, receiver) = mpsc::channel(16);
    (Tasks(sender), TaskRunner(receiver))
}

impl Tasks {
    /// Runs a task to its end.
    pub async fn run(&self, task: impl Future<Output = ()> + Send + 'static) -> Result<(), Error> {
        let stopping = |_| Error::unavailable(Reason::Draining, "the service is stopping; open a new connection");
        self.0.send(Box::pin(task)).await.map_err(stopping)
    }
}

impl TaskRunner {
    /// Runs tasks until `shutdown`, then waits for those that are left.
    pub async fn run(self, shutdown: CancellationToken) {
        let Self(mut incoming) = self;
        let mut running = JoinSet::new();
        loop {
            tokio::select! {
                Some(task) = incoming.recv() => {
                    running.spawn(task);
                }
                Some(ended) = running.join_next(), if !running.is_empty() => report(ended),
                () = shutdown.cancelled() => break,
            }
        }
        incoming.close();
        while let Some(task) = incoming.recv().await {
            running.spawn(task);
        }
        while let Some(ended) = running.join_next().await {
            report(ended);
        }
    }
}

fn report(ended: Result<(), tokio::task::JoinError>) {
    if let Err(error) = ended {
        tracing::error!(%error, "a task ended with a panic");
    }
}
