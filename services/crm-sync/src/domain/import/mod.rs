//! Reads an export of a CRM: a set of CSV files becomes one batch of records, or a report of every bad row and nothing at all.
//! Pure: what the mirror already knows is passed in, and nothing is written here.

pub mod apply;
mod columns;
mod deals;
mod directory;
mod parties;
mod report;
mod row;
mod stages;
mod table;
#[cfg(test)]
mod tests;

use std::collections::BTreeMap;

pub use columns::FileKind;
pub use directory::{Known, KnownRecord};
pub use report::{Issue, LISTED_MAX, Place, Report};

use self::{directory::Directory, table::Table};
use super::{
    date::DateOrder,
    record::RecordKey,
    schema::RecordKind,
    stage::{Pipeline, StageChange},
    value::{Currency, Value},
};

/// A file of an export.
#[derive(Debug, Clone)]
pub struct SourceFile {
    /// Its name, for example `accounts.csv`: says what it holds.
    pub name: String,
    pub bytes: Vec<u8>,
}

/// What the files themselves leave open.
#[derive(Debug, Clone)]
pub struct Options {
    /// Order of day and month; without it every column must show its own.
    pub date_order: Option<DateOrder>,
    /// Currency of amounts that name none.
    pub default_currency: Currency,
}

/// A record as the export has it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Incoming {
    pub key: RecordKey,
    /// Only what the export states: an empty cell states nothing.
    pub values: BTreeMap<String, Value>,
}

/// What an export says, ready to be merged.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Batch {
    /// Users, accounts, contacts, deals, in this order.
    pub records: Vec<Incoming>,
    /// Stage histories by deal id, oldest first. A deal that is not in here has none in the export.
    pub histories: BTreeMap<String, Vec<StageChange>>,
}

/// The result of reading.
#[derive(Debug)]
pub struct Reading {
    /// Nothing if there is any error.
    pub batch: Option<Batch>,
    pub report: Report,
}

/// What the readers of the single files share.
struct Context<'a> {
    options: &'a Options,
    pipeline: &'a Pipeline,
    directory: Directory,
    report: Report,
    batch: Batch,
}

/// Reads a set of files against what is known already.
pub fn read(files: &[SourceFile], options: &Options, pipeline: &Pipeline, known: Known) -> Reading {
    let mut report = Report::default();
    let mut tables = tables(files, options, &mut report);
    // Users before accounts before contacts before deals before their histories: each names the ones before it.
    tables.sort_by_key(|table| table.kind);
    let given = |kind| tables.iter().any(|table| table.kind == kind);
    let directory = Directory::new(known, given(FileKind::Users), given(FileKind::Accounts), given(FileKind::Products));
    let mut context = Context { options, pipeline, directory, report, batch: Batch::default() };
    let has_history = given(FileKind::StageHistory);
    for table in &tables {
        match table.kind {
            FileKind::Users => parties::users(table, &mut context),
            FileKind::Products => parties::products(table, &mut context),
            FileKind::Accounts => parties::accounts(table, &mut context),
            FileKind::Contacts => parties::contacts(table, &mut context),
            FileKind::Deals => deals::deals(table, has_history, &mut context),
            FileKind::StageHistory => stages::history(table, &mut context),
        }
    }
    let Context { directory, report, mut batch, .. } = context;
    batch.records.extend(directory.into_created());
    batch.records.sort_by(|a, b| a.key.cmp(&b.key));
    let batch = (report.errors_total() == 0).then_some(batch);
    Reading { batch, report }
}

fn tables(files: &[SourceFile], options: &Options, report: &mut Report) -> Vec<Table> {
    let mut tables: Vec<Table> = Vec::new();
    let mut taken: BTreeMap<FileKind, &str> = BTreeMap::new();
    for file in files {
        let place = || Place { file: file.name.clone(), ..Place::default() };
        match FileKind::of(&file.name) {
            None => report.warn(place(), "", "is not a file of an export (accounts, contacts, opportunities, stage_history, users, products): ignored"),
            Some(kind) => match taken.insert(kind, &file.name) {
                Some(first) => report.error(place(), "", format!("holds the same kind of records as {first}")),
                None => tables.extend(Table::read(file, kind, options.date_order, report)),
            },
        }
    }
    if taken.is_empty() {
        report.error(Place::default(), "", "there is no file of an export: accounts.csv, contacts.csv, opportunities.csv, stage_history.csv, users.csv, products.csv");
    }
    tables
}

impl Context<'_> {
    fn push(&mut self, kind: RecordKind, id: String, values: BTreeMap<String, Value>) {
        self.batch.records.push(Incoming { key: RecordKey::new(kind, id), values });
    }
}
