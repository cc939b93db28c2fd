//! Whisper on a real recording. Needs a model: `whisper-tiny-en` in the models folder, either the one of the hub or one
//! that tests/fixtures/whisper_ggml.py made (then named `whisper-converted-en`, since its bytes are not the hub's).

use std::path::Path;

use super::super::Urgency;
use super::*;
use crate::audio::{Reader, Resampler};

#[expect(clippy::disallowed_methods, reason = "where the models are is told to tests by the environment")]
fn models_dir() -> PathBuf {
    let given = std::env::var("THROUGHLINE_MODELS").ok().map(PathBuf::from);
    given.or_else(throughline_models::default_dir).unwrap()
}

fn engine() -> Whisper {
    let models_dir = models_dir();
    let model =
        ["whisper-tiny-en", "whisper-converted-en"].into_iter().find(|id| models_dir.join(id).is_dir()).unwrap();
    Whisper::new(Settings { models_dir, model: model.to_owned(), workers: 1 })
}

/// The left channel of the sample call, at 16 kHz.
fn sample() -> Vec<f32> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../samples/calls/discovery.flac");
    let mut reader = Reader::open(&path).unwrap();
    let mut resampler = Resampler::new(reader.info().sample_rate_hz).unwrap();
    let (mut planes, mut samples) = (Vec::new(), Vec::new());
    while reader.read(&mut planes).unwrap() {
        resampler.push(&planes[0], &mut samples).unwrap();
    }
    samples.truncate(6 * RATE_HZ);
    samples
}

#[tokio::test]
async fn a_recording_gets_words_with_the_times_they_were_said() {
    let engine = engine();
    let request = Request { vocabulary: ["Northmoor".to_owned()].into(), ..Request::new(sample(), Urgency::Recording) };
    let heard = engine.recognise(request).await.unwrap();
    assert!(heard.text.to_lowercase().contains("good morning"), "{heard:?}");
    assert_eq!(heard.language.as_deref(), Some("en"));
    assert_eq!(heard.words.iter().map(|word| word.text.as_str()).collect::<Vec<_>>().join(" "), heard.text);
    assert!(heard.words.is_sorted_by_key(|word| word.start_ms) && heard.words.last().unwrap().end_ms <= 6_000);
    assert!(heard.words.iter().all(|word| word.confidence.is_some_and(|p| p > 0.0)));
    engine.stop().await;
}

#[tokio::test]
async fn silence_and_a_blink_of_sound_break_nothing() {
    let engine = engine();
    for samples in [vec![0.0; 100], vec![0.0; 3 * RATE_HZ]] {
        let heard = engine.recognise(Request::new(samples, Urgency::Recording)).await.unwrap();
        assert!(heard.words.iter().all(|word| word.end_ms <= 3_000), "{heard:?}");
    }
    engine.stop().await;
}

#[tokio::test]
async fn a_model_that_is_not_there_is_named() {
    let folder = tempfile::tempdir().unwrap();
    for model in ["whisper-tiny-en", "whisper-nothing", "../x"] {
        let settings = Settings { models_dir: folder.path().to_owned(), model: model.to_owned(), workers: 1 };
        let error = Whisper::new(settings).prepare().await.unwrap_err();
        assert!(matches!(&error, EngineError::Missing(_)) && error.to_string().contains(model), "{error:?}");
    }
}
