//! What kind of word a token is: number, money, date, role, function word. Phrases refer to these as `<number>`,
//! `<money>`, `<date>`, `<role>` and `<name>`.

use super::number;
use super::token::Token;

/// A small set of kinds.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Tags(u8);

impl Tags {
    pub const NUMBER: Tags = Tags(1);
    pub const MONEY: Tags = Tags(2);
    pub const DATE: Tags = Tags(4);
    pub const ROLE: Tags = Tags(8);
    pub const CAPITAL: Tags = Tags(16);
    pub const FUNCTION: Tags = Tags(32);
    pub const NAME: Tags = Tags(64);

    pub fn insert(&mut self, other: Tags) {
        self.0 |= other.0;
    }

    pub fn contains(self, other: Tags) -> bool {
        self.0 & other.0 == other.0
    }
}

/// Marks every token with its kinds.
pub fn tag(tokens: &mut [Token]) {
    let words: Vec<Box<str>> = tokens.iter().map(|t| t.word.clone()).collect();
    let mut at = 0;
    while at < words.len() {
        let (tags, len) = kind(&words, at);
        for token in tokens.iter_mut().skip(at).take(len) {
            token.tags.insert(tags);
        }
        at += len;
    }
}

fn kind(words: &[Box<str>], at: usize) -> (Tags, usize) {
    let word = words.get(at).map_or("", |w| &**w);
    let mut tags = Tags::default();
    if FUNCTION.binary_search(&word).is_ok() {
        tags.insert(Tags::FUNCTION);
    }
    if DATES.contains(&word) {
        tags.insert(Tags::DATE);
    }
    if ROLES.contains(&word) {
        tags.insert(Tags::ROLE);
    }
    if MONEY_WORDS.contains(&word) {
        tags.insert(Tags::MONEY);
    }
    if let Some(found) = number::read(words.iter().skip(at).map(|w| &**w)) {
        // A bare `one` is nearly always the pronoun.
        if found.explicit || word != "one" {
            tags = Tags::NUMBER;
        }
        let next = words.get(at + found.tokens).map_or("", |w| &**w);
        let scaled = found.value >= 1000.0 && found.tokens > 0;
        if word.starts_with(['$', '€', '£']) || MONEY_WORDS.contains(&next) || (scaled && !COUNTED.contains(&next)) {
            tags.insert(Tags::MONEY);
        }
        return (tags, found.tokens.max(1));
    }
    (tags, 1)
}

/// Units after which a large number is no money.
const COUNTED: &[&str] =
    &["people", "employees", "users", "seats", "hours", "records", "patients", "customers", "calls", "times", "units"];

const MONEY_WORDS: &[&str] = &[
    "dollar", "dollars", "usd", "euro", "euros", "eur", "pound", "pounds", "gbp", "quid", "bucks", "buck", "grand",
    "francs", "chf", "rupees", "naira", "kronor", "yen",
];

const DATES: &[&str] = &[
    "monday",
    "tuesday",
    "wednesday",
    "thursday",
    "friday",
    "saturday",
    "sunday",
    "january",
    "february",
    "march",
    "april",
    "june",
    "july",
    "august",
    "september",
    "october",
    "november",
    "december",
    "today",
    "tomorrow",
    "tonight",
    "fortnight",
    "quarter",
    "christmas",
    "easter",
];

/// Words that name an office or a function somebody holds.
const ROLES: &[&str] = &[
    "cfo",
    "ceo",
    "coo",
    "cio",
    "cto",
    "ciso",
    "cro",
    "cdo",
    "dpo",
    "vp",
    "svp",
    "evp",
    "fd",
    "director",
    "directors",
    "manager",
    "managers",
    "head",
    "chief",
    "president",
    "chairman",
    "chair",
    "owner",
    "founder",
    "partner",
    "controller",
    "treasurer",
    "comptroller",
    "procurement",
    "purchasing",
    "finance",
    "legal",
    "counsel",
    "lawyer",
    "lawyers",
    "compliance",
    "security",
    "infosec",
    "board",
    "committee",
    "exec",
    "executive",
    "executives",
    "supervisor",
    "lead",
    "boss",
    "accountant",
    "auditor",
    "buyer",
    "engineer",
    "architect",
    "administrator",
    "dean",
    "principal",
    "superintendent",
];

/// Function words, sorted: they carry no topic.
const FUNCTION: &[&str] = &[
    "'s",
    "a",
    "about",
    "above",
    "after",
    "again",
    "ain",
    "all",
    "also",
    "although",
    "am",
    "an",
    "and",
    "any",
    "are",
    "as",
    "at",
    "be",
    "because",
    "been",
    "before",
    "being",
    "below",
    "between",
    "both",
    "but",
    "by",
    "can",
    "could",
    "did",
    "do",
    "does",
    "doing",
    "down",
    "during",
    "each",
    "else",
    "even",
    "ever",
    "few",
    "for",
    "from",
    "further",
    "get",
    "go",
    "going",
    "got",
    "had",
    "has",
    "have",
    "having",
    "he",
    "her",
    "here",
    "hers",
    "him",
    "his",
    "how",
    "i",
    "if",
    "in",
    "into",
    "is",
    "it",
    "its",
    "just",
    "kind",
    "know",
    "let",
    "like",
    "many",
    "may",
    "me",
    "mean",
    "might",
    "mine",
    "more",
    "most",
    "much",
    "must",
    "my",
    "no",
    "nor",
    "not",
    "now",
    "of",
    "off",
    "oh",
    "okay",
    "on",
    "once",
    "one",
    "only",
    "or",
    "other",
    "our",
    "ours",
    "out",
    "over",
    "own",
    "really",
    "right",
    "same",
    "say",
    "shall",
    "she",
    "should",
    "so",
    "some",
    "something",
    "sort",
    "such",
    "than",
    "that",
    "the",
    "their",
    "them",
    "then",
    "there",
    "these",
    "they",
    "thing",
    "things",
    "think",
    "this",
    "those",
    "through",
    "to",
    "too",
    "under",
    "until",
    "up",
    "us",
    "very",
    "want",
    "was",
    "we",
    "well",
    "were",
    "what",
    "when",
    "where",
    "which",
    "while",
    "who",
    "whom",
    "whose",
    "why",
    "will",
    "with",
    "would",
    "yeah",
    "yes",
    "you",
    "your",
    "yours",
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn function_words_are_sorted() {
        assert!(FUNCTION.is_sorted());
    }

    #[test]
    fn tags_numbers_and_money() {
        let text = super::super::TurnText::read("We paid forty thousand pounds and one of 12 people left.");
        let tagged = |tag| text.tokens.iter().filter(|t| t.tags.contains(tag)).map(|t| &*t.word).collect::<Vec<_>>();
        assert_eq!(tagged(Tags::NUMBER), ["forty", "thousand", "12"]);
        assert_eq!(tagged(Tags::MONEY), ["forty", "thousand", "pounds"]);
    }
}
