use super::super::super::call::Side;
use super::super::super::transcript::confidence;
use super::*;

#[test]
fn voices_are_matched_to_participants_and_new_ones_added() {
    let text = "WEBVTT - Weekly\nKind: captions\n\nNOTE made by a tool\n\nintro\n00:01.000 --> 00:02.500 align:start\n\
                <v Priya Raman>Good <i>morning</i>, Tom &amp; all.</v>\n\n00:00:03.000 --> 00:00:04.000\n<v.loud Ana>Hi.";
    let priya = person("s1", "Priya Raman", Side::Rep);
    let imported = import(text.as_bytes(), Format::WebVtt, vec![priya]).unwrap();
    let [first, second] = imported.draft.turns.as_slice() else { panic!("{imported:?}") };
    assert_eq!((first.start_ms, first.end_ms, first.speaker.side), (1_000, 2_500, Side::Rep));
    assert_eq!(first.text, "Good morning, Tom & all.");
    assert_eq!(first.speaker.confidence, confidence::PLATFORM);
    assert_eq!((second.speaker.participant.as_deref(), second.speaker.side), (Some("s2"), Side::Unknown));
    assert_eq!(imported.participants[1].name, "Ana");
    assert_eq!(imported.draft.duration_ms, 4_000);
}

#[test]
fn two_voices_in_one_cue_are_two_turns() {
    let text = "WEBVTT\n\n00:01.000 --> 00:04.000\n<v Ana>One.</v> <v Ben>Two.</v>";
    let expected = [("Ana", "One."), ("Ben", "Two.")].map(|(a, b)| (a.to_owned(), b.to_owned()));
    assert_eq!(said(&read(text, Format::WebVtt)), expected);
}

#[test]
fn names_before_the_words_are_speakers_where_most_cues_have_one() {
    let text = "1\r\n00:00:01,000 --> 00:00:02,000\r\nAna Silva: One.\r\n\r\n2\r\n00:00:04,000 --> 00:00:05,000\r\n\
                Ben (Acme): Two.\r\n\r\n3\r\n00:00:07,000 --> 00:00:08,000\r\nthree";
    let expected = [("Ana Silva", "One."), ("Ben (Acme)", "Two."), ("", "three")];
    assert_eq!(said(&read(text, Format::SubRip)), expected.map(|(a, b)| (a.to_owned(), b.to_owned())));
}

#[test]
fn a_colon_alone_makes_no_speaker() {
    let text = "1\n00:00:01,000 --> 00:00:02,000\nNote: this matters.\n\n2\n00:00:04,000 --> 00:00:05,000\nand so on\n\n\
                3\n00:00:07,000 --> 00:00:08,000\nit was 10:30";
    let imported = read(text, Format::SubRip);
    assert!(imported.participants.is_empty());
    assert_eq!(imported.draft.turns[0].text, "Note: this matters.");
}

#[test]
fn a_listed_participant_is_known_by_name_even_once() {
    let text = "1\n00:00:01,000 --> 00:00:02,000\nTom: Hello.\n\n2\n00:00:04,000 --> 00:00:05,000\nso\n\n\
                3\n00:00:07,000 --> 00:00:08,000\nwell";
    let tom = person("s2", "Tom Ashworth", Side::Buyer);
    let imported = import(text.as_bytes(), Format::SubRip, vec![tom]).unwrap();
    assert_eq!(imported.draft.turns[0].speaker.side, Side::Buyer);
    assert_eq!(imported.draft.turns[0].text, "Hello.");
}

#[test]
fn overlapping_cues_are_kept() {
    let text = "WEBVTT\n\n00:01.000 --> 00:05.000\n<v A>long</v>\n\n00:02.000 --> 00:03.000\n<v B>short</v>";
    let imported = read(text, Format::WebVtt);
    let times: Vec<_> = imported.draft.turns.iter().map(|turn| (turn.start_ms, turn.end_ms)).collect();
    assert_eq!(times, [(1_000, 5_000), (2_000, 3_000)]);
}

#[test]
fn every_backward_time_is_listed_with_its_line() {
    let text = "WEBVTT\n\n00:05.000 --> 00:04.000\na\n\n00:06.000 --> 00:07.000\nb\n\n00:02.000 --> 00:03.000\nc\n\n\
                later --> 00:09.000\nd\n\n00:61.000 --> 00:99.00\ne";
    assert_eq!(
        problems(text, Format::WebVtt),
        [
            "line 3: the cue ends at 0:04, before it starts at 0:05",
            "line 9: the cue starts at 0:02, before the one of line 6 at 0:06",
            "line 12: `later` is no time like 00:01:02.500",
            "line 15: `00:61.000` is no time like 00:01:02.500",
        ]
    );
}

#[test]
fn a_missing_header_and_a_missing_blank_line_are_errors() {
    assert_eq!(
        problems("00:01.000 --> 00:02.000\nHi", Format::WebVtt),
        ["line 1: a WebVTT file begins with the word WEBVTT"]
    );
    let joined = "1\n00:00:01,000 --> 00:00:02,000\nHi\n00:00:02,000 --> 00:00:03,000\nthere";
    assert_eq!(problems(joined, Format::SubRip).len(), 1);
    assert!(problems("only words", Format::SubRip)[0].starts_with("line 1: words without times"));
}

#[test]
fn a_blank_line_inside_a_caption_loses_no_words() {
    let text =
        "1\n00:00:01,000 --> 00:00:02,000\nfirst\n\nsecond\n\n2\n00:00:04,000 --> 00:00:05,000\n{\\an8}third < 4";
    let imported = read(text, Format::SubRip);
    let texts: Vec<_> = imported.draft.turns.iter().map(|turn| turn.text.as_str()).collect();
    assert_eq!(texts, ["first second", "third < 4"]);
}
