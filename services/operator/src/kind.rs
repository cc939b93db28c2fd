//! What a kind of custom resource gives to the reconcile skeleton, and what it gets.

use std::fmt::Debug;
use std::future::Future;

use k8s_openapi::NamespaceResourceScope;
use kube::Resource;
use kube::runtime::events::EventType;
use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::condition::Moment;
use crate::failure::Failure;

/// A kind of custom resource.
pub trait Kind:
    Resource<DynamicType = (), Scope = NamespaceResourceScope>
    + Clone
    + Debug
    + DeserializeOwned
    + Serialize
    + Send
    + Sync
    + 'static
{
    /// Its `status`.
    type Status: Clone + Debug + PartialEq + Serialize + Send + Sync;
    /// What it is applied to.
    type World: Send + Sync + 'static;
    /// Name of the finalizer that keeps a resource until [`Kind::withdraw`] went well.
    const FINALIZER: &'static str;

    /// The status that was last written.
    fn status(&self) -> Option<&Self::Status>;

    /// Must something be withdrawn before the resource may go? Where not, it carries no finalizer and never waits for
    /// the operator.
    fn withdraws(&self) -> bool;

    /// Makes what is declared so. It may be dropped at any point and is then run again from the start.
    fn apply(&self, world: &Self::World, moment: Moment) -> impl Future<Output = Applied<Self::Status>> + Send;

    /// Takes back what was applied, because the resource goes. It may be run again.
    fn withdraw(&self, world: &Self::World) -> impl Future<Output = Result<Vec<Notice>, Failure>> + Send;
}

/// What became of a resource.
#[derive(Debug)]
pub struct Applied<S> {
    /// The status to be shown.
    pub status: S,
    /// What happened, for people.
    pub notices: Vec<Notice>,
    /// What is next.
    pub next: Next,
}

/// What is next.
#[derive(Debug)]
pub enum Next {
    /// All is as declared: look again at the next resync.
    Settled,
    /// The status must be written before it can go on.
    Continue,
    /// It is not as declared.
    Failed(Failure),
}

/// What happened, published as an event of the resource.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Notice {
    /// Normal or warning.
    pub severity: EventType,
    /// What was done, in CamelCase.
    pub action: &'static str,
    /// Why, in CamelCase.
    pub reason: &'static str,
    /// For people.
    pub note: String,
}

impl Notice {
    /// All went well.
    pub fn normal(action: &'static str, reason: &'static str, note: impl Into<String>) -> Self {
        Self { severity: EventType::Normal, action, reason, note: note.into() }
    }

    /// Somebody should look.
    pub fn warning(action: &'static str, reason: &'static str, note: impl Into<String>) -> Self {
        Self { severity: EventType::Warning, action, reason, note: note.into() }
    }
}
