//! What the configuration lets engines reach: hosts, and keys by name.
//!
//! A workspace's administrator declares engines, but must not point the server at addresses inside its network, nor have
//! a key sent to somebody it was not given for: whoever runs the server says which are open to whom.

use std::collections::BTreeMap;
use std::fmt;
use std::path::PathBuf;

use serde::{Deserialize, Serialize};

use super::EngineError;

/// `[speech.credentials.NAME]`
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct CredentialConfig {
    /// File with the key; read again at each use.
    pub file: PathBuf,
    /// Hosts it may be sent to; empty for all that are allowed.
    #[serde(default)]
    pub hosts: Vec<String>,
    /// Workspaces that may use it; empty for all.
    #[serde(default)]
    pub workspaces: Vec<String>,
}

/// What engines may reach.
#[derive(Clone, Debug, Default)]
pub struct Grants {
    hosts: Vec<String>,
    credentials: BTreeMap<String, CredentialConfig>,
}

/// A key in a file.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret {
    file: PathBuf,
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Secret").field("file", &self.file).finish()
    }
}

impl Secret {
    /// Of a file.
    pub fn of(file: impl Into<PathBuf>) -> Self {
        Self { file: file.into() }
    }

    /// The key as it is now, without white space around it. Read at each use, so that it can be changed without a
    /// restart.
    pub async fn read(&self) -> Result<String, EngineError> {
        let refused = |why: String| EngineError::Rejected(format!("the key of the engine can't be used: {why}"));
        let text = tokio::fs::read_to_string(&self.file).await;
        let text = text.map_err(|error| refused(format!("{}: {error}", self.file.display())))?;
        match text.trim() {
            "" => Err(refused(format!("{} is empty", self.file.display()))),
            key => Ok(key.to_owned()),
        }
    }
}

impl Grants {
    /// `hosts` are `host`, `host:port` or `*.domain`, optionally with a port.
    pub fn new(hosts: Vec<String>, credentials: BTreeMap<String, CredentialConfig>) -> Self {
        Self { hosts, credentials }
    }

    /// Why an engine may not be at this address; `None` if it may.
    pub fn refuses_host(&self, host: &str, port: u16) -> Option<String> {
        if self.hosts.iter().any(|pattern| matches(pattern, host, port)) {
            return None;
        }
        Some(format!("host {host} with port {port} is not among `speech.allowed_hosts` of this installation"))
    }

    /// The key of this name, for an engine of `workspace` at `host`; or why it may not be used.
    pub fn credential(&self, name: &str, workspace: &str, host: &str, port: u16) -> Result<Secret, String> {
        let unknown = || format!("`{name}` is not among `speech.credentials` of this installation");
        let credential = self.credentials.get(name).ok_or_else(unknown)?;
        // Who may not use it need not know that it is there.
        if !credential.workspaces.is_empty() && !credential.workspaces.iter().any(|other| other == workspace) {
            return Err(unknown());
        }
        if !credential.hosts.is_empty() && !credential.hosts.iter().any(|pattern| matches(pattern, host, port)) {
            return Err(format!("`{name}` may not be sent to host {host}"));
        }
        Ok(Secret::of(&credential.file))
    }
}

/// Whether a pattern can be one.
pub fn is_host_pattern(pattern: &str) -> bool {
    let (host, port) = split(pattern);
    let name = host.strip_prefix("*.").unwrap_or(host);
    let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '.' | '_' | ':' | '[' | ']');
    !name.is_empty()
        && name.chars().all(plain)
        && port.is_none_or(|port| port.parse::<u16>().is_ok_and(|port| port > 0))
}

