//! What `CallPurged` asks of its consumers.

use chrono::{DateTime, Utc};
use throughline_proto::events::v1::{CallPurged, Event};
use throughline_rpc::{Error, name};
use throughline_store::purged::Purge;

/// Reads a purge out of its event. `now` where the event does not say when it was written.
///
/// # Errors
/// INVALID_ARGUMENT for a call that is not of the event's workspace.
pub fn purge(event: &Event, purged: &CallPurged, now: DateTime<Utc>) -> Result<Purge, Error> {
    let call = match name::CALL.parse(&purged.call) {
        Some([of, call]) if of == event.workspace => call,
        _ => {
            let field = "event.call_purged.call";
            return Err(Error::invalid_field(field, "must be a call of the event's workspace"));
        }
    };
    let written = event.create_time.as_ref().and_then(|time| {
        let micros = DateTime::from_timestamp(time.seconds, u32::try_from(time.nanos).ok()?)?.timestamp_micros();
        DateTime::from_timestamp_micros(micros)
    });
    Ok(Purge { call, last_transcript: purged.last_transcript.unwrap_or(i32::MAX), at: written.unwrap_or(now) })
}
