use super::super::super::call::Side;
use super::super::call_json::parse;
use super::*;

const CALL: &str = r#"{
 "id": "c01", "title": "First call", "call_type": "discovery", "date": "2026-03-05", "time_zone": "Europe/Dublin",
 "duration_s": 58.5,
 "account": {"name": "Clonferry", "industry": "retail", "employees": 3900, "regulated": true, "segment": "enterprise"},
 "deal": {"id": "D-71", "stage": "discovery", "amount": 165000, "currency": "EUR", "close_date": "2026-06-30"},
 "participants": [
  {"id": "s1", "name": "Fionnuala Tighe", "side": "rep", "title": "AE", "channel": 0},
  {"id": "s2", "name": "Declan Mulhare", "side": "buyer", "email": "declan@clonferry.example"}
 ],
 "turns": [
  {"i": 0, "speaker": "s1", "start_ms": 871, "end_ms": 5073, "text": "Declan, you're very welcome."},
  {"i": 1, "speaker": "s2", "start_ms": 4000, "end_ms": 10555, "text": "Start away."},
  {"i": 2, "speaker": null, "start_ms": 11000, "end_ms": 12000, "text": "Hm."}
 ],
 "labels": {"behaviors": {"agenda_set": {"outcome": "observed"}}}
}"#;

#[test]
fn a_call_file_is_read_with_all_it_tells() {
    let file = parse(CALL.as_bytes()).unwrap();
    assert_eq!((file.id.as_deref(), file.duration_ms), (Some("c01"), 58_500));
    assert_eq!(file.details.deal.amount, Some(165_000.0));
    assert_eq!(file.details.participants[0].channel, Some(0));
    assert_eq!(file.details.start_time.unwrap().to_rfc3339(), "2026-03-05T00:00:00+00:00");
    let turns = file.turns.unwrap();
    assert_eq!((turns[0].speaker.side, turns[1].speaker.side), (Side::Rep, Side::Buyer));
    assert_eq!(turns[2].speaker.participant, None);
    assert_eq!(read(CALL, Format::CallJson).draft.turns.len(), 3);
}

#[test]
fn a_header_without_turns_is_a_call_but_no_transcript() {
    let header = r#"{"title": "t", "date": "2026-03-05", "participants": []}"#;
    assert_eq!(parse(header.as_bytes()).unwrap().turns, None);
    assert_eq!(problems(header, Format::CallJson), ["turns: is required"]);
}

#[test]
fn every_violation_is_reported_at_once() {
    let wrong = CALL
        .replace("\"speaker\": \"s2\"", "\"speaker\": \"s9\"")
        .replace("\"end_ms\": 5073", "\"end_ms\": \"soon\"")
        .replace("\"i\": 2", "\"i\": 7")
        .replace("\"start_ms\": 11000", "\"start_ms\": 100")
        .replace("\"2026-06-30\"", "\"June\"")
        .replace("\"side\": \"rep\"", "\"side\": \"seller\"")
        .replace("\"amount\": 165000", "\"amount\": -5")
        .replace("\"text\": \"Hm.\"", "\"text\": \" \"");
    assert_eq!(
        problems(&wrong, Format::CallJson),
        [
            "deal.close_date: must be a date like 2026-03-05",
            "participants[0].side: must be `rep`, `buyer` or `unknown`",
            "turns[0].end_ms: must be a whole number that is not negative",
            "turns[1].speaker: `s9` is not the id of a participant",
            "turns[2].i: must be 2: turns are numbered in order",
            "turns[2].start_ms: is before the start of the turn before",
            "turns[2].text: must not be empty",
            "deal.amount: must be a number that is not negative",
        ]
    );
}

#[test]
fn broken_json_is_named_by_line() {
    let found = problems("{\n \"turns\": [\n  {]\n}", Format::CallJson);
    assert!(found[0].starts_with("line 3: is not valid JSON"), "{found:?}");
    assert_eq!(problems("{\"turns\": 3}", Format::CallJson).len(), 1);
}

#[test]
fn participants_must_not_contradict_the_call() {
    let known = vec![person("s1", "Somebody Else", Side::Rep)];
    let found = import(CALL.as_bytes(), Format::CallJson, known).unwrap_err();
    assert_eq!(found[0].place, "participants[0].id");
}

#[test]
fn what_the_call_knows_of_a_participant_stays_and_what_it_lacks_is_added() {
    let known = vec![person("s2", "declan mulhare", Side::Unknown)];
    let imported = import(CALL.as_bytes(), Format::CallJson, known).unwrap();
    let ids: Vec<_> = imported.participants.iter().map(|participant| participant.id.as_str()).collect();
    assert_eq!(ids, ["s2", "s1"]);
    assert_eq!(imported.participants[0].name, "declan mulhare");
    assert_eq!(imported.participants[0].email, "declan@clonferry.example");
    assert_eq!(imported.draft.turns[1].speaker.side, Side::Buyer);
}
