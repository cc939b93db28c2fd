//! Passwords and PINs, by what was said about them; keys and tokens, by how they are made (see [`keys`](super::keys)).

use super::keys::keys;
use super::marks::Marks;
use super::talk::{Place, Talk};
use super::{Heard, Kind, about};
use crate::dictionary::is_common;
use crate::numbers::{is_back_channel, radio_letter, spoken};
use crate::token::Gap;

/// Most words of a password that is said.
const MAX_WORDS: usize = 14;
/// Digits of a PIN or a code.
const PIN: std::ops::RangeInclusive<usize> = 4..=10;

const PASSWORDS: [&str; 12] = [
    "password",
    "passcode",
    "passphrase",
    "pass phrase",
    "pass code",
    "secret key",
    "api key",
    "access key",
    "secret",
    "api token",
    "access token",
    "bearer token",
];
const PINS: [&str; 11] = [
    "pin",
    "pin code",
    "pin number",
    "passcode",
    "access code",
    "one time code",
    "verification code",
    "one-time code",
    "security pin",
    "door code",
    "unlock code",
];
/// What says that the secret itself comes next.
const LINKS: [&str; 12] =
    ["is", "was", "to", "be", "as", "it's", "that's", "equals", "would", "will", "called", "just"];
/// What people say about passwords, which are none themselves.
const ABOUT: [&str; 44] = [
    "wrong",
    "right",
    "correct",
    "incorrect",
    "expired",
    "required",
    "needed",
    "optional",
    "reset",
    "changed",
    "encrypted",
    "hashed",
    "stored",
    "shared",
    "safe",
    "secure",
    "weak",
    "strong",
    "old",
    "new",
    "same",
    "different",
    "blank",
    "empty",
    "managed",
    "rotated",
    "protected",
    "policy",
    "manager",
    "something",
    "everything",
    "nothing",
    "enough",
    "easy",
    "hard",
    "important",
    "gone",
    "lost",
    "ready",
    "fine",
    "sent",
    "set",
    "generated",
    "working",
];
/// Marks and cases as they are read out.
const SYMBOLS: [&str; 26] = [
    "exclamation",
    "hash",
    "hashtag",
    "underscore",
    "dash",
    "hyphen",
    "dot",
    "at",
    "dollar",
    "percent",
    "ampersand",
    "asterisk",
    "star",
    "plus",
    "equals",
    "slash",
    "capital",
    "uppercase",
    "lowercase",
    "caps",
    "capitals",
    "mark",
    "point",
    "sign",
    "bracket",
    "question",
];

/// Marks everything that is secret.
pub fn mark(talk: &Talk, heard: &Heard, marks: &mut Marks) {
    for (utterance, line) in talk.lines.iter().enumerate() {
        keys(line.text).into_iter().for_each(|span| marks.range(utterance, span, Kind::Secret));
    }
    for cue in talk.cues(&PINS) {
        let pin = about(talk, &heard.digits, cue, 1).find(|run| PIN.contains(&run.len()));
        if let Some(run) = pin {
            marks.glyphs(&run, Kind::Secret);
        }
    }
    for cue in talk.cues(&PASSWORDS) {
        for place in password(talk, cue) {
            marks.word(place, Kind::Secret);
        }
    }
}

/// The words of a password that is told after a cue.
fn password(talk: &Talk, cue: Place) -> Vec<Place> {
    let next = Place { token: cue.token + 1, ..cue };
    let mut start = next;
    let mut linked = false;
    // "The secret is to listen" is none.
    let is_named = talk.word(cue) != "secret";
    while LINKS.contains(&talk.word(start)) {
        linked = true;
        start.token += 1;
    }
    if linked || talk.token(next).is_some_and(|token| token.gap == Gap::Stop && follows_colon(talk, cue)) {
        return value(talk, start, linked && is_named);
    }
    // "What's the password?" - the answer is somebody else's.
    if talk.token(next).is_some() || !is_question(talk, cue) {
        return Vec::new();
    }
    let answers = (cue.utterance + 1..=cue.utterance + 2).find(|utterance| {
        let line = talk.lines.get(*utterance);
        line.is_some_and(|line| line.tokens.iter().any(|token| !is_back_channel(&token.folded)))
    });
    let Some(utterance) = answers else { return Vec::new() };
    let mut start = Place { utterance, token: 0 };
    while ["sure", "yeah", "yes", "okay", "um", "uh", "well", "so"].contains(&talk.word(start))
        || LINKS.contains(&talk.word(start))
    {
        start.token += 1;
    }
    value(talk, start, false)
}

