//! The configuration of this service; the annotated defaults stand in `config/default.toml`.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::time::Duration;

use serde::{Deserialize, Serialize};
use throughline_events::{HousekeepingConfig, RelayConfig};
use throughline_objects::{Access, Location};
use throughline_rpc::auth::AuthConfig;
use throughline_rpc::client::PeerConfig;
use throughline_runtime::config::optional_address;
use throughline_runtime::{ServerConfig, TelemetryConfig, TlsConfig};
use throughline_store::DatabaseConfig;

use crate::domain::call::is_call_id;
use crate::domain::settings::ConsentRule;
use crate::engine::grants::{CredentialConfig, is_host_pattern};
use crate::engine::router;

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
    /// How long calls are kept.
    pub retention: RetentionConfig,
    /// The speech engine.
    pub speech: SpeechConfig,
    /// Telling voices apart, and enrolled voices.
    pub voices: VoicesConfig,
    /// Live streams.
    pub live: LiveConfig,
    /// The WebSocket edge for telephony systems.
    pub telephony: TelephonyConfig,
    /// The search.
    pub search: SearchConfig,
    /// Watches of calls.
    pub watch: WatchConfig,
    /// Prefixes of object stores that are watched, by name.
    #[serde(default)]
    pub imports: BTreeMap<String, ImportConfig>,
    /// Whom it tells and asks.
    pub peers: Peers,
}

