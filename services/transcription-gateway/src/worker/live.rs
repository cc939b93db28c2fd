//! A live call from its first sound to its transcript.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use bytes::Bytes;
use chrono::{DateTime, Utc};
use futures::{Stream, StreamExt as _};
use sea_orm::ActiveValue::Set;
use throughline_events::Outbox;
use throughline_rpc::{Clock, Error, Reason, name};
use throughline_store::{Db, Transaction};
use tokio::sync::mpsc;
use tokio::sync::mpsc::error::SendTimeoutError;
use tokio_util::sync::CancellationToken;

use crate::consent::{self, ConsentGate};
use crate::domain::attribution::Channels;
use crate::domain::call::Participant;
use crate::domain::consent::is_taken_back;
use crate::domain::duration::clock;
use crate::domain::engine::Mode;
use crate::domain::resume;
use crate::domain::state::CallState;
use crate::domain::transcript::{Draft, Punctuation, Separation, Source};
use crate::engine::SpeechEngine;
use crate::engine::router::Router;
use crate::finalize::finalize;
use crate::grpc::errors::speech_error;
use crate::speech::live::{self, End, Format, Outcome, Update};
use crate::speech::{Piece, SpeechError, language, turns};
use crate::store::row::StoredCall;
use crate::store::work::{CallKey, Lease};
use crate::store::{calls, row, transcripts, work};
use crate::voices::{self, Listening, Voices};
use crate::words::live::LiveRedaction;
use crate::words::{self, Preparation, Prepared};

/// How long a stream's process may be silent before its call is taken to be lost.
const LEASE: Duration = Duration::from_secs(60);
/// How soon a stream notices that it was ended elsewhere.
const LOOK_EVERY: Duration = Duration::from_secs(1);
/// Wait before what was heard is written once more, at first and at most.
const FIRST_WAIT: Duration = Duration::from_millis(100);
const LONGEST_WAIT: Duration = Duration::from_secs(5);
const GONE: &str = "the call of a live stream is gone";
/// Updates between recognition and the connection.
const UPDATES_AHEAD: usize = 32;

/// What a live call needs.
#[derive(Clone)]
pub struct LiveCalls {
    pub db: Db,
    pub outbox: Outbox,
    pub engines: Arc<Router>,
    pub voices: Arc<Voices>,
    pub consent: ConsentGate,
    pub clock: Clock,
    pub owner: String,
    pub idle_timeout: Duration,
    /// A caller that takes no answer for this long is ended.
    pub slow_timeout: Duration,
    /// Cancelled when the service drains.
    pub shutdown: CancellationToken,
    /// To end streams whose consent was taken back.
    pub stops: Stops,
}

/// The live streams of this process, so that one can be stopped at once.
#[derive(Clone, Debug, Default)]
pub struct Stops(Arc<Mutex<HashMap<CallKey, CancellationToken>>>);

impl Stops {
    fn begin(&self, key: &CallKey) -> CancellationToken {
        let stop = CancellationToken::new();
        self.0.lock().unwrap_or_else(PoisonError::into_inner).insert(key.clone(), stop.clone());
        stop
    }

    fn end(&self, key: &CallKey) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).remove(key);
    }

    /// Ends the stream of a call, if it runs here: nothing of it is kept.
    pub fn stop(&self, key: &CallKey) {
        if let Some(stop) = self.0.lock().unwrap_or_else(PoisonError::into_inner).get(key) {
            stop.cancel();
        }
    }
}

/// A stream whose call is marked live.
pub struct Begun {
    pub channels: Channels,
    pub participants: Vec<Participant>,
    /// Since when it goes on with a call that broke off; `None` for a stream of its own.
    pub resumes_at: Option<DateTime<Utc>>,
}

/// What is sent to whoever streams.
#[derive(Debug)]
pub enum Answer {
    Update(Box<Update>),
    /// The number of the transcript; the last answer.
    Transcript(i32),
}

impl LiveCalls {
    /// A lease on a stream from now on.
    pub fn lease(&self) -> Lease {
        let now = self.clock.now();
        Lease { owner: self.owner.clone(), now, until: now + LEASE }
    }

