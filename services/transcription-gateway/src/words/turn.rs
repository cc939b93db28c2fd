//! Redaction and names in one turn: its text, its words with times, its annotations.

use std::ops::Range;

use throughline_words::{Edit, Edited, Found, Vocabulary};

use super::{aligned, redaction_kind};
use crate::domain::transcript::{Correction, Redaction, Turn, Word};

/// Sound around a word that may still be heard of it, milliseconds.
const MARGIN_MS: u64 = 120;

/// Takes out what was found. `muted` says that there is a recording, in which it is to be silent as well.
pub fn redact(turn: &mut Turn, found: &[Found], muted: bool) {
    let places = aligned::places(&turn.text, &turn.annotations.words);
    let stretches: Vec<Range<u64>> =
        found.iter().map(|found| if muted { stretch(turn, places.as_deref(), &found.span) } else { 0..0 }).collect();
    let edits = found.iter().map(|found| Edit { span: found.span.clone(), replacement: found.kind.mark().to_owned() });
    let edited = Edited::new(&turn.text, edits.collect());
    match places {
        Some(places) => redact_words(&mut turn.annotations.words, &places, found),
        // Which words say it can't be told: none of them is kept.
        None => turn.annotations.words.clear(),
    }
    let annotations = &mut turn.annotations;
    annotations.text_with_digits.clear();
    annotations.corrections.retain_mut(|correction| match edited.moved(&correction.span) {
        Some(moved) => {
            correction.span = moved;
            true
        }
        None => false,
    });
    let kept = annotations.redactions.drain(..).filter_map(|redaction| {
        let span = edited.moved(&redaction.span)?;
        Some(Redaction { span, ..redaction })
    });
    let mut redactions: Vec<Redaction> = kept.collect();
    for ((found, place), muted_ms) in found.iter().zip(&edited.places).zip(stretches) {
        redactions.push(Redaction { span: place.clone(), kind: redaction_kind(found.kind), muted_ms });
    }
    redactions.sort_by_key(|redaction| redaction.span.start);
    annotations.redactions = redactions;
    for heard in &mut turn.heard {
        heard.bytes = around(&edited, &heard.bytes, turn.text.len());
    }
    turn.text = edited.text;
}

/// Where a stretch of text has gone, grown over what was replaced at its ends.
fn around(edited: &Edited, bytes: &Range<usize>, length: usize) -> Range<usize> {
    let point = |at: usize| edited.moved(&(at..at)).map(|moved| moved.start);
    let start = (0..=bytes.start).rev().find_map(point).unwrap_or(0);
    let end = (bytes.end..=length).find_map(point).unwrap_or(edited.text.len());
    start..end.max(start)
}

/// When a range of the text was said: its words' times, or all of the segments that hold it, or the whole turn. Never a
/// guess by the share of letters.
fn stretch(turn: &Turn, places: Option<&[Range<usize>]>, span: &Range<usize>) -> Range<u64> {
    let overlaps = |bytes: &Range<usize>| bytes.start < span.end && span.start < bytes.end;
    let said: Vec<&Word> = match places {
        Some(places) => turn
            .annotations
            .words
            .iter()
            .zip(places)
            .filter(|(_, place)| overlaps(place))
            .map(|(word, _)| word)
            .collect(),
        None => Vec::new(),
    };
    if let (Some(first), Some(last)) = (said.first(), said.last()) {
        return first.start_ms.saturating_sub(MARGIN_MS)..last.end_ms + MARGIN_MS;
    }
    let segments: Vec<_> = turn.heard.iter().filter(|heard| overlaps(&heard.bytes)).collect();
    match (segments.first(), segments.last()) {
        (Some(first), Some(last)) => first.ms.start..last.ms.end,
        _ => turn.start_ms..turn.end_ms,
    }
}

/// The words of each thing that was found become one, its mark, with their time.
fn redact_words(words: &mut Vec<Word>, places: &[Range<usize>], found: &[Found]) {
    let mut kept: Vec<Word> = Vec::with_capacity(words.len());
    let mut open: Option<usize> = None;
    for (word, place) in words.drain(..).zip(places) {
        let hit = found.iter().position(|found| found.span.start < place.end && place.start < found.span.end);
        match (hit, kept.last_mut()) {
            (Some(index), Some(last)) if open == Some(index) => last.end_ms = word.end_ms,
            (Some(index), _) => {
                let mark = found.get(index).map_or("", |found| found.kind.mark());
                kept.push(Word {
                    text: mark.to_owned(),
                    start_ms: word.start_ms,
                    end_ms: word.end_ms,
                    confidence: None,
                });
            }
            (None, _) => kept.push(word),
        }
        open = hit;
    }
    *words = kept;
}

/// Puts names right and keeps what the engine wrote. The words with times stay as it wrote them.
pub fn correct(turn: &mut Turn, vocabulary: &Vocabulary) {
    let replacements = vocabulary.corrections(&turn.text);
    if replacements.is_empty() {
        return;
    }
    let originals: Vec<String> =
        replacements.iter().map(|found| turn.text.get(found.span.clone()).unwrap_or_default().to_owned()).collect();
    let edits = replacements.into_iter().map(|found| Edit { span: found.span, replacement: found.text });
    let edited = Edited::new(&turn.text, edits.collect());
    for redaction in &mut turn.annotations.redactions {
        // Marks are no names: none of them is touched.
        redaction.span = edited.moved(&redaction.span).unwrap_or(redaction.span.clone());
    }
    for heard in &mut turn.heard {
        heard.bytes = around(&edited, &heard.bytes, turn.text.len());
    }
    turn.annotations.corrections = edited
        .places
        .iter()
        .zip(originals)
        .map(|(span, original)| Correction { span: span.clone(), original })
        .collect();
    turn.text = edited.text;
}
