//! How sure it is that a call belongs to a deal. First the account: each trace multiplies the odds against "none of these"; then the deal
//! within the account: open deals share the rest, and "another one" keeps a share of its own.

use std::collections::{BTreeMap, HashSet};

use chrono::{Days, NaiveDate};
use serde::{Deserialize, Serialize};

use super::{CallContext, DealView, Side, Surroundings};
use crate::domain::text;

/// Odds that a trace multiplies for an account, against a call with none of the known accounts. Set by judgement, not fitted: a workspace
/// has no labelled associations at first. A name alone stays below the usual threshold, since people share names.
const ODDS_EMAIL: f64 = 60.0;
const ODDS_DOMAIN: f64 = 20.0;
const ODDS_ACCOUNT_NAME: f64 = 25.0;
const ODDS_PERSON_NAME: f64 = 3.0;
/// Weight of "a deal that is not in the CRM" beside an open deal's 1.
const WEIGHT_ANOTHER: f64 = 0.1;
const WEIGHT_CLOSED: f64 = 0.02;
const WEIGHT_NOT_YET_OPEN: f64 = 0.05;
/// A participant is a contact of the deal; the owner was on the call.
const FACTOR_CONTACT: f64 = 4.0;
const FACTOR_OWNER: f64 = 3.0;
/// Contacts beyond this many say nothing new.
const CONTACTS_COUNTED_MAX: usize = 2;
/// Deals are entered some days after the first call, and a call about a signature may follow the close.
const GRACE_DAYS: u64 = 14;
/// The id that came with the call, where nothing speaks against it; where something does.
const CONFIDENCE_GIVEN: f64 = 0.99;
const CONFIDENCE_GIVEN_CONTRADICTED: f64 = 0.5;
/// Most candidates that are kept.
const CANDIDATES_MAX: usize = 5;

/// When an association is made.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Settings {
    /// Below it a call has no deal, 0 to 1.
    pub min_confidence: f64,
}

/// A deal that the call may belong to.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Candidate {
    pub deal: String,
    /// 0 to 1.
    pub confidence: f64,
    /// What speaks for or against it, in sentences.
    pub reasons: Vec<String>,
}

/// What a machine makes of it.
#[derive(Debug, Clone, PartialEq)]
pub struct Verdict {
    /// Nothing when no candidate is sure enough.
    pub deal: Option<String>,
    /// Of the deal; of the best candidate when there is none.
    pub confidence: f64,
    /// Best first.
    pub candidates: Vec<Candidate>,
}

/// Weighs what the CRM has near the call.
pub fn judge(context: &CallContext, near: &Surroundings, settings: Settings) -> Verdict {
    let accounts = weigh_accounts(context, near);
    let mut candidates = match near.deals.iter().find(|deal| !context.deal.id.is_empty() && deal.id == context.deal.id)
    {
        Some(given) => vec![judge_given(context, near, given, &accounts)],
        None if !context.deal.id.is_empty() => Vec::new(),
        None => weigh_deals(context, near, &accounts),
    };
    // Ties by id, so that the same input gives the same answer.
    candidates.sort_by(|a, b| b.confidence.total_cmp(&a.confidence).then_with(|| a.deal.cmp(&b.deal)));
    candidates.truncate(CANDIDATES_MAX);
    for candidate in &mut candidates {
        // Four decimals are more than the weights carry, and survive being stored as text.
        candidate.confidence = (candidate.confidence * 10_000.0).floor() / 10_000.0;
    }
    let best = candidates.first();
    Verdict {
        deal: best.filter(|best| best.confidence >= settings.min_confidence).map(|best| best.deal.clone()),
        confidence: best.map_or(0.0, |best| best.confidence),
        candidates,
    }
}

/// What speaks for an account.
#[derive(Debug, Clone, Default)]
struct AccountWeight {
    odds: f64,
    reasons: Vec<String>,
    probability: f64,
}

fn weigh_accounts(context: &CallContext, near: &Surroundings) -> BTreeMap<String, AccountWeight> {
    let mut weights: BTreeMap<String, AccountWeight> = BTreeMap::new();
    let mut add = |account: &str, odds: f64, reason: String| {
        if !account.is_empty() {
            let weight =
                weights.entry(account.to_owned()).or_insert(AccountWeight { odds: 1.0, ..AccountWeight::default() });
            weight.odds *= odds;
            weight.reasons.push(reason);
        }
    };
    let key = text::company_key(&context.account.name);
    for account in near.accounts.iter().filter(|account| !key.is_empty() && text::company_key(&account.name) == key) {
        add(&account.id, ODDS_ACCOUNT_NAME, format!("the call names {}", account.name));
    }
    let mut domains_counted = HashSet::new();
    for person in context.participants.iter().filter(|person| person.side != Side::Rep) {
        let email = person.email.to_lowercase();
        if let Some(contact) = near.contacts.iter().find(|contact| !email.is_empty() && contact.email == email) {
            add(&contact.account, ODDS_EMAIL, format!("{email} is a contact"));
            continue;
        }
        if let Some(host) = text::employer_domain(&email) {
            for account in near
                .accounts
                .iter()
                .filter(|account| account.domains.iter().any(|domain| text::is_under(&host, domain)))
            {
                // Two colleagues are one trace: they share the domain for one reason.
                if domains_counted.insert((account.id.clone(), host.clone())) {
                    add(&account.id, ODDS_DOMAIN, format!("{host} belongs to {}", account.name));
                }
            }
        }
        if is_full_name(&person.name) {
            let key = text::person_key(&person.name);
            for contact in near.contacts.iter().filter(|contact| text::person_key(&contact.name) == key) {
                add(&contact.account, ODDS_PERSON_NAME, format!("a contact is called {}", contact.name));
            }
        }
    }
    let total: f64 = 1.0 + weights.values().map(|weight| weight.odds).sum::<f64>();
    weights.values_mut().for_each(|weight| weight.probability = weight.odds / total);
    weights
}

