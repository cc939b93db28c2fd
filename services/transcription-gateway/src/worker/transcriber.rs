//! Transcribes stored recordings, each once, whatever happens to the process that is at it.

use std::sync::Arc;
use std::time::Duration;

use sea_orm::ActiveValue::Set;
use throughline_events::Outbox;
use throughline_objects::{Error as StoreError, Stored};
use throughline_rpc::{Clock, Ids, Reason, trace};
use throughline_store::{Db, Result, Transaction};
use tokio::sync::{Notify, watch};
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;
use tracing::Instrument as _;

use crate::audio::{AudioError, Inspection, SILENCED_CODEC};
use crate::config::RecordingsConfig;
use crate::consent::ConsentGate;
use crate::domain::engine::Mode;
use crate::domain::state::CallState;
use crate::domain::transcript::Separation;
use crate::engine::router::Router;
use crate::engine::{EngineError, SpeechEngine};
use crate::finalize::finalize;
use crate::recordings::{Recording, Recordings};
use crate::speech::{SpeechError, recording};
use crate::store::entity::work::{Kind, Model};
use crate::store::row::{self, StoredCall};
use crate::store::work::{CallKey, Counts, Lease};
use crate::store::{calls, work};
use crate::voices::{self, Separated, Voices};
use crate::words::{self, Preparation, Prepared};
use crate::worker::muting::{self, Target};

/// A recording that could not be transcribed this often is given up: it may be what breaks the process.
const MAX_ATTEMPTS: i32 = 4;
/// Wait before another try; times the number of tries.
const BACKOFF: chrono::Duration = chrono::Duration::seconds(2);
/// Rounds to let pass before another look at a recording whose store does not answer.
const STORE_AWAY_ROUNDS: i32 = 8;
/// The same, in times that the try took; at most `recordings.engine_max_backoff`.
const STORE_AWAY_TRIES: i32 = 4;
/// How often progress is written down.
const PROGRESS_EVERY: Duration = Duration::from_secs(1);

/// What the worker needs.
#[derive(Clone)]
pub struct Transcriber {
    pub db: Db,
    pub outbox: Outbox,
    pub recordings: Recordings,
    pub engines: Arc<Router>,
    pub voices: Arc<Voices>,
    pub consent: ConsentGate,
    pub clock: Clock,
    pub config: RecordingsConfig,
    /// Told when a recording was taken in here.
    pub wake: Arc<Notify>,
    ids: Ids,
    owner: String,
}

/// How a try ended, other than with a transcript.
enum Outcome {
    Done(Box<Done>),
    /// The service is stopping: taken up again at the next start.
    Stopped,
    /// The lease was lost: another replica is at it.
    Lost,
    Failed(SpeechError),
}

/// A recording that was transcribed.
struct Done {
    inspection: Inspection,
    prepared: Prepared,
    /// The recording once more, silent where something was taken out; `None` where nothing was.
    silenced: Option<Stored>,
}

impl Transcriber {
    /// A worker; `ids` give it a name among the replicas.
    pub fn new(
        (db, outbox): (Db, Outbox),
        recordings: Recordings,
        (engines, voices): (Arc<Router>, Arc<Voices>),
        consent: ConsentGate,
        clock: Clock,
        config: RecordingsConfig,
        ids: &Ids,
    ) -> Self {
        let (wake, owner) = (Arc::new(Notify::new()), ids.next().to_string());
        Self { db, outbox, recordings, engines, voices, consent, clock, config, wake, ids: ids.clone(), owner }
    }

    /// Works until `shutdown`; then stops what is under way and gives it back.
    pub async fn run(self, shutdown: CancellationToken) {
        let mut running = JoinSet::new();
        loop {
            if let Err(error) = self.end_abandoned_streams().await {
                tracing::warn!(%error, "live streams that broke off are looked at again later");
            }
            while running.len() < self.config.at_once {
                match self.claim(Kind::Recording).await {
                    Ok(Some(claimed)) => {
                        running.spawn(self.clone().work(claimed, shutdown.child_token()));
                    }
                    Ok(None) => break,
                    Err(error) => {
                        tracing::warn!(%error, "no recording could be taken up; trying again");
                        break;
                    }
                }
            }
            tokio::select! {
                () = shutdown.cancelled() => break,
                () = self.wake.notified() => {}
                Some(_) = running.join_next(), if !running.is_empty() => {}
                () = tokio::time::sleep(self.config.poll_interval) => {}
            }
        }
        while running.join_next().await.is_some() {}
    }

    fn lease(&self) -> Lease {
        let now = self.clock.now();
        Lease { owner: self.owner.clone(), now, until: now + self.config.lease }
    }

