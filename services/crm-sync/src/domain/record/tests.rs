//! Who may write over whom.

use super::*;

fn at(hour: u32) -> DateTime<Utc> {
    chrono::NaiveDate::from_ymd_opt(2026, 3, 2).unwrap().and_hms_opt(hour, 0, 0).unwrap().and_utc()
}

fn text(value: &str) -> Value {
    Value::Text(value.into())
}

fn import(record: &mut Record, value: &str, hour: u32) -> Imported {
    record.import(&BTreeMap::from([("next_step".to_owned(), text(value))]), at(hour))[0].1
}

fn record() -> Record {
    Record::new(RecordKey::new(RecordKind::Deal, "D-104"))
}

#[test]
fn importing_the_same_twice_changes_nothing() {
    let mut record = record();
    assert_eq!(import(&mut record, "Send the pack", 1), Imported::Written);
    let once = record.clone();
    assert_eq!(import(&mut record, "Send the pack", 2), Imported::Unchanged);
    assert_eq!(record, once);
}

#[test]
fn a_persons_value_survives_any_import() {
    let mut record = record();
    import(&mut record, "Send the pack", 1);
    let person = Author::Person { subject: "priya".into() };
    record.write([("next_step".into(), Some(text("Call Helen")))], &person, at(2));
    assert_eq!(import(&mut record, "Send the pack", 3), Imported::KeptPerson);
    assert_eq!(import(&mut record, "Send another pack", 4), Imported::KeptPerson);
    assert_eq!(record.text("next_step"), Some("Call Helen"));
}

#[test]
fn a_machines_value_yields_only_to_news() {
    let mut record = record();
    import(&mut record, "Send the pack", 1);
    let machine = Author::Machine { proposal: "p".into(), spoken_at: at(1) };
    record.write([("next_step".into(), Some(text("Security review")))], &machine, at(2));
    assert_eq!(import(&mut record, "Send the pack", 3), Imported::KeptMachine);
    assert_eq!(import(&mut record, "Legal review", 4), Imported::Written);
}

#[test]
fn a_value_typed_after_the_words_were_spoken_admits_nothing() {
    let mut record = record();
    record.write([("next_step".into(), Some(text("Call Helen")))], &Author::Person { subject: "priya".into() }, at(5));
    let seen = record.field_version("next_step");
    assert_eq!(record.admits("next_step", seen, at(4)), Err(Refusal::PersonAfterEvidence { set_at: at(5) }));
    assert_eq!(record.admits("next_step", seen, at(6)), Ok(()));
    assert_eq!(record.admits("next_step", seen - 1, at(6)), Err(Refusal::Changed { seen: 0, current: 1 }));
    assert!(!record.may_write_unasked("next_step"));
}

#[test]
fn confirming_a_value_makes_it_the_persons_own() {
    let mut record = record();
    import(&mut record, "Send the pack", 1);
    let changed = record.write(
        [("next_step".into(), Some(text("Send the pack")))],
        &Author::Person { subject: "priya".into() },
        at(2),
    );
    assert_eq!(changed, ["next_step"]);
    assert_eq!(import(&mut record, "Other", 3), Imported::KeptPerson);
}

#[test]
fn an_earlier_calls_words_do_not_replace_a_later_calls() {
    let mut record = record();
    record.write(
        [("next_step".into(), Some(text("Review")))],
        &Author::Machine { proposal: "p".into(), spoken_at: at(9) },
        at(10),
    );
    assert_eq!(record.admits("next_step", 1, at(8)), Err(Refusal::LaterEvidence { spoken_at: at(9) }));
}
