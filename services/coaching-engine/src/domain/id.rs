//! Ids of the things coaching talks about, one type each so that a rep can't stand where a call is meant.

use std::fmt;
use std::marker::PhantomData;

/// The id segment of a resource name (`c` of `workspaces/w/calls/c`), typed by what it names.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Id<Kind> {
    text: String,
    kind: PhantomData<Kind>,
}

impl<Kind> Id<Kind> {
    /// Takes the segment as it is; what may stand in it was checked where the name was parsed.
    pub fn new(text: impl Into<String>) -> Self {
        Self { text: text.into(), kind: PhantomData }
    }

    /// The segment.
    pub fn as_str(&self) -> &str {
        &self.text
    }
}

impl<Kind> fmt::Display for Id<Kind> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

/// What an [`Id`] can name.
pub mod kind {
    /// A call.
    #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
    pub enum Call {}
    /// An evaluation of a call.
    #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
    pub enum Evaluation {}
    /// A playbook.
    #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
    pub enum Playbook {}
    /// A seller.
    #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
    pub enum Rep {}
    /// A behavior of a playbook.
    #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
    pub enum Behavior {}
    /// A nudge.
    #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
    pub enum Nudge {}
    /// A tenant.
    #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
    pub enum Workspace {}
}

/// Id of a call.
pub type CallId = Id<kind::Call>;
/// Id of an evaluation.
pub type EvaluationId = Id<kind::Evaluation>;
/// Id of a playbook.
pub type PlaybookId = Id<kind::Playbook>;
/// Id of a rep.
pub type RepId = Id<kind::Rep>;
/// Id of a behavior.
pub type BehaviorId = Id<kind::Behavior>;
/// Id of a nudge.
pub type NudgeId = Id<kind::Nudge>;
/// Id of a workspace.
pub type WorkspaceId = Id<kind::Workspace>;
