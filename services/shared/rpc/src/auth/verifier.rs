//! Checks tokens against the keys of their issuers.

use std::sync::Arc;

use futures::future::join_all;
use jsonwebtoken::{Algorithm, DecodingKey, Validation};
use serde_json::{Map, Value};
use sha2::{Digest as _, Sha256};
use tokio_util::sync::CancellationToken;

use super::claims::Claims;
use super::trust::{Checked, Issuer, NoKey};
use super::{AuthConfig, Principal};
use crate::{Clock, Error, Reason};

/// Checks tokens.
pub struct Verifier {
    audience: String,
    issuers: Vec<Arc<Issuer>>,
    clock: Clock,
    known: Arc<[String]>,
}

/// The issuers can't be used as configured.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub struct VerifierError(String);

/// Why a token is not let through.
pub(super) enum Refused {
    /// It names a key that may be fetched: then it is worth another try.
    UnknownKey(Arc<Issuer>, Error),
    /// Anything else.
    For(Error),
}

impl From<Refused> for Error {
    fn from(refused: Refused) -> Self {
        match refused {
            Refused::UnknownKey(_, error) | Refused::For(error) => error,
        }
    }
}

/// How far clocks may differ, seconds.
const LEEWAY_S: i64 = 30;

impl Verifier {
    /// Reads the keys that are in files; [`Self::keep_fresh`] fetches the others.
    ///
    /// # Errors
    /// When an issuer is not configured well, or its file is missing or no key set.
    pub fn open(config: AuthConfig, clock: Clock) -> Result<Self, VerifierError> {
        let violations = config.violations();
        if !violations.is_empty() {
            return Err(VerifierError(violations.join("; ")));
        }
        let AuthConfig { audience, workspaces, allow_development_issuer: _, service_token_file: _, issuers } = config;
        let issuers = issuers.into_iter().map(|(name, config)| {
            Issuer::open(&name, config)
                .map(Arc::new)
                .map_err(|cause| VerifierError(format!("auth.issuers.{name}: {cause}")))
        });
        Ok(Self { audience, issuers: issuers.collect::<Result<_, _>>()?, clock, known: workspaces.into() })
    }

    /// Fetches the keys that are behind URLs, now and again until `shutdown`.
    pub async fn keep_fresh(&self, shutdown: CancellationToken) {
        join_all(self.issuers.iter().map(|issuer| issuer.keep_fresh(&shutdown))).await;
        shutdown.cancelled().await;
    }

    /// Fetches the keys of every issuer once.
    #[cfg(test)]
    pub(super) async fn attempt_fetch(&self) {
        join_all(self.issuers.iter().map(|issuer| issuer.fetch())).await;
    }

    /// Passes once the keys of every issuer are there; they stay when an issuer goes away.
    ///
    /// # Errors
    /// The issuer whose keys were never fetched.
    pub fn ready(&self) -> Result<(), VerifierError> {
        match self.issuers.iter().find(|issuer| !issuer.has_keys()) {
            None => Ok(()),
            Some(issuer) => Err(VerifierError(format!("auth.issuers.{}: its keys were not fetched yet", issuer.name))),
        }
    }

    /// The caller behind a token, as the keys are known now.
    ///
    /// # Errors
    /// UNAUTHENTICATED: expired, or anything else wrong with it. UNAVAILABLE while there are no keys.
    pub fn verify(&self, token: &str) -> Result<Principal, Error> {
        Ok(self.attempt(token)?)
    }

    pub(super) fn attempt(&self, token: &str) -> Result<Principal, Refused> {
        let digest: [u8; 32] = Sha256::digest(token.as_bytes()).into();
        let checked = match self.issuers.iter().find_map(|issuer| issuer.checked(&digest)) {
            Some(checked) => checked,
            None => self.check(token, digest)?,
        };
        let Checked { expires_at, principal } = checked;
        if self.clock.now().timestamp() > expires_at.saturating_add(LEEWAY_S) {
            let at = chrono::DateTime::from_timestamp(expires_at, 0).map(|t| t.to_rfc3339()).unwrap_or_default();
            return Err(Refused::For(
                Error::unauthenticated(Reason::TokenExpired, format!("the token expired at {at}"))
                    .with_metadata("expired_at", at),
            ));
        }
        Ok(principal)
    }

