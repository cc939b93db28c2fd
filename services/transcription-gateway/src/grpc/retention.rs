//! The RetentionService: legal holds, purges and their receipts.

use async_trait::async_trait;
use chrono::DateTime;
use sea_orm::ActiveValue::Set;
use throughline_proto::transcription::v1 as pb;
use throughline_proto::transcription::v1::retention_service_server::{RetentionService, RetentionServiceServer};
use throughline_rpc::auth::principal;
use throughline_rpc::{Error, Violations, name, page, timestamp};
use throughline_store::{Idempotent, Transaction};
use tonic::{Request, Response, Status};

use super::update::require_version;
use super::{Transcription, consents, convert, import};
use crate::domain::purge::{Cause, MAX_REASON, Removed, Why};
use crate::domain::state::CallState;
use crate::purge::{self, purge};
use crate::store::calls;
use crate::store::entity::{call, legal_hold};
use crate::store::purges::{self, Receipt};
use crate::store::row::StoredCall;
use crate::store::work::CallKey;

/// Keeps and removes calls.
#[derive(Clone)]
pub struct Retention(Transcription);

impl Retention {
    /// The service to add to a server.
    pub fn server(service: Transcription) -> RetentionServiceServer<Self> {
        RetentionServiceServer::new(Self(service))
    }

    async fn set_hold(&self, request: Request<pb::SetLegalHoldRequest>) -> Result<pb::Call, Error> {
        let service = &self.0;
        let principal = principal(&request)?;
        let request = request.into_inner();
        let [workspace, id] = call_and_reason(&request.call, &request.reason)?;
        principal.authorize_workspace(&workspace)?;
        let now = service.clock.now();
        let idempotent = Idempotent::new(&workspace, "SetLegalHold", &request.request_id, &request);
        let tx = service.db.begin().await?;
        if let Some(answer) = idempotent.replay(&tx, now).await? {
            return Ok(answer);
        }
        let call = find(&tx, &workspace, &id).await?;
        require_version(&call, &request.etag)?;
        if call.state == CallState::Purged {
            return Err(import::conflict(&call, "it was purged"));
        }
        let mut change = calls::change(&call);
        change.held_at = Set(request.held.then_some(now));
        change.hold_reason = Set(if request.held { request.reason.clone() } else { String::new() });
        change.hold_by = Set(if request.held { principal.subject().to_owned() } else { String::new() });
        let kept = legal_hold::Model {
            workspace: workspace.clone(),
            id: service.ids.next().to_string(),
            call_id: id,
            held: request.held,
            reason: request.reason.clone(),
            changed_by: principal.subject().to_owned(),
            changed_at: now,
        };
        purges::note_hold(&tx, kept).await?;
        if !request.held && consents::is_revoked(service, &tx, &call).await? {
            let released = StoredCall { row: call::Model { held_at: None, ..call.row.clone() }, ..call.clone() };
            if purge::has_content(&tx, &released).await? {
                consents::take_away(service, &tx, &released, &mut change, principal.subject(), now).await?;
            }
        }
        let answer = convert::call_out(&calls::update(&tx, change).await?);
        idempotent.record(&tx, &answer, now).await?;
        tx.commit().await?;
        Ok(answer)
    }

    async fn purge(&self, request: Request<pb::PurgeCallRequest>) -> Result<pb::PurgeReceipt, Error> {
        let service = &self.0;
        let principal = principal(&request)?;
        let request = request.into_inner();
        let [workspace, id] = call_and_reason(&request.call, &request.reason)?;
        principal.authorize_workspace(&workspace)?;
        let now = service.clock.now();
        let why = Why { cause: Cause::Requested, reason: request.reason.clone(), by: principal.subject().to_owned() };
        let idempotent = Idempotent::new(&workspace, "PurgeCall", &request.request_id, &request);
        let tx = service.db.begin().await?;
        if let Some(answer) = idempotent.replay(&tx, now).await? {
            return Ok(answer);
        }
        let call = find(&tx, &workspace, &id).await?;
        if call.state == CallState::Purged {
            let receipt = purges::find(&tx, &workspace, &call.row.purge_receipt).await?;
            return Ok(receipt_out(&receipt.ok_or_else(|| Error::internal("a purged call has no receipt"))?));
        }
        require_version(&call, &request.etag)?;
        if request.validate_only {
            return preview(&tx, &call, &why).await;
        }
        let receipt = purge(&tx, (&service.outbox, &service.ids), &call, &why, now).await?;
        let answer = receipt_out(&receipt);
        idempotent.record(&tx, &answer, now).await?;
        let (wake, stops) = (std::sync::Arc::clone(&service.purged), service.live.stops.clone());
        let key = CallKey { workspace, call: id };
        tx.after_commit(move || {
            stops.stop(&key);
            wake.notify_one();
        });
        tx.commit().await?;
        Ok(answer)
    }

    async fn get(&self, request: Request<pb::GetPurgeReceiptRequest>) -> Result<pb::PurgeReceipt, Error> {
        let principal = principal(&request)?;
        let requested = request.into_inner().name;
        let mut violations = Violations::new();
        let parsed = name::PURGE_RECEIPT.require(&mut violations, "name", &requested);
        violations.finish()?;
        let [workspace, id] = parsed.unwrap_or_default();
        principal.authorize_workspace(&workspace)?;
        let found = purges::find(self.0.db.conn(), &workspace, &id).await?;
        Ok(receipt_out(&found.ok_or_else(|| Error::not_found(name::PURGE_RECEIPT.kind, requested))?))
    }

