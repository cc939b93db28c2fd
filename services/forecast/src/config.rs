//! The configuration of this service; the annotated defaults stand in `config/default.toml`.

use serde::{Deserialize, Serialize};
use throughline_events::HousekeepingConfig;
use throughline_rpc::auth::AuthConfig;
use throughline_rpc::client::PeerConfig;
use throughline_runtime::{ServerConfig, TelemetryConfig};
use throughline_store::DatabaseConfig;

use crate::domain::requirements::Requirements;
use crate::domain::stage::Phase;

/// Roles that the evaluator tells apart.
const ROLES: [&str; 7] = ["economic_buyer", "champion", "technical", "security", "legal", "procurement", "user"];

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
    /// What it keeps in memory.
    pub memory: MemoryConfig,
    /// What health is held against.
    pub health: HealthConfig,
}

/// Peers.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Peers {
    /// crm-sync.
    pub crm_sync: PeerConfig,
    /// The playbook evaluator.
    pub playbook_evaluator: PeerConfig,
}

/// What it keeps in memory.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct MemoryConfig {
    /// Log entries of all workspaces together.
    pub max_entries: usize,
}

/// What health is held against.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct HealthConfig {
    /// Who must be engaged by each phase.
    pub stakeholders: Stakeholders,
}

/// Roles that must be engaged from a phase on.
#[derive(Clone, Debug, Default, Deserialize, Serialize)]
#[serde(deny_unknown_fields, default)]
pub struct Stakeholders {
    /// From prospecting on.
    pub prospecting: Vec<String>,
    /// From discovery on.
    pub discovery: Vec<String>,
    /// From validation on.
    pub validation: Vec<String>,
    /// From the proposal on.
    pub proposal: Vec<String>,
    /// From negotiation on.
    pub negotiation: Vec<String>,
}

impl Stakeholders {
    fn by_phase(&self) -> [(Phase, &'static str, &Vec<String>); 5] {
        let Self { prospecting, discovery, validation, proposal, negotiation } = self;
        [
            (Phase::Prospecting, "prospecting", prospecting),
            (Phase::Discovery, "discovery", discovery),
            (Phase::Validation, "validation", validation),
            (Phase::Proposal, "proposal", proposal),
            (Phase::Negotiation, "negotiation", negotiation),
        ]
    }
}

impl HealthConfig {
    /// As the rules take them.
    pub fn requirements(&self) -> Requirements {
        Requirements::new(self.stakeholders.by_phase().map(|(phase, _, roles)| (phase, roles.clone())))
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
        if self.memory.max_entries == 0 {
            all.push(("memory.max_entries".to_owned(), "must be at least 1".to_owned()));
        }
        for (_, phase, roles) in self.health.stakeholders.by_phase() {
            for role in roles.iter().filter(|role| !ROLES.contains(&role.as_str())) {
                let what = format!("names the role `{role}`; roles are {}", ROLES.join(", "));
                all.push((format!("health.stakeholders.{phase}"), what));
            }
        }
        all
    }
}
