//! Evaluates transcripts, keeps what was found and tells of it, in one transaction.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use chrono::{DateTime, Utc};
use prost::Message as _;
use throughline_events::{Body, NewEvent, Outbox};
use throughline_proto::events::v1::EvaluationCompleted;
use throughline_proto::playbook::v1 as pb;
use throughline_rpc::{Clock, Error, Ids, Reason, name, timestamp};
use throughline_store::{Db, Idempotent, Transaction, inbox, lock, purged};
use tonic::Code;

use crate::clients::judge::Judge;
use crate::clients::{Gateway, Talk};
use crate::convert;
use crate::domain::call::{Call, Transcript};
use crate::domain::condition::Verdict;
use crate::domain::evaluate::Revision as Compiled;
use crate::domain::lint::lint;
use crate::learner::Learner;
use crate::settle::settle;
use crate::store::SCHEMA;
use crate::store::evaluations::{self, Row, Subject};
use crate::store::models;
use crate::store::revisions::{self, Revision};

/// Compiled revisions kept; all are dropped when there would be more.
const MAX_COMPILED: usize = 64;

/// A revision that a call is evaluated against.
#[derive(Clone, Debug)]
pub struct Against {
    /// Its name.
    pub revision: String,
    pub compiled: Arc<Compiled>,
}

/// See the module.
pub struct Assessor {
    db: Db,
    outbox: Outbox,
    gateway: Gateway,
    learner: Learner,
    judge: Option<Judge>,
    clock: Clock,
    ids: Ids,
    /// By workspace, playbook and number: a revision never changes.
    compiled: Mutex<HashMap<(String, String, i32), Arc<Compiled>>>,
}

impl Assessor {
    /// Reads from `gateway`, writes to `db`, tells through `outbox`.
    pub fn new(
        db: Db,
        outbox: Outbox,
        gateway: Gateway,
        learner: Learner,
        judge: Option<Judge>,
        clock: Clock,
        ids: Ids,
    ) -> Self {
        Self { db, outbox, gateway, learner, judge, clock, ids, compiled: Mutex::default() }
    }

    /// Lets go of what is kept in memory of calls. Other replicas hold no words either, only digests of them.
    pub fn forget(&self) {
        self.learner.forget();
        if let Some(judge) = &self.judge {
            judge.forget();
        }
    }

    /// What evaluates with what was learned.
    pub fn learner(&self) -> &Learner {
        &self.learner
    }

    /// Evaluates a finished transcript against every released playbook that is for its account and deal; against all,
    /// with a note, where none is.
    ///
    /// # Errors
    /// When the gateway or the database is away.
    pub async fn on_transcript(&self, event_id: &str, workspace: &str, transcript: &str) -> Result<(), Error> {
        let released = revisions::released(self.db.conn(), workspace).await?;
        if released.is_empty() {
            tracing::info!(transcript, "no playbook is released: nothing to evaluate against");
            return Ok(());
        }
        // Fetched and evaluated before the transaction: nothing waits for it while rows are locked.
        let talk = match self.gateway.talk(transcript).await {
            // There is nothing to evaluate any more. That it was purged comes as an event behind this one, which must get
            // through to it.
            Err(error) if error.code() == Code::NotFound && self.is_purged(workspace, transcript).await? => {
                tracing::info!(transcript, "the call was purged before it was evaluated");
                return Ok(());
            }
            talk => Arc::new(talk?),
        };
        let mut rows = Vec::new();
        for revision in self.meant_for(released, &talk.call, &talk.transcript).await? {
            rows.push(self.evaluate(workspace, transcript, &revision, &talk).await?);
        }
        let now = self.clock.now();
        let tx = self.db.begin().await?;
        if inbox::first_delivery(&tx, SCHEMA, event_id, now).await? {
            for row in rows {
                self.keep(&tx, row).await?;
            }
            tx.commit().await?;
        }
        Ok(())
    }

