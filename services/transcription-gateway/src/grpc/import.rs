//! ImportTranscript.

use std::sync::Arc;

use throughline_proto::transcription::v1 as pb;
use throughline_rpc::auth::principal;
use throughline_rpc::{Error, Reason, Violations, name};
use throughline_store::Idempotent;
use tokio::task::spawn_blocking;
use tonic::Request;

use super::{Transcription, convert, errors};
use crate::domain::call::Details;
use crate::domain::consent::stamp;
use crate::domain::import as formats;
use crate::domain::import::{Format, Imported};
use crate::domain::settings::TranscriptionSettings;
use crate::domain::sides::{self, Sides};
use crate::finalize::finalize;
use crate::store::row::StoredCall;
use crate::store::work::CallKey;
use crate::store::{calls, settings};
use crate::words::{Preparation, Prepared};

pub async fn import(
    service: &Transcription,
    request: Request<pb::ImportTranscriptRequest>,
) -> Result<pb::Transcript, Error> {
    let principal = principal(&request)?;
    let request = request.into_inner();
    let mut violations = Violations::new();
    let parsed = name::CALL.require(&mut violations, "call", &request.call);
    violations.check(!request.content.is_empty(), "content", "must not be empty");
    let format = if request.content.is_empty() {
        None
    } else {
        convert::format(request.format, &request.content, &mut violations)
    };
    violations.finish()?;
    let ([workspace, id], Some(format)) = (parsed.unwrap_or_default(), format) else {
        return Err(Error::internal("violations of an import were lost"));
    };
    service.visible(&principal, &workspace, &id).await?;
    let idempotent = Idempotent::new(&workspace, "ImportTranscript", &request.request_id, &request);
    let key = CallKey { workspace, call: id };
    take_in(service, &key, (request.content, format), principal.subject(), &idempotent).await
}

/// Makes a file the next transcript of a call: the way in of all transcripts of other tools. `by` is who brings it.
///
/// # Errors
/// TRANSCRIPT_INVALID with every place, CONSENT_MISSING, STATE_CONFLICT; nothing has changed then.
pub async fn take_in(
    service: &Transcription,
    key: &CallKey,
    (content, format): (Vec<u8>, Format),
    by: &str,
    idempotent: &Idempotent,
) -> Result<pb::Transcript, Error> {
    let CallKey { workspace, call: id } = key;
    let not_found = || Error::not_found(name::CALL.kind, name::CALL.format([workspace, id]));
    let call = calls::find(service.db.conn(), workspace, id).await?.ok_or_else(not_found)?;
    // Read before the transaction, so that nobody waits for the reading; what is known of the call is compared inside.
    let settings = Arc::new(settings::find(service.db.conn(), workspace).await?.settings);
    let imported = read(content.clone(), format, &call.details).await?;
    let sides = service.crm.sides(workspace, &imported.participants).await;
    let ready = prepare(imported, call.details.clone(), sides.clone(), Arc::clone(&settings)).await?;

    let now = service.clock.now();
    let tx = service.db.begin().await?;
    if let Some(answer) = idempotent.replay(&tx, now).await? {
        return Ok(answer);
    }
    let current = calls::find_for_update(&tx, workspace, id).await?.ok_or_else(not_found)?;
    accepts(&current)?;
    let Ready { mut details, prepared } = match current.details == call.details {
        true => ready,
        false => {
            let imported = read(content, format, &current.details).await?;
            prepare(imported, current.details.clone(), sides, settings).await?
        }
    };
    stamp(&mut details.consents, by, now);
    // The file may have brought participants.
    service.consent.require_of(&tx, (workspace, id), &details).await?;
    let mut change = calls::change(&current);
    calls::complete(&tx, &current, &details, &mut change).await?;
    let row = finalize(&tx, &service.outbox, &current, &prepared, change, now).await?;
    let answer = convert::transcript_with_turns(&row, prepared.draft());
    idempotent.record(&tx, &answer, now).await?;
    tx.commit().await?;
    Ok(answer)
}

/// A file that was read: what is known of the call with it, and its words, fit to be stored.
struct Ready {
    details: Details,
    prepared: Prepared,
}

async fn read(content: Vec<u8>, format: Format, known: &Details) -> Result<Imported, Error> {
    let participants = known.participants.clone();
    let reading = spawn_blocking(move || formats::import(&content, format, participants));
    reading.await.map_err(Error::internal)?.map_err(errors::transcript_error)
}

async fn prepare(
    imported: Imported,
    mut details: Details,
    sides: Sides,
    settings: Arc<TranscriptionSettings>,
) -> Result<Ready, Error> {
    let preparing = spawn_blocking(move || {
        let Imported { mut participants, host, details: told, mut draft } = imported;
        sides.complete(&mut participants, host.as_deref());
        sides::of_speakers(&mut draft.turns, &participants);
        details.participants = participants;
        if let Some(told) = told {
            details.complete_from(told);
        }
        let prepared = Preparation::new(&settings, &details).prepare(draft);
        Ready { details, prepared }
    });
    preparing.await.map_err(Error::internal)
}

/// Whether the call's state allows another transcript.
pub(super) fn accepts(call: &StoredCall) -> Result<(), Error> {
    call.state.accepts_transcript().map_err(|why| conflict(call, why))
}

/// FAILED_PRECONDITION with the state.
pub(super) fn conflict(call: &StoredCall, why: &str) -> Error {
    let message = format!("{} takes nothing just now: {why}", name::CALL.format([&call.workspace, &call.id]));
    Error::failed_precondition(Reason::StateConflict, message).with_metadata("state", call.state.as_str())
}
