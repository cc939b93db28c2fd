//! How a turn answers the day that the other side offered.

use super::cues::{ACCEPTS, GRANTS, HESITATES, REFUSES};
use super::offer::{Offer, is_denied};
use crate::domain::facts::dates::Mention;
use crate::domain::text::{TurnText, scope};
use chrono::Datelike;

/// An answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Reply {
    /// The stronger, the more it says than `yes`.
    Accepts(i32),
    Refuses,
    /// Says nothing of it.
    Passes,
}

/// Words into a turn up to which `yes` answers what was said before.
const OPENING_WORDS: usize = 5;

/// Reads the answer. Of a yes and a no in one turn the later counts.
pub(super) fn reply(text: &TurnText, mentions: &[Mention], offer: &Offer) -> Reply {
    let about = |m: &&Mention| names(m, offer);
    if mentions.iter().filter(about).any(|m| is_denied(text, m)) {
        return Reply::Refuses;
    }
    let taken = mentions.iter().filter(about).any(|m| is_taken(text, m));
    let repeats = !taken && mentions.iter().filter(about).any(|m| is_said_again(text, m));
    let granted = GRANTS.find(text).into_iter().filter(|c| c.start == 0);
    let accepted = ACCEPTS.find(text).into_iter().chain(granted).filter(|c| !scope::is_negated(&text.tokens, c));
    let accepted: Vec<_> = accepted.filter(|c| !taken || c.start >= OPENING_WORDS || c.start == 0).collect();
    let refused = REFUSES.find(text).into_iter().map(|c| c.end).max();
    let hesitates = HESITATES.find(text).into_iter().map(|c| c.end).max();
    let last = accepted.iter().map(|c| c.end).max();
    match (last, refused.max(hesitates)) {
        (Some(_), _) if repeats => Reply::Accepts(4),
        (Some(yes), Some(no)) if no >= yes => Reply::Refuses,
        (None, Some(_)) => Reply::Refuses,
        (None, None) if repeats => Reply::Accepts(2),
        (None, None) => Reply::Passes,
        (Some(_), _) => {
            let at_once = accepted.iter().any(|c| c.start < OPENING_WORDS);
            Reply::Accepts(1 + i32::from(at_once) + i32::from(accepted.len() > 1))
        }
    }
}

/// `Friday at ten` says a day again, `tomorrow is Friday` only says which one it is.
fn is_said_again(text: &TurnText, m: &Mention) -> bool {
    let w = |i: usize| text.tokens.get(i).map_or("", |t| &*t.word);
    let identifies = matches!(w(m.tokens.end), "is" | "'s") && text.tokens.len() <= m.tokens.end + 3;
    !identifies && w(m.tokens.start.wrapping_sub(1)) != "is"
}

/// Does a mention name the offered day?
pub(super) fn names(m: &Mention, offer: &Offer) -> bool {
    match offer.date {
        Some(date) => m.date == Some(date) || m.bare_weekday == Some(date.weekday()),
        None => m.date.is_none() && m.bare_weekday.is_none() && m.from.is_none(),
    }
}

/// `Thursday I have audit preparation`, `Monday we're pouring`, `Friday's our close`: the day is taken.
pub(super) fn is_taken(text: &TurnText, m: &Mention) -> bool {
    const FREE: &[&str] =
        &["free", "available", "around", "here", "good", "open", "there", "okay", "fine", "able", "at", "time"];
    let w = |i: usize| text.tokens.get(m.tokens.end + i).map_or("", |t| &*t.word);
    let owned = matches!(w(0), "'s" | "is") && matches!(w(1), "our" | "my" | "the");
    let busy = matches!(w(0), "i" | "we" | "he" | "she")
        && matches!(w(1), "am" | "are" | "have" | "is" | "has" | "got")
        && !FREE.contains(&w(2))
        && !(w(2) == "in" && matches!(w(3), "" | "the"));
    owned || busy
}
