//! Gong's export: the answer of its `POST /v2/calls/transcript`, with the parties of `POST /v2/calls/extensive` where they
//! stand in the same file: as `calls`, as `parties` and `metaData` on top, or the whole under `payload`.

use chrono::DateTime;
use serde::Deserialize;

use super::fields::{Field, Fields};
use crate::domain::Violation;
use crate::domain::call::{Details, Side};
use crate::domain::roster::{Roster, speaker};
use crate::domain::transcript::{Annotations, Speaker, Turn, confidence};
use crate::domain::turns;

/// Later times are a mistake of units.
const MAX_MS: u64 = 86_400_000;

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct RawFile {
    call_transcripts: Option<Vec<RawCall>>,
    calls: Option<Vec<RawExtensive>>,
    parties: Option<Vec<RawParty>>,
    meta_data: Option<RawMeta>,
    payload: Option<Box<RawFile>>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct RawCall {
    call_id: Option<Field<String>>,
    transcript: Option<Vec<RawMonologue>>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct RawMonologue {
    speaker_id: Option<Field<String>>,
    sentences: Option<Vec<RawSentence>>,
}

#[derive(Deserialize)]
struct RawSentence {
    start: Option<Field<u64>>,
    end: Option<Field<u64>>,
    text: Option<Field<String>>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct RawExtensive {
    meta_data: Option<RawMeta>,
    parties: Option<Vec<RawParty>>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct RawMeta {
    id: Option<Field<String>>,
    title: Option<Field<String>>,
    started: Option<Field<String>>,
    primary_user_id: Option<Field<String>>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct RawParty {
    name: Option<Field<String>>,
    email_address: Option<Field<String>>,
    title: Option<Field<String>>,
    affiliation: Option<Field<String>>,
    speaker_id: Option<Field<String>>,
    user_id: Option<Field<String>>,
}

/// Somebody on the call, as Gong knows them.
struct Party {
    speaker_id: String,
    name: String,
    email: String,
    title: String,
    side: Side,
    hosts: bool,
}

/// Whether this JSON is Gong's.
pub(super) fn is_gong(head: &str) -> bool {
    head.contains("\"callTranscripts\"")
}

/// Reads a file, or finds everything that is wrong with it. Names that are nobody's are added to `roster`.
pub(super) fn import(content: &[u8], roster: &mut Roster) -> Result<(Vec<Turn>, Details), Vec<Violation>> {
    let content = content.strip_prefix("\u{feff}".as_bytes()).unwrap_or(content);
    let raw: RawFile = serde_json::from_slice(content).map_err(|error| {
        let problem = format!("is not valid JSON of Gong's: {error}");
        vec![Violation::new(format!("line {}", error.line()), problem)]
    })?;
    let raw = match raw.payload {
        Some(payload) => *payload,
        None => raw,
    };
    let mut fields = Fields::default();
    let calls = raw.call_transcripts.unwrap_or_default();
    fields.check(calls.len() == 1, "callTranscripts", "must be of one call: a file is a call's");
    let Some(call) = calls.first().filter(|_| calls.len() == 1) else { return Err(fields.violations) };
    let id = fields.text("callTranscripts[0].callId", call.call_id.as_ref());
    let (meta, parties) = match extensive(raw.calls.unwrap_or_default(), &id) {
        Some(found) => (found.meta_data.or(raw.meta_data), found.parties.or(raw.parties)),
        None => (raw.meta_data, raw.parties),
    };
    let host = fields.text("metaData.primaryUserId", meta.as_ref().and_then(|meta| meta.primary_user_id.as_ref()));
    let details = meta.map(|meta| details(&mut fields, &meta)).unwrap_or_default();
    let parties = parties.unwrap_or_default();
    let parties: Vec<Party> =
        parties.iter().enumerate().map(|(index, raw)| party(&mut fields, index, raw, &host)).collect();
    let mut pieces = Vec::new();
    let monologues = call.transcript.as_deref().unwrap_or_default();
    for (index, monologue) in monologues.iter().enumerate() {
        let at = format!("callTranscripts[0].transcript[{index}]");
        let speaker_id = fields.text(&format!("{at}.speakerId"), monologue.speaker_id.as_ref());
        for (index, raw) in monologue.sentences.as_deref().unwrap_or_default().iter().enumerate() {
            pieces.extend(
                sentence(&mut fields, &format!("{at}.sentences[{index}]"), raw).map(|turn| (speaker_id.clone(), turn)),
            );
        }
    }
    if !fields.violations.is_empty() {
        return Err(fields.violations);
    }
    let pieces = pieces.into_iter().map(|(id, turn)| attribute(&id, turn, &parties, roster)).collect();
    Ok((turns::merge(pieces), details))
}

/// The call of this id among those of an extensive answer.
fn extensive(calls: Vec<RawExtensive>, id: &str) -> Option<RawExtensive> {
    let mut calls = calls;
    let is_it = |call: &RawExtensive| match call.meta_data.as_ref().and_then(|meta| meta.id.as_ref()) {
        Some(Field::Good(other)) => other == id,
        _ => false,
    };
    let index = calls.iter().position(is_it).or((calls.len() == 1).then_some(0))?;
    Some(calls.swap_remove(index))
}

fn details(fields: &mut Fields, meta: &RawMeta) -> Details {
    let start_time = fields.optional("metaData.started", meta.started.as_ref()).and_then(|text| {
        let parsed = DateTime::parse_from_rfc3339(&text).ok();
        fields.check(parsed.is_some(), "metaData.started", "must be a time like 2026-03-05T14:00:00Z");
        parsed.map(|time| time.to_utc())
    });
    let title = fields.text("metaData.title", meta.title.as_ref()).chars().take(300).collect();
    Details { title, start_time, ..Details::default() }
}

fn party(fields: &mut Fields, index: usize, raw: &RawParty, host: &str) -> Party {
    let mut text = |name: &str, field: Option<&Field<String>>| {
        fields.text(&format!("parties[{index}].{name}"), field).trim().to_owned()
    };
    let user_id = text("userId", raw.user_id.as_ref());
    Party {
        hosts: !host.is_empty() && user_id == host,
        speaker_id: text("speakerId", raw.speaker_id.as_ref()),
        name: text("name", raw.name.as_ref()),
        email: text("emailAddress", raw.email_address.as_ref()),
        title: text("title", raw.title.as_ref()),
        side: match text("affiliation", raw.affiliation.as_ref()).as_str() {
            "Internal" => Side::Rep,
            "External" => Side::Buyer,
            _ => Side::Unknown,
        },
    }
}

fn sentence(fields: &mut Fields, at: &str, raw: &RawSentence) -> Option<Turn> {
    let start = fields.required(&format!("{at}.start"), raw.start.as_ref());
    let end = fields.required(&format!("{at}.end"), raw.end.as_ref());
    let text = fields.required(&format!("{at}.text"), raw.text.as_ref());
    let (start_ms, end_ms, text) = (start?, end?, text?);
    fields.check(end_ms >= start_ms, &format!("{at}.end"), "is before start");
    fields.check(end_ms <= MAX_MS, &format!("{at}.end"), "is later than 24 hours; times are milliseconds");
    let text = text.split_whitespace().collect::<Vec<_>>().join(" ");
    (!text.is_empty()).then(|| Turn { start_ms, end_ms, text, ..Turn::default() })
}

/// Who said it: the party with the speaker's id. A voice that is nobody's keeps its id as a label.
fn attribute(speaker_id: &str, turn: Turn, parties: &[Party], roster: &mut Roster) -> Turn {
    let known = parties.iter().find(|party| !speaker_id.is_empty() && party.speaker_id == speaker_id);
    let voice = speaker_id.chars().take(63).collect();
    let annotations = Annotations { voice, ..Annotations::default() };
    let who = known.and_then(|party| {
        let name = if party.name.is_empty() { &party.email } else { &party.name };
        let found = if name.is_empty() { None } else { roster.by_name_or_added(name) }?;
        roster.learn(&found.id, &party.email, &party.title, party.side);
        if party.hosts {
            roster.hosted_by(&found.id);
        }
        roster.by_id(&found.id).cloned()
    });
    let speaker = who.map_or_else(Speaker::default, |who| speaker(&who, confidence::PLATFORM));
    Turn { speaker, annotations, ..turn }
}
