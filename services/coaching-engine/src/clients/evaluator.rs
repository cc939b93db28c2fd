//! The playbook evaluator: where evaluations are read from.

use throughline_proto::playbook::v1::GetEvaluationRequest;
use throughline_proto::playbook::v1::evaluation_service_client::EvaluationServiceClient;
use throughline_rpc::client::Peer;
use throughline_rpc::{Error, name};

use super::convert;
use crate::domain::evaluation::Evaluation;

/// Reads evaluations.
#[derive(Clone)]
pub struct Evaluator {
    peer: Peer,
    client: EvaluationServiceClient<Peer>,
}

impl Evaluator {
    /// Over a connection to the evaluator.
    pub fn new(peer: Peer) -> Self {
        let client = EvaluationServiceClient::new(peer.clone());
        Self { peer, client }
    }

    /// Fetches an evaluation of a workspace.
    ///
    /// # Errors
    /// The peer's error, translated; INTERNAL with every violation when its answer breaks the contract.
    pub async fn get(&self, workspace: &str, evaluation: &str) -> Result<Evaluation, Error> {
        let name = name::EVALUATION.format([workspace, evaluation]);
        let request = GetEvaluationRequest { name: name.clone() };
        let answer = self.client.clone().get_evaluation(request).await.map_err(|status| self.peer.error(&status))?;
        convert::evaluation(workspace, answer.into_inner()).map_err(|violations| {
            let found: Vec<String> =
                violations.as_slice().iter().map(|(field, what)| format!("{field} {what}")).collect();
            Error::internal(format!("{name} as {} gave it: {}", self.peer.name(), found.join("; ")))
        })
    }
}
