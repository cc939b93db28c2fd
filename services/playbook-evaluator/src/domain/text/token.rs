//! Tokens: words with their place in the turn, contractions taken apart, fillers left out.

use super::stem::stem;
use super::tag::Tags;

/// A word of a turn.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Token {
    /// Byte offset in the turn's text.
    pub start: usize,
    pub end: usize,
    /// Lower case, as said.
    pub word: Box<str>,
    /// Without inflection.
    pub stem: Box<str>,
    /// Hashes of both, by which phrases are looked up.
    pub word_hash: u64,
    pub stem_hash: u64,
    pub tags: Tags,
    /// Index of its sentence.
    pub sentence: u32,
    /// A comma, dash or colon stands right before it.
    pub after_break: bool,
}

/// Sounds that are no words; phrases match across them as if they weren't there.
const FILLERS: &[&str] = &["uh", "um", "er", "erm", "em", "ah", "eh", "hm", "hmm", "mm", "mhm", "uhm"];

/// FNV-1a: short keys, no need to resist an attacker since a hit is always compared word by word.
pub fn hash(word: &str) -> u64 {
    word.bytes().fold(0xcbf2_9ce4_8422_2325, |h, b| (h ^ u64::from(b)).wrapping_mul(0x0100_0000_01b3))
}

/// Splits a text into tokens. Offsets are in bytes of `text` and always on character boundaries.
pub fn tokenise(text: &str) -> Vec<Token> {
    let mut tokens = Vec::with_capacity(text.len() / 5);
    let mut chars = text.char_indices().peekable();
    let mut after_break = false;
    while let Some((start, c)) = chars.next() {
        if !is_word(c) {
            after_break |= matches!(c, ',' | ':' | ';' | '—' | '–' | '(' | ')' | '"' | '“' | '”');
            continue;
        }
        let mut end = start + c.len_utf8();
        while let Some(&(i, next)) = chars.peek() {
            let joins = is_word(next) || (is_joiner(next) && follows_word(text, i, next));
            if !joins {
                break;
            }
            end = i + next.len_utf8();
            chars.next();
        }
        push_word(text, start..end, after_break, &mut tokens);
        after_break = false;
    }
    tokens
}

fn is_word(c: char) -> bool {
    c.is_alphanumeric() || matches!(c, '$' | '€' | '£' | '%')
}

/// Marks that stay inside a word: apostrophes, decimal points and thousands separators.
fn is_joiner(c: char) -> bool {
    matches!(c, '\'' | '’' | '.' | ',')
}

fn follows_word(text: &str, at: usize, joiner: char) -> bool {
    let next = text.get(at + joiner.len_utf8()..).and_then(|rest| rest.chars().next());
    let before = text.get(..at).and_then(|head| head.chars().next_back());
    match joiner {
        '\'' | '’' => next.is_some_and(char::is_alphanumeric) || before == Some('n'),
        _ => next.is_some_and(|c| c.is_ascii_digit()) && before.is_some_and(|c| c.is_ascii_digit()),
    }
}

fn push_word(text: &str, range: std::ops::Range<usize>, after_break: bool, tokens: &mut Vec<Token>) {
    let Some(raw) = text.get(range.clone()) else { return };
    let word = raw.to_lowercase().replace('’', "'");
    if FILLERS.contains(&word.as_str()) {
        return;
    }
    let capital = raw.chars().next().is_some_and(char::is_uppercase);
    let parts = take_apart(&word);
    // Byte offsets are only split where lower-casing kept the length; else the parts share the word's place.
    let splits = word.len() == raw.len() && parts.len() > 1;
    let mut at = range.start;
    for (i, part) in parts.iter().enumerate() {
        let end = if splits && i + 1 < parts.len() { (at + part.1).min(range.end) } else { range.end };
        let mut tags = Tags::default();
        if capital && i == 0 {
            tags.insert(Tags::CAPITAL);
        }
        let stem = stem(part.0);
        tokens.push(Token {
            start: at,
            end,
            word: part.0.into(),
            word_hash: hash(part.0),
            stem_hash: hash(&stem),
            stem,
            tags,
            sentence: 0,
            after_break: after_break && i == 0,
        });
        if splits {
            at = end;
        }
    }
}

/// The parts of a contraction with their length in bytes.
fn take_apart(word: &str) -> Vec<(&str, usize)> {
    if let Some(parts) = WHOLE.iter().find(|(whole, _)| *whole == word) {
        // Lengths don't matter for irregular ones: the first part takes the whole word's place.
        return parts.1.iter().enumerate().map(|(i, p)| (*p, if i == 0 { word.len() } else { 0 })).collect();
    }
    for (suffix, part) in
        [("n't", "not"), ("'ll", "will"), ("'re", "are"), ("'ve", "have"), ("'d", "would"), ("'m", "am"), ("'s", "'s")]
    {
        if let Some(head) = word.strip_suffix(suffix)
            && !head.is_empty()
        {
            let head =
                if suffix == "n't" { NEGATED_HEADS.iter().find(|h| h.0 == head).map_or(head, |h| h.1) } else { head };
            return vec![(head, word.len() - suffix.len()), (part, suffix.len())];
        }
    }
    if let Some(head) = word.strip_suffix("s'") {
        return vec![(head, word.len() - 2), ("'s", 2)];
    }
    vec![(word.trim_end_matches('\''), word.len())]
}

/// `wo` of `won't`, `ca` of `can't`.
const NEGATED_HEADS: &[(&str, &str)] = &[("wo", "will"), ("ca", "can"), ("sha", "shall"), ("ai", "is")];

/// Words that a recogniser or a writer leaves whole.
const WHOLE: &[(&str, &[&str])] = &[
    ("gonna", &["going", "to"]),
    ("wanna", &["want", "to"]),
    ("gotta", &["have", "to"]),
    ("lemme", &["let", "me"]),
    ("gimme", &["give", "me"]),
    ("dunno", &["do", "not", "know"]),
    ("cannot", &["can", "not"]),
    ("cant", &["can", "not"]),
    ("dont", &["do", "not"]),
    ("doesnt", &["does", "not"]),
    ("didnt", &["did", "not"]),
    ("isnt", &["is", "not"]),
    ("wasnt", &["was", "not"]),
    ("wont", &["will", "not"]),
    ("wouldnt", &["would", "not"]),
    ("couldnt", &["could", "not"]),
    ("havent", &["have", "not"]),
    ("whats", &["what", "'s"]),
    ("whos", &["who", "'s"]),
    ("thats", &["that", "'s"]),
    ("theres", &["there", "'s"]),
    ("im", &["i", "am"]),
    ("ive", &["i", "have"]),
    ("youre", &["you", "are"]),
    ("ill", &["i", "will"]),
    ("youll", &["you", "will"]),
    ("theyll", &["they", "will"]),
    ("itll", &["it", "will"]),
    ("thatll", &["that", "will"]),
    ("weve", &["we", "have"]),
    ("youve", &["you", "have"]),
    ("theyve", &["they", "have"]),
    ("hes", &["he", "'s"]),
    ("shes", &["she", "'s"]),
    ("youd", &["you", "would"]),
    ("theyd", &["they", "would"]),
    ("theyre", &["they", "are"]),
    ("y'all", &["you", "all"]),
    ("y'all's", &["you", "all", "'s"]),
    ("y'all'd", &["you", "all", "would"]),
    ("y'all're", &["you", "all", "are"]),
    ("'cause", &["because"]),
    ("o'clock", &["o'clock"]),
    ("let's", &["let", "us"]),
    ("lets", &["let", "us"]),
];
