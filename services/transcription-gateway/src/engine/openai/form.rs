//! The form that is posted: a segment as a wave file, and how it is to be answered.

use bytes::Bytes;
use data_encoding::HEXLOWER;
use sha2::{Digest as _, Sha256};

use super::super::Request;
use super::super::language;
use super::super::pcm::wave;

/// Models read the last 224 tokens of a prompt; names are about two tokens a word.
const MAX_PROMPT_CHARACTERS: usize = 500;

/// How the answer is wanted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Format {
    /// `verbose_json` with the times of words.
    Verbose,
    /// `json`, which is the text alone.
    Plain,
}

/// A `multipart/form-data` body (RFC 7578).
pub(super) struct Form {
    boundary: String,
    body: Vec<u8>,
}

impl Form {
    pub fn new(request: &Request, model: &str, format: Format) -> Self {
        let sound = wave(&request.samples);
        // Must not stand in what is sent. A digest of it is as good as chance, and the same each time.
        let boundary = HEXLOWER.encode(&Sha256::digest(&sound));
        let mut form = Self { boundary, body: Vec::with_capacity(sound.len() + 2_048) };
        form.field("model", model);
        form.field("temperature", "0");
        match format {
            Format::Verbose => {
                form.field("response_format", "verbose_json");
                form.field("timestamp_granularities[]", "word");
            }
            Format::Plain => form.field("response_format", "json"),
        }
        if let Some(language) = request.language.as_deref().and_then(language::primary) {
            form.field("language", &language);
        }
        let prompt = prompt(&request.vocabulary);
        if !prompt.is_empty() {
            form.field("prompt", &prompt);
        }
        form.begin("file", "; filename=\"segment.wav\"\r\nContent-Type: audio/wav");
        form.body.extend_from_slice(&sound);
        form.body.extend_from_slice(format!("\r\n--{}--\r\n", form.boundary).as_bytes());
        form
    }

    pub fn content_type(&self) -> String {
        format!("multipart/form-data; boundary={}", self.boundary)
    }

    pub fn into_body(self) -> Bytes {
        self.body.into()
    }

    fn begin(&mut self, name: &str, more: &str) {
        let head = format!("--{}\r\nContent-Disposition: form-data; name=\"{name}\"{more}\r\n\r\n", self.boundary);
        self.body.extend_from_slice(head.as_bytes());
    }

    fn field(&mut self, name: &str, value: &str) {
        self.begin(name, "");
        self.body.extend_from_slice(value.as_bytes());
        self.body.extend_from_slice(b"\r\n");
    }
}

/// The names that a model may lean towards, the most important last: that is what it remembers when there are many.
fn prompt(vocabulary: &[String]) -> String {
    let mut taken = Vec::new();
    let mut characters = 0;
    for name in vocabulary {
        characters += name.chars().count() + 2;
        if characters > MAX_PROMPT_CHARACTERS {
            break;
        }
        taken.push(name.as_str());
    }
    taken.reverse();
    taken.join(", ")
}

#[cfg(test)]
mod tests {
    use super::super::super::Urgency;
    use super::*;

    #[test]
    fn names_are_taken_from_the_most_important_on_and_put_last_to_first() {
        let names = ["Quillon", "Clonferry"].map(str::to_owned);
        assert_eq!(prompt(&names), "Clonferry, Quillon");
        let many: Vec<String> = (0..200).map(|i| format!("Product {i}")).collect();
        let prompt = prompt(&many);
        assert!(prompt.len() <= MAX_PROMPT_CHARACTERS && prompt.ends_with("Product 1, Product 0"), "{prompt}");
    }

    #[test]
    fn a_boundary_is_no_part_of_what_it_bounds() {
        let request = Request::new(vec![0.25; 1_600], Urgency::Live);
        let form = Form::new(&request, "m", Format::Verbose);
        let mark = format!("--{}", form.boundary);
        let body = String::from_utf8_lossy(&form.body).into_owned();
        // Model, temperature, format, granularity, file, end.
        assert_eq!(body.matches(&mark).count(), 6);
        assert!(!body.contains("name=\"language\"") && !body.contains("name=\"prompt\""));
    }
}
