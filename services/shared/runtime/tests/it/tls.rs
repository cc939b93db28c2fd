//! TLS with the one provider of the tree, on both sides, and certificates that are replaced while it runs.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use throughline_proto::events::v1::DeliverEventRequest;
use throughline_proto::events::v1::event_sink_service_client::EventSinkServiceClient;
use throughline_rpc::auth::{DevIssuer, TokenSource};
use throughline_rpc::client::{Peer, PeerConfig};
use throughline_runtime::Running;
use throughline_testkit::eventually;
use throughline_testkit::small::start;
use tonic::Code;

use crate::issuer;
use crate::pki::{Authority, write};

async fn serve(issuer: &Arc<DevIssuer>, (cert, key): (PathBuf, PathBuf), client_ca: Option<&Path>) -> Running {
    let _ = rustls::crypto::aws_lc_rs::default_provider().install_default();
    let mut tls =
        vec![("server.tls.cert_file", cert.display().to_string()), ("server.tls.key_file", key.display().to_string())];
    tls.extend(client_ca.map(|path| ("server.tls.client_ca_file", path.display().to_string())));
    start(issuer, tls).await.unwrap()
}

fn client(
    running: &Running,
    issuer: &Arc<DevIssuer>,
    ca: &Path,
    own: Option<(PathBuf, PathBuf)>,
) -> EventSinkServiceClient<Peer> {
    let url = format!("https://localhost:{}", running.address().unwrap().port());
    let (cert_file, key_file) = own.unzip();
    let config = PeerConfig { url, ca_file: Some(ca.to_owned()), cert_file, key_file };
    let token = TokenSource::Issuer(Arc::clone(issuer), "test");
    EventSinkServiceClient::new(Peer::connect("small", &config, token).unwrap())
}

async fn call(client: &mut EventSinkServiceClient<Peer>) -> Result<(), Code> {
    client.deliver_event(DeliverEventRequest::default()).await.map(drop).map_err(|status| status.code())
}

#[tokio::test]
async fn a_call_goes_over_mutual_tls_and_a_client_without_certificate_is_turned_away() {
    let folder = tempfile::tempdir().unwrap();
    let authority = Authority::new();
    let ca = authority.write(folder.path(), "ca");
    let issuer = issuer(folder.path());
    let running = serve(&issuer, authority.issue(folder.path(), "server"), Some(&ca)).await;
    let own = authority.issue(folder.path(), "client");
    call(&mut client(&running, &issuer, &ca, Some(own))).await.unwrap();
    let refused = call(&mut client(&running, &issuer, &ca, None)).await.unwrap_err();
    assert!(matches!(refused, Code::Unavailable | Code::Unknown), "{refused:?}");
    running.stop().await.unwrap();
}

#[tokio::test]
async fn new_certificates_are_used_for_new_connections_and_broken_ones_are_not() {
    let folder = tempfile::tempdir().unwrap();
    let (old, new) = (Authority::new(), Authority::new());
    let (old_ca, new_ca) = (old.write(folder.path(), "old-ca"), new.write(folder.path(), "new-ca"));
    let issuer = issuer(folder.path());
    let running = serve(&issuer, old.issue(folder.path(), "server"), None).await;
    let mut connected = client(&running, &issuer, &old_ca, None);
    call(&mut connected).await.unwrap();

    write(folder.path(), "server.crt", "no certificate");
    call(&mut client(&running, &issuer, &old_ca, None)).await.unwrap();

    new.issue(folder.path(), "server");
    eventually("the new certificate is served", || async {
        call(&mut client(&running, &issuer, &new_ca, None)).await.ok()
    })
    .await;
    assert!(call(&mut client(&running, &issuer, &old_ca, None)).await.is_err());
    // The connection that stood before stands.
    call(&mut connected).await.unwrap();
    running.stop().await.unwrap();
}

#[tokio::test]
async fn a_client_takes_new_authorities_by_itself() {
    let folder = tempfile::tempdir().unwrap();
    let (trusted, other) = (Authority::new(), Authority::new());
    let issuer = issuer(folder.path());
    let running = serve(&issuer, trusted.issue(folder.path(), "server"), None).await;
    let ca = other.write(folder.path(), "ca");
    let mut client = client(&running, &issuer, &ca, None);
    assert_eq!(call(&mut client).await, Err(Code::Unavailable));
    trusted.write(folder.path(), "ca");
    eventually("the new authority is trusted", || {
        let mut client = client.clone();
        async move { call(&mut client).await.ok() }
    })
    .await;
    running.stop().await.unwrap();
}

#[tokio::test]
async fn a_connection_that_says_nothing_holds_up_no_other() {
    let folder = tempfile::tempdir().unwrap();
    let authority = Authority::new();
    let ca = authority.write(folder.path(), "ca");
    let issuer = issuer(folder.path());
    let running = serve(&issuer, authority.issue(folder.path(), "server"), None).await;
    let address = running.address().unwrap();
    let silent = [
        tokio::net::TcpStream::connect(address).await.unwrap(),
        tokio::net::TcpStream::connect(address).await.unwrap(),
    ];
    call(&mut client(&running, &issuer, &ca, None)).await.unwrap();
    // Nor does it hold up the stop.
    tokio::time::timeout(std::time::Duration::from_secs(10), running.stop()).await.unwrap().unwrap();
    drop(silent);
}
