//! What probes and load balancers are told: `liveness` while the process lives, the empty name and each service while it
//! is ready.

use std::sync::Arc;

use tonic_health::ServingStatus;
use tonic_health::pb::health_server::HealthServer;
use tonic_health::server::{HealthReporter, HealthService};

/// Depends on nothing but the process.
const LIVENESS: &str = "liveness";

/// The health of a server, on all of its listeners.
#[derive(Clone)]
pub struct Health {
    reporter: HealthReporter,
    /// The empty name stands for the whole server.
    names: Arc<[&'static str]>,
}

impl Health {
    /// Alive and not ready.
    pub async fn new(services: &[&'static str]) -> Self {
        let names = std::iter::once("").chain(services.iter().copied()).collect();
        let health = Self { reporter: HealthReporter::new(), names };
        health.reporter.set_service_status(LIVENESS, ServingStatus::Serving).await;
        health.set_ready(false).await;
        health
    }

    /// Says whether it is ready, under every name.
    pub async fn set_ready(&self, ready: bool) {
        let status = if ready { ServingStatus::Serving } else { ServingStatus::NotServing };
        for name in self.names.iter() {
            self.reporter.set_service_status(name, status).await;
        }
    }

    pub(crate) fn server(&self) -> HealthServer<HealthService> {
        HealthServer::new(HealthService::from_health_reporter(self.reporter.clone()))
    }
}
