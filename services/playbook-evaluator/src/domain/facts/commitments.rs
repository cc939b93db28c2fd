//! What either side takes on: `I'll send you the draft by Thursday`.

use super::cues::Cues;
use super::dates::Mention;
use super::{Commitment, MAX_LISTED, shortened};
use crate::domain::call::{Side, Transcript};
use crate::domain::detect::{DAY_METHOD, Doubt, Hit, Part};
use crate::domain::evidence::Quoter;
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

/// What each side took on, of what [`extract`] found: once a sentence, where it is sure who says it.
pub fn taken_on(hits: &[Hit], quoter: &Quoter<'_>, mentions: &[Vec<Mention>]) -> Vec<Commitment> {
    let mut taken: Vec<Commitment> = Vec::new();
    let mut last = None;
    for hit in hits.iter().filter(|hit| hit.certain) {
        if taken.len() == MAX_LISTED {
            break;
        }
        let sentence = hit.parts.first().and_then(|words| {
            let text = quoter.texts.get(words.turn as usize)?;
            (!asks(text, &words.tokens)).then(|| (words.turn, text.sentence_of(words.tokens.start)))
        });
        if sentence.is_none() || sentence == last {
            continue;
        }
        taken.extend(sentence.as_ref().and_then(|(turn, tokens)| commitment(hit, *turn, tokens, quoter, mentions)));
        last = sentence;
    }
    taken
}

/// `let me have the whole of March`
fn asks(text: &TurnText, tokens: &Range<usize>) -> bool {
    let word = |at: usize| text.tokens.get(at).map_or("", |token| &*token.word);
    word(tokens.start) == "let" && word(tokens.end.saturating_sub(1)) == "have"
}

fn commitment(
    hit: &Hit,
    turn: u32,
    sentence: &Range<usize>,
    quoter: &Quoter<'_>,
    mentions: &[Vec<Mention>],
) -> Option<Commitment> {
    let source = quoter.transcript.turns.get(turn as usize)?;
    let text = quoter.texts.get(turn as usize)?;
    let said = |tokens: &Range<usize>| text.said(&source.text, tokens).unwrap_or_default();
    let day = hit.parts.iter().find(|part| part.method == DAY_METHOD).map(|part| &part.tokens);
    let mention = day.and_then(|day| mentions.get(turn as usize)?.iter().find(|mention| mention.tokens == *day));
    let owner = quoter.call.participant(&source.participant);
    Some(Commitment {
        what: shortened(said(sentence)),
        owner: owner.map(|person| person.name.clone()).unwrap_or_default(),
        side: source.sure_side(),
        date: mention.and_then(|mention| mention.date),
        date_text: day.map(said).unwrap_or_default().to_owned(),
        evidence: vec![quoter.quote(turn, sentence.clone(), "commitment")?],
    })
}