/// The words from `start` on that look like a secret: up to the last one that no sentence would have. After "is" a
/// short end of the sentence is one, too.
fn value(talk: &Talk, start: Place, linked: bool) -> Vec<Place> {
    let mut sentence = Vec::new();
    for token in start.token..start.token + MAX_WORDS {
        let place = Place { token, ..start };
        let Some(said) = talk.token(place) else { break };
        // A password that is read out in pieces goes on after a comma, a sentence about it does, too.
        let apart = matches!(said.gap, Gap::Stop | Gap::Comma);
        let ends = token > start.token && apart && !is_telling(talk, place);
        if said.is_mark || ends {
            break;
        }
        sentence.push(place);
    }
    let first = talk.word(start);
    if ABOUT.contains(&first) || ["not", "never", "no", "also", "always", "in", "on", "a", "an", "the"].contains(&first)
    {
        return Vec::new();
    }
    let telling = sentence.iter().rposition(|place| is_telling(talk, *place));
    let short = linked && (1..=3).contains(&sentence.len()) && sentence.iter().all(|place| is_plain(talk, *place));
    match telling {
        // What comes long before the telling word is a sentence, not a password.
        Some(last) if sentence.iter().take(4).any(|place| is_telling(talk, *place)) => {
            sentence.truncate(last + 1);
            sentence
        }
        _ if short => sentence,
        _ => Vec::new(),
    }
}

/// Whether no ordinary sentence would have the word here: digits, spelled letters, marks, names that are none.
fn is_telling(talk: &Talk, place: Place) -> bool {
    let word = talk.word(place);
    let raw = talk.raw(place);
    let spelled = word.len() == 1 && !matches!(word, "a" | "i");
    let mixed = raw.chars().skip(1).any(char::is_uppercase) && raw.chars().any(char::is_lowercase);
    word.bytes().any(|byte| byte.is_ascii_digit())
        || spelled
        || mixed
        || (word.len() > 1 && spoken(word).is_some() && word != "oh")
        || (SYMBOLS.contains(&word) && !matches!(word, "at" | "point" | "mark" | "sign" | "star" | "plus" | "question"))
        || (radio_letter(word).is_some() && !is_common(word))
        || (word.len() > 3 && word.is_ascii() && !is_common(word) && !word.contains('\''))
}

/// An ordinary word that may well be a password: no little word, and nothing that is said about one.
fn is_plain(talk: &Talk, place: Place) -> bool {
    let word = talk.word(place);
    word.len() > 2 && !crate::dictionary::is_stopword(word) && !ABOUT.contains(&word) && !word.ends_with("ing")
}

/// `password: …`
fn follows_colon(talk: &Talk, cue: Place) -> bool {
    let Some(line) = talk.lines.get(cue.utterance) else { return false };
    let rest = line.tokens.get(cue.token).and_then(|token| line.text.get(token.span.end..)).unwrap_or_default();
    rest.starts_with([':', '=']) || rest.trim_start().starts_with("= ")
}

fn is_question(talk: &Talk, cue: Place) -> bool {
    let Some(line) = talk.lines.get(cue.utterance) else { return false };
    const ASKS: [&str; 7] = ["what's", "what", "give", "tell", "send", "read", "have"];
    line.text.trim_end().ends_with('?') || line.tokens.iter().any(|token| ASKS.contains(&token.folded.as_str()))
}
