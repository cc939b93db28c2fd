//! The configuration of this service; the annotated defaults stand in `config/default.toml`.

use std::time::Duration;

use serde::{Deserialize, Serialize};
use throughline_events::{HousekeepingConfig, RelayConfig};
use throughline_rpc::auth::AuthConfig;
use throughline_rpc::client::PeerConfig;
use throughline_runtime::{ServerConfig, TelemetryConfig};
use throughline_store::DatabaseConfig;

use crate::clients::judge::JudgeConfig;
use crate::learner::EmbeddingsConfig;

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
    /// Live calls.
    pub live: LiveConfig,
    /// What playbooks learn with.
    pub embeddings: EmbeddingsConfig,
    /// Who is asked about what classifiers can't decide.
    pub judge: JudgeConfig,
    /// Whom it calls and tells.
    pub peers: Peers,
}

/// `[live]`
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct LiveConfig {
    /// Live calls followed at the same time; more are told to come again.
    pub max_streams: usize,
    /// A stream that sends nothing for this long has broken off.
    #[serde(with = "humantime_serde")]
    pub idle_timeout: Duration,
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
            ("judge", self.judge.violations()),
        ];
        let under = |(section, found): (&str, Vec<(&'static str, String)>)| {
            found.into_iter().map(|(field, what)| (format!("{section}.{field}"), what)).collect::<Vec<_>>()
        };
        let mut all: Vec<_> = sections.into_iter().flat_map(under).collect();
        let mut check = |holds: bool, field: &str, what: &str| {
            if !holds {
                all.push((field.to_owned(), what.to_owned()));
            }
        };
        check(self.live.max_streams <= 10_000, "live.max_streams", "must be 0 to 10000");
        check(!self.live.idle_timeout.is_zero(), "live.idle_timeout", "must be more than 0");
        all
    }
}
