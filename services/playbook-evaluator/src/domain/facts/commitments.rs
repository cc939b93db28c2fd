//! What either side takes on: `I'll send you the draft by Thursday`.

use super::cues::Cues;
use super::dates::Mention;
use crate::domain::call::{Side, Transcript};
use crate::domain::detect::{DAY_METHOD, Doubt, Hit, Part};
use crate::domain::text::{TurnText, scope};
use std::ops::Range;
use std::sync::LazyLock;

static TAKES_ON: LazyLock<Cues> = LazyLock::new(|| {
    Cues::new(
        &[
            "{i will|we will|let me|i am going to|we are going to|i shall|we shall} {send|share|get|bring|book|set|put|draft|prepare|write|email|mail|forward|fill|check|ask|talk|speak|introduce|invite|schedule|review|sign|run|build|show|come|call|ring|confirm|pull|find|follow|loop|arrange|organise|organize|deliver|return|upload|look|take|have|make|join|walk|sort|chase|raise}",
            "{leave it|leave that} with {me|us}",
            "{i|we} promise",
            "{you|ye} will have {it|that|them|the|this|our|my|a}",
        ],
        2,
    )
});

/// Every commitment, anchored at the turn of the one who takes it on.
pub fn extract(transcript: &Transcript, texts: &[TurnText], mentions: &[Vec<Mention>]) -> Vec<Hit> {
    let mut hits = Vec::new();
    for (((turn, text), source), days) in (0_u32..).zip(texts).zip(&transcript.turns).zip(mentions) {
        if source.unintelligible {
            continue;
        }
        for cue in TAKES_ON.find_meant(text).into_iter().filter(|cue| is_meant(text, cue)) {
            let sentence = text.sentence_of(cue.start);
            let day = days.iter().find(|d| d.date.is_some() && sentence.contains(&d.tokens.start));
            let words = Part { turn, tokens: cue, method: "commitment", confidence: None };
            let day = day.map(|d| Part { turn, tokens: d.tokens.clone(), method: DAY_METHOD, confidence: None });
            let parts = std::iter::once(words).chain(day).collect();
            let certain = source.sure_side() != Side::Unknown;
            hits.push(Hit { turn, parts, certain, doubt: Doubt::default() });
        }
    }
    hits
}

fn is_meant(text: &TurnText, cue: &Range<usize>) -> bool {
    !scope::covers(&text.scopes.hypothetical, cue) && !scope::covers(&text.scopes.reported, cue)
}
