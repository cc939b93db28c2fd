//! The configuration of this service; the annotated defaults stand in `config/default.toml`.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use throughline_events::HousekeepingConfig;
use throughline_rpc::auth::AuthConfig;
use throughline_rpc::client::PeerConfig;
use throughline_runtime::{ServerConfig, TelemetryConfig};
use throughline_store::DatabaseConfig;

use crate::domain::budget::Budget;

/// Longest span over which adoption is counted for nudges: ten years.
const MAX_ADOPTION_DAYS: u32 = 3_650;

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
    /// What it removes when.
    pub housekeeping: HousekeepingConfig,
    /// Whom it calls.
    pub peers: Peers,
    /// Limits of nudges.
    pub nudges: NudgesConfig,
}

/// Peers.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Peers {
    /// The playbook evaluator.
    pub playbook_evaluator: PeerConfig,
}

/// Limits of nudges.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct NudgesConfig {
    /// At most this many for one call.
    pub per_call: u32,
    /// At most this many for a rep in any seven days.
    pub per_week: u32,
    /// Adoption and occasions are counted over this many days before the call.
    pub adoption_days: u32,
    /// Budgets of single workspaces, by id.
    #[serde(default)]
    pub workspaces: BTreeMap<String, Budget>,
}

impl NudgesConfig {
    /// The budget of a workspace.
    pub fn budget(&self, workspace: &str) -> Budget {
        let usual = Budget { per_call: self.per_call, per_week: self.per_week };
        self.workspaces.get(workspace).copied().unwrap_or(usual)
    }
}

impl Config {
    /// Everything that is wrong with it, by field.
    pub fn violations(&self) -> Vec<(String, String)> {
        let under = |section: &str, found: Vec<(&'static str, String)>| {
            found.into_iter().map(|(field, what)| (format!("{section}.{field}"), what)).collect::<Vec<_>>()
        };
        let mut all = under("database", self.database.violations());
        all.extend(under("housekeeping", self.housekeeping.violations()));
        if !(1..=MAX_ADOPTION_DAYS).contains(&self.nudges.adoption_days) {
            all.push(("nudges.adoption_days".to_owned(), format!("must be 1 to {MAX_ADOPTION_DAYS}")));
        }
        all
    }
}
