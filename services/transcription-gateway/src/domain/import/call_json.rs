//! Our own call JSON: the call's facts and, where there is a transcript, its turns.
//!
//! Keys that are not known are left alone, so that files may carry what other tools put into them.

use chrono::{DateTime, NaiveDate, NaiveTime, TimeZone as _, Utc};
use serde::Deserialize;

use super::fields::{Field, Fields};
use crate::domain::Violation;
use crate::domain::call::{Account, Deal, Details, Participant, Side};
use crate::domain::consent::{Consent, Method, State};
use crate::domain::roster::{Roster, fold, speaker};
use crate::domain::transcript::{Annotations, Speaker, Turn, Word, confidence};

/// A parsed file.
#[derive(Debug, Clone, PartialEq)]
pub struct CallFile {
    /// Its `id`, if it has one.
    pub id: Option<String>,
    pub details: Details,
    pub duration_ms: u64,
    /// `None` for a header without a transcript, as it comes with a recording.
    pub turns: Option<Vec<Turn>>,
}

/// Reads a call file, or finds everything that is wrong with it.
pub fn parse(content: &[u8]) -> Result<CallFile, Vec<Violation>> {
    let content = content.strip_prefix("\u{feff}".as_bytes()).unwrap_or(content);
    let raw: RawCall = serde_json::from_slice(content).map_err(|error| {
        vec![Violation::new(format!("line {}", error.line()), format!("is not valid JSON for a call: {error}"))]
    })?;
    let mut reader = Reader::default();
    let details = reader.details(&raw);
    let turns = raw.turns.as_ref().map(|turns| reader.turns(turns, &details.participants));
    let duration_s: f64 = reader.fields.optional("duration_s", raw.duration_s.as_ref()).unwrap_or(0.0);
    reader.fields.check((0.0..=86_400.0).contains(&duration_s), "duration_s", "must be 0 to 86400");
    reader.fields.violations.extend(details.violations());
    if !reader.fields.violations.is_empty() {
        return Err(reader.fields.violations);
    }
    let id = reader.fields.optional("id", raw.id.as_ref());
    Ok(CallFile { id, details, duration_ms: (duration_s.max(0.0) * 1000.0) as u64, turns })
}

/// Reads a file that must hold a transcript. Its participants must not contradict those of the call.
pub(super) fn import(content: &[u8], roster: &mut Roster) -> Result<(Vec<Turn>, u64, Details), Vec<Violation>> {
    let file = parse(content)?;
    let Some(turns) = file.turns else { return Err(vec![Violation::new("turns", "is required")]) };
    let mut violations = Vec::new();
    for (index, participant) in file.details.participants.iter().enumerate() {
        let known = roster.by_id(&participant.id);
        if let Some(known) = known.filter(|known| contradicts(&known.name, &participant.name)) {
            let problem = format!("`{}` is {} on this call, not {}", known.id, known.name, participant.name);
            violations.push(Violation::new(format!("participants[{index}].id"), problem));
        }
    }
    if !violations.is_empty() {
        return Err(violations);
    }
    for participant in file.details.participants.clone() {
        roster.complete(participant);
    }
    // The side may have been known to the call only.
    let with_side = |mut turn: Turn| {
        if let Some(known) = turn.speaker.participant.as_deref().and_then(|id| roster.by_id(id)) {
            turn.speaker.side = known.side;
        }
        turn
    };
    Ok((turns.into_iter().map(with_side).collect(), file.duration_ms, file.details))
}

fn contradicts(ours: &str, theirs: &str) -> bool {
    !ours.is_empty() && !theirs.is_empty() && fold(ours) != fold(theirs)
}

#[derive(Deserialize)]
struct RawCall {
    id: Option<Field<String>>,
    title: Option<Field<String>>,
    call_type: Option<Field<String>>,
    date: Option<Field<String>>,
    start_time: Option<Field<String>>,
    time_zone: Option<Field<String>>,
    duration_s: Option<Field<f64>>,
    account: Option<RawAccount>,
    deal: Option<RawDeal>,
    participants: Option<Vec<RawParticipant>>,
    consents: Option<Vec<RawConsent>>,
    turns: Option<Vec<RawTurn>>,
}

#[derive(Deserialize)]
struct RawAccount {
    name: Option<Field<String>>,
    industry: Option<Field<String>>,
    employees: Option<Field<i32>>,
    regulated: Option<Field<bool>>,
    segment: Option<Field<String>>,
}

#[derive(Deserialize)]
struct RawDeal {
    id: Option<Field<String>>,
    stage: Option<Field<String>>,
    amount: Option<Field<f64>>,
    currency: Option<Field<String>>,
    close_date: Option<Field<String>>,
}

#[derive(Deserialize)]
struct RawParticipant {
    id: Option<Field<String>>,
    name: Option<Field<String>>,
    side: Option<Field<String>>,
    email: Option<Field<String>>,
    title: Option<Field<String>>,
    channel: Option<Field<u8>>,
}

