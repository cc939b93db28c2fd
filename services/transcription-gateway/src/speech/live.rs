//! Transcribes a live stream: segments as they are spoken, with guesses in between.
//!
//! One task does it all for a stream. It reads no more audio while many segments wait, so that the sender is slowed by
//! flow control and nothing piles up; guesses are dropped first.

use std::sync::Arc;

use bytes::Bytes;
use futures::future::BoxFuture;
use futures::stream::{FuturesOrdered, FuturesUnordered};
use futures::{FutureExt as _, Stream, StreamExt as _};
use tokio::sync::mpsc;

use super::{Piece, SpeechError};
use crate::audio::{Encoding, MAX_DURATION_MS, Resampler, WireDecoder};
use crate::domain::transcript::Separation;
use crate::engine::partial::StablePrefix;
use crate::engine::segmenter::{Event, Segment, Segmenter};
use crate::engine::{EngineError, Recognition, Request, SpeechEngine, Urgency, guard};
use crate::voices::{HeardPart, Listener, Listening};

/// Finished segments of a stream that wait for recognition before no more audio is read.
const MAX_WAITING: usize = 8;
/// A segment is guessed at again when it has grown by this much.
const PARTIAL_EVERY_MS: u64 = 1_000;

/// What a stream carries.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Format {
    pub encoding: Encoding,
    pub sample_rate_hz: u32,
    pub channels: usize,
    /// Whether guesses are wanted.
    pub partials: bool,
}

/// What is told while a stream runs.
#[derive(Debug, Clone, PartialEq)]
pub struct Update {
    /// Number of the segment in the stream; guesses and the final text share it.
    pub index: u32,
    pub is_final: bool,
    pub piece: Piece,
    /// Leading bytes of the text that two guesses agree on; all of it when final.
    pub stable_bytes: usize,
}

/// How a stream ended, and all that was understood until then.
#[derive(Debug)]
pub struct Outcome {
    pub pieces: Vec<Piece>,
    /// Whether voices that share a channel were told apart.
    pub separation: Separation,
    pub duration_ms: u64,
    pub end: End,
}

/// Why a stream ended.
#[derive(Debug, Clone)]
pub enum End {
    /// The sender closed it.
    Complete,
    /// The sender went away, or the service is stopping.
    BrokenOff,
    /// The sender sent something that is no audio.
    Invalid(&'static str),
    /// It passed the longest duration.
    TooLong,
    /// Speech could not be recognised any more.
    Failed(SpeechError),
}

/// Runs a stream to its end. `audio` is encoded as the format says; an `Err` in it says why it ends before its time.
pub async fn run(
    format: Format,
    engine: Arc<dyn SpeechEngine>,
    listening: Listening,
    audio: impl Stream<Item = Result<Bytes, End>>,
    updates: mpsc::Sender<Update>,
) -> Outcome {
    let Listening { separation, listeners } = listening;
    let mut stream = match Live::new(format, engine, listeners, updates) {
        Ok(stream) => stream,
        Err(error) => return Outcome { pieces: Vec::new(), separation, duration_ms: 0, end: End::Failed(error) },
    };
    let end = stream.read(audio).await;
    let end = match stream.drain().await {
        // What ended the stream first is what its sender needs to know.
        Err(error) if matches!(end, End::Complete) => End::Failed(error),
        _ => end,
    };
    let separation = stream.conclude().unwrap_or(separation);
    Outcome { duration_ms: stream.position_ms(), pieces: stream.pieces, separation, end }
}

type Final = BoxFuture<'static, (u32, Result<Vec<Piece>, EngineError>)>;
type Partial = BoxFuture<'static, (u32, usize, u64, Result<Recognition, EngineError>)>;

struct Live {
    format: Format,
    decoder: WireDecoder,
    /// Samples of the message that was heard last, kept for their room.
    planes: Vec<Vec<f32>>,
    engine: Arc<dyn SpeechEngine>,
    updates: mpsc::Sender<Update>,
    channels: Vec<Channel>,
    next_index: u32,
    finals: FuturesOrdered<Final>,
    partials: FuturesUnordered<Partial>,
    pieces: Vec<Piece>,
    frames: u64,
}

struct Channel {
    resampler: Resampler,
    segmenter: Segmenter,
    /// Tells voices apart, where several share the channel.
    listener: Option<Listener>,
    /// The segment being spoken.
    current: Option<Spoken>,
}

struct Spoken {
    index: u32,
    start_ms: u64,
    guessed_at_ms: u64,
    guessing: bool,
    prefix: StablePrefix,
}

impl Live {
    fn new(
        format: Format,
        engine: Arc<dyn SpeechEngine>,
        listeners: Vec<Option<Listener>>,
        updates: mpsc::Sender<Update>,
    ) -> Result<Self, SpeechError> {
        let mut listeners = listeners.into_iter();
        let channel = |_| {
            let listener = listeners.next().flatten();
            let resampler = Resampler::new(format.sample_rate_hz)?;
            Ok(Channel { resampler, segmenter: Segmenter::default(), listener, current: None })
        };
        Ok(Self {
            format,
            engine,
            updates,
            decoder: WireDecoder::new(format.encoding, format.sample_rate_hz, format.channels)?,
            planes: Vec::new(),
            channels: (0..format.channels).map(channel).collect::<Result<_, SpeechError>>()?,
            next_index: 0,
            finals: FuturesOrdered::new(),
            partials: FuturesUnordered::new(),
            pieces: Vec::new(),
            frames: 0,
        })
    }