    /// Runs a stream whose call is marked live, to its end, and writes the transcript. The last answer is the
    /// transcript or an error.
    pub async fn run(
        self,
        key: CallKey,
        format: Format,
        Begun { channels, participants, resumes_at }: Begun,
        audio: impl Stream<Item = Result<Bytes, End>> + Send,
        answers: mpsc::Sender<Result<Answer, Error>>,
    ) {
        // First, while there is room: how the stream ends is told even to whoever takes nothing.
        let last = answers.clone().reserve_owned().await;
        let (updates, heard) = mpsc::channel(UPDATES_AHEAD);
        let enough = self.shutdown.child_token();
        let audio = ending(audio, self.idle_timeout, enough.clone());
        let preparation = self.preparation(&key).await;
        let engine: Arc<dyn SpeechEngine> = self.engines.session(preparation.ask(&key.workspace, Mode::Live));
        let mut redaction = LiveRedaction::new(preparation);
        let show = |update| Some(Ok(Answer::Update(Box::new(redaction.show(update)))));
        let forward = forward(heard, &answers, show, (self.slow_timeout, &enough));
        let stop = self.stops.begin(&key);
        let listening = self.listening(&key, &participants, format.channels).await;
        let hearing = live::run(format, Arc::clone(&engine), listening, audio, updates);
        let outcome = tokio::select! {
            (outcome, ()) = async { tokio::join!(hearing, forward) } => Some(outcome),
            () = self.keep_lease(&key) => None,
            () = stop.cancelled() => None,
        };
        self.stops.end(&key);
        let answer = match outcome {
            Some(outcome) => {
                let slow = enough.is_cancelled();
                self.conclude(&key, engine.as_ref(), outcome, (&channels, resumes_at, slow)).await
            }
            None => Err(self.lost(&key).await),
        };
        if let Ok(last) = last {
            last.send(answer);
        }
    }

    /// What is hidden in what is sent. Where the settings can't be read, everything that might have to be.
    async fn preparation(&self, key: &CallKey) -> Preparation {
        let read = async || -> throughline_store::Result<Option<Preparation>> {
            match calls::find(self.db.conn(), &key.workspace, &key.call).await? {
                Some(call) => Preparation::of(&self.db, &call).await.map(Some),
                None => Ok(None),
            }
        };
        match read().await {
            Ok(found) => found.unwrap_or_else(Preparation::cautious),
            Err(error) => {
                tracing::warn!(%error, "the settings of a live call can't be read: all that might be redacted is hidden");
                Preparation::cautious()
            }
        }
    }

    /// What shared channels are listened to with; without it, a stream is transcribed all the same.
    async fn listening(&self, key: &CallKey, participants: &[Participant], channels: usize) -> Listening {
        if !voices::is_shared(participants, channels) {
            return Listening { separation: Separation::NotNeeded, listeners: Vec::new() };
        }
        match self.voices.of(&self.db, &key.workspace, participants, self.clock.now()).await {
            Ok(known) => voices::listen(known, participants, channels),
            Err(error) => {
                tracing::warn!(%error, call = %key.call, "it can't be looked up how voices are told apart");
                Listening { separation: Separation::Failed, listeners: Vec::new() }
            }
        }
    }

    /// Prolongs the lease now and then, and looks every second whether it is still there: a consent may be taken back at
    /// another replica. Returns when it is gone.
    async fn keep_lease(&self, key: &CallKey) {
        let mut renewed = tokio::time::Instant::now();
        loop {
            tokio::time::sleep(LOOK_EVERY).await;
            let held = if renewed.elapsed() >= LEASE / 3 {
                renewed = tokio::time::Instant::now();
                self.renew(key).await
            } else {
                work::is_held(self.db.conn(), key, &self.owner).await
            };
            match held {
                Ok(true) => {}
                Ok(false) => return,
                Err(error) => tracing::warn!(%error, "the lease of a live stream could not be prolonged"),
            }
        }
    }

    /// Why a stream is not ours any more.
    async fn lost(&self, key: &CallKey) -> Error {
        let call = calls::find(self.db.conn(), &key.workspace, &key.call).await;
        let call = call.ok().flatten();
        let taken_back = call.as_ref().is_none_or(|call| is_taken_back(&call.details.consents));
        if taken_back {
            return consent::revoked(&name::CALL.format([&key.workspace, &key.call]));
        }
        match call.map(|call| call.state) {
            Some(CallState::Purged) => {
                Error::aborted(Reason::StateConflict, "the call was purged; what was heard is not kept")
            }
            _ => Error::aborted(Reason::StateConflict, "another replica took the call over"),
        }
    }

