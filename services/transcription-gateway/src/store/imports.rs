//! Watched prefixes: who looks at them, what was found, what became of it.

use std::collections::HashMap;

use chrono::{DateTime, SubsecRound as _, Utc};
use sea_orm::ActiveValue::{Set, Unchanged};
use sea_orm::sea_query::{Expr, OnConflict};
use sea_orm::{
    ColumnTrait, Condition, ConnectionTrait, EntityTrait, PaginatorTrait as _, QueryFilter, QueryOrder, QuerySelect,
};
use throughline_store::{Result, Transaction};

use super::entity::import_item::{self, State};
use super::entity::import_source;
use super::work::{CallKey, Lease};

/// Keys of one statement.
const KEYS_A_STATEMENT: usize = 500;

/// A watched prefix.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct SourceKey {
    pub workspace: String,
    pub name: String,
}

/// Takes the lease on a prefix, or prolongs it. False while another replica holds it.
pub async fn claim(tx: &Transaction, key: &SourceKey, lease: &Lease) -> Result<bool> {
    let row = import_source::ActiveModel {
        workspace: Set(key.workspace.clone()),
        name: Set(key.name.clone()),
        lease_owner: Set(None),
        lease_until: Set(None),
        polled_at: Set(None),
        cursor: Set(String::new()),
        last_error: Set(String::new()),
    };
    let known =
        OnConflict::columns([import_source::Column::Workspace, import_source::Column::Name]).do_nothing().to_owned();
    import_source::Entity::insert(row).on_conflict(known).exec_without_returning(tx).await?;
    let free = Condition::any()
        .add(import_source::Column::LeaseUntil.is_null())
        .add(import_source::Column::LeaseUntil.lte(lease.now))
        .add(import_source::Column::LeaseOwner.eq(lease.owner.as_str()));
    let claimed = import_source::Entity::update_many()
        .col_expr(import_source::Column::LeaseOwner, Expr::val(lease.owner.as_str()))
        .col_expr(import_source::Column::LeaseUntil, Expr::val(lease.until))
        .filter(of(key))
        .filter(free)
        .exec(tx)
        .await?;
    Ok(claimed.rows_affected == 1)
}

fn of(key: &SourceKey) -> Condition {
    Condition::all()
        .add(import_source::Column::Workspace.eq(key.workspace.as_str()))
        .add(import_source::Column::Name.eq(key.name.as_str()))
}

/// Notes how a round went and gives the lease back, if it is still `owner`'s.
pub async fn finish(
    tx: &Transaction,
    key: &SourceKey,
    owner: &str,
    (cursor, error): (Option<String>, &str),
    now: DateTime<Utc>,
) -> Result<()> {
    let mut update = import_source::Entity::update_many()
        .col_expr(import_source::Column::LeaseOwner, Expr::val(Option::<String>::None))
        .col_expr(import_source::Column::LeaseUntil, Expr::val(Option::<DateTime<Utc>>::None))
        .col_expr(import_source::Column::PolledAt, Expr::val(now))
        .col_expr(import_source::Column::LastError, Expr::val(error))
        .filter(of(key))
        .filter(import_source::Column::LeaseOwner.eq(owner));
    if let Some(cursor) = cursor {
        update = update.col_expr(import_source::Column::Cursor, Expr::val(cursor));
    }
    update.exec(tx).await?;
    Ok(())
}

/// Ends all leases: on SQLite, where there is one process, when it starts, since whoever held them is dead.
pub async fn release_all(tx: &Transaction) -> Result<()> {
    import_source::Entity::update_many()
        .col_expr(import_source::Column::LeaseUntil, Expr::val(Option::<DateTime<Utc>>::None))
        .exec(tx)
        .await?;
    Ok(())
}

/// State and version of the side file of those of `keys` that are noted.
pub async fn known(
    conn: &impl ConnectionTrait,
    key: &SourceKey,
    keys: &[&str],
) -> Result<HashMap<String, (State, String)>> {
    let mut known = HashMap::with_capacity(keys.len());
    for part in keys.chunks(KEYS_A_STATEMENT) {
        let rows = items(key).filter(import_item::Column::ObjectKey.is_in(part.iter().copied())).all(conn).await?;
        known.extend(rows.into_iter().map(|row| (row.object_key, (row.state, row.side_version))));
    }
    Ok(known)
}

fn items(key: &SourceKey) -> sea_orm::Select<import_item::Entity> {
    import_item::Entity::find()
        .filter(import_item::Column::Workspace.eq(key.workspace.as_str()))
        .filter(import_item::Column::Source.eq(key.name.as_str()))
}

