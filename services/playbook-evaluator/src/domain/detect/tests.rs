use super::*;
use crate::domain::call::Turn;
use crate::domain::facts::commitments;
use crate::domain::facts::dates::{self, Calendar};
use crate::domain::lint::lint;
use rstest::rstest;

const HEAD: &str = "id: p\ntitle: T\nmotion: {segmentation: a, prioritisation: b, relationship_objective: c, selling_model: d, channel: e}\n";

/// `#` is a buyer's turn that nobody could make out.
fn transcript(turns: &[(char, &str)]) -> Transcript {
    let turns: Vec<Turn> = (0_u32..)
        .zip(turns)
        .map(|(i, (who, text))| Turn {
            index: i,
            participant: who.to_string(),
            side: match who {
                'r' => Side::Rep,
                'b' | '#' => Side::Buyer,
                _ => Side::Unknown,
            },
            start_ms: i * 10_000,
            end_ms: i * 10_000 + 9_000,
            text: (*text).to_owned(),
            speaker_confidence: 1.0,
            unintelligible: *who == '#',
        })
        .collect();
    Transcript { name: String::new(), duration_ms: 0, turns }
}

/// Anchor turns of a rep's behavior with this detector; `?` marks those that can prove nothing.
pub(super) fn found(detect: &str, turns: &[(char, &str)]) -> Vec<String> {
    let document = format!(
        "{HEAD}signals:\n  - {{id: pain, description: d, detect: {{phrases: [\"it hurts\"]}}}}\nbehaviors:\n  - id: x\n    description: d\n    detect: {detect}\n"
    );
    let linted = lint(&document);
    assert!(linted.errors().next().is_none(), "{:?}", linted.findings);
    let Some(revision) = linted.revision else { return Vec::new() };
    let transcript = transcript(turns);
    let texts = TurnText::read_all(transcript.turns.iter().map(|t| t.text.as_str()));
    let calendar = Calendar::new(chrono::NaiveDate::from_ymd_opt(2026, 3, 10).unwrap(), 1);
    let commitments = commitments::extract(&transcript, &texts, &dates::read(&texts, &calendar));
    let facts = HashMap::from([(FactRef::Commitments, commitments)]);
    let scan = Scan::new(&revision.detectors, &transcript, &texts, facts);
    scan.run(&revision.detectors.behaviors[0])
        .iter()
        .map(|h| if h.certain { h.turn.to_string() } else { format!("{}?", h.turn) })
        .collect()
}

#[rstest]
#[case("{phrases: [who signs off]}", "So who is going to sign that off?", true)]
#[case("{phrases: [budget approval]}", "How long is the approval of your budget?", true)]
#[case("{phrases: [who signs]}", "He signs, I don't know who.", false)]
#[case("{phrases: ['{budget|money} approv*']}", "Is the money approved?", true)]
#[case("{phrases: ['=may help']}", "that may help us", true)]
#[case("{phrases: ['costs <number>']}", "it costs about forty thousand", true)]
#[case("{pattern: 'pen[- ]?test'}", "Here is our pen-test", true)]
#[case("{phrases: [get into pricing]}", "We won't get into pricing today.", false)]
#[case("{phrases: [get into pricing]}", "pricing is something we get into pricing later", true)]
#[case("{phrases: {of: [get into pricing], allow: [negated]}}", "We won't get into pricing today.", true)]
#[case("{phrases: [signs the contract]}", "Suppose she signs the contract tomorrow.", false)]
#[case("{phrases: [security review]}", "Another customer told us the security review took a year.", false)]
#[case("{phrases: [security review]}", "Let us start the security review.", true)]
#[case("{question: [security review]}", "Could we start the security review now?", true)]
#[case("{question: [security review]}", "We start the security review now.", false)]
#[case("{question: [security side]}", "so what would have to be true on the security side", true)]
#[case("{question: {about: [budget], asks: [who]}}", "And who holds the budget?", true)]
#[case("{question: {about: [budget], asks: [who]}}", "And is there a budget?", false)]
#[case("{question: any}", "Makes sense?", true)]
#[case("{question: {about: [budget], lead: 3}}", "We have so many things to show you today. Is there a budget?", false)]
fn leaves(#[case] detect: &str, #[case] text: &str, #[case] fires: bool) {
    assert_eq!(!found(detect, &[('r', text)]).is_empty(), fires, "{detect} on {text}");
}

#[test]
fn only_the_side_counts() {
    let talk = [('b', "shall we start the security review"), ('r', "sure, the security review")];
    assert_eq!(found("{phrases: [security review]}", &talk), ["1"]);
    assert_eq!(found("{phrases: [security review], side: either}", &talk), ["0", "1"]);
}

#[test]
fn an_unknown_side_proves_nothing() {
    let talk = [('?', "the security review"), ('?', "and the budget")];
    assert_eq!(found("{phrases: [security review]}", &talk), ["0?"]);
    assert_eq!(found("{phrases: [something else]}", &talk), [""; 0]);
    assert_eq!(
        found("{all: [{phrases: [review]}, {not: {phrases: [security]}}]}", &talk),
        ["0?"],
        "what excludes isn't sure either"
    );
}