    async fn renew(&self, key: &CallKey) -> throughline_store::Result<bool> {
        let tx = self.db.begin().await?;
        let renewed = work::renew(&tx, key, &self.lease()).await?;
        tx.commit().await?;
        Ok(renewed)
    }

    /// Writes what was heard, however the stream ended. `slow`: its caller took no answers.
    async fn conclude(
        &self,
        key: &CallKey,
        engine: &dyn SpeechEngine,
        outcome: Outcome,
        (channels, resumes_at, slow): (&Channels, Option<DateTime<Utc>>, bool),
    ) -> Result<Answer, Error> {
        let Outcome { pieces, separation, duration_ms, end } = outcome;
        let broke_off_at = (!matches!(end, End::Complete)).then(|| self.clock.now());
        let error = self.error(&end, duration_ms, (pieces.is_empty(), slow));
        let failure = match &end {
            End::Complete if pieces.is_empty() => SpeechError::NoSpeech { duration_ms }.to_string(),
            End::Complete => String::new(),
            _ => format!("the live stream broke off at {}", clock(duration_ms)),
        };
        let draft = (!pieces.is_empty())
            .then(|| Draft { broke_off_at, ..draft(engine, (pieces, separation), duration_ms, channels) });
        // These words are nowhere else: trouble that may pass while the lease holds must not lose them.
        let (deadline, mut wait) = (tokio::time::Instant::now() + LEASE, FIRST_WAIT);
        let written = loop {
            match self.write(key, draft.clone(), resumes_at, &failure).await {
                Err(trouble) if is_of_storage(&trouble) && tokio::time::Instant::now() + wait < deadline => {
                    tracing::warn!(error = %trouble, call = %key.call, ?wait, "a live transcript is written again later");
                    tokio::time::sleep(wait).await;
                    wait = (wait * 2).min(LONGEST_WAIT);
                }
                other => break other?,
            }
        };
        match (written, error) {
            (Some(number), None) => Ok(Answer::Transcript(number)),
            (Some(number), Some(error)) => Err(error.with_metadata("transcript", number.to_string())),
            (None, error) => Err(error.unwrap_or_else(|| speech_error(&SpeechError::NoSpeech { duration_ms }))),
        }
    }

    /// Ends the work with the transcript of what was heard, and returns its number; with none where nothing was.
    async fn write(
        &self,
        key: &CallKey,
        draft: Option<Draft>,
        resumes_at: Option<DateTime<Utc>>,
        failure: &str,
    ) -> Result<Option<i32>, Error> {
        let prepared = match draft {
            None => None,
            Some(draft) => Some(self.prepare(key, draft).await?),
        };
        let tx = self.db.begin().await?;
        if !work::finish(&tx, key, &self.owner).await? {
            drop(tx);
            return Err(self.lost(key).await);
        }
        let Some(call) = calls::find_for_update(&tx, &key.workspace, &key.call).await? else {
            return Err(Error::internal(GONE));
        };
        let Some(prepared) = prepared else {
            calls::without_transcript(&tx, &call, call.state_without_work(), failure).await?;
            tx.commit().await?;
            return Ok(None);
        };
        // Somebody may have been added meanwhile, or the rule changed.
        if let Err(missing) = self.consent.require(&tx, &call).await {
            if missing.reason() == Reason::ConsentMissing {
                calls::without_transcript(&tx, &call, call.state_without_work(), missing.message()).await?;
                tx.commit().await?;
            }
            return Err(missing);
        }
        let prepared = match resumes_at {
            Some(at) => resuming(&tx, &call, prepared, at).await?,
            None => prepared,
        };
        let mut change = calls::change(&call);
        change.failure = Set(failure.to_owned());
        change.processed_ms = Set(row::ms(prepared.draft().duration_ms)?);
        let transcript = finalize(&tx, &self.outbox, &call, &prepared, change, self.clock.now()).await?;
        tx.commit().await?;
        Ok(Some(transcript.number))
    }

    async fn prepare(&self, key: &CallKey, draft: Draft) -> Result<Prepared, Error> {
        let found = calls::find(self.db.conn(), &key.workspace, &key.call).await?;
        let call = found.ok_or_else(|| Error::internal(GONE))?;
        Ok(words::prepare(&self.db, &call, draft).await?)
    }

