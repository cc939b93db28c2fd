//! Replaces ranges of a text and tells where everything else has gone.

use std::ops::Range;

/// A range of a text and what is to stand in its place.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Edit {
    /// Bytes of the text before.
    pub span: Range<usize>,
    pub replacement: String,
}

/// A text after edits.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Edited {
    pub text: String,
    /// Where each replacement stands, in the order of the edits.
    pub places: Vec<Range<usize>>,
    edits: Vec<Edit>,
}

impl Edited {
    /// Carries out edits that are in order and do not overlap; one that does, or that cuts a character, is left out (and
    /// has an empty place).
    #[must_use]
    pub fn new(text: &str, edits: Vec<Edit>) -> Self {
        let mut edited = String::with_capacity(text.len());
        let (mut places, mut done) = (Vec::with_capacity(edits.len()), Vec::with_capacity(edits.len()));
        let mut at = 0;
        for edit in edits {
            let Edit { span, replacement } = &edit;
            let fits = span.start >= at && span.start <= span.end;
            let (Some(kept), Some(_), true) = (text.get(at..span.start), text.get(span.clone()), fits) else {
                places.push(edited.len()..edited.len());
                continue;
            };
            edited.push_str(kept);
            places.push(edited.len()..edited.len() + replacement.len());
            edited.push_str(replacement);
            at = span.end;
            done.push(edit);
        }
        edited.push_str(text.get(at..).unwrap_or_default());
        Self { text: edited, places, edits: done }
    }

    /// Where a range of the text before stands now. `None` if an edit touched it.
    #[must_use]
    pub fn moved(&self, span: &Range<usize>) -> Option<Range<usize>> {
        let (mut grown, mut shrunk) = (0, 0);
        for edit in &self.edits {
            if edit.span.end <= span.start {
                grown += edit.replacement.len();
                shrunk += edit.span.len();
            } else if edit.span.start < span.end {
                return None;
            }
        }
        Some(span.start + grown - shrunk..span.end + grown - shrunk)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn edit(span: Range<usize>, replacement: &str) -> Edit {
        Edit { span, replacement: replacement.to_owned() }
    }

    #[test]
    fn what_was_not_touched_is_found_where_it_went() {
        let edited = Edited::new("one two three four", vec![edit(0..3, "1"), edit(8..13, "[three]")]);
        assert_eq!(edited.text, "1 two [three] four");
        assert_eq!(edited.places, [0..1, 6..13]);
        let two = edited.moved(&(4..7)).unwrap();
        assert_eq!(&edited.text[two], "two");
        assert_eq!(edited.moved(&(12..15)), None);
    }

    #[test]
    fn an_edit_that_overlaps_or_cuts_a_character_is_left_out() {
        let edited = Edited::new("né two", vec![edit(0..2, "x"), edit(0..3, "y"), edit(1..5, "z")]);
        assert_eq!(edited.text, "y two");
    }

    proptest::proptest! {
        #[test]
        fn untouched_words_keep_their_text(
            words in proptest::collection::vec("[a-zé]{1,6}", 1..12),
            chosen in proptest::collection::vec(proptest::bool::ANY, 12),
            replacement in "[A-Z]{0,5}"
        ) {
            let text = words.join(" ");
            let mut at = 0;
            let mut spans = Vec::new();
            for word in &words {
                spans.push(at..at + word.len());
                at += word.len() + 1;
            }
            let picked = spans.iter().zip(&chosen).filter(|(_, chosen)| **chosen);
            let edited = Edited::new(&text, picked.map(|(span, _)| edit(span.clone(), &replacement)).collect());
            for ((span, word), chosen) in spans.iter().zip(&words).zip(&chosen) {
                let now = edited.moved(span).map(|span| edited.text[span].to_owned());
                proptest::prop_assert_eq!(now, (!chosen).then(|| word.clone()));
            }
        }
    }
}
