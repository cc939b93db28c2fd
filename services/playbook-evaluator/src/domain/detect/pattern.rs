//! Regular expressions, bounded: the engine is linear in the text, and a pattern that would compile into something
//! large is refused when it is linted, as is a document whose patterns are large together.
//!
//! The engine below the `regex` crate is used, since it tells how large a pattern became.

use super::scan::RawHit;
use crate::domain::text::token::Token;
use regex_automata::meta::{BuildError, Config, Regex};
use regex_automata::util::syntax;

/// Largest automaton of one pattern, bytes: `\w` alone takes some 20,000, since it knows every alphabet.
const AUTOMATON_LIMIT: usize = 512 << 10;
/// Memory of a search, bytes for a pattern.
const CACHE_LIMIT: usize = 256 << 10;
/// Longest pattern, bytes. A property of Unicode takes a millisecond for each time it is named.
const MAX_BYTES: usize = 1_000;
/// Deepest nesting of groups and repetitions.
const MAX_NESTING: u32 = 40;
const MAX_HITS_PER_TURN: usize = 8;

/// What the patterns of a document may take together.
const MAX_DOCUMENT_BYTES: usize = 16_000;
const MAX_DOCUMENT_AUTOMATA: usize = 4 << 20;

/// A compiled pattern.
#[derive(Debug)]
pub struct Pattern(Regex);

/// Compiles the patterns of one document as long as they are not too large together.
#[derive(Debug, Default)]
pub struct PatternBudget {
    bytes: usize,
    automata: usize,
}

impl PatternBudget {
    /// The error says what is wrong with the pattern, in words that follow it.
    pub fn compile(&mut self, text: &str) -> Result<Pattern, String> {
        self.bytes = self.bytes.saturating_add(text.len());
        if self.bytes > MAX_DOCUMENT_BYTES {
            return Err(format!(
                "is too much: the patterns of a playbook may have {MAX_DOCUMENT_BYTES} bytes together"
            ));
        }
        // What is over the budget is not compiled at all: refusing takes no longer than accepting.
        if self.automata > MAX_DOCUMENT_AUTOMATA {
            return Err(self.too_large());
        }
        let pattern = Pattern::compile(text)?;
        self.automata = self.automata.saturating_add(pattern.0.memory_usage());
        if self.automata > MAX_DOCUMENT_AUTOMATA { Err(self.too_large()) } else { Ok(pattern) }
    }

    fn too_large(&self) -> String {
        format!(
            "is too much: the patterns of a playbook may compile to {MAX_DOCUMENT_AUTOMATA} bytes together; make \
             repetitions smaller"
        )
    }
}

impl Pattern {
    fn compile(text: &str) -> Result<Self, String> {
        if text.len() > MAX_BYTES {
            return Err(format!("has {} bytes, at most {MAX_BYTES} are allowed", text.len()));
        }
        let limits = Config::new()
            .nfa_size_limit(Some(AUTOMATON_LIMIT))
            .onepass_size_limit(Some(CACHE_LIMIT))
            .hybrid_cache_capacity(CACHE_LIMIT);
        let syntax = syntax::Config::new().case_insensitive(true).nest_limit(MAX_NESTING);
        let built = Regex::builder().configure(limits).syntax(syntax).build(text);
        let regex = built.map_err(|error| explain(&error))?;
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
            // A pattern spells out what stands between its words.
            found.push(RawHit { turn, tokens: start..end, negates: true });
        }
    }
}

fn explain(error: &BuildError) -> String {
    if let Some(limit) = error.size_limit() {
        return format!("compiles to more than {limit} bytes; make its repetitions smaller");
    }
    // The syntax error draws the pattern with a mark under it; its last line says what is wrong.
    let drawn = error.syntax_error().map(ToString::to_string).unwrap_or_default();
    drawn.lines().rfind(|l| !l.trim().is_empty()).unwrap_or("is no regular expression").trim().to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;
    use rstest::rstest;

    #[rstest]
    #[case("pen[- ]?test(ing)?")]
    #[case(r"\b(soc|iso)\s*\d+\b")]
    #[case(r"\w+\s+\w+\s+budget")]
    #[case(r"[$€£]\s?\d+(\.\d+)?\s?(k|m|million|thousand)?")]
    fn what_people_write_compiles(#[case] pattern: &str) {
        assert!(PatternBudget::default().compile(pattern).is_ok(), "{pattern}");
    }

    #[rstest]
    #[case("(a{1000}){1000}".to_owned(), "repetitions smaller")]
    #[case("((((a{10}){10}){10}){10}){10}".to_owned(), "repetitions smaller")]
    #[case(r"(?:\w+\s+){0,50}budget(?:\s+\w+){0,50}".to_owned(), "repetitions smaller")]
    #[case(r"\pL".repeat(330), "repetitions smaller")]
    #[case("a".repeat(1_001), "1001 bytes")]
    #[case("(".repeat(400) + &")".repeat(400), "nest")]
    #[case("(a".to_owned(), "unclosed group")]
    #[case("(a|b*)*".to_owned(), "empty text")]
    #[case(r"(\w+)\1".to_owned(), "backreferences")]
    fn a_hostile_one_is_refused(#[case] pattern: String, #[case] why: &str) {
        let fault = PatternBudget::default().compile(&pattern).map(drop).unwrap_err();
        assert!(fault.contains(why), "{fault}");
    }

    #[test]
    fn many_small_ones_share_a_budget() {
        let mut budget = PatternBudget::default();
        let compiled = (0..400).take_while(|n| budget.compile(&format!(r"\w+ a{n}")).is_ok()).count();
        assert!((20..200).contains(&compiled), "{compiled}");
        assert!(budget.compile("a").map(drop).unwrap_err().contains("together"));
        let mut budget = PatternBudget::default();
        let compiled = (0..400).take_while(|n| budget.compile(&format!("{}{n}", "abc".repeat(200))).is_ok()).count();
        assert_eq!(compiled, 26);
    }
}
