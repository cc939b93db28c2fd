//! The configuration of this service; the annotated defaults stand in `config/default.toml`.

use serde::{Deserialize, Serialize};
use throughline_events::{HousekeepingConfig, RelayConfig};
use throughline_rpc::auth::AuthConfig;
use throughline_rpc::client::PeerConfig;
use throughline_runtime::{ServerConfig, TelemetryConfig};
use throughline_store::DatabaseConfig;

use crate::domain::association;
use crate::domain::proposal;
use crate::domain::stage::Pipeline;
use crate::domain::value::Currency;

/// Bounds of `import.max_bytes`: 1 MiB to 512 MiB.
const IMPORT_BYTES: std::ops::RangeInclusive<u64> = 1 << 20..=512 << 20;

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
    /// Whom it calls.
    pub peers: Peers,
    /// Imports.
    pub import: ImportConfig,
    /// Calls and deals.
    pub association: AssociationConfig,
    /// What a machine may write.
    pub proposals: proposal::Settings,
    /// The picklist of stages, in the order deals go through it.
    pub pipeline: PipelineConfig,
}

/// Peers.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Peers {
    /// The playbook evaluator: evaluations and field mappings are read from it.
    pub playbook_evaluator: PeerConfig,
    /// The forecast: it is told of changed records and associations.
    pub forecast: PeerConfig,
}

/// Imports.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct ImportConfig {
    /// Currency of amounts that name none.
    pub default_currency: Currency,
    /// Most bytes of all files of one import.
    pub max_bytes: u64,
}

/// Calls and deals.
#[derive(Clone, Copy, Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct AssociationConfig {
    /// Below it a call has no deal, 0 to 1.
    pub min_confidence: f64,
    /// Record a deal that a call's creator named and the CRM lacks.
    pub create_missing_deals: bool,
}

impl AssociationConfig {
    /// What the rules need of it.
    pub fn settings(&self) -> association::Settings {
        association::Settings { min_confidence: self.min_confidence }
    }
}

/// The picklist of stages.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct PipelineConfig {
    pub stages: Pipeline,
}

impl Config {
    /// Everything that is wrong with it, by field.
    pub fn violations(&self) -> Vec<(String, String)> {
        let under = |section: &str, found: Vec<(&'static str, String)>| {
            found.into_iter().map(|(field, what)| (format!("{section}.{field}"), what)).collect::<Vec<_>>()
        };
        let mut all = under("database", self.database.violations());
        all.extend(under("relay", self.relay.violations()));
        all.extend(under("housekeeping", self.housekeeping.violations()));
        for (field, share) in [
            ("association.min_confidence", self.association.min_confidence),
            ("proposals.auto_min_confidence", self.proposals.auto_min_confidence),
            ("proposals.auto_min_speaker_confidence", self.proposals.auto_min_speaker_confidence),
        ] {
            if !(0.0..=1.0).contains(&share) {
                all.push((field.to_owned(), "must be 0 to 1".to_owned()));
            }
        }
        if !IMPORT_BYTES.contains(&self.import.max_bytes) {
            all.push(("import.max_bytes".to_owned(), "must be 1048576 (1 MiB) to 536870912 (512 MiB)".to_owned()));
        }
        if Currency::parse(self.import.default_currency.as_str()).as_ref() != Some(&self.import.default_currency) {
            all.push(("import.default_currency".to_owned(), "must be an ISO 4217 code in capitals".to_owned()));
        }
        if let Err(problems) = self.pipeline.stages.check() {
            all.extend(problems.into_iter().map(|problem| ("pipeline.stages".to_owned(), problem)));
        }
        all
    }
}
