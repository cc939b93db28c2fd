//! Facts that were read against facts that people named: the slots of a labelled call.

use std::collections::{BTreeMap, BTreeSet};

use playbook_evaluator::domain::facts::{Facts, Stakeholder};
use serde::{Deserialize, Serialize};

/// What people say of a call's facts.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub struct Slots {
    next_step: Option<Dated>,
    competitors: Option<Vec<String>>,
    budget: Option<Budget>,
    decision_date: Option<String>,
    economic_buyer: Option<String>,
    stakeholders: Option<Vec<Person>>,
    critical_event: Option<Dated>,
}

#[derive(Debug, Clone, Default, Deserialize)]
struct Dated {
    date: Option<String>,
}

#[derive(Debug, Clone, Deserialize)]
struct Budget {
    amount: Option<f64>,
    currency: Option<String>,
}

#[derive(Debug, Clone, Deserialize)]
struct Person {
    name: Option<String>,
    title: Option<String>,
}

impl Slots {
    pub fn next_step_date(&self) -> Option<&str> {
        self.next_step.as_ref()?.date.as_deref()
    }

    /// In lower case.
    pub fn competitors(&self) -> BTreeSet<String> {
        self.competitors.iter().flatten().map(|name| name.to_lowercase()).collect()
    }
}

/// How well a slot is read.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct SlotQuality {
    pub precision: f64,
    pub recall: f64,
    pub f1: f64,
    /// Facts that people name.
    pub n: u32,
}

/// Facts people name, facts that were told, and those that are both.
#[derive(Debug, Clone, Copy, Default)]
struct Count {
    are: u32,
    told: u32,
    right: u32,
}

impl Count {
    /// A slot that holds one fact or none.
    fn one<A, B>(&mut self, is: Option<A>, told: Option<B>, same: impl Fn(&A, &B) -> bool) {
        self.are += u32::from(is.is_some());
        self.told += u32::from(told.is_some());
        self.right += u32::from(is.zip(told).is_some_and(|(is, told)| same(&is, &told)));
    }

    fn quality(self) -> SlotQuality {
        let share = |of: u32| f64::from(self.right) / f64::from(of.max(1));
        let f1 = f64::from(2 * self.right) / f64::from((self.are + self.told).max(1));
        SlotQuality { precision: share(self.told), recall: share(self.are), f1, n: self.are }
    }
}

/// Counts over many calls.
#[derive(Debug, Default)]
pub struct SlotTally {
    slots: BTreeMap<&'static str, Count>,
    competitors_by_author: BTreeMap<char, Count>,
}

impl SlotTally {
    pub fn add(&mut self, author: char, are: &Slots, facts: &Facts) {
        let same_day = |is: &Option<String>, told: &Option<String>| is == told;
        let step = are.next_step.clone().map(|step| step.date);
        let told = facts.next_step.as_ref().map(|step| step.date.map(|date| date.to_string()));
        self.of("next_step").one(step, told, same_day);
        let event = are.critical_event.clone().map(|event| event.date);
        let told = facts.critical_event.as_ref().map(|event| event.date.map(|date| date.to_string()));
        self.of("critical_event").one(event, told, same_day);
        let told = facts.decision_date.as_ref().map(|date| date.date.to_string());
        self.of("decision_date").one(are.decision_date.as_ref(), told.as_ref(), |is, told| is == told);
        self.of("budget").one(are.budget.as_ref(), facts.budget.as_ref(), |is, told| {
            let close = is.amount.is_some_and(|amount| (amount - told.amount).abs() <= amount.abs() * 0.005);
            close && (told.currency.is_empty() || is.currency.as_ref().is_none_or(|is| *is == told.currency))
        });
        let buyer = are.economic_buyer.as_deref();
        self.of("economic_buyer").one(buyer, facts.economic_buyer.as_ref(), |is, told| is_person(is, told));
        self.stakeholders(are.stakeholders.as_deref().unwrap_or_default(), &facts.stakeholders);
        let told: BTreeSet<String> = facts.competitors.iter().map(|found| found.name.to_lowercase()).collect();
        let names = are.competitors();
        for count in
            [self.slots.entry("competitors").or_default(), self.competitors_by_author.entry(author).or_default()]
        {
            count.are += names.len() as u32;
            count.told += told.len() as u32;
            count.right += names.intersection(&told).count() as u32;
        }
    }

