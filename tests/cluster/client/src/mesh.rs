//! Where the services are: the file that `throughline push --mesh` takes.

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use anyhow::Context as _;
use serde::Deserialize;
use throughline_rpc::auth::TokenSource;
use throughline_rpc::client::{Peer, PeerConfig};

#[derive(Deserialize)]
pub struct Mesh {
    pub workspace: String,
    token_file: PathBuf,
    peers: HashMap<String, PeerConfig>,
}

/// Names of the services, and as `[peers]` has them.
const PEERS: [(&str, &str); 5] = [
    ("transcription-gateway", "transcription_gateway"),
    ("playbook-evaluator", "playbook_evaluator"),
    ("coaching-engine", "coaching_engine"),
    ("crm-sync", "crm_sync"),
    ("forecast", "forecast"),
];

/// Connections to the five.
#[derive(Clone)]
pub struct Peers {
    pub workspace: String,
    pub gateway: Peer,
    pub evaluator: Peer,
    pub coaching: Peer,
    pub crm: Peer,
    pub forecast: Peer,
}

impl Mesh {
    pub fn read(path: &Path) -> anyhow::Result<Self> {
        let text = std::fs::read_to_string(path).with_context(|| path.display().to_string())?;
        toml::from_str(&text).with_context(|| path.display().to_string())
    }

    pub fn connect(self) -> anyhow::Result<Peers> {
        let token = TokenSource::File(Arc::new(self.token_file));
        let mut peers = Vec::with_capacity(PEERS.len());
        for (name, key) in PEERS {
            let config = self.peers.get(key).with_context(|| format!("no [peers.{key}]"))?;
            peers.push(Peer::connect(name, config, token.clone())?.untraced());
        }
        let [gateway, evaluator, coaching, crm, forecast] =
            peers.try_into().map_err(|_| anyhow::anyhow!("five services"))?;
        Ok(Peers { workspace: self.workspace, gateway, evaluator, coaching, crm, forecast })
    }
}

impl Peers {
    pub fn parent(&self) -> String {
        throughline_rpc::name::WORKSPACE.format([&self.workspace])
    }
}
