//! A person changes fields of a deal.

use std::collections::HashSet;

use prost::Message;
use throughline_rpc::{Error, Reason, name};
use throughline_store::{Idempotent, Transaction};

use super::{Crm, Person};
use crate::domain::import::apply::{HistoryChange, StageEntry, StageSource};
use crate::domain::record::{Author, Record, RecordKey};
use crate::domain::schema::RecordKind;
use crate::domain::stage::StageChange;
use crate::domain::value::Value;
use crate::store::{histories, records, views};

/// An edit that was parsed.
#[derive(Debug, Clone)]
pub struct Edit {
    pub workspace: String,
    pub deal: String,
    /// Nothing empties a field.
    pub values: Vec<(String, Option<Value>)>,
    /// Version of the record the caller saw; none to set regardless.
    pub expected_version: Option<i64>,
}

impl Crm {
    /// Changes fields as a person.
    ///
    /// # Errors
    /// VERSION_MISMATCH when the record is not at the version the caller saw.
    pub async fn edit<R: Message + Default>(
        &self,
        edit: Edit,
        by: Person<'_>,
        repeat: Idempotent,
        render: impl FnOnce(&views::Deal) -> R + Send,
    ) -> Result<R, Error> {
        let Edit { workspace, deal, values, expected_version } = edit;
        let tx = self.db.begin().await?;
        let now = self.clock.now();
        if let Some(first) = repeat.replay(&tx, now).await? {
            return Ok(first);
        }
        let not_found = || Error::not_found(name::DEAL.kind, name::DEAL.format([&workspace, &deal]));
        let key = RecordKey::new(RecordKind::Deal, deal.clone());
        let mut record = records::hold_one(&tx, &workspace, key.clone()).await?.ok_or_else(not_found)?;
        by.may_change(&record)?;
        if expected_version.is_some_and(|expected| expected != record.version) {
            let message = "the deal was changed after it was read; read it again";
            return Err(Error::aborted(Reason::VersionMismatch, message)
                .with_metadata("current_version", record.version.to_string()));
        }
        let author = Author::Person { subject: by.subject().to_owned() };
        let changed = record.write(values, &author, now);
        if changed.iter().any(|field| field == "stage") {
            self.moved(&tx, &workspace, &record, now).await?;
        }
        if !changed.is_empty() {
            let fields: HashSet<(&str, &str)> = changed.iter().map(|field| (deal.as_str(), field.as_str())).collect();
            self.outdate(&tx, &workspace, &fields).await?;
            if let Some(last) = self.store_deals(&tx, &workspace, &[&record], now).await? {
                self.tell_changed(&tx, &workspace, last, Some(&deal), now).await?;
            }
        }
        let (_, model) = records::get(&tx, &workspace, &key).await?.ok_or_else(not_found)?;
        let view =
            views::deals(&tx, &workspace, vec![model], &self.rules.pipeline).await?.pop().ok_or_else(not_found)?;
        let response = render(&view);
        repeat.record(&tx, &response, now).await?;
        tx.commit().await?;
        Ok(response)
    }

    /// The deal entered a stage at this moment, by a person's word.
    async fn moved(
        &self,
        tx: &Transaction,
        workspace: &str,
        record: &Record,
        now: chrono::DateTime<chrono::Utc>,
    ) -> Result<(), Error> {
        let Some(stage) = record.text("stage") else { return Ok(()) };
        let change = StageChange { entered_at: now, stage: stage.to_owned() };
        let entry = StageEntry { change, source: StageSource::Person };
        let change = HistoryChange { add: vec![entry], withdraw: Vec::new() };
        histories::change(tx, workspace, &[(record.key.id.as_str(), &change)], now).await?;
        Ok(())
    }
}
