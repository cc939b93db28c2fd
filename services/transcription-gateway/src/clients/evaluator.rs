//! The playbook evaluator: what its evaluations found of behaviors is read from it.

use std::collections::BTreeSet;

use chrono::DateTime;
use throughline_proto::common::v1::Evidence;
use throughline_proto::playbook::v1 as pb;
use throughline_proto::playbook::v1::behavior_result::Outcome as Wire;
use throughline_proto::playbook::v1::evaluation_service_client::EvaluationServiceClient;
use throughline_rpc::client::Peer;
use throughline_rpc::{Error, Reason, Violations, name};

use crate::store::behaviors::{BehaviorFound, Evaluated, Outcome};
use crate::store::search::place::MAX_TURNS;

/// Reads evaluations.
#[derive(Clone)]
pub struct Evaluator {
    peer: Peer,
    client: EvaluationServiceClient<Peer>,
}

impl Evaluator {
    /// Over a connection to the evaluator.
    pub fn new(peer: Peer) -> Self {
        Self { client: EvaluationServiceClient::new(peer.clone()), peer }
    }

    /// What an evaluation of `workspace` found; `None` if there is none of that id any more.
    ///
    /// # Errors
    /// The peer's error, translated; INTERNAL with every violation when its answer breaks the contract.
    pub async fn get(&self, workspace: &str, evaluation: &str) -> Result<Option<Evaluated>, Error> {
        let name = name::EVALUATION.format([workspace, evaluation]);
        let request = pb::GetEvaluationRequest { name: name.clone() };
        let answer = match self.client.clone().get_evaluation(request).await {
            Ok(answer) => answer.into_inner(),
            Err(status) => {
                let error = self.peer.error(&status);
                return if error.reason() == Reason::ResourceNotFound { Ok(None) } else { Err(error) };
            }
        };
        read(workspace, evaluation, answer).map(Some).map_err(|violations| {
            let found: Vec<String> =
                violations.as_slice().iter().map(|(field, what)| format!("{field} {what}")).collect();
            Error::internal(format!("{name} as {} gave it: {}", self.peer.name(), found.join("; ")))
        })
    }
}

fn read(workspace: &str, id: &str, message: pb::Evaluation) -> Result<Evaluated, Violations> {
    let pb::Evaluation { transcript, revision, create_time, behaviors, .. } = message;
    let mut violations = Violations::new();
    let of_transcript = name::TRANSCRIPT.parse(&transcript).filter(|[of, ..]| of == workspace);
    let number = of_transcript.as_ref().and_then(|[_, _, number]| number.parse::<i32>().ok());
    violations.check(number.is_some(), "transcript", "must be a transcript of the same workspace");
    let of_revision = name::REVISION.parse(&revision).filter(|[of, ..]| of == workspace);
    violations.check(of_revision.is_some(), "revision", "must be a revision of the same workspace");
    let at = create_time
        .and_then(|time| DateTime::from_timestamp(time.seconds, u32::try_from(time.nanos).ok()?))
        // What PostgreSQL keeps of it, so that it compares with what is stored.
        .and_then(|at| DateTime::from_timestamp_micros(at.timestamp_micros()));
    violations.check(at.is_some(), "create_time", "must be a moment");
    let mut seen = BTreeSet::new();
    let mut found = Vec::with_capacity(behaviors.len());
    for (index, behavior) in behaviors.into_iter().enumerate() {
        let field = |name: &str| format!("behaviors[{index}].{name}");
        violations.check(!behavior.id.is_empty(), &field("id"), "is required");
        violations.check(seen.insert(behavior.id.clone()), &field("id"), "is there twice");
        let outcome = outcome(behavior.outcome());
        violations.check(outcome.is_some(), &field("outcome"), "is not set or not known to this version");
        let turns = turns(&behavior.evidence, &of_transcript);
        found.extend(outcome.map(|outcome| BehaviorFound { id: behavior.id, outcome, turns }));
    }
    let (Some([_, call, _]), Some(number), Some([_, playbook, _]), Some(at)) = (of_transcript, number, of_revision, at)
    else {
        return Err(violations);
    };
    if !violations.is_empty() {
        return Err(violations);
    }
    let (workspace, evaluation) = (workspace.to_owned(), id.to_owned());
    Ok(Evaluated { workspace, call, number, playbook, evaluation, at, behaviors: found })
}

fn outcome(outcome: Wire) -> Option<Outcome> {
    match outcome {
        Wire::Observed => Some(Outcome::Observed),
        Wire::Missed => Some(Outcome::Missed),
        Wire::NotApplicable => Some(Outcome::NotApplicable),
        Wire::Unknown => Some(Outcome::Unknown),
        Wire::Unspecified => None,
    }
}

/// The turns of the call that are evidence. Evidence of other calls, or of turns that no transcript has, leads nowhere.
fn turns(evidence: &[Evidence], of: &Option<[String; 3]>) -> Vec<u16> {
    let call = of.as_ref().map(|[workspace, call, _]| name::CALL.format([workspace, call]));
    let here = evidence.iter().filter(|evidence| Some(&evidence.call) == call.as_ref());
    let turns = here.flat_map(|evidence| evidence.turn..=evidence.end_turn.max(evidence.turn));
    let turns: BTreeSet<u16> = turns.take(MAX_TURNS).filter_map(|turn| u16::try_from(turn).ok()).collect();
    turns.into_iter().collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn evaluation() -> pb::Evaluation {
        let evidence =
            |call: &str, turn, end_turn| Evidence { call: call.to_owned(), turn, end_turn, ..Default::default() };
        let call = "workspaces/demo/calls/c1";
        pb::Evaluation {
            transcript: format!("{call}/transcripts/2"),
            revision: "workspaces/demo/playbooks/p/revisions/3".to_owned(),
            create_time: Some(prost_types::Timestamp { seconds: 5, nanos: 1_999 }),
            behaviors: vec![pb::BehaviorResult {
                id: "asks_budget".to_owned(),
                outcome: Wire::Observed.into(),
                evidence: vec![evidence(call, 4, 5), evidence(call, 5, 0), evidence("workspaces/demo/calls/c2", 9, 9)],
                ..Default::default()
            }],
            ..Default::default()
        }
    }

    #[test]
    fn the_turns_of_the_call_are_kept_once() {
        let read = read("demo", "e1", evaluation()).unwrap();
        assert_eq!((read.call.as_str(), read.number, read.playbook.as_str()), ("c1", 2, "p"));
        assert_eq!(read.at.timestamp_subsec_nanos(), 1_000);
        let expected = BehaviorFound { id: "asks_budget".to_owned(), outcome: Outcome::Observed, turns: vec![4, 5] };
        assert_eq!(read.behaviors, [expected]);
    }

    #[test]
    fn what_breaks_the_contract_is_named_at_once() {
        let mut broken = evaluation();
        broken.transcript = "workspaces/other/calls/c1/transcripts/2".to_owned();
        broken.revision.clear();
        broken.create_time = None;
        broken.behaviors.push(pb::BehaviorResult { id: "asks_budget".to_owned(), ..Default::default() });
        let found = read("demo", "e1", broken).unwrap_err();
        let fields: Vec<&str> = found.as_slice().iter().map(|(field, _)| field.as_str()).collect();
        assert_eq!(fields, ["transcript", "revision", "create_time", "behaviors[1].id", "behaviors[1].outcome"]);
    }
}
