//! The services of the API: parse, authorise, call, render.

mod evaluations;
mod explain;
mod labels;
mod live;
mod playbooks;

pub use evaluations::Evaluations;
pub use playbooks::Playbooks;

use throughline_rpc::name::Pattern;
use throughline_rpc::{Error, Violations};

/// The ids of a name that must be there.
fn require<const N: usize>(pattern: Pattern<N>, field: &str, name: &str) -> Result<[String; N], Error> {
    let mut violations = Violations::new();
    let ids = pattern.require(&mut violations, field, name);
    violations.finish()?;
    ids.ok_or_else(|| Error::internal("a name without violations and ids"))
}
