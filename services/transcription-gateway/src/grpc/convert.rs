//! Between the API's messages and domain types.

use chrono::{DateTime, NaiveDate, Utc};
use throughline_proto::common::v1 as common;
use throughline_proto::transcription::v1 as pb;
use throughline_rpc::{Violations, name, timestamp};

use crate::audio::Encoding;
use crate::domain::call::{Account, Deal, Details, Participant, Side};
use crate::domain::consent::{self, Consent};
use crate::domain::import::Format;
use crate::domain::state::CallState;
use crate::domain::transcript::{
    Annotations, Correction, Draft, Punctuation, Redaction, RedactionKind, Separation, Source, Turn, Word,
};
use crate::speech::live::Update;
use crate::store::entity::{transcript, upload};
use crate::store::row::StoredCall;

use super::errors;

/// Reads what a creator tells of a call. Fields are named from `call` on; output-only fields are ignored.
pub fn details(call: pb::Call, violations: &mut Violations) -> Details {
    let pb::Call { title, call_type, start_time, time_zone, participants, consents, account, deal, .. } = call;
    let start_time = start_time.and_then(|time| {
        let moment = timestamp_in(&time);
        if moment.is_none() {
            violations.add("call.start_time", "is out of range");
        }
        moment
    });
    let details = Details {
        title,
        call_type,
        start_time,
        time_zone,
        participants: participants.into_iter().enumerate().map(|(i, p)| participant(i, p, violations)).collect(),
        consents: consents_in("call.consents", consents, violations),
        account: account.map(account_in).unwrap_or_default(),
        deal: deal.map(|deal| deal_in(deal, violations)).unwrap_or_default(),
    };
    violations.merge("", errors::violations("call.", details.violations()));
    details
}

fn participant(index: usize, participant: common::Participant, violations: &mut Violations) -> Participant {
    let common::Participant { id, name, side, email, title, channel } = participant;
    let side = match common::Side::try_from(side) {
        Ok(common::Side::Unspecified) => Side::Unknown,
        Ok(common::Side::Rep) => Side::Rep,
        Ok(common::Side::Buyer) => Side::Buyer,
        Err(_) => {
            violations.add(format!("call.participants[{index}].side"), "is not a known side");
            Side::Unknown
        }
    };
    // What does not fit is outside the bounds, which are checked with everything else.
    let channel = channel.map(|channel| u8::try_from(channel).unwrap_or(u8::MAX));
    Participant { id, name, side, email, title, channel }
}

/// Reads entries; who told them is noted where they are stored.
pub fn consents_in(field: &str, consents: Vec<pb::Consent>, violations: &mut Violations) -> Vec<Consent> {
    let mut read = Vec::with_capacity(consents.len());
    for (index, consent) in consents.into_iter().enumerate() {
        let pb::Consent { participant, state, time, method, recorded_by: _ } = consent;
        let mut wrong = |name: &str, problem: &str| violations.add(format!("{field}[{index}].{name}"), problem);
        let moment = time.as_ref().and_then(timestamp_in);
        if time.is_some() && moment.is_none() {
            wrong("time", "is out of range");
        }
        let method = match pb::ConsentMethod::try_from(method) {
            Ok(pb::ConsentMethod::Unspecified) => consent::Method::Unknown,
            Ok(pb::ConsentMethod::Verbal) => consent::Method::Verbal,
            Ok(pb::ConsentMethod::Written) => consent::Method::Written,
            Ok(pb::ConsentMethod::PlatformNotice) => consent::Method::PlatformNotice,
            Err(_) => {
                wrong("method", "is not a known method");
                consent::Method::Unknown
            }
        };
        let state = match pb::ConsentState::try_from(state) {
            Ok(pb::ConsentState::Granted) => consent::State::Granted,
            Ok(pb::ConsentState::Denied) => consent::State::Denied,
            Ok(pb::ConsentState::Revoked) => consent::State::Revoked,
            Ok(pb::ConsentState::Unspecified) | Err(_) => {
                wrong("state", "must be GRANTED, DENIED or REVOKED");
                consent::State::Denied
            }
        };
        read.push(Consent { participant, state, time: moment, method, recorded_by: String::new() });
    }
    read
}

