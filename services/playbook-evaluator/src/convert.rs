//! Between the API's messages and the domain's types.

mod erasure;
mod evaluation;
mod explanation;
mod facts;
mod label;
mod live;
mod qualification;
mod revision;
mod talk;

pub use erasure::erase;
pub use evaluation::{evaluation, evaluation_of, outcome};
pub use explanation::explanation;
pub use label::{explained_target, label, outcome_of, requested_outcome};
pub use live::{Opening, news, opening, refused, segment};
pub use revision::{behavior_spec, finding, findings, revision, revision_number};
pub use talk::{call, transcript};
