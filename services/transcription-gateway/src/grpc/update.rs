//! UpdateCall.

use std::collections::BTreeSet;

use chrono::{DateTime, Utc};
use sea_orm::ActiveValue::Set;
use throughline_proto::common::v1::Role;
use throughline_proto::transcription::v1 as pb;
use throughline_rpc::auth::{Principal, principal};
use throughline_rpc::{Error, Reason, Violations, name};
use throughline_store::{Idempotent, Transaction};
use tonic::Request;

use super::{Transcription, convert, import};
use crate::domain::call::{Details, Participant};
use crate::domain::state::CallState;
use crate::store::row::StoredCall;
use crate::store::{calls, search};

/// What can be changed.
const FIELDS: [&str; 8] =
    ["title", "call_type", "start_time", "time_zone", "participants", "account", "deal", "expire_time"];

pub async fn update(service: &Transcription, request: Request<pb::UpdateCallRequest>) -> Result<pb::Call, Error> {
    let principal = principal(&request)?;
    let request = request.into_inner();
    let now = service.clock.now();
    let Change { key: [workspace, id], fields, mut given, expires_at, etag } = Change::parse(&request, now)?;
    service.visible(&principal, &workspace, &id).await?;
    service.complete_sides(&workspace, &mut given).await;
    if fields.contains("expire_time") {
        may_set_deadline(&principal)?;
    }
    let idempotent = Idempotent::new(&workspace, "UpdateCall", &request.request_id, &request);
    let tx = service.db.begin().await?;
    if let Some(answer) = idempotent.replay(&tx, now).await? {
        return Ok(answer);
    }
    let found = calls::find_for_update(&tx, &workspace, &id).await?;
    let call = found.ok_or_else(|| Error::not_found(name::CALL.kind, name::CALL.format([&workspace, &id])))?;
    require_version(&call, &etag)?;
    if call.state == CallState::Purged {
        return Err(import::conflict(&call, "it was purged"));
    }
    let details = merge(call.details.clone(), given, &fields);
    require_speakers(&tx, &call, &details).await?;
    let mut change = calls::change(&call);
    if fields.contains("expire_time") {
        change.expires_at = Set(expires_at);
    }
    calls::replace_details(&tx, &call, &details, &mut change).await?;
    let updated = calls::update(&tx, change).await?;
    search::refresh(&tx, &call, &updated).await?;
    let answer = convert::call_out(&updated);
    if request.validate_only {
        tx.rollback().await?;
        return Ok(answer);
    }
    idempotent.record(&tx, &answer, now).await?;
    tx.commit().await?;
    Ok(answer)
}

/// Passes for whoever may say when a call is removed.
pub(super) fn may_set_deadline(principal: &Principal) -> Result<(), Error> {
    if principal.holds_any(&[Role::Admin, Role::Service]) {
        return Ok(());
    }
    let message =
        "when a call is removed is said by its workspace's retention; administrators alone change expire_time";
    Err(Error::permission_denied(Reason::RoleRequired, message).with_metadata("required_roles", "admin"))
}

/// ABORTED when the caller saw another version; an empty etag asks for none.
pub(super) fn require_version(call: &StoredCall, etag: &str) -> Result<(), Error> {
    let current = call.row.version.to_string();
    if etag.is_empty() || etag == current {
        return Ok(());
    }
    let message = "the call was changed since it was read; read it again";
    Err(Error::aborted(Reason::VersionMismatch, message).with_metadata("current_version", current))
}

/// A request to change a call.
struct Change {
    key: [String; 2],
    /// Names out of [`FIELDS`].
    fields: BTreeSet<&'static str>,
    given: Details,
    expires_at: Option<DateTime<Utc>>,
    etag: String,
}