    fn position_ms(&self) -> u64 {
        self.frames * 1000 / u64::from(self.format.sample_rate_hz)
    }

    async fn read(&mut self, audio: impl Stream<Item = Result<Bytes, End>>) -> End {
        let mut audio = std::pin::pin!(audio);
        loop {
            tokio::select! {
                biased;
                Some((index, result)) = self.finals.next(), if !self.finals.is_empty() => {
                    if let Err(error) = self.finished(index, result).await {
                        return End::Failed(error);
                    }
                }
                Some(guess) = self.partials.next(), if !self.partials.is_empty() => self.guessed(guess).await,
                message = audio.next(), if self.finals.len() < MAX_WAITING => match message {
                    Some(Ok(bytes)) => {
                        if let Some(end) = self.hear(&bytes) {
                            return end;
                        }
                    }
                    Some(Err(end)) => return end,
                    None => return End::Complete,
                },
            }
        }
    }

    /// Takes audio in. Returns why the stream has to end, if it has.
    fn hear(&mut self, bytes: &[u8]) -> Option<End> {
        let mut planes = std::mem::take(&mut self.planes);
        if let Err(problem) = self.decoder.decode(bytes, &mut planes) {
            return Some(End::Invalid(problem));
        }
        self.frames += planes.first().map_or(0, Vec::len) as u64;
        for (channel, plane) in planes.iter().enumerate() {
            if let Err(error) = self.hear_channel(channel, plane, false) {
                return Some(End::Failed(error));
            }
            if self.format.partials {
                self.guess(channel);
            }
        }
        self.planes = planes;
        (self.position_ms() > MAX_DURATION_MS).then_some(End::TooLong)
    }

    fn hear_channel(&mut self, channel: usize, plane: &[f32], last: bool) -> Result<(), SpeechError> {
        let Some(state) = self.channels.get_mut(channel) else { return Ok(()) };
        let (mut samples, mut events) = (Vec::new(), Vec::new());
        state.resampler.push(plane, &mut samples)?;
        if last {
            state.resampler.finish(&mut samples)?;
        }
        state.segmenter.push(&samples, &mut events);
        if last {
            state.segmenter.finish(&mut events);
        }
        for event in events {
            self.on_event(channel, event);
        }
        Ok(())
    }

    fn on_event(&mut self, channel: usize, event: Event) {
        let Some(state) = self.channels.get_mut(channel) else { return };
        match event {
            Event::Started { start_ms } => {
                state.current = Some(Spoken::new(self.next_index, start_ms));
                self.next_index += 1;
            }
            Event::Ended(segment) => {
                let index = state.current.take().map_or(self.next_index, |spoken| spoken.index);
                self.next_index = self.next_index.max(index + 1);
                // After a forced cut the next segment runs already.
                if state.segmenter.current().is_some() {
                    state.current = Some(Spoken::new(self.next_index, segment.end_ms));
                    self.next_index += 1;
                }
                let parts = match &mut state.listener {
                    Some(listener) => listener.hear(segment).boxed(),
                    None => async { vec![(segment, None)] }.boxed(),
                };
                self.finals.push_back(finish(Arc::clone(&self.engine), index, channel, parts));
            }
        }
    }

