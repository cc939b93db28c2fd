//! An export is taken over: all of it or nothing.

use std::collections::HashSet;

use prost::Message;
use sha2::{Digest, Sha256};
use throughline_rpc::{Error, Reason, Violations};
use throughline_store::{Idempotent, Transaction, lock};

use super::{Crm, LOCK_RECORDS};
use crate::domain::date::DateOrder;
use crate::domain::import::apply::{Merged, Summary, merge};
use crate::domain::import::{Batch, Options, Report, SourceFile, read};
use crate::domain::record::{Record, RecordKey};
use crate::domain::schema::RecordKind;
use crate::domain::value::Currency;
use crate::store::{histories, records};

/// Bytes of listed rows in one error. The details of an error travel in a header, and clients in some languages refuse headers over 8 KiB.
const LISTED_BYTES_MAX: usize = 4_500;

/// An export to take over.
#[derive(Debug, Clone)]
pub struct Import {
    pub workspace: String,
    pub files: Vec<SourceFile>,
    pub date_order: Option<DateOrder>,
    /// The installation's default when not given.
    pub default_currency: Option<Currency>,
    pub validate_only: bool,
    pub request_id: String,
}

/// What was done.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Imported {
    pub summary: Summary,
    pub warnings: Vec<String>,
}

impl Crm {
    /// Takes an export over.
    ///
    /// # Errors
    /// IMPORT_INVALID with every bad row; nothing is stored then.
    pub async fn import<R: Message + Default>(
        &self,
        import: Import,
        render: impl FnOnce(Imported) -> R + Send,
    ) -> Result<R, Error> {
        let Import { workspace, files, date_order, default_currency, validate_only, request_id } = import;
        let fingerprint = fingerprint(&files, date_order, default_currency.as_ref(), validate_only);
        let repeat = Idempotent::with_body(&workspace, "ImportRecords", &request_id, &fingerprint);
        let known = records::known(self.db.conn(), &workspace).await?;
        let default_currency = default_currency.unwrap_or_else(|| self.rules.import.default_currency.clone());
        let options = Options { date_order, default_currency };
        let rules = self.rules.clone();
        // Tens of megabytes may take a second; other calls go on meanwhile.
        let reading = tokio::task::spawn_blocking(move || read(&files, &options, &rules.pipeline, known));
        let reading = reading.await.map_err(Error::internal)?;
        let tx = self.db.begin().await?;
        let now = self.clock.now();
        if let Some(first) = repeat.replay(&tx, now).await? {
            return Ok(first);
        }
        let Some(batch) = reading.batch else { return Err(refusal(&reading.report)) };
        lock::name(&tx, LOCK_RECORDS, &workspace).await?;
        let summary = self.take_over(&tx, &workspace, batch, now).await?;
        let warnings =
            summary.kept_named.iter().cloned().chain(reading.report.warnings().iter().map(ToString::to_string));
        let response = render(Imported { warnings: warnings.collect(), summary });
        if validate_only {
            tx.rollback().await?;
            return Ok(response);
        }
        repeat.record(&tx, &response, now).await?;
        let came = self.records_came.clone();
        tx.after_commit(move || came.notify_one());
        tx.commit().await?;
        Ok(response)
    }

    async fn take_over(
        &self,
        tx: &Transaction,
        workspace: &str,
        batch: Batch,
        now: chrono::DateTime<chrono::Utc>,
    ) -> Result<Summary, Error> {
        let keys: Vec<RecordKey> = batch.records.iter().map(|incoming| incoming.key.clone()).collect();
        let deals: HashSet<String> =
            keys.iter().filter(|key| key.kind == RecordKind::Deal).map(|key| key.id.clone()).collect();
        let deals: Vec<String> = deals.into_iter().chain(batch.histories.keys().cloned()).collect();
        let existing = records::hold(tx, workspace, keys).await?;
        let known = histories::of_deals(tx, workspace, &deals).await?;
        let merged = merge(batch, existing, &known, now);
        self.store_merged(tx, workspace, &merged, now).await?;
        Ok(merged.summary)
    }

