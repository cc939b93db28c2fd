//! One reconcile of any kind of resource: finalizer, apply, status, events, and when to come again.

use std::sync::{Arc, LazyLock};
use std::time::{Duration, Instant};

use k8s_openapi::jiff::Timestamp;
use kube::api::{Patch, PatchParams};
use kube::runtime::controller::Action;
use kube::runtime::events::{Event, Recorder, Reporter};
use kube::runtime::finalizer::{Error as FinalizerError, Event as Step, finalizer};
use kube::{Api, Client, Resource, ResourceExt as _};
use opentelemetry::KeyValue;
use opentelemetry::metrics::Histogram;
use serde_json::json;
use throughline_rpc::Clock;
use tracing::Instrument as _;
use tracing::field::Empty;

use crate::backoff::Backoffs;
use crate::condition::Moment;
use crate::failure::{Class, Failure};
use crate::kind::{Applied, Kind, Next, Notice};
use crate::{FIELD_MANAGER, NAME};

/// Reconciles, by kind and what became of them.
static DURATION: LazyLock<Histogram<f64>> = LazyLock::new(|| {
    let meter = opentelemetry::global::meter(NAME);
    let histogram = meter.f64_histogram("throughline.operator.reconcile.duration").with_unit("s");
    histogram.with_description("Duration of one reconcile of a resource").build()
});
/// A wait for the operator's own write to come back with the watch; it comes sooner as a rule.
const OWN_WRITE: Duration = Duration::from_secs(1);
/// Most characters of an event's note; Kubernetes takes 1024 bytes.
const MAX_NOTE: usize = 900;

/// What all reconciles of a kind share.
pub struct Context<K: Kind> {
    /// Kubernetes.
    pub client: Client,
    /// What the resources are applied to.
    pub world: K::World,
    /// Time.
    pub clock: Clock,
    /// Failed tries.
    pub backoffs: Backoffs,
    /// When to look again at what is settled.
    pub resync_interval: Duration,
    /// This process, as events name it.
    pub reporter: Reporter,
}

/// Brings one resource to what it declares.
///
/// # Errors
/// What stands in the way; [`after_failure`] says when to come again.
pub async fn reconcile<K: Kind>(object: Arc<K>, context: Arc<Context<K>>) -> Result<Action, Failure> {
    let span = tracing::info_span!(
        "reconcile",
        otel.name = format!("reconcile {}", K::kind(&())),
        otel.status_code = Empty,
        k8s.namespace.name = object.namespace().unwrap_or_default(),
        throughline.resource = object.name_any(),
        throughline.generation = object.meta().generation,
        throughline.reason = Empty,
    );
    let begun = Instant::now();
    let result = steps(object, context).instrument(span.clone()).await;
    let reason = result.as_ref().map_or_else(|failure| failure.reason, |_| "Ok");
    if result.is_err() {
        span.record("otel.status_code", "ERROR");
        span.record("throughline.reason", reason);
    }
    let attributes = [KeyValue::new("kind", K::kind(&()).into_owned()), KeyValue::new("result", reason)];
    DURATION.record(begun.elapsed().as_secs_f64(), &attributes);
    result
}

/// When to come again after a failure.
pub fn after_failure<K: Kind>(object: Arc<K>, failure: &Failure, context: Arc<Context<K>>) -> Action {
    let wait = context.backoffs.next(&key(&*object), failure.class);
    let name = object.name_any();
    match (failure.class, wait) {
        (Class::Conflict, _) => tracing::debug!(name, %failure, ?wait, "overtaken by another writer"),
        (Class::Waits, _) => tracing::info!(name, %failure, "waits for a change"),
        _ => tracing::warn!(name, %failure, ?wait, "not as declared"),
    }
    wait.map_or_else(Action::await_change, Action::requeue)
}

async fn steps<K: Kind>(object: Arc<K>, context: Arc<Context<K>>) -> Result<Action, Failure> {
    let namespace = object.namespace().unwrap_or_default();
    let api = Api::<K>::namespaced(context.client.clone(), &namespace);
    let deleting = object.meta().deletion_timestamp.is_some();
    let guarded = object.finalizers().iter().any(|name| name == K::FINALIZER);
    let resource = key(&*object);
    let action = if object.withdraws() {
        let (api, context) = (&api, &context);
        let step = |step| async move {
            match step {
                Step::Apply(object) => apply(api, &*object, context).await,
                Step::Cleanup(object) => withdraw(&*object, context).await,
            }
        };
        finalizer(api, K::FINALIZER, object, step).await.map_err(failure_of)?
    } else if guarded {
        let_go(&api, &*object).await?;
        Action::requeue(OWN_WRITE)
    } else if deleting {
        Action::await_change()
    } else {
        apply(&api, &*object, &context).await?
    };
    context.backoffs.forget(&resource);
    Ok(action)
}

