use super::*;
use crate::domain::talk;

fn turn(who: &str, start_ms: u32, end_ms: u32, text: &str) -> Turn {
    let side = if who.starts_with('r') { Side::Rep } else { Side::Buyer };
    Turn {
        index: 0,
        participant: who.into(),
        side,
        start_ms,
        end_ms,
        text: text.into(),
        speaker_confidence: 1.0,
        unintelligible: false,
    }
}

/// Somebody whose side or name the engine isn't sure of.
fn unsure(who: &str, start_ms: u32, end_ms: u32, text: &str) -> Turn {
    Turn { speaker_confidence: 0.3, ..turn(who, start_ms, end_ms, text) }
}

fn unintelligible(who: &str, start_ms: u32, end_ms: u32) -> Turn {
    Turn { unintelligible: true, ..turn(who, start_ms, end_ms, "") }
}

fn measured(turns: Vec<Turn>) -> Statistics {
    let call = talk::call(&[("r1", Side::Rep), ("b1", Side::Buyer)]);
    let texts: Vec<TurnText> = turns.iter().map(|t| TurnText::read(&t.text)).collect();
    measure(&call, &Transcript { name: String::new(), duration_ms: 0, turns }, &texts)
}

#[test]
fn measures_talk_by_both_denominators() {
    let s = measured(vec![
        turn("r1", 0, 10_000, "tell me how it goes today please"),
        turn("b1", 20_000, 50_000, "it goes badly most of the time"),
    ]);
    let rep = &s.speakers[0];
    assert_eq!((s.speech_ms, s.call_ms), (40_000, 50_000));
    assert_eq!(rep.talk_ratio, Some(0.25));
    assert_eq!(rep.talk_share_of_call, Some(0.2));
    assert_eq!(s.patience_ms, None);
    assert_eq!(s.interactivity_per_hour, Some(72.0));
    assert_eq!(s.interactivity_per_speech_hour, Some(90.0));
    let buyer = &s.speakers[1];
    assert_eq!((buyer.questions_per_hour, buyer.questions_per_speech_hour), (Some(0.0), Some(0.0)));
    assert_eq!(buyer.words_per_minute, Some(14.0));
}

#[test]
fn merges_gaps_and_back_channels_into_one_run() {
    let s = measured(vec![
        turn("b1", 0, 20_000, "so every morning we copy the files"),
        turn("r1", 20_100, 20_400, "right"),
        turn("b1", 21_000, 60_000, "and then somebody checks them all"),
        turn("r1", 61_000, 62_000, "how long does that take you"),
        turn("b1", 70_000, 71_000, "about two hours or so"),
    ]);
    assert_eq!(s.speakers[1].longest_monologue_ms, 60_000);
    assert_eq!(s.patience_ms, Some(1_000.0));
}

#[test]
fn counts_interruptions_but_not_back_channels() {
    let s = measured(vec![
        turn("b1", 0, 10_000, "what we would like to see is"),
        turn("r1", 8_000, 12_000, "let me show you our platform first"),
        turn("b1", 13_000, 20_000, "no listen we want to finish the thought"),
        turn("r1", 19_000, 19_600, "yeah okay"),
    ]);
    assert_eq!(s.speakers[0].interruptions, 1);
    assert_eq!(s.speakers[1].interruptions, 0);
}

#[test]
fn an_empty_talk_measures_nothing() {
    let s = measured(vec![]);
    assert_eq!((s.interactivity_per_hour, s.patience_ms, s.speakers[0].talk_ratio), (None, None, None));
}

#[test]
fn questions_and_words_have_their_own_denominators() {
    let s = measured(vec![
        turn("r1", 0, 6_000, "Who signs it? And don't you have a date?"),
        turn("b1", 6_000, 12_000, "It's me, um, and there's no date."),
    ]);
    let rep = &s.speakers[0];
    assert_eq!((rep.questions_per_hour, rep.questions_per_speech_hour), (Some(600.0), Some(1_200.0)));
    assert_eq!(rep.words_per_minute, Some(90.0), "`don't` is one word");
    assert_eq!(s.speakers[1].words_per_minute, Some(60.0), "`um` is none");
}

#[test]
fn speakers_of_a_side_have_rows_of_their_own() {
    let s = measured(vec![
        turn("r1", 0, 10_000, "let me hand over to my colleague now"),
        turn("r2", 10_000, 40_000, "thank you so this is how it works"),
        turn("b1", 40_000, 50_000, "all right then go on with it"),
    ]);
    let rows: Vec<_> = s.speakers.iter().map(|r| (r.participant.as_str(), r.side, r.speech_ms)).collect();
    let expected = [
        ("", Side::Rep, 40_000),
        ("", Side::Buyer, 10_000),
        ("b1", Side::Buyer, 10_000),
        ("r1", Side::Rep, 10_000),
        ("r2", Side::Unknown, 30_000),
    ];
    assert_eq!(rows, expected, "r2 is on no list of participants");
    assert_eq!(s.speakers[0].longest_monologue_ms, 30_000, "a monologue is one speaker's");
}