#[derive(Deserialize)]
struct RawConsent {
    participant: Option<Field<String>>,
    state: Option<Field<String>>,
    time: Option<Field<String>>,
    method: Option<Field<String>>,
}

#[derive(Deserialize)]
struct RawTurn {
    i: Option<Field<u64>>,
    speaker: Option<Field<String>>,
    start_ms: Option<Field<u64>>,
    end_ms: Option<Field<u64>>,
    text: Option<Field<String>>,
    words: Option<Vec<RawWord>>,
}

#[derive(Deserialize)]
struct RawWord {
    text: Option<Field<String>>,
    start_ms: Option<Field<u64>>,
    end_ms: Option<Field<u64>>,
    confidence: Option<Field<f64>>,
}

/// Reads a file field by field.
#[derive(Default)]
struct Reader {
    fields: Fields,
}

impl Reader {
    fn details(&mut self, raw: &RawCall) -> Details {
        let time_zone = self.fields.text("time_zone", raw.time_zone.as_ref());
        let account = raw.account.as_ref().map(|account| self.account(account)).unwrap_or_default();
        let deal = raw.deal.as_ref().map(|deal| self.deal(deal)).unwrap_or_default();
        let people = raw.participants.as_deref().unwrap_or_default();
        let consents = raw.consents.as_deref().unwrap_or_default();
        Details {
            title: self.fields.text("title", raw.title.as_ref()),
            call_type: self.fields.text("call_type", raw.call_type.as_ref()),
            start_time: self.start_time(raw, &time_zone),
            consents: consents.iter().enumerate().map(|(index, consent)| self.consent(index, consent)).collect(),
            participants: people.iter().enumerate().map(|(index, person)| self.participant(index, person)).collect(),
            time_zone,
            account,
            deal,
        }
    }

    /// The exact time if it is given, else the start of the day where the call took place.
    fn start_time(&mut self, raw: &RawCall, time_zone: &str) -> Option<DateTime<Utc>> {
        if let Some(text) = self.fields.optional("start_time", raw.start_time.as_ref()) {
            let parsed = DateTime::parse_from_rfc3339(&text).ok();
            self.fields.check(parsed.is_some(), "start_time", "must be a time like 2026-03-05T14:00:00Z");
            return parsed.map(|time| time.to_utc());
        }
        let date = self.date("date", raw.date.as_ref())?;
        let zone: chrono_tz::Tz = time_zone.parse().unwrap_or(chrono_tz::UTC);
        zone.from_local_datetime(&date.and_time(NaiveTime::MIN)).earliest().map(|time| time.to_utc())
    }

    fn date(&mut self, place: &str, field: Option<&Field<String>>) -> Option<NaiveDate> {
        let text = self.fields.optional(place, field).filter(|text| !text.is_empty())?;
        let date = NaiveDate::parse_from_str(&text, "%Y-%m-%d").ok();
        self.fields.check(date.is_some(), place, "must be a date like 2026-03-05");
        date
    }

    fn account(&mut self, raw: &RawAccount) -> Account {
        Account {
            name: self.fields.text("account.name", raw.name.as_ref()),
            industry: self.fields.text("account.industry", raw.industry.as_ref()),
            employees: self.fields.optional("account.employees", raw.employees.as_ref()),
            regulated: self.fields.optional("account.regulated", raw.regulated.as_ref()),
            segment: self.fields.text("account.segment", raw.segment.as_ref()),
        }
    }

    fn deal(&mut self, raw: &RawDeal) -> Deal {
        Deal {
            id: self.fields.text("deal.id", raw.id.as_ref()),
            stage: self.fields.text("deal.stage", raw.stage.as_ref()),
            amount: self.fields.optional("deal.amount", raw.amount.as_ref()),
            currency: self.fields.text("deal.currency", raw.currency.as_ref()),
            close_date: self.date("deal.close_date", raw.close_date.as_ref()),
        }
    }

    fn participant(&mut self, index: usize, raw: &RawParticipant) -> Participant {
        let at = |field: &str| format!("participants[{index}].{field}");
        let side = match self.fields.text(&at("side"), raw.side.as_ref()).as_str() {
            "rep" => Side::Rep,
            "buyer" => Side::Buyer,
            "" | "unknown" => Side::Unknown,
            _ => {
                self.fields.check(false, &at("side"), "must be `rep`, `buyer` or `unknown`");
                Side::Unknown
            }
        };
        Participant {
            id: self.fields.required(&at("id"), raw.id.as_ref()).unwrap_or_default(),
            name: self.fields.text(&at("name"), raw.name.as_ref()),
            side,
            email: self.fields.text(&at("email"), raw.email.as_ref()),
            title: self.fields.text(&at("title"), raw.title.as_ref()),
            channel: self.fields.optional(&at("channel"), raw.channel.as_ref()),
        }
    }

