//! Looks again at calls without a deal when records came, and once after the start, in case the process ended in between.

use tokio_util::sync::CancellationToken;

use crate::crm::Crm;

/// The worker that looks again.
pub struct Revisits {
    crm: Crm,
    workspaces: Vec<String>,
}

impl Revisits {
    /// A worker for these workspaces.
    pub fn new(crm: Crm, workspaces: Vec<String>) -> Self {
        Self { crm, workspaces }
    }

    /// Looks again whenever records came, until `shutdown`.
    pub async fn run(self, shutdown: CancellationToken) {
        loop {
            for workspace in &self.workspaces {
                let revisited = tokio::select! {
                    () = shutdown.cancelled() => return,
                    revisited = self.crm.revisit(workspace) => revisited,
                };
                if let Err(error) = revisited {
                    tracing::warn!(workspace, %error, "calls without a deal wait for the next import");
                }
            }
            tokio::select! {
                () = shutdown.cancelled() => return,
                () = self.crm.records_came() => {}
            }
        }
    }
}
