//! A stop is over within its deadline, whatever is still open.

use std::time::Duration;

use throughline_proto::events::v1::event_sink_service_client::EventSinkServiceClient;
use throughline_proto::events::v1::{DeliverEventRequest, Event};
use throughline_rpc::auth::TokenSource;
use throughline_rpc::client::{Peer, PeerConfig};
use throughline_testkit::small::{Events, start};
use tokio::time::timeout;
use tonic::Code;
use tonic_health::pb::HealthCheckRequest;
use tonic_health::pb::health_check_response::ServingStatus;
use tonic_health::pb::health_client::HealthClient;
use tonic_types::StatusExt as _;

use crate::issuer;

/// Well over the drain deadline of the small service, one second.
const BOUND: Duration = Duration::from_secs(10);

#[tokio::test]
async fn an_idle_open_stream_does_not_hold_up_a_stop() {
    let folder = tempfile::tempdir().unwrap();
    let running = start(&issuer(folder.path()), Vec::new()).await.unwrap();
    let url = format!("http://{}", running.address().unwrap());
    let channel = tonic::transport::Endpoint::from_shared(url).unwrap().connect().await.unwrap();
    let mut health = HealthClient::new(channel);
    let mut watch = health.watch(HealthCheckRequest::default()).await.unwrap().into_inner();
    assert_eq!(watch.message().await.unwrap().unwrap().status(), ServingStatus::Serving);
    let stopping = tokio::task::spawn(running.stop());
    assert_eq!(watch.message().await.unwrap().unwrap().status(), ServingStatus::NotServing);
    // Nobody closes the stream: the runtime cuts it.
    let cut = timeout(BOUND, watch.message()).await.unwrap().unwrap_err();
    assert_eq!(cut.code(), Code::Unavailable);
    assert_eq!(cut.get_error_details().error_info().unwrap().reason, "DRAINING");
    timeout(BOUND, stopping).await.unwrap().unwrap().unwrap();
}

#[tokio::test]
async fn a_call_that_never_ends_is_cut_and_told_to_come_again() {
    let folder = tempfile::tempdir().unwrap();
    let issuer = issuer(folder.path());
    let running = start(&issuer, Vec::new()).await.unwrap();
    let config = PeerConfig::plain(format!("http://{}", running.address().unwrap()));
    let peer = Peer::connect("small", &config, TokenSource::Issuer(issuer, "test")).unwrap();
    let mut client = EventSinkServiceClient::new(peer);
    // One call that ends proves that the connection stands.
    client.deliver_event(DeliverEventRequest::default()).await.unwrap();
    let slow = DeliverEventRequest { event: Some(Event { id: Events::SLOW.to_owned(), ..Event::default() }) };
    let call = tokio::task::spawn(async move { client.deliver_event(slow).await });
    let stopping = tokio::task::spawn(running.stop());
    timeout(BOUND, stopping).await.unwrap().unwrap().unwrap();
    assert_eq!(timeout(BOUND, call).await.unwrap().unwrap().unwrap_err().code(), Code::Unavailable);
}