#[test]
fn then_looks_back_by_turns_seconds_and_speaker() {
    let talk = [('b', "it hurts"), ('r', "I see"), ('r', "our tool helps"), ('b', "okay"), ('r', "our tool helps")];
    let then = |more: &str| format!("{{then: {{first: {{signal: pain}}, next: {{phrases: [our tool]}}{more}}}}}");
    assert_eq!(found(&then(""), &talk), ["2", "4"]);
    assert_eq!(found(&then(", turns: 2"), &talk), ["2"]);
    assert_eq!(found(&then(", seconds: 15"), &talk), ["2"]);
    assert_eq!(found(&then(", by: other"), &talk), ["2", "4"]);
    assert_eq!(found(&then(", by: same"), &talk), [""; 0]);
}

#[test]
fn answered_needs_substance() {
    let ask = ('r', "how many hours is that?");
    let detect = "{answered: {of: {question: [hours]}, turns: 2}}";
    assert_eq!(found(detect, &[ask, ('b', "about forty")]), ["0"]);
    assert_eq!(found(detect, &[ask, ('b', "I don't know")]), [""; 0]);
    assert_eq!(found(detect, &[ask, ('b', "hm"), ('b', "the night shift loses most mornings to it")]), ["0"]);
    assert_eq!(found(detect, &[ask, ('r', "about forty I guess")]), [""; 0]);
    assert_eq!(found(detect, &[ask, ('b', "I'll come back to you in two weeks")]), [""; 0]);
    assert_eq!(found(detect, &[ask, ('b', "Yes")]), [""; 0]);
    assert_eq!(found(detect, &[ask, ('b', "Why would you want to know the hours?")]), [""; 0]);
    assert_eq!(found(detect, &[ask, ('?', "about forty")]), ["0?"], "who answers isn't sure");
    assert_eq!(found(detect, &[ask, ('?', "hm"), ('b', "about forty")]), ["0"]);
    let with = "{answered: {of: {question: [hours]}, with: {phrases: ['<number>']}, turns: 2}}";
    assert_eq!(found(with, &[ask, ('b', "most of the week is gone with it")]), [""; 0]);
    assert_eq!(found(with, &[ask, ('b', "sixty a week")]), ["0"]);
}

#[rstest]
#[case("Is there a budget?", "Yes.", true)]
#[case("is there a budget", "yeah there is", true)]
#[case("Do you have a budget?", "Not yet.", true)]
#[case("Do you have a budget?", "Yeah, I'd have to check.", false)]
#[case("Do you have a budget?", "Good question.", false)]
#[case("Do you have a budget?", "Hm, budget.", false)]
#[case("Who holds the budget?", "Yes.", false)]
#[case("Who holds the budget?", "I'd rather not say.", false)]
#[case("Who holds the budget?", "I'm the wrong person for that.", false)]
#[case("Who holds the budget?", "Our finance director signs everything.", true)]
#[case("How large is the budget?", "I can't share that.", false)]
#[case("How large is the budget?", "I don't know, forty thousand maybe.", true)]
#[case("How large is the budget?", "It depends.", false)]
fn an_answer_fits_its_question(#[case] ask: &str, #[case] answer: &str, #[case] answered: bool) {
    let detect = "{answered: {of: {question: [budget]}, turns: 2}}";
    assert_eq!(!found(detect, &[('r', ask), ('b', answer)]).is_empty(), answered, "{ask} {answer}");
}

#[test]
fn within_and_not_and_all() {
    let talk = [('r', "our price"), ('r', "it is our price"), ('b', "x"), ('b', "y"), ('r', "our price")];
    assert_eq!(found("{within: {of: {phrases: [our price]}, share: [0, 0.3]}}", &talk), ["0", "1"]);
    assert_eq!(found("{within: {of: {phrases: [our price]}, seconds: [30, 60]}}", &talk), ["4"]);
    assert_eq!(found("{all: [{phrases: [our price]}, {not: {phrases: [it is]}}]}", &talk), ["0", "4"]);
}

#[test]
fn echoes_takes_up_what_was_said() {
    let talk = [
        ('b', "it hurts when the pallets sit in quarantine"),
        ('r', "nice weather"),
        ('r', "so the pallets leave quarantine earlier with us"),
    ];
    assert_eq!(found("{echoes: {of: {signal: pain}, words: 2}}", &talk), ["2"]);
}

