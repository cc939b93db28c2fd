//! Opportunities of an export, and the stage history that their own dates tell.

use chrono::{NaiveDate, NaiveTime};

use super::{Context, row::Gathered, table::Table};
use crate::domain::{
    schema::RecordKind,
    stage::{StageChange, StageKind},
    value::Value,
};

/// The stage that `engage_date` is the entry of.
const ENGAGING: &str = "engaging";

pub(super) fn deals(table: &Table, has_history: bool, context: &mut Context<'_>) {
    let mut rows = std::collections::HashMap::new();
    for row in table.rows() {
        let mut deal = Gathered::new(row, context);
        let id = deal.required("id").and_then(|_| deal.id("id", |_| String::new()));
        deal.required("stage");
        deal.plain(
            RecordKind::Deal,
            &[
                "display_name",
                "stage",
                "forecast_category",
                "next_step",
                "competitors",
                "economic_buyer",
                "critical_event",
            ],
        );
        deal.dates(&["close_date", "open_date", "next_step_date", "decision_date"]);
        deal.money("amount");
        deal.money("budget");
        deal.reference(RecordKind::User, "owner");
        deal.reference(RecordKind::Account, "account");
        deal.contacts("contacts");
        product(&mut deal);
        if row.text("account").is_none() {
            deal.warn("account", "", "is empty: opportunities without an account are kept");
        }
        let engaged = deal.date("engage_date");
        let Some(id) = id else { continue };
        if let Some(first) = rows.insert(id.clone(), row.number()) {
            deal.error("id", format!("means the same opportunity as row {first}"));
        }
        finish(deal, id, engaged, has_history);
    }
}

fn product(deal: &mut Gathered<'_, '_, '_>) {
    let Some(name) = deal.row.text("product") else { return };
    match deal.context.directory.product(name) {
        None => {
            let names = deal.context.directory.product_names();
            deal.error("product", format!("is not among the products: {names}"));
        }
        Some(listed) => {
            if listed != name {
                deal.warn("product", name, format!("is read as {listed:?}, the name in the list of products"));
            }
            deal.values.insert("product".to_owned(), Value::Text(listed));
        }
    }
}

fn finish(mut deal: Gathered<'_, '_, '_>, id: String, engaged: Option<NaiveDate>, has_history: bool) {
    let stage = match deal.values.get("stage") {
        Some(Value::Text(stage)) => stage.clone(),
        _ => String::new(),
    };
    deal.context.directory.deals.insert(id.clone(), stage.clone());
    let date = |field: &str, deal: &Gathered<'_, '_, '_>| match deal.values.get(field) {
        Some(Value::Date(date)) => Some(*date),
        _ => None,
    };
    let closed = date("close_date", &deal);
    let began = date("open_date", &deal).or(engaged);
    let is_closed = !stage.is_empty() && deal.context.pipeline.kind(&stage) != StageKind::Open;
    if deal.sound {
        if is_closed && closed.is_none() {
            deal.warn("close_date", "", "is empty though the opportunity is closed");
        }
        if let (Some(began), Some(closed)) = (began, closed)
            && closed < began
        {
            deal.warn("close_date", "", "is before the opportunity was opened");
        }
    }
    if !deal.sound {
        return;
    }
    // A history of its own says more than two dates do.
    if !has_history {
        let mut history = Vec::new();
        let engaging = deal.context.pipeline.find(ENGAGING).map(|stage| stage.id.clone());
        if let (Some(date), Some(engaging)) = (engaged, engaging) {
            history.push(StageChange { entered_at: date.and_time(NaiveTime::MIN).and_utc(), stage: engaging });
        }
        if let (true, Some(date)) = (is_closed, closed) {
            history.push(StageChange { entered_at: date.and_time(NaiveTime::MIN).and_utc(), stage });
        }
        deal.context.pipeline.sort(&mut history);
        if !history.is_empty() {
            deal.context.batch.histories.insert(id.clone(), history);
        }
    }
    let values = std::mem::take(&mut deal.values);
    deal.context.push(RecordKind::Deal, id, values);
}