    /// Whether a transcript that is not there was purged, as far as the gateway knows, or this service was told.
    async fn is_purged(&self, workspace: &str, transcript: &str) -> Result<bool, Error> {
        let Some([_, call, number]) = name::TRANSCRIPT.parse(transcript) else { return Ok(false) };
        let told = purged::find(self.db.conn(), workspace, &call).await?;
        Ok(told.is_some_and(|purge| purge.covers(&number)) || self.gateway.was_purged(transcript).await?)
    }

    /// Evaluates a transcript against a revision, or gives the evaluation that exists.
    ///
    /// # Errors
    /// NOT_FOUND for a revision or transcript that does not exist; otherwise as above.
    pub async fn on_request(&self, workspace: &str, request: &pb::EvaluateTranscriptRequest) -> Result<Row, Error> {
        let Some([_, playbook, number]) = name::REVISION.parse(&request.revision) else {
            return Err(Error::not_found(name::REVISION.kind, &request.revision));
        };
        let missing = || Error::not_found(name::REVISION.kind, &request.revision);
        let number = convert::revision_number(&number).ok_or_else(missing)?;
        let revision = revisions::revision(self.db.conn(), workspace, &playbook, number).await?.ok_or_else(missing)?;
        let once = Idempotent::new(workspace, "EvaluateTranscript", &request.request_id, request);
        // A repeat is answered before anything is fetched or computed: it needs no gateway.
        if let Some(row) = self.answered(&once, workspace, request, &revision).await? {
            return Ok(row);
        }
        let talk = Arc::new(self.gateway.talk(&request.transcript).await?);
        let row = self.evaluate(workspace, &request.transcript, &revision, &talk).await?;
        let now = self.clock.now();
        let tx = self.db.begin().await?;
        if let Some(row) = replayed(&once, &tx, workspace, now).await? {
            return Ok(row);
        }
        let row = self.keep(&tx, row).await?;
        record(&once, &tx, &row, now).await?;
        tx.commit().await?;
        Ok(row)
    }

    /// The answer of the first such request, or the evaluation that another way has made.
    async fn answered(
        &self,
        once: &Idempotent,
        workspace: &str,
        request: &pb::EvaluateTranscriptRequest,
        revision: &Revision,
    ) -> Result<Option<Row>, Error> {
        let Some([_, call, transcript]) = name::TRANSCRIPT.parse(&request.transcript) else { return Ok(None) };
        let now = self.clock.now();
        let tx = self.db.begin().await?;
        if let Some(row) = replayed(once, &tx, workspace, now).await? {
            return Ok(Some(row));
        }
        let subject = Subject {
            workspace,
            call: &call,
            transcript: &transcript,
            playbook: &revision.playbook,
            revision: revision.number,
        };
        let existing = evaluations::of(&tx, subject).await?;
        if let Some(row) = &existing {
            record(once, &tx, row, now).await?;
            tx.commit().await?;
        }
        Ok(existing)
    }

    /// What a call without words yet is evaluated against: the revision of that playbook and number, or those that are
    /// released and meant for it.
    ///
    /// # Errors
    /// NOT_FOUND for a revision that does not exist, FAILED_PRECONDITION where none is released.
    pub async fn against(
        &self,
        workspace: &str,
        revision: Option<&(String, i32)>,
        call: &Call,
    ) -> Result<Vec<Against>, Error> {
        let revisions = match revision {
            Some((playbook, number)) => vec![self.revision(workspace, playbook, *number).await?],
            None => {
                let released = revisions::released(self.db.conn(), workspace).await?;
                if released.is_empty() {
                    let message = "no playbook is released: name a revision, or release one";
                    return Err(Error::failed_precondition(Reason::StateConflict, message)
                        .with_metadata("state", "no released playbook"));
                }
                let silent = Transcript { name: String::new(), turns: Vec::new(), duration_ms: 0 };
                self.meant_for(released, call, &silent).await?
            }
        };
        let mut against = Vec::with_capacity(revisions.len());
        for revision in revisions {
            against.push(Against { revision: name_of(&revision), compiled: self.compiled(&revision).await? });
        }
        Ok(against)
    }

