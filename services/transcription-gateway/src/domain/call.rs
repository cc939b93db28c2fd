//! A call: who talked, when, and what its creator knew of account and deal.

use std::collections::HashSet;

use chrono::{DateTime, NaiveDate, Utc};
use serde::{Deserialize, Serialize};

use super::Violation;
use super::consent::{self, Consent};

/// Most participants of a call.
pub const MAX_PARTICIPANTS: usize = 100;
const MAX_TITLE: usize = 300;
const MAX_NAME: usize = 200;
const MAX_ID: usize = 63;

/// On whose side of the table somebody sits.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Side {
    /// Not known: what is said proves nothing about either side.
    #[default]
    Unknown,
    Rep,
    Buyer,
}

/// Somebody on the call.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct Participant {
    /// Id inside the call.
    pub id: String,
    pub name: String,
    pub side: Side,
    pub email: String,
    pub title: String,
    /// Recording channel on which this person alone speaks.
    pub channel: Option<u8>,
}

/// What the creator knew of the account.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct Account {
    pub name: String,
    pub industry: String,
    pub employees: Option<i32>,
    pub regulated: Option<bool>,
    pub segment: String,
}

/// What the creator knew of the deal.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct Deal {
    pub id: String,
    pub stage: String,
    /// Major units of `currency`.
    pub amount: Option<f64>,
    pub currency: String,
    pub close_date: Option<NaiveDate>,
}

/// What a call's creator tells about it.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Details {
    pub title: String,
    pub call_type: String,
    pub start_time: Option<DateTime<Utc>>,
    /// IANA name; empty stands for UTC.
    pub time_zone: String,
    pub participants: Vec<Participant>,
    /// What participants said to being recorded, oldest first.
    pub consents: Vec<Consent>,
    pub account: Account,
    pub deal: Deal,
}

impl Details {
    /// Everything that is wrong with the details.
    pub fn violations(&self) -> Vec<Violation> {
        let Self { title, call_type, start_time: _, time_zone, participants, consents, account, deal } = self;
        let mut found = Vec::new();
        let mut check = |holds: bool, place: &str, problem: &str| {
            if !holds {
                found.push(Violation::new(place, problem));
            }
        };
        check(title.chars().count() <= MAX_TITLE, "title", "must have at most 300 characters");
        let slug = call_type.len() <= 40 && call_type.bytes().all(|b| b.is_ascii_lowercase() || b == b'_');
        check(slug, "call_type", "must be at most 40 of `a-z _`, for example `discovery`");
        let zone = time_zone.is_empty() || time_zone.parse::<chrono_tz::Tz>().is_ok();
        check(zone, "time_zone", "must be an IANA time zone, for example `Europe/London`");
        check(participants.len() <= MAX_PARTICIPANTS, "participants", "must be at most 100");
        check(account.employees.is_none_or(|n| n >= 0), "account.employees", "must not be negative");
        for (place, text) in [
            ("account.name", &account.name),
            ("account.industry", &account.industry),
            ("account.segment", &account.segment),
            ("deal.id", &deal.id),
            ("deal.stage", &deal.stage),
        ] {
            check(text.chars().count() <= MAX_NAME, place, "must have at most 200 characters");
        }
        let amount = deal.amount.is_none_or(|amount| amount.is_finite() && amount >= 0.0);
        check(amount, "deal.amount", "must be a number that is not negative");
        check(is_currency(&deal.currency), "deal.currency", "must be an ISO 4217 code, for example `EUR`");
        found.extend(participant_violations(participants));
        found.extend(consent::violations(participants, consents));
        found
    }

