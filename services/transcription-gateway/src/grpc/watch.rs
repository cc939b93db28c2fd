//! The WatchService: opens a watch. What happens in it is the business of `worker::watch`.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use futures::StreamExt as _;
use futures::stream::BoxStream;
use throughline_proto::transcription::v1 as pb;
use throughline_proto::transcription::v1::watch_service_server::{WatchService, WatchServiceServer};
use throughline_rpc::auth::{Principal, principal};
use throughline_rpc::{Error, Reason, Violations, name, page};
use throughline_store::Db;
use tokio::sync::{Semaphore, mpsc, watch};
use tokio_stream::wrappers::ReceiverStream;
use tokio_util::sync::CancellationToken;
use tonic::{Request, Response, Status};
use tracing::Instrument as _;

use crate::store::changes;
use crate::worker::changes::Latest;
use crate::worker::tasks::Tasks;
use crate::worker::watch::{Begin, Scope, Watch};

/// Most calls that a watch may name.
const MAX_CALLS: usize = 100;
/// Longest deal id, characters.
const MAX_DEAL: usize = 200;
/// Messages between a watch and its connection, and one for how it ends.
const BUFFER: usize = 32 + 1;
/// When a caller who found no room should come again.
const RETRY_AFTER: Duration = Duration::from_secs(5);

/// What the service stands on.
#[derive(Clone)]
pub struct Watches {
    pub db: Db,
    pub latest: Arc<watch::Sender<Latest>>,
    pub tasks: Tasks,
    /// Room for watches.
    pub room: Arc<Semaphore>,
    pub heartbeat: Duration,
    pub slow_timeout: Duration,
    /// Cancelled when the service drains.
    pub shutdown: CancellationToken,
}

impl Watches {
    /// The service to add to a server.
    pub fn server(self) -> WatchServiceServer<Self> {
        WatchServiceServer::new(self)
    }

    async fn open(
        &self,
        principal: &Principal,
        request: pb::WatchCallsRequest,
    ) -> Result<BoxStream<'static, Result<pb::WatchCallsResponse, Status>>, Error> {
        let (scope, resume) = parse(principal, &request)?;
        let reach = changes::reach(self.db.conn(), &scope.workspace).await?;
        let begin = match resume {
            Some(after) if after < reach.forgotten || after > reach.latest => return Err(expired()),
            Some(after) => Begin::After(after),
            None if request.initial_state => Begin::InitialState(reach.latest),
            None => Begin::After(reach.latest),
        };
        let full = || {
            let message = "as many watches are open as this replica can serve; try again later";
            Error::resource_exhausted(Reason::QueueFull, message, Some(RETRY_AFTER))
        };
        let room = Arc::clone(&self.room).try_acquire_owned().map_err(|_| full())?;
        let (messages, receiver) = mpsc::channel(BUFFER);
        let end = messages.clone().reserve_owned().await.map_err(Error::internal)?;
        let watch = Watch {
            db: self.db.clone(),
            scope,
            latest: self.latest.subscribe(),
            messages,
            heartbeat: self.heartbeat,
            slow_timeout: self.slow_timeout,
            shutdown: self.shutdown.clone(),
        };
        let task = async move {
            if let Err(error) = watch.run(begin).await {
                end.send(Err(error));
            }
            drop(room);
        };
        self.tasks.run(task.instrument(tracing::Span::current())).await?;
        Ok(ReceiverStream::new(receiver).map(|message| Ok(message?)).boxed())
    }
}

/// The scope, and the change to go on after.
fn parse(principal: &Principal, request: &pb::WatchCallsRequest) -> Result<(Scope, Option<i64>), Error> {
    let pb::WatchCallsRequest { parent, calls, deal_id, initial_state, resume_token } = request;
    let mut violations = Violations::new();
    let workspace = name::WORKSPACE.require(&mut violations, "parent", parent);
    let [workspace] = workspace.unwrap_or_default();
    let mut ids = BTreeSet::new();
    for (index, call) in calls.iter().enumerate() {
        let field = format!("calls[{index}]");
        match name::CALL.require(&mut violations, &field, call) {
            Some([of, id]) if of == workspace => {
                ids.insert(id);
            }
            Some(_) => violations.add(field, "must be of the workspace that is watched"),
            None => {}
        }
    }
    violations.check(calls.len() <= MAX_CALLS, "calls", "must be at most 100");
    violations.check(deal_id.chars().count() <= MAX_DEAL, "deal_id", "must have at most 200 characters");
    let both = *initial_state && !resume_token.is_empty();
    violations.check(!both, "initial_state", "can't be asked for together with resume_token");
    violations.finish()?;
    principal.authorize_workspace(&workspace)?;
    let rep = principal.only_as_rep();
    let named = ids.iter().cloned().collect::<Vec<_>>().join(",");
    let bound = ["WatchCalls", parent.as_str(), &named, deal_id.as_str(), rep.unwrap_or_default()];
    let token = page::Request::parse(page::USUAL, 0, resume_token, &bound).map_err(|_| {
        let mut violations = Violations::new();
        violations.add("resume_token", "is damaged or was issued for another parent, calls, deal or caller");
        Error::invalid_because(Reason::PageTokenInvalid, violations)
    })?;
    let resume = token.after.as_ref().map(|cursor| cursor.parse().unwrap_or(i64::MAX));
    let scope = Scope { workspace, calls: ids, deal_id: deal_id.clone(), rep: rep.map(str::to_owned), token };
    Ok((scope, resume))
}

/// OUT_OF_RANGE for a token whose changes are not kept any more, or that another database gave.
pub fn expired() -> Error {
    let message = "the changes after this resume token are not kept any more; \
                   open the stream without it and with initial_state";
    Error::new(tonic::Code::OutOfRange, Reason::ResumeTokenExpired, message)
}

#[async_trait]
impl WatchService for Watches {
    type WatchCallsStream = BoxStream<'static, Result<pb::WatchCallsResponse, Status>>;

    async fn watch_calls(
        &self,
        request: Request<pb::WatchCallsRequest>,
    ) -> Result<Response<Self::WatchCallsStream>, Status> {
        let principal = principal(&request)?;
        Ok(Response::new(self.open(&principal, request.into_inner()).await?))
    }
}
