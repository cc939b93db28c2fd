//! What the mirror has near people who are looked for.

use std::collections::BTreeSet;

use sea_orm::{ColumnTrait, Condition, ConnectionTrait, EntityTrait, QueryFilter, QuerySelect, Select};
use throughline_store::Result;

use super::entity::account_domain;
use super::entity::record::{Column, Entity};
use super::records::of_kind;
use crate::domain::people::{Accounts, KnownPeople, PersonQuery};
use crate::domain::schema::RecordKind;
use crate::domain::text;

/// Looks around them.
pub async fn near(conn: &impl ConnectionTrait, workspace: &str, queries: &[PersonQuery]) -> Result<KnownPeople> {
    let emails: BTreeSet<String> = queries.iter().filter_map(PersonQuery::email).collect();
    let names: BTreeSet<String> = queries.iter().filter_map(PersonQuery::name_key).collect();
    let hosts: BTreeSet<String> = emails.iter().filter_map(|email| text::employer_domain(email)).collect();
    let domains: BTreeSet<String> = hosts.iter().flat_map(|host| text::parents(host)).collect();
    // The users of a workspace are few; hosts need no index of their own.
    let of_hosts =
        hosts.iter().map(|host| Column::Email.ends_with(format!("@{host}"))).fold(Condition::any(), Condition::add);
    let users = |key: Column| of_kind(workspace, RecordKind::User).select_only().column(key);
    let contacts = |key: Column| of_kind(workspace, RecordKind::Contact).select_only().columns([key, Column::Account]);
    let accounts = account_domain::Entity::find()
        .select_only()
        .columns([account_domain::Column::Domain, account_domain::Column::Account])
        .filter(account_domain::Column::Workspace.eq(workspace));
    let mut near = KnownPeople::default();
    if !emails.is_empty() {
        near.users = ours(conn, users(Column::Email).filter(Column::Email.is_in(&emails))).await?;
        near.contacts = theirs(conn, contacts(Column::Email).filter(Column::Email.is_in(&emails))).await?;
    }
    if !hosts.is_empty() {
        let colleagues = ours(conn, users(Column::Email).filter(of_hosts)).await?;
        near.user_domains = colleagues.iter().filter_map(|email| text::employer_domain(email)).collect();
        near.account_domains = theirs(conn, accounts.filter(account_domain::Column::Domain.is_in(&domains))).await?;
    }
    if !names.is_empty() {
        near.user_names = ours(conn, users(Column::NameKey).filter(Column::NameKey.is_in(&names))).await?;
        near.contact_names = theirs(conn, contacts(Column::NameKey).filter(Column::NameKey.is_in(&names))).await?;
    }
    Ok(near)
}

async fn ours(conn: &impl ConnectionTrait, query: Select<Entity>) -> Result<BTreeSet<String>> {
    let found: Vec<String> = query.into_tuple().all(conn).await?;
    Ok(found.into_iter().collect())
}

async fn theirs<E: EntityTrait>(conn: &impl ConnectionTrait, query: Select<E>) -> Result<Accounts> {
    let found: Vec<(String, String)> = query.distinct().into_tuple().all(conn).await?;
    let mut accounts = Accounts::new();
    for (key, account) in found {
        accounts.entry(key).or_default().insert(account);
    }
    Ok(accounts)
}
