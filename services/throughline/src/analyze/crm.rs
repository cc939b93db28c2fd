//! Brings records into the embedded CRM: a folder of CSV files, or what the inputs themselves say of their deals.

use std::collections::BTreeMap;
use std::path::Path;

use anyhow::Context as _;
use throughline_proto::crm::v1::import_records_request::Message;
use throughline_proto::crm::v1::{ImportFileChunk, ImportRecordsHeader, ImportRecordsRequest, ImportRecordsResponse};

use super::input::{Header, Input};
use super::mesh_clients::{Clients, parent};
use super::setup::{read, refused};
use crate::exit;

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
    let deals = done.deals;
    Ok(format!("none given; {deals} deal{} as the inputs name them", if deals == 1 { "" } else { "s" }))
}

fn files_of(headers: &[&Header]) -> anyhow::Result<Vec<(String, Vec<u8>)>> {
    // The call that comes first says how the deal stood when it opened, the last one how it stands.
    let mut deals: BTreeMap<&str, Vec<&Header>> = BTreeMap::new();
    for header in headers.iter().filter(|header| !header.deal.id.is_empty() && !header.account.name.is_empty()) {
        deals.entry(header.deal.id.as_str()).or_default().push(header);
    }
    if deals.is_empty() {
        return Ok(Vec::new());
    }
    let mut accounts = csv::Writer::from_writer(Vec::new());
    accounts.write_record(["name", "domain", "industry", "employees", "regulated", "segment"])?;
    let mut opportunities = csv::Writer::from_writer(Vec::new());
    opportunities.write_record([
        "opportunity_id",
        "name",
        "account",
        "owner",
        "stage",
        "amount",
        "currency",
        "close_date",
    ])?;
    let mut history = csv::Writer::from_writer(Vec::new());
    history.write_record(["opportunity_id", "stage", "entered_at"])?;
    let mut users = csv::Writer::from_writer(Vec::new());
    users.write_record(["name", "email"])?;
    let mut seen = std::collections::BTreeSet::new();
    let mut owners = std::collections::BTreeSet::new();
    for (id, calls) in &mut deals {
        calls.sort_by_key(|header| header.date);
        let Some(last) = calls.last() else { continue };
        let (account, deal) = (&last.account, &last.deal);
        if seen.insert(account.name.as_str()) {
            let employees = account.employees.map(|n| n.to_string()).unwrap_or_default();
            let regulated = account.regulated.map(|yes| if yes { "yes" } else { "no" }).unwrap_or_default();
            let domain = last.participants.iter().filter(|p| p.side == "buyer").find_map(|p| p.email.split_once('@'));
            let domain = domain.map(|(_, domain)| domain).unwrap_or_default();
            accounts.write_record([
                &account.name,
                domain,
                &account.industry,
                &employees,
                regulated,
                &account.segment,
            ])?;
        }
        let rep = last.participants.iter().find(|person| person.side == "rep");
        let owner = rep.map(|rep| if rep.email.is_empty() { &rep.name } else { &rep.email });
        if let Some(rep) = rep.filter(|_| owner.is_some_and(|owner| owners.insert(owner.clone()))) {
            users.write_record([&rep.name, &rep.email])?;
        }
        let amount = deal.amount.map(|amount| amount.to_string()).unwrap_or_default();
        let owner = owner.map(String::as_str).unwrap_or_default();
        opportunities.write_record([
            *id,
            &account.name,
            &account.name,
            owner,
            &deal.stage,
            &amount,
            &deal.currency,
            &deal.close_date,
        ])?;
        let mut stage = "";
        for call in calls.iter().filter(|call| !call.deal.stage.is_empty()) {
            if call.deal.stage != stage
                && let Some(date) = call.date
            {
                stage = &call.deal.stage;
                history.write_record([*id, stage, &date.to_string()])?;
            }
        }
    }
    [
        ("accounts.csv", accounts),
        ("opportunities.csv", opportunities),
        ("stage_history.csv", history),
        ("users.csv", users),
    ]
    .into_iter()
    .map(|(name, writer)| Ok((name.to_owned(), writer.into_inner().map_err(|error| error.into_error())?)))
    .collect()
}

async fn import(
    clients: &Clients,
    files: Vec<(String, Vec<u8>)>,
    source: &str,
) -> anyhow::Result<ImportRecordsResponse> {
    let header = ImportRecordsHeader { parent: parent(), ..Default::default() };
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
