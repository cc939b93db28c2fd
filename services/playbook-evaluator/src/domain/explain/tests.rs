use super::*;
use crate::domain::call::{Account, Deal, Participant, Side, Turn};
use crate::domain::lint::lint;
use rstest::rstest;

const HEAD: &str = "id: p\ntitle: T\nmotion: {segmentation: a, prioritisation: b, relationship_objective: c, selling_model: d, channel: e}\n";

fn call() -> Call {
    let person = |id: &str, side| Participant {
        id: id.to_owned(),
        name: id.to_owned(),
        side,
        email: String::new(),
        title: String::new(),
        channel: None,
    };
    Call {
        name: "workspaces/demo/calls/c".to_owned(),
        call_type: String::new(),
        start_time: chrono::DateTime::UNIX_EPOCH,
        time_zone: chrono_tz::UTC,
        participants: vec![person("r", Side::Rep), person("b", Side::Buyer)],
        account: Account::default(),
        deal: Deal::default(),
    }
}

fn transcript(turns: &[(char, &str)]) -> Transcript {
    let turns = (0_u32..).zip(turns).map(|(index, (who, text))| Turn {
        index,
        participant: who.to_string(),
        side: if *who == 'r' { Side::Rep } else { Side::Buyer },
        start_ms: index * 10_000,
        end_ms: index * 10_000 + 9_000,
        text: (*text).to_owned(),
        speaker_confidence: 1.0,
        unintelligible: *who == '~',
    });
    Transcript { name: String::new(), turns: turns.collect(), duration_ms: 0 }
}

/// The explanation of a rep's behavior with this detector.
fn explained(detect: &str, turns: &[(char, &str)]) -> Explanation {
    let document = format!(
        "{HEAD}signals:\n  - {{id: pain, description: d, detect: {{phrases: [\"it hurts\"]}}}}\nbehaviors:\n  - id: x\n    description: d\n    due: {{seconds: 25}}\n    detect: {detect}\n"
    );
    let revision = lint(&document).revision.unwrap();
    revision.explain(&call(), &transcript(turns), None, &Target::Behavior("x".to_owned())).unwrap()
}

fn passed(part: &Explained) -> Vec<(u32, &str, Why)> {
    part.discarded.iter().map(|d| (d.turn, d.words.text.as_str(), d.why)).collect()
}

fn fired(part: &Explained) -> Vec<(u32, Vec<&str>)> {
    part.fired.iter().map(|f| (f.turn, f.words.iter().map(|w| w.text.as_str()).collect())).collect()
}

#[rstest]
#[case('r', "We won't get into pricing today.", "{phrases: [get into pricing]}", "get into pricing", Why::Negated)]
#[case(
    'r',
    "Suppose she signs the contract.",
    "{phrases: [signs the contract]}",
    "signs the contract",
    Why::Hypothetical
)]
#[case(
    'r',
    "Another customer told us the security review took ages.",
    "{phrases: [security review]}",
    "security review",
    Why::Reported
)]
#[case('b', "When is the security review?", "{phrases: [security review]}", "security review", Why::WrongSide)]
#[case('~', "the security review", "{phrases: [security review]}", "security review", Why::Unintelligible)]
#[case('r', "We have no pen-test.", "{pattern: pen-test}", "pen-test", Why::Negated)]
#[case('r', "We start the security review now.", "{question: [security review]}", "security review", Why::NotAsked)]
#[case(
    'r',
    "Another customer told us: who runs the security review?",
    "{question: [security review]}",
    "security review",
    Why::Reported
)]
fn words_that_do_not_count_say_why(
    #[case] who: char,
    #[case] text: &str,
    #[case] detect: &str,
    #[case] words: &str,
    #[case] why: Why,
) {
    let explanation = explained(detect, &[(who, text)]);
    assert_ne!(explanation.outcome, Outcome::Observed);
    assert_eq!(passed(&explanation.root), [(0, words, why)]);
    assert_eq!(explanation.root.fired, []);
}

