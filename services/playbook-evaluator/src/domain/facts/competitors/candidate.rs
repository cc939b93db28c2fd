//! Words of one turn that may name a supplier, and how strongly what stands around them says so.

use super::cues::{AFTER, BEFORE, PERSON};
use crate::domain::call::Side;
use crate::domain::text::tag::Tags;
use crate::domain::text::{Token, TurnText};
use std::ops::Range;

/// Runs of capitalised words, and how strongly the words around each make it another supplier.
pub(super) fn candidates(source: &str, text: &TurnText, side: Side, asked: bool) -> Vec<(Range<usize>, i32)> {
    let (before, after, person) = (BEFORE.find(text), AFTER.find(text), PERSON.find(text));
    let mut found = Vec::new();
    let mut at = 0;
    while at < text.tokens.len() {
        let sentence = text.sentence_of(at).end;
        let length = (at..(at + 3).min(sentence))
            .take_while(|i| text.tokens.get(*i).is_some_and(|t| is_name(t) && (*i == at || !t.after_break)))
            .count();
        if length == 0 {
            at += 1;
            continue;
        }
        let tokens = at..at + length;
        let led = before.iter().any(|b| b.end == tokens.start || (b.end + 1 == tokens.start && article(text, b.end)));
        let followed = after.iter().any(|a| {
            a.start == tokens.end
                || (a.start == tokens.end + 1 && text.tokens.get(tokens.end).is_some_and(|t| !is_name(t)))
        });
        let speaks_of_person = person.iter().any(|p| p.end == tokens.start || p.start == tokens.end);
        let place = !led
            && text
                .tokens
                .get(tokens.start.wrapping_sub(1))
                .is_some_and(|t| matches!(&*t.word, "in" | "at" | "near" | "to" | "outside" | "around" | "across"));
        // `RouteFlock`: people's names are rarely written so.
        let coined = source.get(text.tokens.get(tokens.start).map_or(0..0, |t| t.start..t.end)).is_some_and(is_coined);
        // Two names in a row are most often a person's.
        let full_name = tokens.len() > 1 && !led && !coined;
        let weight = if side == Side::Buyer { 3 } else { 1 };
        // An answer to the question about alternatives names one; by itself that is not enough, nor is a mere mention.
        let hint = i32::from(followed) + i32::from(coined) + i32::from(asked && side == Side::Buyer);
        let against = 3 * i32::from(speaks_of_person) + 2 * i32::from(place) + i32::from(full_name);
        found.push((tokens.clone(), weight * i32::from(led) + hint - against));
        at = tokens.end;
    }
    if !text.punctuated {
        found.extend(lower_case(text));
    }
    found
}

/// In a transcript without marks no name is written large: only `called X` says that X is one.
fn lower_case(text: &TurnText) -> Vec<(Range<usize>, i32)> {
    let word = |i: usize| text.tokens.get(i).map_or("", |t| &*t.word);
    let content = |i: usize| {
        text.tokens.get(i).is_some_and(|t| {
            !t.tags.contains(Tags::FUNCTION) && !t.tags.contains(Tags::NUMBER) && !t.tags.contains(Tags::DATE)
        })
    };
    let mut found = Vec::new();
    for i in 0..text.tokens.len() {
        let kind = matches!(
            word(i.wrapping_sub(1)),
            "company"
                | "outfit"
                | "supplier"
                | "vendor"
                | "firm"
                | "startup"
                | "tool"
                | "product"
                | "thing"
                | "system"
                | "something"
                | "crowd"
        );
        if word(i) == "called" && kind && content(i + 1) {
            found.push((i + 1..i + 2 + usize::from(content(i + 2)), 2));
        }
    }
    found
}

/// A capital inside the word.
fn is_coined(word: &str) -> bool {
    word.chars().zip(word.chars().skip(1)).any(|(a, b)| a.is_lowercase() && b.is_uppercase())
}

fn is_name(token: &Token) -> bool {
    token.tags.contains(Tags::NAME) && !token.tags.contains(Tags::ROLE) && !COMMON_CAPITALS.contains(&&*token.word)
}

/// Words written large that name no supplier.
const COMMON_CAPITALS: &[&str] = &[
    "i",
    "mr",
    "mrs",
    "ms",
    "dr",
    "sir",
    "miss",
    "madam",
    "professor",
    "english",
    "german",
    "french",
    "american",
    "british",
    "european",
    "europe",
    "germany",
    "france",
    "england",
    "uk",
    "us",
    "usa",
    "eu",
    "london",
    "paris",
    "berlin",
    "new",
    "york",
    "it",
    "hr",
    "erp",
    "crm",
    "api",
    "pdf",
    "csv",
    "sso",
    "soc",
    "iso",
    "gdpr",
    "sla",
    "po",
    "rfp",
    "nda",
    "msa",
    "dpa",
    "dpia",
    "roi",
    "kpi",
    "q1",
    "q2",
    "q3",
    "q4",
    "ok",
    "excel",
    "outlook",
    "word",
    "teams",
    "zoom",
    "powerpoint",
    "windows",
    "god",
    "jesus",
    "christmas",
    "easter",
    "ai",
    "saas",
    "pc",
    "tv",
    "fda",
    "gmp",
    "hipaa",
    "pci",
    "vp",
    "qa",
    "r&d",
    "well",
    "yes",
    "no",
    "hi",
    "hello",
    "hey",
    "thanks",
];

fn article(text: &TurnText, at: usize) -> bool {
    text.tokens.get(at).is_some_and(|t| {
        matches!(
            &*t.word,
            "the" | "a" | "an" | "that" | "this" | "those" | "these" | "some" | "our" | "your" | "by" | "with"
        )
    })
}
