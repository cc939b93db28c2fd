//! The sample calls as the gateway gives them, and all the evidence of an evaluation.

use std::path::Path;

use serde_json::{Value, json};
use throughline_proto::common::v1::{AccountContext, DealContext, Evidence, Participant, Side};
use throughline_proto::playbook::v1::{Evaluation, Facts};
use throughline_proto::transcription::v1::{Call, Transcript, Turn};

/// A call with a transcript.
#[derive(Clone, Debug)]
pub struct Talk {
    pub call: Call,
    pub transcript: Transcript,
}

impl Talk {
    /// The first talk of the samples, one turn for each line of its script.
    pub fn discovery() -> Self {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../samples/calls");
        let header = std::fs::read_to_string(folder.join("discovery.call.json")).unwrap();
        let script = std::fs::read_to_string(folder.join("discovery.script")).unwrap();
        let lines = script.lines().filter(|line| !line.starts_with('#')).filter_map(|line| line.split_once(": "));
        let turns: Vec<Value> = (0..)
            .zip(lines)
            .map(|(n, (speaker, text))| {
                json!({"speaker": speaker, "text": text, "start_ms": n * 6_000, "end_ms": n * 6_000 + 5_500})
            })
            .collect();
        let mut call: Value = serde_json::from_str(&header).unwrap();
        call["turns"] = turns.into();
        read(&call)
    }

    /// The commercial talk of the samples.
    pub fn negotiation() -> Self {
        Self::sample("negotiation")
    }

    /// The security talk of the samples.
    pub fn validation() -> Self {
        Self::sample("validation")
    }

    fn sample(file: &str) -> Self {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../samples/calls");
        let text = std::fs::read_to_string(folder.join(format!("{file}.json"))).unwrap();
        read(&serde_json::from_str(&text).unwrap())
    }

    /// The same talk as another call.
    pub fn named(mut self, id: &str) -> Self {
        self.call.name = format!("workspaces/demo/calls/{id}");
        self.revised(1)
    }

    /// The same talk as another revision of the transcript.
    pub fn revised(mut self, number: u32) -> Self {
        self.transcript.call = self.call.name.clone();
        self.transcript.name = format!("{}/transcripts/{number}", self.call.name);
        self
    }

    /// The same talk held by another rep.
    pub fn by(mut self, name: &str, email: &str) -> Self {
        let rep = self.call.participants.iter_mut().find(|person| person.side() == Side::Rep).unwrap();
        (rep.name, rep.email) = (name.to_owned(), email.to_owned());
        self
    }
}

fn read(call: &Value) -> Talk {
    let name = format!("workspaces/demo/calls/{}", text(call, "id"));
    let participants: Vec<Participant> = list(call, "participants").iter().map(participant).collect();
    let turns: Vec<Turn> = (0..).zip(list(call, "turns")).map(|(index, t)| turn(index, t, &participants)).collect();
    let start = format!("{}T10:00:00Z", text(call, "date")).parse::<chrono::DateTime<chrono::Utc>>().unwrap();
    let transcript = Transcript {
        name: format!("{name}/transcripts/1"),
        call: name.clone(),
        duration_ms: turns.last().map_or(0, |turn| turn.end_ms),
        turn_count: i32::try_from(turns.len()).unwrap(),
        turns,
        ..Transcript::default()
    };
    let call = Call {
        name,
        title: text(call, "title"),
        call_type: text(call, "call_type"),
        start_time: Some(prost_types::Timestamp { seconds: start.timestamp(), nanos: 0 }),
        time_zone: "Europe/London".to_owned(),
        participants,
        account: Some(account(&call["account"])),
        deal: Some(deal(&call["deal"])),
        ..Call::default()
    };
    Talk { call, transcript }
}

fn account(account: &Value) -> AccountContext {
    AccountContext {
        name: text(account, "name"),
        industry: text(account, "industry"),
        employees: account["employees"].as_i64().and_then(|n| i32::try_from(n).ok()),
        regulated: account["regulated"].as_bool(),
        segment: text(account, "segment"),
    }
}

