//! `answered`: the other side answers in substance, not with a sound or a promise to come back.

use super::Scan;
use super::hit::{Doubt, Hit, Part, bounded};
use super::program::Node;
use crate::domain::call::Side;
use crate::domain::playbook::Speaker;
use crate::domain::text::tag::Tags;
use crate::domain::text::{TurnText, question};

/// Fewest words with meaning in an answer that holds no number.
const MIN_CONTENT_WORDS: usize = 3;

/// Words in a row that put off or refuse an answer.
const EVASIONS: &[&[&str]] = &[
    &["do", "not", "know"],
    &["not", "sure"],
    &["could", "not", "say"],
    &["can", "not", "say"],
    &["can", "not", "tell", "you"],
    &["can", "not", "share"],
    &["can", "not", "disclose"],
    &["can", "not", "discuss"],
    &["do", "not", "share"],
    &["not", "say"],
    &["no", "idea"],
    &["no", "clue"],
    &["no", "comment"],
    &["get", "back", "to", "you"],
    &["come", "back", "to", "you"],
    &["get", "back", "to", "ye"],
    &["circle", "back"],
    &["have", "to", "check"],
    &["need", "to", "check"],
    &["let", "me", "check"],
    &["let", "me", "ask"],
    &["hard", "to", "say"],
    &["difficult", "to", "say"],
    &["depends"],
    &["have", "to", "ask"],
    &["find", "out"],
    &["look", "into", "it"],
    &["wait", "and", "see"],
    &["we", "will", "see"],
    &["rather", "not"],
    &["good", "question"],
    &["wrong", "person"],
    &["not", "the", "right", "person"],
    &["pay", "grade"],
    &["to", "be", "determined"],
];

/// What says yes or no to a question that asks for it.
const DECIDES: &[&[&str]] = &[
    &["yes"],
    &["yeah"],
    &["yep"],
    &["yup"],
    &["no"],
    &["nope"],
    &["correct"],
    &["exactly"],
    &["absolutely"],
    &["definitely"],
    &["indeed"],
    &["of", "course"],
    &["not", "yet"],
    &["not", "really"],
    &["not", "at", "all"],
    &["i", "do"],
    &["we", "do"],
    &["it", "does"],
    &["it", "is"],
    &["they", "do"],
    &["they", "are"],
    &["we", "have"],
    &["we", "are"],
    &["i", "am"],
    &["we", "can"],
];
/// Words into an answer where it still decides.
const DECIDES_WITHIN: usize = 3;

/// A counter-question asks from its first words on.
const ASKS_BACK_WITHIN: usize = 2;

/// After these a number says when the answer will come, not what it is.
const TIMES: &[&str] = &["day", "days", "week", "weeks", "minute", "minutes", "o'clock", "am", "pm"];

impl Scan<'_> {
    pub(super) fn answered(&self, of: &Node, with: Option<&Node>, turns: u32, side: Speaker) -> Vec<Hit> {
        let asked = self.evaluate(of, side);
        let across = across(of.side.unwrap_or(side));
        let wanted = with.map(|w| self.evaluate(w, across));
        asked.into_iter().filter_map(|hit| self.answer(hit, wanted.as_deref(), turns)).collect()
    }

    fn answer(&self, mut hit: Hit, wanted: Option<&[Hit]>, turns: u32) -> Option<Hit> {
        let asker = self.side(hit.turn);
        let mut possible: Option<(Part, Doubt)> = None;
        for turn in hit.turn + 1..=hit.turn.saturating_add(turns) {
            let Some(text) = self.texts.get(turn as usize) else { break };
            let side = self.side(turn);
            if side == asker && side != Side::Unknown {
                continue;
            }
            let answer = match wanted {
                Some(wanted) => match wanted.binary_search_by_key(&turn, |h| h.turn).ok().and_then(|i| wanted.get(i)) {
                    Some(found) => found.clone(),
                    None => continue,
                },
                None if answers(self.texts.get(hit.turn as usize), text) => {
                    Hit::single(turn, 0..text.tokens.len(), "answered", !self.is_unintelligible(turn))
                }
                None => continue,
            };
            let sides_known = side != Side::Unknown && asker != Side::Unknown;
            let doubt = if sides_known { hit.doubt_beside(&answer) } else { Doubt::Side };
            let part = answer.parts.into_iter().next_back().map(|p| Part { method: "answered", ..p });
            if answer.certain && sides_known {
                hit.parts = bounded(hit.parts.into_iter().chain(part));
                return Some(hit);
            }
            possible = possible.or(part.map(|part| (part, doubt)));
        }
        let (part, doubt) = possible?;
        hit.parts = bounded(hit.parts.into_iter().chain([part]));
        (hit.certain, hit.doubt) = (false, doubt);
        Some(hit)
    }
}

