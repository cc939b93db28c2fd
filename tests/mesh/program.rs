//! Runs the binary.

use std::path::{Path, PathBuf};
use std::process::Stdio;

use serde_json::Value;
use throughline_rpc::auth::TokenSource;
use throughline_rpc::client::{Peer, PeerConfig};
use tokio::io::{AsyncBufReadExt as _, BufReader};
use tokio::process::{Child, Command};

/// A command of the binary, killed with the test.
pub fn throughline() -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_throughline"));
    command.stdin(Stdio::null()).kill_on_drop(true);
    command
}

/// A path below the repository.
pub fn repository(path: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..").join(path)
}

/// What a command printed.
pub struct Printed {
    pub code: Option<i32>,
    pub stdout: String,
    pub stderr: String,
}

impl Printed {
    /// One JSON object a line.
    pub fn objects(&self) -> Vec<Value> {
        self.stdout.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
    }
}

/// Runs a command to its end.
pub async fn run(command: &mut Command) -> Printed {
    let output = command.output().await.unwrap();
    Printed {
        code: output.status.code(),
        stdout: String::from_utf8(output.stdout).unwrap(),
        stderr: String::from_utf8(output.stderr).unwrap(),
    }
}

/// A running `throughline up`.
pub struct Up {
    pub child: Child,
    addresses: Vec<String>,
    token: TokenSource,
}

impl Up {
    /// Starts the mesh on free ports and waits until it says where it is.
    pub async fn start(data: &Path) -> Self {
        let mut command = throughline();
        command.args(["up", "--port", "0", "--data"]).arg(data).stdout(Stdio::piped());
        let mut child = command.spawn().unwrap();
        let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
        let mut addresses = Vec::new();
        while let Some(line) = lines.next_line().await.unwrap() {
            addresses.extend(line.split_whitespace().filter(|word| word.starts_with("127.0.0.1:")).map(str::to_owned));
            if line.contains("Stop with") {
                break;
            }
        }
        addresses.truncate(5);
        assert_eq!(addresses.len(), 5, "five services say where they are");
        let token = std::fs::read_to_string(data.join("dev-token")).unwrap();
        Self { child, addresses, token: TokenSource::Fixed(token.trim().into()) }
    }

    /// A connection to a service, by its place in the flow.
    pub fn peer(&self, index: usize) -> Peer {
        let config = PeerConfig::plain(format!("http://{}", self.addresses[index]));
        Peer::connect("mesh", &config, self.token.clone()).unwrap()
    }
}
