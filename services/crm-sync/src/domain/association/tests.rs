//! Calls meet deals, or nothing.

use proptest::prelude::*;

use super::*;

const SETTINGS: Settings = Settings { min_confidence: 0.8 };

fn near() -> Surroundings {
    let account = |id: &str, name: &str, domain: &str| AccountView {
        id: id.into(),
        name: name.into(),
        domains: vec![domain.into()],
    };
    let contact = |id: &str, account: &str, name: &str, email: &str| ContactView {
        id: id.into(),
        account: account.into(),
        name: name.into(),
        email: email.into(),
    };
    Surroundings {
        accounts: vec![
            account("northmoor", "Northmoor Building Society", "northmoor.example"),
            account("caldbeck", "Caldbeck Insurance", "caldbeck.example"),
        ],
        contacts: vec![
            contact("tom", "northmoor", "Tom Ashworth", "tom.ashworth@northmoor.example"),
            contact("helen", "northmoor", "Helen Sykes", "helen.sykes@northmoor.example"),
            contact("ruth", "caldbeck", "Ruth Ellery", "ruth.ellery@caldbeck.example"),
        ],
        deals: vec![deal("D-104", "northmoor", &["tom"]), deal("D-131", "caldbeck", &["ruth"])],
    }
}

fn deal(id: &str, account: &str, contacts: &[&str]) -> DealView {
    DealView {
        id: id.into(),
        account: account.into(),
        owner: "priya-raman".into(),
        contacts: contacts.iter().map(|c| (*c).into()).collect(),
        opened_on: "2026-01-12".parse().ok(),
        closed_on: None,
        open: true,
    }
}

fn call(people: &[(&str, &str)]) -> CallContext {
    let participants = people
        .iter()
        .map(|(name, email)| Participant { name: (*name).into(), email: (*email).into(), side: Side::Buyer })
        .collect();
    CallContext {
        call: "c1".into(),
        call_time: "2026-03-02T10:00:00Z".parse().unwrap(),
        participants,
        account: AccountContext::default(),
        deal: DealContext::default(),
    }
}

fn judged(context: &CallContext, near: &Surroundings) -> Option<String> {
    judge(context, near, SETTINGS).deal
}

#[test]
fn a_contacts_address_leads_to_the_open_deal() {
    let verdict = judge(&call(&[("Tom", "Tom.Ashworth@northmoor.example")]), &near(), SETTINGS);
    assert_eq!(verdict.deal.as_deref(), Some("D-104"));
    assert!(verdict.candidates[0].reasons.iter().any(|reason| reason.contains("tom.ashworth@northmoor.example")));
}

#[test]
fn a_colleague_nobody_knows_leads_there_by_the_domain() {
    assert_eq!(judged(&call(&[("Jo Brand", "jo@mail.northmoor.example")]), &near()).as_deref(), Some("D-104"));
}

#[test]
fn the_name_of_the_account_is_enough_with_one_open_deal() {
    let mut context = call(&[]);
    context.account.name = "northmoor building society ltd".into();
    assert_eq!(judged(&context, &near()).as_deref(), Some("D-104"));
}

#[test]
fn two_open_deals_that_nothing_tells_apart_are_not_guessed() {
    let mut near = near();
    near.deals.push(deal("D-105", "northmoor", &[]));
    let mut context = call(&[]);
    context.account.name = "Northmoor Building Society".into();
    let verdict = judge(&context, &near, SETTINGS);
    assert_eq!(verdict.deal, None);
    assert_eq!(verdict.candidates.len(), 2, "both are shown");
    near.deals[0].contacts = vec!["tom".into(), "helen".into()];
    let context =
        call(&[("Tom Ashworth", "tom.ashworth@northmoor.example"), ("Helen Sykes", "helen.sykes@northmoor.example")]);
    assert_eq!(judged(&context, &near).as_deref(), Some("D-104"), "its contacts tell them apart");
}

