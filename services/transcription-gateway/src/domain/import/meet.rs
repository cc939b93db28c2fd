//! Google Meet's transcript as text: the document that Meet writes, saved as plain text.
//!
//! It tells the time only every few minutes, on a line of its own; in between are lines `Name: words`. The turns of such a
//! section have its start as their start and their end: nothing closer is known, and nothing is made up.

use crate::domain::Violation;
use crate::domain::roster::{Roster, speaker};
use crate::domain::transcript::{MAX_TEXT, Turn, confidence};

use super::markup::name_prefix;

/// Whether a text looks like one: a line that is only a time, and a line `Name: words` behind it.
pub(super) fn is_meet(head: &str) -> bool {
    let mut lines = head.lines();
    let timed = lines.by_ref().any(|line| section(line).is_some());
    timed && lines.any(|line| name_prefix(line.trim()).is_some())
}

/// Reads a transcript. Names that are nobody's are added to `roster`.
pub(super) fn read(text: &str, roster: &mut Roster) -> Result<Vec<Turn>, Vec<Violation>> {
    let mut turns: Vec<Turn> = Vec::new();
    let mut violations = Vec::new();
    let mut current = None;
    for (index, line) in text.lines().enumerate() {
        let line = line.trim();
        let place = || format!("line {}", index + 1);
        if let Some(start_ms) = section(line) {
            let before: Option<u64> = current;
            if before.is_some_and(|before| start_ms < before) {
                violations.push(Violation::new(place(), "a section that starts before the one before it"));
            }
            current = Some(start_ms);
            continue;
        }
        // Title, date and attendees stand before the first time.
        let Some(start_ms) = current else { continue };
        if line.is_empty() || is_notice(line) {
            continue;
        }
        match name_prefix(line) {
            Some((name, words)) => {
                let who = roster.by_name_or_added(name);
                let speaker = who.map(|who| speaker(&who, confidence::PLATFORM)).unwrap_or_default();
                turns.push(Turn { speaker, start_ms, end_ms: start_ms, text: words.to_owned(), ..Turn::default() });
            }
            None => match turns.last_mut().filter(|turn| turn.start_ms == start_ms && turn.text.len() < MAX_TEXT) {
                Some(turn) => {
                    turn.text.push(' ');
                    turn.text.push_str(line);
                }
                None => turns.push(Turn { start_ms, end_ms: start_ms, text: line.to_owned(), ..Turn::default() }),
            },
        }
    }
    if current.is_none() {
        violations.push(Violation::new("content", "has no line with a time like 00:05:00 before the words"));
    }
    if violations.is_empty() { Ok(turns) } else { Err(violations) }
}

/// What Meet writes below a transcript.
fn is_notice(line: &str) -> bool {
    line.starts_with("Transcription ended after") || line.starts_with("This editable transcript was computer generated")
}

/// Milliseconds of a line that is only `hh:mm:ss`.
fn section(line: &str) -> Option<u64> {
    let parts: Vec<&str> = line.trim().split(':').collect();
    let [hours, minutes, seconds] = parts.as_slice() else { return None };
    let number = |text: &str, most: u64| {
        let digits = (1..=2).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_digit());
        digits.then(|| text.parse::<u64>().ok()).flatten().filter(|value| *value <= most)
    };
    Some(((number(hours, 23)? * 60 + number(minutes, 59)?) * 60 + number(seconds, 59)?) * 1000)
}
