//! The words of a text as they are searched for: found by the rules of Unicode, without case and accents, and reduced to
//! their stem. The one definition for both databases, for queries and for what is stored: a change of it is a new
//! [`VERSION`], which has every call indexed anew.

use std::borrow::Cow;
use std::collections::HashMap;
use std::ops::Range;

use snowball_stemmers_rs::{Algorithm, Stemmer};
use unicode_normalization::UnicodeNormalization as _;
use unicode_normalization::char::is_combining_mark;
use unicode_segmentation::UnicodeSegmentation as _;

/// Counts changes of what this module makes of a text.
pub const VERSION: i32 = 1;

/// Longest word, characters; the rest of it is not looked at.
const MAX_CHARS: usize = 40;
/// How often a turn's word is counted: PostgreSQL keeps 255 positions of a lexeme. What comes after is not found.
const MAX_OCCURRENCES: u16 = 200;
/// Where ASCII punctuation goes, so that no database takes it for its own syntax or for the end of a word.
const PUNCTUATION: u32 = 0xE000;

/// A word of a text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Word {
    /// Bytes of the text.
    pub span: Range<usize>,
    /// The very form, folded. `None` where the turn had it too often before.
    pub form: Option<String>,
    /// The stem of the form. `None` where the turn had it too often before.
    pub stem: Option<String>,
}

/// The words of a turn, in order.
pub fn words(text: &str) -> Vec<Word> {
    let stemmer = Stemmer::create(Algorithm::English);
    let (mut forms, mut stems) = (HashMap::new(), HashMap::new());
    let found = pieces(text).filter_map(|(at, piece)| {
        let form = fold(piece);
        let stem = stem(&stemmer, &form);
        (!form.is_empty()).then(|| (at..at + piece.len(), encode(&form), encode(&stem)))
    });
    let limited = |(span, form, stem)| Word { span, form: counted(&mut forms, form), stem: counted(&mut stems, stem) };
    found.map(limited).collect()
}

/// Form and stem of each word of a short text.
pub fn terms(text: &str) -> Vec<(String, String)> {
    words(text).into_iter().filter_map(|word| Some((word.form?, word.stem?))).collect()
}

/// A name, for comparing: words and what stands between them, without case, accents and doubled blanks.
pub fn name_key(name: &str) -> String {
    let words: Vec<String> = name.split_whitespace().map(fold_all).filter(|word| !word.is_empty()).collect();
    words.join(" ")
}

fn counted(seen: &mut HashMap<String, u16>, token: String) -> Option<String> {
    let count = seen.entry(token.clone()).or_default();
    *count = count.saturating_add(1);
    (*count <= MAX_OCCURRENCES).then_some(token)
}

/// Words by Unicode's rules (UAX 29), cut once more at punctuation that is not in a number or an apostrophe: captions
/// write `done.Next`, and `node.js` should be found by `node`.
fn pieces(text: &str) -> impl Iterator<Item = (usize, &str)> {
    text.unicode_word_indices().flat_map(|(at, word)| {
        let mut cut = Vec::new();
        let mut begin = 0;
        for (index, c) in word.char_indices() {
            if is_joint(c) && !between_digits(word, index, c) {
                cut.push((at + begin, &word[begin..index]));
                begin = index + c.len_utf8();
            }
        }
        cut.push((at + begin, &word[begin..]));
        cut.into_iter().filter(|(_, piece)| !piece.is_empty())
    })
}

fn is_joint(c: char) -> bool {
    !c.is_alphanumeric() && !matches!(c, '\'' | '’') && !is_combining_mark(c)
}

fn between_digits(word: &str, index: usize, c: char) -> bool {
    let before = word[..index].chars().next_back();
    let after = word[index + c.len_utf8()..].chars().next();
    before.is_some_and(char::is_numeric) && after.is_some_and(char::is_numeric)
}

