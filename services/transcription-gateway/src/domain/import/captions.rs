//! From captions to turns: who speaks in each cue.

use super::cue::{self, Dialect};
use super::markup::{Span, name_prefix, spans};
use crate::domain::Violation;
use crate::domain::roster::{Roster, speaker};
use crate::domain::transcript::{Annotations, Speaker, Turn, confidence};
use crate::domain::turns;

/// A file in which this share of the cues begins with a name names its speakers that way.
const PREFIX_STYLE: f64 = 0.6;

/// Reads a caption file; names that are nobody's are added to `roster`.
pub(super) fn read(text: &str, dialect: Dialect, roster: &mut Roster) -> Result<Vec<Turn>, Vec<Violation>> {
    Ok(turns::merge(pieces(text, dialect, roster)?))
}

/// The cues as turns, not joined yet.
pub(super) fn pieces(text: &str, dialect: Dialect, roster: &mut Roster) -> Result<Vec<Turn>, Vec<Violation>> {
    let cues = cue::parse(text, dialect)?;
    let parts: Vec<(u64, u64, Span)> = cues
        .into_iter()
        .flat_map(|cue| spans(&cue.text).into_iter().map(move |span| (cue.start_ms, cue.end_ms, span)))
        .collect();
    let unvoiced = parts.iter().filter(|(_, _, span)| span.voice.is_none());
    let (total, prefixed) = unvoiced.fold((0_u32, 0_u32), |(total, prefixed), (_, _, span)| {
        (total + 1, prefixed + u32::from(name_prefix(&span.text).is_some()))
    });
    let prefix_style = total > 0 && f64::from(prefixed) >= PREFIX_STYLE * f64::from(total);
    let pieces = parts.into_iter().map(|(start_ms, end_ms, span)| {
        let words = span.words(start_ms, end_ms);
        let whole = span.text.clone();
        let (speaker, text) = attribute(span, prefix_style, roster);
        // Times of a name that stands before the words are of no use.
        let words = if text == whole { words } else { Vec::new() };
        let annotations = Annotations { words, ..Annotations::default() };
        Turn { speaker, start_ms, end_ms, text, annotations, ..Turn::default() }
    });
    Ok(pieces.collect())
}

/// The speaker of a span and its words. Where nothing tells, the speaker is unknown: the one before is not assumed.
fn attribute(span: Span, prefix_style: bool, roster: &mut Roster) -> (Speaker, String) {
    if let Some(voice) = &span.voice {
        let who = roster.by_name_or_added(voice).map(|p| speaker(&p, confidence::PLATFORM)).unwrap_or_default();
        return (who, span.text);
    }
    let Some((name, words)) = name_prefix(&span.text) else { return (Speaker::default(), span.text) };
    let found = match roster.by_name(name) {
        Some(known) => Some(known.clone()),
        // "Note: ..." in a file of another style is no speaker.
        None if prefix_style => roster.by_name_or_added(name),
        None => None,
    };
    match found {
        Some(participant) => (speaker(&participant, confidence::PREFIX), words.to_owned()),
        None => (Speaker::default(), span.text),
    }
}
