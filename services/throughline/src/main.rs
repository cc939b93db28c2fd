//! `throughline`: the five services in one process, and the commands around them.

mod analyze;
mod cli;
mod doctor;
mod exit;
mod mesh;
mod migrate;
mod models;
mod playbook;
mod push;
mod report;
mod search;
mod token;
mod up;

fn main() -> std::process::ExitCode {
    cli::run()
}
