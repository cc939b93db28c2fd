//! CreateCall, GetCall, ListCalls.

use chrono::DateTime;
use throughline_proto::transcription::v1 as pb;
use throughline_rpc::auth::principal;
use throughline_rpc::{Error, Violations, name, page};
use throughline_store::Idempotent;
use tonic::Request;

use super::{Transcription, convert, update};
use crate::domain::call::{Details, is_call_id};
use crate::domain::consent::stamp;
use crate::domain::roster::Roster;
use crate::domain::state::CallState;
use crate::store::calls;
use crate::store::row::StoredCall;
use crate::store::work::CallKey;

pub async fn create(service: &Transcription, request: Request<pb::CreateCallRequest>) -> Result<pb::Call, Error> {
    let principal = principal(&request)?;
    let request = request.into_inner();
    let mut violations = Violations::new();
    let workspace = name::WORKSPACE.require(&mut violations, "parent", &request.parent);
    violations.check(
        request.call_id.is_empty() || is_call_id(&request.call_id),
        "call_id",
        "must be 1 to 63 of `a-z 0-9 - _`",
    );
    violations.check(request.call.is_some(), "call", "is required");
    let now = service.clock.now();
    let given = request.call.as_ref().and_then(|call| call.expire_time);
    let given = given.map(|time| update::expiry(&time, now, &mut violations));
    let mut details = convert::details(request.call.clone().unwrap_or_default(), &mut violations);
    violations.finish()?;
    let [workspace] = workspace.unwrap_or_default();
    principal.authorize_workspace(&workspace)?;
    if given.is_some() {
        update::may_set_deadline(&principal)?;
    }

    let id = match request.call_id.as_str() {
        "" => service.ids.next().to_string(),
        id => id.to_owned(),
    };
    stamp(&mut details.consents, principal.subject(), now);
    service.complete_sides(&workspace, &mut details).await;
    let idempotent = Idempotent::new(&workspace, "CreateCall", &request.request_id, &request);
    let tx = service.db.begin().await?;
    if let Some(answer) = idempotent.replay(&tx, now).await? {
        return Ok(answer);
    }
    let expires_at = match given {
        Some(given) => given,
        None => service.deadline(&tx, &workspace, details.start_time.unwrap_or(now)).await?,
    };
    let key = (workspace.as_str(), id.as_str());
    let inserted = calls::insert(&tx, key, &details, principal.only_as_rep(), expires_at, now).await;
    let call = inserted.map_err(|error| match error.is_unique_violation(Some("call")) {
        true => Error::already_exists(name::CALL.kind, name::CALL.format([&workspace, &id])),
        false => error.into(),
    })?;
    let answer = convert::call_out(&call);
    idempotent.record(&tx, &answer, now).await?;
    tx.commit().await?;
    Ok(answer)
}

/// Creates a call of this name, unless there is one. `by` is who tells of it; `rep` is the rep who does, if it is one.
pub async fn ensure(
    service: &Transcription,
    key: &CallKey,
    (by, rep): (&str, Option<&str>),
    mut details: Details,
) -> Result<(), Error> {
    if calls::find(service.db.conn(), &key.workspace, &key.call).await?.is_some() {
        return Ok(());
    }
    service.complete_sides(&key.workspace, &mut details).await;
    insert(service, key, (by, rep), details).await
}

async fn insert(
    service: &Transcription,
    key: &CallKey,
    (by, rep): (&str, Option<&str>),
    mut details: Details,
) -> Result<(), Error> {
    let now = service.clock.now();
    stamp(&mut details.consents, by, now);
    let tx = service.db.begin().await?;
    let expires_at = service.deadline(&tx, &key.workspace, details.start_time.unwrap_or(now)).await?;
    match calls::insert(&tx, (&key.workspace, &key.call), &details, rep, expires_at, now).await {
        Ok(_) => Ok(tx.commit().await?),
        // Somebody else was faster: it is there.
        Err(error) if error.is_unique_violation(Some("call")) => Ok(()),
        Err(error) => Err(error.into()),
    }
}

/// As [`ensure`], and a call that is there takes over what it does not know. For those who may change every call.
pub async fn ensure_complete(
    service: &Transcription,
    key: &CallKey,
    by: &str,
    mut details: Details,
) -> Result<(), Error> {
    service.complete_sides(&key.workspace, &mut details).await;
    if calls::find(service.db.conn(), &key.workspace, &key.call).await?.is_none() {
        insert(service, key, (by, None), details.clone()).await?;
    }
    stamp(&mut details.consents, by, service.clock.now());
    let tx = service.db.begin().await?;
    let Some(call) = calls::find_for_update(&tx, &key.workspace, &key.call).await? else { return Ok(()) };
    let mut known = call.details.clone();
    let mut roster = Roster::new(known.participants);
    details.participants.iter().cloned().for_each(|participant| roster.complete(participant));
    known.participants = roster.into_participants();
    known.complete_from(details);
    if known == call.details || call.state == CallState::Purged {
        return Ok(());
    }
    let mut change = calls::change(&call);
    calls::complete(&tx, &call, &known, &mut change).await?;
    calls::update(&tx, change).await?;
    Ok(tx.commit().await?)
}

pub async fn get(service: &Transcription, request: Request<pb::GetCallRequest>) -> Result<pb::Call, Error> {
    let principal = principal(&request)?;
    let mut violations = Violations::new();
    let parsed = name::CALL.require(&mut violations, "name", &request.get_ref().name);
    violations.finish()?;
    let [workspace, id] = parsed.unwrap_or_default();
    Ok(convert::call_out(&service.visible(&principal, &workspace, &id).await?))
}

pub async fn list(
    service: &Transcription,
    request: Request<pb::ListCallsRequest>,
) -> Result<pb::ListCallsResponse, Error> {
    let principal = principal(&request)?;
    let pb::ListCallsRequest { parent, page_size, page_token, deal_id } = request.into_inner();
    let mut violations = Violations::new();
    let workspace = name::WORKSPACE.require(&mut violations, "parent", &parent);
    violations.finish()?;
    let [workspace] = workspace.unwrap_or_default();
    principal.authorize_workspace(&workspace)?;

    let rep = principal.only_as_rep();
    let binding = ["ListCalls", parent.as_str(), deal_id.as_str(), rep.unwrap_or_default()];
    let page = page::Request::parse(page::USUAL, page_size, &page_token, &binding)?;
    let after = page.after.as_deref().and_then(position);
    let filter = calls::Filter { workspace: &workspace, deal_id: &deal_id, rep };
    let mut found = calls::list(service.db.conn(), filter, after, page.limit as u64 + 1).await?;
    let next_page_token = page.cut(&mut found, cursor);
    Ok(pb::ListCallsResponse { calls: found.iter().map(convert::call_out).collect(), next_page_token })
}

/// `{microseconds}:{id}`: the place of a call in a list.
fn cursor(call: &StoredCall) -> String {
    format!("{}:{}", call.row.created_at.timestamp_micros(), call.id)
}

fn position(cursor: &str) -> Option<calls::Position> {
    let (micros, id) = cursor.split_once(':')?;
    Some((DateTime::from_timestamp_micros(micros.parse().ok()?)?, id.to_owned()))
}
