//! The place in a call that a claim stands on. A claim without evidence is not made.

use super::call::{Call, Side, Transcript};
use super::text::TurnText;
use std::ops::Range;

/// Does the quote support the claim?
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Support {
    Stated,
    Implied,
    Contradicted,
    Unverified,
}

/// A place in a call with its words.
#[derive(Debug, Clone, PartialEq)]
pub struct Evidence {
    pub call: String,
    pub turn: u32,
    pub end_turn: u32,
    pub start_ms: u32,
    pub end_ms: u32,
    /// Verbatim; always a substring of the turn.
    pub quote: String,
    pub side: Side,
    pub speaker: String,
    pub speaker_confidence: f64,
    pub support: Support,
    /// What judged the support.
    pub method: &'static str,
    /// Calibrated probability; none for a rule.
    pub confidence: Option<f64>,
}

/// Longest quote before it is cut to the words around the find, bytes.
const MAX_QUOTE_BYTES: usize = 320;
/// Words kept before and after a find in a long sentence.
const CONTEXT_WORDS: (usize, usize) = (18, 30);

/// Builds evidence and refuses what doesn't stand in the transcript.
#[derive(Debug, Clone, Copy)]
pub struct Quoter<'a> {
    pub call: &'a Call,
    pub transcript: &'a Transcript,
    pub texts: &'a [TurnText],
}

impl Quoter<'_> {
    /// Evidence for the tokens of a turn: the sentences they stand in. None where the turn can't carry a claim.
    pub fn quote(&self, turn: u32, tokens: Range<usize>, method: &'static str) -> Option<Evidence> {
        let source = self.transcript.turns.get(turn as usize)?;
        let text = self.texts.get(turn as usize)?;
        let range = quoted_bytes(text, &source.text, tokens);
        let quote = source.text.get(range)?.trim();
        self.checked(turn, quote, method)
    }

    /// Evidence for a whole turn.
    pub fn turn(&self, turn: u32, method: &'static str) -> Option<Evidence> {
        let last = self.texts.get(turn as usize)?.tokens.len();
        self.quote(turn, 0..last, method)
    }

    /// Evidence for words of a turn, which must stand in it as they are.
    pub fn words(&self, turn: u32, quote: &str, method: &'static str) -> Option<Evidence> {
        self.checked(turn, quote, method)
    }

    fn checked(&self, turn: u32, quote: &str, method: &'static str) -> Option<Evidence> {
        let source = self.transcript.turns.get(turn as usize)?;
        if source.unintelligible || !is_grounded(self.transcript, turn, quote) {
            return None;
        }
        let speaker = self.call.participant(&source.participant).map(|p| p.name.clone()).unwrap_or_default();
        Some(Evidence {
            call: self.call.name.clone(),
            turn,
            end_turn: turn,
            start_ms: source.start_ms,
            end_ms: source.end_ms,
            quote: quote.to_owned(),
            side: source.side,
            speaker,
            speaker_confidence: source.speaker_confidence,
            support: Support::Stated,
            method,
            confidence: None,
        })
    }
}

/// Does the quote stand in the transcript at that turn?
pub fn is_grounded(transcript: &Transcript, turn: u32, quote: &str) -> bool {
    !quote.is_empty() && transcript.turns.get(turn as usize).is_some_and(|t| t.text.contains(quote))
}

fn quoted_bytes(text: &TurnText, source: &str, tokens: Range<usize>) -> Range<usize> {
    if source.len() <= MAX_QUOTE_BYTES / 2 || text.tokens.is_empty() {
        return 0..source.len();
    }
    let last = text.tokens.len() - 1;
    let (first, end) = (tokens.start.min(last), tokens.end.saturating_sub(1).clamp(tokens.start.min(last), last));
    let sentence_of = |token: usize| text.tokens.get(token).map_or(0, |t| t.sentence as usize);
    let from = text.sentences.get(sentence_of(first)).map_or(0, |s| s.bytes.start);
    let to = text.sentences.get(sentence_of(end)).map_or(source.len(), |s| s.bytes.end);
    if to.saturating_sub(from) <= MAX_QUOTE_BYTES {
        return from..to;
    }
    let left = text.tokens.get(first.saturating_sub(CONTEXT_WORDS.0)).map_or(from, |t| t.start.max(from));
    let right = text.tokens.get((end + CONTEXT_WORDS.1).min(last)).map_or(to, |t| t.end.min(to));
    left..right.max(left)
}
