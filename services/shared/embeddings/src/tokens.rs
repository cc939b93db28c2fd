//! Text to the numbers of its word pieces, as the model was trained on them.

use std::ops::Range;

use tokenizers::decoders::wordpiece::WordPiece as Decoder;
use tokenizers::models::wordpiece::WordPiece;
use tokenizers::normalizers::BertNormalizer;
use tokenizers::pre_tokenizers::bert::BertPreTokenizer;
use tokenizers::processors::bert::BertProcessing;
use tokenizers::{Model as _, TokenizerImpl, TruncationParams};

/// Tokens of a text that are looked at, the two that mark its ends included: some 70 words.
pub const MAX_TOKENS: usize = 96;

/// BERT's vocabulary (uncased, Apache-2.0), one piece a line in the order of their ids.
const VOCABULARY: &str = include_str!("../vocab.txt");

type Bert = TokenizerImpl<WordPiece, BertNormalizer, BertPreTokenizer, BertProcessing, Decoder>;

pub(crate) struct Tokenizer(Bert);

/// A text's pieces between the marks of its ends.
pub(crate) struct Pieces {
    pub ids: Vec<i64>,
    /// Those that the vector is of.
    pub meant: Range<usize>,
}

impl Tokenizer {
    pub(crate) fn new() -> tokenizers::Result<Self> {
        let model = WordPiece::builder().vocab(WordPiece::read_bytes(VOCABULARY.as_bytes())?).build()?;
        let mark = |text: &str| -> tokenizers::Result<(String, u32)> {
            let id = model.token_to_id(text).ok_or_else(|| format!("the vocabulary has no {text}"))?;
            Ok((text.to_owned(), id))
        };
        let marks = BertProcessing::new(mark("[SEP]")?, mark("[CLS]")?);
        let mut bert = Bert::new(model);
        bert.with_normalizer(Some(BertNormalizer::default()))?
            .with_pre_tokenizer(Some(BertPreTokenizer))
            .with_post_processor(Some(marks))
            .with_truncation(Some(TruncationParams { max_length: MAX_TOKENS, ..TruncationParams::default() }))?;
        Ok(Self(bert))
    }

    /// The pieces of a text; all of them are meant.
    pub(crate) fn pieces(&self, text: &str) -> tokenizers::Result<Pieces> {
        let ids = wide(self.0.encode_fast(text, true)?.get_ids());
        Ok(Pieces { meant: 0..ids.len(), ids })
    }

    /// The pieces of a text; those of the words at some of its bytes are meant, none where these are cut off.
    pub(crate) fn pieces_of(&self, text: &str, bytes: &Range<usize>) -> tokenizers::Result<Pieces> {
        let encoded = self.0.encode(text, true)?;
        let places = encoded.get_offsets().iter().enumerate();
        let within = places.filter(|(_, (start, end))| start < end && *start < bytes.end && bytes.start < *end);
        let within: Vec<usize> = within.map(|(piece, _)| piece).collect();
        let meant = within.first().zip(within.last()).map_or(0..0, |(first, last)| *first..last + 1);
        Ok(Pieces { ids: wide(encoded.get_ids()), meant })
    }
}

fn wide(ids: &[u32]) -> Vec<i64> {
    ids.iter().map(|id| i64::from(*id)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ids(text: &str) -> Vec<i64> {
        Tokenizer::new().unwrap().pieces(text).unwrap().ids
    }

    #[test]
    fn words_are_found_among_the_pieces() {
        let tokenizer = Tokenizer::new().unwrap();
        let meant = |text: &str, words: &str| {
            let start = text.find(words).unwrap();
            tokenizer.pieces_of(text, &(start..start + words.len())).unwrap().meant
        };
        // The mark, `the`, `em ##bed ##ding ##s`.
        assert_eq!(meant("The embeddings came", "embeddings"), 2..6);
        assert_eq!(meant("Até Motriz é", "é"), 1..2, "by bytes");
        assert_eq!(meant(&("word ".repeat(200) + "end"), "end"), 0..0, "cut off");
    }

    #[test]
    fn words_are_lower_cased_stripped_of_accents_and_split_at_punctuation() {
        assert_eq!(ids("Hello, world!"), [101, 7592, 1010, 2088, 999, 102]);
        assert_eq!(ids("HELLO CAFÉ"), ids("hello cafe"));
    }

    #[test]
    fn a_word_that_is_not_in_the_vocabulary_is_split_into_pieces() {
        assert_eq!(ids("embeddings"), [101, 7861, 8270, 4667, 2015, 102]);
    }

    #[test]
    fn long_texts_are_cut_and_still_end_with_their_mark() {
        let ids = ids(&"word ".repeat(500));
        assert_eq!((ids.len(), ids.last()), (MAX_TOKENS, Some(&102)));
    }
}
