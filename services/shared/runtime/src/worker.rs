//! Background loops, supervised: the first that fails stops the service.

use std::future::Future;
use std::pin::Pin;

use anyhow::Context as _;
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

type Run = Box<dyn FnOnce(CancellationToken) -> Pin<Box<dyn Future<Output = anyhow::Result<()>> + Send>> + Send>;

/// A background loop.
pub(crate) struct Worker {
    name: &'static str,
    run: Run,
}

impl Worker {
    pub(crate) fn new<F, Fut>(name: &'static str, run: F) -> Self
    where
        F: FnOnce(CancellationToken) -> Fut + Send + 'static,
        Fut: Future<Output = anyhow::Result<()>> + Send + 'static,
    {
        Self { name, run: Box::new(move |token| Box::pin(run(token))) }
    }
}

/// The running loops of a service.
pub(crate) struct Workers {
    set: JoinSet<anyhow::Result<()>>,
    token: CancellationToken,
}

impl Workers {
    pub(crate) fn start(workers: Vec<Worker>) -> Self {
        let token = CancellationToken::new();
        let mut set = JoinSet::new();
        for Worker { name, run } in workers {
            let loop_token = token.clone();
            let future = run(loop_token.clone());
            set.spawn(async move {
                future.await.with_context(|| format!("worker {name} failed"))?;
                anyhow::ensure!(loop_token.is_cancelled(), "worker {name} ended by itself");
                Ok(())
            });
        }
        Self { set, token }
    }

    /// Waits for the first failure; for ever when there is none.
    pub(crate) async fn failure(&mut self) -> anyhow::Error {
        loop {
            match self.set.join_next().await {
                Some(Ok(Ok(()))) => {}
                Some(Ok(Err(error))) => return error,
                Some(Err(error)) => return anyhow::Error::new(error).context("a worker panicked"),
                None => std::future::pending().await,
            }
        }
    }

    /// Tells every loop to end and waits for it.
    pub(crate) async fn stop(mut self) -> anyhow::Result<()> {
        self.token.cancel();
        let mut result = Ok(());
        while let Some(joined) = self.set.join_next().await {
            if let Err(error) = joined.map_err(anyhow::Error::new).flatten() {
                tracing::warn!(%error, "a worker did not end well");
                result = Err(error);
            }
        }
        result
    }
}
