//! An entry of the log in a sentence.

use throughline_proto::forecast::v1 as pb;
use throughline_rpc::{name, timestamp};

use crate::domain::entry::{AppliedProposal, DealRecord, Fact};
use crate::domain::evaluated::{EvaluatedCall, NextStep, Outcome};
use crate::domain::ids::DealId;
use crate::store::Recorded;

pub fn log_entry(workspace: &str, of: &DealId, recorded: &Recorded) -> pb::DealLogEntry {
    let Recorded { position, recorded_at, entry } = recorded;
    let deal = entry.fact.deal().unwrap_or(of);
    pb::DealLogEntry {
        position: *position,
        deal: name::DEAL.format([workspace, &deal.0]),
        occur_time: Some(timestamp(entry.occurred_at)),
        know_time: Some(timestamp(entry.known_at)),
        kind: entry.fact.kind().id().to_owned(),
        call: entry.fact.call().map(|call| name::CALL.format([workspace, &call.0])).unwrap_or_default(),
        text: text(&entry.fact),
        record_time: Some(timestamp(*recorded_at)),
        evaluation: match &entry.fact {
            Fact::CallEvaluated { evaluation, .. } => name::EVALUATION.format([workspace, &evaluation.evaluation.0]),
            _ => String::new(),
        },
    }
}

fn text(fact: &Fact) -> String {
    match fact {
        Fact::RecordObserved { deal: _, record } => record_text(record),
        Fact::StageChanged { deal: _, to, status: _ } => format!("entered stage {}", to.as_str()),
        Fact::CallAssociated { call, deal } => format!("call {call} belongs to deal {deal}"),
        Fact::CallDissociated { call } => format!("call {call} belongs to no deal that is known well enough"),
        Fact::CallEvaluated { call, evaluation } => format!("call {call} evaluated: {}", evaluation_text(evaluation)),
        Fact::ProposalApplied { deal: _, proposal } => proposal_text(proposal),
    }
}

fn record_text(record: &DealRecord) -> String {
    let mut parts = Vec::new();
    parts.extend(record.stage.as_ref().map(|stage| format!("stage {}", stage.as_str())));
    parts.extend(record.amount.map(|amount| format!("amount {} {}", amount.units(), record.currency)));
    parts.extend(record.close_date.map(|day| format!("close date {day}")));
    let named = [("owner", &record.owner), ("segment", &record.segment), ("category", &record.category)];
    parts.extend(
        named.into_iter().filter(|(_, value)| !value.is_empty()).map(|(label, value)| format!("{label} {value}")),
    );
    let all = if parts.is_empty() { "no field filled".to_owned() } else { parts.join(", ") };
    format!("the CRM shows version {}: {all}", record.version)
}

fn evaluation_text(evaluation: &EvaluatedCall) -> String {
    let EvaluatedCall { playbook, playbook_revision, transcript_revision, behaviors, facts, .. } = evaluation;
    let of = |outcome| behaviors.iter().filter(|b| b.outcome == outcome).count();
    let (observed, missed) = (of(Outcome::Observed), of(Outcome::Missed));
    let step = facts.next_step.as_ref().map_or("none agreed", NextStep::said);
    format!(
        "playbook {} revision {playbook_revision} on transcript {transcript_revision}, {observed} behaviors observed and {missed} missed, \
         next step: {step}",
        playbook.0
    )
}

fn proposal_text(proposal: &AppliedProposal) -> String {
    let AppliedProposal { proposal: id, field, old_value, new_value, undone, decided_by, evidence: _ } = proposal;
    let verb = if *undone { "taken back" } else { "written" };
    format!("proposal {} {verb} by {decided_by}: {field} from `{old_value}` to `{new_value}`", id.0)
}
