//! Zoom's cloud recording as one JSON object: the facts of its recording listing (`topic`, `start_time`, `timezone`), the
//! `timeline` of its TIMELINE file (who was the active speaker since when) and `transcript`, the WebVTT text of its
//! TRANSCRIPT file. Names in the captions win; a caption without one is its speaker's who alone was active for most of it.
//! Who hosts is the user of the timeline with the listing's `host_id`.

use chrono::DateTime;
use serde::Deserialize;

use super::captions;
use super::cue::{Dialect, parse_time};
use super::fields::{Field, Fields};
use crate::domain::Violation;
use crate::domain::call::Details;
use crate::domain::roster::{Roster, speaker};
use crate::domain::transcript::{Turn, confidence};
use crate::domain::turns;

/// Share of a caption for which somebody must have been the only active speaker.
const MOST: f64 = 0.7;

#[derive(Deserialize)]
struct RawFile {
    topic: Option<Field<String>>,
    start_time: Option<Field<String>>,
    timezone: Option<Field<String>>,
    host_id: Option<Field<String>>,
    timeline: Option<Vec<RawEntry>>,
    transcript: Option<Field<String>>,
}

#[derive(Deserialize)]
struct RawEntry {
    ts: Option<Field<String>>,
    users: Option<Vec<RawUser>>,
}

#[derive(Deserialize)]
struct RawUser {
    username: Option<Field<String>>,
    zoom_userid: Option<Field<String>>,
    multiple_people: Option<Field<bool>>,
}

/// Who was active from a moment on.
struct Active {
    from_ms: u64,
    /// The one who was; `None` for nobody, several, or a room of many.
    name: Option<String>,
    /// Whether that is who hosts.
    hosts: bool,
}

/// Whether this JSON is Zoom's.
pub(super) fn is_zoom(head: &str) -> bool {
    head.contains("\"timeline\"") && !head.contains("\"turns\"")
}

/// Reads a file, or finds everything that is wrong with it. Names that are nobody's are added to `roster`.
pub(super) fn import(content: &[u8], roster: &mut Roster) -> Result<(Vec<Turn>, Details), Vec<Violation>> {
    let content = content.strip_prefix("\u{feff}".as_bytes()).unwrap_or(content);
    let raw: RawFile = serde_json::from_slice(content).map_err(|error| {
        let problem = format!("is not valid JSON of Zoom's: {error}");
        vec![Violation::new(format!("line {}", error.line()), problem)]
    })?;
    let mut fields = Fields::default();
    let details = details(&mut fields, &raw);
    let host = fields.text("host_id", raw.host_id.as_ref());
    let timeline = timeline(&mut fields, raw.timeline.as_deref().unwrap_or_default(), &host);
    // Whoever was active is on the call, and a name before the words is known to be one.
    for Active { name, hosts, .. } in &timeline {
        if let Some(who) = name.as_deref().and_then(|name| roster.by_name_or_added(name))
            && *hosts
        {
            roster.hosted_by(&who.id);
        }
    }
    if raw.transcript.is_none() {
        let problem = "is required: a timeline has no words; put the text of the WebVTT file beside it";
        fields.check(false, "transcript", problem);
    }
    let text = fields.optional("transcript", raw.transcript.as_ref()).unwrap_or_default();
    let pieces = captions::pieces(text.trim_start_matches('\u{feff}'), Dialect::WebVtt, roster);
    let pieces = match pieces {
        Ok(pieces) => pieces,
        Err(found) if raw.transcript.is_some() => {
            let place =
                |violation: Violation| Violation::new(format!("transcript {}", violation.place), violation.problem);
            fields.violations.extend(found.into_iter().map(place));
            Vec::new()
        }
        Err(_) => Vec::new(),
    };
    if !fields.violations.is_empty() {
        return Err(fields.violations);
    }
    let pieces = pieces.into_iter().map(|piece| attribute(piece, &timeline, roster)).collect();
    Ok((turns::merge(pieces), details))
}

