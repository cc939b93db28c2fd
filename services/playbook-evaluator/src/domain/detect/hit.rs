//! What a detector found.

use std::ops::Range;

/// Words of one turn that a find stands on.
#[derive(Debug, Clone, PartialEq)]
pub struct Part {
    pub turn: u32,
    pub tokens: Range<usize>,
    /// Which operator found them.
    pub method: &'static str,
    /// Calibrated probability; none for a rule.
    pub confidence: Option<f64>,
}

/// Why a find is not certain.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Doubt {
    /// It is certain, or the speaker's side isn't known.
    #[default]
    Side,
    /// A classifier can't tell.
    Wording,
}

/// Most words that one find stands on.
pub(super) const MAX_PARTS: usize = 12;

impl Part {
    /// Where it stands: what orders parts.
    pub(super) fn place(&self) -> (u32, usize, usize, &'static str) {
        (self.turn, self.tokens.start, self.tokens.end, self.method)
    }
}

/// A find: anchored at one turn, standing on words of one or more.
#[derive(Debug, Clone, PartialEq)]
pub struct Hit {
    pub turn: u32,
    pub parts: Vec<Part>,
    /// False where a speaker's side isn't known or a classifier can't tell: such a find can prove nothing, and excludes
    /// nothing.
    pub certain: bool,
    pub doubt: Doubt,
}

impl Hit {
    pub fn single(turn: u32, tokens: Range<usize>, method: &'static str, certain: bool) -> Self {
        let part = Part { turn, tokens, method, confidence: None };
        Self { turn, parts: vec![part], certain, doubt: Doubt::default() }
    }

    /// Why a find that needs both of these is not certain: wording alone, or else a side.
    pub(super) fn doubt_beside(&self, other: &Self) -> Doubt {
        match (self.certain, other.certain) {
            (true, true) => Doubt::default(),
            (false, true) => self.doubt,
            (true, false) => other.doubt,
            (false, false) if self.doubt == other.doubt => self.doubt,
            (false, false) => Doubt::Side,
        }
    }
}

/// The same words once, and no more than [`MAX_PARTS`] of them, the first and the last: finds are made of finds, and would
/// else double with every one.
pub(super) fn bounded(parts: impl IntoIterator<Item = Part>) -> Vec<Part> {
    let mut kept: Vec<Part> = Vec::new();
    for part in parts {
        if !kept.contains(&part) {
            kept.push(part);
        }
        if kept.len() > MAX_PARTS {
            kept.remove(MAX_PARTS / 2);
        }
    }
    kept
}

/// Keeps one find a turn: the certain one, else the one that stands first. The order they were found in does not tell,
/// since it follows the order of a playbook's lines.
pub fn one_a_turn(mut hits: Vec<Hit>) -> Vec<Hit> {
    let places = |hit: &Hit| hit.parts.iter().map(Part::place).collect::<Vec<_>>();
    hits.sort_by(|a, b| (a.turn, !a.certain).cmp(&(b.turn, !b.certain)).then_with(|| places(a).cmp(&places(b))));
    hits.dedup_by_key(|h| h.turn);
    hits
}
