//! The API of this service: parse → authorise → call → render.

mod parse;
mod proposals;
mod records;
mod render;
mod upload;

pub use proposals::Proposals;
pub use records::Records;