    async fn claim(&self, kind: Kind) -> Result<Option<Model>> {
        let tx = self.db.begin().await?;
        let claimed = work::claim(&tx, kind, &self.lease()).await?;
        tx.commit().await?;
        Ok(claimed)
    }

    async fn work(self, claimed: Model, stop: CancellationToken) {
        let key = CallKey { workspace: claimed.workspace, call: claimed.call };
        let span = tracing::info_span!(
            "transcribe",
            otel.name = "transcribe recording",
            call = %key.call,
            throughline.service = crate::app::NAME,
        );
        trace::continue_from(&span, &claimed.traceparent);
        let tries = Tries { attempt: claimed.attempts, waits: claimed.waits };
        async {
            if let Err(error) = self.attempt(&key, tries, stop).await {
                // The lease runs out and the work is taken up again, here or elsewhere.
                tracing::warn!(%error, call = %key.call, "transcription could not be written down");
            }
        }
        .instrument(span)
        .await;
    }

    async fn attempt(&self, key: &CallKey, tries: Tries, stop: CancellationToken) -> Result<()> {
        let Tries { attempt, waits } = tries;
        let Some(call) = self.begin(key).await? else { return Ok(()) };
        if attempt > MAX_ATTEMPTS {
            return self.fail(key, &format!("transcription was given up after {MAX_ATTEMPTS} tries")).await;
        }
        let began = self.clock.now();
        match self.transcribe(&call, key, stop).await? {
            Outcome::Done(done) => self.complete(key, *done).await,
            Outcome::Lost => Ok(()),
            Outcome::Stopped => self.give_back(key, self.clock.now(), Counts::Nothing, None).await,
            Outcome::Failed(SpeechError::Engine(error)) if can_be_waited_for(&error) => {
                self.wait(key, waits, &error).await
            }
            // No try at all: the recording is whatever it was, once it can be read again.
            Outcome::Failed(SpeechError::Audio(AudioError::Away(error))) => {
                tracing::warn!(error, call = %key.call, "a recording can't be read or written and is tried again");
                let round = chrono::Duration::from_std(self.config.poll_interval).unwrap_or(BACKOFF);
                let why = "waits for the store of recordings".to_owned();
                // A copy that could not be written came after all of the work: it must not be done all the time.
                let now = self.clock.now();
                let most = chrono::Duration::from_std(self.config.engine_max_backoff).unwrap_or(BACKOFF);
                let due_at = now + (round * STORE_AWAY_ROUNDS).max(((now - began) * STORE_AWAY_TRIES).min(most));
                self.give_back(key, due_at, Counts::Nothing, Some(why)).await
            }
            Outcome::Failed(error) if is_worth_another_try(&error) && attempt < MAX_ATTEMPTS => {
                tracing::warn!(%error, call = %key.call, attempt, "transcription failed and is tried again");
                self.give_back(key, self.clock.now() + BACKOFF * attempt, Counts::Try, None).await
            }
            Outcome::Failed(SpeechError::Engine(error)) => {
                tracing::warn!(%error, call = %key.call, "a recording can't be recognised");
                self.fail(key, &error.for_callers()).await
            }
            Outcome::Failed(error) => self.fail(key, &error.to_string()).await,
        }
    }

    /// Marks the call. `None`, and the work gone, if there is nothing to transcribe.
    async fn begin(&self, key: &CallKey) -> Result<Option<StoredCall>> {
        let tx = self.db.begin().await?;
        let found = calls::find_for_update(&tx, &key.workspace, &key.call).await?;
        let Some(call) = found.filter(|call| call.row.recording_key.is_some()) else {
            work::finish(&tx, key, &self.owner).await?;
            tx.commit().await?;
            return Ok(None);
        };
        let mut change = calls::change(&call);
        change.state = Set(CallState::Transcribing.as_str().to_owned());
        change.failure = Set(String::new());
        change.processed_ms = Set(0);
        let call = calls::update(&tx, change).await?;
        tx.commit().await?;
        Ok(Some(call))
    }

