use crate::domain::call::{Account, Call, Deal, Participant, Side, Transcript, Turn};
use crate::domain::evaluation::{LetterResult, QualificationResult};
use crate::domain::lint::lint;
use rstest::rstest;

const HEAD: &str = "id: p\ntitle: T\nmotion: {segmentation: a, prioritisation: b, relationship_objective: c, selling_model: d, channel: e}\n";
const PAIN: &str = "{phrases: ['{backlog|overtime}']}";

fn person(id: &str, name: &str, side: Side) -> Participant {
    let text = String::new;
    Participant { id: id.to_owned(), name: name.to_owned(), side, email: text(), title: text(), channel: None }
}

fn call() -> Call {
    Call {
        name: "workspaces/demo/calls/a".to_owned(),
        call_type: String::new(),
        start_time: chrono::DateTime::UNIX_EPOCH,
        time_zone: chrono_tz::UTC,
        participants: vec![person("r", "Priya Raman", Side::Rep), person("b", "Helen Sykes", Side::Buyer)],
        account: Account { name: "Northmoor".to_owned(), ..Account::default() },
        deal: Deal { stage: "Discovery".to_owned(), ..Deal::default() },
    }
}

/// Turns by `r` the rep, `b` the buyer, `?` somebody, `-` whom nobody understood.
fn transcript(turns: &[(char, &str)]) -> Transcript {
    let turns = (0_u32..).zip(turns).map(|(i, (who, text))| Turn {
        index: i,
        participant: who.to_string(),
        side: match who {
            'r' => Side::Rep,
            'b' => Side::Buyer,
            _ => Side::Unknown,
        },
        start_ms: i * 10_000,
        end_ms: i * 10_000 + 9_000,
        text: (*text).to_owned(),
        speaker_confidence: 1.0,
        unintelligible: *who == '-',
    });
    Transcript { name: String::new(), turns: turns.collect(), duration_ms: 0 }
}

fn qualified(letters: &str, turns: &[(char, &str)]) -> QualificationResult {
    let linted = lint(&format!("{HEAD}qualification: {{framework: TEST, letters: [{letters}]}}\n"));
    assert!(linted.errors().next().is_none(), "{:?}", linted.findings);
    linted.revision.unwrap().evaluate(&call(), &transcript(turns), None).qualification.unwrap()
}

fn letter(id: &str, rest: &str) -> String {
    format!("{{id: {id}, letter: X, title: T, description: d, {rest}}}")
}

fn one(rest: &str, turns: &[(char, &str)]) -> LetterResult {
    qualified(&letter("pain", rest), turns).letters.remove(0)
}

fn turns_of(result: &LetterResult) -> Vec<u32> {
    result.evidence.iter().map(|e| e.turn).collect()
}

#[rstest]
#[case::silence(&[('b', "All is well here.")], 0)]
#[case::rep(&[('r', "You must have a backlog.")], 1)]
#[case::rep_however_exact(&[('r', "Helen, you have a backlog of 40 payments since March.")], 1)]
#[case::buyer(&[('b', "We have a backlog, honestly.")], 2)]
#[case::buyer_with_a_number(&[('b', "The backlog is about forty payments.")], 3)]
#[case::buyer_with_money(&[('b', "We have a backlog. It costs us £3,000 each time.")], 3)]
#[case::buyer_with_a_name(&[('b', "The backlog keeps Martin awake.")], 3)]
#[case::buyer_with_a_date(&[('b', "The backlog has to be gone by September.")], 3)]
#[case::buyer_who_denies_it(&[('b', "We do not have a backlog.")], 0)]
#[case::one_is_no_number(&[('b', "There is one backlog after another.")], 2)]
#[case::today_is_no_date(&[('b', "There is a backlog today.")], 2)]
#[case::the_rep_is_no_name(&[('b', "We have a backlog, Priya.")], 2)]
#[case::a_name_spoken_to(&[('b', "We have a backlog, Helen.")], 2)]
#[case::the_account_is_no_name(&[('b', "At our Northmoor the backlog grows.")], 2)]
#[case::names_in_small_letters(&[('b', "so the backlog lands on helen sykes every week")], 3)]
#[case::a_number_far_away(&[('b', "We have a backlog. It grows. Nobody likes it. I have been here for 12 years.")], 2)]
fn only_the_buyer_lifts_a_letter_over_one(#[case] talk: &[(char, &str)], #[case] score: u32) {
    assert_eq!(one(&format!("detect: {PAIN}"), talk).score, Some(score));
}

