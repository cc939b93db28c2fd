//! How far the deal is qualified by what was said on the call.

use comfy_table::{Cell, Color};
use throughline_proto::playbook::v1::{Evaluation, LetterResult};

use super::words::{cut, first_time, quote};
use crate::report::{bold, clean, table};

/// Most characters of a reason or question that are printed in a table.
const TEXT_CHARS: usize = 90;
/// From here on the buyer said so.
const STATED: i32 = 2;

pub(super) fn qualification(evaluation: &Evaluation) -> String {
    let Some(result) = evaluation.qualification.as_ref().filter(|result| !result.letters.is_empty()) else {
        return String::new();
    };
    let mut rows = table(&["", "letter", "score", "time", "quote"]);
    for letter in &result.letters {
        let (score, color) = score(letter);
        rows.add_row([
            Cell::new(clean(&letter.letter)),
            Cell::new(clean(&letter.title)),
            Cell::new(score).fg(color),
            Cell::new(first_time(&letter.evidence)),
            Cell::new(telling(letter)),
        ]);
    }
    let lowest = result.lowest.map_or("not known".to_owned(), |lowest| format!("{lowest} of 3"));
    format!("{}\n{rows}", bold(&format!("{}  lowest {lowest}", clean(&result.framework))))
}

/// The score, and what the gate of the stage asks for where that is more.
fn score(letter: &LetterResult) -> (String, Color) {
    let Some(score) = letter.score else { return ("not known".to_owned(), Color::Yellow) };
    match letter.minimum.filter(|minimum| score < *minimum) {
        Some(minimum) => (format!("{score}, needs {minimum}"), Color::Red),
        None if score >= STATED => (score.to_string(), Color::Green),
        None => (score.to_string(), Color::Reset),
    }
}

/// The firmest words; where there are none why, or what to ask.
fn telling(letter: &LetterResult) -> String {
    if !letter.evidence.is_empty() {
        return quote(&letter.evidence);
    }
    if !letter.reason.is_empty() {
        return cut(&letter.reason, TEXT_CHARS);
    }
    if letter.question.is_empty() { String::new() } else { format!("ask: {}", cut(&letter.question, TEXT_CHARS)) }
}
