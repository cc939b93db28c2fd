//! Who is named, with which title and what that makes them, and that nobody is named by words that were not understood.

use rstest::rstest;

use crate::domain::call::{Call, Transcript};
use crate::domain::facts::competitors::{self, Learned};
use crate::domain::facts::people::role_of;
use crate::domain::facts::{Role, Stakeholder, economic_buyer, people};
use crate::domain::talk;
use crate::domain::text::TurnText;

#[rstest]
#[case::nobody("", Role::Unknown)]
#[case::of_the_money("CFO", Role::EconomicBuyer)]
#[case::of_the_money_in_full("Chief Financial Officer", Role::EconomicBuyer)]
#[case::director("Group Finance Director", Role::EconomicBuyer)]
#[case::head("head of finance", Role::EconomicBuyer)]
#[case::vice_president("Vice-President of Finance", Role::EconomicBuyer)]
#[case::controller_of_money("Financial Controller", Role::EconomicBuyer)]
#[case::runs_it("runs finance", Role::EconomicBuyer)]
#[case::owner("Owner", Role::EconomicBuyer)]
#[case::our_owner("our owner", Role::EconomicBuyer)]
#[case::business_owner("Business Owner", Role::EconomicBuyer)]
#[case::owner_too("CEO & Owner", Role::EconomicBuyer)]
#[case::of_a_product("Product Owner", Role::Unknown)]
#[case::of_a_process("Process Owner, Claims", Role::Unknown)]
#[case::of_a_system("Data Owner", Role::Technical)]
#[case::works_with_money("Finance Analyst", Role::User)]
#[case::manages_money("Claims Finance Manager", Role::Unknown)]
#[case::of_the_department("in finance", Role::Unknown)]
#[case::of_the_stock("Inventory Controller", Role::Unknown)]
#[case::of_what("our controller", Role::Unknown)]
#[case::security("CISO", Role::Security)]
#[case::legal("General Counsel", Role::Legal)]
#[case::procurement("Head of Procurement", Role::Procurement)]
#[case::technical("IT Infrastructure Manager", Role::Technical)]
#[case::user("third-shift supervisor", Role::User)]
fn a_title_tells_the_role(#[case] title: &str, #[case] role: Role) {
    assert_eq!(role_of(title), role);
}

/// Those who are named and not there.
fn found(call: &Call, transcript: &Transcript) -> Vec<Stakeholder> {
    let texts = TurnText::read_all(transcript.turns.iter().map(|turn| turn.text.as_str()));
    people::extract(call, transcript, &texts, &[]).stakeholders.into_iter().filter(|person| !person.present).collect()
}

#[rstest]
#[case::with_an_office("B: That is Gillian Marsh, our CFO, she signs everything.", Some(("Gillian Marsh", "our CFO", Role::EconomicBuyer)))]
#[case::office_alone("B: And then our CISO has to see it.", Some(("", "our CISO", Role::Security)))]
#[case::of_a_department("B: You should ask Ruben in legal about that.", Some(("Ruben", "in legal", Role::Legal)))]
#[case::head_of_a_department("B: And then our head of quality has to see it.", Some(("", "our head of quality", Role::Unknown)))]
#[case::head_of_many("B: He is our head of many things.", Some(("", "our head", Role::Unknown)))]
#[case::not_by_the_rep("R: That is Gillian Marsh, your CFO, she signs everything.", None)]
#[case::not_understood("*B: That is Gillian Marsh, our CFO, she signs everything.", None)]
fn a_buyer_names_people_by_name_and_office(#[case] line: &str, #[case] expected: Option<(&str, &str, Role)>) {
    let (call, mut transcript) = talk::of(&[line.trim_start_matches('*')]);
    transcript.turns[0].unintelligible = line.starts_with('*');
    let people = found(&call, &transcript);
    let told = people.first().map(|p| (p.name.as_str(), p.title.as_str(), p.role));
    assert_eq!(told, expected, "{people:?}");
    assert!(people.iter().all(|person| !person.evidence.is_empty()));
}

#[test]
fn those_on_the_call_have_the_title_they_came_with() {
    let (mut call, transcript) = talk::of(&["B: Hello."]);
    call.participants[1].title = "Chief Financial Officer".to_owned();
    let texts = TurnText::read_all(["Hello."].into_iter());
    let people = people::extract(&call, &transcript, &texts, &[]).stakeholders;
    assert_eq!(
        people.iter().map(|p| (p.role, p.present)).collect::<Vec<_>>(),
        [(Role::EconomicBuyer, true), (Role::Unknown, true)]
    );
}

const WHO_SIGNS: &str = "R: And who signs it off in the end?";
const SHE_SIGNS: &str = "B: That's Gillian Marsh, our CFO, she signs everything above fifty thousand.";
const HE_SIGNS: &str = "B: That's Ruben Ostrander, our finance director, he signs everything above fifty thousand.";

#[rstest]
#[case::understood(&[], Some("Gillian Marsh"))]
#[case::the_answer_was_not(&[1], Some("Ruben Ostrander"))]
#[case::neither_was(&[1, 2], None)]
fn who_holds_the_money_is_not_read_from_what_was_not_understood(
    #[case] lost: &[usize],
    #[case] expected: Option<&str>,
) {
    let (call, mut transcript) = talk::of(&[WHO_SIGNS, SHE_SIGNS, HE_SIGNS]);
    let texts = TurnText::read_all(transcript.turns.iter().map(|turn| turn.text.as_str()));
    let people = people::extract(&call, &transcript, &texts, &[]).stakeholders;
    for turn in lost {
        transcript.turns[*turn].unintelligible = true;
    }
    let found = economic_buyer::extract(&call, &transcript, &texts, &[], &people);
    assert_eq!(found.map(|person| person.name).as_deref(), expected);
}

#[rstest]
#[case::understood(false, true)]
#[case::not_understood(true, false)]
fn a_competitor_is_answered_by_what_was_understood(#[case] lost: bool, #[case] answered: bool) {
    let (call, mut transcript) =
        talk::of(&["B: We use Ledgerline today.", "R: Their export has no audit trail of the changes."]);
    transcript.turns[1].unintelligible = lost;
    let texts = TurnText::read_all(transcript.turns.iter().map(|turn| turn.text.as_str()));
    let known = ["Ledgerline".to_owned()];
    let (found, _) = competitors::extract(&call, &transcript, &texts, &known, None, &Learned::shipped());
    assert_eq!(found.iter().map(|c| (c.name.as_str(), c.answered)).collect::<Vec<_>>(), [("Ledgerline", answered)]);
}
