//! The plain listener for what can't speak TLS or has no token: health for probes, metrics for Prometheus.

use axum::http::{StatusCode, header};
use axum::response::IntoResponse;
use axum::routing::get;
use tokio::net::TcpListener;
use tokio_util::task::AbortOnDropHandle;
use tonic::service::Routes;
use tonic::transport::Server;
use tonic::transport::server::TcpIncoming;

use crate::health::Health;
use crate::telemetry;

/// Serves until the handle is dropped: probes are answered until the very end.
pub fn serve(listener: TcpListener, health: &Health) -> AbortOnDropHandle<()> {
    let router = Routes::new(health.server()).into_axum_router().route("/metrics", get(metrics));
    let server = Server::builder().accept_http1(true).add_routes(Routes::from(router));
    #[expect(clippy::disallowed_methods, reason = "the handle ends it with the service")]
    let task = tokio::task::spawn(async move {
        if let Err(error) = server.serve_with_incoming(TcpIncoming::from(listener)).await {
            tracing::error!(%error, "the admin listener has ended");
        }
    });
    AbortOnDropHandle::new(task)
}

async fn metrics() -> impl IntoResponse {
    match telemetry::metrics() {
        Ok(text) => (StatusCode::OK, [(header::CONTENT_TYPE, "text/plain; version=0.0.4; charset=utf-8")], text),
        Err(cause) => (StatusCode::SERVICE_UNAVAILABLE, [(header::CONTENT_TYPE, "text/plain; charset=utf-8")], cause),
    }
}
