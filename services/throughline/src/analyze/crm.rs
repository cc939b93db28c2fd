//! Brings records into the embedded CRM: a folder of CSV files, or what the inputs themselves say of their deals.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use anyhow::Context as _;
use throughline_proto::crm::v1::import_records_request::Message;
use throughline_proto::crm::v1::{ImportFileChunk, ImportRecordsHeader, ImportRecordsRequest, ImportRecordsResponse};

use super::input::{Account, Deal, Header, Input};
use super::mesh_clients::Clients;
use super::setup::{read, refused};
use crate::exit;
use crate::report::plural;

/// Most bytes of a file in one message.
const CHUNK_BYTES: usize = 32 << 10;

/// Imports every CSV file of a folder.
pub(crate) async fn import_folder(clients: &Clients, folder: &Path) -> anyhow::Result<String> {
    let mut files = Vec::new();
    let entries = std::fs::read_dir(folder).map_err(|error| exit::usage(format!("{}: {error}", folder.display())))?;
    for entry in entries {
        let path = entry?.path();
        let name = path.file_name().and_then(|name| name.to_str()).unwrap_or_default().to_owned();
        // A data dictionary describes columns and holds no records.
        if name.ends_with(".csv") && !name.contains("dictionary") {
            files.push((name, read(&path)?));
        }
    }
    if files.is_empty() {
        return Err(exit::usage(format!("{}: no CSV file there", folder.display())));
    }
    files.sort();
    let done = import(clients, files, &folder.display().to_string()).await?;
    let mut line =
        format!("{}: {} accounts, {} contacts, {} deals", folder.display(), done.accounts, done.contacts, done.deals);
    for warning in done.warnings {
        line.push_str("\n           ");
        line.push_str(&warning);
    }
    Ok(line)
}

/// Imports the deals that the inputs name: a CRM is not needed for a first look.
pub(crate) async fn import_headers(clients: &Clients, inputs: &[Input]) -> anyhow::Result<String> {
    let headers: Vec<&Header> = inputs.iter().filter_map(|input| input.header.as_ref()).collect();
    let files = files_of(&headers)?;
    if files.is_empty() {
        return Ok("none: the inputs name no deal".to_owned());
    }
    let done = import(clients, files, "deals of the inputs").await?;
    let deals = usize::try_from(done.deals).unwrap_or(0);
    Ok(format!("none given; {deals} deal{} as the inputs name them", plural(deals)))
}

/// The calls of each deal in the order they took place: the first says how the deal stood when it opened, the last how it
/// stands.
fn files_of(headers: &[&Header]) -> anyhow::Result<Vec<(String, Vec<u8>)>> {
    let mut deals: BTreeMap<&str, Vec<&Header>> = BTreeMap::new();
    for header in headers.iter().filter(|header| !header.deal.id.is_empty() && !header.account.name.is_empty()) {
        deals.entry(header.deal.id.as_str()).or_default().push(header);
    }
    if deals.is_empty() {
        return Ok(Vec::new());
    }
    let mut export = Export::new()?;
    for calls in deals.values_mut() {
        calls.sort_by_key(|header| header.date);
        export.deal(calls)?;
    }
    export.files()
}

type Table = csv::Writer<Vec<u8>>;

/// The files of a CRM export.
struct Export {
    accounts: Table,
    opportunities: Table,
    history: Table,
    users: Table,
    /// What has a row already.
    known_accounts: BTreeSet<String>,
    known_users: BTreeSet<String>,
}

impl Export {
    fn new() -> anyhow::Result<Self> {
        const OPPORTUNITY: &[&str] =
            &["opportunity_id", "name", "account", "owner", "stage", "amount", "currency", "close_date"];
        Ok(Self {
            accounts: headed(&["name", "domain", "industry", "employees", "regulated", "segment"])?,
            opportunities: headed(OPPORTUNITY)?,
            history: headed(&["opportunity_id", "stage", "entered_at"])?,
            users: headed(&["name", "email"])?,
            known_accounts: BTreeSet::new(),
            known_users: BTreeSet::new(),
        })
    }

