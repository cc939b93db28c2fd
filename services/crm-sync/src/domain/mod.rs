//! The rules of the CRM mirror: records with per-field history, CSV import, association of calls, field proposals.
//! Pure: no gRPC, no database, no clock of its own; moments are passed in.

pub mod association;
pub mod context;
pub mod date;
pub mod import;
pub mod people;
pub mod proposal;
pub mod record;
pub mod schema;
pub mod stage;
pub mod text;
pub mod value;
