//! Compiled detectors.

use super::{Pattern, PhraseIndex};
use crate::domain::playbook::detect::{By, FactRef, LeafOptions, Stretch};
use crate::domain::playbook::{Lesson, Speaker};

/// Everything a revision looks for, compiled.
#[derive(Debug, Default)]
pub struct Detectors {
    pub phrases: PhraseIndex,
    pub patterns: Vec<Pattern>,
    /// Ids of `named`, concepts first, then signals.
    pub names: Vec<String>,
    pub named: Vec<Program>,
    pub behaviors: Vec<Program>,
    pub risks: Vec<Program>,
    pub lessons: Vec<Learning>,
    /// One for each letter of the qualification.
    pub letters: Vec<LetterProgram>,
}

/// A lesson of the playbook, compiled.
#[derive(Debug)]
pub struct Learning {
    /// Where it stands in the document.
    pub path: String,
    /// Whose turns it judges: the rep's or the buyer's.
    pub side: Speaker,
    pub lesson: Lesson,
    pub rules: Option<Node>,
}

/// What a letter of the qualification looks for.
#[derive(Debug)]
pub struct LetterProgram {
    pub detect: Program,
    pub mentioned: Option<Program>,
}

/// A compiled detector and whose words it reads.
#[derive(Debug)]
pub struct Program {
    pub root: Node,
    pub side: Speaker,
}

/// A compiled expression.
#[derive(Debug)]
pub struct Node {
    pub op: Op,
    /// Overrides the side of what stands around it.
    pub side: Option<Speaker>,
}

/// A compiled operator; sets and patterns by their index.
#[derive(Debug)]
pub enum Op {
    Phrases {
        set: usize,
        options: LeafOptions,
    },
    Pattern {
        index: usize,
        options: LeafOptions,
    },
    Question {
        about: Option<usize>,
        asks: Option<usize>,
        wide: bool,
        lead: Option<usize>,
        options: LeafOptions,
    },
    Fact(FactRef),
    Commitment {
        who: Option<Speaker>,
        about: Option<usize>,
        dated: bool,
    },
    Named(usize),
    Any(Vec<Node>),
    All(Vec<Node>),
    Not(Box<Node>),
    Then {
        first: Box<Node>,
        next: Box<Node>,
        turns: Option<u32>,
        seconds: Option<u32>,
        by: Option<By>,
    },
    Count {
        of: Box<Node>,
        at_least: u32,
        at_most: Option<u32>,
        turns: Option<u32>,
        seconds: Option<u32>,
    },
    Within {
        of: Box<Node>,
        stretch: Stretch,
    },
    Answered {
        of: Box<Node>,
        with: Option<Box<Node>>,
        turns: u32,
    },
    Echoes {
        of: Box<Node>,
        words: usize,
    },
    /// By index of the lesson.
    Examples(usize),
}