    /// Has the segment being spoken recognised, if it has grown enough and nothing is under way.
    fn guess(&mut self, channel: usize) {
        let Some(state) = self.channels.get_mut(channel) else { return };
        let (Some(spoken), Some(samples)) = (&mut state.current, state.segmenter.current()) else { return };
        let now_ms = state.segmenter.position_ms();
        if spoken.guessing || now_ms < spoken.guessed_at_ms + PARTIAL_EVERY_MS {
            return;
        }
        // Finals that wait for their voices come first.
        if state.listener.as_ref().is_some_and(Listener::is_behind) {
            return;
        }
        spoken.guessing = true;
        spoken.guessed_at_ms = now_ms;
        let (engine, index) = (Arc::clone(&self.engine), spoken.index);
        let request = Request::new(samples, Urgency::Partial);
        let work = async move { (index, channel, now_ms, engine.recognise(request).await) };
        self.partials.push(work.boxed());
    }

    async fn guessed(&mut self, (index, channel, end_ms, result): (u32, usize, u64, Result<Recognition, EngineError>)) {
        let current = self.channels.get_mut(channel).and_then(|state| state.current.as_mut());
        // The segment may have ended meanwhile: its final text comes, the guess is stale.
        let Some(spoken) = current.filter(|spoken| spoken.index == index) else { return };
        spoken.guessing = false;
        let Ok(recognition) = result else { return };
        let stable_bytes = spoken.prefix.next(&recognition.text);
        // Words of a guess still move; only those of finals are told.
        let recognition = Recognition { words: Vec::new(), ..recognition };
        let span = (spoken.start_ms, end_ms);
        let piece = Piece::heard(channel, span, span.0..span.1, recognition);
        self.tell(Update { index, is_final: false, piece, stable_bytes }).await;
    }

    /// A segment in which the voice changed is several from then on; the first keeps the number.
    async fn finished(&mut self, index: u32, result: Result<Vec<Piece>, EngineError>) -> Result<(), SpeechError> {
        for (part, piece) in result?.into_iter().enumerate() {
            let index = if part == 0 {
                index
            } else {
                self.next_index += 1;
                self.next_index - 1
            };
            let stable_bytes = piece.text.len();
            if !piece.text.is_empty() {
                self.pieces.push(piece.clone());
            }
            self.tell(Update { index, is_final: true, piece, stable_bytes }).await;
        }
        Ok(())
    }

    /// Who spoke, now that all voices were heard. Returns why voices were not told apart after all, if so.
    fn conclude(&mut self) -> Option<Separation> {
        let Self { channels, pieces, .. } = self;
        let listeners = channels.iter().filter_map(|channel| channel.listener.as_ref());
        listeners.filter_map(|listener| listener.conclude(pieces)).last()
    }

    /// Somebody who stopped listening loses updates but not the transcript; who listens slowly, guesses first.
    async fn tell(&mut self, update: Update) {
        if update.is_final {
            let _ = self.updates.send(update).await;
        } else {
            let _ = self.updates.try_send(update);
        }
    }

    /// Recognises what is left.
    async fn drain(&mut self) -> Result<(), SpeechError> {
        self.partials.clear();
        for channel in 0..self.channels.len() {
            self.hear_channel(channel, &[], true)?;
        }
        // What comes after a segment that failed was heard all the same.
        let mut failed = Ok(());
        while let Some((index, result)) = self.finals.next().await {
            failed = failed.and(self.finished(index, result).await);
        }
        failed
    }
}

impl Spoken {
    fn new(index: u32, start_ms: u64) -> Self {
        Self { index, start_ms, guessed_at_ms: start_ms, guessing: false, prefix: StablePrefix::default() }
    }
}

fn finish(
    engine: Arc<dyn SpeechEngine>,
    index: u32,
    channel: usize,
    parts: BoxFuture<'static, Vec<HeardPart>>,
) -> Final {
    async move {
        let recognised = parts.await.into_iter().map(|part| recognise(engine.as_ref(), channel, part));
        (index, futures::future::try_join_all(recognised).await)
    }
    .boxed()
}

async fn recognise(
    engine: &dyn SpeechEngine,
    channel: usize,
    (segment, heard): HeardPart,
) -> Result<Piece, EngineError> {
    let sound_ms = segment.sound_ms();
    let Segment { start_ms, end_ms, lead_ms: _, samples, voice } = segment;
    let recognition = engine.recognise(Request::new(samples, Urgency::Live)).await?;
    let unintelligible = guard::is_unintelligible(&recognition.text, voice);
    Ok(Piece { unintelligible, voice: heard, ..Piece::heard(channel, (start_ms, end_ms), sound_ms, recognition) })
}
