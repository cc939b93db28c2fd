//! Kinds of events, and who wants which.

use std::collections::BTreeMap;

use throughline_proto::events::v1::event::Body;

/// What an event tells of.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum EventType {
    /// A transcript is complete.
    TranscriptFinalized,
    /// An evaluation is complete.
    EvaluationCompleted,
    /// A mirrored CRM record changed.
    RecordChanged,
    /// It was decided which deal a call belongs to.
    CallAssociated,
    /// Sound, words and names of a call were removed.
    CallPurged,
}

impl EventType {
    /// The kind of a body.
    pub fn of(body: &Body) -> Self {
        match body {
            Body::TranscriptFinalized(_) => Self::TranscriptFinalized,
            Body::EvaluationCompleted(_) => Self::EvaluationCompleted,
            Body::RecordChanged(_) => Self::RecordChanged,
            Body::CallAssociated(_) => Self::CallAssociated,
            Body::CallPurged(_) => Self::CallPurged,
        }
    }

    /// The name in rows, spans and logs: that of the proto field.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::TranscriptFinalized => "transcript_finalized",
            Self::EvaluationCompleted => "evaluation_completed",
            Self::RecordChanged => "record_changed",
            Self::CallAssociated => "call_associated",
            Self::CallPurged => "call_purged",
        }
    }
}

/// Which consumer wants which events of this service. Consumers are named as their peers are.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Subscriptions {
    by_consumer: BTreeMap<String, Vec<EventType>>,
}

impl Subscriptions {
    /// Nobody wants anything: events are only kept.
    pub fn new() -> Self {
        Self::default()
    }

    /// `consumer` wants events of these types.
    #[must_use]
    pub fn with(mut self, consumer: &str, types: impl IntoIterator<Item = EventType>) -> Self {
        self.by_consumer.entry(consumer.to_owned()).or_default().extend(types);
        self
    }

    /// Every consumer, by name.
    pub fn consumers(&self) -> impl Iterator<Item = &str> {
        self.by_consumer.keys().map(String::as_str)
    }

    /// The consumers of one type.
    pub(crate) fn of(&self, event_type: EventType) -> impl Iterator<Item = &str> {
        self.by_consumer
            .iter()
            .filter(move |(_, types)| types.contains(&event_type))
            .map(|(consumer, _)| consumer.as_str())
    }
}
