//! Live calls: what a client sends, and what it is told.

use chrono_tz::Tz;
use throughline_proto::common::v1 as common;
use throughline_proto::playbook::v1 as pb;
use throughline_proto::playbook::v1::evaluate_stream_response::Message;
use throughline_proto::transcription::v1 as gateway;
use throughline_rpc::{Error, Violations, name};

use super::evaluation::{evidence, signed};
use super::facts::facts;
use super::talk::moment;
use super::{behavior_spec, call, revision_number, talk};
use crate::domain::call::{Call, Side, Turn};
use crate::domain::facts::Facts;
use crate::domain::live::{MAX_TURNS, News, Refused, due_ms};
use crate::domain::playbook::{Behavior, Playbook};

const MAX_PARTICIPANTS: usize = 200;
const MAX_TEXT_CHARS: usize = 300;
const MAX_TURN_BYTES: usize = 64 << 10;
const MAX_DURATION_MS: i32 = 24 * 60 * 60 * 1_000;
/// How long a call is taken to be whose header does not say.
const USUAL_DURATION_MS: u32 = 30 * 60 * 1_000;

/// What the header of a live call says.
#[derive(Debug, Clone)]
pub struct Opening {
    pub workspace: String,
    /// Playbook and number; none for those that are released.
    pub revision: Option<(String, i32)>,
    pub call: Call,
    /// The call as it is passed on.
    pub source: gateway::Call,
    pub planned_ms: u32,
    pub resume_turns: usize,
}

/// Reads a header.
///
/// # Errors
/// INVALID_ARGUMENT with every violation.
pub fn opening(header: pb::EvaluateStreamHeader) -> Result<Opening, Error> {
    let mut violations = Violations::new();
    let named = name::CALL.require(&mut violations, "header.call", &header.call);
    let revision = revision_of(&header, named.as_ref(), &mut violations);
    check_context(&header, &mut violations);
    let planned_ms = positive(header.planned_duration_ms, MAX_DURATION_MS);
    violations.check(planned_ms.is_some(), "header.planned_duration_ms", "must be 0 to 86400000");
    let resume_turns = usize::try_from(header.resume_turns).ok().filter(|turns| *turns <= MAX_TURNS);
    violations.check(resume_turns.is_some(), "header.resume_turns", "must be 0 to 100000");
    violations.finish()?;
    let pb::EvaluateStreamHeader { call: name, call_type, start_time, time_zone, participants, account, deal, .. } =
        header;
    let source =
        gateway::Call { name, call_type, start_time, time_zone, participants, account, deal, ..Default::default() };
    let [workspace, _] = named.unwrap_or_default();
    Ok(Opening {
        workspace,
        revision,
        call: call(&source),
        source,
        planned_ms: planned_ms.filter(|ms| *ms > 0).unwrap_or(USUAL_DURATION_MS),
        resume_turns: resume_turns.unwrap_or_default(),
    })
}

fn revision_of(
    header: &pb::EvaluateStreamHeader,
    call: Option<&[String; 2]>,
    violations: &mut Violations,
) -> Option<(String, i32)> {
    if header.revision.is_empty() {
        return None;
    }
    let [workspace, playbook, number] = name::REVISION.require(violations, "header.revision", &header.revision)?;
    let same = call.is_none_or(|[of, _]| *of == workspace);
    violations.check(same, "header.revision", "must be of the call's workspace");
    let number = revision_number(&number);
    violations.check(number.is_some(), "header.revision", "must end with a number from 1");
    Some((playbook, number?))
}

fn check_context(header: &pb::EvaluateStreamHeader, violations: &mut Violations) {
    violations.check(header.start_time.is_some(), "header.start_time", "is required");
    let start = header.start_time.as_ref().is_none_or(|time| moment(time).is_some());
    violations.check(start, "header.start_time", "must be of the years 1 to 9999");
    let zone = header.time_zone.is_empty() || header.time_zone.parse::<Tz>().is_ok();
    violations.check(zone, "header.time_zone", "must be an IANA zone like Europe/London");
    let few = header.participants.len() <= MAX_PARTICIPANTS;
    violations.check(few, "header.participants", "must be at most 200");
    for (at, person) in header.participants.iter().enumerate().take(MAX_PARTICIPANTS) {
        let field = |field: &str| format!("header.participants[{at}].{field}");
        violations.text(&field("id"), &person.id, MAX_TEXT_CHARS);
        let twice = header.participants.iter().take(at).any(|before| before.id == person.id);
        violations.check(!twice, &field("id"), "is another participant's too");
        violations.check(common::Side::try_from(person.side).is_ok(), &field("side"), "is not a known side");
        for (text, of) in [("name", &person.name), ("email", &person.email), ("title", &person.title)] {
            violations.check(of.chars().count() <= MAX_TEXT_CHARS, &field(text), "must have at most 300 characters");
        }
    }
    let closes = header.deal.as_ref().map_or("", |deal| deal.close_date.as_str());
    let dated = closes.is_empty() || closes.parse::<chrono::NaiveDate>().is_ok();
    violations.check(dated, "header.deal.close_date", "must be a date like 2026-03-05");
}

