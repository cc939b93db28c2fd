//! Short talks for tests: a line a turn, `R: ` for the rep, `B: ` and `C: ` for buyers, five seconds each, on Wednesday, the
//! sixth of May 2026.

use super::call::{Account, Call, Deal, Participant, Side, Transcript, Turn};

/// The call and its transcript.
pub fn of(lines: &[&str]) -> (Call, Transcript) {
    let turn = |(index, line): (u32, &&str)| {
        let (who, text) = line.split_once(": ").unwrap_or_default();
        let side = if who == "R" { Side::Rep } else { Side::Buyer };
        Turn {
            index,
            participant: who.to_owned(),
            side,
            start_ms: index * 5000,
            end_ms: index * 5000 + 4000,
            text: text.to_owned(),
            speaker_confidence: 1.0,
            unintelligible: false,
        }
    };
    let transcript = Transcript {
        name: "workspaces/w/calls/c/transcripts/1".into(),
        turns: (0..).zip(lines).map(turn).collect(),
        duration_ms: 0,
    };
    (call(&[("R", Side::Rep), ("B", Side::Buyer), ("C", Side::Buyer)]), transcript)
}

/// A call of people whose names are their ids.
pub fn call(people: &[(&str, Side)]) -> Call {
    let participant = |(id, side): &(&str, Side)| Participant {
        id: (*id).into(),
        name: (*id).into(),
        side: *side,
        email: String::new(),
        title: String::new(),
        channel: None,
    };
    Call {
        name: "workspaces/w/calls/c".into(),
        call_type: String::new(),
        start_time: "2026-05-06T10:00:00Z".parse().unwrap_or_default(),
        time_zone: chrono_tz::UTC,
        account: Account::default(),
        deal: Deal::default(),
        participants: people.iter().map(participant).collect(),
    }
}