#[test]
fn a_name_alone_a_free_address_or_a_strange_company_lead_nowhere() {
    assert_eq!(judged(&call(&[("Tom Ashworth", "")]), &near()), None);
    assert_eq!(judged(&call(&[("Tom", "tom.a@gmail.com")]), &near()), None);
    let mut context = call(&[]);
    context.account.name = "Northmoor Housing".into();
    assert_eq!(judged(&context, &near()), None);
    assert_eq!(judged(&call(&[]), &Surroundings::default()), None);
}

#[test]
fn people_of_two_companies_are_not_guessed() {
    let context = call(&[("Tom", "tom.ashworth@northmoor.example"), ("Ruth", "ruth.ellery@caldbeck.example")]);
    assert_eq!(judged(&context, &near()), None);
}

#[test]
fn the_id_that_came_with_the_call_wins_unless_the_account_contradicts_it() {
    let mut context = call(&[]);
    context.deal.id = "D-104".into();
    assert_eq!(judged(&context, &near()).as_deref(), Some("D-104"));
    context.account.name = "Caldbeck Insurance".into();
    let verdict = judge(&context, &near(), SETTINGS);
    assert_eq!(verdict.deal, None);
    assert!(verdict.candidates[0].reasons.iter().any(|reason| reason.contains("Caldbeck")), "{:?}", verdict.candidates);
    let mut context = call(&[("Ruth", "ruth.ellery@caldbeck.example")]);
    context.deal.id = "D-104".into();
    assert_eq!(judged(&context, &near()), None, "everybody on it works elsewhere");
}

#[test]
fn a_deal_that_closed_before_the_call_is_not_it() {
    let mut near = near();
    near.deals[0].open = false;
    near.deals[0].closed_on = "2026-01-20".parse().ok();
    let context = call(&[("Tom", "tom.ashworth@northmoor.example")]);
    assert_eq!(judged(&context, &near), None);
    near.deals[0].closed_on = "2026-03-20".parse().ok();
    assert_eq!(judged(&context, &near).as_deref(), Some("D-104"), "it was open then");
}

#[test]
fn a_person_is_revised_by_nobody_else() {
    let now = "2026-03-03T00:00:00Z".parse().unwrap();
    let context = call(&[("Tom", "tom.ashworth@northmoor.example")]);
    let inferred = revise(None, "c1", context.call_time, judge(&context, &near(), SETTINGS), now).unwrap();
    assert_eq!((inferred.state, inferred.version), (AssociationState::Inferred, 1));
    assert_eq!(
        revise(Some(&inferred), "c1", context.call_time, judge(&context, &near(), SETTINGS), now),
        None,
        "nothing is new"
    );
    let confirmed = confirm(&inferred, Some("D-131"), "priya", now).unwrap();
    assert_eq!(
        (confirmed.deal.as_deref(), confirmed.version, confirmed.call_time),
        (Some("D-131"), 2, context.call_time)
    );
    assert_eq!(revise(Some(&confirmed), "c1", context.call_time, judge(&context, &near(), SETTINGS), now), None);
    assert_eq!(confirm(&confirmed, Some("D-131"), "priya", now), None);
    assert_eq!(confirm(&confirmed, None, "priya", now).unwrap().deal, None);
}

proptest! {
    #[test]
    fn confidences_never_add_up_to_more_than_one(count in 1_usize..12, emails in 0_usize..3) {
        let mut near = near();
        near.deals = (0..count).map(|i| deal(&format!("D-{i}"), if i % 2 == 0 { "northmoor" } else { "caldbeck" }, &["tom"])).collect();
        let people = [("Tom Ashworth", "tom.ashworth@northmoor.example"), ("Ruth", "ruth.ellery@caldbeck.example"), ("Jo", "jo@northmoor.example")];
        let verdict = judge(&call(&people[..emails]), &near, SETTINGS);
        let sum: f64 = verdict.candidates.iter().map(|candidate| candidate.confidence).sum();
        prop_assert!(sum <= 1.0);
    }
}
