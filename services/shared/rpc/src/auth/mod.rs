//! Who calls, and what they may call: bearer tokens (JWT against the key sets of issuers), roles from claims, one layer
//! in front of every service. The required roles stand in the protos; a method without them keeps a server from starting.

mod claims;
mod config;
mod issuer;
mod layer;
mod principal;
mod remote;
mod source;
mod trust;
#[cfg(test)]
mod url_tests;
mod verifier;

pub use config::{AuthConfig, IssuerConfig};
pub use issuer::{DevIssuer, IssuerError};
pub use layer::AuthLayer;
pub use principal::{Principal, principal};
pub use source::TokenSource;
pub use verifier::{Verifier, VerifierError};
