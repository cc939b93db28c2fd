//! Facts that stand on what the playbook's detectors found: pains, objections and how each was handled, open
//! questions, and how the buyer decides.

use super::{Handling, Objection, Statement};
use crate::domain::call::{Side, Turn};
use crate::domain::detect::{Hit, Part, Scan, answers, is_substantive};
use crate::domain::evidence::{Evidence, Quoter};
use crate::domain::text::tag::Tags;
use std::collections::BTreeMap;

/// Most statements of one kind in an evaluation.
const MAX_STATEMENTS: usize = 20;
/// Turns in which the rep takes an objection up, and in which a question is answered.
const TAKEN_UP_TURNS: u32 = 3;
const ANSWER_TURNS: u32 = 3;
/// Words of an answer before the first question, up to which the rep still asked first.
const ASKS_FIRST_WORDS: usize = 18;

/// A statement for every certain find.
pub fn statements(hits: &[Hit], quoter: &Quoter<'_>) -> Vec<Statement> {
    let quoted = hits.iter().filter(|h| h.certain).filter_map(|hit| {
        let part = hit.parts.first()?;
        quoter.quote(part.turn, part.tokens.clone(), part.method)
    });
    quoted.take(MAX_STATEMENTS).map(|e| Statement { text: e.quote.clone(), evidence: vec![e] }).collect()
}

/// Objections by the signal or concept that found them.
pub fn objections(kinds: &[(&str, &[Hit])], scan: &Scan<'_>, quoter: &Quoter<'_>) -> Vec<Objection> {
    // One a turn: that of the first kind which found it.
    let mut raised: BTreeMap<u32, (&str, &Part)> = BTreeMap::new();
    for (kind, hits) in kinds {
        for part in hits.iter().filter(|h| h.certain).filter_map(|hit| hit.parts.first()) {
            raised.entry(part.turn).or_insert((*kind, part));
        }
    }
    let objections = raised.into_iter().filter_map(|(turn, (kind, part))| {
        let evidence = quoter.quote(turn, part.tokens.clone(), part.method)?;
        let (handling, taken_up) = handling(turn, scan, quoter);
        let text = evidence.quote.clone();
        let evidence = std::iter::once(evidence).chain(taken_up).collect();
        Some(Objection { kind: kind.to_owned(), text, handling, evidence })
    });
    objections.take(MAX_STATEMENTS).collect()
}

fn handling(turn: u32, scan: &Scan<'_>, quoter: &Quoter<'_>) -> (Handling, Option<Evidence>) {
    for next in turn + 1..=turn + TAKEN_UP_TURNS {
        let Some(source) = scan.transcript.turns.get(next as usize) else { break };
        let Some(text) = scan.texts.get(next as usize).filter(|_| source.is_heard_from(Side::Rep)) else { continue };
        if text.questions.first().is_some_and(|q| q.cue <= ASKS_FIRST_WORDS) {
            return (Handling::Explored, quoter.turn(next, "question"));
        }
        if is_substantive(text) {
            return (Handling::Answered, quoter.turn(next, "answered"));
        }
    }
    (Handling::Open, None)
}

/// A buyer's questions that no rep answered in substance.
pub fn open_questions(scan: &Scan<'_>, quoter: &Quoter<'_>) -> Vec<Statement> {
    let mut open = Vec::new();
    for (turn, text) in (0_u32..).zip(scan.texts) {
        let Some(source) = scan.transcript.turns.get(turn as usize).filter(|t| t.is_heard_from(Side::Buyer)) else {
            continue;
        };
        let Some(question) = text.questions.last().filter(|q| asks_for_something(text, q.cue)) else { continue };
        let ends_turn = text.tokens.len() - question.cue.min(text.tokens.len()) <= 40;
        let answered = (turn + 1..=turn + ANSWER_TURNS).any(|t| {
            let across = |s: &Turn| !s.unintelligible && s.sure_side() != Side::Buyer;
            scan.transcript.turns.get(t as usize).is_some_and(across)
                && scan.texts.get(t as usize).is_some_and(|answer| answers(Some(text), answer))
        });
        if ends_turn && !answered && !source.text.is_empty() {
            open.extend(
                quoter
                    .quote(turn, question.tokens.clone(), "question")
                    .map(|e| Statement { text: e.quote.clone(), evidence: vec![e] }),
            );
        }
    }
    open.truncate(MAX_STATEMENTS);
    open
}

/// `How are you?` and `right?` ask for nothing.
fn asks_for_something(text: &crate::domain::text::TurnText, cue: usize) -> bool {
    text.tokens.iter().skip(cue).filter(|t| !t.tags.contains(Tags::FUNCTION)).count() >= 2
}
