//! The stages a deal goes through: a picklist of the workspace, and the moments a deal entered them.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use super::text;

/// What being in a stage means.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum StageKind {
    Open,
    Won,
    Lost,
}

/// A stage of the picklist.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Stage {
    /// The id that is stored, for example `discovery`.
    pub id: String,
    /// What being in it means.
    pub kind: StageKind,
    /// Other spellings that exports use.
    #[serde(default)]
    pub aliases: Vec<String>,
}

/// The picklist, in the order deals go through it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Pipeline {
    stages: Vec<Stage>,
}

impl Pipeline {
    /// Checks that ids and aliases are unambiguous and that there is an open, a won and a lost stage. Names every problem.
    pub fn check(&self) -> Result<(), Vec<String>> {
        let mut problems = Vec::new();
        let mut seen: Vec<(String, &str)> = Vec::new();
        for stage in &self.stages {
            if stage.id.is_empty() || text::slug(&stage.id).replace('-', "_") != stage.id {
                problems.push(format!("stage id {:?} must be of a-z, 0-9 and _", stage.id));
            }
            for name in std::iter::once(&stage.id).chain(&stage.aliases) {
                let key = text::compact(name);
                match seen.iter().find(|(known, _)| *known == key) {
                    Some((_, owner)) if *owner != stage.id => {
                        problems.push(format!("{name:?} names both {owner} and {}", stage.id))
                    }
                    _ => seen.push((key, &stage.id)),
                }
            }
        }
        for kind in [StageKind::Open, StageKind::Won, StageKind::Lost] {
            if !self.stages.iter().any(|stage| stage.kind == kind) {
                problems.push(format!("there is no {kind:?} stage"));
            }
        }
        if problems.is_empty() { Ok(()) } else { Err(problems) }
    }

    /// The stage that a spelling means; none when the picklist has no such stage.
    pub fn find(&self, spelling: &str) -> Option<&Stage> {
        let key = text::compact(spelling);
        self.stages.iter().find(|stage| {
            text::compact(&stage.id) == key || stage.aliases.iter().any(|alias| text::compact(alias) == key)
        })
    }

    /// What being in the stage with this id means. A stage that left the picklist counts as open.
    pub fn kind(&self, id: &str) -> StageKind {
        self.stages.iter().find(|stage| stage.id == id).map_or(StageKind::Open, |stage| stage.kind)
    }

    /// Puts a history in order; what happened on one day follows the picklist, since many exports know only the day.
    pub fn sort(&self, history: &mut [StageChange]) {
        let position = |id: &str| self.stages.iter().position(|stage| stage.id == id).unwrap_or(self.stages.len());
        history
            .sort_by(|a, b| a.entered_at.cmp(&b.entered_at).then_with(|| position(&a.stage).cmp(&position(&b.stage))));
    }

    /// The ids, for messages.
    pub fn ids(&self) -> String {
        self.stages.iter().map(|stage| stage.id.as_str()).collect::<Vec<_>>().join(", ")
    }

    /// The stages, in order.
    pub fn stages(&self) -> &[Stage] {
        &self.stages
    }
}

/// A deal entered a stage.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct StageChange {
    /// When it entered: happened.
    pub entered_at: DateTime<Utc>,
    /// The stage's id.
    pub stage: String,
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;

    /// The picklist that ships.
    pub(crate) fn pipeline() -> Pipeline {
        let stage = |id: &str, kind, aliases: &[&str]| Stage {
            id: id.into(),
            kind,
            aliases: aliases.iter().map(|a| (*a).into()).collect(),
        };
        Pipeline {
            stages: vec![
                stage("prospecting", StageKind::Open, &[]),
                stage("engaging", StageKind::Open, &["engaged"]),
                stage("discovery", StageKind::Open, &["Qualification"]),
                stage("validation", StageKind::Open, &["demo", "Proof of Concept"]),
                stage("proposal", StageKind::Open, &["Proposal/Price Quote"]),
                stage("negotiation", StageKind::Open, &[]),
                stage("won", StageKind::Won, &["Closed Won"]),
                stage("lost", StageKind::Lost, &["Closed Lost"]),
            ],
        }
    }

    #[test]
    fn spellings_of_exports_meet_the_picklist() {
        let pipeline = pipeline();
        pipeline.check().unwrap();
        assert_eq!(pipeline.find("closed-won").unwrap().id, "won");
        assert_eq!(pipeline.find("Proposal / Price Quote").unwrap().id, "proposal");
        assert!(pipeline.find("Legal review").is_none(), "never a value outside the list");
    }

    #[test]
    fn a_picklist_that_means_two_things_is_refused() {
        let mut pipeline = pipeline();
        pipeline.stages[0].aliases.push("Closed Won".into());
        pipeline.stages.retain(|stage| stage.kind != StageKind::Lost);
        let problems = pipeline.check().unwrap_err();
        assert_eq!(problems.len(), 2, "{problems:?}");
    }
}
