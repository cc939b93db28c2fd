//! Many calls of many deals, made from one: other ids, account names and addresses, so that each finds its own deal.

use anyhow::Context as _;
use chrono::{DateTime, Days, NaiveDate, Utc};
use serde_json::{Value, json};
use throughline_proto::common::v1::{AccountContext, DealContext, Participant, Side};
use throughline_proto::transcription::v1::{Call, CreateCallRequest};

use crate::local::WORKSPACE;
use crate::repository;

const SAMPLE: &str = "samples/calls/validation.json";
/// What the sample calls its account, and the domain of its people.
const ACCOUNT: &str = "Northmoor Building Society";
const DOMAIN: &str = "northmoor.example";
/// The rep's address before the `@`, and how many reps share the deals.
const REP: &str = "priya.raman";
const REPS: usize = 8;

/// The call that all are made from.
pub struct Script {
    sample: Value,
    today: NaiveDate,
}

/// A call made from it.
pub struct Scripted {
    pub name: String,
    /// Name of the deal that it belongs to.
    pub deal: String,
    pub request: CreateCallRequest,
    /// Call JSON with the turns.
    pub content: Vec<u8>,
}

impl Script {
    pub fn read(now: DateTime<Utc>) -> anyhow::Result<Self> {
        let sample = serde_json::from_slice(&std::fs::read(repository(SAMPLE)).context(SAMPLE)?).context(SAMPLE)?;
        Ok(Self { sample, today: now.date_naive() })
    }

    /// Call number `call` of deal number `deal`; those of a deal took place one day after the other.
    pub fn call(&self, deal: usize, call: usize) -> Scripted {
        let id = format!("bench-{deal}-{call}");
        let date = self.today - Days::new(20 - call as u64);
        let mut content = self.sample.clone();
        content["id"] = json!(id);
        content["date"] = json!(date);
        content["account"]["name"] = json!(account(deal));
        content["deal"]["id"] = json!(deal_id(deal));
        content["deal"]["close_date"] = json!(self.close());
        for person in content["participants"].as_array_mut().into_iter().flatten() {
            let email = text(&person["email"]).replace(DOMAIN, &domain(deal)).replace(REP, &rep(deal));
            person["email"] = json!(email);
        }
        let request = CreateCallRequest {
            parent: format!("workspaces/{WORKSPACE}"),
            call: Some(header(&content, date)),
            call_id: id.clone(),
            ..Default::default()
        };
        Scripted {
            name: format!("workspaces/{WORKSPACE}/calls/{id}"),
            deal: format!("workspaces/{WORKSPACE}/deals/{}", deal_id(deal)),
            request,
            content: content.to_string().into_bytes(),
        }
    }

    /// CSV files with an account for each deal.
    pub fn crm(&self, deals: usize) -> anyhow::Result<Vec<(String, Vec<u8>)>> {
        let mut accounts = csv::Writer::from_writer(Vec::new());
        accounts.write_record(["name", "domain", "industry", "employees", "regulated", "segment"])?;
        let mut opportunities = csv::Writer::from_writer(Vec::new());
        opportunities.write_record([
            "opportunity_id",
            "name",
            "account",
            "stage",
            "amount",
            "currency",
            "close_date",
        ])?;
        let close = self.close().to_string();
        for deal in 0..deals {
            let (id, account) = (deal_id(deal), account(deal));
            accounts.write_record([&account, &domain(deal), "banking", "2300", "yes", "regulated_enterprise"])?;
            opportunities.write_record([&id, &account, &account, "validation", "180000", "GBP", &close])?;
        }
        [("accounts.csv", accounts), ("opportunities.csv", opportunities)]
            .into_iter()
            .map(|(name, writer)| Ok((name.to_owned(), writer.into_inner().map_err(|error| error.into_error())?)))
            .collect()
    }

    fn close(&self) -> NaiveDate {
        self.today + Days::new(60)
    }
}

fn deal_id(deal: usize) -> String {
    format!("B-{deal}")
}

fn account(deal: usize) -> String {
    format!("{ACCOUNT} {deal}")
}

fn domain(deal: usize) -> String {
    format!("b{deal}.{DOMAIN}")
}

fn rep(deal: usize) -> String {
    format!("rep-{}", deal % REPS)
}

fn text(value: &Value) -> String {
    value.as_str().unwrap_or_default().to_owned()
}

/// The call of a call JSON, without its turns.
fn header(content: &Value, date: NaiveDate) -> Call {
    let noon = date.and_hms_opt(12, 0, 0).unwrap_or_default().and_utc();
    let (account, deal) = (&content["account"], &content["deal"]);
    let people = content["participants"].as_array().map(Vec::as_slice).unwrap_or_default();
    Call {
        title: text(&content["title"]),
        call_type: text(&content["call_type"]),
        start_time: Some(prost_types::Timestamp { seconds: noon.timestamp(), nanos: 0 }),
        participants: people.iter().map(participant).collect(),
        account: Some(AccountContext {
            name: text(&account["name"]),
            industry: text(&account["industry"]),
            employees: account["employees"].as_i64().and_then(|count| i32::try_from(count).ok()),
            regulated: account["regulated"].as_bool(),
            segment: text(&account["segment"]),
        }),
        deal: Some(DealContext {
            id: text(&deal["id"]),
            stage: text(&deal["stage"]),
            amount: deal["amount"].as_f64(),
            currency: text(&deal["currency"]),
            close_date: text(&deal["close_date"]),
        }),
        ..Call::default()
    }
}

fn participant(person: &Value) -> Participant {
    let side = if person["side"] == "rep" { Side::Rep } else { Side::Buyer };
    Participant {
        id: text(&person["id"]),
        name: text(&person["name"]),
        side: side.into(),
        email: text(&person["email"]),
        title: text(&person["title"]),
        channel: None,
    }
}
