//! TLS with the one provider of the tree, on both sides.

use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, IsCa, KeyPair};
use throughline_proto::events::v1::DeliverEventRequest;
use throughline_proto::events::v1::event_sink_service_client::EventSinkServiceClient;
use throughline_rpc::auth::TokenSource;
use throughline_rpc::client::{Peer, PeerConfig};
use throughline_testkit::small::start;
use tonic::Code;

use crate::issuer;

fn write(folder: &std::path::Path, name: &str, pem: &str) -> std::path::PathBuf {
    let path = folder.join(name);
    std::fs::write(&path, pem).unwrap();
    path
}

#[tokio::test]
async fn a_call_goes_over_mutual_tls_and_a_client_without_certificate_is_turned_away() {
    let _ = rustls::crypto::aws_lc_rs::default_provider().install_default();
    let folder = tempfile::tempdir().unwrap();
    let mut authority = CertificateParams::new(Vec::new()).unwrap();
    authority.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    let authority = CertifiedIssuer::self_signed(authority, KeyPair::generate().unwrap()).unwrap();
    let ca = write(folder.path(), "ca.crt", &authority.pem());
    let issue = |name: &str| {
        let key = KeyPair::generate().unwrap();
        let certificate =
            CertificateParams::new(vec!["localhost".to_owned()]).unwrap().signed_by(&key, &authority).unwrap();
        let cert_file = write(folder.path(), &format!("{name}.crt"), &certificate.pem());
        (cert_file, write(folder.path(), &format!("{name}.key"), &key.serialize_pem()))
    };
    let ((server_cert, server_key), (client_cert, client_key)) = (issue("server"), issue("client"));

    let issuer = issuer(folder.path());
    let tls = vec![
        ("server.tls.cert_file", server_cert.display().to_string()),
        ("server.tls.key_file", server_key.display().to_string()),
        ("server.tls.client_ca_file", ca.display().to_string()),
    ];
    let running = start(&issuer, tls).await.unwrap();
    let url = format!("https://localhost:{}", running.address().unwrap().port());
    let with_certificate = PeerConfig {
        url: url.clone(),
        ca_file: Some(ca.clone()),
        cert_file: Some(client_cert),
        key_file: Some(client_key),
    };
    let token = TokenSource::Issuer(issuer, "test");
    let peer = Peer::connect("small", &with_certificate, token.clone()).unwrap();
    EventSinkServiceClient::new(peer).deliver_event(DeliverEventRequest::default()).await.unwrap();

    let without = PeerConfig { url, ca_file: Some(ca), cert_file: None, key_file: None };
    let peer = Peer::connect("small", &without, token).unwrap();
    let refused = EventSinkServiceClient::new(peer).deliver_event(DeliverEventRequest::default()).await.unwrap_err();
    assert!(matches!(refused.code(), Code::Unavailable | Code::Unknown), "{refused:?}");
    running.stop().await.unwrap();
}
