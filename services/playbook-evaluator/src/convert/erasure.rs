//! An evaluation without the words of its call: what was concluded stays, and where it was found.

use chrono::{DateTime, Utc};
use throughline_proto::common::v1::{Evidence, Participant};
use throughline_proto::playbook::v1 as pb;
use throughline_rpc::timestamp;

use crate::settle::JUDGED_MISSED;

/// Who took on a next step, once names are gone: that somebody did is a conclusion.
const SOMEBODY: &str = "somebody";

/// Erases quotes, everything else that was said, and who people are. One that was erased stays as it is.
pub fn erase(evaluation: &mut pb::Evaluation, at: DateTime<Utc>) {
    if evaluation.purge_time.is_some() {
        return;
    }
    evaluation.purge_time = Some(timestamp(at));
    for person in &mut evaluation.participants {
        let Participant { id: _, name, side: _, email, title, channel: _ } = person;
        clear([name, email, title]);
    }
    for result in &mut evaluation.behaviors {
        places(&mut result.evidence, at);
        // What a judge gives as its reason quotes the words it judged.
        if result.reason.starts_with(JUDGED_MISSED) {
            result.reason = format!("{JUDGED_MISSED}.");
        }
    }
    for signal in &mut evaluation.signals {
        places(&mut signal.evidence, at);
    }
    for risk in &mut evaluation.risks {
        places(&mut risk.evidence, at);
    }
    for letter in evaluation.qualification.iter_mut().flat_map(|result| &mut result.letters) {
        places(&mut letter.evidence, at);
    }
    if let Some(facts) = &mut evaluation.facts {
        erase_facts(facts, at);
    }
}

/// Destructured in full: a fact that is added can't be forgotten.
fn erase_facts(facts: &mut pb::Facts, at: DateTime<Utc>) {
    let pb::Facts {
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
    if let Some(pb::NextStep { what, owner, date: _, date_text, evidence }) = next_step {
        clear([what, date_text]);
        if !owner.is_empty() {
            SOMEBODY.clone_into(owner);
        }
        places(evidence, at);
    }
    for pb::Competitor { name: _, evidence, answered: _ } in competitors {
        places(evidence, at);
    }
    for pb::Commitment { what, owner, side: _, date: _, date_text, evidence } in commitments {
        clear([what, date_text]);
        if !owner.is_empty() {
            SOMEBODY.clone_into(owner);
        }
        places(evidence, at);
    }
    for pb::Money { amount: _, currency: _, text, evidence } in budget.iter_mut().chain(amounts) {
        text.clear();
        places(evidence, at);
    }
    if let Some(pb::DateFact { date: _, text, evidence }) = decision_date {
        text.clear();
        places(evidence, at);
    }
    if let Some(pb::CriticalEvent { what, date: _, evidence }) = critical_event {
        what.clear();
        places(evidence, at);
    }
    for pb::Stakeholder { name, title, role: _, present: _, evidence } in economic_buyer.iter_mut().chain(stakeholders)
    {
        clear([name, title]);
        places(evidence, at);
    }
    for pb::Statement { text, evidence } in pains.iter_mut().chain(open_questions).chain(decision_process) {
        text.clear();
        places(evidence, at);
    }
    for pb::Objection { kind: _, text, handling: _, evidence } in objections {
        text.clear();
        places(evidence, at);
    }
}

fn places(evidence: &mut [Evidence], at: DateTime<Utc>) {
    for place in evidence {
        clear([&mut place.quote, &mut place.speaker]);
        place.purge_time = Some(timestamp(at));
    }
}

fn clear<const N: usize>(texts: [&mut String; N]) {
    for text in texts {
        // Not `clear`: a buffer that is let go keeps nothing.
        *text = String::new();
    }
}