fn matches(pattern: &str, host: &str, port: u16) -> bool {
    let (allowed, at) = split(pattern);
    if at.is_some_and(|at| at.parse() != Ok(port)) {
        return false;
    }
    match allowed.strip_prefix("*.") {
        // At least one more label in front.
        Some(domain) => host
            .len()
            .checked_sub(domain.len() + 1)
            .filter(|cut| *cut > 0)
            .and_then(|cut| host.get(cut..))
            .and_then(|rest| rest.strip_prefix('.'))
            .is_some_and(|rest| rest.eq_ignore_ascii_case(domain)),
        None => host.eq_ignore_ascii_case(allowed),
    }
}

/// Host and port of a pattern; an IPv6 address stands in brackets.
fn split(pattern: &str) -> (&str, Option<&str>) {
    match pattern.rsplit_once(':') {
        Some((host, port)) if !port.ends_with(']') => (host, Some(port)),
        _ => (pattern, None),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn grants(hosts: &[&str]) -> Grants {
        let key = |hosts: &[&str], workspaces: &[&str]| CredentialConfig {
            file: PathBuf::from("/keys/gpu"),
            hosts: hosts.iter().map(|text| (*text).to_owned()).collect(),
            workspaces: workspaces.iter().map(|text| (*text).to_owned()).collect(),
        };
        let keys = [("gpu", key(&["gpu.example"], &[])), ("theirs", key(&[], &["other"])), ("open", key(&[], &[]))];
        let keys = keys.map(|(name, key)| (name.to_owned(), key));
        Grants::new(hosts.iter().map(|text| (*text).to_owned()).collect(), BTreeMap::from(keys))
    }

    #[test]
    fn nothing_is_allowed_that_is_not_named() {
        let grants = grants(&["gpu.example", "riva.example:50051", "*.speech.example", "[::1]:9"]);
        for (host, port) in
            [("gpu.example", 80), ("GPU.example", 1), ("riva.example", 50_051), ("a.speech.example", 443), ("[::1]", 9)]
        {
            assert_eq!(grants.refuses_host(host, port), None, "{host}:{port}");
        }
        for (host, port) in [
            ("gpu.example.evil", 80),
            ("riva.example", 22),
            ("speech.example", 443),
            (".speech.example", 443),
            ("xspeech.example", 443),
            ("169.254.169.254", 80),
            ("[::1]", 80),
        ] {
            assert!(grants.refuses_host(host, port).is_some(), "{host}:{port}");
        }
        assert!(Grants::default().refuses_host("localhost", 80).is_some());
    }

    #[test]
    fn a_key_goes_only_where_and_to_whom_it_was_given() {
        let grants = grants(&[]);
        let ask = |name: &str, workspace: &str, host: &str| grants.credential(name, workspace, host, 443);
        assert_eq!(ask("gpu", "demo", "gpu.example"), Ok(Secret::of("/keys/gpu")));
        assert!(ask("gpu", "demo", "riva.example").unwrap_err().contains("may not be sent"));
        assert!(ask("open", "demo", "riva.example").is_ok());
        assert!(ask("theirs", "other", "gpu.example").is_ok());
        assert_eq!(
            ask("theirs", "demo", "gpu.example").unwrap_err().replace("theirs", "none"),
            ask("none", "demo", "gpu.example").unwrap_err()
        );
    }

    #[test]
    fn patterns_are_hosts_with_or_without_a_port() {
        for good in ["a", "a.b:80", "*.b", "10.0.0.1", "[::1]", "[::1]:80"] {
            assert!(is_host_pattern(good), "{good}");
        }
        for bad in ["", "*", "*.", "http://a", "a/b", "a:0", "a:port", "a:70000", "a b"] {
            assert!(!is_host_pattern(bad), "{bad}");
        }
    }

    #[tokio::test]
    async fn an_empty_key_is_no_key() {
        let file = tempfile::NamedTempFile::new().unwrap();
        assert!(matches!(Secret::of(file.path()).read().await, Err(EngineError::Rejected(_))));
        std::fs::write(file.path(), "  s3cret\n").unwrap();
        assert_eq!(Secret::of(file.path()).read().await.unwrap(), "s3cret");
    }
}
