//! Any text: its numbers can be written in digits, and what is written so is left alone; names can be looked for in it.
#![no_main]

use libfuzzer_sys::fuzz_target;
use throughline_words::vocabulary::Name;
use throughline_words::{Edit, Edited, Vocabulary, with_digits};

fuzz_target!(|text: &str| {
    let marks = |text: &str| text.matches("[CARD]").count();
    if let Some(written) = with_digits(text) {
        assert_ne!(written, text, "the same again is none");
        assert_eq!(marks(&written), marks(text), "a mark of redaction is no number");
    }
    // The first line is a vocabulary, the others are what is said.
    let (names, said) = text.split_once('\n').unwrap_or(("BrightLedger,Priya Raman,Northmoor", text));
    let vocabulary = Vocabulary::new(names.split(',').take(50).map(|text| Name { text, sounds_like: &[] }));
    let found = vocabulary.corrections(said);
    assert!(found.windows(2).all(|pair| pair[0].span.end <= pair[1].span.start), "out of order");
    assert!(found.iter().all(|found| said.get(found.span.clone()).is_some()), "outside of the text");
    let edits = found.into_iter().map(|found| Edit { span: found.span, replacement: found.text });
    let edited = Edited::new(said, edits.collect()).text;
    assert!(edited.len() <= said.len() * 64 + 64, "names pile up");
});