/// Reads a segment: a turn, and whether its words are final.
///
/// # Errors
/// INVALID_ARGUMENT with every violation.
pub fn segment(segment: pb::LiveSegment, call: &Call) -> Result<(Turn, bool), Error> {
    let mut violations = Violations::new();
    let index = positive(segment.turn, i32::MAX);
    violations.check(index.is_some(), "segment.turn", "must not be negative");
    let (start_ms, end_ms) = (positive(segment.start_ms, i32::MAX), positive(segment.end_ms, i32::MAX));
    violations.check(start_ms.is_some(), "segment.start_ms", "must not be negative");
    violations.check(segment.end_ms >= segment.start_ms, "segment.end_ms", "must not be before start_ms");
    violations.check(segment.text.len() <= MAX_TURN_BYTES, "segment.text", "must have at most 64 KiB");
    let participant = call.participant(&segment.participant);
    let known = segment.participant.is_empty() || participant.is_some();
    violations.check(known, "segment.participant", "must be the id of a participant of the header");
    let given = common::Side::try_from(segment.side);
    violations.check(given.is_ok(), "segment.side", "is not a known side");
    let speaker_confidence = segment.speaker_confidence.unwrap_or(1.0);
    let sure = (0.0..=1.0).contains(&speaker_confidence);
    violations.check(sure, "segment.speaker_confidence", "must be 0 to 1");
    violations.finish()?;
    let side = match given.map(talk::side).unwrap_or(Side::Unknown) {
        Side::Unknown => participant.map_or(Side::Unknown, |person| person.side),
        side => side,
    };
    let turn = Turn {
        index: index.unwrap_or_default(),
        participant: segment.participant,
        side,
        start_ms: start_ms.unwrap_or_default(),
        end_ms: end_ms.unwrap_or_default(),
        text: segment.text,
        speaker_confidence,
        unintelligible: segment.unintelligible,
    };
    Ok((turn, segment.r#final))
}

fn positive(value: i32, most: i32) -> Option<u32> {
    u32::try_from(value).ok().filter(|_| value <= most)
}

/// Why a segment was not taken.
pub fn refused(refused: Refused) -> Error {
    let exceeded = |message: &str, limit: &str| {
        Error::resource_exhausted(throughline_rpc::Reason::LimitExceeded, message, None).with_metadata("limit", limit)
    };
    match refused {
        Refused::NotNext(next) => {
            Error::invalid_field("segment.turn", format!("must be at most {next}, the next turn"))
        }
        Refused::TooManyTurns => exceeded("a call may have 100,000 turns", "100000 turns"),
        Refused::TooManyWords => exceeded("a call may have 32 MiB of words", "32 MiB"),
    }
}

/// News as the API tells them.
pub fn news(news: News, playbook: &Playbook, duration_ms: u32) -> Option<Message> {
    let behavior = |id: &str, state: pb::LiveState, shown| {
        let behavior = playbook.behaviors.iter().find(|behavior| behavior.id.as_str() == id)?;
        Some(Message::Behavior(live_behavior(behavior, state, shown, duration_ms)))
    };
    match news {
        News::Signal(signal) => {
            Some(Message::Signal(pb::SignalResult { id: signal.id, evidence: evidence(signal.evidence) }))
        }
        News::Shown(result) => behavior(&result.id, pb::LiveState::Shown, evidence(result.evidence)),
        News::Withdrawn(id) => behavior(&id, pb::LiveState::Withdrawn, Vec::new()),
        News::DueMissed(id) => behavior(&id, pb::LiveState::DueMissed, Vec::new()),
        News::Facts(both) => Some(Message::Facts(Box::new(changed_facts(both.0, both.1)))),
    }
}

fn live_behavior(
    behavior: &Behavior,
    state: pb::LiveState,
    shown: Vec<common::Evidence>,
    duration_ms: u32,
) -> pb::LiveBehavior {
    pb::LiveBehavior {
        state: state.into(),
        spec: Some(behavior_spec(behavior)),
        evidence: shown,
        due_ms: due_ms(behavior.due, duration_ms).map(signed),
    }
}

fn changed_facts(before: Facts, after: Facts) -> pb::LiveFacts {
    let before = facts(before);
    let pb::Facts {
        next_step,
        competitors,
        budget,
        decision_date,
        critical_event,
        economic_buyer,
        stakeholders,
        pains,
        objections,
        open_questions,
        decision_process,
        commitments,
        amounts,
    } = facts(after);
    let mut changed = Changed(Vec::new());
    let facts = pb::Facts {
        next_step: changed.kept("next_step", &before.next_step, next_step),
        competitors: changed.kept("competitors", &before.competitors, competitors),
        budget: changed.kept("budget", &before.budget, budget),
        decision_date: changed.kept("decision_date", &before.decision_date, decision_date),
        critical_event: changed.kept("critical_event", &before.critical_event, critical_event),
        economic_buyer: changed.kept("economic_buyer", &before.economic_buyer, economic_buyer),
        stakeholders: changed.kept("stakeholders", &before.stakeholders, stakeholders),
        pains: changed.kept("pains", &before.pains, pains),
        objections: changed.kept("objections", &before.objections, objections),
        open_questions: changed.kept("open_questions", &before.open_questions, open_questions),
        decision_process: changed.kept("decision_process", &before.decision_process, decision_process),
        commitments: changed.kept("commitments", &before.commitments, commitments),
        amounts: changed.kept("amounts", &before.amounts, amounts),
    };
    pb::LiveFacts { changed: changed.0, facts: Some(facts) }
}

/// Names of the fields that changed.
struct Changed(Vec<String>);

impl Changed {
    /// The value where it changed, nothing where it did not.
    fn kept<T: PartialEq + Default>(&mut self, field: &str, before: &T, after: T) -> T {
        if *before == after {
            return T::default();
        }
        self.0.push(field.to_owned());
        after
    }
}

#[cfg(test)]
mod tests;
