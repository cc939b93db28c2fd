//! The plain listener: health for probes and metrics for Prometheus, until the very end.

use std::time::Duration;

use bytes::Bytes;
use http::{Request, StatusCode};
use http_body_util::Full;
use throughline_proto::events::v1::event_sink_service_client::EventSinkServiceClient;
use throughline_proto::events::v1::{DeliverEventRequest, Event};
use throughline_rpc::auth::TokenSource;
use throughline_rpc::client::{Peer, PeerConfig};
use throughline_runtime::{Running, TelemetryConfig, telemetry};
use throughline_testkit::eventually;
use throughline_testkit::small::{Events, start};
use tokio::net::TcpStream;
use tonic::Code;
use tonic::transport::Channel;
use tonic_health::pb::HealthCheckRequest;
use tonic_health::pb::health_check_response::ServingStatus::{self, NotServing, Serving};
use tonic_health::pb::health_client::HealthClient;

use crate::issuer;

const SINK: &str = "throughline.events.v1.EventSinkService";

fn with_admin() -> Vec<(&'static str, String)> {
    vec![("server.admin_listen", "127.0.0.1:0".to_owned())]
}

pub async fn health(running: &Running) -> HealthClient<Channel> {
    let url = format!("http://{}", running.admin_address().unwrap());
    HealthClient::new(tonic::transport::Endpoint::from_shared(url).unwrap().connect().await.unwrap())
}

pub async fn ask(client: &mut HealthClient<Channel>, service: &str) -> Result<ServingStatus, Code> {
    let request = HealthCheckRequest { service: service.to_owned() };
    client.check(request).await.map(|response| response.into_inner().status()).map_err(|status| status.code())
}

#[tokio::test]
async fn probes_learn_of_readiness_and_life_until_the_end_of_a_drain() {
    let folder = tempfile::tempdir().unwrap();
    let issuer = issuer(folder.path());
    let running = start(&issuer, with_admin()).await.unwrap();
    let (address, admin) = (running.address().unwrap(), running.admin_address().unwrap());
    let mut health = health(&running).await;
    eventually("ready", || {
        let mut health = health.clone();
        async move { (ask(&mut health, "").await == Ok(Serving)).then_some(()) }
    })
    .await;
    assert_eq!(ask(&mut health, SINK).await, Ok(Serving));
    assert_eq!(ask(&mut health, "liveness").await, Ok(Serving));
    assert_eq!(ask(&mut health, "nobody").await, Err(Code::NotFound));

    // A call that does not end keeps the drain going.
    let peer =
        Peer::connect("small", &PeerConfig::plain(format!("http://{address}")), TokenSource::Issuer(issuer, "test"));
    let mut client = EventSinkServiceClient::new(peer.unwrap());
    client.deliver_event(DeliverEventRequest::default()).await.unwrap();
    let slow = DeliverEventRequest { event: Some(Event { id: Events::SLOW.to_owned(), ..Event::default() }) };
    let call = tokio::task::spawn(async move { client.deliver_event(slow).await });
    let stopping = tokio::task::spawn(running.stop());
    eventually("nobody new is let in", || async { TcpStream::connect(address).await.err() }).await;
    assert_eq!(ask(&mut health, "").await, Ok(NotServing));
    assert_eq!(ask(&mut health, SINK).await, Ok(NotServing));
    assert_eq!(ask(&mut health, "liveness").await, Ok(Serving));
    tokio::time::timeout(Duration::from_secs(10), stopping).await.unwrap().unwrap().unwrap();
    assert_eq!(call.await.unwrap().unwrap_err().code(), Code::Unavailable);
    assert!(TcpStream::connect(admin).await.is_err());
}

#[tokio::test]
async fn metrics_count_calls_by_method_and_status() {
    let config =
        TelemetryConfig { otlp_endpoint: String::new(), log: "off".to_owned(), log_format: Default::default() };
    let telemetry = telemetry::init("small", &config).unwrap();
    let folder = tempfile::tempdir().unwrap();
    let issuer = issuer(folder.path());
    let running = start(&issuer, with_admin()).await.unwrap();
    let url = format!("http://{}", running.address().unwrap());
    for token in [TokenSource::Issuer(issuer, "test"), TokenSource::Anonymous] {
        let mut client = EventSinkServiceClient::new(Peer::connect("small", &PeerConfig::plain(&url), token).unwrap());
        let _ = client.deliver_event(DeliverEventRequest::default()).await;
    }
    let url = format!("http://{}/metrics", running.admin_address().unwrap());
    let client = throughline_http::Client::new(None).unwrap();
    let text = eventually("both calls are counted", || async {
        let request = Request::get(&url).body(Full::<Bytes>::default()).unwrap();
        let response = client.send(request, StatusCode::OK, 1 << 20).await.unwrap();
        let text = String::from_utf8(response.into_body().to_vec()).unwrap();
        let counted = |status: &str| {
            text.lines().any(|line| {
                line.starts_with("rpc_server_call_duration_seconds_count{")
                    && line.contains(r#"rpc_method="throughline.events.v1.EventSinkService/DeliverEvent""#)
                    && line.contains(&format!(r#"rpc_response_status_code="{status}""#))
            })
        };
        (counted("OK") && counted("UNAUTHENTICATED")).then(|| text.clone())
    })
    .await;
    for name in
        ["rpc_server_active_requests{", "target_info{", "process_resident_memory_bytes ", "process_cpu_seconds_total "]
    {
        assert!(text.lines().any(|line| line.starts_with(name)), "{name} is not in\n{text}");
    }
    running.stop().await.unwrap();
    tokio::task::spawn_blocking(|| telemetry.shutdown()).await.unwrap();
}
