//! Lists deliveries and puts parked ones back in line, for people who operate the mesh.

use async_trait::async_trait;
use prost::Message;
use sea_orm::sea_query::Expr;
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter};
use throughline_proto::events::v1::delivery_service_server::{DeliveryService, DeliveryServiceServer};
use throughline_proto::events::v1::{
    Delivery, DeliveryState, Event, ListDeliveriesRequest, ListDeliveriesResponse, RetryDeliveryRequest,
};
use throughline_rpc::auth::principal;
use throughline_rpc::{Clock, Error, Reason, Violations, name, page, timestamp};
use throughline_store::{Db, Error as StoreError};
use tonic::{Request, Response, Status};

use crate::Outbox;
use crate::entity::outbox_delivery::{self, Column, Entity, Model, State};
use crate::entity::outbox_event;

/// The DeliveryService of a service with an outbox.
#[derive(Debug)]
pub struct Deliveries {
    db: Db,
    outbox: Outbox,
    clock: Clock,
}

impl Deliveries {
    /// The service to add to a server.
    pub fn server(db: Db, outbox: Outbox, clock: Clock) -> DeliveryServiceServer<Self> {
        DeliveryServiceServer::new(Self { db, outbox, clock })
    }

    async fn list(
        &self,
        workspace: &str,
        state: Option<State>,
        page: &page::Request,
    ) -> Result<ListDeliveriesResponse, Error> {
        let mut query = Entity::find().filter(Column::Workspace.eq(workspace));
        if let Some(state) = state {
            query = query.filter(Column::State.eq(state));
        }
        let mut cursor = query.cursor_by((Column::Position, Column::Consumer));
        if let Some(after) = page.after.as_deref().and_then(parse_id) {
            cursor.after(after);
        }
        // One more than asked for tells whether there is a next page.
        let rows = cursor.first(page.limit as u64 + 1).all(self.db.conn()).await;
        let mut rows = rows.map_err(StoreError::from)?;
        let next_page_token = page.cut(&mut rows, |row| id(row.position, &row.consumer));
        Ok(ListDeliveriesResponse { deliveries: self.render(rows).await?, next_page_token })
    }

    async fn retry(&self, workspace: &str, delivery: &str) -> Result<Delivery, Error> {
        let name = name::DELIVERY.format([workspace, delivery]);
        let not_found = || Error::not_found("Delivery", name.clone());
        let (position, consumer) = parse_id(delivery).ok_or_else(not_found)?;
        let tx = self.db.begin().await?;
        let found =
            Entity::find_by_id((consumer.clone(), position)).filter(Column::Workspace.eq(workspace)).one(&tx).await;
        let found = found.map_err(StoreError::from)?.ok_or_else(not_found)?;
        let updated = Entity::update_many()
            .col_expr(Column::State, Expr::val(State::Pending))
            .col_expr(Column::Attempts, Expr::val(0))
            .col_expr(Column::NextAttemptAt, Expr::val(self.clock.now()))
            .col_expr(Column::SettledAt, Expr::val(Option::<chrono::DateTime<chrono::Utc>>::None))
            .filter(Column::Consumer.eq(&consumer))
            .filter(Column::Position.eq(position))
            // Asked here and not of the row above, which another replica may have changed since.
            .filter(Column::State.eq(State::Parked))
            .exec(&tx)
            .await
            .map_err(StoreError::from)?;
        if updated.rows_affected == 0 {
            let message = format!("{name} is not parked");
            return Err(Error::failed_precondition(Reason::StateConflict, message)
                .with_metadata("state", pb_state(found.state).as_str_name()));
        }
        let outbox = self.outbox.clone();
        tx.after_commit(move || outbox.wake());
        let row =
            Entity::find_by_id((consumer, position)).one(&tx).await.map_err(StoreError::from)?.ok_or_else(not_found)?;
        tx.commit().await?;
        self.render(vec![row]).await?.pop().ok_or_else(not_found)
    }

    async fn render(&self, rows: Vec<Model>) -> Result<Vec<Delivery>, Error> {
        let positions = rows.iter().map(|row| row.position);
        let events = outbox_event::Entity::find().filter(outbox_event::Column::Position.is_in(positions));
        let events = events.all(self.db.conn()).await.map_err(StoreError::from)?;
        rows.into_iter()
            .map(|row| {
                let event = events.iter().find(|event| event.position == row.position);
                let event =
                    event.map(|event| Event::decode(event.body.as_slice())).transpose().map_err(Error::internal)?;
                Ok(delivery(row, event))
            })
            .collect()
    }
}

fn delivery(row: Model, event: Option<Event>) -> Delivery {
    let outbox_delivery::Model { consumer, position, workspace, state, attempts, next_attempt_at, last_error, .. } =
        row;
    Delivery {
        name: name::DELIVERY.format([&workspace, &id(position, &consumer)]),
        consumer,
        event,
        state: pb_state(state).into(),
        attempts,
        last_error: last_error.unwrap_or_default(),
        next_attempt_time: (state == State::Pending).then(|| timestamp(next_attempt_at)),
    }
}

fn pb_state(state: State) -> DeliveryState {
    match state {
        State::Pending => DeliveryState::Pending,
        State::Delivered => DeliveryState::Delivered,
        State::Parked => DeliveryState::Parked,
    }
}

/// `{position}.{consumer}`: the id in a delivery's name, and the cursor of a page.
fn id(position: i64, consumer: &str) -> String {
    format!("{position}.{consumer}")
}

fn parse_id(id: &str) -> Option<(i64, String)> {
    let (position, consumer) = id.split_once('.')?;
    Some((position.parse().ok()?, consumer.to_owned()))
}

#[async_trait]
impl DeliveryService for Deliveries {
    async fn list_deliveries(
        &self,
        request: Request<ListDeliveriesRequest>,
    ) -> Result<Response<ListDeliveriesResponse>, Status> {
        let principal = principal(&request)?;
        let ListDeliveriesRequest { parent, page_size, page_token, state } = request.into_inner();
        let mut violations = Violations::new();
        let workspace = name::WORKSPACE.require(&mut violations, "parent", &parent);
        let state = match DeliveryState::try_from(state) {
            Ok(DeliveryState::Unspecified) => None,
            Ok(DeliveryState::Pending) => Some(State::Pending),
            Ok(DeliveryState::Delivered) => Some(State::Delivered),
            Ok(DeliveryState::Parked) => Some(State::Parked),
            Err(_) => {
                violations.add("state", "is not a known state");
                None
            }
        };
        violations.finish()?;
        let [workspace] = workspace.unwrap_or_default();
        principal.authorize_workspace(&workspace)?;
        let filter = ["ListDeliveries", parent.as_str(), state.map_or("", |state| pb_state(state).as_str_name())];
        let page = page::Request::parse(page::USUAL, page_size, &page_token, &filter)?;
        Ok(Response::new(self.list(&workspace, state, &page).await?))
    }

    async fn retry_delivery(&self, request: Request<RetryDeliveryRequest>) -> Result<Response<Delivery>, Status> {
        let principal = principal(&request)?;
        let mut violations = Violations::new();
        let name = name::DELIVERY.require(&mut violations, "name", &request.get_ref().name);
        violations.finish()?;
        let [workspace, delivery] = name.unwrap_or_default();
        principal.authorize_workspace(&workspace)?;
        Ok(Response::new(self.retry(&workspace, &delivery).await?))
    }
}
