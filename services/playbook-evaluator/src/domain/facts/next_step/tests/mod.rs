//! How a day is agreed: short endings of calls, each on Wednesday, the sixth of May 2026. `R:` is the rep, `B:` and
//! `C:` are buyers.

mod agreed;
mod more;
mod open;

use super::*;
use crate::domain::call::{Account, Deal, Participant, Turn};
use crate::domain::facts::dates;

/// The next step of a call that ends so, after talk of other things.
pub(super) fn ending(lines: &[&str]) -> Option<NextStep> {
    let small_talk = ["R: So how many people work in the yard?", "B: About forty, with the drivers."];
    let all: Vec<&str> = small_talk.iter().cycle().take(40).chain(lines).copied().collect();
    let turn = |(index, line): (u32, &str)| {
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
        turns: (0..).zip(all).map(turn).collect(),
        duration_ms: 0,
    };
    let participant = |id: &str, side| Participant {
        id: id.into(),
        name: id.into(),
        side,
        email: String::new(),
        title: String::new(),
        channel: None,
    };
    let call = Call {
        name: "workspaces/w/calls/c".into(),
        call_type: String::new(),
        start_time: "2026-05-06T10:00:00Z".parse().unwrap_or_default(),
        time_zone: chrono_tz::UTC,
        account: Account::default(),
        deal: Deal::default(),
        participants: vec![participant("R", Side::Rep), participant("B", Side::Buyer), participant("C", Side::Buyer)],
    };
    let texts = TurnText::read_all(transcript.turns.iter().map(|t| t.text.as_str()));
    let calendar = Calendar::new(call.local_date(), 1);
    let mentions = dates::read(&texts, &calendar);
    extract(&call, &transcript, &texts, &mentions, &calendar).next_step
}

pub(super) fn day(lines: &[&str]) -> Option<String> {
    ending(lines).map(|step| step.date.map_or_else(|| "no date".to_owned(), |d| d.to_string()))
}

#[test]
fn the_owner_is_who_takes_it_on() {
    let step = ending(&["R: I'll send you the corrected quote by Friday, is that soon enough?", "B: Friday is fine."]);
    assert_eq!(step.map(|s| s.owner), Some("R".to_owned()));
}