/// An entry as the API shows it.
pub fn consent_out(consent: &Consent) -> pb::Consent {
    let Consent { participant, state, time, method, recorded_by } = consent;
    let state = match state {
        consent::State::Granted => pb::ConsentState::Granted,
        consent::State::Denied => pb::ConsentState::Denied,
        consent::State::Revoked => pb::ConsentState::Revoked,
    };
    let method = match method {
        consent::Method::Unknown => pb::ConsentMethod::Unspecified,
        consent::Method::Verbal => pb::ConsentMethod::Verbal,
        consent::Method::Written => pb::ConsentMethod::Written,
        consent::Method::PlatformNotice => pb::ConsentMethod::PlatformNotice,
    };
    pb::Consent {
        participant: participant.clone(),
        state: state.into(),
        time: time.map(timestamp),
        method: method.into(),
        recorded_by: recorded_by.clone(),
    }
}

fn account_in(account: common::AccountContext) -> Account {
    let common::AccountContext { name, industry, employees, regulated, segment } = account;
    Account { name, industry, employees, regulated, segment }
}

fn deal_in(deal: common::DealContext, violations: &mut Violations) -> Deal {
    let common::DealContext { id, stage, amount, currency, close_date } = deal;
    let date = NaiveDate::parse_from_str(&close_date, "%Y-%m-%d").ok();
    if date.is_none() && !close_date.is_empty() {
        violations.add("call.deal.close_date", "must be a date like 2026-03-05");
    }
    Deal { id, stage, amount, currency, close_date: date }
}

/// The format that is asked for, or told by the content.
pub fn format(format: i32, content: &[u8], violations: &mut Violations) -> Option<Format> {
    let found = match pb::TranscriptFormat::try_from(format) {
        Ok(pb::TranscriptFormat::Unspecified) => Format::detect(content),
        Ok(pb::TranscriptFormat::Webvtt) => Some(Format::WebVtt),
        Ok(pb::TranscriptFormat::Srt) => Some(Format::SubRip),
        Ok(pb::TranscriptFormat::CallJson) => Some(Format::CallJson),
        Ok(pb::TranscriptFormat::GongJson) => Some(Format::GongJson),
        Ok(pb::TranscriptFormat::ZoomJson) => Some(Format::ZoomJson),
        Ok(pb::TranscriptFormat::MeetText) => Some(Format::MeetText),
        Err(_) => None,
    };
    if found.is_none() {
        violations.add("format", "is not known and the content tells none: WebVTT, SRT, call JSON, Gong, Zoom or Meet");
    }
    found
}

/// A call as the API shows it.
pub fn call_out(call: &StoredCall) -> pb::Call {
    let StoredCall { workspace, id, details, state, row } = call;
    let Details { title, call_type, start_time, time_zone, participants, consents, account, deal } = details.clone();
    let recording = row.recording_key.is_some().then(|| pb::Recording {
        codec: row.codec.clone(),
        channels: row.channels,
        sample_rate_hz: row.sample_rate_hz,
        duration_ms: row.recording_ms,
        size_bytes: row.size_bytes,
        sha256: row.sha256.clone(),
    });
    pb::Call {
        name: name::CALL.format([workspace, id]),
        title,
        call_type,
        start_time: start_time.map(timestamp),
        time_zone,
        participants: participants.into_iter().map(participant_out).collect(),
        account: (account != Account::default()).then(|| account_out(account)),
        deal: (deal != Deal::default()).then(|| deal_out(deal)),
        state: state_out(*state).into(),
        failure: row.failure.clone(),
        recording,
        processed_ms: row.processed_ms,
        transcript: match row.transcript {
            0 => String::new(),
            number => name::TRANSCRIPT.format([workspace, id, &number.to_string()]),
        },
        create_time: Some(timestamp(row.created_at)),
        etag: row.version.to_string(),
        consents: consents.iter().map(consent_out).collect(),
        expire_time: row.expires_at.map(timestamp),
        legal_hold: row.held_at.map(|held_at| pb::LegalHold {
            reason: row.hold_reason.clone(),
            set_by: row.hold_by.clone(),
            set_time: Some(timestamp(held_at)),
        }),
        purge_receipt: match row.purge_receipt.as_str() {
            "" => String::new(),
            id => name::PURGE_RECEIPT.format([workspace, id]),
        },
    }
}

/// An upload as the API shows it.
pub fn upload_out(row: &upload::Model) -> pb::Upload {
    pb::Upload {
        name: name::UPLOAD.format([&row.workspace, &row.call, &row.id]),
        size_bytes: row.size_bytes,
        sha256: row.sha256.clone(),
        offset: row.stored_bytes,
        create_time: Some(timestamp(row.created_at)),
        expire_time: Some(timestamp(row.expires_at)),
    }
}

