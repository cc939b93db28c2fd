//! Rows of this service's tables. Participants, account and deal are JSON texts; [`row`](super::row) reads and writes
//! them.

pub mod behavior_turn;
pub mod call;
pub mod call_behavior;
pub mod call_change;
pub mod call_change_head;
pub mod call_change_mark;
pub mod call_rep;
pub mod import_item;
pub mod import_source;
pub mod legal_hold;
pub mod purge_object;
pub mod purge_receipt;
pub mod speech_engine;
pub mod store_owner;
pub mod transcript;
pub mod transcription_settings;
pub mod turn;
pub mod upload;
pub mod upload_part;
pub mod voice;
pub mod work;
