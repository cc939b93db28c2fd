//! The configuration of this service; the annotated defaults stand in `config/default.toml`.

use serde::{Deserialize, Serialize};
use throughline_events::{HousekeepingConfig, RelayConfig};
use throughline_rpc::auth::AuthConfig;
use throughline_rpc::client::PeerConfig;
use throughline_runtime::{ServerConfig, TelemetryConfig};
use throughline_store::DatabaseConfig;

/// All of it.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Config {
    /// Where it listens and how it stops.
    pub server: ServerConfig,
    /// Traces, metrics, logs.
    pub telemetry: TelemetryConfig,
    /// Whose tokens are trusted.
    pub auth: AuthConfig,
    /// Its database.
    pub database: DatabaseConfig,
    /// How its events are delivered.
    pub relay: RelayConfig,
    /// What it removes when.
    pub housekeeping: HousekeepingConfig,
    /// Whom it calls and tells.
    pub peers: Peers,
}

/// Peers.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Peers {
    /// Calls and transcripts are read from it.
    pub transcription_gateway: PeerConfig,
    /// Told of evaluations.
    pub coaching_engine: PeerConfig,
    /// Told of evaluations.
    pub crm_sync: PeerConfig,
    /// Told of evaluations.
    pub forecast: PeerConfig,
}

impl Config {
    /// Everything that is wrong with it, by field.
    pub fn violations(&self) -> Vec<(String, String)> {
        let sections = [
            ("database", self.database.violations()),
            ("relay", self.relay.violations()),
            ("housekeeping", self.housekeeping.violations()),
        ];
        let under = |(section, found): (&str, Vec<(&'static str, String)>)| {
            found.into_iter().map(|(field, what)| (format!("{section}.{field}"), what)).collect::<Vec<_>>()
        };
        sections.into_iter().flat_map(under).collect()
    }
}
