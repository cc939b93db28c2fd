//! The `[database]` section of a service's configuration. Secrets never appear in its `Debug` form.

use std::fmt;
use std::path::PathBuf;
use std::time::Duration;

use serde::{Deserialize, Serialize};

/// How to reach the database and how long to wait for it.
#[derive(Clone, PartialEq, Eq, Deserialize, Serialize)]
#[serde(deny_unknown_fields, default)]
pub struct DatabaseConfig {
    /// `sqlite:PATH` (the folder must exist, the file is created) or `postgres://user@host:port/database`.
    /// `?sslmode=verify-full&sslrootcert=FILE` and a socket folder as `?host=/run/postgresql` are understood.
    pub url: String,
    /// File that holds the PostgreSQL password; a trailing newline is dropped. Wins over a password in `url`.
    pub password_file: Option<PathBuf>,
    /// Connections of the pool. On SQLite they serve reads; there is one writer at a time whatever the number.
    pub max_connections: u32,
    /// Longest wait for a free connection.
    #[serde(with = "humantime_serde")]
    pub acquire_timeout: Duration,
    /// SQLite: longest wait for the write lock, inside this process and against other processes.
    #[serde(with = "humantime_serde")]
    pub busy_timeout: Duration,
    /// PostgreSQL: the server gives a statement up after this time. Migrations are exempt.
    #[serde(with = "humantime_serde")]
    pub statement_timeout: Duration,
    /// SQLite: `normal` survives a crash of the process, `full` also loses no commit when the power fails.
    pub synchronous: Synchronous,
}

/// SQLite's `PRAGMA synchronous`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Synchronous {
    /// Sync at checkpoints only: a power failure may lose the last commits, never the database.
    Normal,
    /// Sync at every commit.
    Full,
}

impl Default for DatabaseConfig {
    fn default() -> Self {
        Self {
            url: String::new(),
            password_file: None,
            max_connections: 8,
            acquire_timeout: Duration::from_secs(5),
            busy_timeout: Duration::from_secs(5),
            statement_timeout: Duration::from_secs(10),
            synchronous: Synchronous::Normal,
        }
    }
}

impl DatabaseConfig {
    /// A configuration with `url` and defaults for everything else.
    pub fn new(url: impl Into<String>) -> Self {
        Self { url: url.into(), ..Self::default() }
    }

    /// The URL with the password, if it holds one, replaced: fit for logs and error messages.
    pub fn redacted_url(&self) -> String {
        redact(&self.url)
    }

    /// Everything that is wrong with the section, as (field, what is wrong); empty when it is fine.
    pub fn violations(&self) -> Vec<(&'static str, String)> {
        let mut found = Vec::new();
        if self.url.is_empty() {
            found.push(("url", "is required: sqlite:PATH or postgres://user@host/database".to_owned()));
        } else if !self.url.starts_with("sqlite:") && !is_postgres(&self.url) {
            found.push(("url", "must start with sqlite: or postgres://".to_owned()));
        }
        if self.url.contains(":memory:") || self.url.contains("mode=memory") {
            found.push(("url", "an in-memory database is not supported; use a file".to_owned()));
        }
        if !(2..=500).contains(&self.max_connections) {
            found.push(("max_connections", "must be 2 to 500".to_owned()));
        }
        for (field, value) in [
            ("acquire_timeout", self.acquire_timeout),
            ("busy_timeout", self.busy_timeout),
            ("statement_timeout", self.statement_timeout),
        ] {
            if value < Duration::from_millis(10) || value > Duration::from_secs(3600) {
                found.push((field, "must be 10ms to 1h".to_owned()));
            }
        }
        found
    }
}

pub(crate) fn is_postgres(url: &str) -> bool {
    url.starts_with("postgres://") || url.starts_with("postgresql://")
}

fn redact(url: &str) -> String {
    let mut shown = url.to_owned();
    if let Some(start) = url.find("://").map(|at| at + 3) {
        // A password that somebody forgot to escape may hold `/`, `?` and `@`, so the last `@` ends it wherever it is.
        let userinfo_end = url[start..].rfind('@').map(|at| start + at);
        let colon = userinfo_end.and_then(|at| url[start..at].find(':').map(|c| start + c));
        if let (Some(colon), Some(at)) = (colon, userinfo_end) {
            shown.replace_range(colon + 1..at, "***");
        }
    }
    // `?password=…` is accepted by the driver as well.
    if let Some(value) = shown.find("password=").map(|at| at + "password=".len()) {
        let end = shown[value..].find('&').map_or(shown.len(), |at| value + at);
        shown.replace_range(value..end, "***");
    }
    shown
}

impl fmt::Debug for DatabaseConfig {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            url: _,
            password_file,
            max_connections,
            acquire_timeout,
            busy_timeout,
            statement_timeout,
            synchronous,
        } = self;
        f.debug_struct("DatabaseConfig")
            .field("url", &self.redacted_url())
            .field("password_file", password_file)
            .field("max_connections", max_connections)
            .field("acquire_timeout", acquire_timeout)
            .field("busy_timeout", busy_timeout)
            .field("statement_timeout", statement_timeout)
            .field("synchronous", synchronous)
            .finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn passwords_never_appear_in_debug_form() {
        for url in [
            "postgres://app:s3cr3t@db:5432/throughline",
            "postgres://app:s3cr3t%40x@db/throughline?sslmode=require",
            "postgresql://app:s3cr3t@db",
            "postgres://app:x/s3cr3t@db/throughline",
            "postgres://app:x@s3cr3t?y#s3cr3t@db:5432/throughline",
            "postgres://db/throughline?user=app&password=s3cr3t&sslmode=require",
        ] {
            let shown = format!("{:?}", DatabaseConfig::new(url));
            assert!(!shown.contains("s3cr3t"), "{shown}");
            assert!(shown.contains("***"), "{shown}");
        }
    }

    #[test]
    fn urls_without_password_are_shown_as_they_are() {
        for url in ["sqlite:/var/lib/throughline/crm.db", "postgres://app@db:5432/throughline", "postgres://db/x"] {
            assert_eq!(DatabaseConfig::new(url).redacted_url(), url);
        }
    }

    #[test]
    fn unknown_keys_are_refused() {
        let error = toml::from_str::<DatabaseConfig>("url = 'sqlite:x.db'\nmax_conections = 3").unwrap_err();
        assert!(error.to_string().contains("max_conections"), "{error}");
    }

    #[test]
    fn every_violation_is_reported_at_once() {
        let config = DatabaseConfig {
            url: "mysql://db/x".to_owned(),
            max_connections: 0,
            busy_timeout: Duration::ZERO,
            ..DatabaseConfig::default()
        };
        let fields: Vec<_> = config.violations().into_iter().map(|(field, _)| field).collect();
        assert_eq!(fields, ["url", "max_connections", "busy_timeout"]);
        assert!(DatabaseConfig::new("sqlite:x.db").violations().is_empty());
    }
}
