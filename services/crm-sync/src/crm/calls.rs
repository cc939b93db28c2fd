//! An evaluated call: which deal it belongs to, and what follows for that deal's fields.

use chrono::{DateTime, Utc};
use prost::Message;
use throughline_rpc::{Error, name};
use throughline_store::{Idempotent, Transaction, inbox, lock, purged};

use super::{Crm, LOCK_CALL, LOCK_RECORDS, Person};
use crate::clients::Found;
use crate::domain::association::{self, Association, CallContext};
use crate::domain::proposal::{Origin, Proposal, draft, reconcile};
use crate::domain::record::{Record, RecordKey};
use crate::domain::schema::RecordKind;
use crate::store::facts::{self, CallFacts};
use crate::store::{SCHEMA, associations, near, proposals, records};

/// Calls that are looked at again after an import.
const REVISITED_MAX: u64 = 500;

impl Crm {
    /// Takes over what an evaluation found, once for each event.
    ///
    /// # Errors
    /// The mapped database error; nothing is stored then.
    pub async fn evaluated(&self, event_id: &str, workspace: &str, found: Found) -> Result<(), Error> {
        let Found { facts: mut found, transcript, purged_at } = found;
        let missing = self.names_missing_deal(workspace, &found.context).await?;
        let tx = self.db.begin().await?;
        let now = self.clock.now();
        if !inbox::first_delivery(&tx, SCHEMA, event_id, now).await? {
            return Ok(());
        }
        if missing {
            lock::name(&tx, LOCK_RECORDS, workspace).await?;
            self.record_missing_deal(&tx, workspace, &found.context, now).await?;
        }
        lock_call(&tx, workspace, &found.context.call).await?;
        // The words may have gone since they were fetched.
        let purge = purged::find(&tx, workspace, &found.context.call).await?;
        let gone = purge.filter(|purge| purge.covers(&transcript)).map(|purge| purge.at).or(purged_at);
        if let Some(at) = gone {
            found = found.erased(at);
        }
        if facts::keep(&tx, workspace, &found).await? {
            let standing = match gone {
                // Without names there is less to go by: what was decided with them stands.
                Some(_) => associations::current(&tx, workspace, &found.context.call).await?,
                None => None,
            };
            let revised = match standing {
                Some(association) => Revised { association, was: Was::Standing },
                None => self.associate(&tx, workspace, &found.context, now).await?,
            };
            if let Some(deal) = &revised.association.deal {
                // A new association concerns what every playbook found; a standing one only this evaluation.
                let all = match revised.was {
                    Was::Standing => vec![found],
                    Was::New | Was::Other(_) => facts::of_call(&tx, workspace, &found.context.call).await?,
                };
                self.propose(&tx, workspace, deal, &all, now).await?;
            }
            self.settle(&tx, workspace, &revised, now).await?;
        }
        tx.commit().await?;
        Ok(())
    }

    /// Looks again at calls without a deal: the records may have come since.
    ///
    /// # Errors
    /// The mapped database error; what was settled before stays settled.
    pub async fn revisit(&self, workspace: &str) -> Result<(), Error> {
        for call in associations::without_deal(self.db.conn(), workspace, REVISITED_MAX).await? {
            let tx = self.db.begin().await?;
            let now = self.clock.now();
            lock_call(&tx, workspace, &call).await?;
            let all = facts::of_call(&tx, workspace, &call).await?;
            let Some(context) = all.first().map(|found| found.context.clone()) else { continue };
            let revised = self.associate(&tx, workspace, &context, now).await?;
            if let Some(deal) = &revised.association.deal {
                self.propose(&tx, workspace, deal, &all, now).await?;
            }
            self.settle(&tx, workspace, &revised, now).await?;
            tx.commit().await?;
        }
        Ok(())
    }

    /// A person says which deal a call belongs to.
    ///
    /// # Errors
    /// NOT_FOUND when the call has not been evaluated or there is no such deal.
    pub async fn confirm<R: Message + Default>(
        &self,
        workspace: &str,
        call: &str,
        deal: Option<&str>,
        by: Person<'_>,
        repeat: Idempotent,
        render: impl FnOnce(&[Association]) -> R + Send,
    ) -> Result<R, Error> {
        let tx = self.db.begin().await?;
        let now = self.clock.now();
        if let Some(first) = repeat.replay(&tx, now).await? {
            return Ok(first);
        }
        lock_call(&tx, workspace, call).await?;
        let not_found = || Error::not_found(name::ASSOCIATION.kind, name::ASSOCIATION.format([workspace, call]));
        let current = associations::current(&tx, workspace, call).await?.ok_or_else(not_found)?;
        let all = facts::of_call(&tx, workspace, call).await?;
        let context = all.first().map(|found| found.context.clone()).ok_or_else(not_found)?;
        by.may_place(&context)?;
        if let Some(deal) = deal {
            let key = RecordKey::new(RecordKind::Deal, deal);
            if records::hold_one(&tx, workspace, key).await?.is_none() {
                return Err(Error::not_found(name::DEAL.kind, name::DEAL.format([workspace, deal])));
            }
        }
        let next = association::confirm(&current, deal, by.subject(), now);
        if let Some(next) = next {
            associations::put(&tx, workspace, &next, now).await?;
            let was = if current.deal == next.deal { Was::Standing } else { Was::Other(current.deal) };
            let revised = Revised { association: next, was };
            if let (Some(deal), Was::Other(_)) = (&revised.association.deal, &revised.was) {
                self.propose(&tx, workspace, deal, &all, now).await?;
            }
            self.settle(&tx, workspace, &revised, now).await?;
        }
        let response = render(&associations::log(&tx, workspace, call).await?);
        repeat.record(&tx, &response, now).await?;
        tx.commit().await?;
        Ok(response)
    }