fn participant_out(participant: Participant) -> common::Participant {
    let Participant { id, name, side, email, title, channel } = participant;
    common::Participant { id, name, side: side_out(side).into(), email, title, channel: channel.map(i32::from) }
}

fn account_out(account: Account) -> common::AccountContext {
    let Account { name, industry, employees, regulated, segment } = account;
    common::AccountContext { name, industry, employees, regulated, segment }
}

fn deal_out(deal: Deal) -> common::DealContext {
    let Deal { id, stage, amount, currency, close_date } = deal;
    let close_date = close_date.map(|date| date.to_string()).unwrap_or_default();
    common::DealContext { id, stage, amount, currency, close_date }
}

/// A state as the API shows it.
pub fn state_out(state: CallState) -> pb::CallState {
    match state {
        CallState::Created => pb::CallState::Created,
        CallState::Uploaded => pb::CallState::Uploaded,
        CallState::Transcribing => pb::CallState::Transcribing,
        CallState::Transcribed => pb::CallState::Transcribed,
        CallState::Failed => pb::CallState::Failed,
        CallState::Live => pb::CallState::Live,
        CallState::Purged => pb::CallState::Purged,
    }
}

/// A side as the API shows it.
pub fn side_out(side: Side) -> common::Side {
    match side {
        Side::Unknown => common::Side::Unspecified,
        Side::Rep => common::Side::Rep,
        Side::Buyer => common::Side::Buyer,
    }
}

/// A transcript without turns as the API shows it.
pub fn transcript_out(row: &transcript::Model) -> pb::Transcript {
    let source = match Source::parse(&row.source) {
        Some(Source::Recording) => pb::TranscriptSource::Recording,
        Some(Source::Live) => pb::TranscriptSource::Live,
        Some(Source::Import) => pb::TranscriptSource::Import,
        Some(Source::Correction) => pb::TranscriptSource::Correction,
        None => pb::TranscriptSource::Unspecified,
    };
    pb::Transcript {
        name: name::TRANSCRIPT.format([&row.workspace, &row.call, &row.number.to_string()]),
        call: name::CALL.format([&row.workspace, &row.call]),
        source: source.into(),
        engine: row.engine.clone(),
        turns: Vec::new(),
        duration_ms: row.duration_ms,
        create_time: Some(timestamp(row.created_at)),
        turn_count: row.turn_count,
        punctuation: punctuation_out(Punctuation::parse(&row.punctuation).unwrap_or_default()).into(),
        language: row.language.clone(),
        author: row.author.clone(),
        voice_separation: separation_out(Separation::parse(&row.separation).unwrap_or_default()).into(),
        break_off_time: row.broke_off_at.map(timestamp),
    }
}

fn separation_out(separation: Separation) -> pb::VoiceSeparation {
    match separation {
        Separation::Unknown => pb::VoiceSeparation::Unspecified,
        Separation::Done => pb::VoiceSeparation::Done,
        Separation::NotNeeded => pb::VoiceSeparation::NotNeeded,
        Separation::ModelMissing => pb::VoiceSeparation::ModelMissing,
        Separation::Failed => pb::VoiceSeparation::Failed,
        Separation::Off => pb::VoiceSeparation::Off,
    }
}

fn punctuation_out(punctuation: Punctuation) -> pb::Punctuation {
    match punctuation {
        Punctuation::Unknown => pb::Punctuation::Unspecified,
        Punctuation::Given => pb::Punctuation::Given,
        Punctuation::Restored => pb::Punctuation::Restored,
        Punctuation::Absent => pb::Punctuation::Absent,
    }
}

/// A transcript with its turns.
pub fn transcript_with_turns(row: &transcript::Model, draft: &Draft) -> pb::Transcript {
    let turns = draft.turns.iter().enumerate().map(|(index, turn)| turn_out(index, turn)).collect();
    pb::Transcript { turns, ..transcript_out(row) }
}

