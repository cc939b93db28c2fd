use std::io::Write as _;
use std::path::Path;
use std::sync::Arc;

use super::*;
use crate::audio::AudioError;
use crate::domain::call::{Participant, Side};
use crate::domain::transcript::{Draft, Turn};
use crate::speech::SpeechError;
use crate::speech::recording::{examine, transcribe};
use crate::voices::Separated;

use tokio_util::sync::CancellationToken;

async fn run(path: &Path, people: &[Participant], engine: Arc<Stand>) -> Result<Draft, SpeechError> {
    let cancel = CancellationToken::new();
    let inspection = examine(path, &cancel).await?;
    let engine: Arc<dyn SpeechEngine> = engine;
    transcribe(path, &inspection, people, Separated::default(), &engine, &cancel, |_| {}).await
}

fn file(parts: &[&[u8]]) -> tempfile::NamedTempFile {
    let mut file = tempfile::NamedTempFile::new().unwrap();
    parts.iter().for_each(|part| file.write_all(part).unwrap());
    file.flush().unwrap();
    file
}

fn wav(channels: &[Vec<f32>]) -> tempfile::NamedTempFile {
    let frames = channels[0].len();
    let samples = (0..frames).flat_map(|frame| channels.iter().map(move |channel| channel[frame]));
    let sound = pcm16(samples);
    file(&[&wav_header(1, channels.len() as u16, 16_000, 16, sound.len() as u32), &sound])
}

fn people() -> Vec<Participant> {
    let person = |id: &str, side, channel| Participant { id: id.to_owned(), side, channel, ..Participant::default() };
    vec![person("r", Side::Rep, Some(0)), person("b", Side::Buyer, Some(1))]
}

#[tokio::test]
async fn channels_become_turns_of_their_speakers_in_order_of_time() {
    let draft = run(wav(&speech(30)).path(), &people(), Arc::default()).await.unwrap();
    let sides: Vec<Side> = draft.turns.iter().map(|turn| turn.speaker.side).collect();
    assert_eq!(sides[..4], [Side::Rep, Side::Buyer, Side::Rep, Side::Buyer], "{:?}", draft.turns);
    assert!(draft.turns.windows(2).all(|pair| pair[0].start_ms <= pair[1].start_ms));
    // The first turn of the script begins at 900 ms.
    assert!((700..1_100).contains(&draft.turns[0].start_ms), "{:?}", draft.turns[0]);
    assert_eq!(draft.duration_ms, 30_000);
}

#[tokio::test]
async fn words_have_their_times_in_the_recording_and_stay_within_their_turn() {
    let draft = run(wav(&speech(30)).path(), &people(), Arc::default()).await.unwrap();
    for turn in &draft.turns {
        let words = &turn.annotations.words;
        assert_eq!(words.len() % 2, 0);
        // The sound of a segment begins up to 304 ms before its speech, and its words are told from there.
        assert_eq!(words[0].start_ms, turn.start_ms);
        assert!((turn.start_ms..=turn.start_ms + 300).contains(&words[0].end_ms), "{words:?}");
        assert_eq!(words.last().unwrap().end_ms, turn.end_ms);
        assert!(words.windows(2).all(|pair| pair[0].end_ms <= pair[1].start_ms), "{words:?}");
    }
    // The engine did not say what it heard, but it understands only this.
    assert_eq!(draft.language, "en");
}

#[tokio::test]
async fn a_turn_knows_all_the_sound_that_it_was_recognised_in() {
    let draft = run(wav(&speech(30)).path(), &people(), Arc::default()).await.unwrap();
    for turn in &draft.turns {
        let (first, last) = (turn.heard.first().unwrap(), turn.heard.last().unwrap());
        assert!(first.ms.start < turn.start_ms && turn.end_ms <= last.ms.end, "{turn:?}");
    }
    // But for somebody who is cut off at the end, half a second of silence is heard, too.
    let behind = |turn: &Turn| turn.heard.last().is_some_and(|last| last.ms.end >= turn.end_ms + 500);
    assert!(draft.turns.iter().filter(|turn| behind(turn)).count() + 2 >= draft.turns.len(), "{:?}", draft.turns);
}

#[tokio::test]
async fn a_mono_recording_saved_as_stereo_is_heard_once_and_names_nobody() {
    let channel = speech(20).remove(0);
    let engine = Arc::new(Stand::default());
    let draft = run(wav(&[channel.clone(), channel]).path(), &people(), Arc::clone(&engine)).await.unwrap();
    assert!(draft.turns.iter().all(|turn| turn.speaker.participant.is_none()));
    let mut starts: Vec<u64> = draft.turns.iter().map(|turn| turn.start_ms).collect();
    starts.dedup();
    assert_eq!(starts.len(), draft.turns.len());
}

