//! People decide on proposals.

use std::collections::HashSet;

use prost::Message;
use throughline_rpc::{Error, Reason, name};
use throughline_store::Idempotent;

use super::{Crm, Person};
use crate::domain::proposal::{Outcome, Proposal, ProposalState, Refused, apply, reject, undo};
use crate::domain::record::{Record, RecordKey, Refusal};
use crate::domain::schema::RecordKind;
use crate::store::{proposals, records};

/// What a person decides.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Decision {
    Approve,
    Reject { reason: String },
    Undo,
}

impl Crm {
    /// Carries a decision out.
    ///
    /// # Errors
    /// FIELD_CHANGED when the field is not as it was seen, STATE_CONFLICT when the proposal's state does not allow it.
    pub async fn decide<R: Message + Default>(
        &self,
        workspace: &str,
        id: &str,
        decision: Decision,
        by: Person<'_>,
        repeat: Idempotent,
        render: impl FnOnce(&Proposal) -> R + Send,
    ) -> Result<R, Error> {
        let tx = self.db.begin().await?;
        let now = self.clock.now();
        let not_found = || Error::not_found(name::PROPOSAL.kind, name::PROPOSAL.format([workspace, id]));
        if let Some(first) = repeat.replay(&tx, now).await? {
            return Ok(first);
        }
        let deal = proposals::get(&tx, workspace, id).await?.ok_or_else(not_found)?.deal;
        // The record first, as everywhere: it guards the proposals on it.
        let key = RecordKey::new(RecordKind::Deal, deal.clone());
        let mut record = records::hold_one(&tx, workspace, key).await?.ok_or_else(not_found)?;
        by.may_change(&record)?;
        let mut proposal = proposals::get(&tx, workspace, id).await?.ok_or_else(not_found)?;
        let version = record.version;
        let outcome = match &decision {
            Decision::Approve => apply(&mut proposal, &mut record, Some(by.subject()), now),
            Decision::Reject { reason } => reject(&mut proposal, reason),
            Decision::Undo => undo(&mut proposal, &mut record, by.subject(), now),
        };
        let outcome = outcome.map_err(|refused| refusal(&proposal, &record, &refused))?;
        if outcome == Outcome::Done {
            proposals::save(&tx, workspace, std::slice::from_ref(&proposal)).await?;
            if record.version != version {
                let changed = HashSet::from([(deal.as_str(), proposal.field.as_str())]);
                self.outdate(&tx, workspace, &changed).await?;
                if let Some(last) = self.store_deals(&tx, workspace, &[&record], now).await? {
                    self.tell_changed(&tx, workspace, last, Some(&deal), now).await?;
                }
            }
        }
        let response = render(&proposal);
        repeat.record(&tx, &response, now).await?;
        tx.commit().await?;
        Ok(response)
    }
}

fn refusal(proposal: &Proposal, record: &Record, refused: &Refused) -> Error {
    let field_changed = |why: String| {
        let value = record.value(&proposal.field).map(ToString::to_string).unwrap_or_default();
        Error::aborted(Reason::FieldChanged, why)
            .with_metadata("field", &proposal.field)
            .with_metadata("current_value", value)
    };
    match refused {
        Refused::State(ProposalState::Stale) => field_changed(format!("the proposal is stale: {}", proposal.reason)),
        Refused::State(state) => {
            let state = state.as_str();
            let message = format!("the proposal is {state}");
            Error::failed_precondition(Reason::StateConflict, message).with_metadata("state", state)
        }
        Refused::NeverWritten => {
            let message = "the playbook says that this field is shown and never written";
            Error::failed_precondition(Reason::StateConflict, message).with_metadata("state", "never")
        }
        Refused::Field(Refusal::PersonAfterEvidence { .. }) => {
            field_changed(format!("a person changed {} after this was said", proposal.field))
        }
        Refused::Field(Refusal::Changed { .. } | Refusal::LaterEvidence { .. }) | Refused::ChangedSince { .. } => {
            field_changed(format!("{} changed since", proposal.field))
        }
    }
}
