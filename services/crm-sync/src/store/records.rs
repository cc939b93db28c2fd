//! Records: loaded, stored, listed.

use std::collections::HashMap;

use chrono::{DateTime, Utc};
use sea_orm::sea_query::OnConflict;
use sea_orm::{
    ActiveModelTrait, ColumnTrait, Condition, ConnectionTrait, EntityTrait, IntoActiveModel, QueryFilter, QueryOrder,
    QuerySelect, Select,
};
use throughline_store::{Error, Result, Transaction};

use super::entity::account_domain;
use super::entity::record::{Column, Entity, Model};
use super::{CHUNK, row};
use crate::domain::import::{Known, KnownRecord};
use crate::domain::record::{Record, RecordKey};
use crate::domain::schema::RecordKind;
use crate::domain::stage::Pipeline;
use crate::domain::value::Value;

/// The records of one kind.
pub(super) fn of_kind(workspace: &str, kind: RecordKind) -> Select<Entity> {
    Entity::find().filter(Column::Workspace.eq(workspace)).filter(Column::Kind.eq(kind.as_str()))
}

/// One record.
pub async fn get(conn: &impl ConnectionTrait, workspace: &str, key: &RecordKey) -> Result<Option<(Record, Model)>> {
    let found = of_kind(workspace, key.kind).filter(Column::Id.eq(&key.id)).one(conn).await?;
    found.map(|model| Ok((row::record(&model)?, model))).transpose()
}

/// The records with these keys, held against other writers until the transaction ends.
pub async fn hold(tx: &Transaction, workspace: &str, keys: Vec<RecordKey>) -> Result<HashMap<RecordKey, Record>> {
    let mut found = HashMap::with_capacity(keys.len());
    let mut by_kind: HashMap<RecordKind, Vec<String>> = HashMap::new();
    for key in keys {
        by_kind.entry(key.kind).or_default().push(key.id);
    }
    let mut kinds: Vec<_> = by_kind.into_iter().collect();
    // One order for everybody, so that two transactions never wait for each other.
    kinds.sort_by_key(|(kind, _)| *kind);
    for (kind, mut ids) in kinds {
        ids.sort_unstable();
        ids.dedup();
        for chunk in ids.chunks(CHUNK) {
            let query = of_kind(workspace, kind).filter(Column::Id.is_in(chunk)).order_by_asc(Column::Id);
            for model in query.lock_exclusive().all(tx).await? {
                let record = row::record(&model)?;
                found.insert(record.key.clone(), record);
            }
        }
    }
    Ok(found)
}

/// One record, held until the transaction ends.
pub async fn hold_one(tx: &Transaction, workspace: &str, key: RecordKey) -> Result<Option<Record>> {
    Ok(hold(tx, workspace, vec![key.clone()]).await?.remove(&key))
}

/// Stores records whole; each deal with the number of its change.
pub async fn save(
    tx: &Transaction,
    workspace: &str,
    records: &[(&Record, i64)],
    pipeline: &Pipeline,
    now: DateTime<Utc>,
) -> Result<()> {
    let mut models = Vec::new();
    let mut accounts = Vec::new();
    for (record, sequence) in records {
        models.push(row::record_row(workspace, record, *sequence, pipeline, now)?.into_active_model().reset_all());
        if record.key.kind == RecordKind::Account {
            accounts.push(*record);
        }
    }
    let conflict = OnConflict::columns([Column::Workspace, Column::Kind, Column::Id])
        .update_columns([
            Column::Version,
            Column::Cells,
            Column::Name,
            Column::NameKey,
            Column::Email,
            Column::Account,
            Column::Owner,
            Column::Stage,
            Column::Open,
            Column::Sequence,
            Column::UpdatedAt,
        ])
        .to_owned();
    while !models.is_empty() {
        let chunk: Vec<_> = models.drain(..models.len().min(CHUNK)).collect();
        Entity::insert_many(chunk).on_conflict(conflict.clone()).exec_without_returning(tx).await?;
    }
    save_domains(tx, workspace, &accounts).await
}

async fn save_domains(tx: &Transaction, workspace: &str, accounts: &[&Record]) -> Result<()> {
    use account_domain::{Column, Entity, Model};
    for chunk in accounts.chunks(CHUNK) {
        let ids = chunk.iter().map(|account| account.key.id.as_str());
        Entity::delete_many()
            .filter(Column::Workspace.eq(workspace))
            .filter(Column::Account.is_in(ids))
            .exec(tx)
            .await?;
        let row = |account: &str, domain: &str| Model {
            workspace: workspace.to_owned(),
            domain: domain.to_owned(),
            account: account.to_owned(),
        };
        let mut rows: Vec<_> = chunk
            .iter()
            .flat_map(|account| match account.value("domains") {
                Some(Value::List(domains)) => domains.iter().map(|domain| row(&account.key.id, domain)).collect(),
                _ => Vec::new(),
            })
            .map(|model| model.into_active_model().reset_all())
            .collect();
        while !rows.is_empty() {
            let part: Vec<_> = rows.drain(..rows.len().min(CHUNK)).collect();
            Entity::insert_many(part).exec_without_returning(tx).await?;
        }
    }
    Ok(())
}

