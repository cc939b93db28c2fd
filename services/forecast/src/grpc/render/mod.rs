//! Domain types to the proto.

mod deal;
mod entry;
pub mod evidence;
mod forecast;
mod probability;

pub use deal::{Detail, deal};
pub use entry::log_entry;
pub use forecast::forecast;
