//! How the calls of a workspace are recorded, transcribed and kept: the settings themselves and their bounds. Does not
//! own what is done with them.

use std::collections::{BTreeSet, HashSet};
use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::Violation;
use super::transcript::RedactionKind;

/// Most terms of a vocabulary.
pub const MAX_TERMS: usize = 2_000;
/// Most spellings a term is heard as.
pub const MAX_SOUNDS: usize = 10;
/// Most words of a term: as many as are looked at together.
pub const MAX_WORDS: usize = 3;
const MIN_CHARS: usize = 2;
const MAX_CHARS: usize = 60;
const DAY: Duration = Duration::from_secs(24 * 3600);
/// Shortest and longest time that calls may be kept.
pub const RETENTION: std::ops::RangeInclusive<Duration> = DAY..=Duration::from_secs(3_660 * 24 * 3600);

/// Whose consent a recording needs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ConsentRule {
    All,
    One,
    None,
}

/// What a term is the name of.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum TermKind {
    Person,
    Product,
    Company,
    #[default]
    Term,
}

/// A name or word that speech engines mishear.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct Term {
    /// As it is to be written.
    pub text: String,
    /// What it is heard as.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub sounds_like: Vec<String>,
    pub kind: TermKind,
}

/// The settings of a workspace. What is `None` or empty is as the installation's configuration says.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct TranscriptionSettings {
    pub consent_rule: Option<ConsentRule>,
    /// How long calls are kept, whole seconds.
    #[serde(with = "seconds")]
    pub retention: Option<Duration>,
    /// What is taken out of transcripts and recordings before they are stored.
    pub redaction: BTreeSet<RedactionKind>,
    pub vocabulary: Vec<Term>,
    /// BCP 47 tag; empty for none.
    pub default_language: String,
    pub separate_voices: bool,
}

impl Default for TranscriptionSettings {
    fn default() -> Self {
        Self {
            consent_rule: None,
            retention: None,
            redaction: BTreeSet::new(),
            vocabulary: Vec::new(),
            default_language: String::new(),
            separate_voices: true,
        }
    }
}

impl TranscriptionSettings {
    /// Everything that is wrong with the settings.
    pub fn violations(&self) -> Vec<Violation> {
        let Self { consent_rule: _, retention, redaction: _, vocabulary, default_language, separate_voices: _ } = self;
        let mut found = Vec::new();
        if retention.is_some_and(|time| !RETENTION.contains(&time) || time.subsec_nanos() != 0) {
            found.push(Violation::new("retention", "must be 1 to 3,660 days in whole seconds"));
        }
        if !default_language.is_empty() && canonical_language(default_language).is_none() {
            found.push(Violation::new("default_language", "must be a BCP 47 tag, for example `en-GB`"));
        }
        if vocabulary.len() > MAX_TERMS {
            found.push(Violation::new("vocabulary", "must be at most 2,000 terms"));
        }
        let mut seen = HashSet::new();
        for (index, term) in vocabulary.iter().enumerate().take(MAX_TERMS) {
            term_violations(index, term, &mut seen, &mut found);
        }
        found
    }
}

fn term_violations(index: usize, term: &Term, seen: &mut HashSet<String>, found: &mut Vec<Violation>) {
    let Term { text, sounds_like, kind: _ } = term;
    let place = format!("vocabulary[{index}]");
    if let Some(problem) = spelling_problem(text) {
        found.push(Violation::new(format!("{place}.text"), problem));
    } else if !seen.insert(super::roster::fold(text)) {
        found.push(Violation::new(format!("{place}.text"), "is in the vocabulary already"));
    }
    if sounds_like.len() > MAX_SOUNDS {
        found.push(Violation::new(format!("{place}.sounds_like"), "must be at most 10"));
    }
    for (sound, spelling) in sounds_like.iter().enumerate() {
        if let Some(problem) = spelling_problem(spelling) {
            found.push(Violation::new(format!("{place}.sounds_like[{sound}]"), problem));
        }
    }
}

fn spelling_problem(text: &str) -> Option<&'static str> {
    if !(MIN_CHARS..=MAX_CHARS).contains(&text.chars().count()) {
        Some("must have 2 to 60 characters")
    } else if text.trim() != text || text.chars().any(char::is_control) || text.contains("  ") {
        Some("must have single spaces between its words and none around them")
    } else if text.contains(['[', ']']) {
        Some("must have no square brackets: they mark what was redacted")
    } else if text.split(' ').count() > MAX_WORDS {
        Some("must have at most 3 words")
    } else if !text.chars().any(char::is_alphabetic) {
        Some("must have at least one letter")
    } else {
        None
    }
}

/// The tag in its canonical form (`en-gb` is `en-GB`); none where it is no BCP 47 tag of a language.
pub fn canonical_language(tag: &str) -> Option<String> {
    let known = icu_locale_core::LanguageIdentifier::try_from_str(tag).ok()?;
    (!known.language.is_unknown()).then(|| known.to_string())
}

mod seconds {
    use std::time::Duration;

    use serde::{Deserialize as _, Deserializer, Serialize as _, Serializer};

    pub fn serialize<S: Serializer>(time: &Option<Duration>, serializer: S) -> Result<S::Ok, S::Error> {
        time.map(|time| time.as_secs()).serialize(serializer)
    }

    pub fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Duration>, D::Error> {
        Ok(Option::<u64>::deserialize(deserializer)?.map(Duration::from_secs))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn term(text: &str, sounds_like: &[&str]) -> Term {
        Term {
            text: text.to_owned(),
            sounds_like: sounds_like.iter().map(|s| (*s).to_owned()).collect(),
            ..Term::default()
        }
    }

    #[test]
    fn every_violation_is_reported_with_its_field() {
        let settings = TranscriptionSettings {
            retention: Some(Duration::from_secs(3600)),
            default_language: "english please".to_owned(),
            vocabulary: vec![
                term("BrightLedger", &["bright ledger", ""]),
                term("brightledger", &[]),
                term("one two three four", &["x", "[CARD]"]),
                term("42", &["a"; 11]),
            ],
            ..TranscriptionSettings::default()
        };
        let places: Vec<String> = settings.violations().into_iter().map(|violation| violation.place).collect();
        assert_eq!(places[..2], ["retention", "default_language"]);
        for place in [
            "vocabulary[0].sounds_like[1]",
            "vocabulary[1].text",
            "vocabulary[2].text",
            "vocabulary[2].sounds_like[0]",
            "vocabulary[2].sounds_like[1]",
            "vocabulary[3].text",
            "vocabulary[3].sounds_like",
        ] {
            assert!(places.iter().any(|found| found == place), "{place} in {places:?}");
        }
    }

    #[test]
    fn a_language_is_kept_in_its_canonical_form() {
        assert_eq!(canonical_language("en-gb").as_deref(), Some("en-GB"));
        assert_eq!(canonical_language("und"), None);
        assert_eq!(canonical_language("e"), None);
    }

    #[test]
    fn settings_of_an_older_release_are_read_with_defaults() {
        let read: TranscriptionSettings = serde_json::from_str("{}").unwrap();
        assert_eq!(read, TranscriptionSettings::default());
        let set = TranscriptionSettings { retention: Some(DAY), ..TranscriptionSettings::default() };
        let back: TranscriptionSettings = serde_json::from_str(&serde_json::to_string(&set).unwrap()).unwrap();
        assert_eq!(back, set);
    }
}
