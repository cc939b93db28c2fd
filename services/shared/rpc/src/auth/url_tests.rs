//! Issuers whose keys are behind a URL, as Kubernetes has them.

use std::path::Path;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use http::{HeaderMap, Request, Response, StatusCode};
use serde_json::json;
use throughline_proto::common::v1::Role;
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;
use tonic::body::Body;
use tonic::service::Routes;
use tonic::transport::server::TcpIncoming;
use tonic::transport::{Identity, Server, ServerTlsConfig};
use tower::{Layer as _, ServiceExt as _};

use super::*;
use crate::methods::Methods;
use crate::{Clock, Reason};

const CLUSTER: &str = "https://kubernetes.default.svc";
const SUBJECT: &str = "system:serviceaccount:throughline:throughline-crm-sync";

/// What the URL answers.
type Answer = Arc<Mutex<(StatusCode, String)>>;

/// An issuer's URL that asks for the bearer token `reader`.
async fn keys(tls: Option<Identity>, tasks: &mut JoinSet<()>) -> (u16, Answer) {
    let answer: Answer = Arc::new(Mutex::new((StatusCode::SERVICE_UNAVAILABLE, String::new())));
    let said = Arc::clone(&answer);
    let app = axum::Router::new().fallback(async move |headers: HeaderMap| {
        let allowed = headers.get("authorization").is_some_and(|value| value == "Bearer reader");
        if allowed { said.lock().unwrap().clone() } else { (StatusCode::UNAUTHORIZED, String::new()) }
    });
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    let mut server = Server::builder().accept_http1(true);
    if let Some(identity) = tls {
        server = server.tls_config(ServerTlsConfig::new().identity(identity)).unwrap();
    }
    tasks.spawn(async move {
        server.add_routes(Routes::from(app)).serve_with_incoming(TcpIncoming::from(listener)).await.unwrap();
    });
    (port, answer)
}

fn issuer(folder: &Path) -> DevIssuer {
    DevIssuer::open(folder, Clock::system()).unwrap()
}

fn serve_keys_of(issuer: &DevIssuer, answer: &Answer) {
    *answer.lock().unwrap() = (StatusCode::OK, std::fs::read_to_string(issuer.jwks_path()).unwrap());
}

/// As Kubernetes makes them: several audiences, no workspace, no roles.
fn service_account(issuer: &DevIssuer, subject: &str) -> String {
    let exp = (Clock::system().now() + chrono::Duration::hours(1)).timestamp();
    let claims = json!({"iss": CLUSTER, "aud": ["throughline", CLUSTER], "sub": subject, "exp": exp});
    issuer.sign(&claims).unwrap()
}

fn cluster(folder: &Path, url: String) -> AuthConfig {
    let token = folder.join("token");
    std::fs::write(&token, "reader\n").unwrap();
    let mut issuer = IssuerConfig::url(CLUSTER, url);
    issuer.jwks_token_file = Some(token);
    issuer.services.insert(SUBJECT.to_owned(), "crm-sync".to_owned());
    AuthConfig {
        audience: "throughline".to_owned(),
        workspaces: vec!["demo".to_owned()],
        allow_development_issuer: false,
        service_token_file: None,
        issuers: [("cluster".to_owned(), issuer)].into(),
    }
}

async fn until_ready(verifier: &Verifier) {
    tokio::time::timeout(Duration::from_secs(20), async {
        while verifier.ready().is_err() {
            tokio::task::yield_now().await;
        }
    })
    .await
    .expect("keys in time");
}

#[tokio::test]
async fn a_service_account_is_let_in_once_the_keys_are_there_and_stays_when_the_url_is_away() {
    let folder = tempfile::tempdir().unwrap();
    let issuer = issuer(folder.path());
    let mut tasks = JoinSet::new();
    let (port, answer) = keys(None, &mut tasks).await;
    let config = cluster(folder.path(), format!("http://127.0.0.1:{port}/openid/v1/jwks"));
    let verifier = Arc::new(Verifier::open(config, Clock::system()).unwrap());
    let token = service_account(&issuer, SUBJECT);
    assert!(verifier.ready().is_err());
    assert_eq!(verifier.verify(&token).unwrap_err().reason(), Reason::PeerUnavailable);

    let stop = CancellationToken::new();
    let (fetching, stopped) = (Arc::clone(&verifier), stop.clone());
    tasks.spawn(async move { fetching.keep_fresh(stopped).await });
    serve_keys_of(&issuer, &answer);
    until_ready(&verifier).await;
    let principal = verifier.verify(&token).unwrap();
    assert_eq!(principal.subject(), "crm-sync");
    assert!(principal.holds_any(&[Role::Service]) && !principal.holds_any(&[Role::Admin]));
    assert!(principal.authorize_workspace("demo").is_ok());
    let other = service_account(&issuer, "system:serviceaccount:throughline:default");
    assert_eq!(verifier.verify(&other).unwrap_err().reason(), Reason::TokenInvalid);

    answer.lock().unwrap().0 = StatusCode::BAD_GATEWAY;
    verifier.attempt_fetch().await;
    assert!(verifier.ready().is_ok() && verifier.verify(&token).is_ok());
    stop.cancel();
}

