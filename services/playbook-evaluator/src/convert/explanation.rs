//! Explanations as the API gives them.

use throughline_proto::common::v1 as common;
use throughline_proto::playbook::v1 as pb;

use super::evaluation::{one_evidence, outcome, signed};
use crate::domain::detect::{Judged, Why};
use crate::domain::explain::{Explained, Explanation, Fired, PassedOver, Quoted};
use crate::domain::playbook::Speaker;

/// What was explained; names and what is stored are the caller's to add.
pub fn explanation(explanation: Explanation) -> pb::Explanation {
    let Explanation { outcome: found, reason, root, notes } = explanation;
    pb::Explanation {
        outcome: outcome(found).into(),
        reason,
        root: Some(node(root)),
        notes,
        ..pb::Explanation::default()
    }
}

fn node(part: Explained) -> pb::ExpressionNode {
    let Explained {
        operator,
        path,
        line,
        side,
        refers_to,
        fired,
        fired_count,
        discarded,
        discarded_count,
        classifier,
        parts,
    } = part;
    pb::ExpressionNode {
        operator: operator.to_owned(),
        path,
        line: signed(line),
        side: speaker(side).into(),
        refers_to,
        fired: fired.into_iter().map(fired_place).collect(),
        fired_count: count(fired_count),
        discarded: discarded.into_iter().map(discarded_place).collect(),
        discarded_count: count(discarded_count),
        parts: parts.into_iter().map(node).collect(),
        classifier: classifier.map(judged),
    }
}

fn judged(judged: Judged) -> pb::ClassifierTrace {
    let Judged { threshold, unsure: (unsure_from, unsure_to), turns } = judged;
    let turns = turns.into_iter().map(|(turn, probability)| pb::TurnProbability { turn: signed(turn), probability });
    pb::ClassifierTrace { threshold, unsure_from, unsure_to, turns: turns.collect() }
}

fn speaker(speaker: Speaker) -> common::Side {
    match speaker {
        Speaker::Rep => common::Side::Rep,
        Speaker::Buyer => common::Side::Buyer,
        Speaker::Either => common::Side::Unspecified,
    }
}

fn fired_place(fired: Fired) -> pb::FiredPlace {
    pb::FiredPlace {
        turn: signed(fired.turn),
        words: fired.words.into_iter().map(quoted).collect(),
        certain: fired.certain,
    }
}

fn discarded_place(passed: PassedOver) -> pb::DiscardedPlace {
    let PassedOver { turn, words, why, detail } = passed;
    pb::DiscardedPlace { turn: signed(turn), words: Some(quoted(words)), reason: reason(why).into(), detail }
}

fn quoted(words: Quoted) -> pb::QuotedWords {
    pb::QuotedWords { text: words.text, evidence: words.evidence.map(one_evidence) }
}

fn reason(why: Why) -> pb::DiscardReason {
    match why {
        Why::Negated => pb::DiscardReason::Negated,
        Why::Hypothetical => pb::DiscardReason::Hypothetical,
        Why::Reported => pb::DiscardReason::Reported,
        Why::WrongSide => pb::DiscardReason::WrongSide,
        Why::Unintelligible => pb::DiscardReason::Unintelligible,
        Why::NotAsked => pb::DiscardReason::NotAsked,
        Why::NotPreceded => pb::DiscardReason::NotPreceded,
        Why::TooFarApart => pb::DiscardReason::TooFarApart,
        Why::WrongSpeaker => pb::DiscardReason::WrongSpeaker,
        Why::OutOfStretch => pb::DiscardReason::OutOfStretch,
        Why::Unanswered => pb::DiscardReason::Unanswered,
        Why::NotTogether => pb::DiscardReason::NotTogether,
        Why::Excluded => pb::DiscardReason::Excluded,
        Why::AfterDue => pb::DiscardReason::AfterDue,
        Why::NotTaken => pb::DiscardReason::NotTaken,
    }
}

fn count(count: usize) -> i32 {
    i32::try_from(count).unwrap_or(i32::MAX)
}
