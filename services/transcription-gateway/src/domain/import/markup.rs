//! The markup inside a caption: who speaks, when each word was said, and text without tags.

use super::cue::parse_time;
use crate::domain::transcript::Word;

/// Words of one voice within a cue.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Span {
    /// From a voice tag `<v Name>`.
    pub voice: Option<String>,
    pub text: String,
    /// The text in the pieces that time stamps inside the cue cut it into, each with the stamp before it.
    pub pieces: Vec<(Option<u64>, String)>,
}

impl Span {
    fn new(voice: Option<String>) -> Self {
        Self { voice, text: String::new(), pieces: vec![(None, String::new())] }
    }

    fn push(&mut self, text: &str) {
        if let Some((_, piece)) = self.pieces.last_mut() {
            piece.push_str(text);
        }
    }

    fn finish(&mut self) {
        self.text = plain(&self.pieces.iter().map(|(_, piece)| piece.as_str()).collect::<String>());
        self.pieces.iter_mut().for_each(|(_, piece)| *piece = plain(piece));
        self.pieces.retain(|(_, piece)| !piece.is_empty());
    }

    /// Words with their times, where each has a time stamp of its own; the first may begin with the cue. Empty where one
    /// stamp is for several words: when each of those was said is not known.
    pub fn words(&self, start_ms: u64, end_ms: u64) -> Vec<Word> {
        let single = self.pieces.iter().all(|(_, piece)| !piece.contains(' '));
        let stamped = self.pieces.iter().skip(1).all(|(stamp, _)| stamp.is_some());
        if !single || !stamped || self.pieces.iter().all(|(stamp, _)| stamp.is_none()) {
            return Vec::new();
        }
        let starts: Vec<u64> = self.pieces.iter().map(|(stamp, _)| stamp.unwrap_or(start_ms)).collect();
        let ends = starts.iter().skip(1).copied().chain([end_ms]);
        let in_order = starts.windows(2).all(|pair| pair[0] <= pair[1])
            && starts.iter().all(|start| (start_ms..=end_ms).contains(start));
        if !in_order {
            return Vec::new();
        }
        let word = |(((_, text), start_ms), end_ms): (((&Option<u64>, &String), &u64), u64)| Word {
            text: text.clone(),
            start_ms: *start_ms,
            end_ms,
            confidence: None,
        };
        self.pieces.iter().map(|(stamp, text)| (stamp, text)).zip(&starts).zip(ends).map(word).collect()
    }
}

/// Splits a cue's text at its voice tags, drops all other tags and decodes entities. Spans without words are left out.
pub(super) fn spans(text: &str) -> Vec<Span> {
    let mut spans = Vec::new();
    let mut open = Span::new(None);
    let mut rest = text;
    while let Some(start) = rest.find('<') {
        let (before, tag) = rest.split_at(start);
        open.push(before);
        let Some(end) = tag.find('>') else {
            // An angle bracket that is no tag: somebody wrote "<".
            rest = tag;
            break;
        };
        let name = tag.get(1..end).unwrap_or_default();
        if let Some(voice) = voice(name) {
            let next = Span::new(voice.filter(|name| !name.is_empty()));
            spans.push(std::mem::replace(&mut open, next));
        } else if let Ok(stamp) = parse_time(name) {
            open.pieces.push((Some(stamp), String::new()));
        }
        rest = tag.get(end + 1..).unwrap_or_default();
    }
    open.push(rest);
    spans.push(open);
    spans.iter_mut().for_each(Span::finish);
    spans.retain(|span| !span.text.is_empty());
    spans
}

/// `Some(Some(name))` for `v Name` or `v.loud Name`, `Some(None)` for `/v`, `None` for any other tag.
fn voice(tag: &str) -> Option<Option<String>> {
    if tag.trim() == "/v" {
        return Some(None);
    }
    let rest = tag.strip_prefix('v')?;
    if !rest.starts_with(['.', ' ', '\t', '\n']) {
        return None;
    }
    let name = rest.split_once([' ', '\t', '\n']).map_or("", |(_, name)| name);
    Some(Some(plain(name)))
}

/// Text without `{\an8}` position marks, entities decoded, white space as single spaces.
fn plain(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(start) = rest.find("{\\") {
        let (before, mark) = rest.split_at(start);
        out.push_str(before);
        match mark.find('}') {
            Some(end) => rest = mark.get(end + 1..).unwrap_or_default(),
            None => {
                rest = mark;
                break;
            }
        }
    }
    out.push_str(rest);
    decode(&out).split_whitespace().collect::<Vec<_>>().join(" ")
}

fn decode(text: &str) -> String {
    if !text.contains('&') {
        return text.to_owned();
    }
    let named = [
        ("&lt;", "<"),
        ("&gt;", ">"),
        ("&nbsp;", " "),
        ("&quot;", "\""),
        ("&#39;", "'"),
        ("&apos;", "'"),
        ("&lrm;", ""),
        ("&rlm;", ""),
    ];
    let decoded = named.iter().fold(text.to_owned(), |text, (name, plain)| text.replace(name, plain));
    // Last, so that `&amp;lt;` becomes `&lt;` and not `<`.
    decoded.replace("&amp;", "&")
}

/// `Name: words`, if what stands before the colon could be a name.
pub(super) fn name_prefix(text: &str) -> Option<(&str, &str)> {
    let (name, words) = text.split_once(':')?;
    let (name, words) = (name.trim_start_matches(['-', ' ', '>']).trim(), words.trim());
    let is_word = |word: &str| {
        let first = word.trim_start_matches('(').chars().next();
        first.is_some_and(|c| c.is_uppercase() || c.is_ascii_digit())
            || matches!(word, "de" | "da" | "del" | "der" | "den" | "van" | "von" | "bin" | "al" | "la" | "le")
    };
    let is_name = (1..=60).contains(&name.chars().count())
        && name.split_whitespace().count() <= 5
        && name.split_whitespace().all(is_word)
        && name.chars().all(|c| c.is_alphanumeric() || " .'’-()_&@".contains(c));
    (is_name && !words.is_empty()).then_some((name, words))
}
