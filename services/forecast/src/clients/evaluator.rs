//! The playbook evaluator: evaluations of calls.

use throughline_proto::playbook::v1::evaluation_service_client::EvaluationServiceClient;
use throughline_proto::playbook::v1::{Evaluation, GetEvaluationRequest};
use throughline_rpc::Error;
use throughline_rpc::client::Peer;

/// The evaluator as a peer.
#[derive(Clone)]
pub struct Evaluator {
    peer: Peer,
}

impl Evaluator {
    pub fn new(peer: Peer) -> Self {
        Self { peer }
    }

    pub async fn evaluation(&self, name: &str) -> Result<Evaluation, Error> {
        let mut client = EvaluationServiceClient::new(self.peer.clone());
        let request = GetEvaluationRequest { name: name.to_owned() };
        let response = client.get_evaluation(request).await.map_err(|status| self.peer.error(&status))?;
        Ok(response.into_inner())
    }
}