fn details(fields: &mut Fields, raw: &RawFile) -> Details {
    let start_time = fields.optional("start_time", raw.start_time.as_ref()).and_then(|text| {
        let parsed = DateTime::parse_from_rfc3339(&text).ok();
        fields.check(parsed.is_some(), "start_time", "must be a time like 2026-03-05T14:00:00Z");
        parsed.map(|time| time.to_utc())
    });
    let time_zone = fields.text("timezone", raw.timezone.as_ref());
    let known = time_zone.is_empty() || time_zone.parse::<chrono_tz::Tz>().is_ok();
    fields.check(known, "timezone", "must be an IANA time zone, for example `Europe/London`");
    let title = fields.text("topic", raw.topic.as_ref()).chars().take(300).collect();
    Details { title, start_time, time_zone, ..Details::default() }
}

fn timeline(fields: &mut Fields, raw: &[RawEntry], host: &str) -> Vec<Active> {
    let mut entries: Vec<Active> = Vec::with_capacity(raw.len());
    for (index, entry) in raw.iter().enumerate() {
        let at = format!("timeline[{index}]");
        let text = fields.required(&format!("{at}.ts"), entry.ts.as_ref()).unwrap_or_default();
        let from_ms = match parse_time(&text) {
            Ok(from_ms) => from_ms,
            Err(problem) => {
                fields.check(entry.ts.is_none() || text.is_empty(), &format!("{at}.ts"), &problem);
                0
            }
        };
        let before = entries.last().map_or(0, |before| before.from_ms);
        fields.check(from_ms >= before || text.is_empty(), &format!("{at}.ts"), "is before the entry before");
        let users = entry.users.as_deref().unwrap_or_default();
        let mut names = Vec::with_capacity(users.len());
        for (number, user) in users.iter().enumerate() {
            let at = format!("{at}.users[{number}]");
            let name = fields.text(&format!("{at}.username"), user.username.as_ref());
            let id = fields.text(&format!("{at}.zoom_userid"), user.zoom_userid.as_ref());
            let many = fields.optional(&format!("{at}.multiple_people"), user.multiple_people.as_ref());
            let hosts = !host.is_empty() && id == host;
            names.push((name.trim().to_owned(), many.unwrap_or(false), hosts));
        }
        let (name, hosts) = match names.as_slice() {
            [(name, false, hosts)] if !name.is_empty() => (Some(name.clone()), *hosts),
            _ => (None, false),
        };
        entries.push(Active { from_ms, name, hosts });
    }
    entries
}

/// A caption that names nobody is said by whoever was active alone for most of it.
fn attribute(piece: Turn, timeline: &[Active], roster: &mut Roster) -> Turn {
    if piece.speaker.participant.is_some() {
        return piece;
    }
    let name = alone(timeline, piece.start_ms, piece.end_ms);
    match name.and_then(|name| roster.by_name_or_added(name)) {
        Some(who) => Turn { speaker: speaker(&who, confidence::ACTIVE), ..piece },
        None => piece,
    }
}

/// Who was the only active speaker for most of a stretch.
fn alone(timeline: &[Active], start_ms: u64, end_ms: u64) -> Option<&str> {
    let first = timeline.partition_point(|active| active.from_ms <= start_ms).saturating_sub(1);
    let mut shares: Vec<(&str, u64)> = Vec::new();
    for (index, active) in timeline.iter().enumerate().skip(first) {
        if active.from_ms >= end_ms {
            break;
        }
        let until = timeline.get(index + 1).map_or(u64::MAX, |next| next.from_ms).min(end_ms);
        let share = until.saturating_sub(active.from_ms.max(start_ms));
        let Some(name) = active.name.as_deref() else { continue };
        match shares.iter_mut().find(|(other, _)| *other == name) {
            Some((_, sum)) => *sum += share,
            None => shares.push((name, share)),
        }
    }
    let (name, share) = shares.into_iter().max_by_key(|(_, share)| *share)?;
    (share as f64 >= MOST * end_ms.saturating_sub(start_ms).max(1) as f64).then_some(name)
}