#[tokio::test]
async fn a_call_with_an_unknown_key_fetches_the_keys_and_goes_on_seldom() {
    let (folder, second) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let issuer = issuer(folder.path());
    let mut tasks = JoinSet::new();
    let (port, answer) = keys(None, &mut tasks).await;
    serve_keys_of(&issuer, &answer);
    let config = cluster(folder.path(), format!("http://127.0.0.1:{port}/keys"));
    let verifier = Arc::new(Verifier::open(config, Clock::system()).unwrap());
    let methods = Arc::new(Methods::api().unwrap().clone());
    let inner =
        tower::service_fn(async |_: Request<Body>| Ok::<_, std::convert::Infallible>(Response::new(Body::empty())));
    let guarded = AuthLayer::new(verifier, methods).layer(inner);
    let call = async |token: String| {
        let request = Request::post("/throughline.events.v1.EventSinkService/DeliverEvent")
            .header("authorization", format!("Bearer {token}"))
            .body(Body::empty())
            .unwrap();
        let response = guarded.clone().oneshot(request).await.unwrap();
        response.headers().get("grpc-status").map(|status| tonic::Code::from_bytes(status.as_bytes()))
    };
    // Nothing was fetched yet: the first call does it.
    assert_eq!(call(service_account(&issuer, SUBJECT)).await, None);
    // Another unknown key within the moment does not fetch again.
    let stranger = DevIssuer::open(second.path(), Clock::system()).unwrap();
    serve_keys_of(&stranger, &answer);
    assert_eq!(call(service_account(&stranger, SUBJECT)).await, Some(tonic::Code::Unauthenticated));
    assert_eq!(call(service_account(&issuer, SUBJECT)).await, None);
}

#[tokio::test]
async fn keys_come_over_https_from_the_authority_named_and_no_other() {
    let _ = rustls::crypto::aws_lc_rs::default_provider().install_default();
    let folder = tempfile::tempdir().unwrap();
    let issuer = issuer(folder.path());
    let made = rcgen::generate_simple_self_signed(vec!["localhost".to_owned()]).unwrap();
    let mut tasks = JoinSet::new();
    let identity = Identity::from_pem(made.cert.pem(), made.signing_key.serialize_pem());
    let (port, answer) = keys(Some(identity), &mut tasks).await;
    serve_keys_of(&issuer, &answer);
    let config = cluster(folder.path(), format!("https://localhost:{port}/keys"));
    let distrusting = Verifier::open(config.clone(), Clock::system()).unwrap();
    distrusting.attempt_fetch().await;
    assert!(distrusting.ready().is_err());

    let ca = folder.path().join("ca.crt");
    std::fs::write(&ca, made.cert.pem()).unwrap();
    let mut config = config;
    config.issuers.get_mut("cluster").unwrap().jwks_ca_file = Some(ca);
    let verifier = Verifier::open(config, Clock::system()).unwrap();
    verifier.attempt_fetch().await;
    assert!(verifier.ready().is_ok());
}

#[test]
fn what_can_not_be_trusted_is_refused_before_anything_starts() {
    let folder = tempfile::tempdir().unwrap();
    let refusal = |change: fn(&mut IssuerConfig)| {
        let mut config = cluster(folder.path(), "https://kubernetes.default.svc/keys".to_owned());
        config.issuers.values_mut().for_each(change);
        Verifier::open(config, Clock::system()).err().map(|error| error.to_string()).unwrap_or_default()
    };
    assert_eq!(refusal(|_| {}), "");
    assert!(refusal(|issuer| issuer.jwks_url = Some("http://keys.x.example".to_owned())).contains("https://"));
    assert!(refusal(|issuer| issuer.jwks_url = None).contains("exactly one"));
    assert!(refusal(|issuer| issuer.jwks_file = Some("keys.json".into())).contains("auth.issuers.cluster"));
}
