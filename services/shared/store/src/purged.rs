//! Which calls were purged: the row that keeps what comes late from bringing their words back.
//!
//! A service that keeps words of calls lists [`PurgedCalls`] among its migrations, calls [`note`] where it erases them and
//! [`find`] before it writes any, both under its lock on the call.

use async_trait::async_trait;
use chrono::{DateTime, Utc};
use sea_orm::ActiveValue::Set;
use sea_orm::sea_query::{Index, OnConflict, Table};
use sea_orm::{ConnectionTrait, DbErr, EntityTrait};
use sea_orm_migration::schema::{integer, text, timestamp_with_time_zone as moment};
use sea_orm_migration::{MigrationName, MigrationTrait, SchemaManager};

use crate::entity::purged_call::{ActiveModel, Column, Entity, Model};
use crate::{Result, Transaction, lock};

/// What is gone of a call.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Purge {
    /// Id of the call.
    pub call: String,
    /// Revisions of the transcript up to this one are gone; `i32::MAX` where the whole call is.
    pub last_transcript: i32,
    /// When.
    pub at: DateTime<Utc>,
}

impl Purge {
    /// Are the words of this revision of the transcript gone? One that can't be told by its number is taken to be.
    pub fn covers(&self, transcript: &str) -> bool {
        transcript.parse::<i32>().map_or(true, |number| number <= self.last_transcript)
    }
}

/// Notes a purge; one that was noted before is never narrowed. Hold the service's lock on the call.
///
/// # Errors
/// The mapped database error.
pub async fn note(tx: &Transaction, workspace: &str, purge: &Purge) -> Result<()> {
    // For those whose lock on the call is another than this one's.
    lock::name(tx, "purged_call", &format!("{workspace}/{}", purge.call)).await?;
    let before = find(tx, workspace, &purge.call).await?;
    let row = ActiveModel {
        workspace: Set(workspace.to_owned()),
        call: Set(purge.call.clone()),
        last_transcript: Set(before.map_or(0, |before| before.last_transcript).max(purge.last_transcript)),
        purged_at: Set(purge.at),
    };
    let wider = OnConflict::columns([Column::Workspace, Column::Call])
        .update_columns([Column::LastTranscript, Column::PurgedAt])
        .to_owned();
    Entity::insert(row).on_conflict(wider).exec_without_returning(tx).await?;
    Ok(())
}

/// What is gone of a call; none where nothing is.
///
/// # Errors
/// The mapped database error.
pub async fn find(conn: &impl ConnectionTrait, workspace: &str, call: &str) -> Result<Option<Purge>> {
    let row = Entity::find_by_id((workspace.to_owned(), call.to_owned())).one(conn).await?;
    Ok(row.map(|Model { workspace: _, call, last_transcript, purged_at }| Purge {
        call,
        last_transcript,
        at: purged_at,
    }))
}

/// Makes the table.
pub struct PurgedCalls;

impl MigrationName for PurgedCalls {
    fn name(&self) -> &str {
        "p0001_purged_call"
    }
}

#[async_trait]
impl MigrationTrait for PurgedCalls {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let table = Table::create()
            .table("purged_call")
            .col(text("workspace"))
            .col(text("call"))
            .col(integer("last_transcript"))
            .col(moment("purged_at"))
            .primary_key(Index::create().col("workspace").col("call"))
            .take();
        manager.create_table(table).await
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn revisions_up_to_the_last_that_is_gone_are_covered_and_later_ones_are_not() {
        let purge = |last_transcript| Purge { call: "c1".to_owned(), last_transcript, at: DateTime::UNIX_EPOCH };
        assert!(purge(2).covers("1") && purge(2).covers("2") && !purge(2).covers("3"));
        assert!(!purge(0).covers("1") && purge(i32::MAX).covers("2147483647") && purge(0).covers("draft"));
    }
}
