//! Enrolled voices: written, listed, looked up for a call, deleted for good.

use chrono::{DateTime, Utc};
use sea_orm::sea_query::{Order, Query};
use sea_orm::{ColumnTrait, ConnectionTrait, EntityTrait, IntoActiveModel as _, QueryFilter, QueryOrder, QuerySelect};
use throughline_store::{Db, Result, Transaction, sweep};
use throughline_voices::Embedding;

use super::entity::voice::{Column, Entity, Model};
use crate::domain::call::Participant;
use crate::voices::Enrolled;

/// Writes a voice in place of the one that was enrolled for the same person.
pub async fn enroll(tx: &Transaction, voice: &Model) -> Result<()> {
    delete_of(tx, &voice.workspace, &voice.email).await?;
    Entity::insert(voice.clone().into_active_model()).exec_without_returning(tx).await?;
    Ok(())
}

/// The voice with this id that is not past its time.
pub async fn find(conn: &impl ConnectionTrait, workspace: &str, id: &str, now: DateTime<Utc>) -> Result<Option<Model>> {
    let found = Entity::find_by_id((workspace.to_owned(), id.to_owned()));
    Ok(found.filter(Column::ExpiresAt.gt(now)).one(conn).await?)
}

/// At most `limit` voices by e-mail address, after `after`; those of `only`, if somebody is given.
pub async fn list(
    conn: &impl ConnectionTrait,
    workspace: &str,
    only: Option<&str>,
    after: Option<&str>,
    now: DateTime<Utc>,
    limit: u64,
) -> Result<Vec<Model>> {
    let mut query = Entity::find().filter(Column::Workspace.eq(workspace)).filter(Column::ExpiresAt.gt(now));
    if let Some(email) = only {
        query = query.filter(Column::Email.eq(email));
    }
    if let Some(email) = after {
        query = query.filter(Column::Email.gt(email));
    }
    Ok(query.order_by_asc(Column::Email).limit(limit).all(conn).await?)
}

/// Deletes one voice. False if there is none.
pub async fn delete(tx: &Transaction, workspace: &str, id: &str) -> Result<bool> {
    let deleted = Entity::delete_by_id((workspace.to_owned(), id.to_owned())).exec(tx).await?;
    Ok(deleted.rows_affected > 0)
}

/// Deletes the voice of a person, as when all that is known of the person is erased. False if there is none.
pub async fn delete_of(tx: &Transaction, workspace: &str, email: &str) -> Result<bool> {
    let theirs = Entity::delete_many().filter(Column::Workspace.eq(workspace)).filter(Column::Email.eq(email));
    Ok(theirs.exec(tx).await?.rows_affected > 0)
}

/// The voices of those participants who are enrolled, as far as they are of `model`.
pub async fn of(
    conn: &impl ConnectionTrait,
    workspace: &str,
    participants: &[Participant],
    model: &str,
    now: DateTime<Utc>,
) -> Result<Vec<Enrolled>> {
    let emails: Vec<String> = participants.iter().map(|participant| participant.email.to_lowercase()).collect();
    let query = Entity::find()
        .filter(Column::Workspace.eq(workspace))
        .filter(Column::Email.is_in(emails.iter().filter(|email| !email.is_empty())))
        .filter(Column::Model.eq(model))
        .filter(Column::ExpiresAt.gt(now));
    let rows = query.all(conn).await?;
    let enrolled = participants.iter().zip(&emails).filter_map(|(participant, email)| {
        let row = rows.iter().find(|row| row.email == *email)?;
        let embedding = Embedding::from_bytes(&row.embedding.0)?;
        Some(Enrolled { participant: participant.id.clone(), embedding })
    });
    Ok(enrolled.collect())
}

/// Deletes what is past its time; returns how many.
pub async fn delete_expired(db: &Db, now: DateTime<Utc>) -> Result<u64> {
    let expired = Query::select()
        .columns([Column::Workspace, Column::Id])
        .from(Entity)
        .and_where(Column::ExpiresAt.lte(now))
        .order_by(Column::ExpiresAt, Order::Asc)
        .take();
    sweep(db, Entity, [Column::Workspace, Column::Id], expired).await
}
