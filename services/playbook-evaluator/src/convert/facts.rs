//! Facts as the API gives them.

use throughline_proto::playbook::v1 as pb;

use super::evaluation::{evidence, side};
use crate::domain::facts::{
    Commitment, Competitor, CriticalEvent, DateFact, Facts, Handling, Money, NextStep, Objection, Stakeholder,
    Statement,
};

pub(super) fn facts(facts: Facts) -> pb::Facts {
    let Facts {
        next_step,
        competitors,
        budget,
        decision_date,
        critical_event,
        economic_buyer,
        stakeholders,
        pains,
        objections,
        open_questions,
        decision_process,
        commitments,
        amounts,
    } = facts;
    pb::Facts {
        next_step: next_step.map(next_step_of),
        competitors: competitors.into_iter().map(competitor).collect(),
        budget: budget.map(money),
        decision_date: decision_date.map(date),
        critical_event: critical_event.map(event),
        economic_buyer: economic_buyer.map(stakeholder),
        stakeholders: stakeholders.into_iter().map(stakeholder).collect(),
        pains: pains.into_iter().map(statement).collect(),
        objections: objections.into_iter().map(objection).collect(),
        open_questions: open_questions.into_iter().map(statement).collect(),
        decision_process: decision_process.into_iter().map(statement).collect(),
        commitments: commitments.into_iter().map(commitment).collect(),
        amounts: amounts.into_iter().map(money).collect(),
    }
}

fn next_step_of(step: NextStep) -> pb::NextStep {
    pb::NextStep {
        what: step.what,
        owner: step.owner,
        date: step.date.map(|date| date.to_string()).unwrap_or_default(),
        date_text: step.date_text,
        evidence: evidence(step.evidence),
    }
}

fn commitment(commitment: Commitment) -> pb::Commitment {
    pb::Commitment {
        what: commitment.what,
        owner: commitment.owner,
        side: side(commitment.side).into(),
        date: commitment.date.map(|date| date.to_string()).unwrap_or_default(),
        date_text: commitment.date_text,
        evidence: evidence(commitment.evidence),
    }
}

fn competitor(competitor: Competitor) -> pb::Competitor {
    pb::Competitor { name: competitor.name, evidence: evidence(competitor.evidence), answered: competitor.answered }
}

fn money(money: Money) -> pb::Money {
    pb::Money { amount: money.amount, currency: money.currency, text: money.text, evidence: evidence(money.evidence) }
}

fn date(fact: DateFact) -> pb::DateFact {
    pb::DateFact { date: fact.date.to_string(), text: fact.text, evidence: evidence(fact.evidence) }
}

fn event(event: CriticalEvent) -> pb::CriticalEvent {
    let date = event.date.map(|date| date.to_string()).unwrap_or_default();
    pb::CriticalEvent { what: event.what, date, evidence: evidence(event.evidence) }
}

fn stakeholder(person: Stakeholder) -> pb::Stakeholder {
    pb::Stakeholder {
        name: person.name,
        title: person.title,
        role: person.role.as_str().to_owned(),
        present: person.present,
        evidence: evidence(person.evidence),
    }
}

fn statement(statement: Statement) -> pb::Statement {
    pb::Statement { text: statement.text, evidence: evidence(statement.evidence) }
}

fn objection(objection: Objection) -> pb::Objection {
    let handling = match objection.handling {
        Handling::Explored => pb::ObjectionHandling::Explored,
        Handling::Answered => pb::ObjectionHandling::Answered,
        Handling::Open => pb::ObjectionHandling::Open,
    };
    pb::Objection {
        kind: objection.kind,
        text: objection.text,
        handling: handling.into(),
        evidence: evidence(objection.evidence),
    }
}
