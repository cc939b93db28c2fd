//! A chat completions endpoint on a free port that answers as a test says.

use std::sync::{Arc, Mutex};

use axum::Router;
use axum::extract::Request;
use axum::response::{IntoResponse as _, Response};
use http::HeaderMap;
use http_body_util::BodyExt as _;
use hyper_util::rt::{TokioExecutor, TokioIo};
use hyper_util::server::conn::auto::Builder;
use hyper_util::service::TowerToHyperService;
use serde_json::{Value, json};
use tokio::net::TcpListener;
use tokio::task::JoinSet;

use super::JudgeConfig;

/// A request as it came: path, headers, body.
#[derive(Clone, Debug)]
pub(crate) struct Seen {
    pub(crate) path: String,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Value,
}

/// See the module. Stops when dropped.
pub(crate) struct Mock {
    url: String,
    seen: Arc<Mutex<Vec<Seen>>>,
    _server: JoinSet<()>,
}

impl Mock {
    /// Answers the n-th request, from 0, with what `answer` makes; None never answers.
    pub(crate) async fn start(answer: impl Fn(usize) -> Option<Response> + Clone + Send + Sync + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let url = format!("http://{}/v1", listener.local_addr().expect("an address"));
        let seen = Arc::<Mutex<Vec<Seen>>>::default();
        let log = seen.clone();
        let app = Router::new().fallback(async move |request: Request| {
            let (parts, body) = request.into_parts();
            let body = body.collect().await.expect("a body").to_bytes();
            let body = serde_json::from_slice(&body).expect("a body of JSON");
            let number = {
                let mut log = log.lock().expect("the log");
                log.push(Seen { path: parts.uri.path().to_owned(), headers: parts.headers, body });
                log.len() - 1
            };
            match answer(number) {
                Some(response) => response,
                None => std::future::pending().await,
            }
        });
        let mut server = JoinSet::new();
        server.spawn(serve(listener, app));
        Self { url, seen, _server: server }
    }

    /// Answers every request with a completion of this content.
    pub(crate) async fn saying(content: Value) -> Self {
        let body = completion(&content.to_string());
        Self::start(move |_| Some(body.clone().into_response())).await
    }

    /// A configuration that asks it.
    pub(crate) fn config(&self) -> JudgeConfig {
        JudgeConfig { endpoint: self.url.clone(), model: "test-model".into(), ..JudgeConfig::default() }
    }

    /// What it was sent.
    pub(crate) fn seen(&self) -> Vec<Seen> {
        self.seen.lock().expect("the log").clone()
    }
}

/// The body of a completion.
pub(crate) fn completion(content: &str) -> String {
    let message = json!({"role": "assistant", "content": content});
    json!({"object": "chat.completion", "choices": [{"index": 0, "message": message, "finish_reason": "stop"}]})
        .to_string()
}

async fn serve(listener: TcpListener, app: Router) {
    let mut connections = JoinSet::new();
    loop {
        let (stream, _) = listener.accept().await.expect("a connection");
        let service = TowerToHyperService::new(app.clone());
        connections.spawn(async move {
            // A client that goes away is no failure of the test.
            let _ = Builder::new(TokioExecutor::new()).serve_connection(TokioIo::new(stream), service).await;
        });
    }
}
