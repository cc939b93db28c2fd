//! Configuration in layers: the annotated defaults in the binary, then a file, then the environment
//! (`THROUGHLINE__SECTION__KEY`), then what the embedding program sets. Unknown keys are errors.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::time::Duration;

use config::{Config, Environment, File, FileFormat};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use crate::App;

/// `[server]`: where and how a service listens and stops.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ServerConfig {
    /// Address and port; port 0 takes a free one.
    pub listen: SocketAddr,
    /// Address and port of the plain listener for health and metrics; empty for none.
    #[serde(default, with = "optional_address")]
    pub admin_listen: Option<SocketAddr>,
    /// How long a stop may take before what is left is cut.
    #[serde(with = "humantime_serde")]
    pub drain_deadline: Duration,
    /// How long to go on serving after NOT_SERVING, so that load balancers notice.
    #[serde(with = "humantime_serde")]
    pub drain_notice: Duration,
    /// A connection is closed kindly after this, so that clients spread over new replicas.
    #[serde(with = "humantime_serde")]
    pub max_connection_age: Duration,
    /// TLS; without it the service speaks plain HTTP/2.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tls: Option<TlsConfig>,
}

/// `[server.tls]`: PEM files.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TlsConfig {
    /// Certificate chain of the service.
    pub cert_file: PathBuf,
    /// Its key.
    pub key_file: PathBuf,
    /// Authorities whose client certificates are asked for (mutual TLS).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub client_ca_file: Option<PathBuf>,
}

/// A configuration that can't be used; the text names layer, key and what is expected.
#[derive(Debug, thiserror::Error)]
#[error("configuration of {service}: {cause}")]
pub struct ConfigError {
    service: &'static str,
    cause: String,
}

/// Keys set by the embedding program, for example `("database.url", "sqlite://…")`.
pub type Overrides = Vec<(&'static str, String)>;

/// Which layers apply over the defaults.
#[derive(Debug, Default)]
pub struct Layers<'a> {
    /// A TOML file.
    pub file: Option<&'a Path>,
    /// `THROUGHLINE__SECTION__KEY`.
    pub environment: bool,
    /// Set by the embedding program; wins over all.
    pub overrides: Overrides,
}

/// Reads the configuration of a service.
///
/// # Errors
/// When a file is missing or no TOML, a key is unknown, or a value has another type.
pub fn load<A: App>(layers: Layers<'_>) -> Result<A::Config, ConfigError> {
    read(A::NAME, A::DEFAULTS, layers)
}

/// Reads the configuration of a program that is no [`App`]: `defaults` is its annotated `config/default.toml`.
///
/// # Errors
/// When a file is missing or no TOML, a key is unknown, or a value has another type.
pub fn read<C: DeserializeOwned>(service: &'static str, defaults: &str, layers: Layers<'_>) -> Result<C, ConfigError> {
    let error = |cause: String| ConfigError { service, cause };
    let mut builder = Config::builder().add_source(File::from_str(defaults, FileFormat::Toml));
    if let Some(path) = layers.file {
        builder = builder.add_source(File::from(path).format(FileFormat::Toml));
    }
    if layers.environment {
        builder = builder.add_source(
            Environment::with_prefix("THROUGHLINE").prefix_separator("__").separator("__").try_parsing(true),
        );
    }
    for (key, value) in layers.overrides {
        builder = builder.set_override(key, value).map_err(|e| error(e.to_string()))?;
    }
    let merged = builder.build().map_err(|e| error(e.to_string()))?;
    serde_path_to_error::deserialize(merged).map_err(|e| {
        let cause = format!("{}: {}", e.path(), e.inner());
        let hint =
            if MOVED.iter().any(|moved| cause.starts_with("auth") && cause.contains(moved)) { MOVED_HINT } else { "" };
        error(format!("{cause}{hint}"))
    })
}

/// Keys that `[auth]` once had.
const MOVED: [&str; 2] = ["unknown field `jwks_file`", "unknown field `issuer`"];
const MOVED_HINT: &str =
    "; issuers have tables of their own now: [auth.issuers.NAME] with issuer, and jwks_file or jwks_url";

/// An address, or the empty text for none: for `#[serde(with = "…")]`.
pub mod optional_address {
    use std::net::SocketAddr;

    use serde::{Deserialize as _, Deserializer, Serializer};

    /// Writes the address.
    ///
    /// # Errors
    /// The serializer's.
    pub fn serialize<S: Serializer>(address: &Option<SocketAddr>, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&address.map(|address| address.to_string()).unwrap_or_default())
    }

    /// Reads the address.
    ///
    /// # Errors
    /// When it is none.
    pub fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<SocketAddr>, D::Error> {
        let text = String::deserialize(deserializer)?;
        if text.is_empty() {
            return Ok(None);
        }
        text.parse().map(Some).map_err(|_| serde::de::Error::custom(format!("`{text}` is not an address and port")))
    }
}
