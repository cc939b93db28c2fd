use std::sync::Arc;

use bytes::Bytes;
use futures::{Stream, stream};
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;

use super::*;
use crate::audio::Encoding;
use crate::speech::SpeechError;
use crate::speech::live::{End, Format, Outcome, Update, run};
use crate::voices::Listening;
use crate::worker::live::{ending, forward};

const MONO: Format = Format { encoding: Encoding::Pcm16, sample_rate_hz: 16_000, channels: 1, partials: true };

/// Audio in pieces of 100 ms, with time for other work in between, as a connection gives it.
fn audio(bytes: Vec<u8>) -> impl Stream<Item = Result<Bytes, End>> {
    let pieces: Vec<Bytes> = bytes.chunks(3_200).map(Bytes::copy_from_slice).collect();
    stream::unfold(pieces.into_iter(), |mut pieces| async move {
        for _ in 0..4 {
            tokio::task::yield_now().await;
        }
        pieces.next().map(|piece| (Ok(piece), pieces))
    })
}

async fn listen(
    format: Format,
    engine: Arc<Stand>,
    audio: impl Stream<Item = Result<Bytes, End>>,
) -> (Outcome, Vec<Update>) {
    let (sender, mut receiver) = mpsc::channel(4);
    let collect = async {
        let mut updates = Vec::new();
        while let Some(update) = receiver.recv().await {
            updates.push(update);
        }
        updates
    };
    tokio::join!(run(format, engine, Listening::default(), audio, sender), collect)
}

#[tokio::test]
async fn guesses_come_while_somebody_speaks_and_each_segment_ends_final() {
    let engine = Arc::new(Stand::default());
    let bytes = pcm16(speech(30).remove(0));
    let (outcome, updates) = listen(MONO, Arc::clone(&engine), audio(bytes)).await;
    assert!(matches!(outcome.end, End::Complete));
    assert_eq!(outcome.duration_ms, 30_000);
    let finals: Vec<u32> = updates.iter().filter(|update| update.is_final).map(|update| update.index).collect();
    assert_eq!(finals, (0..finals.len() as u32).collect::<Vec<_>>());
    assert_eq!(finals.len(), outcome.pieces.len());
    let guesses: Vec<&Update> = updates.iter().filter(|update| !update.is_final).collect();
    // Some 20 s of speech at a guess a second, less the last second of each segment.
    assert!(guesses.len() >= 8, "{}", guesses.len());
    for guess in guesses {
        assert!(guess.stable_bytes <= guess.piece.text.len());
        let last = updates.iter().find(|update| update.is_final && update.index == guess.index).unwrap();
        assert_eq!(last.piece.start_ms, guess.piece.start_ms);
        assert_eq!(last.stable_bytes, last.piece.text.len());
    }
}

#[tokio::test]
async fn under_load_guesses_are_dropped_and_nothing_else() {
    let quiet = Arc::new(Stand { no_room_for_partials: true, ..Stand::default() });
    let bytes = pcm16(speech(30).remove(0));
    let (outcome, updates) = listen(MONO, Arc::clone(&quiet), audio(bytes.clone())).await;
    assert!(quiet.partials.load(Ordering::Relaxed) > 0);
    assert!(updates.iter().all(|update| update.is_final));
    let (unhurried, _) = listen(MONO, Arc::default(), audio(bytes)).await;
    assert_eq!(outcome.pieces, unhurried.pieces);
}

#[tokio::test]
async fn no_guesses_come_unless_they_are_wanted() {
    let engine = Arc::new(Stand::default());
    let format = Format { partials: false, ..MONO };
    let (_, updates) = listen(format, Arc::clone(&engine), audio(pcm16(speech(15).remove(0)))).await;
    assert!(!updates.is_empty() && updates.iter().all(|update| update.is_final));
    assert_eq!(engine.partials.load(Ordering::Relaxed), 0);
}

#[tokio::test]
async fn two_channels_are_heard_apart() {
    let channels = speech(30);
    let frames = (0..channels[0].len()).flat_map(|frame| [channels[0][frame], channels[1][frame]]);
    let format = Format { channels: 2, partials: false, ..MONO };
    let (outcome, _) = listen(format, Arc::default(), audio(pcm16(frames))).await;
    let heard: Vec<usize> = outcome.pieces.iter().map(|piece| piece.channel).collect();
    assert!(heard.contains(&0) && heard.contains(&1), "{heard:?}");
    assert_eq!(outcome.duration_ms, 30_000);
}

#[tokio::test]
async fn a_connection_that_breaks_keeps_what_was_heard() {
    let bytes = pcm16(speech(8).remove(0));
    let broken = futures::StreamExt::chain(audio(bytes), stream::iter([Err(End::BrokenOff)]));
    let (outcome, _) = listen(MONO, Arc::default(), broken).await;
    assert!(matches!(outcome.end, End::BrokenOff));
    assert!(!outcome.pieces.is_empty());
}

#[tokio::test]
async fn a_caller_who_takes_nothing_is_ended_and_what_was_heard_kept() {
    let (enough, hour) = (CancellationToken::new(), Duration::from_secs(3_600));
    // A caller who speaks on and on.
    let endless = futures::StreamExt::chain(audio(pcm16(speech(60).remove(0))), stream::pending());
    let (updates, heard) = mpsc::channel(1);
    let (answers, _unread) = mpsc::channel(1);
    let hearing =
        run(MONO, Arc::<Stand>::default(), Listening::default(), ending(endless, hour, enough.clone()), updates);
    let passing = forward(heard, &answers, Some, (Duration::from_millis(10), &enough));
    let both = async { tokio::join!(hearing, passing) };
    let (outcome, ()) = tokio::time::timeout(Duration::from_secs(60), both).await.unwrap();
    assert!(matches!(outcome.end, End::BrokenOff));
    assert!(enough.is_cancelled() && !outcome.pieces.is_empty());
}

#[tokio::test]
async fn what_comes_after_a_segment_that_failed_is_kept() {
    // Both channels are cut off in the middle of a word, so that two segments are left at the end.
    let bytes = pcm16(speech(4).remove(0).into_iter().flat_map(|sample| [sample, sample]));
    let engine = Arc::new(Stand { fails_first: true, ..Stand::default() });
    let (outcome, _) = listen(Format { channels: 2, partials: false, ..MONO }, engine, audio(bytes)).await;
    assert!(matches!(outcome.end, End::Failed(_)));
    assert_eq!(outcome.pieces.len(), 1);
}

#[tokio::test]
async fn half_a_sample_is_no_audio() {
    let odd = stream::iter([Ok(Bytes::from_static(&[0; 321]))]);
    let (outcome, _) = listen(MONO, Arc::default(), odd).await;
    assert!(matches!(outcome.end, End::Invalid(_)));
}

#[tokio::test]
async fn an_engine_without_room_ends_the_stream_with_what_it_understood() {
    let engine = Arc::new(Stand { fails_from: Some(2), ..Stand::default() });
    let (outcome, _) = listen(MONO, engine, audio(pcm16(speech(60).remove(0)))).await;
    assert!(matches!(&outcome.end, End::Failed(SpeechError::Engine(EngineError::Busy { .. }))), "{:?}", outcome.end);
    assert_eq!(outcome.pieces.len(), 2);
}

#[tokio::test]
async fn silence_gives_nothing() {
    let (outcome, updates) = listen(MONO, Arc::default(), audio(vec![0; 64_000])).await;
    assert!(outcome.pieces.is_empty() && updates.is_empty());
}
