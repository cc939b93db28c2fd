//! What every gRPC server and client of the mesh shares: errors with details, who may call what, deadlines, trace
//! context, resource names, page tokens, validation, clock and ids. It owns no business rule and no storage.

pub mod auth;
mod body;
pub mod client;
mod clock;
mod deadline;
mod error;
pub mod files;
pub mod methods;
mod metrics;
pub mod name;
pub mod page;
pub mod service_config;
mod timestamp;
pub mod trace;
mod validate;

pub use clock::{Clock, FixedClock, Ids, Now, SystemClock};
pub use deadline::{DeadlineLayer, remaining};
pub use error::{ERROR_DOMAIN, Error};
pub use throughline_proto::common::v1::ErrorReason as Reason;
pub use timestamp::timestamp;
pub use validate::Violations;
