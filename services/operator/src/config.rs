//! The configuration of the operator; the annotated defaults stand in `config/default.toml`.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::ensure;
use serde::{Deserialize, Serialize};
use throughline_rpc::client::PeerConfig;
use throughline_runtime::TelemetryConfig;
use throughline_runtime::config::{ConfigError, Layers, Overrides, read};

use crate::NAME;
use crate::backoff::BackoffConfig;
use crate::lease::LeaseConfig;

/// The annotated defaults.
pub const DEFAULTS: &str = include_str!("../config/default.toml");

/// All of it.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Config {
    /// Health and stop.
    pub server: ServerConfig,
    /// Traces, metrics, logs.
    pub telemetry: TelemetryConfig,
    /// Who it is to its peers.
    pub auth: AuthConfig,
    /// What it watches.
    pub kubernetes: KubernetesConfig,
    /// Which replica works.
    pub lease: LeaseConfig,
    /// Waits after failures.
    pub backoff: BackoffConfig,
    /// Whom it calls.
    pub peers: Peers,
}

/// `[server]`.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct ServerConfig {
    /// Address and port of the plaintext health service; empty for none.
    pub admin_listen: String,
    /// How long a stop may take.
    #[serde(with = "humantime_serde")]
    pub drain_deadline: Duration,
}

/// `[auth]`.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct AuthConfig {
    /// File with the token that the operator presents to its peers.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub service_token_file: Option<PathBuf>,
}

/// `[kubernetes]`.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct KubernetesConfig {
    /// Namespaces to watch; empty for the operator's own, `*` for all.
    pub namespaces: Vec<String>,
    /// How often what is settled is looked at again.
    #[serde(with = "humantime_serde")]
    pub resync_interval: Duration,
    /// Resources of a kind reconciled at the same time in one namespace.
    pub concurrency: u16,
}

/// `[peers]`.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Peers {
    /// Where playbooks are applied.
    pub playbook_evaluator: PeerConfig,
    /// Where speech engines are declared.
    pub transcription_gateway: PeerConfig,
}

/// Which resources a controller watches.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Scope {
    /// Those of one namespace.
    Namespace(String),
    /// All.
    Cluster,
}

impl Config {
    /// Reads it: defaults, file, environment, overrides.
    ///
    /// # Errors
    /// When a file is missing or no TOML, a key is unknown, or a value has another type.
    pub fn load(file: Option<&Path>, environment: bool, overrides: Overrides) -> Result<Self, ConfigError> {
        read(NAME, DEFAULTS, Layers { file, environment, overrides })
    }

    /// Passes when it can be used.
    ///
    /// # Errors
    /// Everything that is wrong with it.
    pub fn check(&self) -> anyhow::Result<()> {
        let LeaseConfig { name, namespace: _, duration, renew_deadline, retry_period } = &self.lease;
        let BackoffConfig { evaluator_first, evaluator_longest, conflict_first, conflict_longest } = &self.backoff;
        let KubernetesConfig { namespaces, resync_interval, concurrency } = &self.kubernetes;
        let second = Duration::from_secs(1);
        let all = namespaces.iter().any(|namespace| namespace == "*");
        let rules = [
            (self.listen().is_ok(), "server.admin_listen must be an address and port, or empty"),
            (!name.is_empty(), "lease.name must not be empty"),
            (*duration >= second && duration.subsec_nanos() == 0, "lease.duration must be whole seconds, over 0"),
            (renew_deadline < duration, "lease.renew_deadline must be shorter than lease.duration"),
            (
                !retry_period.is_zero() && retry_period < renew_deadline,
                "lease.retry_period must be over 0 and shorter than lease.renew_deadline",
            ),
            (!all || namespaces.len() == 1, "kubernetes.namespaces: \"*\" stands alone"),
            (namespaces.iter().all(|namespace| !namespace.is_empty()), "kubernetes.namespaces must not be empty names"),
            (*resync_interval >= second, "kubernetes.resync_interval must be a second or more"),
            (*concurrency > 0, "kubernetes.concurrency must be over 0"),
            (
                !evaluator_first.is_zero() && evaluator_first <= evaluator_longest,
                "backoff.evaluator_first must be over 0 and at most backoff.evaluator_longest",
            ),
            (
                !conflict_first.is_zero() && conflict_first <= conflict_longest,
                "backoff.conflict_first must be over 0 and at most backoff.conflict_longest",
            ),
        ];
        let broken: Vec<&str> = rules.iter().filter(|(holds, _)| !holds).map(|(_, rule)| *rule).collect();
        ensure!(broken.is_empty(), "configuration of {NAME}: {}", broken.join("; "));
        Ok(())
    }

    /// Where health is served.
    ///
    /// # Errors
    /// When it is no address.
    pub fn listen(&self) -> Result<Option<SocketAddr>, std::net::AddrParseError> {
        let listen = &self.server.admin_listen;
        if listen.is_empty() { Ok(None) } else { listen.parse().map(Some) }
    }

    /// What to watch, where `own` is the operator's namespace.
    #[must_use]
    pub fn scopes(&self, own: &str) -> Vec<Scope> {
        match self.kubernetes.namespaces.as_slice() {
            [] => vec![Scope::Namespace(own.to_owned())],
            [all] if all == "*" => vec![Scope::Cluster],
            namespaces => namespaces.iter().cloned().map(Scope::Namespace).collect(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn with(overrides: Overrides) -> anyhow::Result<Config> {
        let config = Config::load(None, false, overrides)?;
        config.check().map(|()| config)
    }

    #[test]
    fn the_defaults_can_be_used_and_are_printed() {
        let config = with(Vec::new()).unwrap();
        assert_eq!(config.scopes("here"), [Scope::Namespace("here".to_owned())]);
        let printed = toml::to_string(&config).unwrap();
        assert!(printed.contains("retry_period = \"2s\""), "{printed}");
    }

    #[test]
    fn everything_wrong_is_said_at_once() {
        let wrong = [("lease.duration", "1500ms"), ("lease.renew_deadline", "2s"), ("server.admin_listen", "nowhere")];
        let error = with(wrong.map(|(key, value)| (key, value.to_owned())).to_vec()).unwrap_err().to_string();
        for key in ["lease.duration", "lease.renew_deadline", "server.admin_listen"] {
            assert!(error.contains(key), "{error}");
        }
        assert!(with(vec![("server.listen", "127.0.0.1:1".to_owned())]).is_err(), "an unknown key");
    }

    #[test]
    fn a_file_names_namespaces() {
        let file = tempfile::NamedTempFile::new().unwrap();
        std::fs::write(file.path(), "[kubernetes]\nnamespaces = [\"a\", \"b\"]\n").unwrap();
        let config = Config::load(Some(file.path()), false, Vec::new()).unwrap();
        assert_eq!(config.scopes("own"), ["a", "b"].map(|name| Scope::Namespace(name.to_owned())));
        std::fs::write(file.path(), "[kubernetes]\nnamespaces = [\"*\"]\n").unwrap();
        assert_eq!(Config::load(Some(file.path()), false, Vec::new()).unwrap().scopes("own"), [Scope::Cluster]);
    }
}
