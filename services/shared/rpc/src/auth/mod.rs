//! Who calls, and what they may call: bearer tokens (JWT against a JWKS file), roles from claims, one layer in front of
//! every service. The required roles stand in the protos; a method without them keeps a server from starting.

mod issuer;
mod layer;
mod principal;
mod source;
mod verifier;

pub use issuer::{DevIssuer, IssuerError};
pub use layer::AuthLayer;
pub use principal::{Principal, principal};
pub use source::TokenSource;
pub use verifier::{AuthConfig, Verifier, VerifierError};

use serde::{Deserialize, Serialize};

/// The claims that are read. `workspace` is `*` for services.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Claims {
    /// Issuer.
    pub iss: String,
    /// Audience.
    pub aud: String,
    /// Who: a person's e-mail address or a service's name.
    pub sub: String,
    /// Expiry, seconds since 1970.
    pub exp: i64,
    /// Issued at, seconds since 1970.
    pub iat: i64,
    /// Workspace id, or `*`.
    pub workspace: String,
    /// `rep`, `manager`, `enablement`, `revops`, `admin`, `service`.
    pub roles: Vec<String>,
    /// The rep id of a rep, where it is not the local part of the e-mail address.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rep: Option<String>,
}
