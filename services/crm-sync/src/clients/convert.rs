//! The evaluator's messages as domain types. What breaks the contract is collected, never defaulted.

use chrono::{DateTime, NaiveDate, Utc};
use throughline_proto::common::v1 as common;
use throughline_proto::playbook::v1 as pb;
use throughline_rpc::{Violations, name};

use crate::domain::association::{AccountContext, CallContext, DealContext, Participant, Side};
use crate::domain::proposal::{Evidence, Fact, FactValue, Mapping, Slot, Support};
use crate::domain::schema::Policy;
use crate::store::facts::CallFacts;

/// Which fact goes to which field. A fact that this version does not know is left out and logged.
pub fn mappings(fields: &[pb::FieldMapping]) -> Vec<Mapping> {
    let mapping = |field: &pb::FieldMapping| {
        let Some(slot) = Slot::parse(&field.fact) else {
            tracing::warn!(fact = field.fact, "a playbook maps a fact that is not known here: left out");
            return None;
        };
        let policy = match field.policy() {
            pb::FieldPolicy::Auto => Policy::Auto,
            pb::FieldPolicy::Never => Policy::Never,
            pb::FieldPolicy::Review | pb::FieldPolicy::Unspecified => Policy::Review,
        };
        Some(Mapping { slot, field: field.field.clone(), policy })
    };
    fields.iter().filter_map(mapping).collect()
}

/// What an evaluation found, and whether its words are still there.
#[derive(Debug, Clone, PartialEq)]
pub struct Found {
    pub facts: CallFacts,
    /// Revision of the transcript, as its name has it; empty where that can't be told.
    pub transcript: String,
    /// When the evaluator erased the words of the call; none while they are there.
    pub purged_at: Option<DateTime<Utc>>,
}

/// What an evaluation found.
pub fn facts(workspace: &str, evaluation: pb::Evaluation, mappings: Vec<Mapping>) -> Result<Found, Violations> {
    let mut violations = Violations::new();
    let own = |violations: &mut Violations, field: &str, ids: Option<[String; 2]>| match ids {
        Some([of, id]) if of == workspace => id,
        _ => {
            violations.add(field, "is not of the workspace");
            String::new()
        }
    };
    let id = own(&mut violations, "name", name::EVALUATION.parse(&evaluation.name));
    let call = own(&mut violations, "call", name::CALL.parse(&evaluation.call));
    let playbook = name::REVISION.parse(&evaluation.revision).map(|[of, playbook, _]| [of, playbook]);
    let playbook = own(&mut violations, "revision", playbook);
    let evaluated_at = moment(&mut violations, "create_time", evaluation.create_time.as_ref());
    let call_time = moment(&mut violations, "call_time", evaluation.call_time.as_ref());
    let transcript = name::TRANSCRIPT.parse(&evaluation.transcript).map(|[.., number]| number).unwrap_or_default();
    let purged_at = evaluation.purge_time.as_ref().map(|at| moment(&mut violations, "purge_time", Some(at)));
    let facts = evaluation.facts.map(|facts| all_facts(facts, &mut violations)).unwrap_or_default();
    let context = CallContext {
        call,
        call_time,
        participants: evaluation.participants.into_iter().map(participant).collect(),
        account: evaluation.account.map(account).unwrap_or_default(),
        deal: evaluation.deal.map(deal).unwrap_or_default(),
    };
    if violations.is_empty() {
        let facts = CallFacts { playbook, evaluation: id, evaluated_at, context, facts, mappings };
        Ok(Found { facts, transcript, purged_at })
    } else {
        Err(violations)
    }
}

fn moment(violations: &mut Violations, field: &str, at: Option<&prost_types::Timestamp>) -> DateTime<Utc> {
    let moment = at.and_then(|at| DateTime::from_timestamp(at.seconds, u32::try_from(at.nanos).ok()?));
    moment.unwrap_or_else(|| {
        violations.add(field, "is no moment");
        DateTime::UNIX_EPOCH
    })
}

fn participant(person: common::Participant) -> Participant {
    let side = side(person.side());
    Participant { name: person.name, email: person.email, side }
}