async fn apply<K: Kind>(api: &Api<K>, object: &K, context: &Context<K>) -> Result<Action, Failure> {
    let micros = context.clock.now().timestamp_micros();
    let now = Timestamp::from_microsecond(micros).unwrap_or(Timestamp::UNIX_EPOCH);
    let moment = Moment { now, generation: object.meta().generation };
    let Applied { status, notices, next } = object.apply(&context.world, moment).await;
    if object.status() != Some(&status) {
        write_status(api, object, &status).await?;
    }
    publish(object, context, notices).await;
    match next {
        Next::Settled => Ok(Action::requeue(context.resync_interval)),
        Next::Continue => Ok(Action::requeue(OWN_WRITE)),
        Next::Failed(failure) => Err(failure),
    }
}

async fn withdraw<K: Kind>(object: &K, context: &Context<K>) -> Result<Action, Failure> {
    match object.withdraw(&context.world).await {
        Ok(notices) => {
            publish(object, context, notices).await;
            Ok(Action::await_change())
        }
        // Said once, not at every try.
        Err(failure) if context.backoffs.failing(&key(object)) => Err(failure),
        Err(failure) => {
            let note = format!("the resource waits until what it applied is withdrawn: {}", failure.message);
            publish(object, context, vec![Notice::warning("Withdraw", failure.reason, note)]).await;
            Err(failure)
        }
    }
}

/// Writes the whole status as the operator's own. Where the resource changed meanwhile it is about a former generation,
/// says so, and is written again by the reconcile that the change asks for.
async fn write_status<K: Kind>(api: &Api<K>, object: &K, status: &K::Status) -> Result<(), Failure> {
    let name = object.name_any();
    let patch = Patch::Apply(json!({
        "apiVersion": K::api_version(&()),
        "kind": K::kind(&()),
        "metadata": { "name": name },
        "status": status,
    }));
    match api.patch_status(&name, &PatchParams::apply(FIELD_MANAGER).force(), &patch).await {
        Ok(_) => Ok(()),
        // It went meanwhile; there is nobody to tell.
        Err(kube::Error::Api(status)) if status.is_not_found() => Ok(()),
        Err(error) => Err(error.into()),
    }
}

/// Takes the finalizer off a resource that no longer needs it.
async fn let_go<K: Kind>(api: &Api<K>, object: &K) -> Result<(), Failure> {
    let others: Vec<&String> = object.finalizers().iter().filter(|name| *name != K::FINALIZER).collect();
    let patch = json!({ "metadata": { "resourceVersion": object.resource_version(), "finalizers": others } });
    match api.patch(&object.name_any(), &PatchParams::default(), &Patch::Merge(patch)).await {
        Ok(_) => Ok(()),
        Err(kube::Error::Api(status)) if status.is_not_found() => Ok(()),
        Err(error) => Err(error.into()),
    }
}

/// Publishes what happened. Each notice is an event of its own: the recorder's cache would keep the text of an earlier
/// one. An event that can't be written is only logged.
async fn publish<K: Kind>(object: &K, context: &Context<K>, notices: Vec<Notice>) {
    let recorder = Recorder::new(context.client.clone(), context.reporter.clone());
    let reference = object.object_ref(&());
    for Notice { severity, action, reason, note } in notices {
        let note = note.chars().take(MAX_NOTE).collect();
        let event = Event {
            type_: severity,
            reason: reason.to_owned(),
            note: Some(note),
            action: action.to_owned(),
            secondary: None,
        };
        if let Err(error) = recorder.publish(&event, &reference).await {
            tracing::warn!(%error, reason, "an event can't be written");
        }
    }
}

fn failure_of(error: FinalizerError<Failure>) -> Failure {
    match error {
        FinalizerError::ApplyFailed(failure) | FinalizerError::CleanupFailed(failure) => failure,
        FinalizerError::RemoveFinalizer(kube::Error::Api(status)) if status.is_not_found() => {
            Failure::new(Class::Waits, "Gone", "the resource is gone")
        }
        FinalizerError::AddFinalizer(error) | FinalizerError::RemoveFinalizer(error) => error.into(),
        FinalizerError::UnnamedObject | FinalizerError::InvalidFinalizer => {
            Failure::new(Class::Waits, "FinalizerInvalid", error.to_string())
        }
    }
}

fn key<K: Resource>(object: &K) -> String {
    format!("{}/{}", object.namespace().unwrap_or_default(), object.name_any())
}
