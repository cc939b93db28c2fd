//! Checks tokens against a JWKS file that is read again when it changes.

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::{Arc, PoisonError, RwLock};
use std::time::SystemTime;

use jsonwebtoken::jwk::JwkSet;
use jsonwebtoken::{Algorithm, DecodingKey, Validation};
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};

use super::{Claims, Principal};
use crate::{Clock, Error, Reason};

/// Whose tokens are trusted.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AuthConfig {
    /// JSON Web Key Set of the issuer; read again when it changes.
    pub jwks_file: PathBuf,
    /// Issuer claim that tokens must carry.
    pub issuer: String,
    /// Audience claim that tokens must carry.
    pub audience: String,
    /// Workspaces of this installation.
    pub workspaces: Vec<String>,
    /// File with the token this service presents to its peers.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub service_token_file: Option<PathBuf>,
}

/// Checks tokens.
pub struct Verifier {
    config: AuthConfig,
    clock: Clock,
    known: Arc<[String]>,
    trusted: RwLock<Trusted>,
}

/// What holds as long as the file stays as it is.
struct Trusted {
    modified: Option<SystemTime>,
    keys: JwkSet,
    /// Tokens whose signature was checked, by SHA-256: checking one costs more than a small call.
    checked: HashMap<[u8; 32], Checked>,
}

/// A token whose signature and claims are right; only its expiry is still to be looked at.
#[derive(Clone)]
struct Checked {
    /// Seconds since 1970.
    expires_at: i64,
    principal: Principal,
}

/// The JWKS file can't be used.
#[derive(Debug, thiserror::Error)]
#[error("auth.jwks_file {}: {cause}", path.display())]
pub struct VerifierError {
    path: PathBuf,
    cause: String,
}

/// Checked tokens kept; all are forgotten when there would be more, and whenever the keys change.
const MAX_CHECKED: usize = 4_096;

/// How far clocks may differ, seconds.
const LEEWAY_S: i64 = 30;

impl Verifier {
    /// Reads the keys.
    ///
    /// # Errors
    /// When the file is missing or no key set.
    pub fn open(config: AuthConfig, clock: Clock) -> Result<Self, VerifierError> {
        let trusted = RwLock::new(load(&config.jwks_file)?);
        let known = config.workspaces.clone().into();
        Ok(Self { config, clock, known, trusted })
    }

    /// The caller behind a token.
    ///
    /// # Errors
    /// UNAUTHENTICATED: expired, or anything else wrong with it.
    pub fn verify(&self, token: &str) -> Result<Principal, Error> {
        let digest: [u8; 32] = Sha256::digest(token.as_bytes()).into();
        // The issuer may have added or withdrawn keys since the file was read; a withdrawn key takes its tokens with it.
        let modified = self.reload_if_changed().map_err(invalid)?;
        let known = self.trusted.read().unwrap_or_else(PoisonError::into_inner).checked.get(&digest).cloned();
        let Checked { expires_at, principal } = match known {
            Some(known) => known,
            None => {
                let fresh = self.check(token)?;
                self.remember(modified, digest, &fresh);
                fresh
            }
        };
        if self.clock.now().timestamp() > expires_at.saturating_add(LEEWAY_S) {
            let at = chrono::DateTime::from_timestamp(expires_at, 0).map(|t| t.to_rfc3339()).unwrap_or_default();
            return Err(Error::unauthenticated(Reason::TokenExpired, format!("the token expired at {at}"))
                .with_metadata("expired_at", at));
        }
        Ok(principal)
    }

    /// Keeps a token that was checked, unless the keys have changed meanwhile.
    fn remember(&self, modified: Option<SystemTime>, digest: [u8; 32], fresh: &Checked) {
        let mut trusted = self.trusted.write().unwrap_or_else(PoisonError::into_inner);
        if trusted.modified != modified {
            return;
        }
        if trusted.checked.len() >= MAX_CHECKED {
            trusted.checked.clear();
        }
        trusted.checked.insert(digest, fresh.clone());
    }

