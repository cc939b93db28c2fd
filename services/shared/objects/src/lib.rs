//! A store of large objects that are written once, read in ranges and removed: a local folder, S3 and what speaks its
//! protocol, Azure, Google Cloud, all through the crate `object_store`.
//!
//! With keys, every object is sealed under a data key of its own, and that key under one of its workspace (see
//! [`seal`], [`keys`]); without, objects lie in the store as they came. Owns: where the store is, how it is spoken to,
//! what lies in it and how its errors are told apart. Does not own: who may read an object, or when it is removed.
//!
//! ```text
//! {workspace}/{path}                an object that was stored without keys
//! {workspace}/{path}.sealed         an object in sealed chunks
//! {workspace}/{path}.sealed.key     its envelope: the data key, wrapped; all that a rotation rewrites
//! ```

mod connector;
mod envelope;
pub mod error;
pub mod keys;
mod location;
mod object;
mod reader;
pub mod seal;
mod store;
mod upload;

pub use error::Error;
pub use keys::KeyRing;
pub use location::{Access, Connected, Location, LocationError};
pub use object::Object;
pub use reader::Reader;
pub use store::{Abandoned, Listed, Store};
pub use upload::{Stored, Upload};

/// Result with the store's error.
pub type Result<T, E = Error> = std::result::Result<T, E>;
