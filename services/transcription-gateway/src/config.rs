//! The configuration of this service; the annotated defaults stand in `config/default.toml`.

use std::path::PathBuf;
use std::time::Duration;

use serde::{Deserialize, Serialize};
use throughline_events::{HousekeepingConfig, RelayConfig};
use throughline_rpc::auth::AuthConfig;
use throughline_rpc::client::PeerConfig;
use throughline_runtime::{ServerConfig, TelemetryConfig};
use throughline_store::DatabaseConfig;

use crate::domain::settings::ConsentRule;

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
    /// How events are delivered.
    pub relay: RelayConfig,
    /// What it removes when.
    pub housekeeping: HousekeepingConfig,
    /// Where recordings are kept and how they are transcribed.
    pub recordings: RecordingsConfig,
    /// Whose consent is asked for.
    pub consent: ConsentConfig,
    /// Uploads that go on where they broke off.
    pub uploads: UploadsConfig,
    /// The speech engine.
    pub speech: SpeechConfig,
    /// Live streams.
    pub live: LiveConfig,
    /// Whom it tells.
    pub peers: Peers,
}

/// `[recordings]`
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct RecordingsConfig {
    /// Folder of the recordings.
    pub dir: PathBuf,
    /// Recordings transcribed at the same time.
    pub at_once: usize,
    /// Longest wait before looking for recordings that other replicas took in or gave up.
    #[serde(with = "humantime_serde")]
    pub poll_interval: Duration,
    /// After this time without a sign of life another replica takes a recording over.
    #[serde(with = "humantime_serde")]
    pub lease: Duration,
}

/// `[consent]`
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct ConsentConfig {
    /// Where the settings of a workspace don't say otherwise.
    pub rule: ConsentRule,
}

/// `[uploads]`
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct UploadsConfig {
    /// An upload to which nothing is added for this long is given up.
    #[serde(with = "humantime_serde")]
    pub expire_after: Duration,
    /// Writers at the same time, each with 4 MiB; more are told to come again.
    pub writers: usize,
    /// A writer that sends nothing for this long has gone.
    #[serde(with = "humantime_serde")]
    pub idle_timeout: Duration,
}

/// `[speech]`
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct SpeechConfig {
    /// Folder of the models; empty for the user's cache folder.
    pub models_dir: PathBuf,
    /// ONNX Runtime library to use instead of the pulled one; empty for that one.
    pub runtime_library: PathBuf,
    /// Recognisers, each a thread and about 125 MB; 0 for one a core.
    pub workers: usize,
    /// Finished live segments that may wait for a recogniser.
    pub queue: usize,
    /// How long a finished live segment waits for room before its stream is ended.
    #[serde(with = "humantime_serde")]
    pub queue_timeout: Duration,
}

/// `[live]`
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct LiveConfig {
    /// Streams open at the same time; more are told to come again.
    pub max_streams: usize,
    /// A stream that sends nothing for this long has broken off.
    #[serde(with = "humantime_serde")]
    pub idle_timeout: Duration,
}

/// Peers.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Peers {
    /// The playbook evaluator.
    pub playbook_evaluator: PeerConfig,
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
        let mut check = |holds: bool, field: &str, what: &str| {
            if !holds {
                all.push((field.to_owned(), what.to_owned()));
            }
        };
        let Self { recordings, uploads, speech, live, .. } = self;
        check(!recordings.dir.as_os_str().is_empty(), "recordings.dir", "is required");
        check((1..=64).contains(&recordings.at_once), "recordings.at_once", "must be 1 to 64");
        let poll = Duration::from_millis(10)..=Duration::from_secs(3600);
        check(poll.contains(&recordings.poll_interval), "recordings.poll_interval", "must be 10ms to 1h");
        check(recordings.lease >= Duration::from_secs(5), "recordings.lease", "must be at least 5s");
        let expiry = Duration::from_secs(60)..=Duration::from_secs(30 * 24 * 3600);
        check(expiry.contains(&uploads.expire_after), "uploads.expire_after", "must be 1m to 30d");
        check((1..=1_024).contains(&uploads.writers), "uploads.writers", "must be 1 to 1024");
        check(!uploads.idle_timeout.is_zero(), "uploads.idle_timeout", "must be more than 0");
        check(speech.workers <= 256, "speech.workers", "must be 0 to 256");
        check((1..=10_000).contains(&speech.queue), "speech.queue", "must be 1 to 10000");
        check(!speech.queue_timeout.is_zero(), "speech.queue_timeout", "must be more than 0");
        check(live.max_streams <= 10_000, "live.max_streams", "must be 0 to 10000");
        check(!live.idle_timeout.is_zero(), "live.idle_timeout", "must be more than 0");
        all
    }
}
