//! Putting the results of a segment together.

use throughline_proto::nvidia::riva::asr::{
    RecognizeResponse, SpeechRecognitionAlternative, StreamingRecognizeResponse, WordInfo,
};

use super::super::heard::{self, Told};
use super::super::{EngineError, Recognition, Request, Urgency};

/// More than a segment can hold; checked while it grows, `heard` is stricter with the whole.
const MAX_TEXT_BYTES: usize = 64 << 10;

/// What the server has told of a segment so far.
#[derive(Debug, Default)]
pub(super) struct Answer {
    text: String,
    words: Vec<Told>,
    language: Option<String>,
    /// The last guess at what comes after `text`.
    guess: String,
}

impl Answer {
    /// All of it in one message.
    pub fn whole(response: RecognizeResponse) -> Self {
        let mut answer = Self::default();
        for result in response.results {
            answer.utterance(result.alternatives);
        }
        answer
    }

    /// Takes the next message of a stream.
    pub fn add(&mut self, response: StreamingRecognizeResponse, request: &Request) -> Result<(), EngineError> {
        // A message has guesses at the utterances that go on, one after the other, and replaces the ones before it.
        let mut guess = String::new();
        for result in response.results {
            if result.is_final {
                self.utterance(result.alternatives);
            } else if let Some(best) = result.alternatives.first() {
                guess.push_str(&best.transcript);
            }
        }
        self.guess = guess;
        if self.text.len() + self.guess.len() > MAX_TEXT_BYTES {
            let ms = request.audio_ms();
            return Err(EngineError::Failed(format!("it wrote more than anybody can say in {ms} ms")));
        }
        Ok(())
    }

    /// Takes an utterance that is final. Its first reading is the best one.
    fn utterance(&mut self, alternatives: Vec<SpeechRecognitionAlternative>) {
        let Some(best) = alternatives.into_iter().next() else { return };
        self.text.push(' ');
        self.text.push_str(&best.transcript);
        self.words.extend(best.words.into_iter().map(told));
        if self.language.is_none() {
            self.language = best.language_code.into_iter().find(|language| !language.is_empty());
        }
    }

    /// What it amounts to at the end of the segment. A guess is taken only where a guess was asked for.
    pub fn recognition(mut self, request: &Request) -> Result<Recognition, EngineError> {
        if !self.guess.trim().is_empty() {
            if request.urgency != Urgency::Partial {
                return Err(EngineError::Failed("its stream ended with a guess".to_owned()));
            }
            self.text.push(' ');
            self.text.push_str(&self.guess);
            self.words.clear();
        }
        heard::recognition(request, &self.text, self.words, self.language)
    }
}

fn told(word: WordInfo) -> Told {
    Told {
        text: word.word,
        start_ms: f64::from(word.start_time),
        end_ms: f64::from(word.end_time),
        // 0 is what stands there when the model gives none.
        confidence: (word.confidence > 0.0).then(|| f64::from(word.confidence)),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use prost::Message as _;
    use throughline_proto::nvidia::riva::asr::{SpeechRecognitionResult, StreamingRecognitionResult};

    use super::*;

    fn request(urgency: Urgency) -> Request {
        Request::new(vec![0.0; 32_000], urgency)
    }

    fn reading(text: &str, words: &[(&str, i32, i32)]) -> Vec<SpeechRecognitionAlternative> {
        let word = |(word, start_time, end_time): &(&str, i32, i32)| WordInfo {
            word: (*word).to_owned(),
            start_time: *start_time,
            end_time: *end_time,
            confidence: 0.5,
            ..WordInfo::default()
        };
        let words = words.iter().map(word).collect();
        vec![SpeechRecognitionAlternative { transcript: text.to_owned(), words, ..Default::default() }]
    }

    fn message(results: &[(&str, bool)]) -> StreamingRecognizeResponse {
        let result = |(text, is_final): &(&str, bool)| StreamingRecognitionResult {
            alternatives: reading(text, &[]),
            is_final: *is_final,
            ..Default::default()
        };
        StreamingRecognizeResponse { results: results.iter().map(result).collect(), id: None }
    }

    fn heard(messages: &[&[(&str, bool)]], urgency: Urgency) -> Result<String, EngineError> {
        let (mut answer, request) = (Answer::default(), request(urgency));
        for results in messages {
            answer.add(message(results), &request)?;
        }
        answer.recognition(&request).map(|recognition| recognition.text)
    }

    #[test]
    fn final_utterances_are_joined_and_guesses_are_replaced() {
        let messages: [&[(&str, bool)]; 4] = [
            &[("good", false)],
            &[("Good morning. ", true)],
            &[("how a", false), ("re", false)],
            &[("How are you?", true)],
        ];
        assert_eq!(heard(&messages, Urgency::Live).unwrap(), "Good morning. How are you?");
        assert_eq!(heard(&messages[..3], Urgency::Partial).unwrap(), "Good morning. how are");
    }

    #[test]
    fn a_stream_that_ends_with_a_guess_has_failed() {
        assert!(matches!(heard(&[&[("good", false)]], Urgency::Live), Err(EngineError::Failed(_))));
        assert_eq!(heard(&[], Urgency::Live).unwrap(), "");
    }

    #[test]
    fn words_of_all_utterances_are_kept_with_their_times() {
        let utterance = |words| SpeechRecognitionResult { alternatives: reading("x y", words), ..Default::default() };
        let results =
            vec![utterance(&[("x", 0, 300), ("y", 300, 500)]), utterance(&[("x", 900, 1_000), ("y", 1_000, 1_300)])];
        let heard =
            Answer::whole(RecognizeResponse { results, id: None }).recognition(&request(Urgency::Recording)).unwrap();
        assert_eq!(heard.words.iter().map(|word| word.start_ms).collect::<Vec<_>>(), [0, 300, 900, 1_000]);
        assert_eq!(heard.words[3].confidence, Some(0.5));
    }

    proptest! {
        #[test]
        fn no_bytes_break_it(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
            let request = request(Urgency::Live);
            if let Ok(message) = StreamingRecognizeResponse::decode(bytes.as_slice()) {
                let mut answer = Answer::default();
                if answer.add(message, &request).is_ok() {
                    let _ = answer.recognition(&request);
                }
            }
            if let Ok(message) = RecognizeResponse::decode(bytes.as_slice()) {
                let _ = Answer::whole(message).recognition(&request);
            }
        }

        #[test]
        fn no_times_break_it(words in prop::collection::vec((".{0,4}", any::<i32>(), any::<i32>()), 0..6)) {
            let words: Vec<_> = words.iter().map(|(word, start, end)| (word.as_str(), *start, *end)).collect();
            let result = SpeechRecognitionResult { alternatives: reading("x", &words), ..Default::default() };
            let heard = Answer::whole(RecognizeResponse { results: vec![result], id: None });
            let heard = heard.recognition(&request(Urgency::Recording)).unwrap();
            prop_assert!(heard.words.iter().all(|word| word.end_ms <= 2_000));
        }
    }
}