/// Notes objects, to be taken up at once; one that is noted already is taken up once more.
pub async fn note(tx: &Transaction, rows: Vec<import_item::Model>) -> Result<()> {
    for part in rows.chunks(KEYS_A_STATEMENT) {
        let part: Vec<import_item::ActiveModel> = part
            .iter()
            .map(|row| import_item::ActiveModel {
                workspace: Set(row.workspace.clone()),
                source: Set(row.source.clone()),
                object_key: Set(row.object_key.clone()),
                state: Set(row.state),
                call_id: Set(row.call_id.clone()),
                reason: Set(row.reason.clone()),
                attempts: Set(row.attempts),
                due_at: Set(row.due_at),
                modified_at: Set(row.modified_at.trunc_subsecs(6)),
                size_bytes: Set(row.size_bytes),
                side_version: Set(row.side_version.clone()),
            })
            .collect();
        let columns = [
            import_item::Column::State,
            import_item::Column::Attempts,
            import_item::Column::DueAt,
            import_item::Column::ModifiedAt,
            import_item::Column::SizeBytes,
            import_item::Column::SideVersion,
        ];
        let again = OnConflict::columns([
            import_item::Column::Workspace,
            import_item::Column::Source,
            import_item::Column::ObjectKey,
        ])
        .update_columns(columns)
        .to_owned();
        import_item::Entity::insert_many(part).on_conflict(again).exec_without_returning(tx).await?;
    }
    Ok(())
}

/// At most `limit` objects that are due.
pub async fn due(
    conn: &impl ConnectionTrait,
    key: &SourceKey,
    now: DateTime<Utc>,
    limit: u64,
) -> Result<Vec<import_item::Model>> {
    let query = items(key)
        .filter(import_item::Column::State.eq(State::Pending))
        .filter(import_item::Column::DueAt.lte(now))
        .order_by_asc(import_item::Column::DueAt)
        .order_by_asc(import_item::Column::ObjectKey);
    Ok(query.limit(limit).all(conn).await?)
}

/// What came of a try.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Tried {
    pub state: State,
    pub reason: String,
    /// Tries that count, with this one.
    pub attempts: i32,
    pub due_at: DateTime<Utc>,
}

/// Notes what came of a try.
pub async fn tried(tx: &Transaction, item: &import_item::Model, tried: Tried) -> Result<()> {
    let change = import_item::ActiveModel {
        workspace: Unchanged(item.workspace.clone()),
        source: Unchanged(item.source.clone()),
        object_key: Unchanged(item.object_key.clone()),
        state: Set(tried.state),
        reason: Set(tried.reason),
        attempts: Set(tried.attempts),
        due_at: Set(tried.due_at),
        ..Default::default()
    };
    import_item::Entity::update(change).exec(tx).await?;
    Ok(())
}

/// Forgets why the object of a call could not be brought in: it may name people.
pub async fn forget_reason(tx: &Transaction, key: &CallKey) -> Result<()> {
    import_item::Entity::update_many()
        .col_expr(import_item::Column::Reason, Expr::val("the call was purged"))
        .filter(import_item::Column::Workspace.eq(key.workspace.as_str()))
        .filter(import_item::Column::CallId.eq(key.call.as_str()))
        .filter(import_item::Column::Reason.ne(""))
        .exec(tx)
        .await?;
    Ok(())
}

/// A prefix as it stands; none before it was looked at.
pub async fn source(conn: &impl ConnectionTrait, key: &SourceKey) -> Result<Option<import_source::Model>> {
    Ok(import_source::Entity::find_by_id((key.workspace.clone(), key.name.clone())).one(conn).await?)
}

/// How many objects are in a state.
pub async fn count(conn: &impl ConnectionTrait, key: &SourceKey, state: State) -> Result<u64> {
    Ok(items(key).filter(import_item::Column::State.eq(state)).count(conn).await?)
}

/// At most `limit` objects whose keys come after `after`, in order.
pub async fn list(
    conn: &impl ConnectionTrait,
    key: &SourceKey,
    state: Option<State>,
    after: &str,
    limit: u64,
) -> Result<Vec<import_item::Model>> {
    let mut query = items(key).filter(import_item::Column::ObjectKey.gt(after));
    if let Some(state) = state {
        query = query.filter(import_item::Column::State.eq(state));
    }
    Ok(query.order_by_asc(import_item::Column::ObjectKey).limit(limit).all(conn).await?)
}
