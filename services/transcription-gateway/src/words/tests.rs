use std::ops::Range;

use super::live::LiveRedaction;
use super::*;
use crate::domain::call::Participant;
use crate::domain::settings::Term;
use crate::domain::transcript::{Annotations, Heard, Punctuation, Separation, Source, Speaker, Word};
use crate::speech::Piece;
use crate::speech::live::Update;

fn settings(kinds: &[RedactionKind], names: &[&str]) -> TranscriptionSettings {
    let term = |name: &&str| Term { text: (*name).to_owned(), ..Term::default() };
    TranscriptionSettings {
        redaction: kinds.iter().copied().collect(),
        vocabulary: names.iter().map(term).collect(),
        ..TranscriptionSettings::default()
    }
}

fn all_kinds() -> TranscriptionSettings {
    let kinds = [RedactionKind::Card, RedactionKind::BankAccount, RedactionKind::Identity, RedactionKind::Secret];
    settings(&kinds, &["BrightLedger"])
}

fn said(who: &str, start_ms: u64, text: &str) -> Turn {
    let speaker = Speaker { participant: Some(who.to_owned()), ..Speaker::default() };
    Turn { speaker, start_ms, end_ms: start_ms + 5_000, text: text.to_owned(), ..Turn::default() }
}

fn draft(source: Source, turns: Vec<Turn>) -> Draft {
    Draft {
        source,
        engine: "test".to_owned(),
        language: "en".to_owned(),
        punctuation: Punctuation::Given,
        separation: Separation::Unknown,
        turns,
        duration_ms: 60_000,
        broke_off_at: None,
    }
}

fn prepared(settings: &TranscriptionSettings, turns: Vec<Turn>) -> Prepared {
    let people = vec![Participant { id: "s1".to_owned(), name: "Priya Raman".to_owned(), ..Participant::default() }];
    let details = Details { participants: people, ..Details::default() };
    Preparation::new(settings, &details).prepare(draft(Source::Recording, turns))
}

/// Each word a second long, from the turn's start on.
fn with_words(mut turn: Turn) -> Turn {
    let word = |(index, text): (usize, &str)| {
        let start_ms = turn.start_ms + 1_000 * index as u64;
        Word { text: text.to_owned(), start_ms, end_ms: start_ms + 900, confidence: Some(0.9) }
    };
    turn.annotations.words = turn.text.split(' ').enumerate().map(word).collect();
    turn
}

#[test]
fn names_redaction_and_digits_stand_where_their_annotations_say() {
    let turn = said("s2", 0, "Hi Prya, bright ledger takes card 4242 4242 4242 4242 for two hundred thousand euros");
    let prepared = prepared(&all_kinds(), vec![turn]);
    let turn = &prepared.draft().turns[0];
    assert_eq!(turn.text, "Hi Priya, BrightLedger takes card [CARD] for two hundred thousand euros");
    let Annotations { text_with_digits, corrections, redactions, .. } = &turn.annotations;
    assert_eq!(text_with_digits, "Hi Priya, BrightLedger takes card [CARD] for 200,000 euros");
    let spans: Vec<(&str, &str)> =
        corrections.iter().map(|c| (&turn.text[c.span.clone()], c.original.as_str())).collect();
    assert_eq!(spans, [("Priya", "Prya"), ("BrightLedger", "bright ledger")]);
    assert_eq!(&turn.text[redactions[0].span.clone()], "[CARD]");
}

#[test]
fn what_was_taken_out_is_nowhere() {
    let turns = vec![
        with_words(said("s2", 0, "my card is four two four two")),
        said("s1", 5_000, "okay"),
        with_words(said("s2", 6_000, "four two four two, four two four two, four two four two, and bright ledger")),
    ];
    let prepared = prepared(&all_kinds(), turns);
    let everything = format!("{prepared:?}").to_lowercase();
    assert!(!everything.contains("four") && !everything.contains("4242"), "{everything}");
    let words: Vec<&str> = prepared.draft().turns[0].annotations.words.iter().map(|word| word.text.as_str()).collect();
    assert_eq!(words, ["my", "card", "is", "[CARD]"]);
}

