//! `[judge]` of the configuration.

use std::path::PathBuf;
use std::time::Duration;

use anyhow::Context as _;
use serde::{Deserialize, Serialize};

/// How the endpoint is told the schema of an answer.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum AnswerFormat {
    /// `json_schema` with a strict schema: OpenAI, vLLM, llama-server, Ollama.
    #[default]
    JsonSchema,
    /// `json_object` with the schema beside it: llama-cpp-python, which refuses the other.
    JsonObject,
}

/// `[judge]`
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields, default)]
pub struct JudgeConfig {
    /// Base URL of an OpenAI-compatible API, as in `http://127.0.0.1:8080/v1`; empty for no judge.
    pub endpoint: String,
    /// Name of the model, as the endpoint knows it.
    pub model: String,
    /// File with the key that is sent as bearer token; empty for none. Read once, at the start.
    pub api_key_file: PathBuf,
    /// How the endpoint is told the schema of an answer.
    pub answer_format: AnswerFormat,
    /// Longest wait for one answer, a second try included.
    #[serde(with = "humantime_serde")]
    pub timeout: Duration,
    /// Most questions asked about one call by one evaluation.
    pub max_questions_per_call: usize,
    /// Longest answer, in tokens of the model.
    pub max_answer_tokens: u32,
}

impl Default for JudgeConfig {
    fn default() -> Self {
        Self {
            endpoint: String::new(),
            model: String::new(),
            api_key_file: PathBuf::new(),
            answer_format: AnswerFormat::default(),
            timeout: Duration::from_secs(10),
            max_questions_per_call: 8,
            max_answer_tokens: 200,
        }
    }
}

impl JudgeConfig {
    /// Everything that is wrong with it, by field.
    pub fn violations(&self) -> Vec<(&'static str, String)> {
        let mut found = Vec::new();
        let mut check = |holds: bool, field: &'static str, what: &str| {
            if !holds {
                found.push((field, what.to_owned()));
            }
        };
        if !self.endpoint.is_empty() {
            let rest = self.endpoint.strip_prefix("http://").or_else(|| self.endpoint.strip_prefix("https://"));
            check(rest.is_some_and(|rest| !rest.is_empty()), "endpoint", "must start with http:// or https://");
            // It is printed by check-config and in logs.
            check(!self.endpoint.contains(['@', '?', '#']), "endpoint", "must be without user, password and query");
            check(!self.model.is_empty(), "model", "is required where an endpoint is configured");
        }
        check(!self.timeout.is_zero(), "timeout", "must be more than 0");
        check(self.timeout <= Duration::from_secs(120), "timeout", "must be at most 2m");
        check(self.max_questions_per_call <= 100, "max_questions_per_call", "must be 0 to 100");
        check((32..=2_000).contains(&self.max_answer_tokens), "max_answer_tokens", "must be 32 to 2000");
        found
    }

    /// The key, where there is one.
    pub(super) fn api_key(&self) -> anyhow::Result<Option<String>> {
        if self.api_key_file.as_os_str().is_empty() {
            return Ok(None);
        }
        let file = self.api_key_file.display();
        let key = std::fs::read_to_string(&self.api_key_file).with_context(|| format!("judge.api_key_file {file}"))?;
        let key = key.trim();
        anyhow::ensure!(!key.is_empty(), "judge.api_key_file {file} is empty");
        Ok(Some(key.to_owned()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fields(config: &JudgeConfig) -> Vec<&'static str> {
        config.violations().into_iter().map(|(field, _)| field).collect()
    }

    #[test]
    fn is_off_and_valid_by_default() {
        let config = JudgeConfig::default();
        assert_eq!(fields(&config), Vec::<&str>::new());
        assert!(super::super::Judge::new(&config).unwrap().is_none());
    }

    #[test]
    fn names_every_field_that_is_wrong() {
        let config = JudgeConfig {
            endpoint: "ftp://user:secret@host/v1".into(),
            timeout: Duration::ZERO,
            max_questions_per_call: 101,
            max_answer_tokens: 1,
            ..JudgeConfig::default()
        };
        let expected = ["endpoint", "endpoint", "model", "timeout", "max_questions_per_call", "max_answer_tokens"];
        assert_eq!(fields(&config), expected);
    }

    #[test]
    fn refuses_unknown_keys() {
        let read = |text: &str| serde_json::from_str::<JudgeConfig>(text);
        assert_eq!(read(r#"{"timeout": "3s"}"#).unwrap().timeout, Duration::from_secs(3));
        assert!(read(r#"{"api_key": "secret"}"#).is_err());
    }
}
