//! What each side took on, and the amounts that were named.

use rstest::rstest;

use crate::domain::call::Side;
use crate::domain::evidence::Quoter;
use crate::domain::facts::dates::{self, Calendar};
use crate::domain::facts::{Commitment, amounts, commitments};
use crate::domain::talk;
use crate::domain::text::TurnText;

fn taken_on(lines: &[&str], unsure: Option<usize>) -> Vec<Commitment> {
    let (call, mut transcript) = talk::of(lines);
    if let Some(turn) = unsure {
        transcript.turns[turn].speaker_confidence = 0.1;
    }
    let texts = TurnText::read_all(transcript.turns.iter().map(|turn| turn.text.as_str()));
    let mentions = dates::read(&texts, &Calendar::new(call.local_date(), 1));
    let quoter = Quoter { call: &call, transcript: &transcript, texts: &texts };
    commitments::taken_on(&commitments::extract(&transcript, &texts, &mentions), &quoter, &mentions)
}

#[test]
fn commitments_have_who_took_them_on_and_until_when() {
    let found = taken_on(
        &[
            "R: That makes sense. I'll send you the draft by Friday. It's short.",
            "B: And I'll ask our security people, let me check who is in.",
            "B: If you were cheaper we would send it to the board.",
            "B: And let me have the whole of March.",
        ],
        None,
    );
    let [rep, buyer] = found.as_slice() else { panic!("{found:?}") };
    assert_eq!(
        (rep.side, rep.owner.as_str(), rep.what.as_str()),
        (Side::Rep, "R", "I'll send you the draft by Friday")
    );
    assert_eq!(rep.date.map(|date| date.to_string()).as_deref(), Some("2026-05-08"));
    assert!(rep.evidence[0].quote.contains(&rep.date_text) && !rep.date_text.is_empty());
    assert_eq!((buyer.side, buyer.date, buyer.date_text.as_str()), (Side::Buyer, None, ""));
}

#[test]
fn what_nobody_is_sure_to_have_said_is_no_commitment() {
    assert_eq!(taken_on(&["R: I'll send you the draft by Friday."], Some(0)), []);
}

fn named(line: &str) -> Vec<(f64, String, String)> {
    let (mut call, transcript) = talk::of(&[line]);
    (call.deal.amount, call.deal.currency) = (Some(180_000.0), "EUR".to_owned());
    let texts = TurnText::read_all(transcript.turns.iter().map(|turn| turn.text.as_str()));
    let quoter = Quoter { call: &call, transcript: &transcript, texts: &texts };
    let found = amounts::named(&quoter);
    assert!(found.iter().all(|money| money.evidence[0].quote.contains(&money.text)), "{found:?}");
    found.into_iter().map(|money| (money.amount, money.currency, money.text)).collect()
}

#[rstest]
#[case::of_the_rep("R: It is 48,000 pounds a year.", &[(48_000.0, "GBP", "48,000 pounds")])]
#[case::with_a_sign("B: They quoted $2.5 million, we have €140k.", &[(2_500_000.0, "USD", "$2.5 million"), (140_000.0, "EUR", "€140k")])]
#[case::one_after_the_other("B: It was €10k, €20k at most.", &[(10_000.0, "EUR", "€10k"), (20_000.0, "EUR", "€20k")])]
#[case::the_next_sentence_is_another("B: We are forty. Pounds are what we pay in.", &[])]
#[case::in_words("B: We lose two hundred and ten thousand dollars.", &[(210_000.0, "USD", "two hundred and ten thousand dollars")])]
#[case::a_code_before("R: That makes USD 90,000 in all.", &[(90_000.0, "USD", "USD 90,000")])]
#[case::without_a_currency("B: It was forty grand then.", &[(40_000.0, "EUR", "forty grand")])]
#[case::of_a_known_size("B: I could do a buck eighty.", &[(180_000.0, "EUR", "buck eighty")])]
#[case::with_cents("B: A pallet is nine pounds fifty.", &[(9.5, "GBP", "nine pounds fifty")])]
#[case::counts_are_none("B: We have forty k users, three hundred people and two sites.", &[])]
#[case::percents_are_none("B: It grows by 30 percent.", &[])]
fn amounts_are_what_is_named_as_money(#[case] line: &str, #[case] expected: &[(f64, &str, &str)]) {
    let expected: Vec<_> = expected.iter().map(|(a, c, t)| (*a, (*c).to_owned(), (*t).to_owned())).collect();
    assert_eq!(named(line), expected);
}
