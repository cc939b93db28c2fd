//! Words that people use every day, first names among them: what stands here is not a misheard name. `data/LICENSE`
//! says where the list is from.

/// Sorted, lower case without accents, one a line.
static WORDS: &str = include_str!("../data/common_words.txt");

/// Words that carry no meaning of their own: no name begins or ends with one.
const STOPWORDS: [&str; 96] = [
    "a", "about", "after", "all", "also", "am", "an", "and", "any", "are", "as", "at", "be", "been", "before", "but",
    "by", "can", "could", "did", "do", "does", "down", "for", "from", "get", "go", "going", "got", "had", "has",
    "have", "he", "her", "here", "him", "his", "how", "i", "if", "in", "into", "is", "it", "its", "just", "like", "me",
    "my", "no", "not", "now", "of", "off", "on", "or", "our", "out", "over", "so", "some", "that", "the", "their",
    "them", "then", "there", "these", "they", "this", "those", "to", "too", "up", "us", "was", "we", "well", "were",
    "what", "when", "where", "which", "who", "why", "will", "with", "would", "yeah", "yes", "you", "your", "okay",
    "ok", "um", "uh",
];

/// Whether a folded word is an ordinary one.
pub fn is_common(word: &str) -> bool {
    contains(word) || word.strip_suffix("'s").is_some_and(contains) || is_stopword(word)
}

/// Whether a folded word carries no meaning of its own.
pub fn is_stopword(word: &str) -> bool {
    STOPWORDS.contains(&word)
}

/// Binary search over the bytes of the list: nothing is built, nothing is kept.
fn contains(word: &str) -> bool {
    let list = WORDS.as_bytes();
    let (mut low, mut high) = (0, list.len());
    while low < high {
        let middle = low + (high - low) / 2;
        let start = list[..middle].iter().rposition(|byte| *byte == b'\n').map_or(0, |at| at + 1);
        let end = list[middle..].iter().position(|byte| *byte == b'\n').map_or(list.len(), |at| middle + at);
        match list[start..end].cmp(word.as_bytes()) {
            std::cmp::Ordering::Equal => return true,
            std::cmp::Ordering::Less => low = end + 1,
            std::cmp::Ordering::Greater => high = start,
        }
    }
    false
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_word_of_the_list_is_found_and_others_are_not() {
        assert!(WORDS.lines().all(contains));
        assert!(WORDS.lines().is_sorted());
        for word in ["", "zzzz", "brightledger", "a'", "\n", "ab\ncd"] {
            assert!(!contains(word), "{word:?}");
        }
    }

    #[test]
    fn possessives_and_fillers_are_ordinary() {
        assert!(["ledger's", "uh", "maria", "colour", "color"].into_iter().all(is_common));
    }
}