#[test]
fn each_part_tells_the_words_it_fired_on_with_its_path_and_line() {
    let talk = [('b', "it hurts every month"), ('r', "our tool helps with that")];
    let detect = "{then: {first: {signal: pain}, next: {phrases: [our tool]}, turns: 2}}";
    let explanation = explained(detect, &talk);
    assert_eq!(explanation.outcome, Outcome::Observed);
    let root = &explanation.root;
    assert_eq!((root.operator, root.path.as_str(), root.line), ("then", "behaviors[0].detect", 10));
    assert_eq!(fired(root), [(1, vec!["it hurts", "our tool"])]);
    let [first, next] = root.parts.as_slice() else { panic!("{root:?}") };
    assert_eq!((first.operator, first.refers_to.as_str(), next.operator), ("signal", "pain", "phrases"));
    assert_eq!(fired(&first.parts[0]), [(0, vec!["it hurts"])]);
    assert_eq!(first.parts[0].path, "signals[0].detect");
    let evidence = next.fired[0].words[0].evidence.as_ref().unwrap();
    assert_eq!((evidence.quote.as_str(), evidence.turn), ("our tool helps with that", 1));
}

#[rstest]
#[case("turns: 1", Why::TooFarApart, "2 turns after it, at most 1")]
#[case("seconds: 5", Why::TooFarApart, "11 seconds after it, at most 5")]
#[case("turns: 5, by: same", Why::WrongSpeaker, "by the other side")]
fn what_comes_too_late_or_by_another_is_told(#[case] bounds: &str, #[case] why: Why, #[case] detail: &str) {
    let talk = [('b', "it hurts"), ('r', "I see"), ('r', "our tool helps")];
    let detect = format!("{{then: {{first: {{signal: pain}}, next: {{phrases: [our tool]}}, {bounds}}}}}");
    let explanation = explained(&detect, &talk);
    let [discard] = explanation.root.discarded.as_slice() else { panic!("{explanation:?}") };
    assert_eq!((discard.turn, discard.why, discard.detail.as_str()), (2, why, detail));
}

#[test]
fn what_stands_alone_outside_or_unanswered_is_told() {
    let talk = [('r', "our price is fair"), ('b', "hm"), ('r', "who signs it?"), ('b', "no idea")];
    let why = |detect: &str| passed(&explained(detect, &talk).root).first().map(|(turn, _, why)| (*turn, *why));
    assert_eq!(why("{all: [{phrases: [price]}, {phrases: [budget]}]}"), Some((0, Why::NotTogether)));
    assert_eq!(why("{all: [{phrases: [price]}, {not: {phrases: [fair]}}]}"), Some((0, Why::Excluded)));
    assert_eq!(why("{within: {of: {phrases: [price]}, share: [0.5, 1]}}"), Some((0, Why::OutOfStretch)));
    assert_eq!(why("{answered: {of: {question: [who signs]}}}"), Some((2, Why::Unanswered)));
    assert_eq!(why("{then: {first: {phrases: [budget]}, next: {phrases: [price]}}}"), Some((0, Why::NotPreceded)));
}

#[test]
fn what_was_shown_after_it_was_due_is_told() {
    let talk = [('r', "a"), ('r', "b"), ('r', "c"), ('r', "our price is fair")];
    let explanation = explained("{phrases: [price]}", &talk);
    assert_eq!((explanation.outcome, explanation.root.fired.len()), (Outcome::Missed, 0));
    assert_eq!(passed(&explanation.root), [(3, "price", Why::AfterDue)]);
}

#[test]
fn a_concept_is_opened_where_it_is_met_first() {
    let document = format!(
        "{HEAD}concepts:\n  - {{id: c, description: d, detect: {{phrases: [budget]}}}}\nbehaviors:\n  - {{id: x, description: d, detect: {{any: [{{concept: c}}, {{concept: c}}]}}}}\n"
    );
    let revision = lint(&document).revision.unwrap();
    let talk = transcript(&[('r', "is there a budget")]);
    let root = revision.explain(&call(), &talk, None, &Target::Behavior("x".to_owned())).unwrap().root;
    assert_eq!(root.parts.iter().map(|p| (p.fired_count, p.parts.len())).collect::<Vec<_>>(), [(1, 1), (1, 0)]);
    assert!(revision.explain(&call(), &talk, None, &Target::Signal("x".to_owned())).is_none());
}

#[test]
fn more_places_than_are_told_are_counted() {
    let talk: Vec<_> = (0..50).map(|_| ('b', "our price")).collect();
    let root = explained("{phrases: [price]}", &talk).root;
    assert_eq!((root.discarded.len(), root.discarded_count, root.fired_count), (20, 50, 0));
}
