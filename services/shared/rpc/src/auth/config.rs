//! The `[auth]` section of a service's configuration: whose tokens are trusted, and what their claims mean.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::time::Duration;

use http::Uri;
use serde::{Deserialize, Serialize};

use super::DevIssuer;

/// Whose tokens are trusted.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AuthConfig {
    /// Audience claim that tokens must carry.
    pub audience: String,
    /// Workspaces of this installation.
    pub workspaces: Vec<String>,
    /// Is the issuer that every laptop can be let in? Never where others reach the service.
    #[serde(default)]
    pub allow_development_issuer: bool,
    /// File with the token this service presents to its peers.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub service_token_file: Option<PathBuf>,
    /// Issuers by a name of one's own; a token is matched by its `iss`.
    #[serde(default)]
    pub issuers: BTreeMap<String, IssuerConfig>,
}

/// An issuer of tokens.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct IssuerConfig {
    /// Issuer claim of its tokens.
    pub issuer: String,
    /// Its JSON Web Key Set as a file, read again when it changes. Either this or `jwks_url`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub jwks_file: Option<PathBuf>,
    /// Its JSON Web Key Set as a URL: https, or http on this machine.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub jwks_url: Option<String>,
    /// PEM file of the authorities to trust for the URL; those that browsers trust when not given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub jwks_ca_file: Option<PathBuf>,
    /// File with a bearer token for the URL.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub jwks_token_file: Option<PathBuf>,
    /// How often the URL is asked again.
    #[serde(default = "ten_minutes", with = "humantime_serde")]
    pub jwks_refresh: Duration,
    /// Claim that holds the workspace. `a.b` is looked for as a claim of that name, then as `b` inside of `a`.
    #[serde(default = "workspace")]
    pub workspace_claim: String,
    /// Claim that holds the roles, a list or words with spaces between; named like `workspace_claim`.
    #[serde(default = "roles")]
    pub roles_claim: String,
    /// Service identities: subject → name of the service. Where there are any, such a subject is that service in every
    /// workspace, and other subjects of the issuer are refused.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub services: BTreeMap<String, String>,
}

fn ten_minutes() -> Duration {
    Duration::from_secs(600)
}

fn workspace() -> String {
    "workspace".to_owned()
}

fn roles() -> String {
    "roles".to_owned()
}

impl AuthConfig {
    /// Trusts the development issuer and nobody else.
    #[must_use]
    pub fn development(issuer: &DevIssuer, workspaces: Vec<String>) -> Self {
        let file = IssuerConfig::file(issuer.issuer(), issuer.jwks_path());
        Self {
            audience: issuer.audience().to_owned(),
            workspaces,
            allow_development_issuer: true,
            service_token_file: None,
            issuers: BTreeMap::from([("development".to_owned(), file)]),
        }
    }

    /// Everything that is wrong with the section, as `key: what`; empty when it is fine.
    pub(super) fn violations(&self) -> Vec<String> {
        let mut found = Vec::new();
        if self.issuers.is_empty() {
            found.push(
                "auth.issuers: name at least one, [auth.issuers.NAME] with issuer and jwks_file or jwks_url".into(),
            );
        }
        if self.audience.is_empty() {
            found.push("auth.audience: must not be empty".into());
        }
        for (name, issuer) in &self.issuers {
            found.extend(issuer.violations().into_iter().map(|what| format!("auth.issuers.{name}: {what}")));
            let twin = self.issuers.iter().find(|(other, it)| *other < name && it.issuer == issuer.issuer);
            if let Some((twin, _)) = twin {
                found.push(format!("auth.issuers.{name}: has the same issuer as auth.issuers.{twin}"));
            }
            if issuer.issuer == DevIssuer::ISSUER && !self.allow_development_issuer {
                found.push(format!(
                    "auth.issuers.{name}: the development issuer is for one's own machine; auth.allow_development_issuer = true lets it in"
                ));
            }
        }
        found
    }
}

impl IssuerConfig {
    /// An issuer whose keys are in a file, with the usual claims.
    pub fn file(issuer: impl Into<String>, jwks_file: impl Into<PathBuf>) -> Self {
        Self { jwks_file: Some(jwks_file.into()), ..Self::named(issuer) }
    }

    /// An issuer whose keys are behind a URL, with the usual claims.
    pub fn url(issuer: impl Into<String>, jwks_url: impl Into<String>) -> Self {
        Self { jwks_url: Some(jwks_url.into()), ..Self::named(issuer) }
    }

    fn named(issuer: impl Into<String>) -> Self {
        Self {
            issuer: issuer.into(),
            jwks_file: None,
            jwks_url: None,
            jwks_ca_file: None,
            jwks_token_file: None,
            jwks_refresh: ten_minutes(),
            workspace_claim: workspace(),
            roles_claim: roles(),
            services: BTreeMap::new(),
        }
    }

    fn violations(&self) -> Vec<String> {
        let mut found = Vec::new();
        if self.issuer.is_empty() {
            found.push("issuer must not be empty".to_owned());
        }
        match (&self.jwks_file, &self.jwks_url) {
            (Some(_), None) => {
                if self.jwks_ca_file.is_some() || self.jwks_token_file.is_some() {
                    found.push("jwks_ca_file and jwks_token_file are for jwks_url".to_owned());
                }
            }
            (None, Some(url)) => found.extend(url_violation(url)),
            _ => found.push("needs exactly one of jwks_file and jwks_url".to_owned()),
        }
        if self.jwks_refresh < Duration::from_secs(1) {
            found.push("jwks_refresh must be at least 1s".to_owned());
        }
        found
    }
}

/// Whoever can change the answer on its way can sign tokens: plain http never leaves the machine.
fn url_violation(url: &str) -> Option<String> {
    let Ok(uri) = url.parse::<Uri>() else { return Some(format!("jwks_url {url} is not a URL")) };
    let here = matches!(uri.host(), Some("localhost" | "127.0.0.1" | "[::1]"));
    match uri.scheme_str() {
        Some("https") if uri.host().is_some() => None,
        Some("http") if here => None,
        _ => Some(format!("jwks_url {url} must start with https://")),
    }
}
