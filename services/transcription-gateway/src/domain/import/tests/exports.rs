use super::super::super::call::Side;
use super::super::super::transcript::confidence;
use super::*;

const GONG: &str = include_str!("../../../../tests/fixtures/gong.json");
const ZOOM: &str = include_str!("../../../../tests/fixtures/zoom.json");
const MEET: &str = include_str!("../../../../tests/fixtures/meet.txt");

#[test]
fn exports_are_told_by_their_content() {
    assert_eq!(Format::detect(GONG.as_bytes()), Some(Format::GongJson));
    assert_eq!(Format::detect(ZOOM.as_bytes()), Some(Format::ZoomJson));
    assert_eq!(Format::detect(MEET.as_bytes()), Some(Format::MeetText));
    // A key of another tool in our own format is only a key.
    assert_eq!(Format::detect(b"{\"timeline\": [], \"turns\": []}"), Some(Format::CallJson));
}

#[test]
fn zoom_captions_name_speakers_before_the_words_and_teams_in_voice_tags() {
    for fixture in
        [include_str!("../../../../tests/fixtures/zoom.vtt"), include_str!("../../../../tests/fixtures/teams.vtt")]
    {
        let imported = read(fixture, Format::WebVtt);
        let names: Vec<String> = said(&imported).into_iter().map(|(name, _)| name).collect();
        assert_eq!(names, ["Priya Raman", "Tom Ashworth", "Priya Raman"]);
        assert_eq!(imported.draft.turns[0].text, "Good morning Tom, can you hear me well?");
    }
}

#[test]
fn gong_knows_sides_and_joins_the_sentences_of_a_speaker() {
    let imported = read(GONG, Format::GongJson);
    let [first, second, third] = imported.draft.turns.as_slice() else { panic!("{imported:?}") };
    assert_eq!((first.start_ms, first.end_ms, first.speaker.side), (900, 5_200, Side::Rep));
    assert_eq!(first.text, "Good morning Tom. Can you hear me well?");
    assert_eq!((second.speaker.side, second.speaker.confidence), (Side::Buyer, confidence::PLATFORM));
    // Nobody's voice is still one voice.
    assert_eq!((third.speaker.participant.as_deref(), third.annotations.voice.as_str()), (None, "9003"));
    let priya = &imported.participants[0];
    assert_eq!((priya.name.as_str(), priya.email.as_str()), ("Priya Raman", "priya.raman@brightledger.example"));
    let details = imported.details.unwrap();
    assert_eq!(details.title, "Northmoor - first call");
    assert!(details.start_time.is_some());
}

#[test]
fn parties_of_gong_are_found_in_an_extensive_answer_too() {
    let text = r#"{"callTranscripts": [{"callId": "7", "transcript": [{"speakerId": "1", "sentences":
        [{"start": 0, "end": 10, "text": "Hi."}]}]}], "calls": [{"metaData": {"id": "6"}, "parties": []},
        {"metaData": {"id": "7"}, "parties": [{"speakerId": "1", "name": "Ana", "affiliation": "Internal"}]}]}"#;
    assert_eq!(said(&read(text, Format::GongJson)), [("Ana".to_owned(), "Hi.".to_owned())]);
    let wrapped = format!("{{\"payload\": {text}}}");
    assert_eq!(said(&read(&wrapped, Format::GongJson)), [("Ana".to_owned(), "Hi.".to_owned())]);
}

#[test]
fn every_mistake_of_an_export_has_its_place() {
    let gong = r#"{"callTranscripts": [{"callId": 7, "transcript": [{"speakerId": "1", "sentences":
        [{"start": 5, "end": 2, "text": "Hi."}, {"start": "x", "end": 3}]}]}], "parties": [{"name": 3}]}"#;
    assert_eq!(
        problems(gong, Format::GongJson),
        [
            "callTranscripts[0].callId: must be a text",
            "parties[0].name: must be a text",
            "callTranscripts[0].transcript[0].sentences[0].end: is before start",
            "callTranscripts[0].transcript[0].sentences[1].start: must be a whole number that is not negative",
            "callTranscripts[0].transcript[0].sentences[1].text: is required",
        ]
    );
    assert_eq!(
        problems("{\"callTranscripts\": [{}, {}]}", Format::GongJson),
        ["callTranscripts: must be of one call: a file is a call's"]
    );
    let zoom = r#"{"timezone": "Mars", "timeline": [{"ts": "soon"}, {"users": [{"username": 1}]}],
        "transcript": "WEBVTT\n\n00:05.000 --> 00:04.000\na"}"#;
    assert_eq!(
        problems(zoom, Format::ZoomJson),
        [
            "timezone: must be an IANA time zone, for example `Europe/London`",
            "timeline[0].ts: `soon` is no time like 00:01:02.500",
            "timeline[1].ts: is required",
            "timeline[1].users[0].username: must be a text",
            "transcript line 3: the cue ends at 0:04, before it starts at 0:05",
        ]
    );
    let without = problems("{\"timeline\": []}", Format::ZoomJson);
    assert!(without[0].starts_with("transcript: is required"), "{without:?}");
    assert_eq!(problems("00:05:00\nAna: a\n00:00:00\nBen: b", Format::MeetText).len(), 1);
}

#[test]
fn who_was_active_alone_said_what_names_nobody() {
    let imported = read(ZOOM, Format::ZoomJson);
    let expected = [
        ("Priya Raman", "Good morning Tom, can you hear me well?"),
        ("Tom Ashworth", "I can, thanks."),
        ("", "Great, great."),
        ("Tom Ashworth", "Shall we start?"),
    ];
    assert_eq!(said(&imported), expected.map(|(a, b)| (a.to_owned(), b.to_owned())));
    let by: Vec<f64> = imported.draft.turns.iter().map(|turn| turn.speaker.confidence).collect();
    assert_eq!(by, [confidence::ACTIVE, confidence::ACTIVE, confidence::NONE, confidence::PREFIX]);
    let details = imported.details.unwrap();
    assert_eq!((details.title.as_str(), details.time_zone.as_str()), ("Northmoor - first call", "Europe/London"));
}

