//! A speech engine as a workspace declares it: what it is, and what it is asked for.
//!
//! Owns: the rules of a declaration and which declaration serves what. Does not own: recognising (see `engine`).

use std::time::Duration;

use serde::{Deserialize, Serialize};

/// Id of the engine that every workspace has.
pub const BUILT_IN: &str = "embedded";
/// Priority of a route that names none.
pub const DEFAULT_PRIORITY: u16 = 100;
/// Highest priority.
pub const MAX_PRIORITY: u16 = 1000;
/// Any language.
pub const ANY: &str = "*";

/// What an engine is.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    /// Moonshine in this process.
    Embedded { model: String },
    /// Whisper in this process.
    Whisper { model: String },
    /// A server that speaks the transcription API of OpenAI.
    OpenAi { base_url: String, model: String, credential: Option<String> },
    /// A server that speaks NVIDIA Riva's gRPC API. `address` is `host:port`.
    Riva { address: String, tls: bool, model: String, credential: Option<String> },
}

impl Kind {
    /// Its name in metrics and traces.
    pub fn label(&self) -> &'static str {
        match self {
            Self::Embedded { .. } => "embedded",
            Self::Whisper { .. } => "whisper",
            Self::OpenAi { .. } => "openai",
            Self::Riva { .. } => "riva",
        }
    }

    /// Whether it is a server elsewhere, which takes a deadline and a limit of its own.
    pub fn is_remote(&self) -> bool {
        match self {
            Self::Embedded { .. } | Self::Whisper { .. } => false,
            Self::OpenAi { .. } | Self::Riva { .. } => true,
        }
    }

    /// The key it needs, by name.
    pub fn credential(&self) -> Option<&str> {
        match self {
            Self::Embedded { .. } | Self::Whisper { .. } => None,
            Self::OpenAi { credential, .. } | Self::Riva { credential, .. } => credential.as_deref(),
        }
    }
}

/// What speech is recognised for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Mode {
    /// A live stream.
    Live,
    /// A recording.
    Batch,
}

/// A share of the work that an engine takes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Route {
    /// BCP 47 tags; empty for all.
    pub languages: Vec<String>,
    /// Empty for both.
    pub modes: Vec<Mode>,
    pub priority: u16,
}

impl Default for Route {
    fn default() -> Self {
        Self { languages: Vec::new(), modes: Vec::new(), priority: DEFAULT_PRIORITY }
    }
}

/// A declared engine.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Spec {
    /// Empty for the id.
    pub display_name: String,
    pub kind: Kind,
    /// At least one.
    pub routes: Vec<Route>,
    /// Segments sent to it at the same time.
    pub max_concurrent: u16,
    /// Longest time for one answer, milliseconds.
    pub timeout_ms: u32,
    pub enabled: bool,
}

impl Spec {
    /// The engine that every workspace has: asked last.
    pub fn built_in(model: &str) -> Self {
        Self {
            display_name: String::new(),
            kind: Kind::Embedded { model: model.to_owned() },
            routes: vec![Route { priority: 0, ..Route::default() }],
            max_concurrent: 4,
            timeout_ms: 10_000,
            enabled: true,
        }
    }

    /// Longest time for one answer.
    pub fn timeout(&self) -> Duration {
        Duration::from_millis(self.timeout_ms.into())
    }

    /// The highest priority of a route for this; `None` if it is not asked for it.
    pub fn priority(&self, mode: Mode, language: Option<&str>) -> Option<u16> {
        let takes = |route: &&Route| {
            (route.modes.is_empty() || route.modes.contains(&mode)) && understands(&route.languages, language)
        };
        self.routes.iter().filter(takes).map(|route| route.priority).max()
    }
}

/// Whether speech of `language` is among `languages`. A language that nobody knows, and an empty list, mean any. `en`
/// takes `en-IE` and the other way round: it is one language for an engine.
pub fn understands(languages: &[String], language: Option<&str>) -> bool {
    let Some(language) = language else { return true };
    languages.is_empty()
        || languages.iter().any(|known| known == ANY || within(known, language) || within(language, known))
}

/// Whether `tag` is `range` or more special than it (basic filtering of RFC 4647).
fn within(tag: &str, range: &str) -> bool {
    let same = |head: &str| head.eq_ignore_ascii_case(range);
    tag.get(..range.len()).is_some_and(same) && matches!(tag.as_bytes().get(range.len()), None | Some(b'-'))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn route(languages: &[&str], modes: &[Mode], priority: u16) -> Route {
        Route { languages: languages.iter().map(|tag| (*tag).to_owned()).collect(), modes: modes.to_vec(), priority }
    }

    #[test]
    fn the_best_route_for_language_and_mode_counts() {
        let routes =
            vec![route(&["en"], &[Mode::Batch], 10), route(&["en-IE", "de"], &[], 5), route(&["fr"], &[], 900)];
        let spec = Spec { routes, ..Spec::built_in("m") };
        assert_eq!(spec.priority(Mode::Batch, Some("en-IE")), Some(10));
        assert_eq!(spec.priority(Mode::Live, Some("en-IE")), Some(5));
        assert_eq!(spec.priority(Mode::Live, Some("ga")), None);
        assert_eq!(spec.priority(Mode::Live, None), Some(900));
    }

    #[test]
    fn a_region_is_the_same_language_and_a_longer_word_is_not() {
        let english = ["en".to_owned()];
        assert!(understands(&english, Some("en-US")) && understands(&english, Some("EN")));
        assert!(!understands(&english, Some("enm")));
        assert!(understands(&["en-GB".to_owned()], Some("en")));
        assert!(!understands(&["en-GB".to_owned()], Some("en-US")));
        assert!(understands(&[ANY.to_owned()], Some("ja")));
    }
}
