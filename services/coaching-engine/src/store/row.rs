//! Domain types to rows and back. A row that can't be read back is a defect or a damaged database, never a default.

use serde::Serialize;
use serde::de::DeserializeOwned;
use throughline_store::{Error, Result};

use super::entity::{behavior, nudge, summary};
use crate::domain::conduct::{Conduct, Polarity};
use crate::domain::evaluation::Behavior;
use crate::domain::id::{CallId, EvaluationId, Id, RepId};
use crate::domain::nudge::{Advice, Nudge};
use crate::domain::outcome::NudgeOutcome;
use crate::domain::summary::Line;

/// The summary of a call as it is kept.
#[derive(Clone, Debug, PartialEq)]
pub struct Summary {
    /// The call.
    pub call: CallId,
    /// The evaluation it was made from.
    pub evaluation: EvaluationId,
    /// When that was computed.
    pub evaluated_at: chrono::DateTime<chrono::Utc>,
    /// The rep, if known.
    pub rep: Option<RepId>,
    /// By section.
    pub lines: Vec<Line>,
    /// When it was made.
    pub created_at: chrono::DateTime<chrono::Utc>,
    /// When the words of the call were erased; none while they are there.
    pub purged_at: Option<chrono::DateTime<chrono::Utc>>,
}

impl Summary {
    /// As it is kept once its call is purged.
    #[must_use]
    pub fn erased(mut self, at: chrono::DateTime<chrono::Utc>) -> Self {
        let at = *self.purged_at.get_or_insert(at);
        self.lines.iter_mut().for_each(|line| line.erase(at));
        self
    }

    /// The row in a workspace.
    pub fn to_row(&self, workspace: &str) -> Result<summary::Model> {
        Ok(summary::Model {
            workspace: workspace.to_owned(),
            call: self.call.to_string(),
            evaluation: self.evaluation.to_string(),
            evaluated_at: self.evaluated_at,
            rep: self.rep.as_ref().map(ToString::to_string),
            lines: to_json(&self.lines)?,
            created_at: self.created_at,
            purged_at: self.purged_at,
        })
    }

    /// Back from the row.
    pub fn from_row(row: summary::Model) -> Result<Self> {
        Ok(Self {
            call: Id::new(row.call),
            evaluation: Id::new(row.evaluation),
            evaluated_at: row.evaluated_at,
            rep: row.rep.map(Id::new),
            lines: from_json(&row.lines)?,
            created_at: row.created_at,
            purged_at: row.purged_at,
        })
    }
}

/// The row of a nudge in a workspace.
pub fn nudge_row(workspace: &str, nudge: &Nudge) -> Result<nudge::Model> {
    let Nudge { id, rep, call, call_time, advice, outcome, given_at } = nudge;
    let Advice { behavior, text, expected_gain, adoption, applies_probability, example } = advice;
    let (shown, outcome_call, outcome_at) = match outcome {
        NudgeOutcome::Pending => (None, None, None),
        NudgeOutcome::Decided { shown, by, at } => (Some(*shown), Some(by.to_string()), Some(*at)),
    };
    Ok(nudge::Model {
        workspace: workspace.to_owned(),
        id: id.to_string(),
        rep: rep.to_string(),
        call: call.to_string(),
        call_time: *call_time,
        behavior: behavior.to_string(),
        text: text.clone(),
        expected_gain: *expected_gain,
        adoption: *adoption,
        applies_probability: *applies_probability,
        example: example.as_ref().map(to_json).transpose()?,
        shown,
        outcome_call,
        outcome_at,
        given_at: *given_at,
    })
}

/// Back from the row.
pub fn nudge(row: nudge::Model) -> Result<Nudge> {
    let outcome = match (row.shown, row.outcome_call, row.outcome_at) {
        (Some(shown), Some(by), Some(at)) => NudgeOutcome::Decided { shown, by: Id::new(by), at },
        (None, None, None) => NudgeOutcome::Pending,
        _ => return Err(Error::internal(format!("nudge {} is half decided", row.id))),
    };
    Ok(Nudge {
        id: Id::new(row.id),
        rep: Id::new(row.rep),
        call: Id::new(row.call),
        call_time: row.call_time,
        advice: Advice {
            behavior: Id::new(row.behavior),
            text: row.text,
            expected_gain: row.expected_gain,
            adoption: row.adoption,
            applies_probability: row.applies_probability,
            example: row.example.as_deref().map(from_json).transpose()?,
        },
        outcome,
        given_at: row.given_at,
    })
}

/// A behavior from its row.
pub fn behavior(row: behavior::Model) -> Result<Behavior> {
    let polarity = match row.polarity.as_str() {
        "seek" => Polarity::Seek,
        "avoid" => Polarity::Avoid,
        other => return Err(Error::internal(format!("behavior {} has the polarity {other}", row.behavior))),
    };
    Ok(Behavior { id: Id::new(row.behavior), description: row.description, weight: row.weight, polarity })
}

/// As it stands in a row.
pub fn polarity_text(polarity: Polarity) -> &'static str {
    match polarity {
        Polarity::Seek => "seek",
        Polarity::Avoid => "avoid",
    }
}

/// As it stands in a row.
pub fn conduct_text(conduct: Conduct) -> &'static str {
    match conduct {
        Conduct::Shown => "shown",
        Conduct::NotShown => "not_shown",
        Conduct::NotApplicable => "not_applicable",
        Conduct::Unknown => "unknown",
    }
}

/// Back from the row.
pub fn conduct(text: &str) -> Result<Conduct> {
    match text {
        "shown" => Ok(Conduct::Shown),
        "not_shown" => Ok(Conduct::NotShown),
        "not_applicable" => Ok(Conduct::NotApplicable),
        "unknown" => Ok(Conduct::Unknown),
        other => Err(Error::internal(format!("an outcome has the conduct {other}"))),
    }
}

/// A value as JSON text.
pub fn to_json<T: Serialize>(value: &T) -> Result<String> {
    serde_json::to_string(value).map_err(Error::internal)
}

/// Back from JSON text.
pub fn from_json<T: DeserializeOwned>(text: &str) -> Result<T> {
    serde_json::from_str(text).map_err(Error::internal)
}

#[cfg(test)]
mod tests;
