//! What the cluster tests need from outside the mesh: a client that calls steadily and counts what fails, and a collector
//! that keeps the spans it is sent. tests/cluster/tests start it.
#![expect(clippy::print_stdout, clippy::print_stderr, reason = "a command")]

mod collect;
mod load;
mod mesh;
mod streams;
mod tally;
mod unary;
mod watches;

use std::process::ExitCode;

use clap::{Parser, Subcommand};

#[derive(Parser)]
#[command(about = "Client of Throughline's cluster tests")]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Call all five services steadily, hold live streams and watch calls until SIGTERM, or as long as told; then print what failed.
    Load(load::Arguments),
    /// Keep the spans that arrive over OTLP, one JSON object a line.
    Collect(collect::Arguments),
}

#[tokio::main]
async fn main() -> ExitCode {
    // A second install is not an error worth stopping for.
    let _ = rustls::crypto::aws_lc_rs::default_provider().install_default();
    let ended = match Cli::parse().command {
        Command::Load(arguments) => load::run(arguments).await,
        Command::Collect(arguments) => collect::run(arguments).await,
    };
    match ended {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("{error:#}");
            ExitCode::FAILURE
        }
    }
}
