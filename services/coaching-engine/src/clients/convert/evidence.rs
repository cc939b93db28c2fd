//! Evidence between proto and domain, both ways: it is passed on as it came.

use throughline_proto::common::v1 as pb;
use throughline_rpc::{name, timestamp};

use super::reader::Reader;
use crate::domain::evidence::{Evidence, Side, Support};

/// From the proto.
pub(super) fn read(reader: &mut Reader<'_>, message: pb::Evidence) -> Option<Evidence> {
    let call = reader.id("call", name::CALL, &message.call);
    let support = match message.support() {
        pb::Support::Stated => Some(Support::Stated),
        pb::Support::Implied => Some(Support::Implied),
        pb::Support::Contradicted => Some(Support::Contradicted),
        pb::Support::Unverified => Some(Support::Unverified),
        pb::Support::Unspecified => None,
    };
    reader.check(support.is_some(), "support", "is not set or not known to this version");
    let side = match message.side() {
        pb::Side::Rep => Side::Rep,
        pb::Side::Buyer => Side::Buyer,
        pb::Side::Unspecified => Side::Unknown,
    };
    let turns = range(reader, "turn", message.turn, message.end_turn);
    let times = range(reader, "start_ms", message.start_ms, message.end_ms);
    let share = |value: f64| (0.0..=1.0).contains(&value);
    reader.check(share(message.speaker_confidence), "speaker_confidence", "must be 0 to 1");
    reader.check(message.confidence.is_none_or(share), "confidence", "must be 0 to 1");
    let purged_at = message.purge_time.as_ref().and_then(|_| reader.moment("purge_time", message.purge_time.as_ref()));
    reader.check(purged_at.is_some() || !message.quote.trim().is_empty(), "quote", "is required");
    let ((turn, end_turn), (start_ms, end_ms)) = (turns?, times?);
    Some(Evidence {
        call: call?,
        turn,
        end_turn,
        start_ms,
        end_ms,
        quote: message.quote,
        side,
        speaker: message.speaker,
        speaker_confidence: message.speaker_confidence,
        support: support?,
        method: message.method,
        confidence: message.confidence,
        purged_at,
    })
}

fn range(reader: &mut Reader<'_>, field: &str, first: i32, last: i32) -> Option<(u32, u32)> {
    let read = u32::try_from(first).ok().zip(u32::try_from(last).ok()).filter(|(first, last)| first <= last);
    reader.check(read.is_some(), field, "must be from 0 and not after its end");
    read
}

/// To the proto.
pub fn render(workspace: &str, evidence: &Evidence) -> pb::Evidence {
    let support = match evidence.support {
        Support::Stated => pb::Support::Stated,
        Support::Implied => pb::Support::Implied,
        Support::Contradicted => pb::Support::Contradicted,
        Support::Unverified => pb::Support::Unverified,
    };
    let side = match evidence.side {
        Side::Rep => pb::Side::Rep,
        Side::Buyer => pb::Side::Buyer,
        Side::Unknown => pb::Side::Unspecified,
    };
    pb::Evidence {
        call: name::CALL.format([workspace, &evidence.call]),
        turn: signed(evidence.turn),
        end_turn: signed(evidence.end_turn),
        start_ms: signed(evidence.start_ms),
        end_ms: signed(evidence.end_ms),
        quote: evidence.quote.clone(),
        side: side.into(),
        speaker: evidence.speaker.clone(),
        speaker_confidence: evidence.speaker_confidence,
        support: support.into(),
        method: evidence.method.clone(),
        confidence: evidence.confidence,
        purge_time: evidence.purged_at.map(timestamp),
    }
}

/// Came from an i32, so it fits.
fn signed(value: u32) -> i32 {
    i32::try_from(value).unwrap_or(i32::MAX)
}
