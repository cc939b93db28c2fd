mod call_json;
mod captions;
mod exports;

use super::*;

fn person(id: &str, name: &str, side: super::super::call::Side) -> Participant {
    Participant { id: id.to_owned(), name: name.to_owned(), side, ..Participant::default() }
}

fn read(content: &str, format: Format) -> Imported {
    import(content.as_bytes(), format, Vec::new()).unwrap()
}

/// Place and problem of each violation, one a line.
fn problems(content: &str, format: Format) -> Vec<String> {
    let violations = import(content.as_bytes(), format, Vec::new()).unwrap_err();
    violations.into_iter().map(|violation| format!("{}: {}", violation.place, violation.problem)).collect()
}

/// Speaker's name and words of each turn.
fn said(imported: &Imported) -> Vec<(String, String)> {
    let name = |id: &Option<String>| {
        let who = imported.participants.iter().find(|participant| Some(&participant.id) == id.as_ref());
        who.map(|participant| participant.name.clone()).unwrap_or_default()
    };
    imported.draft.turns.iter().map(|turn| (name(&turn.speaker.participant), turn.text.clone())).collect()
}

#[test]
fn formats_are_told_by_their_content() {
    assert_eq!(Format::detect("\u{feff}WEBVTT\n".as_bytes()), Some(Format::WebVtt));
    assert_eq!(Format::detect(b"1\n00:00:01,000 --> 00:00:02,000\nHi"), Some(Format::SubRip));
    assert_eq!(Format::detect(b"  {\"turns\": []}"), Some(Format::CallJson));
    assert_eq!(Format::detect(b"Hello"), None);
    assert_eq!(Format::detect(b""), None);
}

#[test]
fn a_file_that_is_not_utf8_is_named_by_line() {
    let found = import(b"WEBVTT\n\n00:01.000 --> 00:02.000\ncaf\xe9", Format::WebVtt, Vec::new()).unwrap_err();
    assert_eq!(found[0].place, "line 4");
}

#[test]
fn a_file_that_is_too_large_is_refused_unread() {
    let found = import(&vec![b' '; MAX_BYTES + 1], Format::SubRip, Vec::new()).unwrap_err();
    assert_eq!(found[0].problem, "has 1048577 bytes; at most 1048576 are read");
}

#[test]
fn a_file_without_words_is_refused() {
    assert_eq!(problems("WEBVTT\n", Format::WebVtt), ["content: has no words"]);
    assert_eq!(problems("", Format::SubRip), ["content: has no words"]);
    assert_eq!(problems("{\"participants\": [], \"turns\": []}", Format::CallJson), ["content: has no words"]);
}

proptest::proptest! {
    #[test]
    fn no_content_makes_a_parser_panic(text in "(WEBVTT\n\n)?([0-9:., \\->]|<v? ?[a-z>]*|\\{|\\}|&|\n|\r|[A-Za-zé]){0,80}") {
        for format in [Format::WebVtt, Format::SubRip, Format::CallJson, Format::GongJson, Format::ZoomJson, Format::MeetText] {
            let _ = import(text.as_bytes(), format, Vec::new());
        }
    }
}