#[tokio::test]
async fn silence_and_sound_without_words_are_told_apart() {
    let silent = run(wav(&[vec![0.0; 32_000]]).path(), &[], Arc::default()).await.unwrap_err();
    assert!(matches!(silent, SpeechError::Audio(AudioError::Silent { duration_ms: 2_000, .. })), "{silent}");
    let mute = Arc::new(Stand { says_nothing: true, ..Stand::default() });
    let unheard = run(wav(&[speech(2).remove(0)]).path(), &[], mute).await.unwrap_err();
    assert_eq!(unheard.to_string(), "no speech was found in 0:02");
}

#[tokio::test]
async fn a_truncated_file_is_named_with_both_lengths() {
    let sound = pcm16(speech(3).remove(0));
    let cut = file(&[&wav_header(1, 1, 16_000, 16, sound.len() as u32 * 2), &sound]);
    let error = run(cut.path(), &[], Arc::default()).await.unwrap_err();
    let expected = AudioError::Truncated { decoded_ms: 3_000, announced_ms: 6_000 };
    assert!(matches!(&error, SpeechError::Audio(found) if *found == expected), "{error}");
}

#[tokio::test]
async fn a_length_that_was_not_known_when_the_header_was_written_is_no_truncation() {
    let sound = pcm16(speech(3).remove(0));
    for placeholder in [0x7fff_f000_u32, u32::MAX - 36] {
        let streamed = file(&[&wav_header(1, 1, 16_000, 16, placeholder), &sound]);
        assert_eq!(run(streamed.path(), &[], Arc::default()).await.unwrap().duration_ms, 3_000);
    }
}

/// Twelve minutes at 8 kHz: speech for a minute in each four. (`tests/bench/run speech` does this with three hours.)
fn long_call() -> tempfile::NamedTempFile {
    let minute: Vec<u8> = speech(60).remove(0).chunks_exact(2).map(|pair| mu_law((pair[0] + pair[1]) / 2.0)).collect();
    let part = PART_MS as u32 * 8;
    let mut file = file(&[&wav_header(7, 1, 8_000, 8, 3 * part)]);
    for _ in 0..3 {
        file.write_all(&minute).unwrap();
        file.write_all(&vec![0xff; part as usize - minute.len()]).unwrap();
    }
    file.flush().unwrap();
    file
}

fn mu_law(sample: f32) -> u8 {
    let sign = if sample < 0.0 { 0x80 } else { 0 };
    let magnitude = ((sample.abs() * 32_767.0) as i32).min(32_635) + 0x84;
    let exponent = 7 - (0..8).take_while(|bit| magnitude & (0x4000 >> bit) == 0).count() as i32;
    let exponent = exponent.max(0);
    let mantissa = (magnitude >> (exponent + 3)) & 0x0f;
    !(sign | (exponent << 4) as u8 | mantissa as u8)
}

const PART_MS: u64 = 240_000;

#[tokio::test]
async fn a_long_recording_is_transcribed_with_a_few_segments_in_memory() {
    let engine = Arc::new(Stand::default());
    let draft = run(long_call().path(), &[], Arc::clone(&engine)).await.unwrap();
    assert_eq!(draft.duration_ms, 3 * PART_MS);
    let parts: Vec<u64> = draft.turns.iter().map(|turn| turn.start_ms / PART_MS).collect();
    assert!((0..3).all(|part| parts.contains(&part)), "{parts:?}");
    assert!(engine.most.load(Ordering::Relaxed) <= 8);
    assert!(engine.longest.load(Ordering::Relaxed) <= 12 * 16_000);
}

#[tokio::test]
async fn a_failing_engine_ends_the_work_and_leaves_no_decoder_waiting() {
    let engine = Arc::new(Stand { fails_from: Some(1), ..Stand::default() });
    let error = run(wav(&speech(60)).path(), &[], engine).await.unwrap_err();
    assert!(error.is_transient(), "{error}");
}

#[tokio::test]
async fn a_cancelled_recording_ends_as_cancelled() {
    let cancel = CancellationToken::new();
    cancel.cancel();
    assert!(matches!(examine(&sample(), &cancel).await, Err(SpeechError::Cancelled)));
}
