//! Takes events from the relays of other services and gives them to this service's consumer.

use async_trait::async_trait;
use throughline_proto::events::v1::event_sink_service_server::{EventSinkService, EventSinkServiceServer};
use throughline_proto::events::v1::{DeliverEventRequest, DeliverEventResponse, Event};
use throughline_rpc::auth::principal;
use throughline_rpc::{Error, Reason, Violations, name};
use tonic::{Code, Request, Response, Status};

/// Applies events. What its errors lead to stands in [`policy`](crate::policy).
#[async_trait]
pub trait Consumer: Send + Sync + 'static {
    /// Applies `event` in one transaction that begins with
    /// [`inbox::first_delivery`](throughline_store::inbox::first_delivery), and returns when that is durable. It may
    /// be called again with the same event, also at the same time. `event.body` is set.
    ///
    /// # Errors
    /// Anything that keeps it from being applied; it will be delivered again.
    async fn handle(&self, event: Event) -> Result<(), Error>;
}

/// The gRPC side of a [`Consumer`].
#[derive(Debug)]
pub struct Sink<C> {
    consumer: C,
}

impl<C: Consumer> Sink<C> {
    /// The service to add to a server.
    pub fn server(consumer: C) -> EventSinkServiceServer<Self> {
        EventSinkServiceServer::new(Self { consumer })
    }
}

#[async_trait]
impl<C: Consumer> EventSinkService for Sink<C> {
    async fn deliver_event(
        &self,
        request: Request<DeliverEventRequest>,
    ) -> Result<Response<DeliverEventResponse>, Status> {
        let principal = principal(&request)?;
        let event = parse(request.into_inner())?;
        principal.authorize_workspace(&event.workspace)?;
        self.consumer.handle(event).await?;
        Ok(Response::new(DeliverEventResponse {}))
    }
}

fn parse(request: DeliverEventRequest) -> Result<Event, Error> {
    let mut violations = Violations::new();
    let Some(event) = request.event else { return Err(Error::invalid_field("event", "is required")) };
    violations.check(!event.id.is_empty(), "event.id", "is required");
    violations.check(name::valid_id(&event.workspace), "event.workspace", "must be a workspace id");
    violations.finish()?;
    if event.body.is_none() {
        // While replicas are replaced a newer one may tell what this one cannot read; it must not be parked for that.
        let message = "event.body is missing, or of a kind that this version does not know";
        return Err(Error::new(Code::Unimplemented, Reason::EventKindUnknown, message));
    }
    Ok(event)
}
