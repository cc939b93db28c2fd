//! The fields of each kind of record: their type, their normal form and the most a machine may do with them.

use chrono::NaiveDate;
use serde::{Deserialize, Serialize};

use super::{
    stage::Pipeline,
    text,
    value::{Currency, Money, Value},
};

/// Longest text of a field, in characters.
pub const TEXT_MAX_CHARS: usize = 2_000;
/// Most items of a list.
pub const LIST_MAX_ITEMS: usize = 100;

/// Kinds of record.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RecordKind {
    User,
    Account,
    Contact,
    Deal,
}

impl RecordKind {
    /// The word that is stored and shown.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::User => "user",
            Self::Account => "account",
            Self::Contact => "contact",
            Self::Deal => "deal",
        }
    }
}

/// The most a machine may do with a field, or what a playbook lets it do.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Policy {
    /// Shown, never written.
    Never,
    /// Waits for a person.
    Review,
    /// Written by compare-and-set without asking.
    Auto,
}

/// What a field holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FieldType {
    Text,
    Email,
    Domains,
    Integer,
    Flag,
    Money,
    Date,
    Stage,
    List,
    /// One of these ids.
    Picklist(&'static [&'static str]),
    /// The id of a record.
    Reference(RecordKind),
    /// Ids of records.
    References(RecordKind),
}

/// A field.
#[derive(Debug, Clone, Copy)]
pub struct FieldSpec {
    /// Its id, for example `close_date`.
    pub id: &'static str,
    /// What it holds.
    pub ty: FieldType,
    /// The most a machine may do, whatever a playbook says.
    pub ceiling: Policy,
}

/// People's forecast categories.
pub const FORECAST_CATEGORIES: &[&str] = &["commit", "best_case", "pipeline"];
/// Roles of a contact in a decision.
pub const CONTACT_ROLES: &[&str] =
    &["economic_buyer", "champion", "technical", "security", "legal", "procurement", "user", "unknown"];

const fn field(id: &'static str, ty: FieldType, ceiling: Policy) -> FieldSpec {
    FieldSpec { id, ty, ceiling }
}

const DEAL: &[FieldSpec] = &[
    field("display_name", FieldType::Text, Policy::Never),
    field("account", FieldType::Reference(RecordKind::Account), Policy::Never),
    field("owner", FieldType::Reference(RecordKind::User), Policy::Never),
    field("contacts", FieldType::References(RecordKind::Contact), Policy::Never),
    field("product", FieldType::Text, Policy::Never),
    field("open_date", FieldType::Date, Policy::Never),
    field("forecast_category", FieldType::Picklist(FORECAST_CATEGORIES), Policy::Never),
    // Stage, amount and close date carry the forecast: a machine may only ever ask.
    field("stage", FieldType::Stage, Policy::Review),
    field("amount", FieldType::Money, Policy::Review),
    field("close_date", FieldType::Date, Policy::Review),
    field("next_step", FieldType::Text, Policy::Auto),
    field("next_step_date", FieldType::Date, Policy::Auto),
    field("competitors", FieldType::List, Policy::Auto),
    field("budget", FieldType::Money, Policy::Auto),
    field("decision_date", FieldType::Date, Policy::Auto),
    field("economic_buyer", FieldType::Text, Policy::Auto),
    field("critical_event", FieldType::Text, Policy::Auto),
];

const ACCOUNT: &[FieldSpec] = &[
    field("display_name", FieldType::Text, Policy::Never),
    field("domains", FieldType::Domains, Policy::Never),
    field("industry", FieldType::Text, Policy::Never),
    field("employees", FieldType::Integer, Policy::Never),
    field("regulated", FieldType::Flag, Policy::Never),
    field("segment", FieldType::Text, Policy::Never),
    field("country", FieldType::Text, Policy::Never),
    field("parent", FieldType::Text, Policy::Never),
];

const CONTACT: &[FieldSpec] = &[
    field("display_name", FieldType::Text, Policy::Never),
    field("account", FieldType::Reference(RecordKind::Account), Policy::Never),
    field("email", FieldType::Email, Policy::Never),
    field("title", FieldType::Text, Policy::Never),
    field("role", FieldType::Picklist(CONTACT_ROLES), Policy::Never),
];

const USER: &[FieldSpec] = &[
    field("display_name", FieldType::Text, Policy::Never),
    field("email", FieldType::Email, Policy::Never),
    field("manager", FieldType::Text, Policy::Never),
    field("team", FieldType::Text, Policy::Never),
];

/// The fields of a kind, in the order they are shown.
pub fn fields(kind: RecordKind) -> &'static [FieldSpec] {
    match kind {
        RecordKind::Deal => DEAL,
        RecordKind::Account => ACCOUNT,
        RecordKind::Contact => CONTACT,
        RecordKind::User => USER,
    }
}

/// A field by its id.
pub fn find(kind: RecordKind, id: &str) -> Option<&'static FieldSpec> {
    fields(kind).iter().find(|field| field.id == id)
}

