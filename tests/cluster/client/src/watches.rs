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
/// Before a stream that ended is opened again.
const PAUSE: Duration = Duration::from_millis(200);

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
        tokio::select! {
            ended = stream(&peers, &mut told, |_| false) => if let Err(status) = ended { cut(&tally, &status) },
            _ = stopped.wait_for(|stopped| *stopped) => break,
        }
        sleep(PAUSE).await;
    }
    let whole = |told: &Told| tally.missing(&told.calls) == 0;
    let deadline = Instant::now() + AT_MOST_LATE;
    let mut served = true;
    while served && !whole(&told) {
        let Ok(ended) = timeout_at(deadline, stream(&peers, &mut told, whole)).await else { break };
        if let Err(status) = ended {
            served = status.code() != Code::Unimplemented;
            cut(&tally, &status);
            sleep(PAUSE).await;
        }
    }
    // Who is refused has missed nothing, and is counted as that.
    if served {
        tally.watch_missed(tally.missing(&told.calls));
    }
    Ok(())
}

fn cut(tally: &Tally, status: &Status) {
    match status.code() {
        // A version before there were watches, in an upgrade from there.
        Code::Unimplemented => tally.watch_refused(),
        _ => tally.watch_cut(status.get_error_details().error_info().is_some_and(|info| info.reason == "DRAINING")),
    }
}

/// Watches until `enough` was told, or until the stream ends.
async fn stream(peers: &Peers, told: &mut Told, enough: impl Fn(&Told) -> bool) -> Result<(), Status> {
    let mut changes = open(peers, told).await?;
    while !enough(told) {
        told.take(changes.message().await?.ok_or_else(|| Status::unknown("ended without a word"))?);
    }
    Ok(())
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