#[test]
fn a_letter_may_say_which_particulars_count() {
    let talk = [('b', "The backlog keeps Martin awake.")];
    assert_eq!(one(&format!("detect: {PAIN}, specifics: [number, date]"), &talk).score, Some(2));
    assert_eq!(one(&format!("detect: {PAIN}, specifics: [name]"), &talk).score, Some(3));
}

#[test]
fn evidence_is_what_the_score_stands_on_the_firmest_first() {
    let talk = [('r', "Is there a backlog?"), ('b', "A backlog, yes."), ('b', "The backlog is 40 payments.")];
    assert_eq!(turns_of(&one(&format!("detect: {PAIN}"), &talk)), [2, 1]);
    assert_eq!(turns_of(&one(&format!("detect: {PAIN}"), &talk[..1])), [0]);
}

#[test]
fn an_answer_is_the_buyers_statement() {
    let detect = "detect: {answered: {of: {question: [signs], side: rep}, with: {phrases: ['<name>', '<role>']}}}, mentioned: {question: [signs]}";
    let ask = ('r', "And who signs it?");
    let answered = one(detect, &[ask, ('b', "That would be our Martin Cole.")]);
    assert_eq!((answered.score, turns_of(&answered)), (Some(3), vec![1]));
    let evaded = one(detect, &[ask, ('b', "I would have to ask around, to be honest.")]);
    assert_eq!((evaded.score, turns_of(&evaded)), (Some(1), vec![0]));
}

#[test]
fn words_of_nobody_known_prove_nothing() {
    let unsure = one(&format!("detect: {PAIN}"), &[('?', "The backlog is 40 payments.")]);
    assert_eq!((unsure.score, turns_of(&unsure)), (None, vec![]));
    assert!(unsure.reason.contains("side"), "{}", unsure.reason);
    let mentioned = one(&format!("detect: {PAIN}"), &[('?', "The backlog."), ('r', "Is there a backlog?")]);
    assert_eq!(mentioned.score, Some(1));
    assert!(!mentioned.reason.is_empty());
    let lost = one(&format!("detect: {PAIN}"), &[('-', "The backlog is 40 payments."), ('b', "Right.")]);
    assert_eq!(lost.score, Some(0), "half of the audio was understood");
    assert_eq!(one(&format!("detect: {PAIN}"), &[('-', "x"), ('-', "y"), ('b', "Right.")]).score, None);
}

#[test]
fn the_lowest_letter_is_the_deals_score() {
    let letters =
        [letter("pain", &format!("detect: {PAIN}")), letter("power", "detect: {phrases: [signs]}")].join(", ");
    let pain = ('b', "The backlog is 40 payments.");
    assert_eq!(qualified(&letters, &[pain]).lowest, Some(0));
    assert_eq!(qualified(&letters, &[pain, ('b', "My boss signs.")]).lowest, Some(2));
    assert_eq!(qualified(&letters, &[pain, ('?', "My boss signs.")]).lowest, None, "it may be 0");
    assert_eq!(qualified(&letters, &[('?', "My boss signs.")]).lowest, Some(0));
}

#[test]
fn the_gate_of_the_deals_stage_is_told() {
    let gated = one(&format!("detect: {PAIN}, gate: {{discovery: 2, negotiation: 3}}"), &[]);
    assert_eq!(gated.minimum, Some(2));
    assert_eq!(one(&format!("detect: {PAIN}, gate: {{negotiation: 3}}"), &[]).minimum, None);
}

#[test]
fn conditions_see_the_scores() {
    let document = format!(
        "{HEAD}qualification: {{framework: TEST, letters: [{}]}}\nbehaviors:\n  - id: asks\n    description: d\n    not_applicable: qualification.pain.score >= 2\n    detect: {{question: any}}\n",
        letter("pain", &format!("detect: {PAIN}"))
    );
    let revision = lint(&document).revision.unwrap();
    let outcome = |text| revision.evaluate(&call(), &transcript(&[('b', text)]), None).behaviors.remove(0).outcome;
    assert_eq!(outcome("The backlog is 40 payments."), crate::domain::evaluation::Outcome::NotApplicable);
    assert_eq!(outcome("Nothing to tell."), crate::domain::evaluation::Outcome::Missed);
}
