//! Bank accounts: IBANs by their check digits and the form of their country; account numbers by what was said about
//! them.

use iban::Iban;

use super::checks::aba;
use super::glyphs::{Glyph, Run, digits, readings, text};
use super::marks::Marks;
use super::talk::{Place, Talk};
use super::{Heard, Kind, Reading, about, near};

const SHORTEST_IBAN: usize = 15;
const LONGEST_IBAN: usize = 34;
/// After "IBAN" a code of so many characters is one, though a character was misheard.
const MISHEARD_IBAN: usize = 12;
/// Account numbers of the world.
const ACCOUNT: std::ops::RangeInclusive<usize> = 6..=17;
/// Utterances within which account number and sort code belong together.
const TOGETHER: usize = 4;

const ACCOUNT_NUMBER: [&str; 2] = ["account number", "account is"];
const BANK_ACCOUNT: [&str; 5] =
    ["bank account", "bank account number", "bank details", "checking account", "current account"];
const SORT_CODE: [&str; 3] = ["sort code", "sort-code", "sorting code"];
const ROUTING: [&str; 5] = ["routing number", "routing", "aba number", "aba", "transit number"];
const BRANCH: [&str; 2] = ["bsb", "b s b"];
/// What makes an account a bank account.
const BANKING: [&str; 13] = [
    "sort code",
    "routing number",
    "routing",
    "bsb",
    "iban",
    "bic",
    "swift",
    "swift code",
    "direct debit",
    "wire",
    "ach",
    "bank",
    "bank details",
];

/// Marks everything of bank accounts.
pub fn mark(talk: &Talk, heard: &Heard, reading: Reading, marks: &mut Marks) {
    for run in &heard.codes {
        for reading in readings(run) {
            if let Some(range) = iban_in(&reading) {
                marks.glyphs(reading.get(range).unwrap_or_default(), Kind::BankAccount);
                break;
            }
        }
    }
    for cue in talk.cues(&["iban", "i ban", "i b a n"]) {
        let shortest = if reading == Reading::Unfinished { 4 } else { MISHEARD_IBAN };
        let long = |run: &Run| (shortest..=LONGEST_IBAN + 6).contains(&run.len()) && has_digits(run, shortest / 2);
        about(talk, &heard.codes, cue, 1).filter(long).for_each(|run| marks.glyphs(&run, Kind::BankAccount));
    }
    let banking = talk.cues(&BANKING);
    for cue in talk.cues(&ACCOUNT_NUMBER) {
        if banking.iter().any(|place| near(*place, cue, TOGETHER)) {
            after(talk, heard, cue, marks, |digits| ACCOUNT.contains(&digits.len()));
        }
    }
    for cue in talk.cues(&BANK_ACCOUNT) {
        after(talk, heard, cue, marks, |digits| ACCOUNT.contains(&digits.len()));
    }
    for cue in talk.cues(&SORT_CODE).into_iter().chain(talk.cues(&BRANCH)) {
        after(talk, heard, cue, marks, |digits| digits.len() == 6);
    }
    for cue in talk.cues(&ROUTING) {
        after(talk, heard, cue, marks, |digits| digits.len() == 9);
    }
    for run in &heard.digits {
        // Beside "routing number" or "account number" a number that passes the check of the American banks is one.
        let at = run.first().map(|glyph| glyph.first);
        if aba(&digits(run)) && at.is_some_and(|at| banking.iter().any(|place| near(*place, at, 2))) {
            marks.glyphs(run, Kind::BankAccount);
        }
    }
}

/// Where an IBAN stands in a run: the longest that passes.
fn iban_in(run: &Run) -> Option<std::ops::Range<usize>> {
    let characters = text(run);
    let begins = |start: &usize| {
        let [a, b, c, d] =
            characters.get(*start..start + 4).and_then(|four| four.first_chunk::<4>()).copied().unwrap_or_default();
        a.is_ascii_uppercase() && b.is_ascii_uppercase() && c.is_ascii_digit() && d.is_ascii_digit()
    };
    (0..characters.len()).filter(begins).find_map(|start| {
        let longest = LONGEST_IBAN.min(characters.len() - start);
        let is_iban = |length: &usize| {
            let window = characters.get(start..start + length).and_then(|window| std::str::from_utf8(window).ok());
            window.is_some_and(|window| window.parse::<Iban>().is_ok())
        };
        (SHORTEST_IBAN..=longest).rev().find(is_iban).map(|length| start..start + length)
    })
}

fn has_digits(run: &[Glyph], least: usize) -> bool {
    run.iter().filter(|glyph| glyph.byte.is_ascii_digit()).count() >= least
}

fn after(talk: &Talk, heard: &Heard, cue: Place, marks: &mut Marks, is_one: impl Fn(&[u8]) -> bool) {
    let found = about(talk, &heard.digits, cue, 2).find(|run| is_one(&digits(run)));
    if let Some(run) = found {
        marks.glyphs(&run, Kind::BankAccount);
    }
}
