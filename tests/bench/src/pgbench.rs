//! Commits a second of PostgreSQL's own benchmark, on the private server that the calls went through.

use std::path::{Path, PathBuf};

use anyhow::Context as _;
use throughline_testkit::{Backend, TestDb};
use tokio::process::Command;

/// Branches: with fewer than the clients they would wait for each other's rows.
const SCALE: &str = "10";
const CLIENTS: &str = "8";
const SECONDS: &str = "10";

/// Transactions a second of the TPC-B-like script.
pub async fn per_second() -> anyhow::Result<f64> {
    let database = TestDb::start(Backend::Postgres).await;
    let url = database.config().url;
    let program = find()?;
    output(&program, &["--initialize", "--quiet", "--scale", SCALE, &url]).await?;
    let report = output(&program, &["--client", CLIENTS, "--jobs", "2", "--time", SECONDS, &url]).await?;
    let rate = report.lines().find_map(|line| line.strip_prefix("tps = ")).context("pgbench printed no rate")?;
    let rate = rate.split(' ').next().unwrap_or_default();
    rate.parse().with_context(|| format!("pgbench printed {rate}"))
}

async fn output(program: &Path, arguments: &[&str]) -> anyhow::Result<String> {
    let output = Command::new(program).args(arguments).kill_on_drop(true).output().await.context("pgbench")?;
    if !output.status.success() {
        anyhow::bail!("pgbench: {}", String::from_utf8_lossy(&output.stderr).trim());
    }
    Ok(String::from_utf8(output.stdout)?)
}

/// Debian keeps it beside the server's binaries, not in PATH.
fn find() -> anyhow::Result<PathBuf> {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let versions = std::fs::read_dir("/usr/lib/postgresql").into_iter().flatten().flatten();
    let mut versions: Vec<PathBuf> = versions.map(|entry| entry.path().join("bin")).collect();
    versions.sort();
    let mut folders = versions.into_iter().rev().chain(std::env::split_paths(&path));
    let program = folders.find_map(|folder| Some(folder.join("pgbench")).filter(|program| program.is_file()));
    program.context("pgbench is not here; it comes with PostgreSQL's server or contrib package")
}
