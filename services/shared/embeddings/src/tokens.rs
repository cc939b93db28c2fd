//! Text to the numbers of its word pieces, as the model was trained on them.

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

    /// The ids of a text's pieces between the marks of its ends.
    pub(crate) fn ids(&self, text: &str) -> tokenizers::Result<Vec<i64>> {
        Ok(self.0.encode_fast(text, true)?.get_ids().iter().map(|id| i64::from(*id)).collect())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ids(text: &str) -> Vec<i64> {
        Tokenizer::new().unwrap().ids(text).unwrap()
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
