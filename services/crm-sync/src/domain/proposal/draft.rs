//! From facts to drafts: each value in the normal form of its field, or no draft and a sentence why. Nothing is written here.

use chrono::{DateTime, NaiveDate, TimeDelta, Utc};
use serde::{Deserialize, Serialize};

use super::fact::{Evidence, Fact, FactValue, Mapping, Support};
use crate::domain::{
    association::Side,
    record::Record,
    schema::{self, FieldType, Policy, RecordKind, TEXT_MAX_CHARS},
    text,
    value::{Currency, Money, Value},
};

/// What a fact must bring to be written without asking.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Settings {
    /// Calibrated probability of the detector, where it has one; below it AUTO becomes REVIEW. 0 to 1.
    pub auto_min_confidence: f64,
    /// Confidence that the speaker is right; below it AUTO becomes REVIEW. 0 to 1.
    pub auto_min_speaker_confidence: f64,
}

/// A value for a field, not yet compared with what is proposed already.
#[derive(Debug, Clone, PartialEq)]
pub struct Draft {
    pub field: &'static str,
    pub value: Value,
    /// A list that only grows: several calls add to it.
    pub additive: bool,
    pub evidence: Vec<Evidence>,
    pub confidence: Option<f64>,
    pub policy: Policy,
    /// Why AUTO became REVIEW; empty otherwise.
    pub reason: String,
    pub spoken_at: DateTime<Utc>,
}

/// Drafts, and what was left out and why.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Drafts {
    pub drafts: Vec<Draft>,
    pub notes: Vec<String>,
}

/// Drafts what the mappings ask for.
pub fn draft(
    facts: &[Fact],
    mappings: &[Mapping],
    call_time: DateTime<Utc>,
    deal: &Record,
    settings: Settings,
) -> Drafts {
    let mut drafts = Drafts::default();
    for mapping in mappings {
        for fact in facts.iter().filter(|fact| fact.slot == mapping.slot) {
            match draft_one(fact, mapping, call_time, deal, settings) {
                Ok(draft) if drafts.drafts.iter().any(|known| known.field == draft.field) => {
                    drafts.notes.push(format!(
                        "{}: {} is mapped to {} as well; the first mapping stands",
                        draft.field,
                        mapping.slot.as_str(),
                        draft.field
                    ));
                }
                Ok(draft) => drafts.drafts.push(draft),
                Err(why) => drafts.notes.push(format!("{} to {}: {why}", mapping.slot.as_str(), mapping.field)),
            }
        }
    }
    drafts
}

fn draft_one(
    fact: &Fact,
    mapping: &Mapping,
    call_time: DateTime<Utc>,
    deal: &Record,
    settings: Settings,
) -> Result<Draft, String> {
    let field = schema::find(RecordKind::Deal, &mapping.field).ok_or("an opportunity has no such field")?;
    if field.ceiling == Policy::Never {
        return Err("no machine proposes values for this field".into());
    }
    let evidence: Vec<Evidence> = fact
        .evidence
        .iter()
        .filter(|evidence| evidence.support != Support::Contradicted && evidence.is_said())
        .cloned()
        .collect();
    if evidence.is_empty() {
        return Err("nothing that was said supports it".into());
    }
    let value = normalise(&fact.value, field.ty, call_time.date_naive(), deal, field.id)?;
    let confidence = evidence.iter().filter_map(|evidence| evidence.confidence).min_by(f64::total_cmp);
    let (policy, reason) = settle_policy(mapping.policy.min(field.ceiling), &evidence, confidence, settings);
    let last_ms = evidence.iter().map(|evidence| evidence.end_ms).max().unwrap_or(0);
    let additive = matches!(field.ty, FieldType::List);
    Ok(Draft {
        field: field.id,
        value,
        additive,
        confidence,
        policy,
        reason,
        spoken_at: call_time + TimeDelta::milliseconds(i64::from(last_ms.max(0))),
        evidence,
    })
}