    async fn store_merged(
        &self,
        tx: &Transaction,
        workspace: &str,
        merged: &Merged,
        now: chrono::DateTime<chrono::Utc>,
    ) -> Result<(), Error> {
        let pipeline = &self.rules.pipeline;
        let is_deal = |record: &&Record| record.key.kind == RecordKind::Deal;
        let others = merged.changed.iter().chain(&merged.refreshed).filter(|record| !is_deal(record));
        let others: Vec<(&Record, i64)> = others.map(|record| (record, 0)).collect();
        records::save(tx, workspace, &others, pipeline, now).await?;
        let told: Vec<_> = merged.histories.iter().map(|(deal, change)| (deal.as_str(), change)).collect();
        histories::change(tx, workspace, &told, now).await?;
        let fields = merged.fields.iter().filter(|(key, _)| key.kind == RecordKind::Deal);
        let changed: HashSet<(&str, &str)> = fields.map(|(key, field)| (key.id.as_str(), field.as_str())).collect();
        self.outdate(tx, workspace, &changed).await?;
        // A refreshed deal has no news for anybody, but a number is a small price for one way of storing.
        let mut deals: Vec<&Record> = merged.changed.iter().chain(&merged.refreshed).filter(is_deal).collect();
        let stored: HashSet<&str> = deals.iter().map(|deal| deal.key.id.as_str()).collect();
        let touched = self.touched(tx, workspace, merged, &stored).await?;
        deals.extend(&touched);
        if let Some(last) = self.store_deals(tx, workspace, &deals, now).await? {
            let only = if let [deal] = deals.as_slice() { Some(deal.key.id.as_str()) } else { None };
            self.tell_changed(tx, workspace, last, only, now).await?;
        }
        Ok(())
    }

    /// Deals that show something new though their records are the same: another history, another segment of the account.
    async fn touched(
        &self,
        tx: &Transaction,
        workspace: &str,
        merged: &Merged,
        stored: &HashSet<&str>,
    ) -> Result<Vec<Record>, Error> {
        let segments =
            merged.fields.iter().filter(|(key, field)| key.kind == RecordKind::Account && field == "segment");
        let accounts: Vec<String> = segments.map(|(key, _)| key.id.clone()).collect();
        let mut ids = records::deals_of_accounts(tx, workspace, &accounts).await?;
        ids.extend(merged.histories.keys().cloned());
        ids.retain(|id| !stored.contains(id.as_str()));
        let keys = ids.into_iter().map(|id| RecordKey::new(RecordKind::Deal, id)).collect();
        Ok(records::hold(tx, workspace, keys).await?.into_values().collect())
    }
}

/// What makes a repeat the same import.
fn fingerprint(
    files: &[SourceFile],
    order: Option<DateOrder>,
    currency: Option<&Currency>,
    validate_only: bool,
) -> Vec<u8> {
    let mut hash = Sha256::new();
    let options = format!("{order:?} {currency:?} {validate_only}");
    for part in
        std::iter::once(options.as_bytes()).chain(files.iter().flat_map(|file| [file.name.as_bytes(), &file.bytes]))
    {
        hash.update((part.len() as u64).to_be_bytes());
        hash.update(part);
    }
    hash.finalize().to_vec()
}

/// The bad rows, as many as an error can carry.
fn refusal(report: &Report) -> Error {
    let mut violations = Violations::new();
    let mut bytes = 0;
    for issue in report.errors() {
        let (path, sentence) = (issue.path(), issue.sentence());
        bytes += path.len() + sentence.len() + 8;
        if bytes > LISTED_BYTES_MAX && !violations.is_empty() {
            break;
        }
        violations.add(if path.is_empty() { "files".to_owned() } else { path }, sentence);
    }
    let listed = violations.as_slice().len().to_string();
    Error::invalid_because(Reason::ImportInvalid, violations)
        .with_metadata("errors", report.errors_total().to_string())
        .with_metadata("listed", listed)
}
