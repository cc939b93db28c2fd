//! Deals that a call's creator named and the CRM lacks: recorded from what the creator knew.

use chrono::{DateTime, Utc};
use throughline_rpc::Error;
use throughline_store::Transaction;

use super::Crm;
use crate::domain::association::CallContext;
use crate::domain::context::{account_values, deal_values, history, is_from_calls, record_context};
use crate::domain::record::{Record, RecordKey};
use crate::domain::schema::RecordKind;
use crate::domain::text;
use crate::store::{histories, near, records};

impl Crm {
    /// Is there a deal to be recorded from this call?
    pub(super) async fn names_missing_deal(&self, workspace: &str, context: &CallContext) -> Result<bool, Error> {
        let id = &context.deal.id;
        if id.is_empty() || !self.rules.association.create_missing_deals {
            return Ok(false);
        }
        if !text::valid_id(id) {
            tracing::warn!(call = context.call, deal = id, "the deal's id can't be part of a name: not recorded");
            return Ok(false);
        }
        let key = RecordKey::new(RecordKind::Deal, id.clone());
        Ok(records::get(self.db.conn(), workspace, &key).await?.is_none())
    }

    /// Records the deal and, where it is missing too, its account. The caller holds the lock on records.
    pub(super) async fn record_missing_deal(
        &self,
        tx: &Transaction,
        workspace: &str,
        context: &CallContext,
        now: DateTime<Utc>,
    ) -> Result<(), Error> {
        let key = RecordKey::new(RecordKind::Deal, context.deal.id.clone());
        if records::hold_one(tx, workspace, key.clone()).await?.is_some() {
            return Ok(());
        }
        let account = self.account_of(tx, workspace, context, now).await?;
        let mut deal = Record::new(key);
        record_context(&mut deal, deal_values(context, account.as_deref(), &self.rules.pipeline), context, now);
        self.store_deals(tx, workspace, &[&deal], now).await?;
        Ok(())
    }

    /// The one account of that name, made if there is none; nothing where several share the name.
    async fn account_of(
        &self,
        tx: &Transaction,
        workspace: &str,
        context: &CallContext,
        now: DateTime<Utc>,
    ) -> Result<Option<String>, Error> {
        let wanted = text::company_key(&context.account.name);
        if wanted.is_empty() {
            return Ok(None);
        }
        let near = near::find(tx, workspace, context, &self.rules.pipeline).await?;
        let mut same = near.accounts.into_iter().filter(|account| text::company_key(&account.name) == wanted);
        match (same.next(), same.next()) {
            (Some(one), None) => return Ok(Some(one.id)),
            (Some(_), Some(_)) => return Ok(None),
            (None, _) => {}
        }
        let id = text::slug(&context.account.name);
        let key = RecordKey::new(RecordKind::Account, id.clone());
        if id.is_empty() || records::hold_one(tx, workspace, key.clone()).await?.is_some() {
            return Ok(None);
        }
        let mut account = Record::new(key);
        record_context(&mut account, account_values(context), context, now);
        records::save(tx, workspace, &[(&account, 0)], &self.rules.pipeline, now).await?;
        Ok(Some(id))
    }

    /// What this call's creator knew of a deal that is known from calls only. Was anything new?
    pub(super) async fn follow_context(
        &self,
        tx: &Transaction,
        workspace: &str,
        context: &CallContext,
        deal: &mut Record,
        now: DateTime<Utc>,
    ) -> Result<bool, Error> {
        if context.deal.id != deal.key.id || !is_from_calls(deal) {
            return Ok(false);
        }
        let pipeline = &self.rules.pipeline;
        let values = deal_values(context, deal.text("account").map(str::to_owned).as_deref(), pipeline);
        let changed = record_context(deal, values, context, now);
        let ids = [deal.key.id.clone()];
        let known = histories::of_deals(tx, workspace, &ids).await?.remove(&deal.key.id).unwrap_or_default();
        let told = history(context, &known, pipeline);
        histories::change(tx, workspace, &[(deal.key.id.as_str(), &told)], now).await?;
        Ok(!changed.is_empty() || !told.is_empty())
    }
}
