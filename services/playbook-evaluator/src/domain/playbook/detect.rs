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
    /// What either side takes on; a part found by `commitment_date` names the day.
    Commitments,
}

impl FactRef {
    pub const ALL: [(&'static str, FactRef); 6] = [
        ("next_step", FactRef::NextStep),
        ("competitors", FactRef::Competitors),
        ("budget", FactRef::Budget),
        ("stakeholders", FactRef::Stakeholders),
        ("decision_date", FactRef::DecisionDate),
        ("commitments", FactRef::Commitments),
    ];

    pub fn as_str(self) -> &'static str {
        Self::ALL.iter().find(|(_, fact)| *fact == self).map_or("", |(name, _)| name)
    }
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
    /// Somebody takes something on.
    Commitment {
        /// Who takes it on; the side around where not given.
        who: Option<Speaker>,
        about: Vec<String>,
        gap: usize,
        /// Only with a day by which it is done.
        dated: bool,
    },
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
    /// Finds that are many, or few, enough; within so many turns or seconds where given.
    Count {
        of: Box<DetectNode>,
        at_least: u32,
        at_most: Option<u32>,
        turns: Option<u32>,
        seconds: Option<u32>,
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
    /// A turn that a classifier takes for one, learned from examples.
    Examples(Box<Lesson>),
}

/// What a classifier learns from.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Lesson {
    /// The behavior or signal of the starter set, and of the workspace's labels, whose labelled calls it learns from.
    pub starter: Option<Id>,
    pub examples: Vec<Example>,
    pub counterexamples: Vec<Example>,
    /// Finds of these are a feature of the classifier, and stand in for it where the embedding model is missing.
    pub rules: Option<Box<DetectNode>>,
    /// What a language model is asked, where one is configured, about the turn that the classifier can't decide; without
    /// it, whether the behavior's description holds.
    pub judge: Option<String>,
}

/// A turn, with what the other side said before and after it where that decides.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Example {
    pub before: String,
    pub turn: String,
    pub after: String,
}

impl Detect {
    /// The operator as it is written.
    pub fn operator(&self) -> &'static str {
        match self {
            Detect::Phrases { .. } => "phrases",
            Detect::Pattern { .. } => "pattern",
            Detect::Question { .. } => "question",
            Detect::Fact(_) => "fact",
            Detect::Commitment { .. } => "commitment",
            Detect::Signal(_) => "signal",
            Detect::Concept(_) => "concept",
            Detect::Any(_) => "any",
            Detect::All(_) => "all",
            Detect::Not(_) => "not",
            Detect::Then { .. } => "then",
            Detect::Count { .. } => "count",
            Detect::Within { .. } => "within",
            Detect::Answered { .. } => "answered",
            Detect::Echoes { .. } => "echoes",
            Detect::Examples(_) => "examples",
        }
    }
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
            Detect::Not(inner)
            | Detect::Count { of: inner, .. }
            | Detect::Within { of: inner, .. }
            | Detect::Echoes { of: inner, .. } => vec![inner],
            Detect::Then { first, next, .. } => vec![first, next],
            Detect::Answered { of, with, .. } => std::iter::once(&**of).chain(with.as_deref()).collect(),
            Detect::Examples(lesson) => lesson.rules.as_deref().into_iter().collect(),
            Detect::Phrases { .. }
            | Detect::Pattern { .. }
            | Detect::Question { .. }
            | Detect::Commitment { .. }
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

    /// The question for the judge: the first that is written at or below this expression.
    pub fn judge(&self) -> Option<&str> {
        self.walk().into_iter().find_map(|node| match &node.detect {
            Detect::Examples(lesson) => lesson.judge.as_deref(),
            _ => None,
        })
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
            Detect::Not(inner)
            | Detect::Count { of: inner, .. }
            | Detect::Within { of: inner, .. }
            | Detect::Echoes { of: inner, .. } => inner.erase_place(),
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
            Detect::Examples(lesson) => lesson.rules.iter_mut().for_each(|rules| rules.erase_place()),
            Detect::Phrases { .. }
            | Detect::Pattern { .. }
            | Detect::Question { .. }
            | Detect::Commitment { .. }
            | Detect::Fact(_)
            | Detect::Signal(_)
            | Detect::Concept(_) => {}
        }
    }
}
