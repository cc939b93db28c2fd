//! An evaluation as an entry of the log.

use std::str::FromStr;

use throughline_proto::common::v1 as common;
use throughline_proto::playbook::v1 as pb;
use throughline_rpc::{Error, name};

use super::moment;
use crate::domain::entry::{Entry, Fact, Source};
use crate::domain::evaluated::{
    BehaviorOutcome, Budget, Competitor, DecisionDate, EvaluatedCall, Facts, Handling, NextStep, Objection, Outcome,
    RiskState, RiskTopic, SignalSeen, Stakeholder,
};
use crate::domain::evidence::{Evidence, Side, Support};
use crate::domain::ids::{CallId, EvaluationId, PlaybookId};

/// What the evaluator computed happened when the call took place, and was known when it was computed.
///
/// # Errors
/// INTERNAL where a name or time of the evaluation is not what the API says, which is a defect of the evaluator.
pub fn evaluation_entry(evaluation: pb::Evaluation) -> Result<Entry, Error> {
    let defect = |what: &str| Error::internal(format!("evaluation {}: {what}", evaluation.name));
    let [_, id] = name::EVALUATION.parse(&evaluation.name).ok_or_else(|| defect("bad name"))?;
    let [_, call] = name::CALL.parse(&evaluation.call).ok_or_else(|| defect("bad call"))?;
    let [_, _, transcript] = name::TRANSCRIPT.parse(&evaluation.transcript).ok_or_else(|| defect("bad transcript"))?;
    let [_, playbook, revision] = name::REVISION.parse(&evaluation.revision).ok_or_else(|| defect("bad revision"))?;
    let call_time = moment(evaluation.call_time.as_ref()).ok_or_else(|| defect("no call_time"))?;
    let known_at = moment(evaluation.create_time.as_ref()).ok_or_else(|| defect("no create_time"))?;
    let number = |text: &str, what| u32::from_str(text).map_err(|_| defect(what));
    let speech = evaluation.statistics.as_ref().map(|s| (speech(s, common::Side::Rep), speech(s, common::Side::Buyer)));
    let buyers = evaluation.participants.iter().filter(|p| p.side() == common::Side::Buyer);
    let evaluated = EvaluatedCall {
        evaluation: EvaluationId(id.clone()),
        playbook: PlaybookId(playbook),
        playbook_revision: number(&revision, "bad revision number")?,
        transcript_revision: number(&transcript, "bad transcript number")?,
        call_time,
        rep: name::REP.parse(&evaluation.rep).map(|[_, rep]| rep).unwrap_or_default(),
        segment: evaluation.account.as_ref().map(|a| a.segment.clone()).unwrap_or_default(),
        rep_speech_ms: speech.and_then(|(rep, _)| rep),
        buyer_speech_ms: speech.and_then(|(_, buyer)| buyer),
        buyers: buyers.map(|p| if p.name.is_empty() { p.id.clone() } else { p.name.clone() }).collect(),
        behaviors: evaluation.behaviors.iter().map(behavior).collect(),
        signals: evaluation
            .signals
            .iter()
            .map(|s| SignalSeen { id: s.id.clone(), evidence: all(&s.evidence) })
            .collect(),
        risks: evaluation.risks.iter().filter_map(risk).collect(),
        facts: evaluation.facts.as_ref().map(facts).unwrap_or_default(),
    };
    let fact = Fact::CallEvaluated { call: CallId(call), evaluation: Box::new(evaluated) };
    let key = format!("evaluation:{id}");
    Ok(Entry { source: Source::Evaluator, key, occurred_at: call_time, known_at, fact })
}

/// Speech of a whole side; `None` where the side was not measured at all.
fn speech(statistics: &pb::InteractionStatistics, side: common::Side) -> Option<i32> {
    let of_side = || statistics.speakers.iter().filter(move |s| s.side() == side);
    let whole = of_side().find(|s| s.participant.is_empty()).map(|s| s.speech_ms);
    let parts = of_side().map(|s| s.speech_ms).reduce(i32::saturating_add);
    // A side that is missing beside one that was measured was silent.
    whole.or(parts).or_else(|| (!statistics.speakers.is_empty()).then_some(0))
}

