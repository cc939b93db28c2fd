//! Regular expressions, bounded: the engine is linear in the text, and a pattern that would compile into something
//! large is refused when it is linted.

use super::scan::RawHit;
use crate::domain::text::token::Token;
use regex::{Regex, RegexBuilder};

/// Largest compiled size and lazy automaton, bytes.
const SIZE_LIMIT: usize = 1 << 20;
/// Longest pattern, bytes.
const MAX_BYTES: usize = 2_000;
const MAX_HITS_PER_TURN: usize = 8;

/// A compiled pattern.
#[derive(Debug)]
pub struct Pattern(Regex);

impl Pattern {
    pub fn compile(text: &str) -> Result<Self, String> {
        if text.len() > MAX_BYTES {
            return Err(format!("has {} bytes, at most {MAX_BYTES} are allowed", text.len()));
        }
        let built =
            RegexBuilder::new(text).case_insensitive(true).size_limit(SIZE_LIMIT).dfa_size_limit(SIZE_LIMIT).build();
        let regex = built.map_err(|error| match error {
            regex::Error::CompiledTooBig(limit) => {
                format!("compiles to more than {limit} bytes; make its repetitions smaller")
            }
            other => other
                .to_string()
                .lines()
                .rfind(|l| !l.trim().is_empty())
                .unwrap_or("is no regular expression")
                .trim()
                .to_owned(),
        })?;
        if regex.is_match("") {
            return Err("matches the empty text, so it would be found everywhere".to_owned());
        }
        Ok(Self(regex))
    }

    /// Finds the pattern in one turn.
    pub fn scan(&self, turn: u32, text: &str, tokens: &[Token], found: &mut Vec<RawHit>) {
        for hit in self.0.find_iter(text).take(MAX_HITS_PER_TURN) {
            let start = tokens.partition_point(|t| t.end <= hit.start());
            let end = tokens.partition_point(|t| t.start < hit.end()).max(start);
            found.push(RawHit { turn, tokens: start..end });
        }
    }
}
