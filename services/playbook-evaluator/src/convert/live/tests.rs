use super::*;
use rstest::rstest;

fn header() -> pb::EvaluateStreamHeader {
    pb::EvaluateStreamHeader {
        call: "workspaces/demo/calls/c1".to_owned(),
        start_time: Some(prost_types::Timestamp { seconds: 1_772_000_000, nanos: 0 }),
        participants: vec![common::Participant {
            id: "s1".to_owned(),
            side: common::Side::Rep.into(),
            ..Default::default()
        }],
        ..Default::default()
    }
}

fn fields(error: &Error) -> Vec<&str> {
    error.violations().as_slice().iter().map(|(field, _)| field.as_str()).collect()
}

#[test]
fn a_header_needs_little() {
    let opening = opening(header()).unwrap();
    assert_eq!((opening.workspace.as_str(), opening.revision, opening.planned_ms), ("demo", None, 1_800_000));
    assert_eq!(opening.call.participants[0].side, Side::Rep);
}

#[test]
fn every_violation_of_a_header_is_reported() {
    let participants = vec![common::Participant { side: 9, ..Default::default() }; 2];
    let deal = common::DealContext { close_date: "soon".to_owned(), ..Default::default() };
    let wrong = pb::EvaluateStreamHeader {
        call: "c1".to_owned(),
        revision: "p/1".to_owned(),
        time_zone: "Mars/Base".to_owned(),
        start_time: None,
        participants,
        deal: Some(deal),
        planned_duration_ms: -1,
        resume_turns: 100_001,
        ..Default::default()
    };
    let error = opening(wrong).unwrap_err();
    let expected = [
        "header.call",
        "header.revision",
        "header.start_time",
        "header.time_zone",
        "header.participants[0].id",
        "header.participants[0].side",
        "header.participants[1].id",
        "header.participants[1].id",
        "header.participants[1].side",
        "header.deal.close_date",
        "header.planned_duration_ms",
        "header.resume_turns",
    ];
    assert_eq!(fields(&error), expected);
    let elsewhere = "workspaces/other/playbooks/p/revisions/1".to_owned();
    let error = opening(pb::EvaluateStreamHeader { revision: elsewhere, ..header() }).unwrap_err();
    assert_eq!(fields(&error), ["header.revision"]);
}

#[rstest]
#[case::the_first_year(-62_135_596_800, 0, true)]
#[case::before_it(-62_135_596_801, 0, false)]
#[case::the_last_year(253_402_300_799, 999_999_999, true)]
#[case::after_it(253_402_300_800, 0, false)]
#[case::the_end_of_a_calendar(8_210_266_876_799, 0, false)]
#[case::beyond_all(i64::MAX, 0, false)]
#[case::less_than_a_second(0, -1, false)]
fn a_call_starts_in_a_year_that_protobuf_has(#[case] seconds: i64, #[case] nanos: i32, #[case] valid: bool) {
    let start_time = Some(prost_types::Timestamp { seconds, nanos });
    let zone = "Asia/Tokyo".to_owned();
    let read = opening(pb::EvaluateStreamHeader { start_time, time_zone: zone.clone(), ..header() });
    let wrong = read.as_ref().map_or_else(fields, |_| Vec::new());
    assert_eq!(wrong, if valid { vec![] } else { vec!["header.start_time"] });
    // What the gateway gives is read as well as it can be.
    let call = call(&gateway::Call { start_time, time_zone: zone, ..Default::default() });
    assert_eq!(call.start_time.timestamp(), if valid { seconds } else { 0 });
    let _ = call.local_date();
}

#[test]
fn every_violation_of_a_segment_is_reported() {
    let call = opening(header()).unwrap().call;
    let wrong = pb::LiveSegment {
        turn: -1,
        participant: "s9".to_owned(),
        side: 7,
        start_ms: -5,
        end_ms: -6,
        text: "x".repeat(MAX_TURN_BYTES + 1),
        speaker_confidence: Some(1.5),
        ..Default::default()
    };
    let error = segment(wrong, &call).unwrap_err();
    let expected = ["turn", "start_ms", "end_ms", "text", "participant", "side", "speaker_confidence"];
    assert_eq!(fields(&error), expected.map(|field| format!("segment.{field}")));
}

#[test]
fn a_segment_without_a_side_is_of_its_participants() {
    let call = opening(header()).unwrap().call;
    let said = pb::LiveSegment { participant: "s1".to_owned(), r#final: true, ..Default::default() };
    let (turn, is_final) = segment(said, &call).unwrap();
    assert_eq!((turn.side, turn.speaker_confidence, is_final), (Side::Rep, 1.0, true));
    let unknown = segment(pb::LiveSegment::default(), &call).unwrap().0;
    assert_eq!(unknown.side, Side::Unknown);
}
