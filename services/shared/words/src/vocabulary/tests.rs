use super::*;

fn vocabulary(names: &[(&str, &[&str])]) -> Vocabulary {
    let heard: Vec<Vec<String>> =
        names.iter().map(|(_, heard)| heard.iter().map(|word| (*word).to_owned()).collect()).collect();
    let names = names.iter().zip(&heard).map(|((text, _), heard)| Name { text, sounds_like: heard });
    Vocabulary::new(names)
}

fn corrected(vocabulary: &Vocabulary, text: &str) -> String {
    let edits = vocabulary.corrections(text).into_iter();
    let edits = edits.map(|Replacement { span, text }| crate::Edit { span, replacement: text });
    crate::Edited::new(text, edits.collect()).text
}

fn usual() -> Vocabulary {
    vocabulary(&[
        ("BrightLedger", &[]),
        ("Priya Raman", &[]),
        ("Priya", &[]),
        ("Northmoor", &[]),
        ("Kubernetes", &["cooper netties"]),
        ("Workday", &[]),
        ("Notion", &[]),
        ("Quillon", &["key on"]),
        ("Agnieszka", &[]),
    ])
}

#[test]
fn misheard_names_are_put_right() {
    let vocabulary = usual();
    for (heard, expected) in [
        ("we use bright ledger today", "we use BrightLedger today"),
        ("Brite Ledger's pricing", "BrightLedger's pricing"),
        ("Brightledger is fine", "BrightLedger is fine"),
        ("talk to Prya Rahman about it", "talk to Priya Raman about it"),
        ("Pria, are you there?", "Priya, are you there?"),
        ("people at northmore said", "people at Northmoor said"),
        ("runs on cooper netties now", "runs on Kubernetes now"),
        ("runs on cubernetes now", "runs on Kubernetes now"),
        ("the key on thing", "the Quillon thing"),
        ("Agnieska said so", "Agnieszka said so"),
    ] {
        assert_eq!(corrected(&vocabulary, heard), expected);
    }
}

#[test]
fn ordinary_words_and_other_names_stay() {
    let vocabulary = usual();
    for text in [
        "a work day is eight hours",
        "I have a notion of it",
        "the bright letter on the wall",
        "Prior to the meeting",
        "Maria and Marie were there",
        "we can't, and I'm gonna say so",
        "the Northmoors and a workd day",
        "north of the moor",
        "we quit on Friday",
        "pay a ramen",
        "BrightLedger, and Priya Raman",
    ] {
        assert_eq!(corrected(&vocabulary, text), text);
    }
}

#[test]
fn marks_of_redaction_and_numbers_are_left_alone() {
    let vocabulary = vocabulary(&[("Cardo", &[]), ("Secretto", &[])]);
    for text in ["my number is [CARD] and [SECRET]", "4111 1111", ""] {
        assert_eq!(corrected(&vocabulary, text), text);
    }
}

#[test]
fn of_two_names_that_are_as_close_neither_is_chosen() {
    let vocabulary = vocabulary(&[("Kallowen", &[]), ("Kallowan", &[])]);
    assert_eq!(corrected(&vocabulary, "ask Kallowin"), "ask Kallowin");
}

proptest::proptest! {
    #[test]
    fn any_text_and_any_names_leave_a_text_whole(
        text in "\\PC{0,80}",
        names in proptest::collection::vec("\\PC{1,20}", 0..6)
    ) {
        let vocabulary = Vocabulary::new(names.iter().map(|text| Name { text, sounds_like: &[] }));
        let mut end = 0;
        for Replacement { span, .. } in vocabulary.corrections(&text) {
            proptest::prop_assert!(span.start >= end && text.get(span.clone()).is_some());
            end = span.end;
        }
    }
}
