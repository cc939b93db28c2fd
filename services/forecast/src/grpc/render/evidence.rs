//! Evidence as it was taken from the evaluator.

use throughline_proto::common::v1 as pb;
use throughline_rpc::{name, timestamp};

use crate::domain::evidence::{Evidence, Side, Support};

pub fn render(workspace: &str, evidence: &Evidence) -> pb::Evidence {
    let Evidence {
        call,
        turn,
        end_turn,
        start_ms,
        end_ms,
        quote,
        side,
        speaker,
        speaker_confidence,
        support,
        method,
        confidence,
        purged_at,
    } = evidence;
    let side = match side {
        Side::Unknown => pb::Side::Unspecified,
        Side::Rep => pb::Side::Rep,
        Side::Buyer => pb::Side::Buyer,
    };
    let support = match support {
        Support::Stated => pb::Support::Stated,
        Support::Implied => pb::Support::Implied,
        Support::Contradicted => pb::Support::Contradicted,
        Support::Unverified => pb::Support::Unverified,
    };
    pb::Evidence {
        call: name::CALL.format([workspace, &call.0]),
        turn: *turn,
        end_turn: *end_turn,
        start_ms: *start_ms,
        end_ms: *end_ms,
        quote: quote.clone(),
        side: side.into(),
        speaker: speaker.clone(),
        speaker_confidence: *speaker_confidence,
        support: support.into(),
        method: method.clone(),
        confidence: *confidence,
        purge_time: purged_at.map(timestamp),
    }
}
