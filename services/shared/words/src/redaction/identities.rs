//! Numbers that name a person before the state: by form and check where those are telling, else by what was said about
//! them.

use super::glyphs::{Glyph, Run, digits, readings, text};
use super::marks::Marks;
use super::talk::Talk;
use super::{Heard, Kind, Reading, about, checks};
use crate::token::Gap;

/// What is asked for, how many characters it has, and its check.
struct Document {
    cues: &'static [&'static str],
    lengths: std::ops::RangeInclusive<usize>,
    /// Least number of digits in it.
    digits: usize,
}

const DOCUMENTS: [Document; 9] = [
    Document {
        cues: &["social security", "social security number", "ssn", "s s n", "my social", "your social"],
        lengths: 9..=9,
        digits: 9,
    },
    Document {
        cues: &["national insurance", "national insurance number", "ni number", "n i number", "nino"],
        lengths: 8..=9,
        digits: 6,
    },
    Document { cues: &["passport", "passport number"], lengths: 6..=10, digits: 5 },
    Document {
        cues: &[
            "driving licence",
            "driving license",
            "driver's license",
            "drivers license",
            "driver's licence",
            "licence number",
            "license number of",
        ],
        lengths: 7..=18,
        digits: 5,
    },
    Document {
        cues: &[
            "identity card",
            "id card",
            "national id",
            "identity number",
            "personal id",
            "id card number",
            "identity document",
        ],
        lengths: 6..=16,
        digits: 5,
    },
    Document { cues: &["aadhaar", "aadhar", "adhar"], lengths: 12..=12, digits: 12 },
    Document {
        cues: &[
            "tax file number",
            "tfn",
            "social insurance number",
            "bsn",
            "burgerservicenummer",
            "citizen service number",
        ],
        lengths: 8..=9,
        digits: 8,
    },
    Document {
        cues: &["pesel", "cpf", "steuer id", "personal tax id", "tax identification number", "cnp", "oib"],
        lengths: 10..=13,
        digits: 10,
    },
    Document {
        cues: &["pps number", "ppsn", "p p s number", "dni", "nie number", "codice fiscale", "curp"],
        lengths: 8..=18,
        digits: 7,
    },
];

/// Whether characters are such a number.
type Check = fn(&[u8]) -> bool;

/// Checks that say enough without a cue, since letters take part in them.
const WITH_LETTERS: [(usize, Check); 2] = [(9, checks::dni), (16, checks::codice_fiscale)];

/// Marks everything of identities.
pub fn mark(talk: &Talk, heard: &Heard, reading: Reading, marks: &mut Marks) {
    for document in &DOCUMENTS {
        for cue in talk.cues(document.cues) {
            let fits = |run: &Run| fits(document, run, reading);
            let coded = about(talk, &heard.codes, cue, 3).find(fits);
            if let Some(run) = coded.or_else(|| about(talk, &heard.digits, cue, 3).find(fits)) {
                marks.glyphs(&run, Kind::Identity);
            }
        }
    }
    for run in &heard.codes {
        for reading in readings(run) {
            with_letters(&reading, marks);
        }
    }
    for run in &heard.digits {
        grouped(talk, run, marks);
    }
}

fn fits(document: &Document, run: &Run, reading: Reading) -> bool {
    let count = |run: &Run| run.iter().filter(|glyph| glyph.byte.is_ascii_digit()).count();
    readings(run).iter().any(|run| match reading {
        Reading::Whole => document.lengths.contains(&run.len()) && count(run) >= document.digits,
        Reading::Unfinished => run.len() <= *document.lengths.end() && count(run) >= document.digits.min(3),
    })
}

/// A code that is nothing but such a number, or that has one as a word of its own.
fn with_letters(run: &Run, marks: &mut Marks) {
    for (length, check) in WITH_LETTERS {
        for start in 0..=run.len().saturating_sub(length) {
            let Some(window) = run.get(start..start + length) else { continue };
            if stands_alone(run, start, start + length) && check(&text(window)) {
                marks.glyphs(window, Kind::Identity);
            }
        }
    }
    // Two letters, six digits and a letter are an order number as often: only as they are written out, in pairs.
    for start in 0..=run.len().saturating_sub(9) {
        let Some(window) = run.get(start..start + 9) else { continue };
        let words: std::collections::BTreeSet<_> = window.iter().map(|glyph| glyph.first).collect();
        if words.len() >= 5 && stands_alone(run, start, start + 9) && checks::nino(&text(window)) {
            marks.glyphs(window, Kind::Identity);
        }
    }
}

fn stands_alone(run: &[Glyph], start: usize, end: usize) -> bool {
    let apart = |a: Option<&Glyph>, b: Option<&Glyph>| match (a, b) {
        (Some(a), Some(b)) => a.first != b.first && b.after.stop,
        _ => true,
    };
    apart(start.checked_sub(1).and_then(|at| run.get(at)), run.get(start)) && apart(run.get(end - 1), run.get(end))
}

/// Numbers whose very groups tell: 078-05-1120, 529.982.247-25, 1 85 05 78 006 084 91.
fn grouped(talk: &Talk, run: &Run, marks: &mut Marks) {
    let mut groups: Vec<(usize, Gap)> = Vec::new();
    let mut last = None;
    for glyph in run {
        match groups.last_mut() {
            Some((length, _)) if last == Some(glyph.first) => *length += 1,
            _ => groups.push((1, talk.token(glyph.first).map_or(Gap::None, |token| token.gap))),
        }
        last = Some(glyph.first);
    }
    let lengths: Vec<usize> = groups.iter().map(|(length, _)| *length).collect();
    let hyphens = groups.iter().skip(1).all(|(_, gap)| *gap == Gap::Hyphen);
    let values = digits(run);
    let is_one = match lengths.as_slice() {
        [3, 2, 4] => hyphens && checks::ssn(&values),
        [3, 3, 3, 2] => checks::cpf(&values),
        [4, 4, 4] => checks::aadhaar(&values) && !values.is_empty() && hyphens,
        [1, 2, 2, 2, 3, 3, 2] | [15] | [13, 2] => checks::nir(&values),
        _ => false,
    };
    if is_one {
        marks.glyphs(run, Kind::Identity);
    }
}
