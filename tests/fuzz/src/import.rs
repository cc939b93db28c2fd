//! What every import promises.

use transcription_gateway::domain::call::{Participant, Side};
use transcription_gateway::domain::import::{Format, import};
use transcription_gateway::domain::transcript::{MAX_TEXT, MAX_TURNS};

pub fn check(content: &[u8], format: Format) {
    let person = |id: &str, name: &str, side| Participant {
        id: id.to_owned(),
        name: name.to_owned(),
        side,
        ..Participant::default()
    };
    let known = vec![person("s1", "Priya Raman", Side::Rep), person("s2", "Tom Ashworth", Side::Buyer)];
    match import(content, format, known) {
        Err(violations) => assert!(!violations.is_empty(), "refused without a reason"),
        Ok(read) => {
            let turns = &read.draft.turns;
            assert!(!turns.is_empty() && turns.len() <= MAX_TURNS);
            assert!(turns.windows(2).all(|pair| pair[0].start_ms <= pair[1].start_ms), "turns are out of order");
            for turn in turns {
                assert!(!turn.text.trim().is_empty() && turn.text.chars().count() <= MAX_TEXT);
                assert!(turn.start_ms <= turn.end_ms && turn.end_ms <= read.draft.duration_ms);
                let speaker = turn.speaker.participant.as_deref();
                assert!(speaker.is_none_or(|id| read.participants.iter().any(|p| p.id == id)), "an unknown speaker");
            }
        }
    }
}
