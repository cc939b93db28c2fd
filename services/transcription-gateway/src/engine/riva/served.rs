//! The models that a server lists, and what follows from them.

use throughline_proto::nvidia::riva::asr::RivaSpeechRecognitionConfigResponse;

/// What is asked for where neither caller nor server names a language; a server refuses to be told none.
const FALLBACK: &str = "en-US";

/// What a server is known to serve; empty where it does not say.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Served {
    languages: Vec<String>,
    online: bool,
    offline: bool,
}

impl Served {
    /// Reads a list; with a model named, only of that.
    pub fn read(listed: &RivaSpeechRecognitionConfigResponse, model: &str) -> Self {
        let mut served = Self::default();
        let named = listed.model_config.iter().filter(|config| model.is_empty() || config.model_name == model);
        for config in named {
            let parameter = |name: &str| config.parameters.get(name).map_or("", String::as_str).trim();
            match parameter("type") {
                "online" => served.online = true,
                "offline" => served.offline = true,
                _ => {}
            }
            let languages = parameter("language_code").split([',', ';']).map(str::trim);
            served.languages.extend(languages.filter(|language| !language.is_empty()).map(str::to_owned));
        }
        served.languages.sort();
        served.languages.dedup();
        served
    }

    /// Whether a whole sound may be sent at once.
    pub fn takes_whole(&self) -> bool {
        self.offline
    }

    /// Whether streams are answered while they run.
    pub fn live(&self) -> bool {
        self.online || !self.offline
    }

    /// The languages that are listed; any where none is.
    pub fn languages(&self) -> Vec<String> {
        if self.languages.is_empty() { vec!["*".to_owned()] } else { self.languages.clone() }
    }

    /// The language to name for a segment: the server knows `en-US`, a caller may say `en`.
    pub fn language(&self, wanted: Option<&str>) -> String {
        let mut known = self.languages.iter();
        let Some(wanted) = wanted else {
            return known.next().map_or(FALLBACK, String::as_str).to_owned();
        };
        let same = |a: &str, b: &str| a.eq_ignore_ascii_case(b);
        let primary = |tag: &str| tag.split('-').next().unwrap_or_default().to_owned();
        let exact = known.clone().find(|language| same(language, wanted));
        let close = exact.or_else(|| known.find(|language| same(&primary(language), &primary(wanted))));
        close.map_or(wanted, String::as_str).to_owned()
    }
}

#[cfg(test)]
mod tests {
    use throughline_proto::nvidia::riva::asr::riva_speech_recognition_config_response::Config;

    use super::*;

    fn list(models: &[(&str, &str, &str)]) -> RivaSpeechRecognitionConfigResponse {
        let config = |(name, kind, languages): &(&str, &str, &str)| Config {
            model_name: (*name).to_owned(),
            parameters: [("type", *kind), ("language_code", *languages)]
                .map(|(key, value)| (key.to_owned(), value.to_owned()))
                .into(),
        };
        RivaSpeechRecognitionConfigResponse { model_config: models.iter().map(config).collect() }
    }

    #[test]
    fn what_is_listed_says_languages_and_ways() {
        let list = list(&[("a", "online", "en-US"), ("b", "offline", "de-DE,en-US")]);
        let all = Served::read(&list, "");
        assert_eq!(all.languages(), ["de-DE", "en-US"]);
        assert!(all.live() && all.takes_whole());
        let one = Served::read(&list, "b");
        assert!(!one.live() && one.takes_whole());
        assert_eq!(one.languages(), ["de-DE", "en-US"]);
    }

    #[test]
    fn a_server_that_lists_nothing_may_do_anything_in_streams() {
        let none = Served::read(&list(&[]), "");
        assert!(none.live() && !none.takes_whole());
        assert_eq!((none.languages(), none.language(None)), (vec!["*".to_owned()], "en-US".to_owned()));
    }

    #[test]
    fn a_language_is_named_as_the_server_names_it() {
        let served = Served::read(&list(&[("a", "online", "en-GB,de-DE")]), "");
        for (wanted, named) in [
            (Some("DE-de"), "de-DE"),
            (Some("en"), "en-GB"),
            (Some("en-US"), "en-GB"),
            (Some("fr"), "fr"),
            (None, "de-DE"),
        ] {
            assert_eq!(served.language(wanted), named);
        }
    }
}