    async fn transcribe(&self, call: &StoredCall, key: &CallKey, stop: CancellationToken) -> Result<Outcome> {
        let stored = call.row.recording_key.as_deref().unwrap_or_default();
        // Decoding threads notice when nobody waits for them any more.
        let cancel = stop.child_token();
        let _cancel_on_return = cancel.clone().drop_guard();
        let (progress, seen) = watch::channel(0);
        let ask = Preparation::of(&self.db, call).await?.ask(&key.workspace, Mode::Batch);
        let working = async {
            let opened = self.recordings.recording(stored).await;
            let sound = opened.map_err(unreadable)?;
            let inspection = recording::examine(&sound, &cancel).await?;
            let people = &call.details.participants;
            let told = |ms| {
                progress.send_replace(ms);
            };
            let engine: Arc<dyn SpeechEngine> = self.engines.session(ask);
            let separated = self.separate(call, &sound, &inspection, &cancel).await?;
            let draft = recording::transcribe(&sound, &inspection, people, separated, &engine, &cancel, told).await?;
            let prepared = match words::prepare(&self.db, call, draft).await {
                Ok(prepared) => prepared,
                Err(error) => return Ok(Err(error)),
            };
            let silenced = self.silenced(key, &sound, &inspection, &prepared).await?;
            Ok(Ok(Done { inspection, prepared, silenced }))
        };
        let outcome = tokio::select! {
            () = self.keep_lease(key, seen) => Outcome::Lost,
            result = working => match result {
                Ok(done) => Outcome::Done(Box::new(done?)),
                Err(SpeechError::Cancelled | SpeechError::Engine(EngineError::Stopped)) => Outcome::Stopped,
                Err(error) => Outcome::Failed(error),
            },
            () = stop.cancelled() => Outcome::Stopped,
        };
        Ok(outcome)
    }

    /// Who speaks when on the channels that several share, if the workspace wants to know.
    async fn separate(
        &self,
        call: &StoredCall,
        sound: &Recording,
        inspection: &Inspection,
        cancel: &CancellationToken,
    ) -> std::result::Result<Separated, SpeechError> {
        let people = &call.details.participants;
        if voices::shared(people, inspection).is_empty() {
            return Ok(Separated { separation: Separation::NotNeeded, ..Separated::default() });
        }
        match self.voices.of(&self.db, &call.workspace, people, self.clock.now()).await {
            Ok(known) => voices::separate(known, sound, inspection, people, cancel).await,
            Err(error) => {
                tracing::warn!(%error, call = %call.id, "it can't be looked up how voices are told apart");
                Ok(Separated { separation: Separation::Failed, ..Separated::default() })
            }
        }
    }

    /// The recording once more, silent where the transcript had something taken out of it.
    async fn silenced(
        &self,
        key: &CallKey,
        sound: &Recording,
        inspection: &Inspection,
        prepared: &Prepared,
    ) -> std::result::Result<Option<Stored>, SpeechError> {
        let stretches = prepared.muted_ms();
        if stretches.is_empty() {
            return Ok(None);
        }
        let id = self.ids.next().to_string();
        let target = Target { workspace: &key.workspace, call: &key.call, id: &id };
        muting::silenced(&self.recordings, sound, inspection, stretches, target).await.map(Some)
    }

    /// Prolongs the lease and writes progress down. Returns when the lease is lost.
    async fn keep_lease(&self, key: &CallKey, progress: watch::Receiver<u64>) {
        let mut written = 0;
        loop {
            tokio::time::sleep(PROGRESS_EVERY.min(self.config.lease / 3)).await;
            let done_ms = *progress.borrow();
            match self.renew(key, (done_ms != written).then_some(done_ms)).await {
                Ok(true) => written = done_ms,
                Ok(false) => return,
                Err(error) => tracing::warn!(%error, "progress could not be written down"),
            }
        }
    }

    async fn renew(&self, key: &CallKey, done_ms: Option<u64>) -> Result<bool> {
        let tx = self.db.begin().await?;
        if !work::renew(&tx, key, &self.lease()).await? {
            return Ok(false);
        }
        if let Some(done_ms) = done_ms {
            calls::set_processed(&tx, &key.workspace, &key.call, row::ms(done_ms)?).await?;
        }
        tx.commit().await?;
        Ok(true)
    }

    /// Ends the work in a transaction, if it is still ours.
    async fn end(&self, key: &CallKey) -> Result<Option<(Transaction, StoredCall)>> {
        let tx = self.db.begin().await?;
        if !work::finish(&tx, key, &self.owner).await? {
            return Ok(None);
        }
        Ok(calls::find_for_update(&tx, &key.workspace, &key.call).await?.map(|call| (tx, call)))
    }

