//! Transcribes a stored recording in memory that does not grow with its length.

use std::collections::BTreeMap;
use std::sync::Arc;

use futures::{StreamExt as _, TryStreamExt as _};
use tokio::sync::mpsc;
use tokio::task::spawn_blocking;
use tokio_stream::wrappers::ReceiverStream;
use tokio_util::sync::CancellationToken;

use super::{Piece, SpeechError, language, turns};
use crate::audio::{Inspection, Reader, Resampler, Sound, inspect};
use crate::domain::attribution::Channels;
use crate::domain::call::Participant;
use crate::domain::transcript::{Draft, Punctuation, Source};
use crate::engine::segmenter::{Event, Segment, Segmenter};
use crate::engine::{EngineError, Request, SpeechEngine, Urgency, guard};
use crate::voices::{Channel, HeardVoice, Separated, cut};

/// Segments between decoding and recognition; each holds at most 12 s of sound, 768 KB.
const SEGMENTS_AHEAD: usize = 4;
/// Segments being recognised or waiting for it.
const IN_FLIGHT: usize = 8;

/// Looks through a whole recording: is it sound, whole, and not silent?
pub async fn examine<S: Sound + ?Sized>(sound: &S, cancel: &CancellationToken) -> Result<Inspection, SpeechError> {
    let (sound, cancel) = (sound.share(), cancel.clone());
    spawn_blocking(move || inspect(&*sound, || cancel.is_cancelled()))
        .await
        // The decoder is not ours; a file that breaks it is the file's fault as far as its owner can tell.
        .unwrap_or_else(|_| Err(crate::audio::AudioError::Damaged("the decoder broke down on it".to_owned())))?
        .ok_or(SpeechError::Cancelled)
}

/// Transcribes a recording that was examined. `progress` is told how many milliseconds are done.
pub async fn transcribe<S: Sound + ?Sized>(
    sound: &S,
    inspection: &Inspection,
    participants: &[Participant],
    separated: Separated,
    engine: &Arc<dyn SpeechEngine>,
    cancel: &CancellationToken,
    mut progress: impl FnMut(u64),
) -> Result<Draft, SpeechError> {
    engine.prepare().await?;
    // Of two equal channels one is enough.
    let heard = if inspection.channels_are_equal { 1 } else { inspection.info.channels };
    let (sender, receiver) = mpsc::channel(SEGMENTS_AHEAD);
    let (sound, token) = (sound.share(), cancel.clone());
    let Separated { separation, channels: voices } = separated;
    let decoding = spawn_blocking(move || decode(&*sound, heard, &voices, &sender, &token));
    let mut recognised = ReceiverStream::new(receiver).map(|spoken| recognise(engine, spoken)).buffered(IN_FLIGHT);
    let mut pieces = Vec::new();
    let mut done_ms = 0;
    let heard = loop {
        match recognised.try_next().await {
            Ok(Some(piece)) => {
                done_ms = done_ms.max(piece.end_ms);
                progress(done_ms);
                pieces.extend((!piece.text.is_empty()).then_some(piece));
            }
            end => break end,
        }
    };
    // Decoding ends once nobody listens, so it can be waited for even after a failure.
    drop(recognised);
    let decoded = decoding.await.map_err(|e| EngineError::Failed(e.to_string()))?;
    heard?;
    decoded?;
    if pieces.is_empty() {
        return Err(SpeechError::NoSpeech { duration_ms: inspection.duration_ms });
    }
    let channels = Channels::new(participants, inspection.info.channels, inspection.channels_are_equal);
    let language = language(&pieces, engine.as_ref());
    let turns = turns(pieces, &channels);
    Ok(Draft {
        source: Source::Recording,
        engine: engine.name().into_owned(),
        language,
        punctuation: Punctuation::found_in(&turns),
        separation,
        turns,
        duration_ms: inspection.duration_ms,
        broke_off_at: None,
    })
}

async fn recognise(engine: &Arc<dyn SpeechEngine>, spoken: Spoken) -> Result<Piece, SpeechError> {
    let Spoken { channel, segment, heard } = spoken;
    let sound_ms = segment.sound_ms();
    let Segment { start_ms, end_ms, lead_ms: _, samples, voice } = segment;
    let recognition = engine.recognise(Request::new(samples, Urgency::Recording)).await?;
    let unintelligible = guard::is_unintelligible(&recognition.text, voice);
    Ok(Piece { unintelligible, voice: heard, ..Piece::heard(channel, (start_ms, end_ms), sound_ms, recognition) })
}

/// A segment that is to be recognised, and whose voice it is.
struct Spoken {
    channel: usize,
    segment: Segment,
    heard: Option<HeardVoice>,
}

/// Decodes packet by packet and sends each segment on, cut where the voice changes; waits when recognition is behind.
fn decode(
    sound: &dyn Sound,
    heard: usize,
    voices: &BTreeMap<usize, Channel>,
    segments: &mpsc::Sender<Spoken>,
    cancel: &CancellationToken,
) -> Result<(), SpeechError> {
    let mut reader = Reader::open(sound)?;
    let rate_hz = reader.info().sample_rate_hz;
    let mut channels = (0..heard)
        .map(|_| Ok((Resampler::new(rate_hz)?, Segmenter::default())))
        .collect::<Result<Vec<_>, SpeechError>>()?;
    let (mut planes, mut samples, mut events) = (Vec::new(), Vec::new(), Vec::new());
    while reader.read(&mut planes)? {
        if cancel.is_cancelled() {
            return Err(SpeechError::Cancelled);
        }
        for (channel, ((resampler, segmenter), plane)) in channels.iter_mut().zip(&planes).enumerate() {
            samples.clear();
            resampler.push(plane, &mut samples)?;
            segmenter.push(&samples, &mut events);
            if !send(channel, voices.get(&channel), &mut events, segments) {
                return Ok(());
            }
        }
    }
    for (channel, (resampler, segmenter)) in channels.iter_mut().enumerate() {
        samples.clear();
        resampler.finish(&mut samples)?;
        segmenter.push(&samples, &mut events);
        segmenter.finish(&mut events);
        send(channel, voices.get(&channel), &mut events, segments);
    }
    Ok(())
}

/// False once nobody listens: recognition failed, and says why.
fn send(channel: usize, voices: Option<&Channel>, events: &mut Vec<Event>, segments: &mpsc::Sender<Spoken>) -> bool {
    let send = |segment, heard| segments.blocking_send(Spoken { channel, segment, heard }).is_ok();
    events.drain(..).all(|event| match (event, voices) {
        (Event::Ended(segment), None) => send(segment, None),
        (Event::Ended(segment), Some(voices)) => {
            cut(segment, &voices.spans).into_iter().all(|part| send(part.segment, voices.heard(part.voice)))
        }
        (Event::Started { .. }, _) => true,
    })
}