    /// What the sender is told of a stream that did not end well.
    fn error(&self, end: &End, duration_ms: u64, (nothing_heard, slow): (bool, bool)) -> Option<Error> {
        let kept = if nothing_heard { "" } else { "; what was heard is in the transcript" };
        match end {
            End::Complete => None,
            End::BrokenOff if self.shutdown.is_cancelled() => {
                Some(Error::unavailable(Reason::Draining, format!("the service is stopping{kept}")))
            }
            End::BrokenOff if slow => Some(slow_caller(kept)),
            End::BrokenOff => {
                let message = format!("the stream broke off at {}{kept}", clock(duration_ms));
                Some(Error::new(tonic::Code::DeadlineExceeded, Reason::DeadlineExceeded, message))
            }
            End::Invalid(problem) => Some(Error::invalid_field("audio", *problem)),
            End::TooLong => {
                let message = format!("a stream may last 4 hours{kept}");
                Some(Error::resource_exhausted(Reason::LimitExceeded, message, None).with_metadata("limit", "4h"))
            }
            End::Failed(error) => Some(speech_error(error)),
        }
    }
}

/// What was heard since `at`, with what the call broke off with before.
async fn resuming(
    tx: &Transaction,
    call: &StoredCall,
    prepared: Prepared,
    at: DateTime<Utc>,
) -> throughline_store::Result<Prepared> {
    let latest = transcripts::find(tx, &call.workspace, &call.id, call.row.transcript).await?;
    Ok(match latest.and_then(|(_, before)| Some((resume::offset_ms(&before, at)?, before))) {
        Some((offset_ms, before)) => prepared.resuming(before, offset_ms),
        None => prepared,
    })
}

/// The transcript of what was heard.
fn draft(
    engine: &dyn SpeechEngine,
    (pieces, separation): (Vec<Piece>, Separation),
    duration_ms: u64,
    channels: &Channels,
) -> Draft {
    let language = language(&pieces, engine);
    let engine = engine.name().into_owned();
    let turns = turns(pieces, channels);
    let punctuation = Punctuation::found_in(&turns);
    Draft { source: Source::Live, engine, language, punctuation, separation, turns, duration_ms, broke_off_at: None }
}

/// Whether it is the database that is busy, away or full.
fn is_of_storage(error: &Error) -> bool {
    matches!(error.reason(), Reason::StorageUnavailable | Reason::StorageFull)
}

/// What a caller is told that took no answers.
pub(crate) fn slow_caller(kept: &str) -> Error {
    let message = format!("nothing was taken from the stream for too long{kept}");
    Error::resource_exhausted(Reason::QueueFull, message, Some(Duration::from_secs(1)))
}

/// Passes on what is understood. Cancels `enough` when the caller has taken nothing for too long, which ends the audio:
/// a stream must not hold its room for somebody who does not read. Whoever hung up loses updates and no more.
pub(crate) async fn forward<T>(
    mut heard: mpsc::Receiver<Update>,
    answers: &mpsc::Sender<T>,
    mut show: impl FnMut(Update) -> Option<T>,
    (slow_timeout, enough): (Duration, &CancellationToken),
) {
    while let Some(update) = heard.recv().await {
        let Some(answer) = show(update) else { continue };
        if let Err(SendTimeoutError::Timeout(_)) = answers.send_timeout(answer, slow_timeout).await {
            enough.cancel();
            return;
        }
    }
}

/// The audio until it stays away too long, or `enough` is cancelled: when the service drains, say.
pub(crate) fn ending(
    audio: impl Stream<Item = Result<Bytes, End>> + Send,
    idle_timeout: Duration,
    enough: CancellationToken,
) -> impl Stream<Item = Result<Bytes, End>> + Send {
    let state = (Box::pin(audio), enough, false);
    futures::stream::unfold(state, move |(mut audio, enough, ended)| async move {
        if ended {
            return None;
        }
        let item = tokio::select! {
            next = tokio::time::timeout(idle_timeout, audio.next()) => match next {
                Ok(next) => next?,
                Err(_) => Err(End::BrokenOff),
            },
            () = enough.cancelled() => Err(End::BrokenOff),
        };
        let ended = item.is_err();
        Some((item, (audio, enough, ended)))
    })
}
