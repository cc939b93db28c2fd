//! One watch: reads the log of changes in order, tells what its caller may see, and says where it stands.
//!
//! It keeps nothing but the number of the change it has come to: what a caller that comes back has missed lies in the log.

use std::collections::{BTreeSet, HashMap, HashSet};
use std::time::Duration;

use throughline_proto::transcription::v1 as pb;
use throughline_proto::transcription::v1::watch_calls_response::Message;
use throughline_rpc::{Error, Reason, name, page};
use throughline_store::Db;
use tokio::sync::{mpsc, watch};
use tokio_util::sync::CancellationToken;

use super::changes::Latest;
use crate::domain::state::CallState;
use crate::grpc::{convert, watch as api};
use crate::store::calls;
use crate::store::changes::{self, Change};
use crate::store::row::StoredCall;

/// Changes, or calls of the initial state, that are read at once.
const BATCH: u64 = 200;

/// Which changes a watch is about.
#[derive(Debug, Clone)]
pub struct Scope {
    pub workspace: String,
    /// Ids; empty for all.
    pub calls: BTreeSet<String>,
    /// Empty for all.
    pub deal_id: String,
    /// Only the calls of this rep.
    pub rep: Option<String>,
    /// Makes the tokens of this scope.
    pub token: page::Request,
}

/// Where a watch begins.
#[derive(Debug, Clone, Copy)]
pub enum Begin {
    /// With the calls there are, then after this change.
    InitialState(i64),
    /// After this change.
    After(i64),
}

/// What a watch needs.
pub struct Watch {
    pub db: Db,
    pub scope: Scope,
    /// How far the logs go.
    pub latest: watch::Receiver<Latest>,
    pub messages: mpsc::Sender<Result<pb::WatchCallsResponse, Error>>,
    pub heartbeat: Duration,
    pub slow_timeout: Duration,
    pub shutdown: CancellationToken,
}

impl Watch {
    /// Runs until the caller hangs up.
    ///
    /// # Errors
    /// How else it ended, to be told to the caller as the last thing.
    pub async fn run(mut self, begin: Begin) -> Result<(), Error> {
        let mut told = match begin {
            Begin::After(told) => {
                // That the watch stands, and where from.
                self.send(Message::Heartbeat(pb::WatchHeartbeat {}), Some(told)).await?;
                told
            }
            Begin::InitialState(told) => {
                self.initial_state().await?;
                self.send(Message::Synced(pb::CallsSynced {}), Some(told)).await?;
                told
            }
        };
        loop {
            let batch = changes::after(self.db.conn(), &self.scope.workspace, told, BATCH).await?;
            // Read after the changes: what was removed before them is known to be gone.
            if changes::reach(self.db.conn(), &self.scope.workspace).await?.forgotten > told {
                return Err(api::expired());
            }
            let Some(last) = batch.last().map(|change| change.sequence) else {
                if !self.news(told).await? {
                    return Ok(());
                }
                continue;
            };
            let sent = self.tell(batch).await?;
            if sent != Some(last) {
                // What the filter holds back is not read again either.
                self.send(Message::Heartbeat(pb::WatchHeartbeat {}), Some(last)).await?;
            }
            told = last;
        }
    }

    /// Waits for changes after `told`, with signs of life. False when the caller has hung up.
    async fn news(&mut self, told: i64) -> Result<bool, Error> {
        loop {
            let workspace = &self.scope.workspace;
            let further = |latest: &Latest| latest.get(workspace).is_some_and(|latest| *latest > told);
            tokio::select! {
                // The feed ends when the service stops.
                changed = self.latest.wait_for(further) => match changed {
                    Ok(_) => return Ok(true),
                    Err(_) => return Err(draining()),
                },
                () = tokio::time::sleep(self.heartbeat) => {}
                () = self.messages.closed() => return Ok(false),
                () = self.shutdown.cancelled() => return Err(draining()),
            }
            self.send(Message::Heartbeat(pb::WatchHeartbeat {}), Some(told)).await?;
        }
    }

    async fn initial_state(&self) -> Result<(), Error> {
        let Scope { workspace, calls: named, deal_id, rep, token: _ } = &self.scope;
        let mut after = None;
        loop {
            let filter = calls::Filter { workspace, deal_id, rep: rep.as_deref() };
            let found = calls::list(self.db.conn(), filter, after, BATCH).await?;
            let more = found.len() as u64 == BATCH;
            after = found.last().map(|call| (call.row.created_at, call.id.clone()));
            for call in found.iter().filter(|call| named.is_empty() || named.contains(&call.id)) {
                self.send(Message::Existing(convert::call_out(call)), None).await?;
            }
            if !more {
                return Ok(());
            }
        }
    }