fn fold(piece: &str) -> String {
    let kept = |c: &char| c.is_alphanumeric() || c.is_ascii_punctuation();
    folded(piece).filter(kept).take(MAX_CHARS).collect()
}

fn fold_all(piece: &str) -> String {
    folded(piece).filter(|c| !c.is_control() && !c.is_whitespace()).collect()
}

/// Compatibility forms apart, lower case, accents off.
fn folded(piece: &str) -> impl Iterator<Item = char> {
    piece.nfkd().filter(|c| !is_combining_mark(*c)).flat_map(char::to_lowercase).flat_map(plain)
}

/// Letters that carry no accent of their own and are written plain all the same.
fn plain(c: char) -> impl Iterator<Item = char> {
    let (first, second) = match c {
        '’' => ('\'', None),
        'ß' => ('s', Some('s')),
        'æ' => ('a', Some('e')),
        'œ' => ('o', Some('e')),
        'ø' => ('o', None),
        'ł' => ('l', None),
        'đ' => ('d', None),
        'ı' => ('i', None),
        c => (c, None),
    };
    std::iter::once(first).chain(second)
}

/// The English stem of what may be English; other words are their own stem. Calls in other languages are found by form.
fn stem<'a>(stemmer: &Stemmer, form: &'a str) -> Cow<'a, str> {
    if form.bytes().all(|b| b.is_ascii_lowercase() || b == b'\'') { stemmer.stem(form) } else { form.into() }
}

fn encode(token: &str) -> String {
    let apart = |c: char| match c.is_ascii_punctuation() {
        true => char::from_u32(PUNCTUATION + u32::from(c)).unwrap_or(c),
        false => c,
    };
    token.chars().map(apart).collect()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn stems(text: &str) -> Vec<String> {
        terms(text).into_iter().map(|(_, stem)| stem).collect()
    }

    #[test]
    fn case_accents_and_inflection_make_no_difference() {
        assert_eq!(stems("Reviewing the RÉSUMÉS"), stems("review THE resume"));
        assert_eq!(stems("Straße Łódź ﬁne"), stems("strasse lodz fine"));
        assert_eq!(stems("it’s"), stems("it's"));
    }

    #[test]
    fn numbers_hold_together_and_other_punctuation_does_not() {
        let forms = |text: &str| words(text).len();
        assert_eq!(forms("3.5 million, 200,000 and 10:30"), 6);
        assert_eq!(forms("done.Next node.js e-mail a_b"), 8);
        assert_eq!(stems("done.Next"), stems("done next"));
    }

    #[test]
    fn spans_lead_to_the_words_in_the_text() {
        let text = "Señor “Müller”: 5,5 %";
        let found: Vec<&str> = words(text).into_iter().map(|word| &text[word.span]).collect();
        assert_eq!(found, ["Señor", "Müller", "5,5"]);
    }

    #[test]
    fn what_is_said_without_end_is_counted_to_a_limit() {
        let found = words(&"no ".repeat(300));
        assert_eq!(found.len(), 300);
        assert_eq!(found.iter().filter(|word| word.form.is_some()).count(), 200);
    }

    proptest! {
        #[test]
        fn any_text_has_words_that_no_database_trips_over(text in any::<String>()) {
            for word in words(&text) {
                prop_assert!(text.is_char_boundary(word.span.start) && text.is_char_boundary(word.span.end));
                for token in [word.form, word.stem].into_iter().flatten() {
                    prop_assert!(!token.is_empty() && token.chars().count() <= MAX_CHARS);
                    prop_assert!(!token.chars().any(|c| c.is_ascii_punctuation() || c.is_whitespace() || c.is_control()));
                    prop_assert!(!token.chars().any(|c| c.is_ascii_uppercase()));
                }
            }
        }

        #[test]
        fn folding_twice_is_folding_once(text in "\\PC{0,30}") {
            let once = name_key(&text);
            prop_assert_eq!(name_key(&once), once);
        }
    }
}
