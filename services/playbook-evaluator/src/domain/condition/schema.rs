//! What a condition may name.

use super::check::Type;

/// Where a condition stands: a segment knows no talk.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Scope {
    Segment,
    Behavior,
}

/// The ids a condition may refer to, beside account, deal and call.
#[derive(Debug, Clone)]
pub struct Names<'a> {
    pub scope: Scope,
    pub signals: Vec<&'a str>,
    pub concepts: Vec<&'a str>,
    pub letters: Vec<&'a str>,
}

/// Lists of facts whose number a condition may ask for.
pub const COUNTED_FACTS: &[&str] =
    &["competitors", "stakeholders", "pains", "objections", "open_questions", "commitments", "amounts"];

/// A record that can be selected from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Record {
    Account,
    Deal,
    Call,
    Signals,
    Concepts,
    Facts,
    Qualification,
    /// Something with a `count`.
    Counted,
    /// Something with a `score`.
    Scored,
}

impl Names<'_> {
    /// The variable of that name.
    pub fn variable(&self, name: &str) -> Option<Type> {
        let in_talk = self.scope == Scope::Behavior;
        Some(Type::Record(match name {
            "account" => Record::Account,
            "deal" => Record::Deal,
            "call" => Record::Call,
            "signals" if in_talk => Record::Signals,
            "concepts" if in_talk => Record::Concepts,
            "facts" if in_talk => Record::Facts,
            "qualification" if in_talk => Record::Qualification,
            _ => return None,
        }))
    }

    /// The field of a record.
    pub fn field(&self, record: Record, field: &str) -> Option<Type> {
        Some(match (record, field) {
            (Record::Account, "name" | "industry" | "segment") => Type::Text,
            (Record::Account, "employees") => Type::Int,
            (Record::Account, "regulated") => Type::Bool,
            (Record::Deal, "id" | "stage" | "currency" | "close_date") => Type::Text,
            (Record::Deal, "amount") => Type::Double,
            (Record::Call, "type") => Type::Text,
            (Record::Call, "duration_s" | "reps" | "buyers" | "turns") => Type::Int,
            (Record::Signals, id) if self.signals.contains(&id) => Type::Record(Record::Counted),
            (Record::Concepts, id) if self.concepts.contains(&id) => Type::Record(Record::Counted),
            (Record::Facts, fact) if COUNTED_FACTS.contains(&fact) => Type::Record(Record::Counted),
            (Record::Qualification, id) if self.letters.contains(&id) => Type::Record(Record::Scored),
            (Record::Counted, "count") | (Record::Scored, "score") => Type::Int,
            _ => return None,
        })
    }
}
