//! Composition: Kubernetes, the peers, the lease, and a controller for each kind and namespace.

use std::sync::Arc;
use std::time::Duration;

use anyhow::Context as _;
use futures::{FutureExt as _, StreamExt as _};
use k8s_openapi::api::coordination::v1::Lease;
use k8s_openapi::api::core::v1::ConfigMap;
use kube::core::PartialObjectMeta;
use kube::runtime::controller::{Config as Pace, Controller, Error};
use kube::runtime::events::Reporter;
use kube::runtime::{reflector::ObjectRef, watcher};
use kube::{Api, Client};
use throughline_rpc::Clock;
use throughline_rpc::auth::TokenSource;
use throughline_rpc::client::Peer;
use tokio_util::sync::CancellationToken;

use crate::backoff::Backoffs;
use crate::config::{Config, Scope};
use crate::evaluator::Evaluator;
use crate::gateway::Gateway;
use crate::kind::Kind;
use crate::lease::Candidate;
use crate::playbook::{self, Playbook, Playbooks};
use crate::reconcile::{Context, after_failure, reconcile};
use crate::speech_engine::{SpeechEngine, SpeechEngines};
use crate::{FIELD_MANAGER, admin};

/// Changes that come within this time are one.
const DEBOUNCE: Duration = Duration::from_millis(100);

/// What the operator stands on.
#[derive(Clone)]
pub struct Operator {
    config: Config,
    client: Client,
    evaluator: Evaluator,
    gateway: Gateway,
    clock: Clock,
    identity: String,
}

impl Operator {
    /// Prepares connections; the peers need not be there yet.
    ///
    /// # Errors
    /// When the configuration can't be used.
    pub fn new(config: Config, client: Client, clock: Clock) -> anyhow::Result<Self> {
        config.check()?;
        let token = match &config.auth.service_token_file {
            Some(path) => TokenSource::File(Arc::new(path.clone())),
            None => TokenSource::Anonymous,
        };
        let evaluator = Peer::connect("playbook-evaluator", &config.peers.playbook_evaluator, token.clone())?;
        let gateway = Peer::connect("transcription-gateway", &config.peers.transcription_gateway, token)?;
        Ok(Self::over(config, client, clock, (evaluator, gateway)))
    }

    /// With connections to evaluator and gateway that exist.
    #[must_use]
    pub fn over(config: Config, client: Client, clock: Clock, (evaluator, gateway): (Peer, Peer)) -> Self {
        let host = hostname::get().ok().and_then(|name| name.into_string().ok());
        let host = host.unwrap_or_else(|| FIELD_MANAGER.to_owned());
        // Two processes of one host are two candidates.
        let identity = format!("{host}_{}", uuid::Uuid::now_v7());
        let (evaluator, gateway) = (Evaluator::new(evaluator), Gateway::new(gateway));
        Self { config, client, evaluator, gateway, clock, identity }
    }

    /// Works, or waits for the lease, until `shutdown`.
    ///
    /// # Errors
    /// When a controller ends by itself, or health can't be served.
    pub async fn run(self, shutdown: CancellationToken) -> anyhow::Result<()> {
        let own = match self.config.lease.namespace.as_str() {
            "" => self.client.default_namespace(),
            namespace => namespace,
        };
        let leases = Api::<Lease>::namespaced(self.client.clone(), own);
        let candidate = Candidate::new(leases, self.identity.clone(), self.config.lease.clone(), self.clock.clone());
        let listen = self.config.listen().context("server.admin_listen")?;
        let health = admin::serve(listen, candidate.standing(), shutdown.clone());
        let working = candidate.run(&shutdown, |stop| self.controllers(stop));
        tokio::select! {
            served = health => served,
            worked = working => worked,
        }
    }

    /// The controllers of all kinds and namespaces, until `stop`: then running reconciles finish.
    async fn controllers(&self, stop: CancellationToken) -> anyhow::Result<()> {
        tokio::join!(self.playbooks(&stop), self.speech_engines(&stop));
        Ok(())
    }

    async fn playbooks(&self, stop: &CancellationToken) {
        let playbooks = self.of_kind::<Playbook>(stop);
        let known = playbooks.iter().map(|(_, controller)| controller.store()).collect();
        let world = Playbooks { client: self.client.clone(), evaluator: self.evaluator.clone(), known };
        let context = Arc::new(self.context(world));
        let running = playbooks.into_iter().map(|(scope, controller)| {
            let store = controller.store();
            let maps: Api<PartialObjectMeta<ConfigMap>> = api(&self.client, &scope);
            let controller =
                controller.watches(maps, watcher::Config::default(), move |map| playbook::readers(&store, &map));
            run(controller, Arc::clone(&context))
        });
        futures::future::join_all(running).await;
    }

    async fn speech_engines(&self, stop: &CancellationToken) {
        let engines = self.of_kind::<SpeechEngine>(stop);
        let known = engines.iter().map(|(_, controller)| controller.store()).collect();
        let context = Arc::new(self.context(SpeechEngines { gateway: self.gateway.clone(), known }));
        let running = engines.into_iter().map(|(_, controller)| run(controller, Arc::clone(&context)));
        futures::future::join_all(running).await;
    }

    /// The controllers of a kind, one a scope.
    fn of_kind<K: Kind>(&self, stop: &CancellationToken) -> Vec<(Scope, Controller<K>)> {
        let scopes = self.config.scopes(self.client.default_namespace());
        scopes.into_iter().map(|scope| (scope.clone(), self.controller(&scope, stop))).collect()
    }

    fn controller<K: Kind>(&self, scope: &Scope, stop: &CancellationToken) -> Controller<K> {
        Controller::new(api::<K>(&self.client, scope), watcher::Config::default())
            .with_config(Pace::default().concurrency(self.config.kubernetes.concurrency).debounce(DEBOUNCE))
            .graceful_shutdown_on(stop.clone().cancelled_owned().map(|()| ()))
    }

    fn context<K: Kind>(&self, world: K::World) -> Context<K> {
        Context {
            client: self.client.clone(),
            world,
            clock: self.clock.clone(),
            backoffs: Backoffs::new(self.config.backoff.clone(), None),
            resync_interval: self.config.kubernetes.resync_interval,
            reporter: Reporter { controller: FIELD_MANAGER.to_owned(), instance: Some(self.identity.clone()) },
        }
    }
}

async fn run<K: Kind>(controller: Controller<K>, context: Arc<Context<K>>) {
    let results = controller.run(reconcile::<K>, after_failure::<K>, context);
    results
        .for_each(|result: Result<(ObjectRef<K>, _), _>| async {
            match result {
                // What a reconcile failed with is logged with its next try.
                Ok(_) | Err(Error::ReconcilerFailed(..) | Error::ObjectNotFound(_)) => {}
                Err(error) => tracing::warn!(%error, "the watch is interrupted"),
            }
        })
        .await;
}

fn api<K>(client: &Client, scope: &Scope) -> Api<K>
where
    K: kube::Resource<Scope = k8s_openapi::NamespaceResourceScope>,
    K::DynamicType: Default,
{
    match scope {
        Scope::Namespace(namespace) => Api::namespaced(client.clone(), namespace),
        Scope::Cluster => Api::all(client.clone()),
    }
}