    fn check(&self, token: &str, digest: [u8; 32]) -> Result<Checked, Refused> {
        let refuse = |cause: String| Refused::For(invalid(cause));
        let header = jsonwebtoken::decode_header(token).map_err(|error| refuse(error.to_string()))?;
        // A token must not choose a symmetric algorithm: the public key would be the secret. `decode` checks the family.
        if matches!(header.alg, Algorithm::HS256 | Algorithm::HS384 | Algorithm::HS512) {
            return Err(refuse(format!("algorithm {:?} does not fit the key", header.alg)));
        }
        // Only to find whose keys it has to be checked against; nothing else is believed before it is.
        let claimed: Map<String, Value> =
            jsonwebtoken::dangerous::insecure_decode_claims(token).map_err(|error| refuse(error.to_string()))?;
        let iss = claimed.get("iss").and_then(Value::as_str).unwrap_or_default();
        let issuer = self.issuers.iter().find(|issuer| issuer.config.issuer == iss);
        let issuer = issuer.ok_or_else(|| refuse(format!("issuer `{iss}` is not trusted here")))?;
        let (key, generation) = issuer.key(header.kid.as_deref()).map_err(|error| no_key(issuer, &header, &error))?;
        let key = DecodingKey::from_jwk(&key).map_err(|error| refuse(error.to_string()))?;
        let mut validation = Validation::new(header.alg);
        validation.set_issuer(&[&issuer.config.issuer]);
        validation.set_audience(&[&self.audience]);
        validation.set_required_spec_claims(&["exp", "iss", "aud", "sub"]);
        // Expiry is checked at every call, against the clock that was passed in.
        validation.validate_exp = false;
        let claims = jsonwebtoken::decode::<Map<String, Value>>(token, &key, &validation)
            .map_err(|error| refuse(error.to_string()))?
            .claims;
        let claims = Claims::read(&issuer.config, &claims).map_err(refuse)?;
        let expires_at = claims.expires_at;
        let checked = Checked { expires_at, principal: Principal::new(claims, Arc::clone(&self.known)) };
        issuer.remember(generation, digest, &checked);
        Ok(checked)
    }
}

fn no_key(issuer: &Arc<Issuer>, header: &jsonwebtoken::Header, error: &NoKey) -> Refused {
    let error = match error {
        NoKey::Unknown => invalid(format!("no key {:?} of {}", header.kid, issuer.name)),
        NoKey::Unreadable(cause) => invalid(cause.clone()),
        NoKey::NoneYet => {
            let message = format!("the keys of the issuer `{}` were not fetched yet", issuer.name);
            Error::unavailable(Reason::PeerUnavailable, message).with_metadata("peer", &issuer.name)
        }
    };
    if issuer.is_remote() { Refused::UnknownKey(Arc::clone(issuer), error) } else { Refused::For(error) }
}

fn invalid(cause: String) -> Error {
    Error::unauthenticated(Reason::TokenInvalid, "the token is not valid here").caused_by(cause)
}

#[cfg(test)]
mod tests {
    use std::time::SystemTime;

    use super::*;
    use crate::FixedClock;
    use crate::auth::{DevIssuer, IssuerConfig};
    use chrono::{DateTime, Duration};
    use throughline_proto::common::v1::Role;

    fn at(text: &str) -> Clock {
        Clock::new(FixedClock::new(text.parse::<DateTime<chrono::Utc>>().unwrap()))
    }

    fn verifier(issuer: &DevIssuer, now: &str) -> Verifier {
        // So that whatever is written later has another time, however coarse the file system counts.
        let keys = std::fs::File::options().write(true).open(issuer.jwks_path()).unwrap();
        keys.set_modified(SystemTime::UNIX_EPOCH).unwrap();
        let config = AuthConfig::development(issuer, vec!["demo".to_owned()]);
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
    fn a_key_file_that_breaks_refuses_its_own_tokens_and_nobody_elses() {
        let (folder, other) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        let now = "2026-03-10T09:00:00Z";
        let (own, people) = (DevIssuer::open(folder.path(), at(now)).unwrap(), other.path().join("people.json"));
        let mut config = AuthConfig::development(&own, vec!["demo".to_owned()]);
        std::fs::copy(own.jwks_path(), &people).unwrap();
        for keys in [own.jwks_path(), people.as_path()] {
            std::fs::File::options().write(true).open(keys).unwrap().set_modified(SystemTime::UNIX_EPOCH).unwrap();
        }
        config.issuers.insert("people".to_owned(), IssuerConfig::file("https://login.x.example", &people));
        let verifier = Verifier::open(config, at(now)).unwrap();
        let token = own.token("a@x.example", "demo", &["rep"], Duration::hours(1)).unwrap();
        std::fs::write(&people, "{").unwrap();
        assert!(verifier.verify(&token).is_ok());
        assert!(verifier.verify(&token).is_ok(), "remembered");
        std::fs::write(own.jwks_path(), "{").unwrap();
        assert_eq!(verifier.verify(&token).unwrap_err().reason(), Reason::TokenInvalid);
    }

    #[test]
    fn only_a_service_acts_in_every_workspace() {
        let folder = tempfile::tempdir().unwrap();
        let issuer = DevIssuer::open(folder.path(), at("2026-03-10T09:00:00Z")).unwrap();
        let token = issuer.token("a@x.example", "*", &["admin"], Duration::hours(1)).unwrap();
        let principal = verifier(&issuer, "2026-03-10T09:30:00Z").verify(&token).unwrap();
        assert_eq!(principal.authorize_workspace("demo").unwrap_err().reason(), Reason::WorkspaceDenied);
    }

    #[test]
    fn the_development_issuer_is_refused_unless_allowed() {
        let folder = tempfile::tempdir().unwrap();
        let issuer = DevIssuer::open(folder.path(), at("2026-03-10T09:00:00Z")).unwrap();
        let mut config = AuthConfig::development(&issuer, vec!["demo".to_owned()]);
        config.allow_development_issuer = false;
        let error = Verifier::open(config, at("2026-03-10T09:00:00Z")).err().unwrap().to_string();
        assert!(error.contains("auth.allow_development_issuer"), "{error}");
    }
}