fn side(side: common::Side) -> Side {
    match side {
        common::Side::Rep => Side::Rep,
        common::Side::Buyer => Side::Buyer,
        common::Side::Unspecified => Side::Unknown,
    }
}

fn account(account: common::AccountContext) -> AccountContext {
    let common::AccountContext { name, industry, employees, regulated, segment } = account;
    AccountContext { name, industry, employees: employees.map(i64::from), regulated, segment }
}

fn deal(deal: common::DealContext) -> DealContext {
    let common::DealContext { id, stage, amount, currency, close_date } = deal;
    DealContext { id, stage, amount, currency, close_date }
}

fn all_facts(facts: pb::Facts, violations: &mut Violations) -> Vec<Fact> {
    let pb::Facts {
        next_step,
        competitors,
        budget,
        decision_date,
        critical_event,
        economic_buyer,
        stakeholders: _,
        pains: _,
        objections: _,
        open_questions: _,
        commitments: _,
        amounts: _,
        decision_process: _,
    } = facts;
    let mut found = Vec::new();
    let mut add = |slot, value, evidence: Vec<common::Evidence>| {
        found.push(Fact { slot, value, evidence: evidence.into_iter().map(self::evidence).collect() });
    };
    if let Some(step) = next_step {
        add(Slot::NextStep, FactValue::Text(with_detail(&step.what, &step.owner)), step.evidence.clone());
        if let Some(date) = date(violations, "facts.next_step.date", &step.date) {
            add(Slot::NextStepDate, FactValue::Date(date), step.evidence);
        }
    }
    if !competitors.is_empty() {
        let names = competitors.iter().map(|competitor| competitor.name.clone()).collect();
        let evidence = competitors.into_iter().flat_map(|competitor| competitor.evidence).collect();
        add(Slot::Competitors, FactValue::Names(names), evidence);
    }
    if let Some(budget) = budget {
        let value = FactValue::Amount { units: budget.amount, currency: budget.currency };
        add(Slot::Budget, value, budget.evidence);
    }
    if let Some(decision) = decision_date
        && let Some(date) = date(violations, "facts.decision_date.date", &decision.date)
    {
        add(Slot::DecisionDate, FactValue::Date(date), decision.evidence);
    }
    if let Some(buyer) = economic_buyer {
        let text = if buyer.name.is_empty() { buyer.title } else { with_detail(&buyer.name, &buyer.title) };
        add(Slot::EconomicBuyer, FactValue::Text(text), buyer.evidence);
    }
    if let Some(event) = critical_event {
        add(Slot::CriticalEvent, FactValue::Text(with_detail(&event.what, &event.date)), event.evidence);
    }
    found
}

/// `Send the pack (Priya Raman)`.
fn with_detail(text: &str, detail: &str) -> String {
    if text.is_empty() || detail.is_empty() { text.to_owned() } else { format!("{text} ({detail})") }
}

fn date(violations: &mut Violations, field: &str, text: &str) -> Option<NaiveDate> {
    if text.is_empty() {
        return None;
    }
    violations.take(field, text.parse::<NaiveDate>().map_err(|_| "is no date"))
}

fn evidence(evidence: common::Evidence) -> Evidence {
    let (side, support) = (side(evidence.side()), support(evidence.support()));
    let common::Evidence {
        call,
        turn,
        end_turn,
        start_ms,
        end_ms,
        quote,
        side: _,
        speaker,
        speaker_confidence,
        support: _,
        method,
        confidence,
        purge_time,
    } = evidence;
    let purged_at = purge_time.and_then(|at| DateTime::from_timestamp(at.seconds, u32::try_from(at.nanos).ok()?));
    Evidence {
        call,
        turn,
        end_turn,
        start_ms,
        end_ms,
        quote,
        side,
        speaker,
        speaker_confidence,
        support,
        method,
        confidence,
        purged_at,
    }
}

fn support(support: common::Support) -> Support {
    match support {
        common::Support::Stated => Support::Stated,
        common::Support::Implied => Support::Implied,
        common::Support::Contradicted => Support::Contradicted,
        common::Support::Unverified | common::Support::Unspecified => Support::Unverified,
    }
}