    fn check(&self, token: &str) -> Result<Checked, Error> {
        let header = jsonwebtoken::decode_header(token).map_err(|error| invalid(error.to_string()))?;
        let key = self.key(header.kid.as_deref(), header.alg).map_err(invalid)?;
        let mut validation = Validation::new(header.alg);
        validation.set_issuer(&[&self.config.issuer]);
        validation.set_audience(&[&self.config.audience]);
        validation.set_required_spec_claims(&["exp", "iss", "aud", "sub"]);
        // Expiry is checked at every call, against the clock that was passed in.
        validation.validate_exp = false;
        let claims = jsonwebtoken::decode::<Claims>(token, &key, &validation)
            .map_err(|error| invalid(error.to_string()))?
            .claims;
        Ok(Checked { expires_at: claims.exp, principal: Principal::new(claims, Arc::clone(&self.known)) })
    }

    fn key(&self, key_id: Option<&str>, algorithm: Algorithm) -> Result<DecodingKey, String> {
        // A token must not choose a symmetric algorithm: the public key would be the secret. `decode` checks the family.
        if matches!(algorithm, Algorithm::HS256 | Algorithm::HS384 | Algorithm::HS512) {
            return Err(format!("algorithm {algorithm:?} does not fit the key"));
        }
        let trusted = self.trusted.read().unwrap_or_else(PoisonError::into_inner);
        let jwk = match key_id {
            Some(id) => trusted.keys.find(id),
            None => trusted.keys.keys.first().filter(|_| trusted.keys.keys.len() == 1),
        };
        let jwk = jwk.ok_or_else(|| format!("no key {key_id:?}"))?;
        DecodingKey::from_jwk(jwk).map_err(|error| error.to_string())
    }

    /// Reads the keys again, and forgets what was checked, where the file has changed; when it last did.
    fn reload_if_changed(&self) -> Result<Option<SystemTime>, String> {
        let path = &self.config.jwks_file;
        let modified = modified(path);
        if self.trusted.read().unwrap_or_else(PoisonError::into_inner).modified != modified {
            let fresh = load(path).map_err(|error| error.to_string())?;
            *self.trusted.write().unwrap_or_else(PoisonError::into_inner) = fresh;
        }
        Ok(modified)
    }
}

fn invalid(cause: String) -> Error {
    Error::unauthenticated(Reason::TokenInvalid, "the token is not valid here").caused_by(cause)
}

fn modified(path: &Path) -> Option<SystemTime> {
    std::fs::metadata(path).and_then(|m| m.modified()).ok()
}

