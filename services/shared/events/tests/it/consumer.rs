//! A consumer that keeps what it applied, and fails as it is told.

use std::collections::{HashMap, VecDeque};
use std::sync::Arc;
use std::sync::Mutex;
use std::time::Duration;

use async_trait::async_trait;
use sea_orm::entity::prelude::*;
use sea_orm::sea_query::Table;
use sea_orm::{ActiveValue::NotSet, ActiveValue::Set, DbErr, QueryOrder};
use sea_orm_migration::schema::{big_pk_auto, text};
use sea_orm_migration::{MigrationName, MigrationTrait, SchemaManager};
use throughline_events::{Body, Consumer, Event};
use throughline_rpc::{Clock, Error, Reason};
use throughline_store::migration::Migrations;
use throughline_store::{Db, Error as StoreError, inbox};
use tonic::Code;

pub const NAME: &str = "forecast";

/// What happens at one delivery of an event.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fault {
    /// Answers with this code; nothing was applied.
    Refuse(Code),
    /// Applies it, and the answer is lost.
    LoseAnswer,
    /// Applies nothing and never answers.
    Hang,
}

/// A row for each time an event took effect.
#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "applied")]
pub struct Model {
    #[sea_orm(primary_key)]
    pub sequence: i64,
    pub key: String,
    /// What was published, as `call` of the event.
    pub what: String,
}

impl ActiveModelBehavior for ActiveModel {}

pub fn migrations() -> Migrations {
    vec![Box::new(Applied)]
}

struct Applied;

impl MigrationName for Applied {
    fn name(&self) -> &str {
        "m0001_applied"
    }
}

#[async_trait]
impl MigrationTrait for Applied {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let table =
            Table::create().table("applied").col(big_pk_auto("sequence")).col(text("key")).col(text("what")).take();
        manager.create_table(table).await
    }
}

/// Clones share everything.
#[derive(Clone)]
pub struct Keeper {
    db: Db,
    clock: Clock,
    faults: Arc<Mutex<HashMap<String, VecDeque<Fault>>>>,
}

impl Keeper {
    pub fn new(db: Db, clock: Clock) -> Self {
        Self { db, clock, faults: Arc::default() }
    }

    /// The next deliveries of `what` meet these faults, one each.
    pub fn fail(&self, what: &str, faults: impl IntoIterator<Item = Fault>) {
        self.faults.lock().unwrap().entry(what.to_owned()).or_default().extend(faults);
    }

    /// Key and content of everything applied, in order.
    pub async fn applied(&self) -> Vec<(String, String)> {
        let rows = Entity::find().order_by_asc(Column::Sequence).all(self.db.conn()).await.unwrap();
        rows.into_iter().map(|row| (row.key, row.what)).collect()
    }

    async fn apply(&self, event: &Event, what: &str) -> Result<(), StoreError> {
        let tx = self.db.begin().await?;
        if inbox::first_delivery(&tx, NAME, &event.id, self.clock.now()).await? {
            let row =
                ActiveModel { sequence: NotSet, key: Set(event.ordering_key.clone()), what: Set(what.to_owned()) };
            Entity::insert(row).exec(&tx).await?;
        }
        tx.commit().await
    }
}

#[async_trait]
impl Consumer for Keeper {
    async fn handle(&self, event: Event) -> Result<(), Error> {
        let Some(Body::TranscriptFinalized(body)) = &event.body else {
            return Err(Error::invalid_field("event.body", "is not of interest"));
        };
        let fault = self.faults.lock().unwrap().get_mut(&body.call).and_then(VecDeque::pop_front);
        match fault {
            None => {}
            Some(Fault::Refuse(code)) => return Err(Error::new(code, Reason::StateConflict, "told to refuse")),
            Some(Fault::Hang) => tokio::time::sleep(Duration::from_secs(3600)).await,
            Some(Fault::LoseAnswer) => {
                self.apply(&event, &body.call).await?;
                return Err(Error::unavailable(Reason::Draining, "the answer is lost").with_retry_after(Duration::ZERO));
            }
        }
        Ok(self.apply(&event, &body.call).await?)
    }
}
