//! What the CRM has near a call: everything its id, names, addresses or domains lead to, each found by an index.

use std::collections::BTreeSet;

use sea_orm::{ColumnTrait, Condition, ConnectionTrait, EntityTrait, QueryFilter, QueryOrder, QuerySelect};
use throughline_store::Result;

use super::entity::record::{Column, Model};
use super::entity::{account_domain, stage_entry};
use super::records::of_kind;
use super::row;
use crate::domain::association::{AccountView, CallContext, ContactView, DealView, Side, Surroundings};
use crate::domain::record::Record;
use crate::domain::schema::RecordKind;
use crate::domain::stage::{Pipeline, StageKind};
use crate::domain::text;
use crate::domain::value::Value;

/// Most records of a kind that are weighed; far more than share a name.
const NEAR_MAX: u64 = 200;

/// Looks around a call.
pub async fn find(
    conn: &impl ConnectionTrait,
    workspace: &str,
    context: &CallContext,
    pipeline: &Pipeline,
) -> Result<Surroundings> {
    let traces = Traces::of(context);
    let contacts = contacts(conn, workspace, &traces).await?;
    let mut account_ids: BTreeSet<String> = contacts.iter().map(|contact| contact.account.clone()).collect();
    account_ids.extend(accounts_by_domain(conn, workspace, &traces).await?);
    account_ids.extend(accounts_by_name(conn, workspace, &traces).await?);
    let mut deals = given_deal(conn, workspace, context).await?;
    account_ids.extend(deals.iter().map(|deal| deal.account.clone()));
    account_ids.remove("");
    let ids: Vec<&String> = account_ids.iter().collect();
    if !ids.is_empty() {
        let of_accounts = of_kind(workspace, RecordKind::Deal).filter(Column::Account.is_in(ids.iter().copied()));
        let newest_first = of_accounts.order_by_desc(Column::Open).order_by_desc(Column::Sequence);
        let more = newest_first.limit(NEAR_MAX).all(conn).await?;
        deals.extend(more.into_iter().filter(|deal| deal.id != context.deal.id));
    }
    let accounts = if ids.is_empty() {
        Vec::new()
    } else {
        of_kind(workspace, RecordKind::Account).filter(Column::Id.is_in(ids)).limit(NEAR_MAX).all(conn).await?
    };
    let first_stages = first_stages(conn, workspace, &deals).await?;
    Ok(Surroundings {
        accounts: accounts.iter().map(account_view).collect::<Result<_>>()?,
        contacts,
        deals: deals.iter().map(|deal| deal_view(deal, pipeline, &first_stages)).collect::<Result<_>>()?,
    })
}

/// What a call can be searched by.
struct Traces {
    emails: BTreeSet<String>,
    names: BTreeSet<String>,
    domains: BTreeSet<String>,
    account: String,
}

impl Traces {
    fn of(context: &CallContext) -> Self {
        let buyers = || context.participants.iter().filter(|person| person.side != Side::Rep);
        let hosts = buyers().filter_map(|person| text::employer_domain(&person.email));
        Self {
            emails: buyers().map(|person| person.email.to_lowercase()).filter(|email| !email.is_empty()).collect(),
            names: buyers().map(|person| text::person_key(&person.name)).filter(|key| !key.is_empty()).collect(),
            domains: hosts.flat_map(|host| text::parents(&host)).collect(),
            account: text::company_key(&context.account.name),
        }
    }
}

async fn contacts(conn: &impl ConnectionTrait, workspace: &str, traces: &Traces) -> Result<Vec<ContactView>> {
    if traces.emails.is_empty() && traces.names.is_empty() {
        return Ok(Vec::new());
    }
    let known = Condition::any().add(Column::Email.is_in(&traces.emails)).add(Column::NameKey.is_in(&traces.names));
    let found = of_kind(workspace, RecordKind::Contact).filter(known).limit(NEAR_MAX).all(conn).await?;
    let view = |contact: Model| ContactView {
        id: contact.id,
        account: contact.account,
        name: contact.name,
        email: contact.email,
    };
    Ok(found.into_iter().map(view).collect())
}

async fn accounts_by_domain(conn: &impl ConnectionTrait, workspace: &str, traces: &Traces) -> Result<Vec<String>> {
    use account_domain::{Column, Entity};
    if traces.domains.is_empty() {
        return Ok(Vec::new());
    }
    let query = Entity::find()
        .select_only()
        .column(Column::Account)
        .filter(Column::Workspace.eq(workspace))
        .filter(Column::Domain.is_in(&traces.domains));
    Ok(query.limit(NEAR_MAX).into_tuple().all(conn).await?)
}

async fn accounts_by_name(conn: &impl ConnectionTrait, workspace: &str, traces: &Traces) -> Result<Vec<String>> {
    if traces.account.is_empty() {
        return Ok(Vec::new());
    }
    let query = of_kind(workspace, RecordKind::Account).filter(Column::NameKey.eq(&traces.account));
    Ok(query.select_only().column(Column::Id).limit(NEAR_MAX).into_tuple().all(conn).await?)
}

async fn given_deal(conn: &impl ConnectionTrait, workspace: &str, context: &CallContext) -> Result<Vec<Model>> {
    if context.deal.id.is_empty() {
        return Ok(Vec::new());
    }
    Ok(of_kind(workspace, RecordKind::Deal).filter(Column::Id.eq(&context.deal.id)).all(conn).await?)
}

/// When each deal is first known to have been in a stage: it was open by then.
async fn first_stages(
    conn: &impl ConnectionTrait,
    workspace: &str,
    deals: &[Model],
) -> Result<Vec<(String, chrono::DateTime<chrono::Utc>)>> {
    use stage_entry::{Column, Entity};
    if deals.is_empty() {
        return Ok(Vec::new());
    }
    let query = Entity::find()
        .select_only()
        .column(Column::Deal)
        .column_as(Column::EnteredAt.min(), "first")
        .filter(Column::Workspace.eq(workspace))
        .filter(Column::Deal.is_in(deals.iter().map(|deal| deal.id.as_str())))
        .filter(Column::WithdrawnAt.is_null())
        .group_by(Column::Deal);
    Ok(query.into_tuple().all(conn).await?)
}

fn account_view(model: &Model) -> Result<AccountView> {
    let record = row::record(model)?;
    let domains = list(&record, "domains");
    Ok(AccountView { id: model.id.clone(), name: model.name.clone(), domains })
}

fn deal_view(
    model: &Model,
    pipeline: &Pipeline,
    first_stages: &[(String, chrono::DateTime<chrono::Utc>)],
) -> Result<DealView> {
    let record = row::record(model)?;
    let date = |field: &str| match record.value(field) {
        Some(Value::Date(date)) => Some(*date),
        _ => None,
    };
    let first_stage = first_stages.iter().find(|(deal, _)| *deal == model.id).map(|(_, at)| at.date_naive());
    let open = pipeline.kind(&model.stage) == StageKind::Open;
    Ok(DealView {
        id: model.id.clone(),
        account: model.account.clone(),
        owner: model.owner.clone(),
        contacts: list(&record, "contacts"),
        opened_on: date("open_date").or(first_stage),
        closed_on: if open { None } else { date("close_date") },
        open,
    })
}

fn list(record: &Record, field: &str) -> Vec<String> {
    match record.value(field) {
        Some(Value::List(items)) => items.clone(),
        _ => Vec::new(),
    }
}
