//! Who agreed to being recorded, and whether that is enough.
//!
//! A consent that was taken back counts under every rule: whoever says so must not be overruled by a setting.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use super::Violation;
use super::call::Participant;
use super::settings::ConsentRule as Rule;

/// Most entries of a call.
pub const MAX_CONSENTS: usize = 500;

/// Name of a rule as it is configured and shown in errors.
pub fn rule_name(rule: Rule) -> &'static str {
    match rule {
        Rule::All => "all",
        Rule::One => "one",
        Rule::None => "none",
    }
}

/// What somebody said.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum State {
    Granted,
    Denied,
    /// Granted once and taken back.
    Revoked,
}

/// How it was said.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Method {
    #[default]
    Unknown,
    Verbal,
    Written,
    PlatformNotice,
}

/// What one participant said to being recorded. The last entry of a participant counts.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Consent {
    /// Id of the participant.
    pub participant: String,
    pub state: State,
    /// When it was said; `None` until it is [stamped](stamp).
    pub time: Option<DateTime<Utc>>,
    #[serde(default)]
    pub method: Method,
    /// Who told it; empty until it is stamped.
    #[serde(default)]
    pub recorded_by: String,
}

/// Ids of the participants whose consent is missing; none where the call has no participants.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Missing(pub Vec<String>);

/// Notes who told entries that are new, and when, where they don't say.
pub fn stamp(consents: &mut [Consent], by: &str, now: DateTime<Utc>) {
    for consent in consents.iter_mut().filter(|consent| consent.recorded_by.is_empty()) {
        by.clone_into(&mut consent.recorded_by);
        consent.time.get_or_insert(now);
    }
}

/// Whether a call may be stored.
///
/// # Errors
/// Whose consent is missing for that, or was taken back.
pub fn check(rule: Rule, participants: &[Participant], consents: &[Consent]) -> Result<(), Missing> {
    let revoked: Vec<String> = latest(consents)
        .filter(|consent| consent.state == State::Revoked)
        .map(|consent| consent.participant.clone())
        .collect();
    if !revoked.is_empty() {
        return Err(Missing(revoked));
    }
    let granted = |participant: &&Participant| {
        latest(consents).any(|consent| consent.participant == participant.id && consent.state == State::Granted)
    };
    let without: Vec<String> =
        participants.iter().filter(|person| !granted(person)).map(|person| person.id.clone()).collect();
    let holds = match rule {
        Rule::All => without.is_empty() && !participants.is_empty(),
        Rule::One => without.len() < participants.len(),
        Rule::None => true,
    };
    if holds { Ok(()) } else { Err(Missing(without)) }
}

/// Whether somebody said no, or no longer.
pub fn is_taken_back(consents: &[Consent]) -> bool {
    latest(consents).any(|consent| consent.state != State::Granted)
}

/// The entries that count: of each participant the last.
fn latest(consents: &[Consent]) -> impl Iterator<Item = &Consent> {
    consents.iter().enumerate().filter_map(|(index, consent)| {
        let later = consents.iter().skip(index + 1);
        (!{ later }.any(|other| other.participant == consent.participant)).then_some(consent)
    })
}

/// Everything that is wrong with entries, by place.
pub fn violations(participants: &[Participant], consents: &[Consent]) -> Vec<Violation> {
    let mut found = Vec::new();
    if consents.len() > MAX_CONSENTS {
        found.push(Violation::new("consents", format!("must be at most {MAX_CONSENTS}")));
    }
    for (index, consent) in consents.iter().enumerate() {
        if !participants.iter().any(|participant| participant.id == consent.participant) {
            let problem = format!("`{}` is not the id of a participant", consent.participant);
            found.push(Violation::new(format!("consents[{index}].participant"), problem));
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn people(ids: &[&str]) -> Vec<Participant> {
        ids.iter().map(|id| Participant { id: (*id).to_owned(), ..Participant::default() }).collect()
    }

    fn said(participant: &str, state: State) -> Consent {
        let (method, recorded_by) = (Method::Verbal, String::new());
        Consent { participant: participant.to_owned(), state, time: None, method, recorded_by }
    }

    fn missing(rule: Rule, people: &[Participant], consents: &[Consent]) -> Option<Vec<String>> {
        check(rule, people, consents).err().map(|missing| missing.0)
    }

    #[test]
    fn all_asks_everybody_and_one_asks_somebody() {
        let (two, yes) = (people(&["a", "b"]), said("a", State::Granted));
        assert_eq!(missing(Rule::All, &two, std::slice::from_ref(&yes)), Some(vec!["b".to_owned()]));
        assert_eq!(missing(Rule::One, &two, std::slice::from_ref(&yes)), None);
        assert_eq!(missing(Rule::All, &two, &[yes.clone(), said("b", State::Granted)]), None);
        assert_eq!(missing(Rule::All, &two, &[yes, said("b", State::Denied)]), Some(vec!["b".to_owned()]));
        assert_eq!(missing(Rule::None, &two, &[]), None);
    }

    #[test]
    fn a_call_without_participants_fulfils_only_none() {
        assert_eq!(missing(Rule::All, &[], &[]), Some(Vec::new()));
        assert_eq!(missing(Rule::One, &[], &[]), Some(Vec::new()));
        assert_eq!(missing(Rule::None, &[], &[]), None);
    }

    #[test]
    fn what_is_taken_back_counts_under_every_rule_until_it_is_given_again() {
        let two = people(&["a", "b"]);
        let mut told = vec![said("a", State::Granted), said("b", State::Granted), said("b", State::Revoked)];
        for rule in [Rule::All, Rule::One, Rule::None] {
            assert_eq!(missing(rule, &two, &told), Some(vec!["b".to_owned()]));
        }
        told.push(said("b", State::Granted));
        assert_eq!(missing(Rule::All, &two, &told), None);
    }

    proptest! {
        #[test]
        fn whatever_all_lets_through_the_others_let_through_and_a_new_revocation_stops_all(
            told in proptest::collection::vec((0_usize..3, 0_usize..3), 0..12),
            who in 0_usize..3,
        ) {
            let names = ["a", "b", "c"];
            let states = [State::Granted, State::Denied, State::Revoked];
            let mut told: Vec<Consent> = told.iter().map(|(who, what)| said(names[*who], states[*what])).collect();
            let three = people(&names);
            if check(Rule::All, &three, &told).is_ok() {
                prop_assert!(check(Rule::One, &three, &told).is_ok());
            }
            if check(Rule::One, &three, &told).is_ok() {
                prop_assert!(check(Rule::None, &three, &told).is_ok());
            }
            told.push(said(names[who], State::Revoked));
            for rule in [Rule::All, Rule::One, Rule::None] {
                prop_assert!(check(rule, &three, &told).is_err_and(|missing| missing.0.contains(&names[who].to_owned())));
            }
        }
    }
}
