//! Reconciles resources of one kind as the controller does, against a pretended API server.

use std::sync::Arc;
use std::time::Duration;

use kube::runtime::controller::Action;
use kube::runtime::events::Reporter;
use kube::runtime::reflector::{self, Store, store::Writer};
use kube::runtime::watcher;
use operator::backoff::{BackoffConfig, Backoffs};
use operator::config::Config;
use operator::failure::{Class, Failure};
use operator::kind::Kind;
use operator::reconcile::{Context, after_failure, reconcile};
use throughline_rpc::Clock;

use crate::api::Api;

pub const RESYNC: Duration = Duration::from_secs(300);
/// More reconciles than any change needs.
const MANY: usize = 12;

pub struct Driver<K: Kind> {
    api: Api,
    plural: &'static str,
    context: Arc<Context<K>>,
    writer: Writer<K>,
}

impl<K: Kind> Driver<K> {
    /// `world` is given the store of all resources of the kind.
    pub fn new(api: &Api, plural: &'static str, clock: &Clock, world: impl FnOnce(Store<K>) -> K::World) -> Self {
        let (store, writer) = reflector::store();
        let backoff: BackoffConfig = Config::load(None, false, Vec::new()).unwrap().backoff;
        let context = Context {
            client: api.client(),
            world: world(store),
            clock: clock.clone(),
            backoffs: Backoffs::new(backoff, Some(1)),
            resync_interval: RESYNC,
            reporter: Reporter { controller: "throughline-operator".to_owned(), instance: Some("test".to_owned()) },
        };
        Self { api: api.clone(), plural, context: Arc::new(context), writer }
    }

    fn path(&self, name: &str) -> String {
        format!("{}/{name}", self.plural)
    }

    pub fn object(&self, name: &str) -> Option<K> {
        self.api.get(&self.path(name)).map(|object| serde_json::from_value(object).unwrap())
    }

    /// One reconcile, as the controller runs it.
    pub async fn reconcile(&mut self, name: &str) -> Result<Action, Failure> {
        let Some(object) = self.object(name) else { return Ok(Action::await_change()) };
        self.writer.apply_watcher_event(&watcher::Event::Apply(object.clone()));
        let object = Arc::new(object);
        let result = reconcile(Arc::clone(&object), Arc::clone(&self.context)).await;
        if let Err(failure) = &result {
            after_failure(object, failure, Arc::clone(&self.context));
        }
        result
    }

    /// Reconciles until nothing more is to be done now; answers with the last result.
    pub async fn settle(&mut self, name: &str) -> Result<Action, Failure> {
        let mut last = self.api.get(&self.path(name));
        for _ in 0..MANY {
            let result = self.reconcile(name).await;
            let now = self.api.get(&self.path(name));
            let conflict = result.as_ref().is_err_and(|failure| failure.class == Class::Conflict);
            if now == last && !conflict {
                return result;
            }
            last = now;
        }
        panic!("{name} does not settle: {:?}", last.map(|object| object["status"].clone()));
    }
}

pub fn settled() -> Result<Action, Failure> {
    Ok(Action::requeue(RESYNC))
}
