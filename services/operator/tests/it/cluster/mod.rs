//! Against a real API server, as the ServiceAccount of the operator with its role and nothing more. Skipped, with a
//! message, where the binaries are missing: `etcd`, `kube-apiserver` and `kubectl` are looked for in the folder that
//! `KUBE_BIN` names, then on the path.

mod rules;
mod server;
mod working;

use server::Server;

#[tokio::test]
async fn a_real_api_server_agrees() {
    let Some(server) = Server::start().await else { return };
    server.define().await;
    rules::bad_resources_are_refused(&server).await;
    rules::bad_engines_are_refused(&server).await;
    working::documents_are_applied_and_shown(&server).await;
    working::what_is_settled_is_left_alone(&server).await;
    working::a_dead_replica_is_followed(&server).await;
    working::a_stop_lets_what_runs_finish(&server).await;
}
