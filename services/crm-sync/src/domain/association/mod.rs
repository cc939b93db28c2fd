//! Which deal a call belongs to: candidates with confidence and reasons, and the log of what was decided when. A call whose deal
//! is not known well enough has none: a wrong name is worse than no name.

mod decision;
mod score;
#[cfg(test)]
mod tests;

pub use decision::{Association, AssociationState, confirm, revise};
pub use score::{Candidate, Settings, Verdict, judge};

use chrono::{DateTime, NaiveDate, Utc};
use serde::{Deserialize, Serialize};

/// On whose side of the table somebody sits.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Side {
    Unknown,
    Rep,
    Buyer,
}

/// A person on a call.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Participant {
    pub name: String,
    /// Empty when not known.
    pub email: String,
    pub side: Side,
}

/// What a call says about whom it was with, as its creator gave it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct CallContext {
    /// Id of the call.
    pub call: String,
    /// When it took place.
    pub call_time: DateTime<Utc>,
    pub participants: Vec<Participant>,
    pub account: AccountContext,
    pub deal: DealContext,
}

impl CallContext {
    /// Erases who else than reps was on the call. Reps may still place it.
    pub fn erase_people(&mut self) {
        for person in self.participants.iter_mut().filter(|person| person.side != Side::Rep) {
            (person.name, person.email) = (String::new(), String::new());
        }
    }
}

/// The account as the call's creator knew it; texts are empty when not known.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct AccountContext {
    pub name: String,
    pub industry: String,
    pub employees: Option<i64>,
    pub regulated: Option<bool>,
    pub segment: String,
}

/// The deal as the call's creator knew it; texts are empty when not known.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct DealContext {
    pub id: String,
    pub stage: String,
    /// In units of `currency`.
    pub amount: Option<f64>,
    pub currency: String,
    pub close_date: String,
}

/// An account near the call.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AccountView {
    pub id: String,
    pub name: String,
    pub domains: Vec<String>,
}

/// A contact near the call.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ContactView {
    pub id: String,
    /// Empty when the CRM has none.
    pub account: String,
    pub name: String,
    pub email: String,
}

/// A deal near the call.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DealView {
    pub id: String,
    /// Empty when the CRM has none.
    pub account: String,
    /// User id of the owner, empty when the CRM has none.
    pub owner: String,
    /// Ids of contacts on it.
    pub contacts: Vec<String>,
    pub opened_on: Option<NaiveDate>,
    /// Only of a closed one.
    pub closed_on: Option<NaiveDate>,
    pub open: bool,
}

/// What the CRM has near a call: everything that its id, names, addresses or domains lead to.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Surroundings {
    pub accounts: Vec<AccountView>,
    pub contacts: Vec<ContactView>,
    pub deals: Vec<DealView>,
}
