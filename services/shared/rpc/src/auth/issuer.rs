//! The development issuer: a key pair in a folder, so that a laptop needs no identity provider. Not for production.

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::Mutex;

use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair};
use chrono::{DateTime, Duration, Utc};
use jsonwebtoken::jwk::{Jwk, JwkSet};
use jsonwebtoken::{Algorithm, EncodingKey, Header};

use crate::Clock;

/// Audience claim of its tokens.
const AUDIENCE: &str = "throughline";
const KEY_FILE: &str = "dev-issuer.key";
const JWKS_FILE: &str = "dev-issuer.jwks.json";
const SERVICE_TOKEN_LIFE: Duration = Duration::minutes(10);

/// Signs tokens with a key that it makes by itself.
pub struct DevIssuer {
    key: EncodingKey,
    key_id: String,
    jwks_path: PathBuf,
    clock: Clock,
    /// The last token of each service, used until it is half spent: signing costs more than a small call.
    service_tokens: Mutex<HashMap<String, (DateTime<Utc>, String)>>,
}

/// Why the issuer can't work.
#[derive(Debug, thiserror::Error)]
pub enum IssuerError {
    /// A file of it can't be read or written.
    #[error("development issuer: {path}: {cause}")]
    File {
        /// Which.
        path: PathBuf,
        /// Why.
        cause: std::io::Error,
    },
    /// The key can't be made or used.
    #[error("development issuer: {0}")]
    Key(String),
}

impl DevIssuer {
    /// Issuer claim of its tokens.
    pub const ISSUER: &str = "https://dev.throughline.local";

    /// Opens the issuer of a folder, making its key at the first time.
    ///
    /// # Errors
    /// When the folder can't be written, or holds a damaged key.
    pub fn open(folder: &Path, clock: Clock) -> Result<Self, IssuerError> {
        let key_path = folder.join(KEY_FILE);
        let der = match std::fs::read(&key_path) {
            Ok(der) => der,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
                let made = EcdsaKeyPair::generate_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, &SystemRandom::new())
                    .map_err(|error| IssuerError::Key(error.to_string()))?;
                write_private(&key_path, made.as_ref())?;
                made.as_ref().to_vec()
            }
            Err(cause) => return Err(IssuerError::File { path: key_path, cause }),
        };
        let key = EncodingKey::from_ec_der(&der);
        let mut jwk = Jwk::from_encoding_key(&key, Algorithm::ES256).map_err(|e| IssuerError::Key(e.to_string()))?;
        let key_id = jwk
            .thumbprint(jsonwebtoken::jwk::ThumbprintHash::SHA256)
            .map_err(|error| IssuerError::Key(error.to_string()))?;
        jwk.common.key_id = Some(key_id.clone());
        let jwks =
            serde_json::to_vec_pretty(&JwkSet { keys: vec![jwk] }).map_err(|e| IssuerError::Key(e.to_string()))?;
        let jwks_path = folder.join(JWKS_FILE);
        // Services may be reading it: it is left alone unless its key is another.
        if std::fs::read(&jwks_path).ok().as_ref() != Some(&jwks) {
            std::fs::write(&jwks_path, jwks).map_err(|cause| IssuerError::File { path: jwks_path.clone(), cause })?;
        }
        Ok(Self { key, key_id, jwks_path, clock, service_tokens: Mutex::default() })
    }

    /// The file that services check its tokens against.
    #[must_use]
    pub fn jwks_path(&self) -> &Path {
        &self.jwks_path
    }

    /// Its issuer claim.
    #[must_use]
    pub fn issuer(&self) -> &'static str {
        Self::ISSUER
    }

    /// Its audience claim.
    #[must_use]
    pub fn audience(&self) -> &'static str {
        AUDIENCE
    }

    /// A token for a person.
    ///
    /// # Errors
    /// When signing fails.
    pub fn token(&self, subject: &str, workspace: &str, roles: &[&str], life: Duration) -> Result<String, IssuerError> {
        let now = self.clock.now();
        let claims = serde_json::json!({
            "iss": Self::ISSUER,
            "aud": AUDIENCE,
            "sub": subject,
            "exp": (now + life).timestamp(),
            "iat": now.timestamp(),
            "workspace": workspace,
            "roles": roles,
        });
        self.sign(&claims)
    }

    pub(super) fn sign(&self, claims: &serde_json::Value) -> Result<String, IssuerError> {
        let mut header = Header::new(Algorithm::ES256);
        header.kid = Some(self.key_id.clone());
        jsonwebtoken::encode(&header, claims, &self.key).map_err(|error| IssuerError::Key(error.to_string()))
    }

    /// A token for a service of the mesh, in every workspace.
    ///
    /// # Errors
    /// When signing fails.
    pub fn service_token(&self, service: &str) -> Result<String, IssuerError> {
        let now = self.clock.now();
        let mut tokens = self.service_tokens.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        if let Some((made, token)) = tokens.get(service)
            && now - *made < SERVICE_TOKEN_LIFE / 2
        {
            return Ok(token.clone());
        }
        let token = self.token(service, "*", &["service"], SERVICE_TOKEN_LIFE)?;
        tokens.insert(service.to_owned(), (now, token.clone()));
        Ok(token)
    }
}

fn write_private(path: &Path, bytes: &[u8]) -> Result<(), IssuerError> {
    use std::io::Write as _;
    let mut options = std::fs::OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options
        .open(path)
        .and_then(|mut file| file.write_all(bytes))
        .map_err(|cause| IssuerError::File { path: path.to_owned(), cause })
}
