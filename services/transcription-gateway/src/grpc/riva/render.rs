//! What was heard, in Riva's words.

use throughline_proto::nvidia::riva::asr::riva_speech_recognition_config_response::Config;
use throughline_proto::nvidia::riva::asr::{
    SpeechRecognitionAlternative, SpeechRecognitionResult, StreamingRecognitionResult, WordInfo,
};

use super::MODEL;
use super::wanted::Wanted;
use crate::domain::transcript::{Turn, Word};
use crate::engine::Capabilities;
use crate::speech::live::Update;

/// A segment of a stream; none where nothing was understood.
pub(super) fn update(update: Update, wanted: &Wanted) -> Option<StreamingRecognitionResult> {
    let Update { index: _, is_final, piece, stable_bytes } = update;
    if piece.text.is_empty() || piece.unintelligible {
        return None;
    }
    let stability = if is_final { 1.0 } else { stable_bytes as f32 / piece.text.len() as f32 };
    Some(StreamingRecognitionResult {
        alternatives: vec![reading(&piece.text, &piece.words, piece.language.as_deref(), wanted)],
        is_final,
        stability,
        channel_tag: tag(piece.channel),
        audio_processed: seconds(piece.end_ms),
        pipeline_states: None,
    })
}

/// A turn of a recording; none where nothing was understood.
pub(super) fn turn(turn: &Turn, channel: usize, language: &str, wanted: &Wanted) -> Option<SpeechRecognitionResult> {
    let language = Some(language).filter(|language| !language.is_empty());
    (!turn.unintelligible).then(|| SpeechRecognitionResult {
        alternatives: vec![reading(&turn.text, &turn.annotations.words, language, wanted)],
        channel_tag: tag(channel),
        audio_processed: seconds(turn.end_ms),
    })
}

/// What is listed for a way of recognising; none where no engine can.
pub(super) fn model(kind: &str, can: &Capabilities) -> Option<Config> {
    let parameters = [
        ("type", kind.to_owned()),
        ("language_code", can.languages.join(",")),
        ("sample_rate", "16000".to_owned()),
        ("word_time_offsets", can.word_times.to_string()),
        ("automatic_punctuation", can.punctuation.to_string()),
    ];
    let parameters = parameters.map(|(name, value)| (name.to_owned(), value)).into();
    (!can.languages.is_empty()).then(|| Config { model_name: MODEL.to_owned(), parameters })
}

/// Words come with their times or not at all, as with Riva.
fn reading(text: &str, words: &[Word], language: Option<&str>, wanted: &Wanted) -> SpeechRecognitionAlternative {
    let confidences: Vec<f64> = words.iter().filter_map(|word| word.confidence).collect();
    let mean = confidences.iter().sum::<f64>() / confidences.len().max(1) as f64;
    let words = if wanted.word_times { words } else { &[] };
    SpeechRecognitionAlternative {
        transcript: text.to_owned(),
        confidence: mean as f32,
        words: words.iter().map(|one| word(one, language)).collect(),
        language_code: language.map(str::to_owned).into_iter().collect(),
    }
}

fn word(word: &Word, language: Option<&str>) -> WordInfo {
    let ms = |ms: u64| i32::try_from(ms).unwrap_or(i32::MAX);
    WordInfo {
        start_time: ms(word.start_ms),
        end_time: ms(word.end_ms),
        word: word.text.clone(),
        confidence: word.confidence.unwrap_or_default() as f32,
        speaker_tag: 0,
        language_code: language.unwrap_or_default().to_owned(),
    }
}

/// Riva counts channels from 1.
fn tag(channel: usize) -> i32 {
    i32::try_from(channel).map_or(0, |channel| channel + 1)
}

fn seconds(ms: u64) -> f32 {
    ms as f32 / 1_000.0
}