    fn consent(&mut self, index: usize, raw: &RawConsent) -> Consent {
        let at = |field: &str| format!("consents[{index}].{field}");
        let state = match self.fields.required(&at("state"), raw.state.as_ref()).as_deref() {
            Some("granted") => State::Granted,
            Some("denied") | None => State::Denied,
            Some("revoked") => State::Revoked,
            Some(_) => {
                self.fields.check(false, &at("state"), "must be `granted`, `denied` or `revoked`");
                State::Denied
            }
        };
        let method = match self.fields.text(&at("method"), raw.method.as_ref()).as_str() {
            "" => Method::Unknown,
            "verbal" => Method::Verbal,
            "written" => Method::Written,
            "platform_notice" => Method::PlatformNotice,
            _ => {
                self.fields.check(false, &at("method"), "must be `verbal`, `written` or `platform_notice`");
                Method::Unknown
            }
        };
        let time = self.fields.optional(&at("time"), raw.time.as_ref()).and_then(|text| {
            let parsed = DateTime::parse_from_rfc3339(&text).ok();
            self.fields.check(parsed.is_some(), &at("time"), "must be a time like 2026-03-05T14:00:00Z");
            parsed.map(|time| time.to_utc())
        });
        let participant = self.fields.required(&at("participant"), raw.participant.as_ref()).unwrap_or_default();
        Consent { participant, state, time, method, recorded_by: String::new() }
    }

    fn turns(&mut self, raw: &[RawTurn], people: &[Participant]) -> Vec<Turn> {
        let mut previous_ms = 0;
        raw.iter()
            .enumerate()
            .map(|(index, turn)| {
                let turn = self.turn(index, turn, people, previous_ms);
                previous_ms = turn.start_ms;
                turn
            })
            .collect()
    }

    fn turn(&mut self, index: usize, raw: &RawTurn, people: &[Participant], previous_ms: u64) -> Turn {
        let at = |field: &str| format!("turns[{index}].{field}");
        let number = self.fields.optional(&at("i"), raw.i.as_ref());
        let right = number.is_none_or(|number| number == index as u64);
        self.fields.check(right, &at("i"), &format!("must be {index}: turns are numbered in order"));
        // A turn may have no speaker, but not one who is not on the call.
        let spoken_by = self.fields.optional(&at("speaker"), raw.speaker.as_ref()).unwrap_or_default();
        let who = people.iter().find(|person| person.id == spoken_by);
        let known = who.is_some() || spoken_by.is_empty();
        self.fields.check(known, &at("speaker"), &format!("`{spoken_by}` is not the id of a participant"));
        let start_ms = self.fields.required(&at("start_ms"), raw.start_ms.as_ref());
        let end_ms = self.fields.required(&at("end_ms"), raw.end_ms.as_ref());
        if let (Some(start_ms), Some(end_ms)) = (start_ms, end_ms) {
            self.fields.check(end_ms >= start_ms, &at("end_ms"), "is before start_ms");
            self.fields.check(end_ms <= 86_400_000, &at("end_ms"), "is later than 24 hours");
            self.fields.check(start_ms >= previous_ms, &at("start_ms"), "is before the start of the turn before");
        }
        let text = self.fields.required(&at("text"), raw.text.as_ref()).unwrap_or_default();
        self.fields.check(raw.text.is_none() || !text.trim().is_empty(), &at("text"), "must not be empty");
        let words = raw.words.as_deref().unwrap_or_default();
        let words = words.iter().enumerate().map(|(number, word)| self.word(index, number, word)).collect();
        Turn {
            annotations: Annotations { words, ..Annotations::default() },
            speaker: who.map_or_else(Speaker::default, |person| speaker(person, confidence::GIVEN)),
            start_ms: start_ms.unwrap_or(previous_ms),
            end_ms: end_ms.unwrap_or(previous_ms),
            text,
            ..Turn::default()
        }
    }

    fn word(&mut self, turn: usize, index: usize, raw: &RawWord) -> Word {
        let at = |field: &str| format!("turns[{turn}].words[{index}].{field}");
        let text = self.fields.required(&at("text"), raw.text.as_ref()).unwrap_or_default();
        let start_ms = self.fields.required(&at("start_ms"), raw.start_ms.as_ref()).unwrap_or_default();
        let end_ms = self.fields.required(&at("end_ms"), raw.end_ms.as_ref()).unwrap_or(start_ms);
        let confidence = self.fields.optional(&at("confidence"), raw.confidence.as_ref());
        self.fields.check(end_ms >= start_ms, &at("end_ms"), "is before start_ms");
        self.fields.check(end_ms <= 86_400_000, &at("end_ms"), "is later than 24 hours");
        let likely = confidence.is_none_or(|confidence| (0.0..=1.0).contains(&confidence));
        self.fields.check(likely, &at("confidence"), "must be 0 to 1");
        Word { text, start_ms, end_ms, confidence }
    }
}
