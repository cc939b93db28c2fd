//! Calls and transcripts as the gateway gives them.

use chrono::{DateTime, Datelike as _, Utc};
use chrono_tz::Tz;
use prost_types::Timestamp;
use throughline_proto::common::v1 as common;
use throughline_proto::transcription::v1 as pb;

use crate::domain::call::{Account, Call, Deal, Participant, Side, Transcript, Turn};

/// A moment that protobuf allows: of the years 1 to 9999. Dates of a call are counted from it.
pub(super) fn moment(time: &Timestamp) -> Option<DateTime<Utc>> {
    let moment = DateTime::from_timestamp(time.seconds, u32::try_from(time.nanos).ok()?)?;
    (1..=9999).contains(&moment.year()).then_some(moment)
}

/// A call. A zone that is not known is read as UTC, a time that is missing or none as the epoch: the gateway gives both.
pub fn call(call: &pb::Call) -> Call {
    let account = call.account.clone().unwrap_or_default();
    let deal = call.deal.clone().unwrap_or_default();
    Call {
        name: call.name.clone(),
        call_type: call.call_type.clone(),
        start_time: call.start_time.as_ref().and_then(moment).unwrap_or_default(),
        time_zone: call.time_zone.parse().unwrap_or(Tz::UTC),
        participants: call.participants.iter().map(participant).collect(),
        account: Account {
            name: account.name,
            industry: account.industry,
            employees: account.employees,
            regulated: account.regulated,
            segment: account.segment,
        },
        deal: Deal {
            id: deal.id,
            stage: deal.stage,
            amount: deal.amount,
            currency: deal.currency,
            close_date: deal.close_date.parse().ok(),
        },
    }
}

fn participant(person: &common::Participant) -> Participant {
    Participant {
        id: person.id.clone(),
        name: person.name.clone(),
        side: side(person.side()),
        email: person.email.clone(),
        title: person.title.clone(),
        channel: person.channel,
    }
}

/// A side.
pub(super) fn side(side: common::Side) -> Side {
    match side {
        common::Side::Rep => Side::Rep,
        common::Side::Buyer => Side::Buyer,
        common::Side::Unspecified => Side::Unknown,
    }
}

/// A transcript.
pub fn transcript(transcript: &pb::Transcript) -> Transcript {
    Transcript {
        name: transcript.name.clone(),
        turns: transcript.turns.iter().map(turn).collect(),
        duration_ms: unsigned(transcript.duration_ms),
    }
}

fn turn(turn: &pb::Turn) -> Turn {
    Turn {
        index: unsigned(turn.index),
        participant: turn.participant.clone(),
        side: side(turn.side()),
        start_ms: unsigned(turn.start_ms),
        end_ms: unsigned(turn.end_ms),
        text: turn.text.clone(),
        speaker_confidence: turn.speaker_confidence,
        unintelligible: turn.unintelligible,
    }
}

fn unsigned(value: i32) -> u32 {
    u32::try_from(value).unwrap_or(0)
}
