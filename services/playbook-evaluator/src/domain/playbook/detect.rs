//! The algebra of detection, as written in a document.

use super::{Id, Speaker};

/// An expression with whose words it reads and where it stands.
#[derive(Debug, Clone, PartialEq)]
pub struct DetectNode {
    pub detect: Detect,
    /// Overrides the side of what stands around it.
    pub side: Option<Speaker>,
    pub path: String,
    pub line: u32,
}

/// Words that don't count by default; a leaf may allow them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct LeafOptions {
    pub negated: bool,
    pub hypothetical: bool,
    pub reported: bool,
}

/// Which speaker says the second half of a `then`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum By {
    Same,
    Other,
}

/// A part of the call.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Stretch {
    /// From and to as shares of the call.
    Share(f64, f64),
    /// From and to in seconds.
    Seconds(u32, u32),
}

/// Facts that a detector can stand on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum FactRef {
    NextStep,
    Competitors,
    Budget,
    Stakeholders,
    DecisionDate,
}

impl FactRef {
    pub const ALL: [(&'static str, FactRef); 5] = [
        ("next_step", FactRef::NextStep),
        ("competitors", FactRef::Competitors),
        ("budget", FactRef::Budget),
        ("stakeholders", FactRef::Stakeholders),
        ("decision_date", FactRef::DecisionDate),
    ];
}

/// An operator.
#[derive(Debug, Clone, PartialEq)]
pub enum Detect {
    /// Any of these phrases.
    Phrases {
        of: Vec<String>,
        gap: usize,
        options: LeafOptions,
    },
    /// A regular expression, matched without regard to case.
    Pattern {
        regex: String,
        options: LeafOptions,
    },
    /// A question that holds one of `about` and, when given, one of `asks`.
    Question {
        about: Vec<String>,
        asks: Vec<String>,
        gap: usize,
        wide: bool,
        lead: Option<usize>,
        options: LeafOptions,
    },
    /// A fact extracted from the talk.
    Fact(FactRef),
    Signal(Id),
    Concept(Id),
    Any(Vec<DetectNode>),
    All(Vec<DetectNode>),
    Not(Box<DetectNode>),
    Then {
        first: Box<DetectNode>,
        next: Box<DetectNode>,
        turns: Option<u32>,
        seconds: Option<u32>,
        by: Option<By>,
    },
    Within {
        of: Box<DetectNode>,
        stretch: Stretch,
    },
    Answered {
        of: Box<DetectNode>,
        with: Option<Box<DetectNode>>,
        turns: u32,
    },
    /// A turn that takes up words of earlier turns.
    Echoes {
        of: Box<DetectNode>,
        words: usize,
    },
}

impl DetectNode {
    /// Path of the behavior, signal, concept or risk whose `detect` this is. Its position among those that could be
    /// read is another where one before it could not.
    pub fn owner(&self) -> &str {
        self.path.strip_suffix(".detect").unwrap_or(&self.path)
    }

    /// The expressions right below.
    pub fn children(&self) -> Vec<&DetectNode> {
        match &self.detect {
            Detect::Any(list) | Detect::All(list) => list.iter().collect(),
            Detect::Not(inner) | Detect::Within { of: inner, .. } | Detect::Echoes { of: inner, .. } => vec![inner],
            Detect::Then { first, next, .. } => vec![first, next],
            Detect::Answered { of, with, .. } => std::iter::once(&**of).chain(with.as_deref()).collect(),
            Detect::Phrases { .. }
            | Detect::Pattern { .. }
            | Detect::Question { .. }
            | Detect::Fact(_)
            | Detect::Signal(_)
            | Detect::Concept(_) => Vec::new(),
        }
    }

    /// This expression and all below it.
    pub fn walk(&self) -> Vec<&DetectNode> {
        let mut all = vec![self];
        let mut at = 0;
        while let Some(node) = all.get(at).copied() {
            all.extend(node.children());
            at += 1;
        }
        all
    }

    /// Equal without regard to where it stands.
    pub fn same_as(&self, other: &DetectNode) -> bool {
        self.side == other.side && self.without_place() == other.without_place()
    }

    fn without_place(&self) -> Detect {
        let mut copy = self.clone();
        copy.erase_place();
        copy.detect
    }

    fn erase_place(&mut self) {
        self.path.clear();
        self.line = 0;
        match &mut self.detect {
            Detect::Any(list) | Detect::All(list) => list.iter_mut().for_each(DetectNode::erase_place),
            Detect::Not(inner) | Detect::Within { of: inner, .. } | Detect::Echoes { of: inner, .. } => {
                inner.erase_place()
            }
            Detect::Then { first, next, .. } => {
                first.erase_place();
                next.erase_place();
            }
            Detect::Answered { of, with, .. } => {
                of.erase_place();
                if let Some(with) = with {
                    with.erase_place();
                }
            }
            Detect::Phrases { .. }
            | Detect::Pattern { .. }
            | Detect::Question { .. }
            | Detect::Fact(_)
            | Detect::Signal(_)
            | Detect::Concept(_) => {}
        }
    }
}