#[test]
fn count_finds_the_turn_that_completes_it() {
    let ask = ('r', "what does that cost?");
    let talk = [ask, ('b', "hm"), ask, ('b', "hm"), ('b', "hm"), ('b', "hm"), ask];
    let count = |bounds: &str| format!("{{count: {{of: {{question: any}}, {bounds}}}}}");
    assert_eq!(found(&count("at_least: 2"), &talk), ["2", "6"]);
    assert_eq!(found(&count("at_least: 3"), &talk), ["6"]);
    assert_eq!(found(&count("at_least: 4"), &talk), [""; 0]);
    assert_eq!(found(&count("at_least: 2, turns: 2"), &talk), ["2"]);
    assert_eq!(found(&count("at_least: 2, seconds: 11"), &talk), ["2"]);
    assert_eq!(found(&count("at_most: 3"), &talk), ["0", "2", "6"]);
    assert_eq!(found(&count("at_most: 2"), &talk), [""; 0]);
    assert_eq!(found(&count("at_most: 2, turns: 5"), &talk), ["0", "2", "6"]);
    assert_eq!(found(&count("at_most: 1, turns: 2"), &talk), [""; 0]);
    assert_eq!(found(&count("at_least: 2, at_most: 3"), &talk), ["2", "6"]);
}

#[test]
fn what_may_count_makes_a_count_uncertain() {
    let talk = [('r', "what does it cost?"), ('?', "who pays for it?"), ('r', "why is that?")];
    let count = |bounds: &str| format!("{{count: {{of: {{question: any}}, {bounds}}}}}");
    assert_eq!(found(&count("at_least: 2"), &talk), ["1?", "2"]);
    assert_eq!(found(&count("at_least: 3"), &talk), ["2?"]);
    assert_eq!(found(&count("at_most: 2"), &talk), ["0?", "1?", "2?"], "a third may have been asked");
    assert_eq!(found(&count("at_most: 1"), &talk), [""; 0], "two are sure");
}

#[rstest]
#[case("{commitment: any}", 'r', "I'll send you the contract", true)]
#[case("{commitment: any}", 'b', "I'll send you the contract", false)]
#[case("{commitment: {who: buyer}}", 'b', "I'll send you the contract", true)]
#[case("{commitment: {who: either}}", 'b', "I'll send you the contract", true)]
#[case("{commitment: any, side: buyer}", 'b', "I'll send you the contract", true)]
#[case("{commitment: [contract]}", 'r', "I'll send you the contracts tomorrow", true)]
#[case("{commitment: [contract]}", 'r', "I'll send you the slides. The contract is another thing.", false)]
#[case("{commitment: {about: [contract], dated: true}}", 'r', "I'll send you the contract by Thursday", true)]
#[case(
    "{commitment: {about: [contract], dated: true}}",
    'r',
    "I'll send you the contract. Thursday is a holiday.",
    false
)]
#[case("{commitment: {dated: true}}", 'r', "ill send it i will send you the deck on thursday", true)]
#[case("{commitment: any}", 'r', "I won't send you anything.", false)]
#[case("{commitment: any}", 'r', "Suppose I'll send you the contract, what happens?", false)]
fn commitments_by_who_about_and_day(#[case] detect: &str, #[case] who: char, #[case] text: &str, #[case] fires: bool) {
    assert_eq!(!found(detect, &[(who, text)]).is_empty(), fires, "{detect} on {text}");
}

#[test]
fn a_commitment_of_an_unknown_side_proves_nothing() {
    assert_eq!(found("{commitment: any}", &[('?', "I'll send you the contract")]), ["0?"]);
}

#[test]
fn words_that_nobody_could_make_out_may_have_been_the_answer() {
    let detect = "{answered: {of: {question: any}, turns: 2}}";
    let asked = ('r', "How many hours is that?");
    let guessed = ('#', "I was able to do this. I was able to do this forty times.");
    assert_eq!(found(detect, &[asked, guessed]), ["0?"]);
    assert_eq!(found(detect, &[asked, guessed, ('b', "About forty hours a week.")]), ["0"]);
}

#[test]
fn a_find_made_of_finds_stands_on_few_words() {
    let twice = |n: u32| match n % 3 {
        0 => format!("{{all: [{{concept: c{}}}, {{concept: c{}}}]}}", n - 1, n - 1),
        1 => format!("{{then: {{first: {{concept: c{}}}, next: {{concept: c{}}}, turns: 2}}}}", n - 1, n - 1),
        _ => format!("{{any: [{{concept: c{}}}, {{count: {{of: {{concept: c{}}}, at_least: 3}}}}]}}", n - 1, n - 1),
    };
    let concepts = (1..40).map(|n| format!("  - {{id: c{n}, description: d, detect: {}}}\n", twice(n)));
    let document = format!(
        "{HEAD}concepts:\n  - {{id: c0, description: d, detect: {{phrases: [budget]}}}}\n{}behaviors:\n  - {{id: x, \
         description: d, detect: {{concept: c39}}}}\n",
        concepts.collect::<String>()
    );
    let linted = lint(&document);
    let revision = linted.revision.unwrap_or_else(|| panic!("{:?}", linted.findings));
    let transcript = transcript(&[('r', "The budget, the budget, the budget."); 60]);
    let texts = TurnText::read_all(transcript.turns.iter().map(|t| t.text.as_str()));
    let scan = Scan::new(&revision.detectors, &transcript, &texts, HashMap::new());
    let hits = scan.run(&revision.detectors.behaviors[0]);
    assert!(!hits.is_empty() && hits.iter().all(|hit| hit.parts.len() <= hit::MAX_PARTS), "{hits:?}");
}
