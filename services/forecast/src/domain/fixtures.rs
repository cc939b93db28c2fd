//! Builders for tests: a log written day by day.

use chrono::{DateTime, NaiveDate, TimeDelta, TimeZone, Utc};

use super::entry::{DealRecord, Entry, Fact, Source};
use super::evaluated::*;
use super::evidence::{Evidence, Side, Support};
use super::ids::{CallId, DealId, EvaluationId, PlaybookId};
use super::money::{Currency, Micros};
use super::requirements::Requirements;
use super::stage::{Phase, Stage, Status};

/// Noon of a day counted from 2026-01-01.
pub fn day(n: i64) -> DateTime<Utc> {
    Utc.with_ymd_and_hms(2026, 1, 1, 12, 0, 0).unwrap() + TimeDelta::days(n)
}

pub fn date(n: i64) -> NaiveDate {
    day(n).date_naive()
}

pub fn deal(id: &str) -> DealId {
    DealId(id.to_owned())
}

pub fn stage(name: &str) -> Stage {
    Stage::parse(name).unwrap()
}

pub fn requirements() -> Requirements {
    let roles = |names: &[&str]| names.iter().map(|n| (*n).to_owned()).collect::<Vec<_>>();
    Requirements::new([
        (Phase::Discovery, roles(&["champion"])),
        (Phase::Validation, roles(&["technical"])),
        (Phase::Proposal, roles(&["economic_buyer"])),
    ])
}

pub fn quote(call: &str, turn: i32, words: &str) -> Evidence {
    Evidence {
        call: CallId(call.to_owned()),
        turn,
        end_turn: turn,
        start_ms: turn * 1_000,
        end_ms: turn * 1_000 + 900,
        quote: words.to_owned(),
        side: Side::Buyer,
        speaker: "Ada".to_owned(),
        speaker_confidence: 1.0,
        support: Support::Stated,
        method: "phrases".to_owned(),
        confidence: None,
        purged_at: None,
    }
}

pub fn record(stage_name: &str) -> DealRecord {
    let stage = stage(stage_name);
    DealRecord {
        title: "Deal".to_owned(),
        status: Status::of_stage(&stage),
        stage: Some(stage),
        segment: "smb".to_owned(),
        owner: "kim".to_owned(),
        currency: Currency::new("USD"),
        amount: Micros::from_units(1_000.0),
        ..DealRecord::default()
    }
}

/// An evaluation without findings on which both sides were heard.
pub fn evaluated(n: i64) -> EvaluatedCall {
    EvaluatedCall {
        evaluation: EvaluationId(format!("e{n}")),
        playbook: PlaybookId("p".to_owned()),
        playbook_revision: 1,
        transcript_revision: 1,
        call_time: day(n),
        rep: "kim".to_owned(),
        segment: String::new(),
        rep_speech_ms: Some(60_000),
        buyer_speech_ms: Some(60_000),
        buyers: vec!["Ada".to_owned()],
        behaviors: Vec::new(),
        signals: Vec::new(),
        risks: Vec::new(),
        facts: Facts::default(),
    }
}

pub fn next_step(call: &str, owner: &str, due: Option<NaiveDate>) -> NextStep {
    NextStep { what: "demo".to_owned(), owner: owner.to_owned(), due, evidence: vec![quote(call, 3, "let us meet")] }
}

pub fn person(name: &str, role: &str, present: bool) -> Stakeholder {
    Stakeholder { name: name.to_owned(), title: String::new(), role: role.to_owned(), present, evidence: Vec::new() }
}

pub fn behavior(id: &str, outcome: Outcome, weight: f64) -> BehaviorOutcome {
    BehaviorOutcome {
        id: id.to_owned(),
        description: String::new(),
        stage: String::new(),
        weight,
        critical: true,
        avoid: false,
        outcome,
        evidence: Vec::new(),
    }
}

/// A log in the making. Everything is known when it happens unless said otherwise.
#[derive(Default)]
pub struct LogOf(pub Vec<Entry>);

impl LogOf {
    fn push(&mut self, source: Source, key: String, n: i64, fact: Fact) {
        self.0.push(Entry { source, key, occurred_at: day(n), known_at: day(n), fact });
    }

    pub fn record(mut self, id: &str, n: i64, record: DealRecord) -> Self {
        let key = format!("deal:{id}@{n}");
        self.push(Source::Crm, key, n, Fact::RecordObserved { deal: deal(id), record: Box::new(record) });
        self
    }

    pub fn stage(mut self, id: &str, n: i64, name: &str) -> Self {
        let to = stage(name);
        let status = Status::of_stage(&to);
        self.push(Source::Crm, format!("stage:{id}:{n}"), n, Fact::StageChanged { deal: deal(id), to, status });
        self
    }

    pub fn associate(mut self, call: &str, id: &str, n: i64) -> Self {
        let call = CallId(call.to_owned());
        self.push(Source::Crm, format!("association:{call}:{n}"), n, Fact::CallAssociated { call, deal: deal(id) });
        self
    }

    pub fn dissociate(mut self, call: &str, n: i64) -> Self {
        let call = CallId(call.to_owned());
        self.push(Source::Crm, format!("association:{call}:{n}"), n, Fact::CallDissociated { call });
        self
    }

    /// An evaluation that is known `late` days after the call.
    pub fn evaluated(mut self, call: &str, evaluation: EvaluatedCall, late: i64) -> Self {
        let (occurred_at, known_at) = (evaluation.call_time, evaluation.call_time + TimeDelta::days(late));
        let key = format!("evaluation:{call}:{}", evaluation.evaluation.0);
        let fact = Fact::CallEvaluated { call: CallId(call.to_owned()), evaluation: Box::new(evaluation) };
        self.0.push(Entry { source: Source::Evaluator, key, occurred_at, known_at, fact });
        self
    }

    /// A call of a deal with its evaluation, known on the day.
    pub fn call(self, call: &str, id: &str, evaluation: EvaluatedCall) -> Self {
        let n = (evaluation.call_time - day(0)).num_days();
        self.associate(call, id, n).evaluated(call, evaluation, 0)
    }

    /// Closed deals of one segment that took `days` in discovery, `won` of `n` won.
    pub fn past(mut self, prefix: &str, segment: &str, n: i64, won: i64, days: i64) -> Self {
        for i in 0..n {
            let id = format!("{prefix}{i}");
            let end = if i < won { "won" } else { "lost" };
            let mut closed = record(end);
            closed.segment = segment.to_owned();
            closed.close_date = Some(date(days));
            self = self.stage(&id, 0, "discovery").stage(&id, days, end).record(&id, days, closed);
        }
        self
    }
}
