//! How names sound: Double Metaphone codes, and how alike two names are by sound and spelling.

use rphonetic::DoubleMetaphone;

/// Longest code: longer names are told apart by their letters.
const MAX_CODE: usize = 16;
/// Codes of fewer sounds are compared whole only.
const SHORTEST_INEXACT: usize = 4;

/// The codes of a name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sound {
    primary: String,
    /// How others may say it; often the same.
    alternate: String,
}

impl Sound {
    /// The codes of folded letters. A name without Latin letters has none.
    pub fn of(letters: &str) -> Self {
        let latin: String = letters.chars().filter(char::is_ascii_lowercase).collect();
        if latin.is_empty() || latin.len() < letters.chars().filter(|c| c.is_alphabetic()).count() {
            return Self { primary: String::new(), alternate: String::new() };
        }
        let codes = DoubleMetaphone::new(Some(MAX_CODE)).double_metaphone(&latin);
        Self { primary: codes.primary(), alternate: codes.alternate() }
    }

    /// The codes under which a name is looked up: whole, and each with one sound left out.
    pub fn codes(&self) -> Vec<String> {
        let mut codes = Vec::new();
        for code in [&self.primary, &self.alternate] {
            if code.is_empty() || codes.contains(code) {
                continue;
            }
            codes.push(code.clone());
            if code.len() >= SHORTEST_INEXACT && code.is_ascii() {
                codes.extend((1..code.len()).map(|out| format!("{}{}", &code[..out], &code[out + 1..])));
            }
        }
        codes.sort();
        codes.dedup();
        codes
    }

    /// How alike two names sound, 0 to 1.
    fn likeness(&self, other: &Self) -> f64 {
        let own = [&self.primary, &self.alternate];
        let theirs = [&other.primary, &other.alternate];
        let pairs = own.iter().flat_map(|a| theirs.iter().map(move |b| (a, b)));
        let heard = pairs.filter(|(a, b)| !a.is_empty() && !b.is_empty());
        heard.map(|(a, b)| strsim::normalized_damerau_levenshtein(a, b)).fold(0.0, f64::max)
    }
}

/// How alike two names are, 0 to 1: half by their sounds, half by their letters, less where they begin differently.
pub fn likeness((letters, sound): (&str, &Sound), (other_letters, other): (&str, &Sound)) -> f64 {
    let sounds = sound.likeness(other);
    let spelling = strsim::normalized_damerau_levenshtein(letters, other_letters);
    let first = |code: &Sound| code.primary.bytes().next();
    let begins = if first(sound) == first(other) { 0.0 } else { 0.15 };
    // Sounds that differ must be made up for by letters that do not.
    let heard_else = if sounds < 1.0 { 0.08 } else { 0.0 };
    0.5 * sounds + 0.5 * spelling - begins - heard_else
}