fn turn_out(index: usize, turn: &Turn) -> pb::Turn {
    let Turn { speaker, start_ms, end_ms, text, unintelligible, annotations, heard: _ } = turn;
    let Annotations { words, text_with_digits, corrections, redactions, voice, voice_confidence } = annotations;
    pb::Turn {
        index: int(index as u64),
        participant: speaker.participant.clone().unwrap_or_default(),
        side: side_out(speaker.side).into(),
        start_ms: int(*start_ms),
        end_ms: int(*end_ms),
        text: text.clone(),
        speaker_confidence: speaker.confidence,
        unintelligible: *unintelligible,
        words: words.iter().map(word_out).collect(),
        text_with_digits: text_with_digits.clone(),
        corrections: corrections.iter().map(correction_out).collect(),
        redactions: redactions.iter().map(redaction_out).collect(),
        voice: voice.clone(),
        voice_confidence: *voice_confidence,
    }
}

fn word_out(word: &Word) -> pb::Word {
    let Word { text, start_ms, end_ms, confidence } = word;
    pb::Word { text: text.clone(), start_ms: int(*start_ms), end_ms: int(*end_ms), confidence: *confidence }
}

fn correction_out(correction: &Correction) -> pb::Correction {
    let Correction { span, original } = correction;
    pb::Correction { start: int(span.start as u64), end: int(span.end as u64), original: original.clone() }
}

fn redaction_out(redaction: &Redaction) -> pb::Redaction {
    let Redaction { span, kind, muted_ms } = redaction;
    pb::Redaction {
        start: int(span.start as u64),
        end: int(span.end as u64),
        kind: redaction_kind_out(*kind).into(),
        start_ms: int(muted_ms.start),
        end_ms: int(muted_ms.end),
    }
}

/// A kind of redaction as the API shows it.
pub fn redaction_kind_out(kind: RedactionKind) -> pb::RedactionKind {
    match kind {
        RedactionKind::Card => pb::RedactionKind::Card,
        RedactionKind::BankAccount => pb::RedactionKind::BankAccount,
        RedactionKind::Identity => pb::RedactionKind::Identity,
        RedactionKind::Secret => pb::RedactionKind::Secret,
    }
}

/// The kind of redaction that is asked for.
pub fn redaction_kind_in(kind: pb::RedactionKind) -> Option<RedactionKind> {
    match kind {
        pb::RedactionKind::Unspecified => None,
        pb::RedactionKind::Card => Some(RedactionKind::Card),
        pb::RedactionKind::BankAccount => Some(RedactionKind::BankAccount),
        pb::RedactionKind::Identity => Some(RedactionKind::Identity),
        pb::RedactionKind::Secret => Some(RedactionKind::Secret),
    }
}

/// The encoding of live audio.
pub fn encoding_in(encoding: i32, violations: &mut Violations) -> Encoding {
    match pb::AudioEncoding::try_from(encoding) {
        Ok(pb::AudioEncoding::Unspecified | pb::AudioEncoding::Pcm16) => Encoding::Pcm16,
        Ok(pb::AudioEncoding::Mulaw) => Encoding::MuLaw,
        Ok(pb::AudioEncoding::Opus) => Encoding::Opus,
        Err(_) => {
            violations.add("header.encoding", "is not a known encoding");
            Encoding::Pcm16
        }
    }
}

/// A live update as the API shows it.
pub fn segment_out(update: Update, channels: &crate::domain::attribution::Channels) -> pb::Segment {
    let Update { index, is_final, piece, stable_bytes } = update;
    let speaker = piece.speaker(channels);
    let (voice, voice_confidence) = piece.voice.map(|heard| (heard.label, heard.confidence)).unwrap_or_default();
    pb::Segment {
        index: int(u64::from(index)),
        r#final: is_final,
        channel: int(piece.channel as u64),
        participant: speaker.participant.unwrap_or_default(),
        side: side_out(speaker.side).into(),
        start_ms: int(piece.start_ms),
        end_ms: int(piece.end_ms),
        text: piece.text,
        stable_bytes: int(stable_bytes as u64),
        unintelligible: piece.unintelligible,
        voice,
        voice_confidence,
    }
}

/// A number that domain rules keep far below the limit.
fn int(value: u64) -> i32 {
    i32::try_from(value).unwrap_or(i32::MAX)
}

/// A moment, if it is one.
pub fn timestamp_in(time: &prost_types::Timestamp) -> Option<DateTime<Utc>> {
    let in_range = (-62_135_596_800..=253_402_300_799).contains(&time.seconds);
    DateTime::from_timestamp(time.seconds, u32::try_from(time.nanos).ok()?).filter(|_| in_range)
}
