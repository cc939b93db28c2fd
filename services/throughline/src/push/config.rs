//! Where the services of a mesh are, and as whom they are called.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use anyhow::Context as _;
use serde::Deserialize;
use throughline_rpc::auth::TokenSource;
use throughline_rpc::client::{Peer, PeerConfig};

use crate::analyze::mesh_clients::Clients;
use crate::exit;
use crate::mesh::SERVICES;

/// The file that `--mesh` names.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct MeshFile {
    workspace: String,
    token_file: PathBuf,
    peers: Peers,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Peers {
    transcription_gateway: PeerConfig,
    playbook_evaluator: PeerConfig,
    coaching_engine: PeerConfig,
    crm_sync: PeerConfig,
    forecast: PeerConfig,
}

pub(crate) fn read(path: &Path) -> anyhow::Result<MeshFile> {
    let text = std::fs::read_to_string(path).with_context(|| path.display().to_string())?;
    toml::from_str(&text).map_err(|error| exit::usage(format!("{}: {error}", path.display())))
}

impl MeshFile {
    /// Connections are made at the first call of each.
    pub(crate) fn connect(self, traced: bool) -> anyhow::Result<Clients> {
        let Self { workspace, token_file, peers } = self;
        let Peers { transcription_gateway, playbook_evaluator, coaching_engine, crm_sync, forecast } = peers;
        let token = TokenSource::File(Arc::new(token_file));
        let connect = |index: usize, config: PeerConfig| {
            let peer = Peer::connect(SERVICES[index], &config, token.clone())?;
            anyhow::Ok(if traced { peer } else { peer.untraced() })
        };
        let peers = [
            connect(0, transcription_gateway)?,
            connect(1, playbook_evaluator)?,
            connect(2, coaching_engine)?,
            connect(3, crm_sync)?,
            connect(4, forecast)?,
        ];
        Ok(Clients::over(workspace, peers))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_file_of_the_chart_is_taken_and_a_misspelt_key_is_not() {
        let peers: String = ["transcription_gateway", "playbook_evaluator", "coaching_engine", "crm_sync", "forecast"]
            .iter()
            .map(|peer| format!("[peers.{peer}]\nurl = \"http://{peer}:1\"\n"))
            .collect();
        let text = format!("workspace = \"demo\"\ntoken_file = \"token\"\n{peers}");
        assert!(toml::from_str::<MeshFile>(&text).is_ok());
        let wrong = toml::from_str::<MeshFile>(&text.replace("token_file", "token")).map(drop);
        assert!(wrong.is_err_and(|error| error.to_string().contains("token_file")));
    }
}
