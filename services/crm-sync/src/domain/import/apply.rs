//! Merges a batch into what the mirror has. The same batch again changes nothing; what a person set stays and is counted.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use super::Batch;
use crate::domain::{
    record::{Imported, Record, RecordKey},
    schema::RecordKind,
    stage::StageChange,
};

/// Most kept values that are named; the count goes on.
const KEPT_NAMED_MAX: usize = 20;

/// Where an entry of a stage history comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum StageSource {
    /// An export told it.
    Import,
    /// Two exports differ: it happened in between, at the latest when the second came.
    Noticed,
    /// A person moved the deal here.
    Person,
    /// A call's context told it.
    Call,
}

/// An entry that is true as far as is known.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StageEntry {
    pub change: StageChange,
    pub source: StageSource,
}

/// What becomes of a deal's history. Entries are withdrawn, never deleted: what was believed before can still be asked.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct HistoryChange {
    pub add: Vec<StageEntry>,
    pub withdraw: Vec<StageChange>,
}

impl HistoryChange {
    /// Does nothing?
    pub fn is_empty(&self) -> bool {
        self.add.is_empty() && self.withdraw.is_empty()
    }
}

/// Counts of what was done.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Summary {
    /// Records created or changed, by kind.
    pub written: BTreeMap<RecordKind, u32>,
    /// Records the export repeats.
    pub unchanged: u32,
    /// Stage changes added.
    pub stage_changes: u32,
    /// Values kept against the export because a person set them.
    pub kept: u32,
    /// The first of them, in sentences.
    pub kept_named: Vec<String>,
}

/// The outcome of a merge.
#[derive(Debug, Default)]
pub struct Merged {
    /// Records to store whose visible values changed, created ones included.
    pub changed: Vec<Record>,
    /// Records to store of which only the memory of the last export changed.
    pub refreshed: Vec<Record>,
    /// Histories to change, by deal id.
    pub histories: BTreeMap<String, HistoryChange>,
    /// Fields that got a new value: proposals that saw the old one are stale.
    pub fields: Vec<(RecordKey, String)>,
    pub summary: Summary,
}

impl Merged {
    /// Ids of deals with a new value or a new history, each once, in order.
    pub fn changed_deals(&self) -> BTreeSet<&str> {
        let records = self
            .changed
            .iter()
            .filter(|record| record.key.kind == RecordKind::Deal)
            .map(|record| record.key.id.as_str());
        records.chain(self.histories.keys().map(String::as_str)).collect()
    }
}

/// Merges. `existing` holds the records that the batch names, `histories` the entries that are true of its deals.
pub fn merge(
    batch: Batch,
    mut existing: HashMap<RecordKey, Record>,
    histories: &HashMap<String, Vec<StageEntry>>,
    now: DateTime<Utc>,
) -> Merged {
    let mut merged = Merged::default();
    let Batch { records, histories: mut incoming_histories } = batch;
    for incoming in records {
        let before = existing.remove(&incoming.key);
        let mut record = before.clone().unwrap_or_else(|| Record::new(incoming.key.clone()));
        let stage_before = record.text("stage").map(str::to_owned);
        let outcomes = record.import(&incoming.values, now);
        for (field, outcome) in &outcomes {
            match outcome {
                Imported::Written => merged.fields.push((record.key.clone(), field.clone())),
                Imported::KeptPerson => merged.summary.keep(&record, field),
                Imported::KeptMachine | Imported::Unchanged => {}
            }
        }
        let id = record.key.id.clone();
        if record.key.kind == RecordKind::Deal {
            let stage_now = record.text("stage").map(str::to_owned);
            let stated = incoming_histories.remove(&id);
            let noticed = stage_now.filter(|now| stage_before.as_ref().is_some_and(|before| before != now));
            let known = histories.get(&id).map(Vec::as_slice).unwrap_or_default();
            merged.history(&id, history_change(stated, noticed, known, now));
        }
        merged.place(record, before);
    }
    // What is left are histories of deals that the export does not repeat.
    for (id, stated) in incoming_histories {
        let known = histories.get(&id).map(Vec::as_slice).unwrap_or_default();
        merged.history(&id, history_change(Some(stated), None, known, now));
    }
    merged
}

impl Merged {
    fn place(&mut self, record: Record, before: Option<Record>) {
        let version_before = before.as_ref().map_or(0, |record| record.version);
        if record.version != version_before {
            *self.summary.written.entry(record.key.kind).or_default() += 1;
            self.changed.push(record);
        } else {
            self.summary.unchanged += 1;
            if before.as_ref() != Some(&record) {
                self.refreshed.push(record);
            }
        }
    }

    fn history(&mut self, id: &str, change: HistoryChange) {
        if !change.is_empty() {
            self.summary.stage_changes += u32::try_from(change.add.len()).unwrap_or(u32::MAX);
            self.histories.insert(id.to_owned(), change);
        }
    }
}

impl Summary {
    fn keep(&mut self, record: &Record, field: &str) {
        self.kept += 1;
        if self.kept_named.len() < KEPT_NAMED_MAX {
            let cell = record.cells.get(field);
            let shown = |value: Option<&crate::domain::value::Value>| {
                value.map_or_else(|| "nothing".to_owned(), |value| format!("{:?}", value.to_string()))
            };
            let (kept, offered) =
                (shown(cell.and_then(|c| c.value.as_ref())), shown(cell.and_then(|c| c.imported.as_ref())));
            self.kept_named.push(format!(
                "{} {}: {field} stays {kept}, which a person set; the export says {offered}",
                record.key.kind.as_str(),
                record.key.id
            ));
        }
    }
}

/// A stated history replaces what machines knew; a noticed change of stage is added where none is stated. A person's entries stay.
fn history_change(
    stated: Option<Vec<StageChange>>,
    noticed: Option<String>,
    known: &[StageEntry],
    now: DateTime<Utc>,
) -> HistoryChange {
    let has = |change: &StageChange| known.iter().any(|entry| entry.change == *change);
    match (stated, noticed) {
        (Some(stated), _) => HistoryChange {
            withdraw: known
                .iter()
                .filter(|entry| entry.source != StageSource::Person && !stated.contains(&entry.change))
                .map(|entry| entry.change.clone())
                .collect(),
            add: stated
                .into_iter()
                .filter(|change| !has(change))
                .map(|change| StageEntry { change, source: StageSource::Import })
                .collect(),
        },
        (None, Some(stage)) => HistoryChange {
            add: vec![StageEntry { change: StageChange { entered_at: now, stage }, source: StageSource::Noticed }],
            withdraw: Vec::new(),
        },
        (None, None) => HistoryChange::default(),
    }
}
