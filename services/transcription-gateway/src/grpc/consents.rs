//! RecordConsent: what participants said to being recorded, and what follows when one says no.

use std::sync::Arc;

use async_trait::async_trait;
use chrono::{DateTime, Utc};
use sea_orm::ActiveValue::Set;
use throughline_proto::transcription::v1 as pb;
use throughline_proto::transcription::v1::consent_service_server::{ConsentService, ConsentServiceServer};
use throughline_rpc::auth::principal;
use throughline_rpc::{Error, Reason, Violations, name};
use throughline_store::{Idempotent, Transaction};
use tonic::{Request, Response, Status};

use super::{Transcription, convert, errors};
use crate::domain::call::Details;
use crate::domain::consent::{Consent, MAX_CONSENTS, Missing, State, check, is_taken_back, stamp, violations};
use crate::domain::purge::{Cause, Why};
use crate::domain::settings::ConsentRule;
use crate::domain::state::CallState;
use crate::purge;
use crate::store::entity::call;
use crate::store::row::StoredCall;
use crate::store::work::CallKey;
use crate::store::{calls, work};

/// Most entries of one request.
const MAX_ENTRIES: usize = 100;

/// What the service stands on.
#[derive(Clone)]
pub struct Consents {
    pub transcription: Transcription,
}

impl Consents {
    /// The service to add to a server.
    pub fn server(self) -> ConsentServiceServer<Self> {
        ConsentServiceServer::new(self)
    }

    async fn record(&self, request: Request<pb::RecordConsentRequest>) -> Result<pb::RecordConsentResponse, Error> {
        let principal = principal(&request)?;
        let request = request.into_inner();
        let (key, mut new) = parse(&request)?;
        let service = &self.transcription;
        service.visible(&principal, &key.workspace, &key.call).await?;
        let now = service.clock.now();
        stamp(&mut new, principal.subject(), now);
        let idempotent = Idempotent::new(&key.workspace, "RecordConsent", &request.request_id, &request);
        let tx = service.db.begin().await?;
        if let Some(answer) = idempotent.replay(&tx, now).await? {
            return Ok(answer);
        }
        let found = calls::find_for_update(&tx, &key.workspace, &key.call).await?;
        let call = found.ok_or_else(|| Error::not_found(name::CALL.kind, request.call.clone()))?;
        let mut details = call.details.clone();
        check_entries(&call, &new)?;
        let takes_back = new.iter().any(|consent| consent.state != State::Granted);
        details.consents.extend(new);
        let rule = service.consent.rule(&tx, &key.workspace).await?;
        let missing = check(rule, &details.participants, &details.consents).err();
        let erases = takes_back && missing.is_some();
        // What is held is removed when the hold is released.
        let removed = erases && call.row.held_at.is_none() && purge::has_content(&tx, &call).await?;
        let answer = answer(&details.consents, rule, missing, removed);
        if request.validate_only {
            return Ok(answer);
        }
        let mut change = calls::change(&call);
        calls::complete(&tx, &call, &details, &mut change).await?;
        if removed {
            take_away(service, &tx, &call, &mut change, principal.subject(), now).await?;
        } else if erases && call.state.is_busy() {
            // What is held stays, but nothing more is made of it, at whichever replica.
            work::cancel(&tx, &key).await?;
            change.state = Set(call.state_without_work().as_str().to_owned());
            change.failure = Set("a participant took the consent to being recorded back".to_owned());
        }
        calls::update(&tx, change).await?;
        idempotent.record(&tx, &answer, now).await?;
        if erases {
            let (stops, key) = (service.live.stops.clone(), key.clone());
            tx.after_commit(move || stops.stop(&key));
        }
        tx.commit().await?;
        Ok(answer)
    }
}

/// Removes sound and words of a call whose consent was taken back, with a receipt.
pub(super) async fn take_away(
    service: &Transcription,
    tx: &Transaction,
    call: &StoredCall,
    change: &mut call::ActiveModel,
    by: &str,
    now: DateTime<Utc>,
) -> Result<(), Error> {
    let why = Why { cause: Cause::ConsentRevoked, reason: String::new(), by: by.to_owned() };
    purge::remove_content(tx, (&service.outbox, &service.ids), call, change, &why, now).await?;
    change.state = Set(CallState::Failed.as_str().to_owned());
    change.failure =
        Set("a participant took the consent to being recorded back; sound and words were removed".to_owned());
    let wake = Arc::clone(&service.purged);
    tx.after_commit(move || wake.notify_one());
    Ok(())
}

/// Whether somebody took back what the rule of the workspace asks for.
pub(super) async fn is_revoked(service: &Transcription, tx: &Transaction, call: &StoredCall) -> Result<bool, Error> {
    let rule = service.consent.rule(tx, &call.workspace).await?;
    let Details { participants, consents, .. } = &call.details;
    Ok(is_taken_back(consents) && check(rule, participants, consents).is_err())
}

fn parse(request: &pb::RecordConsentRequest) -> Result<(CallKey, Vec<Consent>), Error> {
    let mut violations = Violations::new();
    let parsed = name::CALL.require(&mut violations, "call", &request.call);
    let count = (1..=MAX_ENTRIES).contains(&request.consents.len());
    violations.check(count, "consents", "must be 1 to 100 entries");
    let new = if count { request.consents.clone() } else { Vec::new() };
    let new = convert::consents_in("consents", new, &mut violations);
    violations.finish()?;
    let [workspace, call] = parsed.unwrap_or_default();
    Ok((CallKey { workspace, call }, new))
}

fn check_entries(call: &StoredCall, new: &[Consent]) -> Result<(), Error> {
    let found = errors::violations("", violations(&call.details.participants, new));
    found.finish()?;
    if call.details.consents.len() + new.len() > MAX_CONSENTS {
        let message = format!("a call keeps at most {MAX_CONSENTS} entries of consent");
        let error = Error::resource_exhausted(Reason::LimitExceeded, message, None);
        return Err(error.with_metadata("limit", MAX_CONSENTS.to_string()));
    }
    Ok(())
}

fn answer(
    consents: &[Consent],
    rule: ConsentRule,
    missing: Option<Missing>,
    removed: bool,
) -> pb::RecordConsentResponse {
    let rule = match rule {
        ConsentRule::All => pb::ConsentRule::All,
        ConsentRule::One => pb::ConsentRule::One,
        ConsentRule::None => pb::ConsentRule::None,
    };
    pb::RecordConsentResponse {
        consents: consents.iter().map(convert::consent_out).collect(),
        rule: rule.into(),
        fulfilled: missing.is_none(),
        missing: missing.map(|missing| missing.0).unwrap_or_default(),
        removed,
    }
}

#[async_trait]
impl ConsentService for Consents {
    async fn record_consent(
        &self,
        request: Request<pb::RecordConsentRequest>,
    ) -> Result<Response<pb::RecordConsentResponse>, Status> {
        Ok(Response::new(self.record(request).await?))
    }
}
