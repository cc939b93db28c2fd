//! Calls for the evaluator.

use playbook_evaluator::domain::call::{Account, Call, Deal, Participant, Side, Transcript, Turn};

/// A short talk that has a little of everything.
#[allow(dead_code, reason = "one of the two targets that share this file uses it")]
pub fn sample() -> (Call, Transcript) {
    of("r Shall we take half an hour, and would you like to add anything?
b Fine. We lose forty hours a week to it, and the auditors come on 30 June.
r Who signs that off?
b Our CFO, Ann Carter. But we won't get into pricing today, and Ledgerline is cheaper.
u so i will send you the contract by friday does thursday at ten work
b Thursday works, I'll bring the security team.")
}

/// A line a turn; its first letter tells the side: `r`, `b`, anything else is unknown.
pub fn of(words: &str) -> (Call, Transcript) {
    let turns = (0_u32..).zip(words.lines().take(200)).map(|(index, line)| {
        let side = match line.as_bytes().first() {
            Some(b'r') => Side::Rep,
            Some(b'b') => Side::Buyer,
            _ => Side::Unknown,
        };
        Turn {
            index,
            participant: match side {
                Side::Rep => "s1".to_owned(),
                Side::Buyer => "s2".to_owned(),
                Side::Unknown => String::new(),
            },
            side,
            start_ms: index * 5_000,
            end_ms: index * 5_000 + 4_000,
            text: line.to_owned(),
            speaker_confidence: 1.0,
            unintelligible: false,
        }
    });
    let person = |id: &str, name: &str, side| Participant {
        id: id.to_owned(),
        name: name.to_owned(),
        side,
        email: String::new(),
        title: String::new(),
        channel: None,
    };
    let call = Call {
        name: "workspaces/fuzz/calls/a".to_owned(),
        call_type: "discovery".to_owned(),
        start_time: chrono::DateTime::UNIX_EPOCH + chrono::Duration::days(20_000),
        time_zone: chrono_tz::Europe::London,
        participants: vec![person("s1", "Priya Raman", Side::Rep), person("s2", "Tom Ashworth", Side::Buyer)],
        account: Account::default(),
        deal: Deal::default(),
    };
    let transcript =
        Transcript { name: "workspaces/fuzz/calls/a/transcripts/1".to_owned(), turns: turns.collect(), duration_ms: 0 };
    (call, transcript)
}