    async fn complete(&self, key: &CallKey, done: Done) -> Result<()> {
        let Done { inspection, prepared, mut silenced } = done;
        let Some((tx, call)) = self.end(key).await? else { return Ok(()) };
        match self.consent.require(&tx, &call).await {
            Ok(()) => {}
            Err(error) if error.reason() == Reason::ConsentMissing => {
                calls::without_transcript(&tx, &call, CallState::Failed, error.message()).await?;
                return tx.commit().await;
            }
            Err(error) => return Err(throughline_store::Error::internal(error)),
        }
        let mut change = calls::change(&call);
        change.recording_ms = Set(row::ms(inspection.duration_ms)?);
        change.processed_ms = Set(row::ms(inspection.duration_ms)?);
        if let Some(copy) = &silenced {
            change.recording_key = Set(Some(copy.key.clone()));
            change.sealed_with = Set(copy.sealed_with.clone().unwrap_or_default());
            change.codec = Set(SILENCED_CODEC.to_owned());
            change.size_bytes = Set(i64::try_from(copy.bytes).map_err(throughline_store::Error::internal)?);
            change.sha256 = Set(copy.sha256.clone());
        }
        finalize(&tx, &self.outbox, &call, &prepared, change, self.clock.now()).await?;
        // Before the commit, as with an upload: one whose answer is lost may have been made all the same.
        silenced.iter_mut().for_each(Stored::keep);
        tx.commit().await?;
        if let (Some(_), Some(original)) = (silenced, &call.row.recording_key) {
            // What can't be removed now no call names any more: it can't be played and is swept.
            self.recordings.remove(original).await;
        }
        Ok(())
    }

    async fn fail(&self, key: &CallKey, why: &str) -> Result<()> {
        let Some((tx, call)) = self.end(key).await? else { return Ok(()) };
        tracing::info!(call = %key.call, why, "a recording has no transcript");
        calls::without_transcript(&tx, &call, CallState::Failed, why).await?;
        tx.commit().await
    }

    /// Puts a recording off because no engine can be had for it, or gives it up.
    async fn wait(&self, key: &CallKey, waits: i32, error: &EngineError) -> Result<()> {
        let RecordingsConfig { engine_tries, engine_backoff, engine_max_backoff, .. } = &self.config;
        let waited = u32::try_from(waits).unwrap_or(0).saturating_add(1);
        let why = error.for_callers();
        if waited >= *engine_tries {
            return self.fail(key, &format!("no speech engine could be had in {engine_tries} tries: {why}")).await;
        }
        let doubled =
            engine_backoff.saturating_mul(1_u32.checked_shl(waits.unsigned_abs().min(30)).unwrap_or(u32::MAX));
        let wait = doubled.max(error.retry_after().unwrap_or_default()).min(*engine_max_backoff);
        tracing::warn!(%error, call = %key.call, waited, ?wait, "no speech engine can be had; the recording waits");
        let due_at = self.clock.now() + wait;
        self.give_back(key, due_at, Counts::Wait, Some(format!("waits for a speech engine: {why}"))).await
    }

    /// `why` is shown in the call until it goes on.
    async fn give_back(
        &self,
        key: &CallKey,
        due_at: chrono::DateTime<chrono::Utc>,
        counts: Counts,
        why: Option<String>,
    ) -> Result<()> {
        let tx = self.db.begin().await?;
        if !work::release(&tx, key, &self.owner, due_at, counts).await? {
            return Ok(());
        }
        if let Some(call) = calls::find_for_update(&tx, &key.workspace, &key.call).await? {
            let mut change = calls::change(&call);
            change.state = Set(CallState::Uploaded.as_str().to_owned());
            if let Some(why) = why {
                change.failure = Set(why);
            }
            calls::update(&tx, change).await?;
        }
        tx.commit().await
    }

    /// Streams whose process died: their calls must not wait for them for ever.
    async fn end_abandoned_streams(&self) -> Result<()> {
        while let Some(abandoned) = self.claim(Kind::Live).await? {
            let key = CallKey { workspace: abandoned.workspace, call: abandoned.call };
            let Some((tx, call)) = self.end(&key).await? else { continue };
            let why = "the live stream was lost when the service ended unexpectedly";
            calls::without_transcript(&tx, &call, call.state_without_work(), why).await?;
            tx.commit().await?;
        }
        Ok(())
    }
}

/// How often a recording was taken up before.
#[derive(Clone, Copy)]
struct Tries {
    attempt: i32,
    waits: i32,
}

/// Whether somebody, or time, may put right what keeps a recording from its engine.
fn can_be_waited_for(error: &EngineError) -> bool {
    match error {
        EngineError::Missing(_)
        | EngineError::Busy { .. }
        | EngineError::Unavailable { .. }
        | EngineError::Rejected(_)
        | EngineError::Unserved(_) => true,
        // It may be the recording that breaks it.
        EngineError::Failed(_) | EngineError::Stopped => false,
    }
}

fn unreadable(error: StoreError) -> AudioError {
    match error {
        // Somebody may put rights or key back: the recording itself is well.
        StoreError::Unavailable(_) | StoreError::Denied(_) | StoreError::KeyMissing(_) => {
            AudioError::Away(error.to_string())
        }
        _ => AudioError::Io(error.to_string()),
    }
}

fn is_worth_another_try(error: &SpeechError) -> bool {
    error.is_transient()
        || matches!(error, SpeechError::Engine(EngineError::Failed(_)) | SpeechError::Audio(AudioError::Io(_)))
}