    /// Tells of the changes that are the caller's to see; returns the last that was told.
    async fn tell(&self, mut batch: Vec<Change>) -> Result<Option<i64>, Error> {
        batch.retain(|change| self.scope.calls.is_empty() || self.scope.calls.contains(&change.call));
        let ids: Vec<String> =
            batch.iter().map(|change| change.call.clone()).collect::<BTreeSet<_>>().into_iter().collect();
        let workspace = &self.scope.workspace;
        let conn = self.db.conn();
        let known = if ids.is_empty() { HashMap::new() } else { calls::find_all(conn, workspace, &ids).await? };
        let own = match &self.scope.rep {
            Some(rep) if !ids.is_empty() => Some(calls::of_rep_among(conn, workspace, rep, &ids).await?),
            Some(_) => Some(HashSet::new()),
            None => None,
        };
        let mut later = HashSet::new();
        let mut told = Vec::new();
        for change in batch.into_iter().rev() {
            // Progress that something newer of the same call has overtaken.
            let overtaken = !later.insert(change.call.clone()) && change.kind == "progress";
            if !overtaken && self.concerns(&change, known.get(&change.call), own.as_ref()) {
                told.push(change);
            }
        }
        let mut last = None;
        for change in told.into_iter().rev() {
            let sequence = change.sequence;
            let call = known.get(&change.call).map(convert::call_out);
            self.send(Message::Change(render(workspace, change, call)), Some(sequence)).await?;
            last = Some(sequence);
        }
        Ok(last)
    }

    fn concerns(&self, change: &Change, call: Option<&StoredCall>, own: Option<&HashSet<String>>) -> bool {
        let Scope { deal_id, rep, .. } = &self.scope;
        // Of a call that is gone nothing is told but that.
        if call.is_none() && change.kind != "purged" {
            return false;
        }
        let gone = call.is_none_or(|call| call.state == CallState::Purged);
        let deal = call.filter(|_| !gone).map_or(change.deal_id.as_str(), |call| &call.details.deal.id);
        let mine = match rep {
            None => true,
            // Whose it was is known by the change alone.
            Some(rep) if change.state == "purged" => change.reps.split(' ').any(|of| of == rep),
            Some(_) => own.is_some_and(|own| own.contains(&change.call)),
        };
        mine && (deal_id.is_empty() || deal_id == deal)
    }

    /// Sends a message once there is room.
    async fn send(&self, message: Message, told: Option<i64>) -> Result<(), Error> {
        let resume_token = told.map(|told| self.scope.token.next_token(&told.to_string())).unwrap_or_default();
        let message = pb::WatchCallsResponse { message: Some(message), resume_token };
        tokio::select! {
            biased;
            // A caller that has hung up is found out by whoever waits for it next.
            _ = self.messages.send(Ok(message)) => Ok(()),
            () = self.shutdown.cancelled() => Err(draining()),
            () = tokio::time::sleep(self.slow_timeout) => {
                let message = "nothing was taken from the stream for too long; go on with the last resume token";
                Err(Error::resource_exhausted(Reason::QueueFull, message, Some(Duration::from_secs(1))))
            }
        }
    }
}

fn draining() -> Error {
    Error::unavailable(Reason::Draining, "the service is stopping; open a new stream with the last resume token")
}

fn render(workspace: &str, change: Change, call: Option<pb::Call>) -> pb::CallChange {
    let kind = match change.kind.as_str() {
        "created" => pb::CallChangeKind::Created,
        "state" => pb::CallChangeKind::State,
        "progress" => pb::CallChangeKind::Progress,
        "transcript" => pb::CallChangeKind::Transcript,
        "purged" => pb::CallChangeKind::Purged,
        _ => pb::CallChangeKind::Unspecified,
    };
    let state = CallState::parse(&change.state).map_or(pb::CallState::Unspecified, convert::state_out);
    let transcript = match change.transcript {
        0 => String::new(),
        number => name::TRANSCRIPT.format([workspace, &change.call, &number.to_string()]),
    };
    pb::CallChange {
        name: name::CALL.format([workspace, &change.call]),
        kind: kind.into(),
        state: state.into(),
        processed_ms: change.processed_ms,
        transcript,
        call,
    }
}
