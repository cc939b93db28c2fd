//! Deals that the CRM does not have but a call's creator named: recorded from what the creator knew, until an import brings them. What an
//! import or a person set is never touched from here.

use std::collections::BTreeMap;

use chrono::{DateTime, NaiveDate, Utc};

use super::{
    association::{CallContext, Side},
    import::apply::{HistoryChange, StageEntry, StageSource},
    record::{Author, Record},
    stage::{Pipeline, StageChange},
    text,
    value::{Currency, Money, Value},
};

/// The account as the creator of a call knew it.
pub fn account_values(context: &CallContext) -> BTreeMap<String, Value> {
    let account = &context.account;
    let mut values = BTreeMap::new();
    put_text(&mut values, "display_name", &account.name);
    put_text(&mut values, "industry", &account.industry);
    put_text(&mut values, "segment", &account.segment);
    if let Some(employees) = account.employees.filter(|employees| *employees >= 0) {
        values.insert("employees".to_owned(), Value::Integer(employees));
    }
    if let Some(regulated) = account.regulated {
        values.insert("regulated".to_owned(), Value::Flag(regulated));
    }
    values
}

/// The deal as the creator of a call knew it. A stage outside the picklist and a date that is none are left out.
pub fn deal_values(context: &CallContext, account: Option<&str>, pipeline: &Pipeline) -> BTreeMap<String, Value> {
    let deal = &context.deal;
    let mut values = BTreeMap::new();
    let name = if context.account.name.is_empty() {
        deal.id.clone()
    } else {
        format!("{} – {}", context.account.name, deal.id)
    };
    put_text(&mut values, "display_name", &name);
    put_text(&mut values, "account", account.unwrap_or_default());
    if let Some(rep) = context.participants.iter().find(|person| person.side == Side::Rep) {
        put_text(&mut values, "owner", &text::user_id(&rep.name, &rep.email));
    }
    if let Some(stage) = pipeline.find(&deal.stage).filter(|_| !deal.stage.is_empty()) {
        put_text(&mut values, "stage", &stage.id);
    }
    let money = deal
        .amount
        .zip(Currency::parse(&deal.currency))
        .and_then(|(units, currency)| Money::from_units(units, currency));
    if let Some(money) = money {
        values.insert("amount".to_owned(), Value::Money(money));
    }
    if let Ok(date) = deal.close_date.parse::<NaiveDate>() {
        values.insert("close_date".to_owned(), Value::Date(date));
    }
    values
}

fn put_text(values: &mut BTreeMap<String, Value>, field: &str, text: &str) {
    let text = text.trim();
    if !text.is_empty() {
        values.insert(field.to_owned(), Value::Text(text.to_owned()));
    }
}

/// Writes what a call's creator knew where nothing stands, or where an earlier call's creator wrote. Returns the changed fields.
pub fn record_context(
    record: &mut Record,
    values: BTreeMap<String, Value>,
    context: &CallContext,
    now: DateTime<Utc>,
) -> Vec<String> {
    let open = |field: &str, record: &Record| match record.cells.get(field).map(|cell| &cell.author) {
        None => true,
        Some(Author::Call { at, .. }) => *at <= context.call_time,
        Some(_) => false,
    };
    let changes: Vec<_> = values
        .into_iter()
        .filter(|(field, _)| open(field, record))
        .map(|(field, value)| (field, Some(value)))
        .collect();
    let author = Author::Call { call: context.call.clone(), at: context.call_time };
    record.write(changes, &author, now)
}

/// May the whole deal be recorded from calls? Not once an import or a person has named its stage.
pub fn is_from_calls(record: &Record) -> bool {
    record.cells.get("stage").is_none_or(|cell| matches!(cell.author, Author::Call { .. }))
}

/// What a call tells of the stage history: the deal was in the stage by then. `known` are the entries that are true so far.
pub fn history(context: &CallContext, known: &[StageEntry], pipeline: &Pipeline) -> HistoryChange {
    let Some(stage) = pipeline.find(&context.deal.stage).filter(|_| !context.deal.stage.is_empty()) else {
        return HistoryChange::default();
    };
    let told = StageEntry {
        change: StageChange { entered_at: context.call_time, stage: stage.id.clone() },
        source: StageSource::Call,
    };
    let of_stage: Vec<&StageEntry> = known.iter().filter(|entry| entry.change.stage == stage.id).collect();
    if of_stage.iter().any(|entry| entry.change.entered_at <= context.call_time || entry.source != StageSource::Call) {
        return HistoryChange::default();
    }
    HistoryChange { add: vec![told], withdraw: of_stage.into_iter().map(|entry| entry.change.clone()).collect() }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::{
        association::{AccountContext, DealContext, Participant},
        record::RecordKey,
        schema::RecordKind,
        stage::tests::pipeline,
    };

    fn call(day: u32, stage: &str, amount: f64) -> CallContext {
        CallContext {
            call: format!("c{day}"),
            call_time: format!("2026-03-{day:02}T10:00:00Z").parse().unwrap(),
            participants: vec![Participant { name: "Ines Cardoso".into(), email: String::new(), side: Side::Rep }],
            account: AccountContext { name: "Dunmarrow".into(), ..AccountContext::default() },
            deal: DealContext {
                id: "D-41".into(),
                stage: stage.into(),
                amount: Some(amount),
                currency: "USD".into(),
                close_date: "2026-06-30".into(),
            },
        }
    }

    fn record_call(record: &mut Record, context: &CallContext) -> Vec<String> {
        record_context(record, deal_values(context, Some("dunmarrow"), &pipeline()), context, context.call_time)
    }

    #[test]
    fn later_calls_speak_over_earlier_ones_in_whatever_order_they_come() {
        let mut record = Record::new(RecordKey::new(RecordKind::Deal, "D-41"));
        record_call(&mut record, &call(18, "validation", 240_000.0));
        assert!(record_call(&mut record, &call(2, "discovery", 200_000.0)).is_empty());
        assert_eq!(record.text("stage"), Some("validation"));
        assert_eq!(record.text("owner"), Some("ines-cardoso"));
        assert!(is_from_calls(&record));
    }

    #[test]
    fn an_import_takes_the_deal_over() {
        let mut record = Record::new(RecordKey::new(RecordKind::Deal, "D-41"));
        record_call(&mut record, &call(2, "discovery", 1.0));
        record.import(
            &BTreeMap::from([("stage".to_owned(), Value::Text("discovery".into()))]),
            call(3, "", 0.0).call_time,
        );
        assert!(!is_from_calls(&record), "a value that an import repeats is the import's");
        record_call(&mut record, &call(18, "proposal", 1.0));
        assert_eq!(record.text("stage"), Some("discovery"));
    }

    #[test]
    fn the_earliest_call_in_a_stage_dates_it() {
        let first = history(&call(18, "validation", 1.0), &[], &pipeline());
        assert_eq!(first.add.len(), 1);
        let earlier = history(&call(9, "validation", 1.0), &first.add, &pipeline());
        assert_eq!((earlier.add.len(), earlier.withdraw.len()), (1, 1));
        assert!(history(&call(20, "validation", 1.0), &earlier.add, &pipeline()).is_empty());
        assert!(history(&call(20, "unheard of", 1.0), &[], &pipeline()).is_empty());
    }
}
