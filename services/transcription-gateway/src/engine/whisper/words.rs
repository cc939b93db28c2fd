//! Words out of tokens: a token that begins with a space begins a word.

use super::super::heard::Told;

/// A token of text.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Token {
    /// Perhaps a part of a character.
    pub bytes: Vec<u8>,
    /// When it begins, by alignment; negative where there is none.
    pub start_ms: i64,
    /// End of the utterance it is part of.
    pub end_ms: i64,
    pub probability: f32,
}

/// The words, each from its first token to the beginning of the next word or the end of its utterance. None where a
/// token was not aligned, or where the language does not put spaces between words: pieces of a sentence are no words.
pub(super) fn told(tokens: &[Token]) -> Vec<Told> {
    let begins = |token: &Token| token.bytes.first() == Some(&b' ');
    if tokens.is_empty() || tokens.iter().any(|token| token.start_ms < 0) {
        return Vec::new();
    }
    // One word has no space inside, and neither has a sentence of a language without spaces.
    let spaced = tokens.iter().skip(1).any(begins);
    if !spaced && !tokens.iter().all(|token| token.bytes.is_ascii()) {
        return Vec::new();
    }
    let mut starts: Vec<usize> = (0..tokens.len()).filter(|index| *index == 0 || begins(&tokens[*index])).collect();
    starts.push(tokens.len());
    starts.windows(2).map(|pair| word(&tokens[pair[0]..pair[1]], tokens.get(pair[1]))).collect()
}

fn word(tokens: &[Token], next: Option<&Token>) -> Told {
    let bytes: Vec<u8> = tokens.iter().flat_map(|token| token.bytes.iter().copied()).collect();
    let (first, last) = (tokens.first(), tokens.last());
    let start_ms = first.map_or(0, |token| token.start_ms);
    let utterance = last.map_or(0, |token| token.end_ms);
    // The next word may begin an utterance of its own, after a pause.
    let end_ms = next.map_or(utterance, |next| next.start_ms.min(utterance)).max(start_ms);
    let sum: f64 = tokens.iter().map(|token| f64::from(token.probability)).sum();
    Told {
        text: String::from_utf8_lossy(&bytes).into_owned(),
        start_ms: start_ms as f64,
        end_ms: end_ms as f64,
        confidence: Some(sum / tokens.len().max(1) as f64),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn token(text: &str, start_ms: i64, end_ms: i64) -> Token {
        Token { bytes: text.as_bytes().to_vec(), start_ms, end_ms, probability: 0.5 }
    }

    fn words(tokens: &[Token]) -> Vec<(String, u64, u64)> {
        told(tokens).into_iter().map(|word| (word.text, word.start_ms as u64, word.end_ms as u64)).collect()
    }

    #[test]
    fn tokens_are_joined_until_a_space_and_a_pause_belongs_to_no_word() {
        let tokens = [
            token(" Good", 100, 1_000),
            token(" mor", 400, 1_000),
            token("ning.", 600, 1_000),
            token(" Tom", 2_000, 2_400),
        ];
        let expected = [(" Good", 100, 400), (" morning.", 400, 1_000), (" Tom", 2_000, 2_400)];
        assert_eq!(words(&tokens), expected.map(|(text, start, end)| (text.to_owned(), start, end)));
    }

    #[test]
    fn what_was_not_aligned_or_has_no_spaces_has_no_words() {
        assert_eq!(words(&[token(" a", 100, 200), token(" b", -1, 200)]), []);
        assert_eq!(words(&[token("今日", 100, 200), token("は", 150, 200)]), []);
        assert_eq!(words(&[]), []);
        assert_eq!(words(&[token(" Yes", 100, 300), token(".", 250, 300)]), [(" Yes.".to_owned(), 100, 300)]);
    }
}
