//! Playbooks and their revisions.

use chrono::{DateTime, Utc};
use sea_orm::{
    ActiveModelTrait, ActiveValue::Set, ColumnTrait, ConnectionTrait, EntityTrait, IntoActiveModel, QueryFilter,
    QueryOrder, QuerySelect,
};
use throughline_store::{Result, Transaction};

use super::entity::{playbook, revision};

/// A revision as it is stored.
pub type Revision = revision::Model;
/// A playbook as it is stored.
pub type Playbook = playbook::Model;

/// A playbook.
pub async fn playbook(conn: &impl ConnectionTrait, workspace: &str, id: &str) -> Result<Option<Playbook>> {
    Ok(playbook::Entity::find_by_id((workspace.to_owned(), id.to_owned())).one(conn).await?)
}

/// Playbooks by id, after `after`.
pub async fn playbooks(
    conn: &impl ConnectionTrait,
    workspace: &str,
    after: Option<&str>,
    limit: u64,
) -> Result<Vec<Playbook>> {
    let mut query = playbook::Entity::find().filter(playbook::Column::Workspace.eq(workspace));
    if let Some(after) = after {
        query = query.filter(playbook::Column::Id.gt(after));
    }
    Ok(query.order_by_asc(playbook::Column::Id).limit(limit).all(conn).await?)
}

/// A revision.
pub async fn revision(
    conn: &impl ConnectionTrait,
    workspace: &str,
    playbook: &str,
    number: i32,
) -> Result<Option<Revision>> {
    let key = (workspace.to_owned(), playbook.to_owned(), number);
    Ok(revision::Entity::find_by_id(key).one(conn).await?)
}

/// Revisions of a playbook, newest first, those before number `before`.
pub async fn revisions(
    conn: &impl ConnectionTrait,
    workspace: &str,
    playbook: &str,
    before: Option<i32>,
    limit: u64,
) -> Result<Vec<Revision>> {
    let mut query = revision::Entity::find()
        .filter(revision::Column::Workspace.eq(workspace))
        .filter(revision::Column::Playbook.eq(playbook));
    if let Some(before) = before {
        query = query.filter(revision::Column::Number.lt(before));
    }
    Ok(query.order_by_desc(revision::Column::Number).limit(limit).all(conn).await?)
}

/// The released revision of every playbook of a workspace, by playbook.
pub async fn released(conn: &impl ConnectionTrait, workspace: &str) -> Result<Vec<Revision>> {
    let playbooks = playbook::Entity::find()
        .filter(playbook::Column::Workspace.eq(workspace))
        .filter(playbook::Column::Released.is_not_null())
        .order_by_asc(playbook::Column::Id)
        .all(conn)
        .await?;
    let mut found = Vec::with_capacity(playbooks.len());
    for playbook in playbooks {
        if let Some(number) = playbook.released {
            found.extend(revision(conn, workspace, &playbook.id, number).await?);
        }
    }
    Ok(found)
}

/// Appends a revision, creating its playbook at the first.
pub async fn append(tx: &Transaction, known: Option<Playbook>, row: Revision) -> Result<()> {
    match known {
        None => {
            let new = Playbook {
                workspace: row.workspace.clone(),
                id: row.playbook.clone(),
                title: row.title.clone(),
                latest: row.number,
                released: None,
                created_at: row.created_at,
            };
            playbook::Entity::insert(new.into_active_model().reset_all()).exec_without_returning(tx).await?;
        }
        Some(known) => {
            let titled = known.released.is_none();
            let mut change = known.into_active_model();
            change.latest = Set(row.number);
            if titled {
                change.title = Set(row.title.clone());
            }
            change.update(tx).await?;
        }
    }
    revision::Entity::insert(row.into_active_model().reset_all()).exec_without_returning(tx).await?;
    Ok(())
}

/// Makes a revision the released one.
pub async fn release(tx: &Transaction, playbook: Playbook, revision: Revision, now: DateTime<Utc>) -> Result<Revision> {
    let mut change = playbook.into_active_model();
    change.released = Set(Some(revision.number));
    change.title = Set(revision.title.clone());
    change.update(tx).await?;
    let mut change = revision.into_active_model();
    change.released_at = Set(Some(now));
    Ok(change.update(tx).await?)
}

/// Leaves a playbook without a released revision; `latest` is its latest, whose title it takes.
pub async fn withdraw(tx: &Transaction, playbook: Playbook, latest: &Revision) -> Result<Playbook> {
    let mut change = playbook.into_active_model();
    change.released = Set(None);
    change.title = Set(latest.title.clone());
    Ok(change.update(tx).await?)
}
