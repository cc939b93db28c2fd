//! Configuration in layers: the annotated defaults in the binary, then a file, then the environment
//! (`THROUGHLINE__SECTION__KEY`), then what the embedding program sets. Unknown keys are errors.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::time::Duration;

use config::{Config, Environment, File, FileFormat};
use serde::{Deserialize, Serialize};

use crate::App;

/// `[server]`: where and how a service listens and stops.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ServerConfig {
    /// Address and port; port 0 takes a free one.
    pub listen: SocketAddr,
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
    let error = |cause: String| ConfigError { service: A::NAME, cause };
    let mut builder = Config::builder().add_source(File::from_str(A::DEFAULTS, FileFormat::Toml));
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
    serde_path_to_error::deserialize(merged).map_err(|e| error(format!("{}: {}", e.path(), e.inner())))
}
