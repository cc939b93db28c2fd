//! An S3 server over a folder, in the test's process, that can be told to misbehave.

use std::convert::Infallible;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use hyper_util::rt::{TokioExecutor, TokioIo};
use hyper_util::server::conn::auto::Builder;
use hyper_util::service::TowerToHyperService;
use s3s::auth::SimpleAuth;
use s3s::service::{S3Service, S3ServiceBuilder};
use s3s::{Body, HttpRequest, HttpResponse};
use tokio::net::TcpListener;
use tokio::sync::watch;
use tokio::task::JoinSet;
use tokio_util::sync::{CancellationToken, DropGuard};

/// How the server answers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mood {
    /// As S3 does.
    Serving,
    /// There is no room: writes are refused as MinIO refuses them.
    Full,
    /// 503 to everything.
    Failing,
    /// Takes requests and never answers.
    Silent,
}

/// The server; it ends when this is dropped.
#[derive(Debug)]
pub struct S3Server {
    folder: tempfile::TempDir,
    address: SocketAddr,
    mood: watch::Sender<Mood>,
    _stop: DropGuard,
}

/// Its one bucket.
pub const BUCKET: &str = "recordings";
/// Who may use it.
pub const ACCESS_KEY: &str = "throughline";
/// And how that is known.
pub const SECRET_KEY: &str = "throughline-secret";

impl S3Server {
    /// A server with an empty bucket.
    pub async fn start() -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        std::fs::create_dir(folder.path().join(BUCKET)).expect("a bucket");
        let mut builder = S3ServiceBuilder::new(s3s_fs::FileSystem::new(folder.path()).expect("a file system"));
        builder.set_auth(SimpleAuth::from_single(ACCESS_KEY, SECRET_KEY));
        let (mood, moods) = watch::channel(Mood::Serving);
        let listener = TcpListener::bind(("127.0.0.1", 0)).await.expect("a free port");
        let address = listener.local_addr().expect("an address");
        let stop = CancellationToken::new();
        #[expect(clippy::disallowed_methods, reason = "it ends with its token, which the caller holds")]
        tokio::task::spawn(serve(listener, builder.build(), moods, stop.clone()));
        Self { folder, address, mood, _stop: stop.drop_guard() }
    }

    /// `http://host:port`.
    pub fn endpoint(&self) -> String {
        format!("http://{}", self.address)
    }

    /// From now on it answers like this.
    pub fn set(&self, mood: Mood) {
        self.mood.send_replace(mood);
    }

    /// Files of the bucket, uploads under way included.
    pub fn files(&self) -> Vec<PathBuf> {
        fn walk(dir: &Path, found: &mut Vec<PathBuf>) {
            for entry in std::fs::read_dir(dir).into_iter().flatten().flatten() {
                if entry.path().is_dir() { walk(&entry.path(), found) } else { found.push(entry.path()) }
            }
        }
        let mut found = Vec::new();
        walk(&self.folder.path().join(BUCKET), &mut found);
        // The server keeps attributes of objects beside them.
        found.retain(|path| !path.file_name().is_some_and(|name| name.to_string_lossy().starts_with('.')));
        found
    }

    /// Parts of uploads that were neither completed nor given up.
    pub fn parts(&self) -> usize {
        let entries = std::fs::read_dir(self.folder.path()).into_iter().flatten().flatten();
        entries.filter(|entry| entry.file_name().to_string_lossy().contains("upload")).count()
    }
}

async fn serve(listener: TcpListener, service: S3Service, moods: watch::Receiver<Mood>, stop: CancellationToken) {
    let (service, mut connections) = (Arc::new(service), JoinSet::new());
    loop {
        let socket = tokio::select! {
            accepted = listener.accept() => match accepted {
                Ok((socket, _)) => socket,
                Err(_) => continue,
            },
            Some(_) = connections.join_next(), if !connections.is_empty() => continue,
            () = stop.cancelled() => return,
        };
        let (service, moods) = (Arc::clone(&service), moods.clone());
        let answering = tower::service_fn(move |request: http::Request<hyper::body::Incoming>| {
            let (service, mood) = (Arc::clone(&service), *moods.borrow());
            async move { Ok::<_, Infallible>(answer(&service, mood, request.map(Body::from)).await) }
        });
        connections.spawn(async move {
            // A connection that breaks is the caller's affair.
            let _ = Builder::new(TokioExecutor::new())
                .serve_connection(TokioIo::new(socket), TowerToHyperService::new(answering))
                .await;
        });
    }
}

async fn answer(service: &S3Service, mood: Mood, request: HttpRequest) -> HttpResponse {
    let refusal = |status: u16, code: &str| {
        let body = format!("<Error><Code>{code}</Code><Message>told to</Message></Error>");
        let mut response = HttpResponse::new(Body::from(body));
        *response.status_mut() = http::StatusCode::from_u16(status).expect("a status");
        response
    };
    let writes = matches!(*request.method(), http::Method::PUT | http::Method::POST);
    match mood {
        Mood::Silent => std::future::pending().await,
        Mood::Failing => refusal(503, "SlowDown"),
        Mood::Full if writes => refusal(507, "XMinioStorageFull"),
        Mood::Full | Mood::Serving => service.call(request).await.unwrap_or_else(|_| refusal(500, "InternalError")),
    }
}