#[test]
fn an_export_tells_who_hosts() {
    let zoom = r#"{"host_id": "h", "timeline": [{"ts": "00:00:01.000", "users": [{"username": "Ann", "zoom_userid": "a"}]},
        {"ts": "00:00:05.000", "users": [{"username": "Ben", "zoom_userid": "h"}]}],
        "transcript": "WEBVTT\n\n00:05.000 --> 00:07.000\nHello."}"#;
    let gong = r#"{"callTranscripts": [{"callId": "7", "transcript": [{"speakerId": "1", "sentences":
        [{"start": 0, "end": 10, "text": "Hi."}]}, {"speakerId": "2", "sentences": [{"start": 20, "end": 30, "text": "Hi."}]}]}],
        "metaData": {"id": "7", "primaryUserId": "u2"}, "parties": [{"speakerId": "1", "name": "Ann", "userId": "u1"},
        {"speakerId": "2", "name": "Ben", "userId": "u2"}]}"#;
    for (text, format) in [(zoom, Format::ZoomJson), (gong, Format::GongJson)] {
        let imported = read(text, format);
        let host = imported.participants.iter().find(|who| Some(&who.id) == imported.host.as_ref());
        assert_eq!(host.map(|who| who.name.as_str()), Some("Ben"), "{format:?}");
    }
    // Without its id nobody hosts, whoever else has none.
    let nobody = zoom.replace("\"host_id\": \"h\", ", "").replace("\"zoom_userid\": \"h\"", "\"zoom_userid\": \"\"");
    assert_eq!(read(&nobody, Format::ZoomJson).host, None);
    assert_eq!(read(ZOOM, Format::ZoomJson).host, None);
    assert_eq!(problems(&zoom.replace("\"h\", ", "7, "), Format::ZoomJson), ["host_id: must be a text"]);
}

#[test]
fn meet_tells_the_time_of_a_section_and_none_is_made_up() {
    let imported = read(MEET, Format::MeetText);
    let expected = [
        ("Priya Raman", "Good morning Tom, can you hear me well? I hope so."),
        ("Tom Ashworth", "I can, thanks."),
        ("Priya Raman", "So, where were we?"),
    ];
    assert_eq!(said(&imported), expected.map(|(a, b)| (a.to_owned(), b.to_owned())));
    let times: Vec<(u64, u64)> = imported.draft.turns.iter().map(|turn| (turn.start_ms, turn.end_ms)).collect();
    assert_eq!(times, [(0, 0), (0, 0), (300_000, 300_000)]);
}

#[test]
fn words_keep_times_that_the_file_has_and_get_none_that_it_has_not() {
    let text = "WEBVTT\n\n00:01.000 --> 00:03.000\n<v Ana>so<00:01.500><c> we</c><00:02.000><c> go</c></v>\n\n\
                00:05.000 --> 00:07.000\n<v Ben>one two<00:06.000> three</v>";
    let imported = read(text, Format::WebVtt);
    let words = &imported.draft.turns[0].annotations.words;
    let times: Vec<(&str, u64, u64)> =
        words.iter().map(|word| (word.text.as_str(), word.start_ms, word.end_ms)).collect();
    assert_eq!(times, [("so", 1_000, 1_500), ("we", 1_500, 2_000), ("go", 2_000, 3_000)]);
    assert_eq!(imported.draft.turns[0].text, "so we go");
    assert!(imported.draft.turns[1].annotations.words.is_empty());
    let json = r#"{"turns": [{"start_ms": 0, "end_ms": 900, "text": "Hi Tom",
        "words": [{"text": "Hi", "start_ms": 0, "end_ms": 300, "confidence": 0.9}, {"text": "Tom", "start_ms": 400, "end_ms": 900}]}]}"#;
    let imported = read(json, Format::CallJson);
    let words = &imported.draft.turns[0].annotations.words;
    assert_eq!((words.len(), words[0].confidence, words[1].end_ms), (2, Some(0.9), 900));
    let wrong = r#"{"turns": [{"start_ms": 0, "end_ms": 900, "text": "Hi", "words": [{"start_ms": 5, "end_ms": 3, "confidence": 2}]}]}"#;
    assert_eq!(problems(wrong, Format::CallJson).len(), 3);
}

#[test]
fn a_call_file_tells_what_participants_said_to_being_recorded() {
    let json = r#"{"participants": [{"id": "s1"}], "turns": [{"start_ms": 0, "end_ms": 9, "text": "a"}],
        "consents": [{"participant": "s1", "state": "granted", "method": "verbal", "time": "2026-03-05T14:00:00Z"}]}"#;
    let consents = read(json, Format::CallJson).details.unwrap().consents;
    assert_eq!((consents.len(), consents[0].participant.as_str()), (1, "s1"));
    let wrong = r#"{"participants": [{"id": "s1"}], "turns": [],
        "consents": [{"participant": "s9", "state": "maybe", "method": "telepathy", "time": "noon"}]}"#;
    assert_eq!(
        problems(wrong, Format::CallJson),
        [
            "consents[0].state: must be `granted`, `denied` or `revoked`",
            "consents[0].method: must be `verbal`, `written` or `platform_notice`",
            "consents[0].time: must be a time like 2026-03-05T14:00:00Z",
            "consents[0].participant: `s9` is not the id of a participant",
        ]
    );
}