    /// The revision that an evaluation was made against, compiled.
    ///
    /// # Errors
    /// INTERNAL where it does not compile any more.
    pub async fn compiled_for(&self, row: &Row) -> Result<Arc<Compiled>, Error> {
        let revision = self.revision(&row.workspace, &row.playbook, row.revision).await?;
        self.compiled(&revision).await
    }

    /// Call and transcript of an evaluation.
    ///
    /// # Errors
    /// When the gateway is away, or they are gone.
    pub async fn talk_of(&self, row: &Row) -> Result<Talk, Error> {
        self.gateway.talk(&name::TRANSCRIPT.format([&row.workspace, &row.call, &row.transcript])).await
    }

    async fn revision(&self, workspace: &str, playbook: &str, number: i32) -> Result<Revision, Error> {
        let found = revisions::revision(self.db.conn(), workspace, playbook, number).await?;
        let missing = || name::REVISION.format([workspace, playbook, &number.to_string()]);
        found.ok_or_else(|| Error::not_found(name::REVISION.kind, missing()))
    }

    /// Those that do not exclude the account and deal; all where each of them does.
    async fn meant_for(
        &self,
        released: Vec<Revision>,
        call: &Call,
        transcript: &Transcript,
    ) -> Result<Vec<Revision>, Error> {
        let (mut meant, mut others) = (Vec::new(), Vec::new());
        for revision in released {
            let verdict = self.compiled(&revision).await?.applies_to(call, transcript);
            if verdict == Verdict::False { &mut others } else { &mut meant }.push(revision);
        }
        Ok(if meant.is_empty() { others } else { meant })
    }

    async fn compiled(&self, revision: &Revision) -> Result<Arc<Compiled>, Error> {
        let key = (revision.workspace.clone(), revision.playbook.clone(), revision.number);
        if let Some(compiled) = self.compiled.lock().unwrap_or_else(PoisonError::into_inner).get(&key) {
            return Ok(Arc::clone(compiled));
        }
        let document = revision.document.clone();
        let linted = tokio::task::spawn_blocking(move || lint(&document)).await.map_err(Error::internal)?;
        let compiled = linted
            .revision
            .ok_or_else(|| Error::internal(format!("stored revision {key:?} does not compile any more")))?;
        let stored = models::get(self.db.conn(), &revision.workspace, &revision.playbook, revision.number).await?;
        let model = stored.filter(|row| !row.body.is_empty()).map(|row| serde_json::from_slice(&row.body)).transpose();
        let compiled = Arc::new(compiled.with(model.map_err(Error::internal)?));
        let mut cache = self.compiled.lock().unwrap_or_else(PoisonError::into_inner);
        if cache.len() >= MAX_COMPILED {
            cache.clear();
        }
        cache.insert(key, Arc::clone(&compiled));
        Ok(compiled)
    }

    async fn evaluate(
        &self,
        workspace: &str,
        transcript: &str,
        revision: &Revision,
        talk: &Arc<Talk>,
    ) -> Result<Row, Error> {
        let compiled = self.compiled(revision).await?;
        let (learner, program, words) = (self.learner.clone(), Arc::clone(&compiled), Arc::clone(talk));
        // A long call takes a while of pure computation: not on the threads that serve.
        let mut computed =
            tokio::task::spawn_blocking(move || learner.evaluate(&program, &words.call, &words.transcript))
                .await
                .map_err(Error::internal)?;
        if let Some(judge) = &self.judge {
            settle(judge, &compiled, &talk.call, &talk.transcript, &mut computed).await;
        }
        let now = self.clock.now();
        let id = self.ids.next().simple().to_string();
        let [_, call, number] =
            name::TRANSCRIPT.parse(transcript).ok_or_else(|| Error::not_found(name::TRANSCRIPT.kind, transcript))?;
        let message = pb::Evaluation {
            name: name::EVALUATION.format([workspace, &id]),
            transcript: transcript.to_owned(),
            revision: name_of(revision),
            create_time: Some(timestamp(now)),
            ..convert::evaluation_of(&talk.source, computed, &compiled.playbook)
        };
        let rep = name::REP.parse(&message.rep).map(|[_, rep]| rep).unwrap_or_default();
        Ok(Row {
            workspace: workspace.to_owned(),
            id,
            call,
            transcript: number,
            playbook: revision.playbook.clone(),
            revision: revision.number,
            rep,
            body: message.encode_to_vec(),
            created_at: now,
        })
    }

