//! The import as a whole: what loads, what is refused and how it is said.

use std::collections::HashMap;

use chrono::{DateTime, Utc};
use proptest::prelude::*;

use super::{
    apply::{Merged, merge},
    *,
};
use crate::domain::{record::Record, stage::tests::pipeline};

fn options() -> Options {
    Options { date_order: None, default_currency: Currency::parse("USD").unwrap() }
}

fn file(name: &str, text: &str) -> SourceFile {
    SourceFile { name: name.into(), bytes: text.as_bytes().to_vec() }
}

fn load(files: &[SourceFile]) -> Reading {
    read(files, &options(), &pipeline(), Known::default())
}

fn errors(reading: &Reading) -> Vec<String> {
    reading.report.errors().iter().map(ToString::to_string).collect()
}

fn now() -> DateTime<Utc> {
    "2026-06-01T00:00:00Z".parse().unwrap()
}

fn merge_new(batch: Batch) -> Merged {
    merge(batch, HashMap::new(), &HashMap::new(), now())
}

/// An export of `rows` opportunities in M/D/YYYY.
fn pipeline_csv(rows: usize) -> String {
    let mut text =
        "opportunity_id,sales_agent,product,account,deal_stage,engage_date,close_date,close_value\n".to_owned();
    for row in 0..rows {
        text.push_str(&format!(
            "OPP{row},Moses Frase,GTXPro,Cancity,Won,10/{}/2016,3/{}/2017,{}\n",
            13 + row % 16,
            13 + row % 16,
            500 + row
        ));
    }
    text
}

#[test]
fn a_bad_date_in_row_1000_is_named_exactly_and_nothing_is_imported() {
    let text = pipeline_csv(2_000).replace(
        "OPP999,Moses Frase,GTXPro,Cancity,Won,10/20/2016,3/20/2017",
        "OPP999,Moses Frase,GTXPro,Cancity,Won,10/20/2016,31/02/2017",
    );
    let reading = load(&[file("sales_pipeline.csv", &text)]);
    assert!(reading.batch.is_none());
    assert_eq!(reading.report.errors_total(), 1);
    let issue = &reading.report.errors()[0];
    assert_eq!(
        (issue.place.row, issue.place.line, issue.place.column.as_str(), issue.value.as_str()),
        (1_000, 1_001, "close_date", "31/02/2017")
    );
    assert_eq!(issue.path(), "sales_pipeline.csv:1001:close_date");
    assert!(issue.sentence().contains("row 1000") && issue.reason.contains("M/D/YYYY"), "{issue}");
}

#[test]
fn every_bad_row_is_counted_and_a_hundred_are_listed() {
    let text = pipeline_csv(500).replace(",Won,", ",Winning,");
    let reading = load(&[file("sales_pipeline.csv", &text)]);
    assert_eq!(reading.report.errors_total(), 500);
    assert_eq!(reading.report.errors().len(), LISTED_MAX);
}

#[test]
fn every_mistake_of_a_row_shows_in_one_pass() {
    let reading =
        load(&[file("opportunities.csv", "id,stage,amount,close_date,currency\nD 1,Legal,\"1,5\",2026-02-30,EURO\n")]);
    let errors = errors(&reading);
    assert_eq!(errors.len(), 4, "{errors:#?}");
    let reading =
        load(&[file("opportunities.csv", "id,stage,amount,close_date,currency\n,discovery,5,2026-02-20,EURO\n")]);
    assert_eq!(reading.report.errors_total(), 2, "{:#?}", reading.report);
}

#[test]
fn dates_that_can_be_read_both_ways_need_the_option() {
    let files = [file("opportunities.csv", "id,stage,close_date\nD-1,discovery,3/4/2026\nD-2,discovery,5/6/2026\n")];
    let reading = load(&files);
    assert!(reading.batch.is_none());
    assert!(errors(&reading)[0].contains("date_order"), "{:?}", errors(&reading));
    let day_first = Options { date_order: Some(DateOrder::DayFirst), ..options() };
    let batch = read(&files, &day_first, &pipeline(), Known::default()).batch.unwrap();
    assert_eq!(batch.records[0].values["close_date"].to_string(), "2026-04-03");
}

#[test]
fn spellings_of_a_product_meet_the_list() {
    let files = [file("products.csv", "product,series\nGTX Pro,GTX\n"), file("sales_pipeline.csv", &pipeline_csv(3))];
    let reading = load(&files);
    let batch = reading.batch.unwrap();
    assert_eq!(
        batch.records.iter().filter(|r| r.values.get("product") == Some(&Value::Text("GTX Pro".into()))).count(),
        3
    );
    let warning = reading.report.warnings().iter().find(|w| w.value == "GTXPro").unwrap();
    assert_eq!(warning.count, 3);
}

#[test]
fn opportunities_without_an_account_are_kept_and_counted() {
    let reading = load(&[file("sales_pipeline.csv", &pipeline_csv(10).replace("Cancity", ""))]);
    assert_eq!(reading.batch.unwrap().records.iter().filter(|r| r.key.kind == RecordKind::Deal).count(), 10);
    assert!(reading.report.warnings().iter().any(|w| w.count == 10 && w.place.column == "account"));
}

