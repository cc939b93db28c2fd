//! Reading an answer: `json`, or `verbose_json` with words beside the segments or within them.

use serde::Deserialize;

use super::super::heard::{self, Told};
use super::super::{EngineError, Recognition, Request, language};

/// What is read of it; the rest is left alone, since servers add what they like.
#[derive(Deserialize)]
struct Answer {
    text: String,
    language: Option<String>,
    words: Option<Vec<AnswerWord>>,
    segments: Option<Vec<AnswerSegment>>,
}

#[derive(Deserialize)]
struct AnswerSegment {
    words: Option<Vec<AnswerWord>>,
}

#[derive(Deserialize)]
struct AnswerWord {
    word: String,
    /// Seconds.
    start: f64,
    end: f64,
    /// Of faster-whisper and those built on it.
    probability: Option<f64>,
}

/// The recognition in the body of an answer.
pub(super) fn read(body: &[u8], request: &Request) -> Result<Recognition, EngineError> {
    if body.is_empty() {
        return Err(EngineError::Failed("its answer is empty".to_owned()));
    }
    // What is wrong is told by place, never by what stands there: it may be what somebody said.
    let answer: Answer = serde_json::from_slice(body).map_err(|error| {
        let (line, column) = (error.line(), error.column());
        EngineError::Failed(format!("its answer is no transcription: unreadable at line {line}, column {column}"))
    })?;
    let Answer { text, language, words, segments } = answer;
    let words = words.filter(|words| !words.is_empty()).unwrap_or_else(|| {
        segments.into_iter().flatten().flat_map(|segment| segment.words.unwrap_or_default()).collect()
    });
    let told = words.into_iter().map(|AnswerWord { word, start, end, probability }| Told {
        text: word,
        start_ms: start * 1_000.0,
        end_ms: end * 1_000.0,
        confidence: probability,
    });
    heard::recognition(request, &text, told.collect(), language.as_deref().and_then(language::tag))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::super::Urgency;
    use super::*;

    fn request() -> Request {
        Request::new(vec![0.0; 32_000], Urgency::Recording)
    }

    #[test]
    fn reads_words_beside_the_segments_and_within_them() {
        let beside = r#"{"task": "transcribe", "language": "english", "duration": 2.0, "text": "Good morning.",
            "words": [{"word": "Good", "start": 0.1, "end": 0.4}, {"word": "morning", "start": 0.4, "end": 0.91}],
            "segments": [{"id": 0, "text": "Good morning.", "avg_logprob": -0.2}]}"#;
        let within = r#"{"text": " Good morning.", "language": "en", "words": null, "segments": [{"words": [
            {"word": " Good", "start": 0.1, "end": 0.4, "probability": 0.75},
            {"word": " morning.", "start": 0.4, "end": 0.91, "probability": 0.5}]}]}"#;
        for (body, confidence) in [(beside, None), (within, Some(0.5))] {
            let heard = read(body.as_bytes(), &request()).unwrap();
            assert_eq!((heard.text.as_str(), heard.language.as_deref()), ("Good morning.", Some("en")));
            let last = heard.words.last().unwrap();
            assert_eq!((heard.words.len(), last.start_ms, last.end_ms, last.confidence), (2, 400, 910, confidence));
        }
    }

    #[test]
    fn text_alone_is_an_answer_and_silence_is_one_too() {
        assert_eq!(read(br#"{"text": "Yes."}"#, &request()).unwrap().text, "Yes.");
        assert_eq!(read(br#"{"text": ""}"#, &request()).unwrap(), Recognition::default());
    }

    #[test]
    fn what_is_no_transcription_is_a_failure_that_quotes_nothing() {
        for body in ["", "<html>secret</html>", r#"{"text": 7}"#, r#"{"words": []}"#, r#"{"text": "secret"#, "[]"] {
            let error = read(body.as_bytes(), &request()).unwrap_err();
            assert!(matches!(&error, EngineError::Failed(_)) && !error.to_string().contains("secret"), "{error}");
        }
    }

    proptest! {
        #[test]
        fn no_bytes_break_it(body in prop::collection::vec(any::<u8>(), 0..200)) {
            let _ = read(&body, &request());
        }

        #[test]
        fn no_numbers_break_it(start in any::<f64>(), end in any::<f64>(), p in any::<f64>(), text in ".*") {
            let number = |n: f64| if n.is_finite() { serde_json::json!(n) } else { serde_json::json!(1e308) };
            let word = serde_json::json!({"word": text, "start": number(start), "end": number(end), "probability": number(p)});
            let body = serde_json::json!({"text": text, "words": [word]}).to_string();
            if let Ok(heard) = read(body.as_bytes(), &request()) {
                prop_assert!(heard.words.iter().all(|word| word.start_ms <= word.end_ms && word.end_ms <= 2_000));
            }
        }
    }
}