/// A first name alone names nobody.
fn is_full_name(name: &str) -> bool {
    text::person_key(name).contains(' ')
}

fn judge_given(
    context: &CallContext,
    near: &Surroundings,
    deal: &DealView,
    accounts: &BTreeMap<String, AccountWeight>,
) -> Candidate {
    let mut reasons = vec!["its id came with the call".to_owned()];
    let own = near.accounts.iter().find(|account| account.id == deal.account);
    let named = text::company_key(&context.account.name);
    let mut contradicted = false;
    if let Some(own) = own
        && !named.is_empty()
        && text::company_key(&own.name) != named
    {
        reasons.push(format!("but the call names {} and the deal is of {}", context.account.name, own.name));
        contradicted = true;
    }
    let strongest = accounts.iter().max_by(|a, b| a.1.odds.total_cmp(&b.1.odds));
    if let Some((account, weight)) = strongest
        && !deal.account.is_empty()
        && *account != deal.account
        && weight.odds >= ODDS_DOMAIN
        && !accounts.contains_key(&deal.account)
    {
        reasons.push(format!("but {}", weight.reasons.join(", ")));
        contradicted = true;
    }
    if let Some(weight) = accounts.get(&deal.account) {
        reasons.extend(weight.reasons.iter().cloned());
    }
    let confidence = if contradicted { CONFIDENCE_GIVEN_CONTRADICTED } else { CONFIDENCE_GIVEN };
    Candidate { deal: deal.id.clone(), confidence, reasons }
}

fn weigh_deals(
    context: &CallContext,
    near: &Surroundings,
    accounts: &BTreeMap<String, AccountWeight>,
) -> Vec<Candidate> {
    let mut candidates = Vec::new();
    for (account, weight) in accounts {
        let weighed: Vec<(&DealView, f64, Vec<String>)> = near
            .deals
            .iter()
            .filter(|deal| deal.account == *account)
            .map(|deal| {
                let (weight, reasons) = weigh_deal(context, near, deal);
                (deal, weight, reasons)
            })
            .collect();
        let total: f64 = WEIGHT_ANOTHER + weighed.iter().map(|(_, weight, _)| weight).sum::<f64>();
        for (deal, deal_weight, reasons) in weighed {
            let reasons = weight.reasons.iter().cloned().chain(reasons).collect();
            candidates.push(Candidate {
                deal: deal.id.clone(),
                confidence: weight.probability * deal_weight / total,
                reasons,
            });
        }
    }
    candidates
}

fn weigh_deal(context: &CallContext, near: &Surroundings, deal: &DealView) -> (f64, Vec<String>) {
    let (mut weight, when) = weigh_dates(context.call_time.date_naive(), deal);
    let mut reasons = vec![when.to_owned()];
    if weight < 1.0 {
        // The same people meet again after a deal is over: that they were there does not bring it back.
        return (weight, reasons);
    }
    let present = |contact: &&String| {
        let contact = near.contacts.iter().find(|known| known.id == **contact);
        contact.is_some_and(|contact| {
            context.participants.iter().any(|person| {
                let same_email = !contact.email.is_empty() && person.email.eq_ignore_ascii_case(&contact.email);
                same_email
                    || (is_full_name(&person.name) && text::person_key(&person.name) == text::person_key(&contact.name))
            })
        })
    };
    let contacts = deal.contacts.iter().filter(present).count();
    if contacts > 0 {
        weight *= FACTOR_CONTACT.powi(i32::try_from(contacts.min(CONTACTS_COUNTED_MAX)).unwrap_or(0));
        reasons.push(format!("{contacts} of its contacts were on the call"));
    }
    let reps = context.participants.iter().filter(|person| person.side == Side::Rep);
    if !deal.owner.is_empty() && reps.into_iter().any(|rep| text::user_id(&rep.name, &rep.email) == deal.owner) {
        weight *= FACTOR_OWNER;
        reasons.push("its owner was on the call".to_owned());
    }
    (weight, reasons)
}

fn weigh_dates(call: NaiveDate, deal: &DealView) -> (f64, &'static str) {
    let grace = Days::new(GRACE_DAYS);
    if deal.opened_on.is_some_and(|opened| opened > call + grace) {
        return (WEIGHT_NOT_YET_OPEN, "it was opened after the call");
    }
    match (deal.open, deal.closed_on) {
        (true, _) => (1.0, "it is open"),
        (false, Some(closed)) if closed + grace >= call => (1.0, "it was open at the time of the call"),
        (false, Some(_)) => (WEIGHT_CLOSED, "it was closed before the call"),
        (false, None) => (WEIGHT_CLOSED, "it is closed"),
    }
}