#[test]
fn a_name_outside_the_list_that_the_export_brings_is_a_mistake() {
    let opportunities = file("opportunities.csv", "id,stage,account\nD-1,discovery,Northmor\n");
    let reading = load(&[file("accounts.csv", "account\nNorthmoor\n"), opportunities.clone()]);
    assert!(errors(&reading)[0].contains("\"Northmor\" is not among the accounts"), "{:?}", errors(&reading));
    let reading = load(&[opportunities]);
    let batch = reading.batch.unwrap();
    assert!(
        batch.records.iter().any(|r| r.key == RecordKey::new(RecordKind::Account, "northmor")),
        "without a list it is created from its name"
    );
}

#[test]
fn engagement_and_close_become_the_stage_history() {
    let text = "opportunity_id,deal_stage,engage_date,close_date\nA,Won,10/20/2016,3/1/2017\nB,Engaging,10/21/2016,\nC,Prospecting,,\n";
    let batch = load(&[file("sales_pipeline.csv", text)]).batch;
    assert!(batch.is_none(), "one close date alone can be read both ways");
    let options = Options { date_order: Some(DateOrder::MonthFirst), ..options() };
    let batch = read(&[file("sales_pipeline.csv", text)], &options, &pipeline(), Known::default()).batch.unwrap();
    let stages = |id: &str| {
        batch
            .histories
            .get(id)
            .map(|h| h.iter().map(|c| format!("{} {}", c.entered_at.date_naive(), c.stage)).collect::<Vec<_>>())
    };
    assert_eq!(stages("A").unwrap(), ["2016-10-20 engaging", "2017-03-01 won"]);
    assert_eq!(stages("B").unwrap(), ["2016-10-21 engaging"]);
    assert_eq!(stages("C"), None);
}

#[test]
fn files_that_are_no_export_are_named() {
    let reading = load(&[file("notes.txt", "hello")]);
    assert!(reading.batch.is_none() && errors(&reading)[0].contains("accounts.csv"));
    for (text, expected) in [
        ("", "no header"),
        ("foo,bar\n1,2\n", "no column id"),
        ("id,stage,Deal ID\nD-1,discovery,D-1\n", "means the same as"),
    ] {
        let reading = load(&[file("deals.csv", text)]);
        assert!(errors(&reading).iter().any(|error| error.contains(expected)), "{text:?}: {:?}", errors(&reading));
    }
}

#[test]
fn rows_of_the_wrong_shape_or_encoding_are_named() {
    let mut bytes = b"id,stage\nD-1,discovery,surplus\nD-2\nD-3,disc\xe9very\n\"D-4\",discovery\n".to_vec();
    let reading = load(&[SourceFile { name: "deals.csv".into(), bytes: bytes.clone() }]);
    let rows: Vec<u64> = reading.report.errors().iter().map(|issue| issue.place.row).collect();
    assert_eq!(rows, [1, 2, 3]);
    bytes = b"\xef\xbb\xbfid;stage;close_date\r\nD-1;discovery;30.06.2026\r\n".to_vec();
    let batch = load(&[SourceFile { name: "deals.csv".into(), bytes }]).batch.unwrap();
    assert_eq!(
        batch.records[0].values["close_date"].to_string(),
        "2026-06-30",
        "a byte order mark, semicolons and dotted dates are read"
    );
}

#[test]
fn the_same_export_again_changes_nothing() {
    let files = [file("sales_pipeline.csv", &pipeline_csv(20))];
    let batch = load(&files).batch.unwrap();
    let first = merge_new(batch.clone());
    let existing: HashMap<RecordKey, Record> = first.changed.iter().map(|r| (r.key.clone(), r.clone())).collect();
    let histories = first.histories.iter().map(|(id, change)| (id.clone(), change.add.clone())).collect();
    let second = merge(batch, existing, &histories, now());
    assert_eq!(
        (second.changed.len(), second.refreshed.len(), second.histories.len(), second.fields.len()),
        (0, 0, 0, 0)
    );
    assert_eq!(second.summary.unchanged, 22);
}

#[test]
fn a_stage_that_differs_between_exports_is_noticed() {
    let deal = |stage: &str| load(&[file("deals.csv", &format!("id,stage\nD-1,{stage}\n"))]).batch.unwrap();
    let first = merge_new(deal("discovery"));
    let existing = first.changed.iter().map(|r| (r.key.clone(), r.clone())).collect();
    let second = merge(deal("validation"), existing, &HashMap::new(), now());
    let added = &second.histories["D-1"].add[0];
    assert_eq!(
        (added.change.stage.as_str(), added.change.entered_at, added.source),
        ("validation", now(), apply::StageSource::Noticed)
    );
}

proptest! {
    #[test]
    fn no_bytes_make_the_import_panic_or_import_half(bytes in proptest::collection::vec(any::<u8>(), 0..400), header in prop::bool::ANY) {
        let mut content = if header { b"id,stage,amount,close_date,account\n".to_vec() } else { Vec::new() };
        content.extend(bytes);
        let reading = load(&[SourceFile { name: "deals.csv".into(), bytes: content }]);
        prop_assert_eq!(reading.batch.is_some(), reading.report.errors_total() == 0);
    }
}
