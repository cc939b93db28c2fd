//! One issuer: its keys as they are now, and the tokens that were checked against them.

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::{PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard};
use std::time::SystemTime;

use jsonwebtoken::jwk::{Jwk, JwkSet};
use tokio_util::sync::CancellationToken;

use super::remote::{self, Remote};
use super::{IssuerConfig, Principal};

/// Checked tokens kept of each issuer; all are forgotten when there would be more, and whenever the keys change.
const MAX_CHECKED: usize = 4_096;

/// An issuer that is trusted.
pub(super) struct Issuer {
    pub(super) name: String,
    pub(super) config: IssuerConfig,
    source: Source,
    state: RwLock<State>,
}

enum Source {
    File(PathBuf),
    Url(Remote),
}

/// What holds as long as the keys stay as they are.
#[derive(Default)]
struct State {
    /// Of the file.
    modified: Option<SystemTime>,
    /// Counts changes of the keys.
    generation: u64,
    /// None until they were fetched.
    keys: Option<JwkSet>,
    /// Tokens whose signature was checked, by SHA-256: checking one costs more than a small call.
    checked: HashMap<[u8; 32], Checked>,
}

/// A token whose signature and claims are right; only its expiry is still to be looked at.
#[derive(Clone)]
pub(super) struct Checked {
    /// Seconds since 1970.
    pub(super) expires_at: i64,
    pub(super) principal: Principal,
}

/// Why there is no key for a token.
pub(super) enum NoKey {
    /// Not among those known; it may be new.
    Unknown,
    /// The keys were never fetched.
    NoneYet,
    /// The file changed, and can't be read any more.
    Unreadable(String),
}

impl Issuer {
    /// Reads the keys of a file; those of a URL are fetched by [`Self::keep_fresh`].
    pub(super) fn open(name: &str, config: IssuerConfig) -> Result<Self, String> {
        let (source, state) = match (&config.jwks_file, &config.jwks_url) {
            (Some(path), _) => (Source::File(path.clone()), load(path)?),
            (None, Some(url)) => (Source::Url(Remote::new(url, &config)), State::default()),
            (None, None) => return Err("needs jwks_file or jwks_url".to_owned()),
        };
        Ok(Self { name: name.to_owned(), config, source, state: RwLock::new(state) })
    }

    /// Can its tokens be checked?
    pub(super) fn has_keys(&self) -> bool {
        self.read().keys.is_some()
    }

    /// Reads the keys of a file again, and forgets what was checked, where it has changed. A withdrawn key takes its
    /// tokens with it.
    fn reload_if_changed(&self) -> Result<(), String> {
        let Source::File(path) = &self.source else { return Ok(()) };
        if self.read().modified != modified(path) {
            let fresh = load(path)?;
            let mut state = self.write();
            let generation = state.generation + 1;
            *state = State { generation, ..fresh };
        }
        Ok(())
    }

    /// The key of a token, with the generation it belongs to.
    pub(super) fn key(&self, key_id: Option<&str>) -> Result<(Jwk, u64), NoKey> {
        self.reload_if_changed().map_err(NoKey::Unreadable)?;
        let state = self.read();
        let keys = state.keys.as_ref().ok_or(NoKey::NoneYet)?;
        let key = match key_id {
            Some(id) => keys.find(id),
            None => keys.keys.first().filter(|_| keys.keys.len() == 1),
        };
        Ok((key.ok_or(NoKey::Unknown)?.clone(), state.generation))
    }

    /// A token that was checked before, against the keys as they are now.
    pub(super) fn checked(&self, digest: &[u8; 32]) -> Option<Checked> {
        self.reload_if_changed().ok()?;
        self.read().checked.get(digest).cloned()
    }

    /// Keeps a token that was checked, unless the keys have changed meanwhile.
    pub(super) fn remember(&self, generation: u64, digest: [u8; 32], fresh: &Checked) {
        let mut state = self.write();
        if state.generation != generation {
            return;
        }
        if state.checked.len() >= MAX_CHECKED {
            state.checked.clear();
        }
        state.checked.insert(digest, fresh.clone());
    }

    /// Fetches the keys because a token names one that is not known; seldom, whatever the number of such tokens.
    pub(super) async fn fetch_for_unknown_key(&self) {
        if let Source::Url(remote) = &self.source
            && let Some(fetched) = remote.fetch_for_unknown_key().await
        {
            self.take(fetched);
        }
    }

    /// Can a key that is not known be fetched?
    pub(super) fn is_remote(&self) -> bool {
        matches!(self.source, Source::Url(_))
    }

    /// Fetches the keys now and again until `shutdown`. While the URL is away, the last keys hold.
    pub(super) async fn keep_fresh(&self, shutdown: &CancellationToken) {
        let Source::Url(remote) = &self.source else { return };
        let mut failures = 0;
        loop {
            let well = tokio::select! {
                well = self.fetch() => well,
                () = shutdown.cancelled() => return,
            };
            failures = if well { 0 } else { failures + 1 };
            tokio::select! {
                () = tokio::time::sleep(remote.wait(failures)) => {}
                () = shutdown.cancelled() => return,
            }
        }
    }

    /// Fetches the keys of a URL now; did it go well?
    pub(super) async fn fetch(&self) -> bool {
        match &self.source {
            Source::File(_) => true,
            Source::Url(remote) => self.take(remote.fetch().await),
        }
    }

    fn take(&self, fetched: Result<JwkSet, String>) -> bool {
        match fetched {
            Ok(keys) => {
                let mut state = self.write();
                if state.keys.as_ref() != Some(&keys) {
                    tracing::info!(issuer = self.name, keys = keys.keys.len(), "keys of the issuer fetched");
                    let generation = state.generation + 1;
                    *state = State { generation, keys: Some(keys), ..State::default() };
                }
                true
            }
            Err(error) => {
                tracing::warn!(issuer = self.name, error, "the keys of the issuer can't be fetched");
                false
            }
        }
    }

    fn read(&self) -> RwLockReadGuard<'_, State> {
        self.state.read().unwrap_or_else(PoisonError::into_inner)
    }

    fn write(&self) -> RwLockWriteGuard<'_, State> {
        self.state.write().unwrap_or_else(PoisonError::into_inner)
    }
}

fn modified(path: &Path) -> Option<SystemTime> {
    std::fs::metadata(path).and_then(|m| m.modified()).ok()
}

fn load(path: &Path) -> Result<State, String> {
    let error = |cause: String| format!("jwks_file {}: {cause}", path.display());
    // Before the bytes: what is written in between is read again.
    let modified = modified(path);
    let bytes = std::fs::read(path).map_err(|e| error(e.to_string()))?;
    let keys = remote::parse(&bytes).map_err(error)?;
    Ok(State { modified, keys: Some(keys), ..State::default() })
}
