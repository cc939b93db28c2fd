//! What a revision learns: from the starter set and from what the people of its workspace have labelled.

use data_encoding::HEXLOWER;
use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use chrono::{DateTime, Utc};
use sha2::{Digest as _, Sha256};
use throughline_rpc::{Error, name};
use throughline_store::Db;

use crate::clients::Gateway;
use crate::domain::evaluate::Revision as Compiled;
use crate::domain::evaluation::Outcome;
use crate::domain::learn::{Label, Labelled, Model};
use crate::domain::statistics::leading_rep;
use crate::learner::Learner;
use crate::store::labels::{self, Agreed};
use crate::store::models;

/// Most labelled calls that a revision learns from: those that were labelled first are left out.
const MAX_CALLS: usize = 2_000;
/// Groups that a workspace's calls are left out in when classifiers are measured, and the number of the first: away from
/// those of the starter set.
const GROUPS: u64 = 8;
const FIRST_GROUP: u32 = 1 << 20;

/// See the module.
#[derive(Clone)]
pub struct Teacher {
    db: Db,
    gateway: Gateway,
    learner: Learner,
}

/// What was learned, and from what.
#[derive(Debug)]
pub struct Taught {
    /// None where the revision learns nothing, or the embedding model is missing.
    pub model: Option<Model>,
    /// SHA-256 of what it was trained on beside the document.
    pub material: String,
}

impl Taught {
    /// As it is stored with a revision.
    ///
    /// # Errors
    /// When the model can't be written as JSON.
    pub fn row(&self, revision: &crate::store::revisions::Revision, now: DateTime<Utc>) -> Result<models::Row, Error> {
        let body = self.model.as_ref().map(serde_json::to_vec).transpose().map_err(Error::internal)?;
        Ok(models::Row {
            workspace: revision.workspace.clone(),
            playbook: revision.playbook.clone(),
            revision: revision.number,
            material: self.material.clone(),
            body: body.unwrap_or_default(),
            created_at: now,
        })
    }
}

impl Teacher {
    /// Reads labels from `db` and their transcripts from `gateway`.
    pub fn new(db: Db, gateway: Gateway, learner: Learner) -> Self {
        Self { db, gateway, learner }
    }

    /// What a revision of the workspace would be trained on now: its digest tells whether training again is worth it.
    ///
    /// # Errors
    /// When the database is away.
    pub async fn material(&self, workspace: &str) -> Result<(Vec<Agreed>, String), Error> {
        let agreed = labels::of_workspace(self.db.conn(), workspace).await?;
        let mut digest = Sha256::new();
        digest.update(self.learner.embedding_sha256());
        digest.update(crate::learner::starter_sha256());
        digest.update(format!("{agreed:?}"));
        Ok((agreed, HEXLOWER.encode(&digest.finalize())))
    }

    /// Trains the classifiers of a revision; seconds of both cores.
    ///
    /// # Errors
    /// When the gateway is away, or the embedding model fails.
    pub async fn teach(
        &self,
        workspace: &str,
        revision: Arc<Compiled>,
        (agreed, material): (Vec<Agreed>, String),
    ) -> Result<Taught, Error> {
        if !revision.learns() || self.learner.embedding_sha256().is_empty() {
            return Ok(Taught { model: None, material });
        }
        let labelled = self.labelled(workspace, agreed).await?;
        let learner = self.learner.clone();
        let trained = tokio::task::spawn_blocking(move || learner.train(&revision, labelled)).await;
        Ok(Taught { model: trained.map_err(Error::internal)??, material })
    }

    /// The labelled calls of a workspace, with their words. What is gone or was purged meanwhile teaches nothing.
    async fn labelled(&self, workspace: &str, agreed: Vec<Agreed>) -> Result<Vec<Labelled>, Error> {
        let mut by_transcript: BTreeMap<(String, String), HashMap<String, Label>> = BTreeMap::new();
        for Agreed { call, transcript, target, outcome, turns, .. } in agreed {
            let label = match outcome {
                Outcome::Observed => Label::Observed(turns),
                Outcome::Missed => Label::Missed,
                Outcome::NotApplicable => Label::NotApplicable,
                Outcome::Unknown => continue,
            };
            by_transcript.entry((call, transcript)).or_default().insert(target.id().to_owned(), label);
        }
        let skipped = by_transcript.len().saturating_sub(MAX_CALLS);
        let mut labelled = Vec::new();
        for ((call, transcript), labels) in by_transcript.into_iter().skip(skipped) {
            let talk = match self.gateway.talk(&name::TRANSCRIPT.format([workspace, &call, &transcript])).await {
                Ok(talk) => talk,
                Err(error) if error.code() == tonic::Code::NotFound => continue,
                Err(error) => return Err(error),
            };
            // Calls of one rep sound alike: they are left out together.
            let rep = leading_rep(&talk.call, &talk.transcript);
            let group = FIRST_GROUP + group(rep.as_deref().unwrap_or(&call));
            labelled.push(Labelled { call: talk.call, transcript: talk.transcript, labels, group });
        }
        Ok(labelled)
    }
}

/// By the rep's handle, or the call's id, so that it stays in its group.
fn group(of: &str) -> u32 {
    let sum = of.bytes().fold(0_u64, |sum, byte| sum.wrapping_mul(31).wrapping_add(u64::from(byte)));
    u32::try_from(sum % GROUPS).unwrap_or(0)
}