    /// The next version of the association, by the rules. Stored; others are told by [`Crm::settle`].
    async fn associate(
        &self,
        tx: &Transaction,
        workspace: &str,
        context: &CallContext,
        now: DateTime<Utc>,
    ) -> Result<Revised, Error> {
        let current = associations::current(tx, workspace, &context.call).await?;
        let near = near::find(tx, workspace, context, &self.rules.pipeline).await?;
        let verdict = association::judge(context, &near, self.rules.association.settings());
        let next = association::revise(current.as_ref(), &context.call, context.call_time, verdict, now);
        match (current, next) {
            (Some(current), None) => Ok(Revised { association: current, was: Was::Standing }),
            (current, Some(next)) => {
                associations::put(tx, workspace, &next, now).await?;
                let was = match current {
                    None => Was::New,
                    Some(current) if current.deal == next.deal => Was::Standing,
                    Some(current) => Was::Other(current.deal),
                };
                Ok(Revised { association: next, was })
            }
            (None, None) => Err(Error::internal("a first association is always new")),
        }
    }

    /// Proposes what evaluations found to the deal, and applies what needs no asking.
    async fn propose(
        &self,
        tx: &Transaction,
        workspace: &str,
        deal: &str,
        all: &[CallFacts],
        now: DateTime<Utc>,
    ) -> Result<(), Error> {
        let key = RecordKey::new(RecordKind::Deal, deal);
        let Some(mut record) = records::hold_one(tx, workspace, key).await? else { return Ok(()) };
        let mut known = proposals::of_deal(tx, workspace, deal).await?;
        let mut news = false;
        for found in all {
            news |= self.follow_context(tx, workspace, &found.context, &mut record, now).await?;
            let changed = self.propose_one(workspace, found, &mut known, &mut record, now);
            news |= changed.1;
            proposals::save(tx, workspace, &changed.0).await?;
        }
        if news && let Some(last) = self.store_deals(tx, workspace, &[&record], now).await? {
            self.tell_changed(tx, workspace, last, Some(deal), now).await?;
        }
        Ok(())
    }

    /// One evaluation against the proposals so far, which are brought up to date. Returns what is to be stored, and whether the record changed.
    fn propose_one(
        &self,
        workspace: &str,
        found: &CallFacts,
        known: &mut Vec<Proposal>,
        record: &mut Record,
        now: DateTime<Utc>,
    ) -> (Vec<Proposal>, bool) {
        let CallFacts { playbook, evaluation, context, facts, mappings, .. } = found;
        let drafts = draft(facts, mappings, context.call_time, record, self.rules.proposals);
        for note in &drafts.notes {
            tracing::debug!(call = context.call, deal = record.key.id, note, "not proposed");
        }
        let origin = Origin {
            workspace: workspace.to_owned(),
            deal: record.key.id.clone(),
            call: context.call.clone(),
            playbook: playbook.clone(),
            evaluation: evaluation.clone(),
        };
        let reconciled = reconcile(&origin, drafts.drafts, known.clone(), record, now);
        for changed in &reconciled.proposals {
            match known.iter_mut().find(|proposal| proposal.id == changed.id) {
                Some(proposal) => proposal.clone_from(changed),
                None => known.push(changed.clone()),
            }
        }
        (reconciled.proposals, reconciled.applied)
    }

    /// What a changed association means for the deal that was, and for the others.
    async fn settle(
        &self,
        tx: &Transaction,
        workspace: &str,
        revised: &Revised,
        now: DateTime<Utc>,
    ) -> Result<(), Error> {
        let Association { call, deal, .. } = &revised.association;
        match &revised.was {
            Was::Standing => return Ok(()),
            Was::New => {}
            Was::Other(before) => {
                if let Some(before) = before {
                    let reason = "the call belongs to another deal";
                    proposals::mark_stale_of_call(tx, workspace, call, before, reason).await?;
                }
            }
        }
        self.tell_associated(tx, workspace, call, deal.as_deref(), now).await
    }
}

/// An association, and what it was before.
struct Revised {
    association: Association,
    was: Was,
}

enum Was {
    /// There was none.
    New,
    /// The same deal, or none as before.
    Standing,
    /// Another deal, or none.
    Other(Option<String>),
}

pub(super) async fn lock_call(tx: &Transaction, workspace: &str, call: &str) -> Result<(), Error> {
    Ok(lock::name(tx, LOCK_CALL, &format!("{workspace}/{call}")).await?)
}