#[test]
fn a_turn_whose_speaker_is_not_sure_counts_for_nobody() {
    let s = measured(vec![
        turn("b1", 0, 10_000, "we copy the files every single day"),
        unsure("r1", 10_200, 20_000, "and who of you looks at those files?"),
        turn("b1", 20_100, 30_000, "and then somebody checks them all"),
    ]);
    assert_eq!(s.speech_ms, 29_700, "it is speech");
    let rep = &s.speakers[0];
    assert_eq!((rep.speech_ms, rep.questions_per_hour, rep.interruptions), (0, Some(0.0), 0));
    assert_eq!(rep.words_per_minute, None);
    assert!(s.speakers.iter().all(|r| r.participant != "r1"), "its speaker may not have spoken at all");
    assert_eq!(s.interactivity_per_hour, Some(0.0), "no switch is sure");
    assert_eq!(s.patience_ms, None);
    assert_eq!(s.speakers[1].longest_monologue_ms, 10_000, "somebody may have come in between");
}

#[test]
fn a_confidence_that_is_no_number_is_not_sure() {
    let odd = Turn { speaker_confidence: f64::NAN, ..turn("r1", 0, 1_000, "who signs it then?") };
    let s = measured(vec![odd]);
    assert_eq!(s.speakers.len(), 2);
    assert_eq!(s.speakers[0].speech_ms, 0);
}

#[test]
fn what_was_not_understood_is_speech_without_words() {
    let s = measured(vec![
        turn("b1", 0, 10_000, "we copy the files every single day"),
        unintelligible("b1", 10_000, 40_000),
        turn("r1", 42_000, 44_000, "sorry you are breaking up there"),
    ]);
    let buyer = &s.speakers[1];
    assert_eq!((buyer.speech_ms, buyer.words_per_minute), (40_000, Some(42.0)));
    assert_eq!(s.patience_ms, Some(2_000.0));
    let s = measured(vec![
        turn("b1", 0, 10_000, "we copy the files every single day"),
        unintelligible("r1", 9_000, 11_000),
        turn("b1", 11_500, 20_000, "and then somebody checks them all"),
    ]);
    assert_eq!(s.speakers[1].longest_monologue_ms, 10_000, "it may have been more than a sound");
    assert_eq!(s.speakers[0].interruptions, 0, "it may have been a sound");
}

#[test]
fn overlap_with_a_sound_or_with_somebody_unsure_is_no_interruption() {
    let over_a_sound = vec![
        turn("r1", 0, 5_000, "this is how the thing works"),
        turn("b1", 4_000, 8_000, "right okay"),
        turn("r1", 7_000, 12_000, "and then you see it here"),
    ];
    assert_eq!(measured(over_a_sound).speakers[0].interruptions, 0);
    let over_unsure = vec![
        unsure("b1", 0, 10_000, "what we would like to see is"),
        turn("r1", 8_000, 12_000, "let me show you our platform first"),
    ];
    assert_eq!(measured(over_unsure).speakers[0].interruptions, 0);
    let just_half_a_second = vec![
        turn("b1", 0, 10_000, "what we would like to see is"),
        turn("r1", 9_500, 12_000, "let me show you our platform first"),
    ];
    assert_eq!(measured(just_half_a_second).speakers[0].interruptions, 0);
}

#[test]
fn a_gap_of_three_seconds_ends_a_run() {
    let talk = |gap: u32| {
        measured(vec![
            turn("b1", 0, 10_000, "we copy the files every day"),
            turn("b1", 10_000 + gap, 20_000 + gap, "and then somebody checks them"),
        ])
    };
    assert_eq!(talk(2_999).speakers[1].longest_monologue_ms, 22_999);
    assert_eq!(talk(3_000).speakers[1].longest_monologue_ms, 10_000);
}

#[test]
fn the_leading_rep_is_the_one_who_surely_spoke_most() {
    let call = talk::call(&[("r1", Side::Rep), ("r2", Side::Rep), ("b1", Side::Buyer)]);
    let turns = vec![
        unsure("r1", 0, 1_200_000, "this may have been anybody"),
        turn("r2", 1_200_000, 1_800_000, "and this is how it works"),
        turn("b1", 1_800_000, 4_000_000, "all right then go on with it"),
    ];
    let transcript = Transcript { name: String::new(), duration_ms: 0, turns };
    assert_eq!(leading_rep(&call, &transcript).as_deref(), Some("r2"));
}