    /// A deal, its account, owner and stages, as its calls tell of them.
    fn deal(&mut self, calls: &[&Header]) -> anyhow::Result<()> {
        let Some(last) = calls.last() else { return Ok(()) };
        self.account(last)?;
        let owner = self.owner(last)?;
        let (account, deal) = (&last.account.name, &last.deal);
        let amount = deal.amount.map(|amount| amount.to_string()).unwrap_or_default();
        let Deal { id, stage, currency, close_date, .. } = deal;
        self.opportunities.write_record([id, account, account, &owner, stage, &amount, currency, close_date])?;
        self.stages(calls)
    }

    fn account(&mut self, header: &Header) -> anyhow::Result<()> {
        let Account { name, industry, employees, regulated, segment } = &header.account;
        if !self.known_accounts.insert(name.clone()) {
            return Ok(());
        }
        let employees = employees.map(|n| n.to_string()).unwrap_or_default();
        let regulated = regulated.map(|yes| if yes { "yes" } else { "no" }).unwrap_or_default();
        let domain = header.participants.iter().filter(|p| p.side == "buyer").find_map(|p| p.email.split_once('@'));
        let domain = domain.map(|(_, domain)| domain).unwrap_or_default();
        Ok(self.accounts.write_record([name.as_str(), domain, industry, &employees, regulated, segment])?)
    }

    /// The rep of a call: the e-mail address, else the name; empty where none is known.
    fn owner(&mut self, header: &Header) -> anyhow::Result<String> {
        let Some(rep) = header.participants.iter().find(|person| person.side == "rep") else {
            return Ok(String::new());
        };
        let owner = if rep.email.is_empty() { &rep.name } else { &rep.email };
        if self.known_users.insert(owner.clone()) {
            self.users.write_record([&rep.name, &rep.email])?;
        }
        Ok(owner.clone())
    }

    /// Each stage with the day of the first call in it.
    fn stages(&mut self, calls: &[&Header]) -> anyhow::Result<()> {
        let mut stage = "";
        for call in calls.iter().filter(|call| !call.deal.stage.is_empty()) {
            if call.deal.stage != stage
                && let Some(date) = call.date
            {
                stage = &call.deal.stage;
                self.history.write_record([call.deal.id.as_str(), stage, &date.to_string()])?;
            }
        }
        Ok(())
    }

    fn files(self) -> anyhow::Result<Vec<(String, Vec<u8>)>> {
        let Self { accounts, opportunities, history, users, known_accounts: _, known_users: _ } = self;
        [
            ("accounts.csv", accounts),
            ("opportunities.csv", opportunities),
            ("stage_history.csv", history),
            ("users.csv", users),
        ]
        .into_iter()
        .map(|(name, table)| Ok((name.to_owned(), table.into_inner().map_err(|error| error.into_error())?)))
        .collect()
    }
}

fn headed(columns: &[&str]) -> anyhow::Result<Table> {
    let mut table = csv::Writer::from_writer(Vec::new());
    table.write_record(columns)?;
    Ok(table)
}

async fn import(
    clients: &Clients,
    files: Vec<(String, Vec<u8>)>,
    source: &str,
) -> anyhow::Result<ImportRecordsResponse> {
    let header = ImportRecordsHeader { parent: clients.parent(), ..Default::default() };
    let mut messages = vec![ImportRecordsRequest { message: Some(Message::Header(header)) }];
    for (file, bytes) in files {
        for data in bytes.chunks(CHUNK_BYTES) {
            let chunk = ImportFileChunk { file: file.clone(), data: data.to_vec() };
            messages.push(ImportRecordsRequest { message: Some(Message::Chunk(chunk)) });
        }
    }
    let mut records = clients.records.clone();
    let answer = records.import_records(tokio_stream::iter(messages)).await;
    answer.map(tonic::Response::into_inner).map_err(|status| refused(source, &status)).context("CRM import")
}