/// Who answers.
pub(super) fn across(asker: Speaker) -> Speaker {
    match asker {
        Speaker::Rep => Speaker::Buyer,
        Speaker::Buyer => Speaker::Rep,
        Speaker::Either => Speaker::Either,
    }
}

/// Does a turn answer in substance what was asked in another? `Yes` answers `is there a budget?`, not `who has it?`.
pub fn answers(asked: Option<&TurnText>, answer: &TurnText) -> bool {
    is_substantive(answer) || asked.is_some_and(asks_yes_or_no) && decides(answer)
}

/// Does a turn say something of substance, whatever was asked?
pub fn is_substantive(text: &TurnText) -> bool {
    if asks_back(text) {
        return false;
    }
    let evasive = holds(text, EVASIONS, usize::MAX);
    let numbers = text.tokens.iter().enumerate().filter(|(_, t)| t.tags.contains(Tags::NUMBER));
    let says_number = numbers.into_iter().any(|(i, _)| !evasive || !is_time(text, i));
    let content = text.content_words();
    says_number || content >= MIN_CONTENT_WORDS && (!evasive || content >= 4 * MIN_CONTENT_WORDS)
}

/// The last question of the turn begins with a verb: `is there a budget?`.
fn asks_yes_or_no(text: &TurnText) -> bool {
    let cue = text.questions.last().and_then(|q| text.tokens.get(q.cue));
    cue.is_some_and(|token| question::is_auxiliary(&token.word))
}

fn decides(text: &TurnText) -> bool {
    holds(text, DECIDES, DECIDES_WITHIN) && !holds(text, EVASIONS, usize::MAX) && !asks_back(text)
}

/// Nothing but a question: `why do you ask?`.
fn asks_back(text: &TurnText) -> bool {
    let says_number = text.tokens.iter().any(|t| t.tags.contains(Tags::NUMBER));
    let whole = |q: &question::Question| q.cue <= ASKS_BACK_WITHIN && q.tokens.end >= text.tokens.len();
    !says_number && text.sentences.len() <= 1 && text.questions.first().is_some_and(whole)
}

fn is_time(text: &TurnText, number: usize) -> bool {
    let mut after = text.tokens.iter().skip(number + 1).skip_while(|t| t.tags.contains(Tags::NUMBER));
    let before = text.tokens.get(number.wrapping_sub(1)).map_or("", |t| &*t.word);
    after.next().is_some_and(|t| TIMES.contains(&&*t.word)) || matches!(before, "the" | "on" | "by" | "until" | "at")
}

/// Do these words stand in a row, starting within the first so many?
fn holds(text: &TurnText, cues: &[&[&str]], within: usize) -> bool {
    let starts = 0..text.tokens.len().min(within);
    let stands = |at: usize, cue: &[&str]| {
        text.tokens
            .get(at..at + cue.len())
            .is_some_and(|t| t.iter().zip(cue).all(|(token, word)| &*token.word == *word))
    };
    starts.into_iter().any(|at| cues.iter().any(|cue| stands(at, cue)))
}
