//! Transcripts of other tools: WebVTT, SubRip, the exports of Gong, Zoom and Meet, and our own call JSON.
//!
//! Every mistake of a file is reported at once, with its place. The parsers are our own where a library would stop at
//! the first mistake and not tell the line.

pub mod call_json;
mod captions;
mod cue;
mod fields;
mod gong;
mod markup;
mod meet;
mod zoom;

use super::Violation;
use super::call::{Details, Participant};
use super::roster::Roster;
use super::transcript::{Draft, MAX_TEXT, MAX_TURNS, Punctuation, Separation, Source, Turn};

/// Largest file that is read: some twenty hours of talk.
pub const MAX_BYTES: usize = 1024 * 1024;

/// The format of an imported transcript.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Format {
    WebVtt,
    SubRip,
    CallJson,
    GongJson,
    ZoomJson,
    MeetText,
}

impl Format {
    /// Name as it stands in a transcript.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::WebVtt => "webvtt",
            Self::SubRip => "srt",
            Self::CallJson => "call-json",
            Self::GongJson => "gong-json",
            Self::ZoomJson => "zoom-json",
            Self::MeetText => "meet-text",
        }
    }

    /// Tells the format by the content; `None` if it is none of them.
    pub fn detect(content: &[u8]) -> Option<Self> {
        let head = String::from_utf8_lossy(content.get(..4096.min(content.len())).unwrap_or_default());
        let head = head.trim_start_matches('\u{feff}').trim_start();
        if head.starts_with("WEBVTT") {
            Some(Self::WebVtt)
        } else if head.starts_with('{') {
            // A key may stand behind a long transcript.
            let all = String::from_utf8_lossy(content);
            Some(if gong::is_gong(&all) {
                Self::GongJson
            } else if zoom::is_zoom(&all) {
                Self::ZoomJson
            } else {
                Self::CallJson
            })
        } else if head.lines().take(3).any(|line| line.contains("-->")) {
            Some(Self::SubRip)
        } else if meet::is_meet(head) {
            Some(Self::MeetText)
        } else {
            None
        }
    }
}

/// What a file gave.
#[derive(Debug, Clone, PartialEq)]
pub struct Imported {
    pub draft: Draft,
    /// Everybody on the call, those whom the file added last.
    pub participants: Vec<Participant>,
    /// Id of who hosts the meeting, where the file tells.
    pub host: Option<String>,
    /// What the file tells of the call itself.
    pub details: Option<Details>,
}

/// Reads a transcript. `participants` are those of the call as far as they are known.
pub fn import(content: &[u8], format: Format, participants: Vec<Participant>) -> Result<Imported, Vec<Violation>> {
    if content.len() > MAX_BYTES {
        let problem = format!("has {} bytes; at most {MAX_BYTES} are read", content.len());
        return Err(vec![Violation::new("content", problem)]);
    }
    let mut roster = Roster::new(participants);
    let (turns, duration_ms, details) = match format {
        Format::WebVtt => (captions::read(text(content)?, cue::Dialect::WebVtt, &mut roster)?, 0, None),
        Format::SubRip => (captions::read(text(content)?, cue::Dialect::SubRip, &mut roster)?, 0, None),
        Format::CallJson => {
            let (turns, duration_ms, details) = call_json::import(content, &mut roster)?;
            (turns, duration_ms, Some(details))
        }
        Format::GongJson => {
            let (turns, details) = gong::import(content, &mut roster)?;
            (turns, 0, Some(details))
        }
        Format::ZoomJson => {
            let (turns, details) = zoom::import(content, &mut roster)?;
            (turns, 0, Some(details))
        }
        Format::MeetText => (meet::read(text(content)?, &mut roster)?, 0, None),
    };
    check_size(&turns)?;
    let end_ms = turns.iter().map(|turn| turn.end_ms).max().unwrap_or(0);
    let draft = Draft {
        separation: Separation::Unknown,
        source: Source::Import,
        engine: format.as_str().to_owned(),
        language: String::new(),
        punctuation: Punctuation::found_in(&turns),
        turns,
        duration_ms: duration_ms.max(end_ms),
        broke_off_at: None,
    };
    let host = roster.host().map(str::to_owned);
    Ok(Imported { draft, participants: roster.into_participants(), host, details })
}

fn text(content: &[u8]) -> Result<&str, Vec<Violation>> {
    std::str::from_utf8(content).map(|text| text.trim_start_matches('\u{feff}')).map_err(|error| {
        let line = 1 + content.iter().take(error.valid_up_to()).filter(|byte| **byte == b'\n').count();
        vec![Violation::new(format!("line {line}"), "is not UTF-8; save the file as UTF-8")]
    })
}

fn check_size(turns: &[Turn]) -> Result<(), Vec<Violation>> {
    let mut found = Vec::new();
    if turns.is_empty() {
        found.push(Violation::new("content", "has no words"));
    }
    if turns.len() > MAX_TURNS {
        found.push(Violation::new("content", format!("has {} turns; at most {MAX_TURNS} are kept", turns.len())));
    }
    for (index, turn) in turns.iter().enumerate() {
        if turn.text.chars().count() > MAX_TEXT {
            found.push(Violation::new(
                format!("turns[{index}].text"),
                format!("must have at most {MAX_TEXT} characters"),
            ));
        }
    }
    if found.is_empty() { Ok(()) } else { Err(found) }
}

#[cfg(test)]
mod tests;
