//! Benchmarks of the mesh. `tests/bench/run` builds and starts this program; it prints a table, or one JSON object.
//!
//! Owns: what is measured and how. Each measurement checks its results as well: a wrong one is a failure, a slow one is
//! a figure.
#![expect(clippy::print_stdout, clippy::print_stderr, reason = "a command")]

mod calls;
mod figures;
mod local;
mod mesh;
mod pgbench;
mod process;
mod rpc;
mod script;
mod speech;
mod streams;
mod up;

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::{Parser, Subcommand};

#[derive(Parser)]
#[command(about = "Benchmarks of Throughline")]
struct Cli {
    #[command(subcommand)]
    benchmark: Benchmark,
}

#[derive(Subcommand)]
enum Benchmark {
    /// The five services together: speech, RPC, start, memory, calls a second.
    Mesh(mesh::Arguments),
}

/// A path below the repository.
fn repository(path: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..").join(path)
}

#[tokio::main]
async fn main() -> ExitCode {
    let Cli { benchmark: Benchmark::Mesh(arguments) } = Cli::parse();
    let json = arguments.json;
    let figures = mesh::run(arguments).await;
    if json {
        println!("{}", serde_json::json!(figures));
    } else {
        println!("{}", figures.table());
    }
    for problem in &figures.problems {
        eprintln!("wrong: {problem}");
    }
    if figures.problems.is_empty() { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}