    /// Takes from `other` what is not known here.
    pub fn complete_from(&mut self, other: Details) {
        let Details { title, call_type, start_time, time_zone, participants: _, consents, account, deal } = other;
        for (ours, theirs) in [
            (&mut self.title, title),
            (&mut self.call_type, call_type),
            (&mut self.time_zone, time_zone),
            (&mut self.account.name, account.name),
            (&mut self.account.industry, account.industry),
            (&mut self.account.segment, account.segment),
        ] {
            if ours.is_empty() {
                *ours = theirs;
            }
        }
        self.start_time = self.start_time.or(start_time);
        // What somebody said here is not overruled by a file that was made before.
        let silent = |consent: &Consent| self.consents.iter().all(|ours| ours.participant != consent.participant);
        let new: Vec<Consent> = consents.into_iter().filter(silent).collect();
        self.consents.extend(new);
        self.account.employees = self.account.employees.or(account.employees);
        self.account.regulated = self.account.regulated.or(account.regulated);
        // A deal's facts belong together: half of one and half of another would be a third.
        if self.deal.id.is_empty() || self.deal.id == deal.id {
            let ours = std::mem::take(&mut self.deal);
            self.deal = Deal {
                id: if ours.id.is_empty() { deal.id } else { ours.id },
                stage: if ours.stage.is_empty() { deal.stage } else { ours.stage },
                amount: ours.amount.or(deal.amount),
                currency: if ours.currency.is_empty() { deal.currency } else { ours.currency },
                close_date: ours.close_date.or(deal.close_date),
            };
        }
    }
}

fn participant_violations(participants: &[Participant]) -> Vec<Violation> {
    let mut found = Vec::new();
    let mut ids = HashSet::new();
    let mut channels = HashSet::new();
    for (index, participant) in participants.iter().enumerate() {
        let Participant { id, name, side: _, email, title, channel } = participant;
        let mut add = |field: &str, problem: &str| {
            found.push(Violation::new(format!("participants[{index}].{field}"), problem));
        };
        if !is_participant_id(id) {
            add("id", "must be 1 to 63 of `A-Z a-z 0-9 - _ . @`");
        } else if !ids.insert(id) {
            add("id", "is used by another participant");
        }
        if channel.is_some_and(|channel| channel > 1) {
            add("channel", "must be 0 or 1");
        } else if channel.is_some_and(|channel| !channels.insert(channel)) {
            add("channel", "is another participant's alone; leave it out where a channel is shared");
        }
        for (field, text) in [("name", name), ("email", email), ("title", title)] {
            if text.chars().count() > MAX_NAME {
                add(field, "must have at most 200 characters");
            }
        }
        if !email.is_empty() && !email.contains('@') {
            add("email", "must be an e-mail address");
        }
    }
    found
}

fn is_participant_id(id: &str) -> bool {
    (1..=MAX_ID).contains(&id.len())
        && id.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_' | b'.' | b'@'))
}

fn is_currency(code: &str) -> bool {
    code.is_empty() || (code.len() == 3 && code.bytes().all(|b| b.is_ascii_uppercase()))
}

/// Whether `id` may be a call's id: 1 to 63 of `a-z 0-9 - _`.
pub fn is_call_id(id: &str) -> bool {
    (1..=MAX_ID).contains(&id.len())
        && id.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || matches!(b, b'-' | b'_'))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn person(id: &str, channel: Option<u8>) -> Participant {
        Participant { id: id.to_owned(), channel, ..Participant::default() }
    }

    #[test]
    fn every_violation_is_reported_with_its_field() {
        let details = Details {
            time_zone: "Mars/Olympus".to_owned(),
            call_type: "Discovery!".to_owned(),
            participants: vec![person("s1", Some(0)), person("s1", Some(0)), person("", Some(7))],
            deal: Deal { amount: Some(f64::NAN), currency: "eur".to_owned(), ..Deal::default() },
            ..Details::default()
        };
        let places: Vec<String> = details.violations().into_iter().map(|violation| violation.place).collect();
        assert_eq!(
            places,
            [
                "call_type",
                "time_zone",
                "deal.amount",
                "deal.currency",
                "participants[1].id",
                "participants[1].channel",
                "participants[2].id",
                "participants[2].channel"
            ]
        );
    }

    #[test]
    fn what_is_known_is_not_replaced_and_another_deal_is_not_mixed_in() {
        let mut known = Details {
            title: "First call".to_owned(),
            deal: Deal { id: "D-1".to_owned(), ..Deal::default() },
            ..Details::default()
        };
        known.complete_from(Details {
            title: "Other".to_owned(),
            call_type: "demo".to_owned(),
            deal: Deal { id: "D-2".to_owned(), amount: Some(5.0), ..Deal::default() },
            ..Details::default()
        });
        assert_eq!((known.title.as_str(), known.call_type.as_str()), ("First call", "demo"));
        assert_eq!((known.deal.id.as_str(), known.deal.amount), ("D-1", None));
    }
}