#[test]
fn sound_is_silent_by_words_by_segments_or_by_turns() {
    let muted = |turn: Turn| -> Vec<Range<u64>> { prepared(&all_kinds(), vec![turn]).muted_ms() };
    let text = "card 4242424242424242 thanks";
    assert_eq!(muted(with_words(said("s2", 10_000, text))), std::slice::from_ref(&(10_880..12_020)));
    let mut segments = said("s2", 10_000, text);
    segments.heard = vec![Heard { bytes: 0..21, ms: 10_000..12_000 }, Heard { bytes: 22..28, ms: 13_000..15_000 }];
    assert_eq!(muted(segments), std::slice::from_ref(&(10_000..12_000)));
    assert_eq!(muted(said("s2", 10_000, text)), std::slice::from_ref(&(10_000..15_000)));
    assert!(muted(said("s2", 10_000, "nothing")).is_empty());
}

#[test]
fn words_that_are_not_those_of_the_text_are_not_kept_where_something_is_redacted() {
    let mut odd = with_words(said("s2", 0, "hello there"));
    odd.text = "something else".to_owned();
    assert!(prepared(&all_kinds(), vec![odd.clone()]).draft().turns[0].annotations.words.is_empty());
    assert_eq!(prepared(&settings(&[], &[]), vec![odd]).draft().turns[0].annotations.words.len(), 2);
}

#[test]
fn nothing_is_silent_where_there_is_no_recording() {
    let turns = vec![said("s2", 0, "card 4242424242424242")];
    let preparation = Preparation::new(&all_kinds(), &Details::default());
    let prepared = preparation.prepare(draft(Source::Import, turns));
    assert_eq!(prepared.draft().turns[0].text, "card [CARD]");
    assert!(prepared.muted_ms().is_empty());
}

#[test]
fn other_languages_keep_their_numbers_as_words() {
    let mut german = draft(Source::Import, vec![said("s1", 0, "one hundred")]);
    german.language = "de-AT".to_owned();
    let prepared = Preparation::new(&settings(&[], &[]), &Details::default()).prepare(german);
    assert_eq!(prepared.draft().turns[0].annotations.text_with_digits, "");
}

#[test]
fn names_of_the_call_are_hinted_first() {
    let people = vec![Participant { id: "s1".to_owned(), name: "Priya Raman".to_owned(), ..Participant::default() }];
    let details = Details { participants: people, ..Details::default() };
    let ask = Preparation::new(&settings(&[], &["BrightLedger", "Priya"]), &details).ask("demo", Mode::Live);
    assert_eq!(*ask.vocabulary, ["Priya Raman", "Priya", "Raman", "BrightLedger"]);
}

#[test]
fn live_segments_hide_what_they_show_and_remember_what_came_before() {
    let mut live = LiveRedaction::new(Preparation::new(&all_kinds(), &Details::default()));
    let mut show = |index: u32, is_final: bool, text: &str| {
        let piece = Piece { text: text.to_owned(), ..Piece::default() };
        let update = live.show(Update { index, is_final, piece, stable_bytes: text.len() });
        (update.piece.text, update.stable_bytes)
    };
    assert_eq!(show(0, false, "My card number is"), ("My card number is".to_owned(), 17));
    assert_eq!(show(0, false, "My card number is four two four two"), ("My card number is [CARD]".to_owned(), 18));
    assert_eq!(show(0, true, "My card number is four two four two."), ("My card number is [CARD].".to_owned(), 25));
    assert_eq!(show(1, true, "Four two four two, four two"), ("[CARD]".to_owned(), 6));
    assert_eq!(show(2, true, "Thank you."), ("Thank you.".to_owned(), 10));
}

proptest::proptest! {
    #[test]
    fn annotations_always_fit_their_text(
        texts in proptest::collection::vec("(card|[0-9]{4}|four|two|bright|ledger|Prya|é|uh|password is| |, ){0,14}", 0..5),
        words in proptest::bool::ANY
    ) {
        let turns = texts.iter().enumerate().map(|(index, text)| {
            let turn = said(if index % 2 == 0 { "s1" } else { "s2" }, index as u64 * 5_000, text);
            if words { with_words(turn) } else { turn }
        });
        let prepared = prepared(&all_kinds(), turns.collect());
        for turn in &prepared.draft().turns {
            for redaction in &turn.annotations.redactions {
                let mark = turn.text.get(redaction.span.clone()).unwrap_or_default();
                proptest::prop_assert!(mark.starts_with('[') && mark.ends_with(']'), "{:?}", turn);
            }
            for correction in &turn.annotations.corrections {
                let name = turn.text.get(correction.span.clone()).unwrap_or_default();
                proptest::prop_assert!(["BrightLedger", "Priya", "Raman", "Priya Raman"].contains(&name), "{:?}", turn);
            }
        }
    }
}
