//! Builders that the tests of this crate share.

use chrono::{DateTime, TimeDelta, Utc};

use super::conduct::{Outcome, Polarity};
use super::evaluation::{Behavior, BehaviorResult, Evaluation, Rep};
use super::evidence::{Evidence, Side, Support};
use super::facts::Facts;
use super::id::Id;

/// Day `n` of a year in which every test takes place.
pub fn day(n: i64) -> DateTime<Utc> {
    DateTime::from_timestamp(1_767_261_600, 0).unwrap() + TimeDelta::days(n)
}

/// A stated quote.
pub fn quote(words: &str) -> Evidence {
    Evidence {
        call: "c1".to_owned(),
        turn: 3,
        end_turn: 3,
        start_ms: 12_000,
        end_ms: 15_500,
        quote: words.to_owned(),
        side: Side::Buyer,
        speaker: "Tom Ashworth".to_owned(),
        speaker_confidence: 1.0,
        support: Support::Stated,
        method: "phrases".to_owned(),
        confidence: None,
        purged_at: None,
    }
}

/// A behavior of weight 1 that is wanted.
pub fn behavior(id: &str) -> Behavior {
    Behavior { id: Id::new(id), description: format!("The rep does {id}."), weight: 1.0, polarity: Polarity::Seek }
}

/// Its outcome in a call.
pub fn result(id: &str, outcome: Outcome) -> BehaviorResult {
    let evidence = if outcome == Outcome::Observed { vec![quote(id)] } else { Vec::new() };
    BehaviorResult { behavior: behavior(id), outcome, evidence }
}

/// An evaluation of a call by Priya on day 0 with nothing in it.
pub fn evaluation(call: &str) -> Evaluation {
    Evaluation {
        id: Id::new(format!("e-{call}")),
        call: Id::new(call),
        transcript: "1".to_owned(),
        purged_at: None,
        playbook: Id::new("regulated-enterprise"),
        call_time: day(0),
        evaluated_at: day(0),
        rep: Some(Rep { id: Id::new("priya-raman"), name: "Priya Raman".to_owned() }),
        behaviors: Vec::new(),
        facts: Facts::default(),
        risks: Vec::new(),
    }
}
