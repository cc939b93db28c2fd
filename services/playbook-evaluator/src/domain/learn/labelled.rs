//! Calls that people have labelled: what is learned from. The JSON form of one is that of `samples/calls`, with `labels`.

use std::collections::HashMap;

use chrono::{DateTime, NaiveDate, Utc};
use serde::Deserialize;

use crate::domain::call::{Account, Call, Deal, Participant, Side, Transcript, Turn};

/// What people say a call shows of one behavior or signal.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Label {
    /// Shown in these turns.
    Observed(Vec<u32>),
    /// Not shown.
    Missed,
    /// It did not apply.
    NotApplicable,
}

/// A labelled call.
#[derive(Debug, Clone)]
pub struct Labelled {
    pub call: Call,
    pub transcript: Transcript,
    /// By id of the behavior or signal; those that nobody labelled are missing.
    pub labels: HashMap<String, Label>,
    /// Calls of one group are left out together when a classifier is measured: an author's, or a rep's.
    pub group: u32,
}

/// The calls that ship with the product, one JSON document a line.
const STARTER: &str = include_str!("../../../starter/calls.jsonl");

/// A labelled call that can't be read.
#[derive(Debug, thiserror::Error)]
#[error("labelled call {line}: {cause}")]
pub struct UnreadableCall {
    /// Counted from 1.
    pub line: usize,
    pub cause: String,
}

/// The labelled calls that ship with the product. The first letter of a call's id is its author.
///
/// # Errors
/// When the file that was compiled in is damaged.
pub fn starter() -> Result<Vec<Labelled>, UnreadableCall> {
    let lines = STARTER.lines().filter(|line| !line.trim().is_empty());
    let read = |(at, line): (usize, &str)| Labelled::read(line).map_err(|cause| UnreadableCall { line: at + 1, cause });
    lines.enumerate().map(read).collect()
}

impl Labelled {
    /// Reads one call from JSON. Labels may be missing.
    ///
    /// # Errors
    /// A sentence that says what can't be read.
    pub fn read(json: &str) -> Result<Self, String> {
        serde_json::from_str::<Document>(json).map_err(|error| error.to_string())?.labelled()
    }
}

#[derive(Deserialize)]
struct Document {
    id: String,
    #[serde(default)]
    call_type: String,
    date: NaiveDate,
    #[serde(default)]
    account: AccountDocument,
    #[serde(default)]
    deal: DealDocument,
    #[serde(default)]
    participants: Vec<ParticipantDocument>,
    turns: Vec<TurnDocument>,
    #[serde(default)]
    labels: Labels,
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct AccountDocument {
    name: String,
    industry: Option<String>,
    employees: Option<i32>,
    regulated: Option<bool>,
    segment: Option<String>,
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct DealDocument {
    id: String,
    stage: String,
    amount: Option<f64>,
    currency: Option<String>,
    close_date: Option<NaiveDate>,
}

#[derive(Deserialize)]
struct ParticipantDocument {
    id: String,
    #[serde(default)]
    name: String,
    #[serde(default)]
    side: String,
    #[serde(default)]
    email: String,
    #[serde(default)]
    title: String,
}

#[derive(Deserialize)]
struct TurnDocument {
    speaker: String,
    #[serde(default)]
    start_ms: u32,
    #[serde(default)]
    end_ms: u32,
    text: String,
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct Labels {
    behaviors: HashMap<String, BehaviorLabel>,
    buyer_signals: HashMap<String, Vec<u32>>,
}

#[derive(Deserialize)]
struct BehaviorLabel {
    outcome: String,
    #[serde(default)]
    evidence: Vec<u32>,
}

impl Document {
    fn labelled(self) -> Result<Labelled, String> {
        let start_time: DateTime<Utc> = self.date.and_hms_opt(10, 0, 0).ok_or("date")?.and_utc();
        let participants: Vec<Participant> =
            self.participants.into_iter().map(ParticipantDocument::participant).collect();
        let side = |id: &str| participants.iter().find(|p| p.id == id).map_or(Side::Unknown, |p| p.side);
        let turns: Vec<Turn> = (0..)
            .zip(self.turns)
            .map(|(index, turn)| Turn {
                index,
                side: side(&turn.speaker),
                participant: turn.speaker,
                start_ms: turn.start_ms,
                end_ms: turn.end_ms,
                text: turn.text,
                speaker_confidence: 1.0,
                unintelligible: false,
            })
            .collect();
        let name = format!("workspaces/demo/calls/{}", self.id);
        let transcript = Transcript {
            name: format!("{name}/transcripts/1"),
            duration_ms: turns.iter().map(|t| t.end_ms).max().unwrap_or(0),
            turns,
        };
        let call = Call {
            name,
            call_type: self.call_type,
            start_time,
            time_zone: chrono_tz::UTC,
            participants,
            account: self.account.account(),
            deal: self.deal.deal(),
        };
        let group = self.id.chars().next().map_or(0, u32::from);
        Ok(Labelled { call, transcript, labels: self.labels.read()?, group })
    }
}

impl ParticipantDocument {
    fn participant(self) -> Participant {
        let side = match self.side.as_str() {
            "rep" => Side::Rep,
            "buyer" => Side::Buyer,
            _ => Side::Unknown,
        };
        Participant { id: self.id, name: self.name, side, email: self.email, title: self.title, channel: None }
    }
}

impl AccountDocument {
    fn account(self) -> Account {
        Account {
            name: self.name,
            industry: self.industry.unwrap_or_default(),
            employees: self.employees,
            regulated: self.regulated,
            segment: self.segment.unwrap_or_default(),
        }
    }
}

impl DealDocument {
    fn deal(self) -> Deal {
        Deal {
            id: self.id,
            stage: self.stage,
            amount: self.amount,
            currency: self.currency.unwrap_or_default(),
            close_date: self.close_date,
        }
    }
}

impl Labels {
    fn read(self) -> Result<HashMap<String, Label>, String> {
        let shown = |turns: Vec<u32>| if turns.is_empty() { Label::Missed } else { Label::Observed(turns) };
        let signals = self.buyer_signals.into_iter().map(|(id, turns)| Ok((id, shown(turns))));
        let behaviors = self.behaviors.into_iter().map(|(id, label)| match label.outcome.as_str() {
            "observed" => Ok((id, Label::Observed(label.evidence))),
            "missed" => Ok((id, Label::Missed)),
            "not_applicable" => Ok((id, Label::NotApplicable)),
            other => {
                Err(format!("labels.behaviors.{id}.outcome: `{other}` is none of observed, missed, not_applicable"))
            }
        });
        signals.chain(behaviors).collect()
    }
}