    fn of(&mut self, slot: &'static str) -> &mut Count {
        self.slots.entry(slot).or_default()
    }

    /// Each person is found once, whoever names them.
    fn stakeholders(&mut self, are: &[Person], told: &[Stakeholder]) {
        let mut left: Vec<&Stakeholder> = told.iter().collect();
        let mut right = 0;
        for person in are {
            let called = person.name.as_deref().or(person.title.as_deref()).unwrap_or_default();
            if let Some(at) = left.iter().position(|told| is_person(called, told)) {
                left.swap_remove(at);
                right += 1;
            }
        }
        let count = self.of("stakeholders");
        count.are += are.len() as u32;
        count.told += told.len() as u32;
        count.right += right;
    }

    /// By slot.
    pub fn quality(&self) -> BTreeMap<&'static str, SlotQuality> {
        self.slots.iter().map(|(slot, count)| (*slot, count.quality())).collect()
    }

    /// Of competitors, by author.
    pub fn competitors_by_author(&self) -> BTreeMap<char, SlotQuality> {
        self.competitors_by_author.iter().map(|(author, count)| (*author, count.quality())).collect()
    }
}

/// Words of titles that many share.
const OF_MANY: &[&str] =
    &["head", "director", "manager", "officer", "chief", "lead", "the", "our", "and", "of", "for", "people", "team"];

/// Is it the same person? By a word of the name where one was told, else by a word of the title.
fn is_person(is: &str, told: &Stakeholder) -> bool {
    let words = |text: &str| -> BTreeSet<String> {
        let words = text.split(|c: char| !c.is_alphanumeric()).filter(|word| word.chars().count() > 1);
        words.map(str::to_lowercase).filter(|word| !OF_MANY.contains(&word.as_str())).collect()
    };
    let called = if told.name.is_empty() { &told.title } else { &told.name };
    !words(is).is_disjoint(&words(called))
}

#[cfg(test)]
mod tests {
    use super::*;
    use playbook_evaluator::domain::facts::{Money, Role};

    fn person(name: &str, title: &str) -> Stakeholder {
        let (name, title) = (name.to_owned(), title.to_owned());
        Stakeholder { name, title, role: Role::Unknown, present: false, evidence: Vec::new() }
    }

    #[test]
    fn a_person_is_known_by_name_or_by_office() {
        assert!(is_person("Gillian Marsh, CFO", &person("Gillian", "")));
        assert!(is_person("the CFO", &person("", "our CFO")));
        assert!(!is_person("Head of Finance", &person("", "head of legal")));
        assert!(!is_person("Gillian Marsh, CFO", &person("Tom", "CFO")));
    }

    #[test]
    fn a_wrong_fact_costs_precision_and_recall_a_missing_one_recall_alone() {
        let are: Slots = serde_json::from_str(
            r#"{"budget": {"amount": 90000, "currency": "EUR"}, "decision_date": "2026-05-01",
                "stakeholders": [{"name": null, "title": "lawyer"}, {"name": "Ana Lima", "title": null}]}"#,
        )
        .unwrap();
        let (currency, text) = ("EUR".to_owned(), String::new());
        let budget = Money { amount: 80_000.0, currency, text, evidence: Vec::new() };
        let stakeholders = vec![person("Ana", ""), person("Ana", "")];
        let mut tally = SlotTally::default();
        tally.add('b', &are, &Facts { budget: Some(budget), stakeholders, ..Facts::default() });
        let of = |slot: &str| tally.quality().get(slot).map(|q| (q.precision, q.recall, q.n)).unwrap();
        assert_eq!(of("budget"), (0.0, 0.0, 1));
        assert_eq!(of("decision_date"), (0.0, 0.0, 1));
        assert_eq!(of("stakeholders"), (0.5, 0.5, 2));
        assert_eq!(of("critical_event"), (0.0, 0.0, 0));
    }
}
