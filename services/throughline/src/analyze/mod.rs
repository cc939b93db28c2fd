//! `throughline analyze`: pushes each input through the mesh over gRPC, waits for the last event, prints the report.

mod clock;
mod crm;
mod input;
mod mesh_clients;
mod push;
mod run;
mod setup;
mod wait;

pub(crate) use push::Failure;
pub(crate) use run::run;
pub(crate) use wait::Outcome;
