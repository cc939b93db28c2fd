//! The settings of workspaces: read with their defaults, changed by version.

use chrono::{DateTime, SubsecRound as _, Utc};
use sea_orm::ActiveValue::Set;
use sea_orm::sea_query::OnConflict;
use sea_orm::{ConnectionTrait, EntityTrait};
use throughline_store::{Error, Result, Transaction, lock};

use super::entity::transcription_settings::{ActiveModel, Column, Entity};
use crate::domain::settings::TranscriptionSettings;

/// Settings as they are stored.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct StoredSettings {
    pub settings: TranscriptionSettings,
    /// Counts changes; 0 where nothing was ever set.
    pub version: i64,
    /// When, and the subject that changed them last; none where nothing was ever set.
    pub updated: Option<(DateTime<Utc>, String)>,
}

/// The settings of a workspace; what was never set has its default. Within a transaction where what is done with them
/// is written.
pub async fn find(conn: &impl ConnectionTrait, workspace: &str) -> Result<StoredSettings> {
    let Some(row) = Entity::find_by_id(workspace.to_owned()).one(conn).await? else {
        return Ok(StoredSettings::default());
    };
    let settings = serde_json::from_str(&row.settings)
        .map_err(|error| Error::internal(format!("settings of workspace {workspace}: {error}")))?;
    Ok(StoredSettings { settings, version: row.version, updated: Some((row.updated_at, row.updated_by)) })
}

/// As [`find`], held against other changes until the transaction ends.
pub async fn find_for_update(tx: &Transaction, workspace: &str) -> Result<StoredSettings> {
    // There may be no row to lock yet.
    lock::name(tx, "transcription_settings", workspace).await?;
    find(tx, workspace).await
}

/// Writes settings as the next version after `before`, which was read for update in the same transaction.
pub async fn update(
    tx: &Transaction,
    workspace: &str,
    before: &StoredSettings,
    settings: TranscriptionSettings,
    by: &str,
    now: DateTime<Utc>,
) -> Result<StoredSettings> {
    // PostgreSQL keeps microseconds; what is answered is what is read later.
    let now = now.trunc_subsecs(6);
    let version = before.version + 1;
    let row = ActiveModel {
        workspace: Set(workspace.to_owned()),
        settings: Set(serde_json::to_string(&settings).map_err(Error::internal)?),
        version: Set(version),
        updated_at: Set(now),
        updated_by: Set(by.to_owned()),
    };
    let replaced = OnConflict::column(Column::Workspace)
        .update_columns([Column::Settings, Column::Version, Column::UpdatedAt, Column::UpdatedBy])
        .to_owned();
    Entity::insert(row).on_conflict(replaced).exec_without_returning(tx).await?;
    Ok(StoredSettings { settings, version, updated: Some((now, by.to_owned())) })
}
