//! The playbook evaluator, where playbooks are applied.

use std::time::Duration;

use throughline_proto::playbook::v1 as pb;
use throughline_proto::playbook::v1::playbook_service_client::PlaybookServiceClient;
use throughline_rpc::client::Peer;
use throughline_rpc::name;

use crate::failure::{Class, Failure};
use crate::peer::{QUICK, Terms, within};

/// Creating a revision trains its classifiers.
const TRAINING: Duration = Duration::from_secs(300);
const TERMS: Terms = Terms {
    peer: "the playbook evaluator",
    invalid: (Class::Waits, "DocumentRefused"),
    refused: "EvaluatorRefused",
    unavailable: "EvaluatorUnavailable",
};

/// A revision of a playbook.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Revision {
    /// Id of the playbook, which stands in the document.
    pub playbook: String,
    /// Number, from 1.
    pub number: i64,
}

/// Calls the evaluator.
#[derive(Clone)]
pub struct Evaluator {
    client: PlaybookServiceClient<Peer>,
}

impl Evaluator {
    /// Over a connection.
    #[must_use]
    pub fn new(peer: Peer) -> Self {
        Self { client: PlaybookServiceClient::new(peer) }
    }

    /// What the linter finds in a document, errors first.
    ///
    /// # Errors
    /// When the evaluator is away or refuses.
    pub async fn lint(&self, workspace: &str, document: &str) -> Result<Vec<pb::LintFinding>, Failure> {
        let parent = name::WORKSPACE.format([workspace]);
        let request = pb::LintPlaybookRequest { parent, document: document.to_owned() };
        let answer = self.client.clone().lint_playbook(within(QUICK, request)).await;
        Ok(answer.map_err(|status| TERMS.failure(status))?.into_inner().findings)
    }

    /// Which playbook a document is of; stores nothing.
    ///
    /// # Errors
    /// When the evaluator is away or refuses.
    pub async fn identify(&self, workspace: &str, document: &str) -> Result<String, Failure> {
        let request = create(workspace, document, "", true);
        let answer = self.client.clone().create_revision(within(QUICK, request)).await;
        Ok(revision(&answer.map_err(|status| TERMS.failure(status))?.into_inner().name)?.playbook)
    }

    /// Stores a document. A repeat under the same id returns the first answer, and the latest document is not stored
    /// again under any.
    ///
    /// # Errors
    /// When the evaluator is away or refuses.
    pub async fn create(&self, workspace: &str, document: &str, request_id: &str) -> Result<Revision, Failure> {
        let request = create(workspace, document, request_id, false);
        let answer = self.client.clone().create_revision(within(TRAINING, request)).await;
        revision(&answer.map_err(|status| TERMS.failure(status))?.into_inner().name)
    }

    /// Is there such a revision, of this document?
    ///
    /// # Errors
    /// When the evaluator is away or refuses.
    pub async fn holds(&self, workspace: &str, revision: &Revision, sha256: &str) -> Result<bool, Failure> {
        let request = pb::GetRevisionRequest { name: revision.name(workspace) };
        let answer = self.client.clone().get_revision(within(QUICK, request)).await;
        Ok(TERMS.found(answer)?.is_some_and(|revision| revision.sha256 == sha256))
    }

    /// The number of the released revision.
    ///
    /// # Errors
    /// When the evaluator is away or refuses.
    pub async fn released(&self, workspace: &str, playbook: &str) -> Result<Option<i64>, Failure> {
        let request = pb::GetPlaybookRequest { name: name::PLAYBOOK.format([workspace, playbook]) };
        let answer = self.client.clone().get_playbook(within(QUICK, request)).await;
        let name = TERMS.found(answer)?.map(|playbook| playbook.released_revision).unwrap_or_default();
        if name.is_empty() { Ok(None) } else { Ok(Some(revision(&name)?.number)) }
    }

    /// Makes a revision the released one. There is no request id: a repeat of an earlier release must release again
    /// where another was released in between.
    ///
    /// # Errors
    /// When the evaluator is away or refuses.
    pub async fn release(&self, workspace: &str, revision: &Revision) -> Result<(), Failure> {
        let request = pb::ReleaseRevisionRequest { name: revision.name(workspace), request_id: String::new() };
        self.client.clone().release_revision(within(QUICK, request)).await.map_err(|status| TERMS.failure(status))?;
        Ok(())
    }

    /// Takes a playbook out of use; one that does not exist is out of use.
    ///
    /// # Errors
    /// When the evaluator is away or refuses.
    pub async fn withdraw(&self, workspace: &str, playbook: &str) -> Result<(), Failure> {
        let name = name::PLAYBOOK.format([workspace, playbook]);
        let request = pb::WithdrawPlaybookRequest { name, request_id: String::new() };
        TERMS.found(self.client.clone().withdraw_playbook(within(QUICK, request)).await)?;
        Ok(())
    }
}

impl Revision {
    fn name(&self, workspace: &str) -> String {
        name::REVISION.format([workspace, &self.playbook, &self.number.to_string()])
    }
}

fn create(workspace: &str, document: &str, request_id: &str, validate_only: bool) -> pb::CreateRevisionRequest {
    pb::CreateRevisionRequest {
        parent: name::WORKSPACE.format([workspace]),
        document: document.to_owned(),
        request_id: request_id.to_owned(),
        validate_only,
    }
}

fn revision(name: &str) -> Result<Revision, Failure> {
    let parsed = name::REVISION.parse(name).and_then(|[_, playbook, number]| Some((playbook, number.parse().ok()?)));
    let (playbook, number) = parsed.ok_or_else(|| {
        Failure::new(Class::Away, "EvaluatorUnavailable", "the evaluator answered with something that is no revision")
    })?;
    Ok(Revision { playbook, number })
}
