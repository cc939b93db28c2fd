//! The playbook evaluator: what evaluations found, and which fact a playbook sends to which field.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use throughline_proto::playbook::v1::evaluation_service_client::EvaluationServiceClient;
use throughline_proto::playbook::v1::playbook_service_client::PlaybookServiceClient;
use throughline_proto::playbook::v1::{GetEvaluationRequest, GetRevisionRequest};
use throughline_rpc::client::Peer;
use throughline_rpc::{Error, Violations, name};

use super::convert::{self, Found};
use crate::domain::proposal::Mapping;

/// Revisions whose mappings are remembered; they are immutable.
const REMEMBERED_MAX: usize = 256;

/// Reads evaluations and revisions.
#[derive(Clone)]
pub struct Evaluator {
    peer: Peer,
    evaluations: EvaluationServiceClient<Peer>,
    playbooks: PlaybookServiceClient<Peer>,
    mappings: Arc<Mutex<HashMap<String, Vec<Mapping>>>>,
}

impl Evaluator {
    /// Over a connection to the evaluator.
    pub fn new(peer: Peer) -> Self {
        Self {
            evaluations: EvaluationServiceClient::new(peer.clone()),
            playbooks: PlaybookServiceClient::new(peer.clone()),
            peer,
            mappings: Arc::default(),
        }
    }

    /// What an evaluation found, as far as the CRM is concerned.
    ///
    /// # Errors
    /// The peer's error, translated; INTERNAL with every violation when its answer breaks the contract.
    pub async fn facts(&self, workspace: &str, evaluation: &str) -> Result<Found, Error> {
        let name = name::EVALUATION.format([workspace, evaluation]);
        let request = GetEvaluationRequest { name: name.clone() };
        let answer =
            self.evaluations.clone().get_evaluation(request).await.map_err(|status| self.peer.error(&status))?;
        let evaluation = answer.into_inner();
        let mappings = self.mappings(&evaluation.revision).await?;
        convert::facts(workspace, evaluation, mappings).map_err(|violations| self.defect(&name, &violations))
    }

    async fn mappings(&self, revision: &str) -> Result<Vec<Mapping>, Error> {
        let known = self.remembered().get(revision).cloned();
        if let Some(known) = known {
            return Ok(known);
        }
        let request = GetRevisionRequest { name: revision.to_owned() };
        let answer = self.playbooks.clone().get_revision(request).await.map_err(|status| self.peer.error(&status))?;
        let mappings = convert::mappings(&answer.into_inner().fields);
        let mut remembered = self.remembered();
        if remembered.len() >= REMEMBERED_MAX {
            remembered.clear();
        }
        remembered.insert(revision.to_owned(), mappings.clone());
        Ok(mappings)
    }

    fn remembered(&self) -> std::sync::MutexGuard<'_, HashMap<String, Vec<Mapping>>> {
        self.mappings.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn defect(&self, name: &str, violations: &Violations) -> Error {
        let found: Vec<String> = violations.as_slice().iter().map(|(field, what)| format!("{field} {what}")).collect();
        Error::internal(format!("{name} as {} gave it: {}", self.peer.name(), found.join("; ")))
    }
}
