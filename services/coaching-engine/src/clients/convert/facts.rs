//! Facts of a call from the proto.

use throughline_proto::playbook::v1 as pb;

use super::reader::Reader;
use crate::domain::facts::{
    Budget, Competitor, CriticalEvent, DateFact, Facts, NextStep, Objection, ObjectionHandling, Stakeholder, Statement,
};

pub(super) fn facts(reader: &mut Reader<'_>, message: pb::Facts) -> Facts {
    reader.within("facts", |reader| Facts {
        next_step: reader.optional("next_step", message.next_step, next_step),
        pains: reader.each("pains", message.pains, statement),
        decision_process: reader.each("decision_process", message.decision_process, statement),
        decision_date: reader.optional("decision_date", message.decision_date, decision_date),
        critical_event: reader.optional("critical_event", message.critical_event, critical_event),
        budget: reader.optional("budget", message.budget, budget),
        economic_buyer: reader.optional("economic_buyer", message.economic_buyer, stakeholder),
        stakeholders: reader.each("stakeholders", message.stakeholders, stakeholder),
        objections: reader.each("objections", message.objections, objection),
        competitors: reader.each("competitors", message.competitors, competitor),
        open_questions: reader.each("open_questions", message.open_questions, statement),
    })
}

fn next_step(reader: &mut Reader<'_>, message: pb::NextStep) -> Option<NextStep> {
    Some(NextStep {
        date: reader.day("date", &message.date),
        evidence: reader.evidence(message.evidence),
        what: message.what,
        owner: message.owner,
        date_text: message.date_text,
    })
}

fn statement(reader: &mut Reader<'_>, message: pb::Statement) -> Option<Statement> {
    Some(Statement { text: message.text, evidence: reader.evidence(message.evidence) })
}

fn decision_date(reader: &mut Reader<'_>, message: pb::DateFact) -> Option<DateFact> {
    reader.check(!message.date.is_empty(), "date", "is required");
    Some(DateFact { date: reader.day("date", &message.date)?, evidence: reader.evidence(message.evidence) })
}

fn critical_event(reader: &mut Reader<'_>, message: pb::CriticalEvent) -> Option<CriticalEvent> {
    Some(CriticalEvent {
        date: reader.day("date", &message.date),
        evidence: reader.evidence(message.evidence),
        what: message.what,
    })
}

fn budget(reader: &mut Reader<'_>, message: pb::Money) -> Option<Budget> {
    reader.check(message.amount.is_finite(), "amount", "must be a number");
    Some(Budget { amount: message.amount, evidence: reader.evidence(message.evidence), currency: message.currency })
}

fn stakeholder(reader: &mut Reader<'_>, message: pb::Stakeholder) -> Option<Stakeholder> {
    Some(Stakeholder {
        evidence: reader.evidence(message.evidence),
        name: message.name,
        title: message.title,
        role: message.role,
        present: message.present,
    })
}

fn objection(reader: &mut Reader<'_>, message: pb::Objection) -> Option<Objection> {
    let handling = match message.handling() {
        pb::ObjectionHandling::Explored => Some(ObjectionHandling::Explored),
        pb::ObjectionHandling::Answered => Some(ObjectionHandling::Answered),
        pb::ObjectionHandling::Open => Some(ObjectionHandling::Open),
        pb::ObjectionHandling::Unspecified => None,
    };
    reader.check(handling.is_some(), "handling", "is not set or not known to this version");
    Some(Objection {
        evidence: reader.evidence(message.evidence),
        handling: handling?,
        kind: message.kind,
        text: message.text,
    })
}

fn competitor(reader: &mut Reader<'_>, message: pb::Competitor) -> Option<Competitor> {
    Some(Competitor { evidence: reader.evidence(message.evidence), name: message.name, answered: message.answered })
}