pub(crate) fn evidence(e: &common::Evidence) -> Evidence {
    Evidence {
        call: CallId(name::CALL.parse(&e.call).map(|[_, call]| call).unwrap_or_default()),
        turn: e.turn,
        end_turn: e.end_turn,
        start_ms: e.start_ms,
        end_ms: e.end_ms,
        quote: e.quote.clone(),
        side: match e.side() {
            common::Side::Rep => Side::Rep,
            common::Side::Buyer => Side::Buyer,
            common::Side::Unspecified => Side::Unknown,
        },
        speaker: e.speaker.clone(),
        speaker_confidence: e.speaker_confidence,
        support: match e.support() {
            common::Support::Stated => Support::Stated,
            common::Support::Implied => Support::Implied,
            common::Support::Contradicted => Support::Contradicted,
            common::Support::Unverified | common::Support::Unspecified => Support::Unverified,
        },
        method: e.method.clone(),
        confidence: e.confidence,
        purged_at: moment(e.purge_time.as_ref()),
    }
}

pub(super) fn all(evidence_of: &[common::Evidence]) -> Vec<Evidence> {
    evidence_of.iter().map(evidence).collect()
}

fn behavior(result: &pb::BehaviorResult) -> BehaviorOutcome {
    let spec = result.spec.clone().unwrap_or_default();
    BehaviorOutcome {
        id: result.id.clone(),
        avoid: spec.polarity() == pb::Polarity::Avoid,
        description: spec.description,
        stage: spec.stage,
        weight: if spec.weight.is_finite() { spec.weight.max(0.0) } else { 0.0 },
        critical: spec.critical,
        outcome: match result.outcome() {
            pb::behavior_result::Outcome::Observed => Outcome::Observed,
            pb::behavior_result::Outcome::Missed => Outcome::Missed,
            pb::behavior_result::Outcome::NotApplicable => Outcome::NotApplicable,
            pb::behavior_result::Outcome::Unknown | pb::behavior_result::Outcome::Unspecified => Outcome::Unknown,
        },
        evidence: all(&result.evidence),
    }
}

fn risk(risk: &pb::RiskResult) -> Option<RiskTopic> {
    let state = match risk.state() {
        pb::RiskState::NotRaised => RiskState::NotRaised,
        pb::RiskState::Open => RiskState::Open,
        pb::RiskState::Answered => RiskState::Answered,
        // Not said is not the same as not raised.
        pb::RiskState::Unspecified => return None,
    };
    Some(RiskTopic { id: risk.id.clone(), title: risk.title.clone(), state, evidence: all(&risk.evidence) })
}

fn facts(facts: &pb::Facts) -> Facts {
    let day = |text: &str| text.parse().ok();
    let competitor =
        |c: &pb::Competitor| Competitor { name: c.name.clone(), answered: c.answered, evidence: all(&c.evidence) };
    Facts {
        next_step: facts.next_step.as_ref().map(|s| NextStep {
            what: s.what.clone(),
            owner: s.owner.clone(),
            due: day(&s.date),
            evidence: all(&s.evidence),
        }),
        competitors: facts.competitors.iter().map(competitor).collect(),
        budget: facts.budget.as_ref().map(|b| Budget { text: b.text.clone(), evidence: all(&b.evidence) }),
        decision_date: facts.decision_date.as_ref().map(|d| DecisionDate {
            date: day(&d.date),
            text: d.text.clone(),
            evidence: all(&d.evidence),
        }),
        economic_buyer: facts.economic_buyer.as_ref().map(stakeholder),
        stakeholders: facts.stakeholders.iter().map(stakeholder).collect(),
        objections: facts.objections.iter().filter_map(objection).collect(),
    }
}

fn stakeholder(s: &pb::Stakeholder) -> Stakeholder {
    Stakeholder {
        name: s.name.clone(),
        title: s.title.clone(),
        role: s.role.clone(),
        present: s.present,
        evidence: all(&s.evidence),
    }
}

fn objection(o: &pb::Objection) -> Option<Objection> {
    let handling = match o.handling() {
        pb::ObjectionHandling::Explored => Handling::Explored,
        pb::ObjectionHandling::Answered => Handling::Answered,
        pb::ObjectionHandling::Open => Handling::Open,
        pb::ObjectionHandling::Unspecified => return None,
    };
    Some(Objection { kind: o.kind.clone(), text: o.text.clone(), handling, evidence: all(&o.evidence) })
}