/// `[recordings]`
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct RecordingsConfig {
    /// Where they are: `file:///folder`, `s3://bucket/prefix`, `az://container/prefix`, `gs://bucket/prefix`; empty for
    /// `dir`.
    pub url: String,
    /// Folder of the recordings, where no `url` is given.
    pub dir: PathBuf,
    /// How the store of the `url` is reached.
    pub access: Access,
    /// File of the keys that recordings are sealed under; empty to store them as they come.
    pub keys_file: PathBuf,
    /// Whether that recordings lie unencrypted is meant: nothing is said of it then.
    pub accept_unencrypted: bool,
    /// How often the store is looked through for objects that no call knows.
    #[serde(with = "humantime_serde")]
    pub sweep_interval: Duration,
    /// Such an object is removed when it is older.
    #[serde(with = "humantime_serde")]
    pub orphan_grace: Duration,
    /// Recordings transcribed at the same time.
    pub at_once: usize,
    /// Longest wait before looking for recordings that other replicas took in or gave up.
    #[serde(with = "humantime_serde")]
    pub poll_interval: Duration,
    /// After this time without a sign of life another replica takes a recording over.
    #[serde(with = "humantime_serde")]
    pub lease: Duration,
    /// Tries while no speech engine can be had, before a recording fails.
    pub engine_tries: u32,
    /// Wait after the first of them; doubled each time.
    #[serde(with = "humantime_serde")]
    pub engine_backoff: Duration,
    /// Longest wait.
    #[serde(with = "humantime_serde")]
    pub engine_max_backoff: Duration,
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

impl RecordingsConfig {
    /// Where recordings are.
    pub fn location(&self) -> Location {
        match self.url.as_str() {
            "" => Location::folder(&self.dir, self.access.clone()),
            url => Location::new(url, self.access.clone()),
        }
    }

    /// The file of the keys, if there is one.
    pub fn keys_file(&self) -> Option<&Path> {
        Some(self.keys_file.as_path()).filter(|file| !file.as_os_str().is_empty())
    }
}

/// `[retention]`
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct RetentionConfig {
    /// How long calls are kept where their workspace does not say; `None` for ever.
    #[serde(default, with = "humantime_serde", skip_serializing_if = "Option::is_none")]
    pub default: Option<Duration>,
    /// How often to look for calls whose deadline has passed.
    #[serde(with = "humantime_serde")]
    pub interval: Duration,
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
    /// How long a segment of a recording is tried before the recording is put off.
    #[serde(with = "humantime_serde")]
    pub recording_patience: Duration,
    /// How often declared engines are looked for that another replica was told of.
    #[serde(with = "humantime_serde")]
    pub reload_interval: Duration,
    /// Hosts that declared engines may be at.
    pub allowed_hosts: Vec<String>,
    /// PEM file of authorities to trust for engines over TLS beside those that browsers trust; empty for none.
    pub ca_file: PathBuf,
    /// Keys that declared engines may use, by name.
    pub credentials: BTreeMap<String, CredentialConfig>,
    /// When an engine that fails is left alone.
    pub breaker: BreakerConfig,
}

/// `[speech.breaker]`
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct BreakerConfig {
    /// Failures in a row after which an engine is left alone.
    pub failures_in_a_row: usize,
    /// Age after which an answer or a failure counts no more.
    #[serde(with = "humantime_serde")]
    pub window: Duration,
    /// How long it is left alone at first; doubled each time it fails again.
    #[serde(with = "humantime_serde")]
    pub first_backoff: Duration,
    /// How long it is left alone at most.
    #[serde(with = "humantime_serde")]
    pub max_backoff: Duration,
}

impl SpeechConfig {
    /// How the router decides.
    pub fn routing(&self) -> router::Settings {
        let BreakerConfig { failures_in_a_row, window, first_backoff, max_backoff } = self.breaker;
        router::Settings {
            breaker: router::Limits { failures_in_a_row, window, first_backoff, max_backoff },
            live_patience: self.queue_timeout,
            recording_patience: self.recording_patience,
        }
    }

    fn violations(&self) -> Vec<(String, String)> {
        let mut found = Vec::new();
        let mut check = |holds: bool, field: &str, what: &str| {
            if !holds {
                found.push((format!("speech.{field}"), what.to_owned()));
            }
        };
        check(self.workers <= 256, "workers", "must be 0 to 256");
        check((1..=10_000).contains(&self.queue), "queue", "must be 1 to 10000");
        check(!self.queue_timeout.is_zero(), "queue_timeout", "must be more than 0");
        check(!self.reload_interval.is_zero(), "reload_interval", "must be more than 0");
        for host in &self.allowed_hosts {
            check(is_host_pattern(host), "allowed_hosts", &format!("`{host}` must be host, host:port or *.domain"));
        }
        for (name, CredentialConfig { file, hosts, workspaces: _ }) in &self.credentials {
            let field = format!("credentials.{name}");
            check(!file.as_os_str().is_empty(), &format!("{field}.file"), "is required");
            for host in hosts {
                let what = format!("`{host}` must be host, host:port or *.domain");
                check(is_host_pattern(host), &format!("{field}.hosts"), &what);
            }
        }
        let BreakerConfig { failures_in_a_row, window, first_backoff, max_backoff } = &self.breaker;
        check((1..=100).contains(failures_in_a_row), "breaker.failures_in_a_row", "must be 1 to 100");
        check(!window.is_zero(), "breaker.window", "must be more than 0");
        check(!first_backoff.is_zero(), "breaker.first_backoff", "must be more than 0");
        check(max_backoff >= first_backoff, "breaker.max_backoff", "must be at least breaker.first_backoff");
        found
    }
}

/// `[voices]`
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct VoicesConfig {
    /// Recordings and streams in which voices are told apart at the same time, each with about 45 MB.
    pub sessions: usize,
    /// How long an enrolled voice is kept.
    #[serde(with = "humantime_serde")]
    pub retention: Duration,
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
    /// A client that takes nothing for this long is ended.
    #[serde(with = "humantime_serde")]
    pub slow_timeout: Duration,
}

/// `[telephony]`
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct TelephonyConfig {
    /// Address and port; empty for none.
    #[serde(with = "optional_address")]
    pub listen: Option<SocketAddr>,
    /// Connections at a time; more are closed at once.
    pub max_connections: usize,
    /// The address as Twilio is told it, without a path; what its signatures are made of.
    pub public_url: String,
    /// File with the auth token of the Twilio account; its signatures are then asked for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub twilio_auth_token_file: Option<PathBuf>,
    /// TLS; without it the edge speaks plain WebSocket.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tls: Option<TlsConfig>,
}

/// `[search]`
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct SearchConfig {
    /// How often it is looked for transcripts that are not indexed yet.
    #[serde(with = "humantime_serde")]
    pub backlog_interval: Duration,
}

/// `[watch]`
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct WatchConfig {
    /// Streams open at the same time; more are told to come again.
    pub max_streams: usize,
    /// How often it is looked for changes.
    #[serde(with = "humantime_serde")]
    pub poll_interval: Duration,
    /// Longest silence of a stream.
    #[serde(with = "humantime_serde")]
    pub heartbeat: Duration,
    /// A client that takes nothing for this long is ended.
    #[serde(with = "humantime_serde")]
    pub slow_timeout: Duration,
    /// How long changes are kept.
    #[serde(with = "humantime_serde")]
    pub retention: Duration,
}

/// `[imports.NAME]`
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct ImportConfig {
    /// `file:///folder`, `s3://bucket/prefix`, `az://container/prefix` or `gs://bucket/prefix`.
    pub url: String,
    /// Workspace of the calls.
    pub workspace: String,
    /// How often to look.
    #[serde(default = "a_minute", with = "humantime_serde")]
    pub poll_interval: Duration,
    /// Objects younger than this may still be written, or wait for their side file.
    #[serde(default = "half_a_minute", with = "humantime_serde")]
    pub settle: Duration,
    /// How the store is reached.
    #[serde(default)]
    pub access: Access,
}

fn a_minute() -> Duration {
    Duration::from_secs(60)
}

fn half_a_minute() -> Duration {
    Duration::from_secs(30)
}

impl ImportConfig {
    /// Where it is.
    pub fn location(&self) -> Location {
        Location::new(self.url.clone(), self.access.clone())
    }

    fn violations(&self, workspaces: &[String]) -> Vec<(String, String)> {
        let mut found: Vec<(String, String)> =
            self.location().violations().into_iter().map(|(field, what)| (field.to_owned(), what)).collect();
        let mut check = |holds: bool, field: &str, what: &str| {
            if !holds {
                found.push((field.to_owned(), what.to_owned()));
            }
        };
        check(workspaces.contains(&self.workspace), "workspace", "must be one of auth.workspaces");
        let poll = Duration::from_millis(10)..=Duration::from_secs(24 * 3600);
        check(poll.contains(&self.poll_interval), "poll_interval", "must be 10ms to 24h");
        check(self.settle <= Duration::from_secs(24 * 3600), "settle", "must be 0s to 24h");
        found
    }
}

/// Peers.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Peers {
    /// The playbook evaluator.
    pub playbook_evaluator: PeerConfig,
    /// CRM sync.
    pub crm_sync: PeerConfig,
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
        if !self.recordings.url.is_empty() || !self.recordings.dir.as_os_str().is_empty() {
            all.extend(under("recordings", self.recordings.location().violations()));
        }
        for (name, import) in &self.imports {
            if !is_call_id(name) {
                all.push((format!("imports.{name}"), "must be named with 1 to 63 of `a-z 0-9 - _`".to_owned()));
            }
            let found = import.violations(&self.auth.workspaces);
            all.extend(found.into_iter().map(|(field, what)| (format!("imports.{name}.{field}"), what)));
        }
        let mut check = |holds: bool, field: &str, what: &str| {
            if !holds {
                all.push((field.to_owned(), what.to_owned()));
            }
        };
        let Self { recordings, uploads, retention, speech, voices, live, telephony, search, watch, .. } = self;
        let somewhere = !recordings.url.is_empty() || !recordings.dir.as_os_str().is_empty();
        check(somewhere, "recordings.dir", "is required where recordings.url is empty");
        let often = Duration::from_millis(10)..=Duration::from_secs(24 * 3600);
        check(often.contains(&recordings.sweep_interval), "recordings.sweep_interval", "must be 10ms to 24h");
        let grace = Duration::from_secs(3600)..=Duration::from_secs(366 * 24 * 3600);
        check(grace.contains(&recordings.orphan_grace), "recordings.orphan_grace", "must be 1h to 366d");
        let kept = Duration::from_secs(24 * 3600)..=Duration::from_secs(3660 * 24 * 3600);
        check(retention.default.is_none_or(|time| kept.contains(&time)), "retention.default", "must be 1d to 3660d");
        check(often.contains(&retention.interval), "retention.interval", "must be 10ms to 24h");
        check((1..=64).contains(&recordings.at_once), "recordings.at_once", "must be 1 to 64");
        let poll = Duration::from_millis(10)..=Duration::from_secs(3600);
        check(poll.contains(&recordings.poll_interval), "recordings.poll_interval", "must be 10ms to 1h");
        check(recordings.lease >= Duration::from_secs(5), "recordings.lease", "must be at least 5s");
        let expiry = Duration::from_secs(60)..=Duration::from_secs(30 * 24 * 3600);
        check(expiry.contains(&uploads.expire_after), "uploads.expire_after", "must be 1m to 30d");
        check((1..=1_024).contains(&uploads.writers), "uploads.writers", "must be 1 to 1024");
        check(!uploads.idle_timeout.is_zero(), "uploads.idle_timeout", "must be more than 0");
        check((1..=10_000).contains(&recordings.engine_tries), "recordings.engine_tries", "must be 1 to 10000");
        check(!recordings.engine_backoff.is_zero(), "recordings.engine_backoff", "must be more than 0");
        let longest = recordings.engine_max_backoff >= recordings.engine_backoff;
        check(longest, "recordings.engine_max_backoff", "must be at least recordings.engine_backoff");
        check((1..=64).contains(&voices.sessions), "voices.sessions", "must be 1 to 64");
        let kept = Duration::from_secs(24 * 3600)..=Duration::from_secs(3_660 * 24 * 3600);
        check(kept.contains(&voices.retention), "voices.retention", "must be 1d to 3660d");
        check(live.max_streams <= 10_000, "live.max_streams", "must be 0 to 10000");
        check((1..=10_000).contains(&telephony.max_connections), "telephony.max_connections", "must be 1 to 10000");
        let signed = telephony.twilio_auth_token_file.is_none() || telephony.public_url.starts_with("wss://");
        check(signed, "telephony.public_url", "must be wss://host where twilio_auth_token_file is given");
        check(!live.idle_timeout.is_zero(), "live.idle_timeout", "must be more than 0");
        check(!live.slow_timeout.is_zero(), "live.slow_timeout", "must be more than 0");
        let backlog = Duration::from_millis(10)..=Duration::from_secs(24 * 3600);
        check(backlog.contains(&search.backlog_interval), "search.backlog_interval", "must be 10ms to 1day");
        check(watch.max_streams <= 10_000, "watch.max_streams", "must be 0 to 10000");
        let poll = Duration::from_millis(10)..=Duration::from_secs(60);
        check(poll.contains(&watch.poll_interval), "watch.poll_interval", "must be 10ms to 1m");
        check(!watch.heartbeat.is_zero(), "watch.heartbeat", "must be more than 0");
        check(!watch.slow_timeout.is_zero(), "watch.slow_timeout", "must be more than 0");
        let kept = Duration::from_secs(60)..=Duration::from_secs(3650 * 24 * 3600);
        check(kept.contains(&watch.retention), "watch.retention", "must be 1m to 3650days");
        all.extend(speech.violations());
        all
    }
}
