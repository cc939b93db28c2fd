//! Evaluations as the API gives them.

use throughline_proto::common::v1 as common;
use throughline_proto::playbook::v1 as pb;
use throughline_proto::playbook::v1::behavior_result::Outcome as PbOutcome;

use super::{behavior_spec, facts};
use crate::domain::call::Side;
use crate::domain::evaluation::{BehaviorResult, Evaluation, Outcome, RiskResult, RiskState};
use crate::domain::evidence::{Evidence, Support};
use crate::domain::playbook::Playbook;
use crate::domain::statistics::{SpeakerStatistics, Statistics};

/// What was computed; names, times and context are the caller's to add.
pub fn evaluation(evaluation: Evaluation, playbook: &Playbook) -> pb::Evaluation {
    let Evaluation { rep: _, behaviors, signals, facts: found, risks, statistics: measured, notes } = evaluation;
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
        notes,
        ..pb::Evaluation::default()
    }
}

fn behavior(result: BehaviorResult, spec: pb::BehaviorSpec) -> pb::BehaviorResult {
    let outcome = match result.outcome {
        Outcome::Observed => PbOutcome::Observed,
        Outcome::Missed => PbOutcome::Missed,
        Outcome::NotApplicable => PbOutcome::NotApplicable,
        Outcome::Unknown => PbOutcome::Unknown,
    };
    pb::BehaviorResult {
        id: result.id,
        outcome: outcome.into(),
        evidence: evidence(result.evidence),
        reason: result.reason,
        spec: Some(spec),
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

fn one_evidence(evidence: Evidence) -> common::Evidence {
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
    }
}

fn side(side: Side) -> common::Side {
    match side {
        Side::Rep => common::Side::Rep,
        Side::Buyer => common::Side::Buyer,
        Side::Unknown => common::Side::Unspecified,
    }
}

fn statistics(measured: Statistics) -> pb::InteractionStatistics {
    let Statistics { speech_ms, call_ms, speakers, interactivity_per_hour, patience_ms } = measured;
    pb::InteractionStatistics {
        speech_ms: signed(speech_ms),
        call_ms: signed(call_ms),
        speakers: speakers.into_iter().map(speaker).collect(),
        interactivity_per_hour,
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

fn signed(value: u32) -> i32 {
    i32::try_from(value).unwrap_or(i32::MAX)
}
