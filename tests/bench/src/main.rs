//! Benchmarks of the mesh and of what it reads. `tests/bench/run` builds and starts this program; it prints a table, or one JSON object.
//!
//! Owns: what is measured and how. Each measurement checks its results as well: a wrong one is a failure, a slow one is
//! a figure.
#![expect(clippy::print_stdout, clippy::print_stderr, reason = "a command")]

mod calls;
mod events;
mod figures;
mod gateway;
mod live;
mod local;
mod mesh;
mod pgbench;
mod process;
mod reading;
mod rpc;
mod script;
mod speech;
mod streams;
mod up;

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::{Parser, Subcommand};
use throughline_runtime::{TelemetryConfig, telemetry};

use figures::Report;

#[derive(Parser)]
#[command(about = "Benchmarks of Throughline")]
struct Cli {
    #[command(subcommand)]
    benchmark: Benchmark,
    /// Print one JSON object.
    #[arg(long, global = true)]
    json: bool,
}

#[derive(Subcommand)]
enum Benchmark {
    /// The five services together: speech, RPC, start, memory, calls a second.
    Mesh(mesh::Arguments),
    /// Events a second from the outbox of one service to the inbox of another.
    Events,
    /// What the sample playbook reads in labelled calls, how well and how fast.
    Reading(reading::Arguments),
    /// How well and how fast the gateway hears, beside other engines; live latency; a recording of hours.
    Speech(speech::Arguments),
    /// The embedded engine alone, in a process of its own: `speech` starts it.
    #[command(hide = true)]
    Engine(speech::ours::Arguments),
}

/// A path below the repository.
fn repository(path: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..").join(path)
}

#[tokio::main]
async fn main() -> ExitCode {
    let Cli { benchmark, json } = Cli::parse();
    if let Benchmark::Engine(arguments) = benchmark {
        return engine(arguments).await;
    }
    match run(benchmark).await {
        Ok(Report { figures, table, problems }) => {
            if json {
                println!("{figures}");
            } else {
                println!("{table}");
            }
            for problem in &problems {
                eprintln!("wrong: {problem}");
            }
            if problems.is_empty() { ExitCode::SUCCESS } else { ExitCode::FAILURE }
        }
        Err(error) => {
            eprintln!("wrong: {error:#}");
            ExitCode::FAILURE
        }
    }
}

/// What an engine's process does: prints what was heard and what it took.
async fn engine(arguments: speech::ours::Arguments) -> ExitCode {
    match speech::ours::run(arguments).await.and_then(|heard| Ok(serde_json::to_string(&heard)?)) {
        Ok(heard) => {
            println!("{heard}");
            ExitCode::SUCCESS
        }
        Err(error) => {
            eprintln!("{error:#}");
            ExitCode::FAILURE
        }
    }
}

async fn run(benchmark: Benchmark) -> anyhow::Result<Report> {
    // As in `throughline up`: spans are made and given ids, warnings are printed; but not those of slow statements,
    // which a saturated machine makes by the hundred.
    let config = TelemetryConfig {
        otlp_endpoint: String::new(),
        log: "warn,sqlx=error".to_owned(),
        log_format: Default::default(),
    };
    let telemetry = telemetry::init("throughline-bench", &config)?;
    let report = match benchmark {
        Benchmark::Mesh(arguments) => mesh::run(arguments).await.report(),
        Benchmark::Events => events::run().await.report(),
        Benchmark::Reading(arguments) => tokio::task::spawn_blocking(|| reading::run(arguments)).await??.report(),
        Benchmark::Speech(arguments) => speech::run(arguments).await?.report(),
        Benchmark::Engine(_) => anyhow::bail!("it prints no report"),
    };
    tokio::task::spawn_blocking(move || telemetry.shutdown()).await?;
    Ok(report)
}
