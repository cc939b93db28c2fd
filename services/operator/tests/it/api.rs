//! A pretended API server: objects by path, versions, optimistic locking, the patches that the operator sends. It keeps
//! a log of what was written, can refuse, and can be cut off.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

use http::{Method, Request, Response, StatusCode};
use http_body_util::BodyExt as _;
use kube::Client;
use kube::client::Body;
use serde_json::{Value, json};

use crate::fuse::Fuse;

/// Cheap to clone.
#[derive(Clone, Default)]
pub struct Api {
    state: Arc<Mutex<State>>,
    pub fuse: Fuse,
}

#[derive(Default)]
struct State {
    /// By path, for example `playbooks/one`; of one namespace.
    objects: BTreeMap<String, Value>,
    version: u64,
    writes: Vec<String>,
    /// The next write is answered with this.
    refusal: Option<StatusCode>,
    away: bool,
}

impl Api {
    /// Its writes are effects that the fuse counts.
    pub fn new(fuse: Fuse) -> Self {
        Self { state: Arc::default(), fuse }
    }

    pub fn client(&self) -> Client {
        let api = self.clone();
        let service = tower::service_fn(move |request: Request<Body>| {
            let api = api.clone();
            async move { Ok::<_, std::convert::Infallible>(api.answer(request).await) }
        });
        Client::new(service, "field")
    }

    pub fn get(&self, path: &str) -> Option<Value> {
        self.state.lock().unwrap().objects.get(path).cloned()
    }

    /// Puts an object there as a user does: a new generation where the spec changes.
    pub fn put(&self, path: &str, object: Value) {
        let mut state = self.state.lock().unwrap();
        let known = state.objects.get(path).cloned().unwrap_or_else(|| json!({ "metadata": {} }));
        let mut object = object;
        let version = state.next();
        let generation = known["metadata"]["generation"].as_i64().unwrap_or(0);
        let moved = i64::from(known["spec"] != object["spec"]);
        object["metadata"]["generation"] = json!(generation + moved);
        object["metadata"]["resourceVersion"] = json!(version);
        for kept in ["finalizers", "deletionTimestamp"] {
            if object["metadata"][kept].is_null() && !known["metadata"][kept].is_null() {
                object["metadata"][kept] = known["metadata"][kept].clone();
            }
        }
        if object["status"].is_null() && !known["status"].is_null() {
            object["status"] = known["status"].clone();
        }
        state.objects.insert(path.to_owned(), object);
    }

    /// Deletes an object as a user does: it waits for its finalizers.
    pub fn delete(&self, path: &str) {
        let mut state = self.state.lock().unwrap();
        let version = state.next();
        let Some(object) = state.objects.get_mut(path) else { return };
        object["metadata"]["deletionTimestamp"] = json!("2026-06-02T08:00:00Z");
        object["metadata"]["resourceVersion"] = json!(version);
        state.collect(path);
    }

    /// What was written since it was last asked, events apart.
    pub fn writes(&self) -> Vec<String> {
        let mut state = self.state.lock().unwrap();
        std::mem::take(&mut state.writes)
    }

    /// Reasons of all events, in order.
    pub fn events(&self) -> Vec<String> {
        let state = self.state.lock().unwrap();
        let mut events: Vec<&Value> =
            state.objects.iter().filter(|(path, _)| path.starts_with("events/")).map(|(_, event)| event).collect();
        events.sort_by_key(|event| event["metadata"]["resourceVersion"].as_str().unwrap().parse::<u64>().unwrap());
        events.iter().map(|event| event["reason"].as_str().unwrap().to_owned()).collect()
    }

    pub fn refuse_next(&self, status: StatusCode) {
        self.state.lock().unwrap().refusal = Some(status);
    }

    /// Nothing is answered while it is away.
    pub fn away(&self, away: bool) {
        self.state.lock().unwrap().away = away;
    }