/// Everything that files of an export may name.
pub async fn known(conn: &impl ConnectionTrait, workspace: &str) -> Result<Known> {
    let columns = [Column::Id, Column::Name, Column::Email];
    let names = async |kind| {
        let found: Vec<(String, String, String)> =
            of_kind(workspace, kind).select_only().columns(columns).into_tuple().all(conn).await?;
        Ok::<_, Error>(found.into_iter().map(|(id, name, email)| KnownRecord { id, name, email }).collect())
    };
    let deals: Vec<(String, String)> = of_kind(workspace, RecordKind::Deal)
        .select_only()
        .columns([Column::Id, Column::Stage])
        .into_tuple()
        .all(conn)
        .await?;
    Ok(Known {
        users: names(RecordKind::User).await?,
        accounts: names(RecordKind::Account).await?,
        contacts: names(RecordKind::Contact).await?,
        deals: deals.into_iter().collect(),
    })
}

/// Ids of the deals of these accounts.
pub async fn deals_of_accounts(tx: &Transaction, workspace: &str, accounts: &[String]) -> Result<Vec<String>> {
    let mut found = Vec::new();
    for chunk in accounts.chunks(CHUNK) {
        let ids: Vec<String> = of_kind(workspace, RecordKind::Deal)
            .filter(Column::Account.is_in(chunk))
            .select_only()
            .column(Column::Id)
            .into_tuple()
            .all(tx)
            .await?;
        found.extend(ids);
    }
    Ok(found)
}

/// What a list of deals is narrowed to.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct DealFilter {
    pub account: Option<String>,
    pub open_only: bool,
}

/// Up to `limit` deals by id, those after `after`.
pub async fn deals(
    conn: &impl ConnectionTrait,
    workspace: &str,
    filter: &DealFilter,
    after: Option<&str>,
    limit: usize,
) -> Result<Vec<Model>> {
    let mut condition = Condition::all()
        .add_option(filter.account.as_deref().map(|account| Column::Account.eq(account)))
        .add_option(after.map(|after| Column::Id.gt(after)));
    if filter.open_only {
        condition = condition.add(Column::Open.eq(true));
    }
    let query = of_kind(workspace, RecordKind::Deal).filter(condition).order_by_asc(Column::Id);
    Ok(query.limit(u64::try_from(limit).map_err(Error::internal)?).all(conn).await?)
}

/// Up to `limit` deals whose last change has a number over `after`, by number.
pub async fn deal_changes(
    conn: &impl ConnectionTrait,
    workspace: &str,
    after: i64,
    limit: usize,
) -> Result<Vec<Model>> {
    let query = of_kind(workspace, RecordKind::Deal).filter(Column::Sequence.gt(after)).order_by_asc(Column::Sequence);
    Ok(query.limit(u64::try_from(limit).map_err(Error::internal)?).all(conn).await?)
}

/// Up to `limit` contacts by name and id, those after `after`.
pub async fn contacts(
    conn: &impl ConnectionTrait,
    workspace: &str,
    account: Option<&str>,
    after: Option<(&str, &str)>,
    limit: usize,
) -> Result<Vec<Model>> {
    let condition = Condition::all().add_option(account.map(|account| Column::Account.eq(account))).add_option(
        after.map(|(name, id)| {
            let same_name = Condition::all().add(Column::Name.eq(name)).add(Column::Id.gt(id));
            Condition::any().add(Column::Name.gt(name)).add(same_name)
        }),
    );
    let query =
        of_kind(workspace, RecordKind::Contact).filter(condition).order_by_asc(Column::Name).order_by_asc(Column::Id);
    Ok(query.limit(u64::try_from(limit).map_err(Error::internal)?).all(conn).await?)
}

/// The records of one kind with these ids, not held.
pub async fn many(
    conn: &impl ConnectionTrait,
    workspace: &str,
    kind: RecordKind,
    mut ids: Vec<String>,
) -> Result<HashMap<String, Record>> {
    ids.sort_unstable();
    ids.dedup();
    let mut found = HashMap::with_capacity(ids.len());
    for chunk in ids.chunks(CHUNK) {
        for model in of_kind(workspace, kind).filter(Column::Id.is_in(chunk)).all(conn).await? {
            found.insert(model.id.clone(), row::record(&model)?);
        }
    }
    Ok(found)
}
