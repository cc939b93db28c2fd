//! `throughline analyze`: pushes each input through the mesh over gRPC, waits for the last event, prints the report.

mod clock;
mod crm;
pub(crate) mod input;
pub(crate) mod mesh_clients;
pub(crate) mod push;
mod run;
pub(crate) mod setup;
pub(crate) mod wait;

pub(crate) use push::Failure;
pub(crate) use run::run;
pub(crate) use wait::Outcome;