    async fn answer(&self, request: Request<Body>) -> Response<Body> {
        let away = self.state.lock().unwrap().away;
        if away {
            std::future::pending::<()>().await;
        }
        let (head, body) = request.into_parts();
        let body = body.collect().await.unwrap().to_bytes();
        let body: Value = if body.is_empty() { Value::Null } else { serde_json::from_slice(&body).unwrap() };
        let path = head.uri.path().split_once("/namespaces/field/").expect("the namespace").1.to_owned();
        let kind = head.headers.get("content-type").and_then(|kind| kind.to_str().ok()).unwrap_or_default();
        let before = self.state.lock().unwrap().version;
        let answer = self.state.lock().unwrap().answer(&head.method, &path, kind, body);
        if self.state.lock().unwrap().version != before {
            self.fuse.effect().await;
        }
        let (status, body) = match answer {
            Ok(object) => (StatusCode::OK, object),
            Err(status) => (
                status,
                json!({ "kind": "Status", "apiVersion": "v1", "metadata": {}, "status": "Failure",
                "message": "refused", "reason": reason(status), "code": status.as_u16() }),
            ),
        };
        Response::builder().status(status).body(Body::from(serde_json::to_vec(&body).unwrap())).unwrap()
    }
}

fn reason(status: StatusCode) -> &'static str {
    match status {
        StatusCode::NOT_FOUND => "NotFound",
        StatusCode::CONFLICT => "Conflict",
        StatusCode::UNPROCESSABLE_ENTITY => "Invalid",
        StatusCode::FORBIDDEN => "Forbidden",
        _ => "InternalError",
    }
}

impl State {
    fn next(&mut self) -> String {
        self.version += 1;
        self.version.to_string()
    }

    /// Removes what is deleted and waits for nothing.
    fn collect(&mut self, path: &str) {
        let metadata = &self.objects[path]["metadata"];
        let waits = metadata["finalizers"].as_array().is_some_and(|names| !names.is_empty());
        if !metadata["deletionTimestamp"].is_null() && !waits {
            self.objects.remove(path);
        }
    }

    fn answer(&mut self, method: &Method, path: &str, kind: &str, body: Value) -> Result<Value, StatusCode> {
        let (item, status) = path.strip_suffix("/status").map_or((path, false), |item| (item, true));
        if method == Method::GET {
            return self.objects.get(item).cloned().ok_or(StatusCode::NOT_FOUND);
        }
        if let Some(refusal) = self.refusal.take() {
            return Err(refusal);
        }
        if !path.starts_with("events") {
            self.writes.push(format!("{method} {path}"));
        }
        if method == Method::POST {
            let item = format!("{path}/{}", body["metadata"]["name"].as_str().unwrap());
            if self.objects.contains_key(&item) {
                return Err(StatusCode::CONFLICT);
            }
            return Ok(self.store(&item, body));
        }
        let known = self.objects.get(item).cloned().ok_or(StatusCode::NOT_FOUND)?;
        let overtaken = |sent: &Value, current: &Value| !sent.is_null() && sent != current;
        for field in ["uid", "resourceVersion"] {
            if kind != "application/json-patch+json" && overtaken(&body["metadata"][field], &known["metadata"][field]) {
                return Err(StatusCode::CONFLICT);
            }
        }
        let mut object = known.clone();
        match kind {
            "application/apply-patch+yaml" => {
                assert!(status, "only the status is applied");
                object["status"] = body["status"].clone();
            }
            "application/merge-patch+json" => json_patch::merge(&mut object, &body),
            "application/json-patch+json" => {
                let patch: json_patch::Patch = serde_json::from_value(body).unwrap();
                // What is missing passes a test for null there.
                object["metadata"].as_object_mut().unwrap().entry("finalizers").or_insert(Value::Null);
                json_patch::patch(&mut object, &patch).map_err(|_| StatusCode::UNPROCESSABLE_ENTITY)?;
            }
            _ => object = body,
        }
        if object == known { Ok(known) } else { Ok(self.store(item, object)) }
    }

    fn store(&mut self, item: &str, mut object: Value) -> Value {
        // An empty list is left out.
        if object["metadata"]["finalizers"].as_array().is_none_or(Vec::is_empty) {
            object["metadata"].as_object_mut().unwrap().remove("finalizers");
        }
        object["metadata"]["resourceVersion"] = json!(self.next());
        self.objects.insert(item.to_owned(), object.clone());
        self.collect(item);
        object
    }
}
