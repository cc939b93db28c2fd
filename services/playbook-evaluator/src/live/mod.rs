//! Live calls: evaluates the words of a call while it is held. It stores nothing: what counts is made of the finished
//! transcript.

mod session;

use std::sync::Arc;
use std::time::Duration;

use futures::stream::BoxStream;
use throughline_proto::playbook::v1 as pb;
use throughline_rpc::{Error, Reason};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio_util::sync::CancellationToken;
use tonic::{Status, Streaming};

use crate::assess::Assessor;
use crate::config::LiveConfig;
use crate::convert::Opening;
use session::Session;

/// When a caller who found no room should come again.
const RETRY_AFTER: Duration = Duration::from_secs(5);

/// Opens live streams, as many at a time as there is room for.
#[derive(Clone, Debug)]
pub struct Live {
    streams: Arc<Semaphore>,
    idle_timeout: Duration,
    /// Cancelled when the service drains.
    shutdown: CancellationToken,
}

impl Live {
    /// Streams end when `shutdown` is cancelled.
    pub fn new(config: &LiveConfig, shutdown: CancellationToken) -> Self {
        let LiveConfig { max_streams, idle_timeout } = *config;
        Self { streams: Arc::new(Semaphore::new(max_streams)), idle_timeout, shutdown }
    }

    /// A place for a stream, kept as long as it lasts.
    ///
    /// # Errors
    /// RESOURCE_EXHAUSTED where all are taken.
    pub fn room(&self) -> Result<OwnedSemaphorePermit, Error> {
        Arc::clone(&self.streams).try_acquire_owned().map_err(|_| {
            let message = "as many live calls are open as this service can follow; try again later";
            Error::resource_exhausted(Reason::QueueFull, message, Some(RETRY_AFTER))
        })
    }

    /// The header of a stream.
    ///
    /// # Errors
    /// INVALID_ARGUMENT for anything else, DEADLINE_EXCEEDED where nothing comes, the transport's error.
    pub async fn header(
        &self,
        messages: &mut Streaming<pb::EvaluateStreamRequest>,
    ) -> Result<pb::EvaluateStreamHeader, Status> {
        let first = tokio::time::timeout(self.idle_timeout, messages.message()).await;
        match first.map_err(|_| idle(self.idle_timeout))??.and_then(|first| first.message) {
            Some(pb::evaluate_stream_request::Message::Header(header)) => Ok(*header),
            _ => Err(Error::invalid_field("header", "must be the first message").into()),
        }
    }

    /// Follows a call to its end.
    ///
    /// # Errors
    /// NOT_FOUND for a revision that does not exist, FAILED_PRECONDITION where none is released.
    pub async fn follow(
        &self,
        assessor: &Assessor,
        opening: Opening,
        messages: Streaming<pb::EvaluateStreamRequest>,
        room: OwnedSemaphorePermit,
    ) -> Result<BoxStream<'static, Result<pb::EvaluateStreamResponse, Status>>, Error> {
        let against = assessor.against(&opening.workspace, opening.revision.as_ref(), &opening.call).await?;
        let session =
            Session::new(opening, against, assessor.learner().clone(), self.idle_timeout, self.shutdown.clone());
        Ok(session.answers(messages, room))
    }
}

fn idle(timeout: Duration) -> Error {
    let message = format!("nothing was sent for {} seconds", timeout.as_secs());
    Error::new(tonic::Code::DeadlineExceeded, Reason::DeadlineExceeded, message)
}
