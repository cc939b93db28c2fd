//! The vocabulary: tokens to text. (Text to tokens is never needed.)

/// Marks a space in the vocabulary.
const SPACE: char = '\u{2581}';

pub(super) struct Tokenizer {
    pieces: Vec<Vec<u8>>,
}

impl Tokenizer {
    /// Reads the vocabulary: for each token a length (one byte, or two with the first 128 or more) and its bytes.
    pub(super) fn parse(mut bytes: &[u8]) -> Result<Self, String> {
        let mut pieces = Vec::new();
        while let Some((&first, rest)) = bytes.split_first() {
            let (length, rest) = match (first, rest.split_first()) {
                (0..128, _) => (usize::from(first), rest),
                (_, Some((&second, rest))) => (usize::from(second) * 128 + usize::from(first) - 128, rest),
                (_, None) => return Err("the vocabulary ends within a length".to_owned()),
            };
            if rest.len() < length {
                return Err(format!("token {} of the vocabulary is cut off", pieces.len()));
            }
            let (piece, rest) = rest.split_at(length);
            pieces.push(piece.to_vec());
            bytes = rest;
        }
        Ok(Self { pieces })
    }

    /// The text of `tokens`, without control tokens such as `<s>`.
    pub(super) fn text(&self, tokens: &[i64]) -> String {
        let pieces = tokens.iter().filter_map(|token| self.pieces.get(usize::try_from(*token).ok()?));
        let spoken = pieces.filter(|piece| !(piece.first() == Some(&b'<') && piece.last() == Some(&b'>')));
        let bytes: Vec<u8> = spoken.flatten().copied().collect();
        // A character may be spread over tokens, so bytes are joined before they are read as text.
        String::from_utf8_lossy(&bytes).replace(SPACE, " ").trim().to_owned()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn joins_pieces_and_skips_control_tokens() {
        let mut bytes = vec![3];
        bytes.extend(b"<s>");
        bytes.extend([0, 8]);
        bytes.extend("\u{2581}hello".as_bytes());
        bytes.extend([1, b'!', 128 + 4, 1]);
        bytes.extend("x".repeat(132).bytes());
        let tokenizer = Tokenizer::parse(&bytes).unwrap();
        assert_eq!(tokenizer.text(&[0, 2, 3, 1, 99, -1]), "hello!");
        assert_eq!(tokenizer.text(&[4]).len(), 132);
    }

    #[test]
    fn a_cut_off_vocabulary_is_refused() {
        assert!(Tokenizer::parse(&[5, b'a']).is_err());
        assert!(Tokenizer::parse(&[200]).is_err());
    }
}