    /// Keeps an evaluation and tells of it, unless the transcript was evaluated against the revision before.
    async fn keep(&self, tx: &Transaction, mut row: Row) -> Result<Row, Error> {
        lock_call(tx, &row.workspace, &row.call).await?;
        let subject = Subject {
            workspace: &row.workspace,
            call: &row.call,
            transcript: &row.transcript,
            playbook: &row.playbook,
            revision: row.revision,
        };
        if let Some(existing) = evaluations::of(tx, subject).await? {
            return Ok(existing);
        }
        // The call may have been purged since its words were fetched.
        if let Some(purge) = purged::find(tx, &row.workspace, &row.call).await?
            && purge.covers(&row.transcript)
        {
            row.body = erased(&row, purge.at)?;
        }
        evaluations::insert(tx, row.clone()).await?;
        let call = name::CALL.format([&row.workspace, &row.call]);
        let body = Body::EvaluationCompleted(EvaluationCompleted {
            evaluation: name::EVALUATION.format([&row.workspace, &row.id]),
            call: call.clone(),
        });
        let event = NewEvent { workspace: row.workspace.clone(), ordering_key: call, body };
        self.outbox.publish(tx, event, row.created_at).await?;
        Ok(row)
    }
}

fn name_of(revision: &Revision) -> String {
    name::REVISION.format([&revision.workspace, &revision.playbook, &revision.number.to_string()])
}

/// The evaluation that the first request with this id was answered with.
async fn replayed(
    once: &Idempotent,
    tx: &Transaction,
    workspace: &str,
    now: DateTime<Utc>,
) -> Result<Option<Row>, Error> {
    let Some(answer) = once.replay::<pb::Evaluation>(tx, now).await? else { return Ok(None) };
    let [_, id] = name::EVALUATION.parse(&answer.name).unwrap_or_default();
    let found = evaluations::get(tx, workspace, &id).await?;
    found.map(Some).ok_or_else(|| Error::not_found(name::EVALUATION.kind, answer.name))
}

/// Keeps which evaluation answered; the evaluation itself is stored already.
async fn record(once: &Idempotent, tx: &Transaction, row: &Row, now: DateTime<Utc>) -> Result<(), Error> {
    let answer = pb::Evaluation { name: name::EVALUATION.format([&row.workspace, &row.id]), ..Default::default() };
    Ok(once.record(tx, &answer, now).await?)
}

/// Held by whoever writes or erases evaluations of a call.
pub(crate) async fn lock_call(tx: &Transaction, workspace: &str, call: &str) -> Result<(), Error> {
    Ok(lock::name(tx, "evaluation", &format!("{workspace}/{call}")).await?)
}

/// The stored evaluation without its words.
pub(crate) fn erased(row: &Row, at: DateTime<Utc>) -> Result<Vec<u8>, Error> {
    let mut evaluation = pb::Evaluation::decode(row.body.as_slice())
        .map_err(|error| Error::internal(format!("evaluation {}: {error}", row.id)))?;
    convert::erase(&mut evaluation, at);
    Ok(evaluation.encode_to_vec())
}