impl Change {
    fn parse(request: &pb::UpdateCallRequest, now: DateTime<Utc>) -> Result<Self, Error> {
        let mut violations = Violations::new();
        let Some(wanted) = request.call.clone() else { return Err(Error::invalid_field("call", "is required")) };
        let key = name::CALL.require(&mut violations, "call.name", &wanted.name);
        let fields = fields(request.update_mask.as_ref(), &mut violations);
        let etag = wanted.etag.clone();
        let expires_at = match wanted.expire_time.filter(|_| fields.contains("expire_time")) {
            None => None,
            Some(time) => expiry(&time, now, &mut violations),
        };
        let given = convert::details(only(wanted, &fields), &mut violations);
        violations.finish()?;
        Ok(Self { key: key.unwrap_or_default(), fields, given, expires_at, etag })
    }
}

/// A deadline that is still to come.
pub(super) fn expiry(
    time: &prost_types::Timestamp,
    now: DateTime<Utc>,
    violations: &mut Violations,
) -> Option<DateTime<Utc>> {
    let moment = convert::timestamp_in(time);
    match moment {
        None => violations.add("call.expire_time", "is out of range"),
        Some(moment) if moment < now => {
            violations.add("call.expire_time", "is past; PurgeCall removes a call at once");
        }
        Some(_) => {}
    }
    moment
}

fn fields(mask: Option<&prost_types::FieldMask>, violations: &mut Violations) -> BTreeSet<&'static str> {
    let paths = mask.map(|mask| mask.paths.as_slice()).unwrap_or_default();
    violations.check(!paths.is_empty(), "update_mask", "must name at least one field");
    let mut found = BTreeSet::new();
    for (index, path) in paths.iter().enumerate() {
        match FIELDS.into_iter().find(|field| field == path) {
            Some(field) => {
                found.insert(field);
            }
            None => {
                violations.add(format!("update_mask.paths[{index}]"), format!("must be one of {}", FIELDS.join(", ")))
            }
        }
    }
    found
}

/// The call without what is not to be set: what is not looked at can't be wrong.
fn only(wanted: pb::Call, fields: &BTreeSet<&'static str>) -> pb::Call {
    let set = |field: &str| fields.contains(field);
    let pb::Call { title, call_type, start_time, time_zone, participants, account, deal, .. } = wanted;
    pb::Call {
        title: if set("title") { title } else { String::new() },
        call_type: if set("call_type") { call_type } else { String::new() },
        start_time: start_time.filter(|_| set("start_time")),
        time_zone: if set("time_zone") { time_zone } else { String::new() },
        participants: if set("participants") { participants } else { Vec::new() },
        account: account.filter(|_| set("account")),
        deal: deal.filter(|_| set("deal")),
        ..pb::Call::default()
    }
}

fn merge(before: Details, given: Details, fields: &BTreeSet<&'static str>) -> Details {
    let set = |field: &str| fields.contains(field);
    Details {
        title: if set("title") { given.title } else { before.title },
        call_type: if set("call_type") { given.call_type } else { before.call_type },
        start_time: if set("start_time") { given.start_time } else { before.start_time },
        time_zone: if set("time_zone") { given.time_zone } else { before.time_zone },
        participants: if set("participants") { given.participants } else { before.participants },
        // RecordConsent alone adds to them.
        consents: before.consents,
        account: if set("account") { given.account } else { before.account },
        deal: if set("deal") { given.deal } else { before.deal },
    }
}

/// Turns name their speaker by id: whoever has turns can't be taken off the call, and nobody while it is still to be seen
/// who has.
async fn require_speakers(tx: &Transaction, call: &StoredCall, details: &Details) -> Result<(), Error> {
    if details.participants == call.details.participants {
        return Ok(());
    }
    let mut violations = Violations::new();
    let there = |id: &str| details.participants.iter().any(|participant| participant.id == id);
    if matches!(call.state, CallState::Live | CallState::Transcribing) {
        for Participant { id, .. } in &call.details.participants {
            violations.check(there(id), "call.participants", &format!("must keep `{id}` while a transcript is made"));
        }
        return violations.finish();
    }
    for speaker in calls::speakers(tx, &call.workspace, &call.id).await? {
        violations.check(
            there(&speaker),
            "call.participants",
            &format!("must keep `{speaker}`, who speaks in a transcript"),
        );
    }
    violations.finish()
}