fn deal(deal: &Value) -> DealContext {
    DealContext {
        id: text(deal, "id"),
        stage: text(deal, "stage"),
        amount: deal["amount"].as_f64(),
        currency: text(deal, "currency"),
        close_date: text(deal, "close_date"),
    }
}

fn participant(person: &Value) -> Participant {
    let side = if text(person, "side") == "rep" { Side::Rep } else { Side::Buyer };
    Participant {
        id: text(person, "id"),
        name: text(person, "name"),
        side: side.into(),
        email: text(person, "email"),
        title: text(person, "title"),
        channel: None,
    }
}

fn turn(index: i32, turn: &Value, participants: &[Participant]) -> Turn {
    let participant = text(turn, "speaker");
    let side = participants.iter().find(|person| person.id == participant).map_or(Side::Unspecified, Participant::side);
    Turn {
        index,
        participant,
        side: side.into(),
        start_ms: i32::try_from(turn["start_ms"].as_i64().unwrap()).unwrap(),
        end_ms: i32::try_from(turn["end_ms"].as_i64().unwrap()).unwrap(),
        text: text(turn, "text"),
        speaker_confidence: 1.0,
        unintelligible: false,
        ..Default::default()
    }
}

fn text(value: &Value, key: &str) -> String {
    value[key].as_str().unwrap_or_default().to_owned()
}

fn list<'v>(value: &'v Value, key: &str) -> &'v [Value] {
    value[key].as_array().map_or(&[], Vec::as_slice)
}

/// All evidence that an evaluation gives.
pub fn evidence(evaluation: &Evaluation) -> Vec<&Evidence> {
    let behaviors = evaluation.behaviors.iter().flat_map(|b| &b.evidence);
    let signals = evaluation.signals.iter().flat_map(|s| &s.evidence);
    let risks = evaluation.risks.iter().flat_map(|r| &r.evidence);
    let facts = evaluation.facts.iter().flat_map(of_facts);
    let letters = evaluation.qualification.iter().flat_map(|q| &q.letters).flat_map(|letter| &letter.evidence);
    behaviors.chain(signals).chain(risks).chain(facts).chain(letters).collect()
}

fn of_facts(facts: &Facts) -> Vec<&Evidence> {
    let statements = facts.pains.iter().chain(&facts.open_questions).chain(&facts.decision_process);
    let people = facts.economic_buyer.iter().chain(&facts.stakeholders);
    let mut all: Vec<&Evidence> = statements.flat_map(|s| &s.evidence).collect();
    all.extend(people.flat_map(|p| &p.evidence));
    all.extend(facts.next_step.iter().flat_map(|n| &n.evidence));
    all.extend(facts.competitors.iter().flat_map(|c| &c.evidence));
    all.extend(facts.budget.iter().flat_map(|b| &b.evidence));
    all.extend(facts.decision_date.iter().flat_map(|d| &d.evidence));
    all.extend(facts.critical_event.iter().flat_map(|e| &e.evidence));
    all.extend(facts.objections.iter().flat_map(|o| &o.evidence));
    all.extend(facts.commitments.iter().flat_map(|c| &c.evidence));
    all.extend(facts.amounts.iter().flat_map(|a| &a.evidence));
    all
}

/// The first quote that does not stand in its turn, if any.
pub fn ungrounded<'e>(evaluation: &'e Evaluation, transcript: &Transcript) -> Option<&'e Evidence> {
    evidence(evaluation).into_iter().find(|evidence| {
        let turn = usize::try_from(evidence.turn).ok().and_then(|turn| transcript.turns.get(turn));
        let stands = turn.is_some_and(|turn| {
            !evidence.quote.is_empty()
                && turn.text.contains(&evidence.quote)
                && !turn.unintelligible
                && (turn.start_ms, turn.end_ms) == (evidence.start_ms, evidence.end_ms)
        });
        !stands
    })
}
