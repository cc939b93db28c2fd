//! Any talk, a line a turn: what is found lies in its turn and in order; what is left holds no written number that
//! passes as a card's, neither as it stands nor with its numbers in digits.
#![no_main]

use std::collections::BTreeSet;

use libfuzzer_sys::fuzz_target;
use throughline_words::{Edit, Edited, Found, Kind, Reading, Utterance, find, with_digits};

fuzz_target!(|words: &str| {
    // The first letter tells who speaks, as in the target `talk`.
    let utterances: Vec<Utterance<'_>> =
        words.lines().take(60).map(|line| Utterance { speaker: line.get(..1), text: line }).collect();
    let kinds = BTreeSet::from(Kind::ALL);
    let found = find(&utterances, &kinds, Reading::Whole);
    let _ = find(&utterances, &kinds, Reading::Unfinished);
    for (index, utterance) in utterances.iter().enumerate() {
        let own: Vec<&Found> = found.iter().filter(|found| found.utterance == index).collect();
        assert!(own.windows(2).all(|pair| pair[0].span.end <= pair[1].span.start), "out of order");
        assert!(own.iter().all(|found| utterance.text.get(found.span.clone()).is_some()), "outside of its turn");
        let edits = own.iter().map(|found| Edit { span: found.span.clone(), replacement: found.kind.mark().to_owned() });
        let left = Edited::new(utterance.text, edits.collect()).text;
        let marks = own.iter().map(|found| found.kind.mark()).collect::<BTreeSet<_>>();
        assert!(marks.iter().all(|mark| left.contains(mark)), "a mark is missing");
        for text in [with_digits(&left).unwrap_or_default(), left] {
            assert!(!survives(&text), "a card survives in {text:?}");
        }
    }
});

/// Whether 13 to 19 digits with nothing but spaces, hyphens and dots between them pass.
fn survives(text: &str) -> bool {
    let mut runs = vec![Vec::new()];
    for c in text.chars() {
        match (c.to_digit(10), runs.last_mut()) {
            (Some(digit), Some(run)) => run.push(digit),
            (None, _) if matches!(c, ' ' | '-' | '.') => {}
            _ => runs.push(Vec::new()),
        }
    }
    runs.iter().any(|run| (13..=19).contains(&run.len()) && luhn(run))
}

fn luhn(digits: &[u32]) -> bool {
    let doubled = |(place, digit): (usize, &u32)| match (place % 2, digit * 2) {
        (0, _) => *digit,
        (_, twice) => twice / 10 + twice % 10,
    };
    digits.iter().rev().enumerate().map(doubled).sum::<u32>() % 10 == 0
}