impl FieldType {
    /// Reads the normal form, as `Value`'s text writes it. The error completes the sentence "the value …".
    pub fn parse(self, text: &str, pipeline: &Pipeline) -> Result<Value, String> {
        let text = text.trim();
        if text.is_empty() {
            return Err("is empty".into());
        }
        if text.chars().count() > TEXT_MAX_CHARS {
            return Err(format!("is longer than {TEXT_MAX_CHARS} characters"));
        }
        match self {
            Self::Text | Self::Reference(_) => Ok(Value::Text(text.to_owned())),
            Self::Email => text::email(text).map(Value::Text).ok_or_else(|| "is not an e-mail address".into()),
            Self::Domains => parse_domains(text),
            Self::Integer => parse_integer(text),
            Self::Flag => parse_flag(text),
            Self::Money => parse_money(text),
            Self::Date => {
                text.parse::<NaiveDate>().map(Value::Date).map_err(|_| "is not a date; write YYYY-MM-DD".into())
            }
            Self::Stage => pipeline
                .find(text)
                .map(|stage| Value::Text(stage.id.clone()))
                .ok_or_else(|| format!("is not a stage of the picklist: {}", pipeline.ids())),
            Self::List | Self::References(_) => parse_list(text),
            Self::Picklist(ids) => {
                let key = text::compact(text);
                let id = ids
                    .iter()
                    .find(|id| text::compact(id) == key)
                    .ok_or_else(|| format!("is not one of {}", ids.join(", ")))?;
                Ok(Value::Text((*id).to_owned()))
            }
        }
    }
}

fn parse_domains(text: &str) -> Result<Value, String> {
    let mut domains = Vec::new();
    for part in items(text) {
        let domain =
            text::domain(part).ok_or_else(|| format!("holds {part:?}, which is not a web address or domain"))?;
        if !domains.contains(&domain) {
            domains.push(domain);
        }
    }
    Ok(Value::List(domains))
}

fn parse_integer(text: &str) -> Result<Value, String> {
    let (micros, currency) = Money::parse_number(text)?;
    if currency.is_some() || micros % 1_000_000 != 0 {
        return Err("is not a whole number".into());
    }
    let number = micros / 1_000_000;
    if number > i64::from(i32::MAX) {
        return Err("is too large".into());
    }
    Ok(Value::Integer(number))
}

fn parse_flag(text: &str) -> Result<Value, String> {
    match text.to_lowercase().as_str() {
        "true" | "yes" | "y" | "1" => Ok(Value::Flag(true)),
        "false" | "no" | "n" | "0" => Ok(Value::Flag(false)),
        _ => Err("is neither true nor false".into()),
    }
}

fn parse_money(text: &str) -> Result<Value, String> {
    let (micros, currency) = Money::parse_number(text)?;
    let currency: Currency = currency.ok_or("names no currency; write 180000 GBP")?;
    Money::from_micros(micros, currency).map(Value::Money).ok_or_else(|| "is negative".into())
}

fn parse_list(text: &str) -> Result<Value, String> {
    let mut list: Vec<String> = Vec::new();
    for item in items(text) {
        if !list.iter().any(|known| text::fold(known) == text::fold(item)) {
            list.push(item.to_owned());
        }
    }
    if list.len() > LIST_MAX_ITEMS {
        return Err(format!("has more than {LIST_MAX_ITEMS} items"));
    }
    if list.is_empty() { Err("is empty".into()) } else { Ok(Value::List(list)) }
}

fn items(text: &str) -> impl Iterator<Item = &str> {
    text.split([';', '|']).map(str::trim).filter(|item| !item.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::stage::tests::pipeline;

    #[test]
    fn the_fields_that_carry_the_forecast_are_never_auto() {
        for id in ["stage", "amount", "close_date"] {
            assert_eq!(find(RecordKind::Deal, id).map(|field| field.ceiling), Some(Policy::Review), "{id}");
        }
    }

    #[test]
    fn a_value_outside_the_picklist_is_refused() {
        let category = FieldType::Picklist(FORECAST_CATEGORIES);
        assert_eq!(category.parse("Best Case", &pipeline()), Ok(Value::Text("best_case".into())));
        assert!(category.parse("certain", &pipeline()).is_err());
        assert!(FieldType::Stage.parse("Legal review", &pipeline()).is_err());
    }

    #[test]
    fn normal_forms_read_back() {
        for (ty, text) in [
            (FieldType::Money, "180000.50 GBP"),
            (FieldType::Date, "2026-06-30"),
            (FieldType::List, "Ledgerline; Kronmeyer"),
            (FieldType::Integer, "2300"),
            (FieldType::Flag, "true"),
            (FieldType::Domains, "northmoor.example; nmbs.example"),
            (FieldType::Stage, "discovery"),
        ] {
            assert_eq!(ty.parse(text, &pipeline()).map(|value| value.to_string()), Ok(text.to_owned()));
        }
        assert!(FieldType::Money.parse("180000", &pipeline()).is_err(), "an amount without a currency is no amount");
        assert_eq!(
            FieldType::List.parse("Ledgerline; ledgerline ", &pipeline()),
            Ok(Value::List(vec!["Ledgerline".into()]))
        );
    }
}
