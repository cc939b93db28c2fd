//! Cells of a row as typed values; whatever can't be read is reported at its place and the row goes on, so that one pass shows every mistake.

use std::collections::BTreeMap;

use super::{Context, directory::Resolved, table::Row};
use crate::domain::{
    date,
    schema::{self, FieldType, RecordKind},
    text,
    value::{Currency, Money, Value},
};

/// The values of one row as they are gathered.
pub struct Gathered<'r, 'c, 'o> {
    pub row: Row<'r>,
    pub context: &'c mut Context<'o>,
    pub values: BTreeMap<String, Value>,
    pub sound: bool,
}

impl<'r, 'c, 'o> Gathered<'r, 'c, 'o> {
    pub fn new(row: Row<'r>, context: &'c mut Context<'o>) -> Self {
        Self { row, context, values: BTreeMap::new(), sound: true }
    }

    /// Reports a mistake in a column; the row is unsound from now on.
    pub fn error(&mut self, column: &str, reason: impl Into<String>) {
        let value = self.row.text(column).unwrap_or_default();
        self.context.report.error(self.row.place(column), value, reason);
        self.sound = false;
    }

    /// Reports something to know.
    pub fn warn(&mut self, column: &str, value: &str, reason: impl Into<String>) {
        self.context.report.warn(self.row.place(column), value, reason);
    }

    /// A cell that must not be empty.
    pub fn required(&mut self, column: &str) -> Option<&'r str> {
        let text = self.row.text(column);
        if text.is_none() {
            self.error(column, "is empty");
        }
        text
    }

    /// Takes cells over whose text is the value's normal form.
    pub fn plain(&mut self, kind: RecordKind, columns: &[&str]) {
        for column in columns {
            if let (Some(text), Some(field)) = (self.row.text(column), schema::find(kind, column)) {
                match field.ty.parse(text, self.context.pipeline) {
                    Ok(value) => drop(self.values.insert((*column).to_owned(), value)),
                    Err(reason) => self.error(column, reason),
                }
            }
        }
    }

    /// Takes dates over, in the order of their column.
    pub fn dates(&mut self, columns: &[&str]) {
        for column in columns {
            if let Some(date) = self.date(column) {
                self.values.insert((*column).to_owned(), Value::Date(date));
            }
        }
    }

    /// One date.
    pub fn date(&mut self, column: &str) -> Option<chrono::NaiveDate> {
        let (text, order) = (self.row.text(column)?, self.row.order(column)?);
        match date::parse_date(text, order) {
            Ok(date) => Some(date),
            Err(reason) => {
                self.error(column, reason);
                None
            }
        }
    }

    /// Takes an amount over, in its own currency, the row's or the default.
    pub fn money(&mut self, column: &str) {
        let Some(text) = self.row.text(column) else { return };
        match Money::parse_number(text) {
            Err(reason) => self.error(column, reason),
            Ok((micros, own)) => {
                let Some(currency) = self.currency(column, own) else { return };
                match Money::from_micros(micros, currency) {
                    Some(money) => drop(self.values.insert(column.to_owned(), Value::Money(money))),
                    None => self.error(column, "is negative"),
                }
            }
        }
    }

    fn currency(&mut self, column: &str, own: Option<Currency>) -> Option<Currency> {
        let stated = match self.row.text("currency") {
            None => None,
            Some(text) => match Currency::parse(text) {
                Some(currency) => Some(currency),
                None => {
                    self.error("currency", "is not an ISO 4217 code");
                    return None;
                }
            },
        };
        match (own, stated) {
            (Some(own), Some(stated)) if own != stated => {
                self.error(column, format!("is in another currency than the row's {stated}"));
                None
            }
            (Some(currency), _) | (None, Some(currency)) => Some(currency),
            (None, None) => {
                let currency = self.context.options.default_currency.clone();
                self.warn(column, "", format!("names no currency: read as {currency}"));
                Some(currency)
            }
        }
    }

    /// Takes the id of a record over that the cell names. One that nothing lists is created from its name where the export brings no list.
    pub fn reference(&mut self, kind: RecordKind, column: &str) {
        let Some(name) = self.row.text(column) else { return };
        let (resolved, list) = match kind {
            RecordKind::User => (self.context.directory.user(name), "users"),
            _ => (self.context.directory.account(name), "accounts"),
        };
        let id = match resolved {
            Resolved::Found(id) => id,
            Resolved::Ambiguous => return self.error(column, format!("names more than one of the {list}; use the id")),
            Resolved::Missing if self.context.directory.may_create(kind) && !text::slug(name).is_empty() => {
                self.warn(column, "", format!("names some that no file of {list} lists: created from the name"));
                self.context.directory.create(kind, name)
            }
            Resolved::Missing => return self.error(column, format!("is not among the {list}")),
        };
        self.values.insert(column.to_owned(), Value::Text(id));
    }

    /// Takes ids of contacts over; one that is not listed is left out with a warning, since nothing depends on it.
    pub fn contacts(&mut self, column: &str) {
        let Some(text) = self.row.text(column) else { return };
        let Ok(Value::List(names)) = FieldType::List.parse(text, self.context.pipeline) else {
            return self.error(column, "can't be read as a list; separate by ;");
        };
        let mut ids = Vec::new();
        for name in names {
            match self.context.directory.contact(&name) {
                Resolved::Found(id) if !ids.contains(&id) => ids.push(id),
                Resolved::Found(_) => {}
                Resolved::Ambiguous => self.warn(column, &name, "names more than one contact: left out"),
                Resolved::Missing => self.warn(column, &name, "is not among the contacts: left out"),
            }
        }
        if !ids.is_empty() {
            self.values.insert(column.to_owned(), Value::List(ids));
        }
    }

    /// The record's own id, or the one made of what else names it.
    pub fn id(&mut self, column: &str, otherwise: impl FnOnce(&Context<'_>) -> String) -> Option<String> {
        match self.row.text(column) {
            Some(id) if text::valid_id(id) => Some(id.to_owned()),
            Some(_) => {
                self.error(column, "is not an id: 1 to 120 of A-Z a-z 0-9 . _ ~ -");
                None
            }
            None => Some(otherwise(self.context)).filter(|id| !id.is_empty()),
        }
    }
}
