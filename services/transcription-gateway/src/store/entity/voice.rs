//! `voice`: the voices of people who agreed to be known by them. Biometric data: a row goes with the consent.

use sea_orm::entity::prelude::*;

/// Key: workspace, id.
#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "voice")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub workspace: String,
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: String,
    /// Lower case; one voice a person.
    pub email: String,
    /// 192 numbers of 32 bits.
    pub embedding: Sealed,
    /// Checksum of the model it is of.
    pub model: String,
    /// What the person agreed to, and when.
    pub statement: String,
    pub consented_at: DateTimeUtc,
    pub speech_ms: i32,
    pub snr_db: f64,
    /// Id of the call it was taken from; empty for none.
    pub call: String,
    pub created_by: String,
    pub created_at: DateTimeUtc,
    pub expires_at: DateTimeUtc,
}

/// What a voice sounds like, which belongs in no log.
#[derive(Clone, PartialEq, Eq, DeriveValueType)]
pub struct Sealed(pub Vec<u8>);

impl std::fmt::Debug for Sealed {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Sealed(..)")
    }
}

impl ActiveModelBehavior for ActiveModel {}
