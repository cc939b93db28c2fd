//! Builds the evaluations that a pretended evaluator gives out.

use chrono::{DateTime, TimeDelta, Utc};
use prost_types::Timestamp;
use throughline_proto::common::v1::{Evidence, Participant, Side, Support};
use throughline_proto::playbook::v1::behavior_result::Outcome;
use throughline_proto::playbook::v1::{
    BehaviorResult, BehaviorSpec, Evaluation, Facts, Polarity, RiskResult, RiskState,
};

/// Day `n` after Monday 2 March 2026, ten o'clock.
pub fn day(n: i64) -> DateTime<Utc> {
    "2026-03-02T10:00:00Z".parse::<DateTime<Utc>>().unwrap() + TimeDelta::days(n)
}

/// An evaluated call.
#[derive(Clone, Debug)]
pub struct Talk {
    pub evaluation: Evaluation,
}

impl Talk {
    /// A call by Priya Raman on a day, evaluated an hour later; nothing in it.
    pub fn on(call: &str, n: i64) -> Self {
        let evaluation = Evaluation {
            name: format!("workspaces/demo/evaluations/e-{call}"),
            call: format!("workspaces/demo/calls/{call}"),
            transcript: format!("workspaces/demo/calls/{call}/transcripts/1"),
            revision: "workspaces/demo/playbooks/regulated-enterprise/revisions/1".to_owned(),
            call_time: Some(moment(day(n))),
            create_time: Some(moment(day(n) + TimeDelta::hours(1))),
            facts: Some(Facts::default()),
            ..Evaluation::default()
        };
        Self { evaluation }.by("Priya Raman")
    }

    pub fn by(mut self, name: &str) -> Self {
        let id = name.to_lowercase().replace(' ', "-");
        self.evaluation.rep = format!("workspaces/demo/reps/{id}");
        self.evaluation.participants = vec![Participant {
            id: "s1".to_owned(),
            name: name.to_owned(),
            side: Side::Rep.into(),
            ..Participant::default()
        }];
        self
    }

    pub fn by_nobody_known(mut self) -> Self {
        self.evaluation.rep.clear();
        self.evaluation.participants.clear();
        self
    }

    /// Evaluated again, `hours` after the call.
    pub fn again(mut self, hours: i64) -> Self {
        let call_time = self.evaluation.call_time.unwrap();
        self.evaluation.name = format!("{}-{hours}", self.evaluation.name);
        self.evaluation.create_time = Some(Timestamp { seconds: call_time.seconds + hours * 3600, nanos: 0 });
        self.evaluation.behaviors.clear();
        self
    }

    pub fn observed(self, behavior: &str) -> Self {
        self.outcome(behavior, Outcome::Observed, Polarity::Seek)
    }

    pub fn missed(self, behavior: &str) -> Self {
        self.outcome(behavior, Outcome::Missed, Polarity::Seek)
    }

    /// Behaviors `b1` to `bn`, all missed; `b1` weighs most.
    pub fn missed_all(mut self, n: u32) -> Self {
        for i in 1..=n {
            self = self.missed(&format!("b{i}"));
            self.evaluation.behaviors.last_mut().unwrap().spec.as_mut().unwrap().weight = f64::from(n + 1 - i);
        }
        self
    }

    pub fn outcome(mut self, behavior: &str, outcome: Outcome, polarity: Polarity) -> Self {
        let evidence = if outcome == Outcome::Observed { vec![self.quote(behavior)] } else { Vec::new() };
        self.evaluation.behaviors.push(BehaviorResult {
            id: behavior.to_owned(),
            outcome: outcome.into(),
            evidence,
            reason: String::new(),
            spec: Some(BehaviorSpec {
                id: behavior.to_owned(),
                description: format!("The rep does {behavior}."),
                weight: 1.0,
                polarity: polarity.into(),
                ..BehaviorSpec::default()
            }),
        });
        self
    }

    pub fn risk(mut self, title: &str, state: RiskState) -> Self {
        let evidence = if state == RiskState::NotRaised { Vec::new() } else { vec![self.quote(title)] };
        let id = title.to_lowercase().replace(' ', "_");
        self.evaluation.risks.push(RiskResult { id, title: title.to_owned(), state: state.into(), evidence });
        self
    }

    pub fn facts(mut self, change: impl FnOnce(&mut Facts)) -> Self {
        change(self.evaluation.facts.as_mut().unwrap());
        self
    }

    /// Words of this call.
    pub fn quote(&self, words: &str) -> Evidence {
        Evidence {
            call: self.evaluation.call.clone(),
            turn: 7,
            end_turn: 7,
            start_ms: 61_500,
            end_ms: 65_000,
            quote: words.to_owned(),
            side: Side::Rep.into(),
            speaker: "Priya Raman".to_owned(),
            speaker_confidence: 1.0,
            support: Support::Stated.into(),
            method: "phrases".to_owned(),
            confidence: None,
            purge_time: None,
        }
    }
}

fn moment(time: DateTime<Utc>) -> Timestamp {
    Timestamp { seconds: time.timestamp(), nanos: 0 }
}
