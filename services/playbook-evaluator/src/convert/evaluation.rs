//! Evaluations as the API gives them.

use throughline_proto::common::v1 as common;
use throughline_proto::playbook::v1 as pb;
use throughline_proto::playbook::v1::behavior_result::Outcome as PbOutcome;
use throughline_proto::transcription::v1 as gateway;
use throughline_rpc::name;

use super::{behavior_spec, facts, qualification};
use crate::domain::call::Side;
use crate::domain::evaluation::{BehaviorResult, Evaluation, Outcome, RiskResult, RiskState};
use crate::domain::evidence::{Evidence, Support};
use crate::domain::playbook::Playbook;
use crate::domain::statistics::{SpeakerStatistics, Statistics};

/// What was computed of a call, with the call's context; names and times of the evaluation are the caller's to add.
pub fn evaluation_of(call: &gateway::Call, computed: Evaluation, playbook: &Playbook) -> pb::Evaluation {
    let rep = computed.rep.as_deref().map(name::slug).filter(|rep| !rep.is_empty());
    let workspace = name::CALL.parse(&call.name).map(|[workspace, _]| workspace).unwrap_or_default();
    pb::Evaluation {
        call: call.name.clone(),
        call_time: call.start_time,
        rep: rep.map(|rep| name::REP.format([&workspace, &rep])).unwrap_or_default(),
        participants: call.participants.clone(),
        account: call.account.clone(),
        deal: call.deal.clone(),
        ..evaluation(computed, playbook)
    }
}

/// What was computed; names, times and context are the caller's to add.
pub fn evaluation(evaluation: Evaluation, playbook: &Playbook) -> pb::Evaluation {
    let Evaluation {
        rep: _,
        behaviors,
        signals,
        facts: found,
        risks,
        statistics: measured,
        qualification: qualified,
        notes,
    } = evaluation;
    let specs = playbook.behaviors.iter().map(behavior_spec);
    pb::Evaluation {
        behaviors: behaviors.into_iter().zip(specs).map(|(result, spec)| behavior(result, spec)).collect(),
        signals: signals
            .into_iter()
            .map(|signal| pb::SignalResult { id: signal.id, evidence: evidence(signal.evidence) })
            .collect(),
        facts: Some(facts::facts(found)),
        risks: risks.into_iter().map(risk).collect(),
        statistics: Some(statistics(measured)),
        qualification: qualified
            .zip(playbook.qualification.as_ref())
            .map(|(result, spec)| qualification::qualification(result, spec)),
        notes,
        ..pb::Evaluation::default()
    }
}

fn behavior(result: BehaviorResult, spec: pb::BehaviorSpec) -> pb::BehaviorResult {
    pb::BehaviorResult {
        id: result.id,
        outcome: outcome(result.outcome).into(),
        evidence: evidence(result.evidence),
        reason: result.reason,
        spec: Some(spec),
    }
}

/// An outcome.
pub fn outcome(outcome: Outcome) -> PbOutcome {
    match outcome {
        Outcome::Observed => PbOutcome::Observed,
        Outcome::Missed => PbOutcome::Missed,
        Outcome::NotApplicable => PbOutcome::NotApplicable,
        Outcome::Unknown => PbOutcome::Unknown,
    }
}

/// The reverse of `outcome`; none where none is given.
pub fn outcome_in(outcome: PbOutcome) -> Option<Outcome> {
    match outcome {
        PbOutcome::Unspecified => None,
        PbOutcome::Observed => Some(Outcome::Observed),
        PbOutcome::Missed => Some(Outcome::Missed),
        PbOutcome::NotApplicable => Some(Outcome::NotApplicable),
        PbOutcome::Unknown => Some(Outcome::Unknown),
    }
}

fn risk(risk: RiskResult) -> pb::RiskResult {
    let state = match risk.state {
        RiskState::NotRaised => pb::RiskState::NotRaised,
        RiskState::Open => pb::RiskState::Open,
        RiskState::Answered => pb::RiskState::Answered,
    };
    pb::RiskResult { id: risk.id, title: risk.title, state: state.into(), evidence: evidence(risk.evidence) }
}

/// Evidence of a claim.
pub(super) fn evidence(all: Vec<Evidence>) -> Vec<common::Evidence> {
    all.into_iter().map(one_evidence).collect()
}

/// One place of it.
pub(super) fn one_evidence(evidence: Evidence) -> common::Evidence {
    let support = match evidence.support {
        Support::Stated => common::Support::Stated,
        Support::Implied => common::Support::Implied,
        Support::Contradicted => common::Support::Contradicted,
        Support::Unverified => common::Support::Unverified,
    };
    common::Evidence {
        call: evidence.call,
        turn: signed(evidence.turn),
        end_turn: signed(evidence.end_turn),
        start_ms: signed(evidence.start_ms),
        end_ms: signed(evidence.end_ms),
        quote: evidence.quote,
        side: side(evidence.side).into(),
        speaker: evidence.speaker,
        speaker_confidence: evidence.speaker_confidence,
        support: support.into(),
        method: evidence.method.to_owned(),
        confidence: evidence.confidence,
        purge_time: None,
    }
}

/// A side.
pub(super) fn side(side: Side) -> common::Side {
    match side {
        Side::Rep => common::Side::Rep,
        Side::Buyer => common::Side::Buyer,
        Side::Unknown => common::Side::Unspecified,
    }
}

fn statistics(measured: Statistics) -> pb::InteractionStatistics {
    let Statistics { speech_ms, call_ms, speakers, interactivity_per_hour, interactivity_per_speech_hour, patience_ms } =
        measured;
    pb::InteractionStatistics {
        speech_ms: signed(speech_ms),
        call_ms: signed(call_ms),
        speakers: speakers.into_iter().map(speaker).collect(),
        interactivity_per_hour,
        interactivity_per_speech_hour,
        patience_ms,
    }
}

fn speaker(speaker: SpeakerStatistics) -> pb::SpeakerStatistics {
    pb::SpeakerStatistics {
        participant: speaker.participant,
        side: side(speaker.side).into(),
        speech_ms: signed(speaker.speech_ms),
        talk_ratio: speaker.talk_ratio,
        talk_share_of_call: speaker.talk_share_of_call,
        longest_monologue_ms: signed(speaker.longest_monologue_ms),
        questions_per_hour: speaker.questions_per_hour,
        questions_per_speech_hour: speaker.questions_per_speech_hour,
        words_per_minute: speaker.words_per_minute,
        interruptions: signed(speaker.interruptions),
    }
}

/// Values beyond the API's numbers are its largest.
pub(super) fn signed(value: u32) -> i32 {
    i32::try_from(value).unwrap_or(i32::MAX)
}