fn load(path: &Path) -> Result<Trusted, VerifierError> {
    let error = |cause: String| VerifierError { path: path.to_owned(), cause };
    // Before the bytes: what is written in between is read again.
    let modified = modified(path);
    let bytes = std::fs::read(path).map_err(|e| error(e.to_string()))?;
    let keys = serde_json::from_slice(&bytes).map_err(|e| error(e.to_string()))?;
    Ok(Trusted { modified, keys, checked: HashMap::new() })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::FixedClock;
    use crate::auth::DevIssuer;
    use chrono::{DateTime, Duration};
    use throughline_proto::common::v1::Role;

    fn at(text: &str) -> Clock {
        Clock::new(FixedClock::new(text.parse::<DateTime<chrono::Utc>>().unwrap()))
    }

    fn verifier(issuer: &DevIssuer, now: &str) -> Verifier {
        // So that whatever is written later has another time, however coarse the file system counts.
        let keys = std::fs::File::options().write(true).open(issuer.jwks_path()).unwrap();
        keys.set_modified(SystemTime::UNIX_EPOCH).unwrap();
        let config = AuthConfig {
            jwks_file: issuer.jwks_path().to_owned(),
            issuer: issuer.issuer().to_owned(),
            audience: issuer.audience().to_owned(),
            workspaces: vec!["demo".to_owned()],
            service_token_file: None,
        };
        Verifier::open(config, at(now)).unwrap()
    }

    #[test]
    fn a_token_gives_its_roles_and_workspace() {
        let folder = tempfile::tempdir().unwrap();
        let issuer = DevIssuer::open(folder.path(), at("2026-03-10T09:00:00Z")).unwrap();
        let token = issuer.token("priya.raman@x.example", "demo", &["rep"], Duration::hours(1)).unwrap();
        let principal = verifier(&issuer, "2026-03-10T09:30:00Z").verify(&token).unwrap();
        assert!(principal.holds_any(&[Role::Rep]));
        assert!(!principal.holds_any(&[Role::Service]));
        assert_eq!(principal.only_as_rep(), Some("priya-raman"));
        assert_eq!(principal.authorize_workspace("other").unwrap_err().reason(), Reason::WorkspaceDenied);
    }

    #[test]
    fn a_service_token_names_an_unknown_workspace() {
        let folder = tempfile::tempdir().unwrap();
        let issuer = DevIssuer::open(folder.path(), at("2026-03-10T09:00:00Z")).unwrap();
        let token = issuer.service_token("forecast").unwrap();
        let principal = verifier(&issuer, "2026-03-10T09:01:00Z").verify(&token).unwrap();
        assert!(principal.authorize_workspace("demo").is_ok());
        assert_eq!(principal.authorize_workspace("nowhere").unwrap_err().reason(), Reason::WorkspaceUnknown);
    }

    #[test]
    fn expired_foreign_and_damaged_tokens_are_refused() {
        let (folder, other) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        let issuer = DevIssuer::open(folder.path(), at("2026-03-10T09:00:00Z")).unwrap();
        let stranger = DevIssuer::open(other.path(), at("2026-03-10T09:00:00Z")).unwrap();
        let verifier = verifier(&issuer, "2026-03-10T12:00:00Z");
        let expired = issuer.token("a@x.example", "demo", &["rep"], Duration::hours(1)).unwrap();
        assert_eq!(verifier.verify(&expired).unwrap_err().reason(), Reason::TokenExpired);
        let foreign = stranger.token("a@x.example", "demo", &["admin"], Duration::days(1)).unwrap();
        assert_eq!(verifier.verify(&foreign).unwrap_err().reason(), Reason::TokenInvalid);
        assert_eq!(verifier.verify("not.a.token").unwrap_err().reason(), Reason::TokenInvalid);
    }

    #[test]
    fn a_withdrawn_key_takes_the_tokens_with_it_that_were_checked_before() {
        let folder = tempfile::tempdir().unwrap();
        let old = DevIssuer::open(folder.path(), at("2026-03-10T09:00:00Z")).unwrap();
        let verifier = verifier(&old, "2026-03-10T09:30:00Z");
        let of_old = old.token("a@x.example", "demo", &["rep"], Duration::hours(1)).unwrap();
        assert!(verifier.verify(&of_old).is_ok());
        std::fs::remove_file(folder.path().join("dev-issuer.key")).unwrap();
        let new = DevIssuer::open(folder.path(), at("2026-03-10T09:00:00Z")).unwrap();
        assert_eq!(verifier.verify(&of_old).unwrap_err().reason(), Reason::TokenInvalid);
        let token = new.token("a@x.example", "demo", &["rep"], Duration::hours(1)).unwrap();
        assert!(verifier.verify(&token).is_ok());
    }

    #[test]
    fn only_a_service_acts_in_every_workspace() {
        let folder = tempfile::tempdir().unwrap();
        let issuer = DevIssuer::open(folder.path(), at("2026-03-10T09:00:00Z")).unwrap();
        let token = issuer.token("a@x.example", "*", &["admin"], Duration::hours(1)).unwrap();
        let principal = verifier(&issuer, "2026-03-10T09:30:00Z").verify(&token).unwrap();
        assert_eq!(principal.authorize_workspace("demo").unwrap_err().reason(), Reason::WorkspaceDenied);
    }
}