    async fn list(
        &self,
        request: Request<pb::ListPurgeReceiptsRequest>,
    ) -> Result<pb::ListPurgeReceiptsResponse, Error> {
        let principal = principal(&request)?;
        let pb::ListPurgeReceiptsRequest { parent, page_size, page_token, call } = request.into_inner();
        let mut violations = Violations::new();
        let workspace = name::WORKSPACE.require(&mut violations, "parent", &parent);
        let of_call = if call.is_empty() { None } else { name::CALL.require(&mut violations, "call", &call) };
        violations.finish()?;
        let [workspace] = workspace.unwrap_or_default();
        principal.authorize_workspace(&workspace)?;
        if of_call.as_ref().is_some_and(|[of, _]| *of != workspace) {
            return Err(Error::invalid_field("call", "must be a call of the workspace"));
        }
        let page = page::Request::parse(page::USUAL, page_size, &page_token, &["ListPurgeReceipts", &parent, &call])?;
        let after = page.after.as_deref().and_then(position);
        let of_call = of_call.as_ref().map(|[_, id]| id.as_str());
        let mut found = purges::list(self.0.db.conn(), &workspace, of_call, after, page.limit as u64 + 1).await?;
        let next_page_token = page.cut(&mut found, cursor);
        Ok(pb::ListPurgeReceiptsResponse { receipts: found.iter().map(receipt_out).collect(), next_page_token })
    }
}

fn call_and_reason(call: &str, reason: &str) -> Result<[String; 2], Error> {
    let mut violations = Violations::new();
    let parsed = name::CALL.require(&mut violations, "call", call);
    let length = reason.trim().chars().count();
    violations.check((1..=MAX_REASON).contains(&length), "reason", "must have 1 to 500 characters");
    violations.finish()?;
    Ok(parsed.unwrap_or_default())
}

async fn find(tx: &Transaction, workspace: &str, id: &str) -> Result<StoredCall, Error> {
    let found = calls::find_for_update(tx, workspace, id).await?;
    found.ok_or_else(|| Error::not_found(name::CALL.kind, name::CALL.format([workspace, id])))
}

/// What a purge would remove.
async fn preview(tx: &Transaction, call: &StoredCall, why: &Why) -> Result<pb::PurgeReceipt, Error> {
    purge::refuse_if_held(call)?;
    let key = CallKey { workspace: call.workspace.clone(), call: call.id.clone() };
    let rows = purges::count_rows(tx, &key).await?.rows;
    let (objects, _) = purge::objects(tx, call).await?;
    let removed = Removed { objects, rows };
    Ok(pb::PurgeReceipt {
        call: name::CALL.format([&call.workspace, &call.id]),
        cause: cause_out(why.cause).into(),
        reason: why.reason.clone(),
        purged_by: why.by.clone(),
        ..removed_out(&removed)
    })
}

fn receipt_out(receipt: &Receipt) -> pb::PurgeReceipt {
    let Receipt { workspace, id, call, cause, reason, by, purged_at, completed_at, removed } = receipt;
    pb::PurgeReceipt {
        name: name::PURGE_RECEIPT.format([workspace, id]),
        call: name::CALL.format([workspace, call]),
        cause: cause_out(*cause).into(),
        reason: reason.clone(),
        purged_by: by.clone(),
        purge_time: Some(timestamp(*purged_at)),
        complete_time: completed_at.map(timestamp),
        ..removed_out(removed)
    }
}

fn removed_out(removed: &Removed) -> pb::PurgeReceipt {
    let long = |count: u64| i64::try_from(count).unwrap_or(i64::MAX);
    let int = |count: u64| i32::try_from(count).unwrap_or(i32::MAX);
    let objects = removed.objects.iter();
    pb::PurgeReceipt {
        objects: objects
            .map(|object| pb::PurgedObject { size_bytes: long(object.bytes), sha256: object.sha256.clone() })
            .collect(),
        revisions: int(removed.count("transcript")),
        turns: int(removed.count("turn")),
        rows: removed.rows.iter().map(|(kind, n)| pb::PurgedRows { kind: kind.clone(), count: long(*n) }).collect(),
        ..pb::PurgeReceipt::default()
    }
}

fn cause_out(cause: Cause) -> pb::PurgeCause {
    match cause {
        Cause::Expired => pb::PurgeCause::Expired,
        Cause::Requested => pb::PurgeCause::Requested,
        Cause::ConsentRevoked => pb::PurgeCause::ConsentRevoked,
    }
}

/// `{microseconds}:{id}`: the place of a receipt in a list.
fn cursor(receipt: &Receipt) -> String {
    format!("{}:{}", receipt.purged_at.timestamp_micros(), receipt.id)
}

fn position(cursor: &str) -> Option<purges::Position> {
    let (micros, id) = cursor.split_once(':')?;
    Some((DateTime::from_timestamp_micros(micros.parse().ok()?)?, id.to_owned()))
}

#[async_trait]
impl RetentionService for Retention {
    async fn set_legal_hold(&self, request: Request<pb::SetLegalHoldRequest>) -> Result<Response<pb::Call>, Status> {
        Ok(Response::new(self.set_hold(request).await?))
    }

    async fn purge_call(&self, request: Request<pb::PurgeCallRequest>) -> Result<Response<pb::PurgeReceipt>, Status> {
        Ok(Response::new(self.purge(request).await?))
    }

    async fn get_purge_receipt(
        &self,
        request: Request<pb::GetPurgeReceiptRequest>,
    ) -> Result<Response<pb::PurgeReceipt>, Status> {
        Ok(Response::new(self.get(request).await?))
    }

    async fn list_purge_receipts(
        &self,
        request: Request<pb::ListPurgeReceiptsRequest>,
    ) -> Result<Response<pb::ListPurgeReceiptsResponse>, Status> {
        Ok(Response::new(self.list(request).await?))
    }
}
