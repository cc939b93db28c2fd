use super::*;
use crate::domain::call::{Account, Deal, Participant};

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

fn measured(turns: Vec<Turn>) -> Statistics {
    let person = |id: &str, side| Participant {
        id: id.into(),
        name: id.into(),
        side,
        email: String::new(),
        title: String::new(),
        channel: None,
    };
    let call = Call {
        name: "workspaces/demo/calls/a".into(),
        call_type: String::new(),
        start_time: chrono::DateTime::UNIX_EPOCH,
        time_zone: chrono_tz::UTC,
        participants: vec![person("r1", Side::Rep), person("b1", Side::Buyer)],
        account: Account::default(),
        deal: Deal::default(),
    };
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
