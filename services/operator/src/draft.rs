//! The status of a resource under construction: what was known before, changed by what is found out.

use k8s_openapi::apimachinery::pkg::apis::meta::v1::Condition;
use kube::runtime::events::EventType;

use crate::condition::{Is, Moment, find};
use crate::failure::{Class, Failure};
use crate::kind::{Applied, Next, Notice};

const READY: &str = "Ready";

/// What every status has.
pub trait Status: Clone + Default {
    /// Its conditions.
    fn conditions(&mut self) -> &mut Vec<Condition>;

    /// Notes the generation that it is about.
    fn observe(&mut self, generation: Option<i64>);
}

/// A status under construction, and what happened on the way.
pub struct Draft<S> {
    /// What is to be shown.
    pub status: S,
    /// What happened.
    pub notices: Vec<Notice>,
    moment: Moment,
    /// Reason and message of the condition `Ready` before.
    before: Option<(String, String)>,
}

/// How far a reconcile got.
pub enum Reached {
    /// All is as declared: reason and message of `Ready`.
    Declared(&'static str, String),
    /// What the resource is about is marked as its own, which must be written before anything is done; what comes next.
    Claimed(&'static str),
}

impl<S: Status> Draft<S> {
    /// What was known before.
    pub fn new(known: Option<&S>, moment: Moment) -> Self {
        let mut status = known.cloned().unwrap_or_default();
        status.observe(moment.generation);
        let before = find(status.conditions(), READY).map(|ready| (ready.reason.clone(), ready.message.clone()));
        Self { status, notices: Vec::new(), moment, before }
    }

    /// Sets a condition.
    pub fn set(&mut self, type_: &str, is: Is, reason: &str, message: impl Into<String>) {
        self.moment.set(self.status.conditions(), type_, is, reason, message);
    }

    /// Something that was done.
    pub fn did(&mut self, severity: EventType, action: &'static str, reason: &'static str, note: String) {
        self.notices.push(Notice { severity, action, reason, note });
    }

    /// Says how far it got in the condition `Ready`, and as an event where that is a failure and news.
    pub fn finish(mut self, result: Result<Reached, Failure>) -> Applied<S> {
        let (is, reason, message) = match &result {
            Ok(Reached::Claimed(next)) => (Is::False, "Progressing", (*next).to_owned()),
            Ok(Reached::Declared(reason, message)) => (Is::True, *reason, message.clone()),
            Err(Failure { class: Class::Away, reason, message }) => (Is::Unknown, *reason, message.clone()),
            Err(Failure { reason, message, .. }) => (Is::False, *reason, message.clone()),
        };
        let news = self.before.take().is_none_or(|before| before != (reason.to_owned(), message.clone()));
        if let Err(failure) = &result
            && news
        {
            self.notices.push(Notice::warning("Apply", failure.reason, message.clone()));
        }
        self.set(READY, is, reason, message);
        let next = match result {
            Ok(Reached::Declared(..)) => Next::Settled,
            Ok(Reached::Claimed(_)) => Next::Continue,
            Err(failure) => Next::Failed(failure),
        };
        Applied { status: self.status, notices: self.notices, next }
    }
}
