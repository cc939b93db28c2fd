//! One object under a watched prefix becomes a call.

use bytes::{Bytes, BytesMut};
use futures::StreamExt as _;
use object_store::path::Path;
use object_store::{Attribute, Attributes, GetOptions, GetResult, ObjectStore as _};
use throughline_objects::Connected;
use throughline_rpc::{Error, Reason, name};
use throughline_store::Idempotent;

use super::plan::{Content, Found, Listed};
use super::{Source, unreadable};
use crate::domain::call::Details;
use crate::domain::import::{self, Format, call_json};
use crate::grpc::{Transcription, calls as grpc_calls, errors, import as transcripts, upload};
use crate::store::calls;
use crate::store::row::StoredCall;
use crate::store::work::CallKey;

/// Brings an object in, unless its call has its content already.
pub(super) async fn import(
    service: &Transcription,
    source: &Source,
    call_id: &str,
    found: &Found,
) -> Result<(), Error> {
    let key = CallKey { workspace: source.key.workspace.clone(), call: call_id.to_owned() };
    let by = format!("imports/{}", source.key.name);
    if let Some(call) = calls::find(service.db.conn(), &key.workspace, &key.call).await?
        && has_content(&call)
    {
        return Ok(());
    }
    let object = open(&source.connected, &found.object).await?;
    let told = match &found.side {
        Some(side) => {
            let content = whole(open(&source.connected, side).await?, import::MAX_BYTES).await?;
            Some(call_json::parse(&content).map_err(|found| errors::side_file_error(&side.key, found))?.details)
        }
        None => None,
    };
    let mut details = told.unwrap_or_default();
    complete(&mut details, &object, &found.object);
    grpc_calls::ensure_complete(service, &key, &by, details).await?;
    let brought = match found.content {
        Content::Recording => recording(service, &key, object).await,
        Content::Transcript => transcript(service, &key, &by, object).await,
    };
    match brought {
        // Another replica was at it, after all.
        Err(error) if error.reason() == Reason::StateConflict => {
            let call = calls::find(service.db.conn(), &key.workspace, &key.call).await?;
            if call.as_ref().is_some_and(has_content) { Ok(()) } else { Err(error) }
        }
        other => other,
    }
}

fn has_content(call: &StoredCall) -> bool {
    call.row.recording_key.is_some() || call.row.transcript > 0 || call.state == crate::domain::state::CallState::Purged
}

async fn open(connected: &Connected, object: &Listed) -> Result<GetResult, Error> {
    // The key is as the store lists it: nothing of it must be escaped once more.
    let location = match connected.prefix.as_ref() {
        "" => object.key.clone(),
        prefix => format!("{prefix}/{}", object.key),
    };
    let location = Path::parse(location).map_err(Error::internal)?;
    connected.store.get_opts(&location, GetOptions::default()).await.map_err(|error| unreadable(&error))
}

/// A small object in memory.
async fn whole(object: GetResult, most: usize) -> Result<Bytes, Error> {
    let mut content = BytesMut::new();
    let mut pieces = object.into_stream();
    while let Some(piece) = pieces.next().await {
        content.extend_from_slice(&piece.map_err(|error| unreadable(&error))?);
        if content.len() > most {
            return Err(Error::invalid_field("content", format!("at most {most} bytes are read")));
        }
    }
    Ok(content.freeze())
}

/// What the side file does not tell: from the object's metadata, its name, its time.
fn complete(details: &mut Details, object: &GetResult, listed: &Listed) {
    let meta = |name: &'static str| metadata(&object.attributes, name);
    let told = Details {
        title: meta("title").unwrap_or_default().chars().take(300).collect(),
        call_type: meta("call_type").unwrap_or_default(),
        start_time: meta("start_time").and_then(|text| text.parse().ok()),
        deal: crate::domain::call::Deal { id: meta("deal_id").unwrap_or_default(), ..Default::default() },
        ..Details::default()
    };
    if told.violations().is_empty() {
        details.complete_from(told);
    }
    let stem = listed.key.rsplit('/').next().unwrap_or_default();
    let stem = stem.rsplit_once('.').map_or(stem, |(stem, _)| stem);
    let title = stem.chars().take(300).collect();
    details.complete_from(Details { title, start_time: Some(listed.modified), ..Details::default() });
}

fn metadata(attributes: &Attributes, name: &'static str) -> Option<String> {
    attributes.get(&Attribute::Metadata(name.into())).map(|value| value.as_ref().to_owned())
}

async fn recording(service: &Transcription, key: &CallKey, object: GetResult) -> Result<(), Error> {
    if object.meta.size > upload::MAX_BYTES {
        let error = Error::invalid_field("content", "a recording has at most 2 GiB");
        return Err(error);
    }
    let call = calls::find(service.db.conn(), &key.workspace, &key.call).await?;
    let call = call.ok_or_else(|| Error::not_found(name::CALL.kind, name::CALL.format([&key.workspace, &key.call])))?;
    service.consent.require(service.db.conn(), &call).await?;
    let mut incoming = service.recordings.begin(&key.workspace, &key.call, &service.ids.next().to_string())?;
    let mut pieces = object.into_stream();
    while let Some(piece) = pieces.next().await {
        incoming.write(&piece.map_err(|error| unreadable(&error))?).await?;
    }
    let mut complete = incoming.finish().await?;
    let stored = async {
        let info = upload::look_at(service, &complete).await?;
        let unasked = Idempotent::with_body(&key.workspace, "Import", "", b"");
        upload::store(service, &unasked, key.clone(), &mut complete, &info, None).await
    };
    let stored = stored.await;
    upload::discard(complete).await;
    stored.map(drop)
}

async fn transcript(service: &Transcription, key: &CallKey, by: &str, object: GetResult) -> Result<(), Error> {
    let content = whole(object, import::MAX_BYTES).await?;
    let format = Format::detect(&content);
    let format = format.ok_or_else(|| Error::invalid_field("content", "is no transcript in a known format"))?;
    let unasked = Idempotent::with_body(&key.workspace, "Import", "", b"");
    transcripts::take_in(service, key, (content.to_vec(), format), by, &unasked).await.map(drop)
}