/// AUTO only for what was stated, by somebody whose side is known.
fn settle_policy(
    policy: Policy,
    evidence: &[Evidence],
    confidence: Option<f64>,
    settings: Settings,
) -> (Policy, String) {
    if policy != Policy::Auto {
        return (policy, String::new());
    }
    let why = if !evidence.iter().any(|evidence| evidence.support == Support::Stated) {
        "not stated outright"
    } else if confidence.is_some_and(|confidence| confidence < settings.auto_min_confidence) {
        "the detector is not sure enough"
    } else if evidence.iter().any(|evidence| {
        evidence.side == Side::Unknown || evidence.speaker_confidence < settings.auto_min_speaker_confidence
    }) {
        "it is not sure who said it"
    } else {
        return (Policy::Auto, String::new());
    };
    (Policy::Review, format!("waits for a person: {why}"))
}

fn normalise(
    value: &FactValue,
    ty: FieldType,
    call_day: NaiveDate,
    deal: &Record,
    field: &str,
) -> Result<Value, String> {
    match (value, ty) {
        (FactValue::Text(said), FieldType::Text) => one_line(said).map(Value::Text),
        (FactValue::Date(date), FieldType::Date) if *date < call_day => Err(format!("{date} is before the call")),
        (FactValue::Date(date), FieldType::Date) => Ok(Value::Date(*date)),
        (FactValue::Date(date), FieldType::Text) => Ok(Value::Text(date.to_string())),
        (FactValue::Amount { units, currency }, FieldType::Money) => {
            amount(*units, currency, deal, field).map(Value::Money)
        }
        (FactValue::Names(names), FieldType::List) => merge_names(deal.value(field), names),
        (FactValue::Names(names), FieldType::Text) => one_line(&names.join("; ")).map(Value::Text),
        (_, FieldType::Picklist(_) | FieldType::Stage) => Err("what was said is no value of the picklist".into()),
        _ => Err("the fact does not fit the type of the field".into()),
    }
}

/// The text on one line, cut at the field's length.
fn one_line(said: &str) -> Result<String, String> {
    let line: String = said.split_whitespace().collect::<Vec<_>>().join(" ").chars().take(TEXT_MAX_CHARS).collect();
    if line.is_empty() { Err("the words are empty".into()) } else { Ok(line) }
}

/// An amount in the deal's currency: nothing is converted, and where nobody said a currency the deal's own is meant.
fn amount(units: f64, said: &str, deal: &Record, field: &str) -> Result<Money, String> {
    let money = |field: &str| match deal.value(field) {
        Some(Value::Money(money)) => Some(money.currency().clone()),
        _ => None,
    };
    let deals = money(field).or_else(|| money("amount"));
    let currency = if said.is_empty() {
        deals.ok_or("nobody said a currency and the opportunity has none")?
    } else {
        let said = Currency::parse(said).ok_or_else(|| format!("{said:?} is no currency"))?;
        match deals {
            Some(deals) if deals != said => return Err(format!("{said} was said, the opportunity is in {deals}")),
            _ => said,
        }
    };
    Money::from_units(units, currency).ok_or_else(|| format!("{units} is no amount"))
}

/// The list as it stands with the new names behind; names that are there already are not news.
fn merge_names(current: Option<&Value>, names: &[String]) -> Result<Value, String> {
    let mut list = match current {
        Some(Value::List(list)) => list.clone(),
        _ => Vec::new(),
    };
    extend_list(&mut list, names);
    if list.is_empty() { Err("there are no names".into()) } else { Ok(Value::List(list)) }
}

/// Appends what is not there in another spelling.
pub(super) fn extend_list(list: &mut Vec<String>, more: &[String]) {
    for name in more.iter().map(|name| name.trim()).filter(|name| !name.is_empty()) {
        if list.len() < schema::LIST_MAX_ITEMS
            && !list.iter().any(|known| text::company_key(known) == text::company_key(name))
        {
            list.push(name.replace([';', '|'], ","));
        }
    }
}
