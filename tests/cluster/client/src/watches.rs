//! Watches on the calls of the workspace: each is taken up again with its last token, and must have told of every call that
//! was created in the end.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use throughline_proto::transcription::v1::watch_calls_response::Message;
use throughline_proto::transcription::v1::watch_service_client::WatchServiceClient;
use throughline_proto::transcription::v1::{WatchCallsRequest, WatchCallsResponse};
use tokio::sync::watch;
use tokio::time::{Instant, sleep, timeout_at};
use tonic::{Code, Status};
use tonic_types::StatusExt as _;

use crate::mesh::Peers;
use crate::tally::Tally;

/// How long after the last call was created its watchers may take to tell of it.
const AT_MOST_LATE: Duration = Duration::from_secs(20);

/// What a watch has told so far.
#[derive(Default)]
struct Told {
    calls: BTreeSet<String>,
    /// Where the next stream goes on.
    resume_token: String,
}

impl Told {
    fn take(&mut self, response: WatchCallsResponse) {
        let WatchCallsResponse { message, resume_token } = response;
        self.resume_token = resume_token;
        match message {
            Some(Message::Existing(call)) => self.calls.insert(call.name),
            Some(Message::Change(change)) => self.calls.insert(change.name),
            Some(Message::Synced(_) | Message::Heartbeat(_)) | None => false,
        };
    }
}

/// Watches until `stopped`, and then until every created call was told.
pub async fn hold(peers: Peers, tally: Arc<Tally>, mut stopped: watch::Receiver<bool>) -> anyhow::Result<()> {
    let mut told = Told::default();
    loop {
        tally.watch_opened();
        let ended = tokio::select! {
            status = stream(&peers, &mut told) => status,
            _ = stopped.wait_for(|stopped| *stopped) => break,
        };
        // A version before there were watches, that is being replaced.
        if ended.code() != Code::Unimplemented {
            tally.watch_cut(ended.get_error_details().error_info().is_some_and(|info| info.reason == "DRAINING"));
        }
        sleep(Duration::from_millis(200)).await;
    }
    let deadline = Instant::now() + AT_MOST_LATE;
    let mut served = true;
    while served && !tally.missing(&told.calls).is_empty() {
        match timeout_at(deadline, stream_until(&peers, &mut told, &tally)).await {
            Ok(Some(status)) => served = status.code() != Code::Unimplemented,
            Ok(None) => {}
            Err(_late) => break,
        }
    }
    if served {
        tally.watch_missed(tally.missing(&told.calls).len());
    }
    Ok(())
}

/// Watches until the stream ends.
async fn stream(peers: &Peers, told: &mut Told) -> Status {
    match open(peers, told).await {
        Ok(mut changes) => loop {
            match changes.message().await {
                Ok(Some(response)) => told.take(response),
                Ok(None) => return Status::unknown("ended without a word"),
                Err(status) => return status,
            }
        },
        Err(status) => status,
    }
}

/// Watches until nothing is missing; the status where the stream ended before.
async fn stream_until(peers: &Peers, told: &mut Told, tally: &Tally) -> Option<Status> {
    let mut changes = match open(peers, told).await {
        Ok(changes) => changes,
        Err(status) => return Some(status),
    };
    while !tally.missing(&told.calls).is_empty() {
        match changes.message().await {
            Ok(Some(response)) => told.take(response),
            Ok(None) => return None,
            Err(status) => return Some(status),
        }
    }
    None
}

async fn open(peers: &Peers, told: &Told) -> Result<tonic::Streaming<WatchCallsResponse>, Status> {
    let resume_token = told.resume_token.clone();
    let request = WatchCallsRequest {
        parent: peers.parent(),
        initial_state: resume_token.is_empty(),
        resume_token,
        ..WatchCallsRequest::default()
    };
    let mut client = WatchServiceClient::new(peers.gateway.clone());
    client.watch_calls(request).await.map(tonic::Response::into_inner)
}
