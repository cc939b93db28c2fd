//! A record: fields that each know who set them, when, and at which version. Whoever writes states what they saw; a value a person
//! entered yields to no machine.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use super::{schema::RecordKind, value::Value};

/// Counts the changes of a record, from 1; of a field: the record's version at its last change. 0: never set.
pub type Version = i64;

/// Who set a value.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "author", rename_all = "snake_case")]
pub enum Author {
    /// A person, by the subject of its token: typed it or approved it.
    Person { subject: String },
    /// An export of the CRM.
    Import,
    /// What the creator of a call knew of the deal, where the CRM has no such deal.
    Call { call: String, at: DateTime<Utc> },
    /// A proposal that its policy applied.
    Machine { proposal: String, spoken_at: DateTime<Utc> },
}

/// A field's value with its history.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Cell {
    /// Nothing when it was emptied.
    pub value: Option<Value>,
    /// Version of the record at this change.
    pub version: Version,
    /// Who.
    #[serde(flatten)]
    pub author: Author,
    /// When it was set here.
    pub set_at: DateTime<Utc>,
    /// What the last import said, to tell news from repetition.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub imported: Option<Value>,
}

/// Kind and id of a record.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct RecordKey {
    pub kind: RecordKind,
    pub id: String,
}

impl RecordKey {
    /// A key.
    pub fn new(kind: RecordKind, id: impl Into<String>) -> Self {
        Self { kind, id: id.into() }
    }
}

/// A record of the mirror.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Record {
    pub key: RecordKey,
    pub version: Version,
    pub cells: BTreeMap<String, Cell>,
}

/// Why a machine's value is not written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Refusal {
    /// The field changed after it was seen.
    Changed { seen: Version, current: Version },
    /// A person set it after the evidence was spoken.
    PersonAfterEvidence { set_at: DateTime<Utc> },
    /// Something said in a later call stands there already.
    LaterEvidence { spoken_at: DateTime<Utc> },
}

/// What an import did to a field.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Imported {
    Written,
    Unchanged,
    /// A person's other value stays.
    KeptPerson,
    /// A machine's value stays: the export has no news.
    KeptMachine,
}

impl Record {
    /// A record that nothing was written to.
    pub fn new(key: RecordKey) -> Self {
        Self { key, version: 0, cells: BTreeMap::new() }
    }

    /// The value of a field.
    pub fn value(&self, field: &str) -> Option<&Value> {
        self.cells.get(field)?.value.as_ref()
    }

    /// A text, an id or a picklist value.
    pub fn text(&self, field: &str) -> Option<&str> {
        match self.value(field)? {
            Value::Text(text) => Some(text),
            _ => None,
        }
    }

    /// The version of a field; 0 when it was never set.
    pub fn field_version(&self, field: &str) -> Version {
        self.cells.get(field).map_or(0, |cell| cell.version)
    }

    /// Writes fields as one change: the version rises by one, and only if something differs. Returns the fields that changed. A value
    /// that a person confirms unchanged becomes the person's own, which is a change. Compares no versions: whoever calls it has the right to write.
    pub fn write(
        &mut self,
        changes: impl IntoIterator<Item = (String, Option<Value>)>,
        author: &Author,
        now: DateTime<Utc>,
    ) -> Vec<String> {
        let next = self.version + 1;
        let mut changed = Vec::new();
        for (field, value) in changes {
            let known = self.cells.get(&field);
            let same = known.map_or(value.is_none(), |cell| cell.value == value);
            let confirmed = matches!(author, Author::Person { .. })
                && known.is_some_and(|cell| !matches!(cell.author, Author::Person { .. }));
            if same && !confirmed {
                continue;
            }
            let imported = known.and_then(|cell| cell.imported.clone());
            self.cells
                .insert(field.clone(), Cell { value, version: next, author: author.clone(), set_at: now, imported });
            changed.push(field);
        }
        if !changed.is_empty() {
            self.version = next;
        }
        changed
    }

    /// Takes an export's values over. What a person set stays; what a machine set stays unless the export has news.
    pub fn import(&mut self, values: &BTreeMap<String, Value>, now: DateTime<Utc>) -> Vec<(String, Imported)> {
        let next = self.version + 1;
        let mut outcomes = Vec::with_capacity(values.len());
        for (field, value) in values {
            let outcome = match self.cells.get_mut(field) {
                None => Imported::Written,
                Some(cell) => {
                    let news = cell.imported.as_ref() != Some(value);
                    let same = cell.value.as_ref() == Some(value);
                    cell.imported = Some(value.clone());
                    match (&cell.author, same) {
                        (Author::Call { .. }, true) => {
                            // The CRM vouches for it now: no later call's context replaces it.
                            cell.author = Author::Import;
                            Imported::Unchanged
                        }
                        (_, true) => Imported::Unchanged,
                        (Author::Person { .. }, false) => Imported::KeptPerson,
                        (Author::Machine { .. }, false) if !news => Imported::KeptMachine,
                        (_, false) => Imported::Written,
                    }
                }
            };
            if outcome == Imported::Written {
                let cell = Cell {
                    value: Some(value.clone()),
                    version: next,
                    author: Author::Import,
                    set_at: now,
                    imported: Some(value.clone()),
                };
                self.cells.insert(field.clone(), cell);
            }
            outcomes.push((field.clone(), outcome));
        }
        if outcomes.iter().any(|(_, outcome)| *outcome == Imported::Written) {
            self.version = next;
        }
        outcomes
    }

    /// May a value that rests on words spoken at `spoken_at` be written by a machine that saw the field at version `seen`?
    pub fn admits(&self, field: &str, seen: Version, spoken_at: DateTime<Utc>) -> Result<(), Refusal> {
        let Some(cell) = self.cells.get(field) else {
            return if seen == 0 { Ok(()) } else { Err(Refusal::Changed { seen, current: 0 }) };
        };
        match &cell.author {
            Author::Person { .. } if cell.set_at > spoken_at => {
                return Err(Refusal::PersonAfterEvidence { set_at: cell.set_at });
            }
            Author::Machine { spoken_at: earlier, .. } if *earlier > spoken_at => {
                return Err(Refusal::LaterEvidence { spoken_at: *earlier });
            }
            _ => {}
        }
        if cell.version == seen { Ok(()) } else { Err(Refusal::Changed { seen, current: cell.version }) }
    }

    /// May a policy write without asking? Only where nothing stands, or what a machine wrote itself.
    pub fn may_write_unasked(&self, field: &str) -> bool {
        match self.cells.get(field) {
            None => true,
            Some(cell) => match cell.author {
                Author::Machine { .. } => true,
                Author::Import | Author::Call { .. } => cell.value.is_none(),
                // A person who emptied a field has said something.
                Author::Person { .. } => false,
            },
        }
    }
}

#[cfg(test)]
mod tests;
