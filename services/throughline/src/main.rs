//! `throughline`: the five services in one process, and the commands around them.

mod analyze;
mod cli;
mod exit;
mod mesh;
mod models;
mod playbook;
mod report;
mod token;
mod up;

fn main() -> std::process::ExitCode {
    cli::run()
}
