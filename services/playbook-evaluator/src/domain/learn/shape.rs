//! How a turn is built, as numbers: what a classifier can't see in the meaning of its words.

use crate::domain::text::{Tags, TurnText, scope};

/// Numbers that describe one turn.
pub(super) const OF_TURN: usize = 14;
/// Numbers that describe where it stands in the call.
pub(super) const OF_PLACE: usize = 8;

/// Words of a long turn: longer ones are not longer for the classifier.
const LONG: f32 = 60.0;
/// First words of a turn that agrees.
const AGREES: &[&str] = &[
    "yes",
    "yeah",
    "yep",
    "yup",
    "sure",
    "okay",
    "ok",
    "fine",
    "good",
    "great",
    "perfect",
    "works",
    "deal",
    "agreed",
    "absolutely",
    "please",
    "right",
    "done",
    "sounds",
    "happy",
    "grand",
    "lovely",
    "brilliant",
    "fair",
    "alright",
    "aye",
    "exactly",
    "definitely",
    "certainly",
    "course",
];
/// Words within which an answer shows whether it agrees.
const OPENING: usize = 3;
const DENIALS: &[&str] = &["not", "no", "never", "nothing", "nobody", "none", "neither", "nor", "nope"];

/// What can be counted in a turn.
pub(super) fn of_turn(text: &TurnText) -> [f32; OF_TURN] {
    let words = text.tokens.len() as f32;
    let holds = |tags: Tags| flag(text.tokens.iter().any(|t| t.tags.contains(tags)));
    let says = |list: &[&str], within: usize| flag(text.tokens.iter().take(within).any(|t| list.contains(&&*t.word)));
    let stretch = |of: &[std::ops::Range<usize>]| flag((0..text.tokens.len()).any(|t| scope::covers(of, &(t..t + 1))));
    [
        flag(!text.questions.is_empty()),
        flag(text.questions.iter().any(|q| q.cue < OPENING)),
        flag(text.punctuated),
        holds(Tags::NUMBER),
        holds(Tags::MONEY),
        holds(Tags::DATE),
        holds(Tags::ROLE),
        holds(Tags::NAME),
        says(AGREES, OPENING),
        says(DENIALS, usize::MAX),
        stretch(&text.scopes.hypothetical) + stretch(&text.scopes.reported),
        words.min(LONG) / (LONG / 2.0),
        flag(words < 5.0),
        flag(words < 10.0),
    ]
}

/// Where a turn stands, as a share of the call.
pub(super) fn of_place(position: f64) -> [f32; OF_PLACE] {
    let before = |share: f64| flag(position < share);
    [position as f32, before(0.05), before(0.1), before(0.2), before(0.67), before(0.8), before(0.9), before(0.95)]
}

fn flag(holds: bool) -> f32 {
    f32::from(u8::from(holds))
}
