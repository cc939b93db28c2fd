//! Cuts a text into words and says what stands between them.

use std::ops::Range;

use unicode_normalization::UnicodeNormalization as _;
use unicode_normalization::char::is_combining_mark;

/// What stands between a word and the one before it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Gap {
    /// It is the first.
    None,
    /// Spaces only.
    Space,
    /// A hyphen or dash without spaces: `twenty-five`.
    Hyphen,
    /// Another mark without spaces: `4111.1111`, `3.5`, `05/26`.
    Mark,
    /// A comma, with or without spaces.
    Comma,
    /// The end of a sentence or clause, or anything else.
    Stop,
}

/// A word: letters and digits, with apostrophes inside.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Token {
    /// Bytes of the text.
    pub span: Range<usize>,
    /// Lower case, without accents, with straight apostrophes.
    pub folded: String,
    pub gap: Gap,
    /// What a redaction left behind: `[CARD]`. Its `folded` is empty.
    pub is_mark: bool,
}

impl Token {
    /// The word as it stands in its text.
    pub fn raw<'a>(&self, text: &'a str) -> &'a str {
        text.get(self.span.clone()).unwrap_or_default()
    }

    /// Whether it has nothing but decimal digits.
    pub fn is_numeric(&self) -> bool {
        !self.folded.is_empty() && self.folded.bytes().all(|byte| byte.is_ascii_digit())
    }
}

/// The words of a text.
pub fn tokens(text: &str) -> Vec<Token> {
    let mut found: Vec<Token> = Vec::new();
    let mut rest = text.char_indices().peekable();
    let mut end = 0;
    while let Some((start, c)) = rest.next() {
        let mark = (c == '[').then(|| redaction_mark(&text[start..])).flatten();
        if mark.is_none() && !is_word(c) {
            continue;
        }
        let mut stop = start + mark.unwrap_or(c.len_utf8());
        while let Some((at, next)) = rest.peek().copied() {
            let inside = mark.is_some() && at < stop;
            let after = || text[at + next.len_utf8()..].chars().next().is_some_and(is_word);
            let grows = mark.is_none() && (is_word(next) || (is_apostrophe(next) && after()));
            if !inside && !grows {
                break;
            }
            stop = stop.max(at + next.len_utf8());
            rest.next();
        }
        let gap = if found.is_empty() { Gap::None } else { gap(&text[end..start]) };
        let folded = if mark.is_some() { String::new() } else { fold(&text[start..stop]) };
        found.push(Token { span: start..stop, folded, gap, is_mark: mark.is_some() });
        end = stop;
    }
    found
}

/// Lower case, without accents, with straight apostrophes.
pub fn fold(text: &str) -> String {
    if text.is_ascii() {
        return text.to_ascii_lowercase();
    }
    let plain = text.nfkd().filter(|c| !is_combining_mark(*c)).map(|c| if is_apostrophe(c) { '\'' } else { c });
    plain.collect::<String>().to_lowercase()
}

/// Length of `[CARD]` and the like at the start of a text.
fn redaction_mark(text: &str) -> Option<usize> {
    let inner = text.strip_prefix('[')?;
    let end = inner.find(']')?;
    let name = &inner[..end];
    let is_mark = (3..=20).contains(&name.len()) && name.bytes().all(|b| b.is_ascii_uppercase() || b == b'_');
    is_mark.then_some(end + 2)
}

fn is_word(c: char) -> bool {
    c.is_alphanumeric() || is_combining_mark(c)
}

fn is_apostrophe(c: char) -> bool {
    matches!(c, '\'' | '’' | 'ʼ')
}

fn gap(between: &str) -> Gap {
    if between.chars().all(char::is_whitespace) {
        return Gap::Space;
    }
    match between.trim() {
        "-" | "‐" | "‑" | "–" if !between.contains(char::is_whitespace) => Gap::Hyphen,
        "," => Gap::Comma,
        "." | "/" | "_" | "+" | "'" | "’" | ":" | "—" if !between.contains(char::is_whitespace) => Gap::Mark,
        _ => Gap::Stop,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn words(text: &str) -> Vec<(String, Gap)> {
        tokens(text).into_iter().map(|token| (token.folded, token.gap)).collect()
    }

    #[test]
    fn words_come_with_what_is_between_them() {
        let expected = [
            ("it's", Gap::None),
            ("twenty", Gap::Space),
            ("five", Gap::Hyphen),
            ("3", Gap::Comma),
            ("5", Gap::Mark),
            ("no", Gap::Stop),
        ];
        let found = words("It’s twenty-five, 3.5. No!");
        assert_eq!(found, expected.map(|(word, gap)| (word.to_owned(), gap)));
    }

    #[test]
    fn marks_of_redaction_are_words_of_their_own_and_other_brackets_are_not() {
        let found = tokens("my card is [CARD], [sic] é");
        let marks: Vec<bool> = found.iter().map(|token| token.is_mark).collect();
        assert_eq!(marks, [false, false, false, true, false, false]);
        assert_eq!(found[3].span, 11..17);
        assert_eq!(found[5].folded, "e");
    }

    proptest::proptest! {
        #[test]
        fn tokens_are_in_order_and_never_cut_a_character(text in "\\PC{0,60}") {
            let mut end = 0;
            for token in tokens(&text) {
                proptest::prop_assert!(token.span.start >= end && token.span.end > token.span.start);
                proptest::prop_assert!(text.get(token.span.clone()).is_some());
                end = token.span.end;
            }
        }
    }
}
