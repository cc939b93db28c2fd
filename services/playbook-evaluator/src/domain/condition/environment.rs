//! What a condition sees of a call. What isn't known is left out, so that asking for it gives no answer instead of a
//! default.

use super::schema::COUNTED_FACTS;
use crate::domain::call::{Call, Side, Transcript};
use cel::{Context, Value};
use std::collections::HashMap;

/// How often things were found in the talk.
#[derive(Debug, Clone, Default)]
pub struct Found {
    pub signals: Vec<(String, usize)>,
    pub concepts: Vec<(String, usize)>,
    /// By the name of the counted fact.
    pub facts: HashMap<&'static str, usize>,
    /// Scores of the qualification's letters; none where it isn't known.
    pub letters: Vec<(String, Option<u32>)>,
}

/// The variables of one call.
#[derive(Debug)]
pub struct Environment<'a> {
    call: &'a Call,
    transcript: &'a Transcript,
    found: &'a Found,
}

impl<'a> Environment<'a> {
    pub fn new(call: &'a Call, transcript: &'a Transcript, found: &'a Found) -> Self {
        Self { call, transcript, found }
    }

    pub(super) fn context(&self) -> Context<'static, 'static> {
        let mut context = Context::default();
        context.add_variable_from_value("account", self.account());
        context.add_variable_from_value("deal", self.deal());
        context.add_variable_from_value("call", self.call());
        context.add_variable_from_value("signals", counts(self.found.signals.iter().map(|(id, n)| (id.as_str(), *n))));
        context
            .add_variable_from_value("concepts", counts(self.found.concepts.iter().map(|(id, n)| (id.as_str(), *n))));
        let facts = COUNTED_FACTS.iter().map(|fact| (*fact, self.found.facts.get(fact).copied().unwrap_or(0)));
        context.add_variable_from_value("facts", counts(facts));
        context.add_variable_from_value("qualification", scores(&self.found.letters));
        context
    }

    fn account(&self) -> HashMap<String, Value> {
        let account = &self.call.account;
        let mut map = texts([("name", &account.name), ("industry", &account.industry), ("segment", &account.segment)]);
        if let Some(employees) = account.employees {
            map.insert("employees".into(), Value::Int(employees.into()));
        }
        if let Some(regulated) = account.regulated {
            map.insert("regulated".into(), Value::Bool(regulated));
        }
        map
    }

    fn deal(&self) -> HashMap<String, Value> {
        let deal = &self.call.deal;
        let close_date = deal.close_date.map(|d| d.to_string()).unwrap_or_default();
        let mut map = texts([
            ("id", &deal.id),
            ("stage", &deal.stage),
            ("currency", &deal.currency),
            ("close_date", &close_date),
        ]);
        if let Some(amount) = deal.amount {
            map.insert("amount".into(), Value::Float(amount));
        }
        map
    }

    fn call(&self) -> HashMap<String, Value> {
        let on_side = |side| self.call.participants.iter().filter(|p| p.side == side).count();
        let mut map = texts([("type", &self.call.call_type)]);
        map.insert("reps".into(), int(on_side(Side::Rep)));
        map.insert("buyers".into(), int(on_side(Side::Buyer)));
        map.insert("turns".into(), int(self.transcript.turns.len()));
        map.insert("duration_s".into(), Value::Int(i64::from(self.transcript.duration_ms) / 1000));
        map
    }
}

fn texts<const N: usize>(fields: [(&str, &String); N]) -> HashMap<String, Value> {
    fields
        .into_iter()
        .filter(|(_, text)| !text.is_empty())
        .map(|(key, text)| (key.to_owned(), Value::from(text.clone())))
        .collect()
}

fn int(n: usize) -> Value {
    Value::Int(i64::try_from(n).unwrap_or(i64::MAX))
}

fn scores(letters: &[(String, Option<u32>)]) -> HashMap<String, Value> {
    let score = |score: Option<u32>| score.map(|score| ("score".to_owned(), Value::Int(score.into())));
    letters.iter().map(|(id, known)| (id.clone(), Value::from(HashMap::from_iter(score(*known))))).collect()
}

fn counts<'a>(items: impl Iterator<Item = (&'a str, usize)>) -> HashMap<String, Value> {
    items.map(|(id, n)| (id.to_owned(), Value::from(HashMap::from([("count".to_owned(), int(n))])))).collect()
}
